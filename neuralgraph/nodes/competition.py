"""Units that compete for an input, and a chain of hidden states that is followed by what it shows."""

from __future__ import annotations

import math

from neuralgraph.errors import ParameterError
from neuralgraph.nodes.demands import integers, weighable
from neuralgraph.spec import Call, Float, Integer, Misfit, Node, module, param

_BLOCKS = "neuralgraph.compiler.blocks."


class Maxout(Node):
    """The largest of several weighted sums: an activation whose shape is learnt.

    $y = max_k (w_k x + b_k)$. With two pieces it can become a ReLU (0 and x), the size of a number (−x and x), or a
    straight line; with more pieces any curve that is bent one way. It has `pieces` times the weights of a Linear.

    Example (out_features = 1; weight = [[1], [-1]], bias = 0): [[-2], [3]] → [[2], [3]], the size of a number.
    Example (out_features = 1; weight = [[1], [0]], bias = 0): [[-2], [3]] → [[0], [3]], a ReLU.
    Shapes: N × in_features → N × out_features; N × L × in_features → N × L × out_features
    PyTorch: F.linear(x, W, b).unflatten(-1, (-1, pieces)).amax(-1)
    """

    category = "Layers"
    group = "Dense"
    synonyms = ("max of linear", "learned activation", "piecewise linear", "goodfellow")

    out_features: int = param(64, "Number of outputs.", min=1, row="features", axis=-1)
    pieces: int = param(2, "Weighted sums for each output, of which the largest counts.", min=2, max=1000, row="pieces")
    bias: bool = param(True, "Learn an offset for every sum.", row="bias")

    def call(self, x: Float) -> Call:
        weighable(x)
        if x.rank < 2:
            raise Misfit("one row for each sample", axes="N × features", hint="Give it rows of numbers.")
        return module(_BLOCKS + "competition.Maxout", in_features=x.size(-1), out_features=self.out_features,
                      pieces=self.pieces, bias=self.bias)


class Competitive(Node):
    """Competitive layer: each unit is a point among the data, the nearest one wins and moves towards what it won.

    $winner = argmin_i |x - w_i|$ and $error = (1/2) Σ_i h_i |x - w_i|^2$. SGD on EnergyLoss at `error` (reduction sum)
    moves the winner by $lr · (x - w)$: clusters without labels. With a `radius` it is a **self-organising map**: units
    stand in a line or a square, and neighbours of the winner learn along, $h_i = e^{-d_i^2 / (2 radius^2)}$ at the
    distance $d_i$ on the map; after `fading` batches the radius has shrunk to 37 %. At the start the units stand on
    rows of the training part, far from each other, or at random.

    Example (units = 2, start = random; weight = [[0, 0], [3, 4]]): [[0, 2]] → winner = [0], prototype = [[0, 0]], error
    = [2], for 2·2 / 2 = 2 is less than (9 + 4) / 2.
    Shapes: N × features → winner N (int64), prototype N × features, error N
    PyTorch: torch.cdist(x, W).argmin(1)
    """

    category = "Layers"
    group = "Energy-based"
    synonyms = ("self-organising map", "self-organizing map", "som", "kohonen", "clustering", "k-means", "prototype",
                "vector quantisation", "winner takes all")

    units: int = param(3, "Number of units.", min=1, max=10_000, row="units")
    map: str = param("line", "How the units stand beside each other, for a radius.", choices=("line", "square"),
                     row="map")
    radius: float = param(0.0, "How far around the winner units learn along; 0: it alone.", min=0.0, max=1e4,
                          row="radius")
    fading: float = param(0.0, "Batches after which the radius has shrunk to 37 %; 0: never.", min=0.0, max=1e9)
    start: str = param("data", "Where units stand at first: on rows of the training part, or at random.",
                       choices=("data", "random"), row="start")

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        if self.map == "square" and math.isqrt(self.units) ** 2 != self.units:
            raise ParameterError(f"units expects a square number for a square map, such as "
                                 f"{max(2, math.isqrt(self.units)) ** 2}, not {self.units}.", parameter="units")

    def outputs(self) -> tuple[str, ...]:
        return ("winner", "prototype", "error")

    def call(self, x: Float) -> Call:
        weighable(x)
        if x.rank != 2 or not x.batched:
            raise Misfit("one row for each sample", axes="N × features",
                         insert="Flatten" if x.rank > 2 and x.batched else "",
                         hint="Flatten lines up the numbers of each sample.")
        side = math.isqrt(self.units)
        places = tuple((float(at // side), float(at % side)) if self.map == "square" else (float(at),)
                       for at in range(self.units))
        kind = "StartedOnData" if self.start == "data" else "Competitive"
        return module(f"{_BLOCKS}competition.{kind}", picks=((0,), (1,), (2,)), features=x.size(1), places=places,
                      radius=self.radius, fading=self.fading)


class HMM(Node):
    """Hidden Markov model: what may be known of a state that is never seen, from what it shows step by step.

    $belief_t = e(x_t) · (belief_{t-1} A) / total$: the belief is carried one step on by the transitions $A$, weighed by
    how likely each state shows $x_t$, and divided by its sum (the forward filter). `energy` is $-log P(x_1 … x_L)$;
    EnergyLoss on it learns by maximum likelihood. Start, transitions and emissions are the softmax of their weights, so
    that typed-in logarithms of probabilities are those probabilities.

    Example (states = 2, symbols = 2; start_weight = [0, 0], transition_weight = [[-0.356675, -1.203973], [-1.203973,
    -0.356675]], emission_weight = [[-0.105361, -2.302585], [-1.609438, -0.223144]]): [[0, 0]] → belief = [[[0.818,
    0.182], [0.883, 0.117]]], energy = [1.046], for umbrellas on two days make rain likely.
    Shapes: N × L (int64) → belief N × L × states, energy N
    PyTorch: belief @ A * B[:, x] / total
    """

    category = "Layers"
    group = "Recurrent"
    synonyms = ("hidden markov", "forward algorithm", "filter", "belief", "bayes filter", "umbrella")

    states: int = param(2, "Number of hidden states.", min=1, max=10_000, row="states")
    symbols: int = param(2, "Number of different whole numbers that can come in, from 0.", min=1, max=1_000_000,
                         row="symbols")

    def outputs(self) -> tuple[str, ...]:
        return ("belief", "energy")

    def call(self, x: Integer) -> Call:
        integers(x, what="symbols")
        if x.rank != 2 or not x.batched or not isinstance(x.shape[1], int):
            raise Misfit("sequences of symbols", axes="N × L", hint="Give it one whole number for each step.")
        if x.classes is not None and x.classes > self.symbols:
            raise Misfit(f"at most {self.symbols} symbols", hint=f"There can be {x.classes}: raise its symbols.")
        return module(_BLOCKS + "markov.HMM", picks=((0,), (1,)), states=self.states, symbols=self.symbols)
