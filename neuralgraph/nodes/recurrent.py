"""Layers that read a sequence step by step and remember."""

from __future__ import annotations

from neuralgraph.nodes.demands import weighable
from neuralgraph.spec import Call, Float, Misfit, Node, Spec, module, param


class _Recurrent(Node):
    category = "Layers"
    group = "Recurrent"

    hidden_size: int = param(32, "How many numbers it remembers.", min=1, row="features", axis=-1)
    num_layers: int = param(1, "Layers stacked on each other.", min=1, max=64, row="layers")
    bias: bool = param(True, "Learn offsets.", advanced=True)
    dropout: float = param(0.0, "Dropout between stacked layers.", min=0.0, max=1.0, advanced=True)
    bidirectional: bool = param(False, "Read the sequence from its end too.", row="both ways")

    def outputs(self) -> tuple[str, ...]:
        return ("output", "h_n")

    def call(self, x: Float) -> Call:
        _sequence(x)
        picks: tuple[tuple[int, ...], ...] = ((0,), (1,)) if len(self.outputs()) == 2 else ((0,), (1, 0), (1, 1))
        # torch warns about dropout on a single layer, where it does nothing
        values = {**self.values, "dropout": self.dropout if self.num_layers > 1 else 0.0}
        return module(f"torch.nn.{self.type}", picks=picks, input_size=x.size(-1), **values, batch_first=True)


def _sequence(x: Spec, port: str = "") -> None:
    if x.rank != 3:  # of a constant, the first axis is that of its rows, as for a convolution
        short = x.batched and x.rank == 2
        long = x.rank > 3
        raise Misfit(
            "sequences", port=port, axes="N × L × features",
            insert="Unsqueeze" if short else "Flatten" if long else "",
            params={"dim": -1} if short else {"start_dim": 2} if long else {},
            hint="Unsqueeze makes every number one step." if short else "Give it steps on axis 1, features on axis 2.")
    weighable(x, port)


class RNN(_Recurrent):
    """Plain recurrent layer: each step sees its input and what the step before remembered.

    $h_t = tanh(W x_t + b + U h_{t-1} + c)$, starting from $h_0 = 0$. `output` holds every $h_t$ of the last layer,
    `h_n` the last $h$ of every layer. Long memories fade; LSTM and GRU hold on longer.

    Example (hidden_size = 1, bias = no; weights = 1): [[[1], [0]]] → output = [[[0.762], [0.642]]], h_n = [[[0.642]]],
    for tanh(1) = 0.762 and tanh(0 + 0.762) = 0.642.
    Shapes: N × L × F → output N × L × hidden, h_n layers × N × hidden (twice as many where it reads both ways)
    PyTorch: torch.nn.RNN
    """

    synonyms = ("recurrent", "elman", "sequence", "memory")

    nonlinearity: str = param("tanh", "The activation.", choices=("tanh", "relu"), advanced=True)


class LSTM(_Recurrent):
    """Recurrent layer with a cell that gates fill, keep and read: long short-term memory.

    $c_t = f ⊙ c_{t-1} + i ⊙ g$ and $h_t = o ⊙ tanh(c_t)$, where the gates $i, f, o$ are sigmoids and $g$ a tanh of
    input and $h_{t-1}$. `output` holds every $h_t$ of the last layer, `h_n` and `c_n` the last $h$ and $c$ of every
    layer.

    Example (hidden_size = 1, bias = no; weights = 1): [[[1]]] → output = [[[0.370]]], h_n = [[[0.370]]], c_n =
    [[[0.557]]], for σ(1) · tanh(1) = 0.557 and σ(1) · tanh(0.557) = 0.370.
    Shapes: N × L × F → output N × L × hidden, h_n and c_n layers × N × hidden (twice as many where it reads both ways)
    PyTorch: torch.nn.LSTM
    """

    synonyms = ("long short-term memory", "recurrent", "sequence", "memory", "gates")

    def outputs(self) -> tuple[str, ...]:
        return ("output", "h_n", "c_n")


class GRU(_Recurrent):
    """Recurrent layer with two gates: like an LSTM with fewer weights.

    $h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}$: the update gate $z$ says how much is kept, the reset gate how much of the past
    goes into the new $n$. `output` holds every $h_t$ of the last layer, `h_n` the last $h$ of every layer.

    Example (hidden_size = 1, bias = no; weights = 1): [[[1]]] → output = [[[0.205]]], h_n = [[[0.205]]], for (1 − σ(1))
    · tanh(1) = 0.205.
    Shapes: N × L × F → output N × L × hidden, h_n layers × N × hidden (twice as many where it reads both ways)
    PyTorch: torch.nn.GRU
    """

    synonyms = ("gated recurrent unit", "recurrent", "sequence", "memory", "gates")
