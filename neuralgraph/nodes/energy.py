"""Networks with an energy: they settle, they dream, and they learn by making the energy of their data low."""

from __future__ import annotations

from neuralgraph.errors import ParameterError
from neuralgraph.nodes.demands import weighable
from neuralgraph.spec import Call, Float, Misfit, Node, Spec, module, param

_BLOCKS = "neuralgraph.compiler.blocks."
ENUMERATED = 16
"""So many units have states few enough to go through them all."""
MOST = 10_000
ENERGY_OF_ROWS = {"Hopfield": ("state",), "RBM": ("visible", "sample"), "BoltzmannMachine": ("sample",),
                  "DeepBoltzmannMachine": ("sample",)}
"""The outputs whose numbers stand for those of the rows that come in."""


class _Energy(Node):
    """What they have in common: rows of units come in."""

    category = "Layers"
    group = "Energy-based"


def _units(x: Spec, port: str = "", width: int | None = None) -> int:
    if x.rank != 2:  # a constant table is rows, too
        raise Misfit("one row of units for each sample", port=port, axes="N × units",
                     insert="Flatten" if x.rank > 2 and x.batched else "",
                     hint="Flatten lines up the numbers of each sample.")
    weighable(x, port)
    if width is not None and x.size(1, port) != width:
        raise Misfit(f"{width} units", port=port, axes=f"N × {width}", hint=f"It gets {x.size(1, port)}.")
    return x.size(1, port)


def _few(units: int, what: str) -> None:
    if units > ENUMERATED:
        raise Misfit(f"at most {ENUMERATED} {what} to go through all their states, not {units}",
                     hint="Set its negative phase to particles.")


class Hopfield(_Energy):
    """Memory that settles: every unit is coupled to every other, and a pattern pulls what is like it to itself.

    $E = -(1/2) Σ_{ij} w_{ij} s_i s_j - Σ_i b_i s_i$. Units turn to the side that $Σ_j w_{ij} s_j + b_i$ pulls them to:
    one after the other, which never raises the energy, or all together. Couplings are symmetric, without a diagonal,
    and start at 0. **Hebb's rule** is one pass of SGD on EnergyLoss at `energy_in`: each pattern adds $lr · s s^T$
    (reduction sum, one epoch, rate 1 / units). Up to about 0.14 patterns a unit are found again. Where `clamped` says
    yes, units keep what came in. `curve` holds the energies after 0, 1, 2 … sweeps.

    Example (sweeps = 2, units = "0 and 1"; weight = [[0, 1], [1, 0]]): x = [[1, 0.5]] → state = [[1, 1]], energy =
    [-1], energy_in = [-0.5], curve = [[-0.5, -1, -1]], for the first unit pulls the second one up.
    Example (sweeps = 1; weight = [[0, 1], [1, 0]]): x = [[1, -1]], clamped = [[yes, no]] → state = [[1, 1]],
    energy = [-1], energy_in = [1], curve = [[1, -1]], for only the second unit may turn.
    Shapes: x N × units, clamped units or N × units (yes or no) → state N × units, energy and energy_in N, curve N ×
    (sweeps + 1)
    PyTorch: torch.where(s @ (W + W.T) / 2 > 0, 1, -1), unit by unit
    """

    synonyms = ("associative memory", "hebb", "attractor", "recall", "settle", "content-addressable", "spurious",
                "energy network")

    sweeps: int = param(10, "How often every unit is asked.", min=1, max=1000, row="sweeps")
    order: str = param("random", "Units turn one after the other, in an order drawn anew for every sweep or in the "
                       "given one; or all together.", choices=("random", "given", "together"), row="turns")
    units: str = param("-1 and 1", "The two states of a unit.", choices=("-1 and 1", "0 and 1"), row="units")
    bias: bool = param(False, "Units have an offset of their own.", row="bias")
    seed: int = param(0, "The same seed draws the same orders.", min=0, max=2**31 - 1, advanced=True)

    def outputs(self) -> tuple[str, ...]:
        return ("state", "energy", "energy_in", "curve")

    def call(self, x: Float, clamped: Spec | None = None) -> Call:
        width = _units(x, "x")
        if clamped is not None:
            if clamped.dtype != "bool":
                raise Misfit(f"yes or no for every unit, not {clamped.dtype}", port="clamped", axes="bool",
                             insert="Cast", params={"dtype": "bool"}, hint="Cast turns numbers into yes and no: 0 is "
                             "no.")
            if clamped.shape not in ((width,), x.shape):
                raise Misfit("one entry for every unit", port="clamped", axes=str(width), hint="Yes holds a unit.")
        return module(_BLOCKS + "energy.Hopfield", picks=((0,), (1,), (2,), (3,)), units=width, sweeps=self.sweeps,
                      order=self.order, seed=self.seed, low=-1.0 if self.units == "-1 and 1" else 0.0, bias=self.bias)


class RBM(_Energy):
    """Restricted Boltzmann machine: hidden units learn the features that its rows are made of, without any labels.

    $F(v) = -a v - Σ_j log(1 + e^{(W v + b)_j})$ is the free energy of a row: the lower, the likelier. EnergyLoss with
    `energy` at its input and `energy_sample` at its target makes that of the data low and that of what the machine
    dreams high. With the phase *data* it dreams `k` steps from every row (**contrastive divergence**, CD-k); its
    *particles* dream on from step to step (persistent: PCD); *exact* goes through all states of the smaller layer, so
    that the loss is the negative log-likelihood itself. Give it numbers from 0 to 1. `hidden` are the features,
    `visible` the reconstruction from them, or from what is wired to `down`: so a stack of RBMs dreams from the top.

    Example (hidden = 1, temperature = 0.001; weight = [[2, -2]], bias = [-1], visible_bias = [0, 0]): x = [[1, 0]] →
    hidden = [[0.731]], visible = [[0.812, 0.188]], sample = [[1, 0]], energy = [-1.313], energy_sample = [-1.313], for
    σ(2 − 1) = 0.731 and −ln(1 + e) = −1.313.
    Shapes: x N × visible, down N × hidden → hidden N × hidden, visible N × visible, sample N × visible (or particles ×
    visible), energy N, energy_sample as many as there are samples
    PyTorch: -(v @ a) - F.softplus(F.linear(v, W, b)).sum(-1)
    """

    synonyms = ("restricted boltzmann", "contrastive divergence", "cd", "pcd", "gibbs", "free energy",
                "deep belief net", "dbn")

    hidden: int = param(64, "Number of hidden units.", min=1, max=1_000_000, row="hidden", axis=-1)
    k: int = param(1, "Steps of the chain for every step of learning.", min=1, max=1000, row="steps")
    phase: str = param("data", "Where the negative phase starts: at the rows (CD), at particles that live on (PCD), or "
                       "exactly, from all states.", choices=("data", "particles", "exact"), row="phase")
    particles: int = param(100, "How many particles there are.", min=1, max=MOST)
    draw: str = param("both", "What is drawn by chance in a step of the chain: both layers, or the hidden one only "
                      "(for grey values).", choices=("both", "hidden"), advanced=True)
    temperature: float = param(1.0, "Of the chain: cold ones hardly ever do what is unlikely.", min=1e-6, max=1e6,
                               advanced=True, live=True)
    dream: int = param(0, "Steps of the chain in use; 0 are as many as in learning.", min=0, max=100_000,
                       advanced=True)

    def outputs(self) -> tuple[str, ...]:
        return ("hidden", "visible", "sample", "energy", "energy_sample")

    def call(self, x: Float, down: Float | None = None) -> Call:
        visible = _units(x, "x")
        if down is not None:
            _units(down, "down", self.hidden)
        if self.phase == "exact":
            _few(min(visible, self.hidden), "units in the smaller layer")
        return module(_BLOCKS + "boltzmann.RBM", picks=((0,), (1,), (2,), (3,), (4,)), visible=visible,
                      hidden=self.hidden, k=self.k, phase=self.phase,
                      particles=self.particles if self.phase == "particles" else 0, draw=self.draw,
                      temperature=self.temperature, dream=self.dream)


class BoltzmannMachine(_Energy):
    """Units that are 1 by chance, all coupled to all: it learns how likely its rows are, and solves puzzles by cooling.

    $P(s) = e^{-E(s) / T} / Z$ with $E = -(1/2) Σ_{ij} w_{ij} s_i s_j - Σ_i b_i s_i$. The first units are visible. In
    the positive phase hidden units are brought by mean field from 0.5 to where they agree; in the negative one
    *particles* live on by Gibbs sampling, unit after unit. EnergyLoss of `energy` against `energy_sample` then learns
    the mean of $s_i s_j$ over the data less that over the dreams. *exact* goes through all states instead: the loss is
    then the negative log-likelihood. From `hot` to `cold` every step anneals: with typed-in weights it looks for the
    state of lowest energy, as in max-cut.

    Example (hidden = 0, particles = 1, hot = 0.001, cold = 0.001; weight = 0, bias = [1, -1]): x = [[1, 1]] → sample =
    [[1, 0]], energy = [0], energy_sample = [-1], for 1 − 1 = 0, and cold units do what they are pulled to.
    Example (hidden = 1, phase = exact, hot = 0.001, cold = 0.001; weight = 0, bias = [0, 5, 0]): x = [[1, 1]] → hidden
    = [[0.5]], sample = 1 × 2, energy = [-5.693], energy_sample = -6.393, for −5 − ln 2 and −ln(2 · 148.413 + 2) − ln 2.
    Shapes: x N × visible → hidden N × hidden (where there are hidden units), sample particles × visible, energy N,
    energy_sample particles (exact: a scalar)
    PyTorch: torch.bernoulli(torch.sigmoid((s @ W[:, i] + b[i]) / T)), unit by unit
    """

    synonyms = ("boltzmann machine", "simulated annealing", "gibbs sampling", "fantasy particles", "max-cut",
                "mean field", "stochastic network", "ising")

    hidden: int = param(3, "Number of hidden units; 0 for none.", min=0, max=MOST, row="hidden")
    phase: str = param("particles", "The negative phase: particles that live on, or exactly, from all states.",
                       choices=("particles", "exact"), row="phase")
    particles: int = param(50, "How many particles there are.", min=1, max=MOST, row="particles")
    sweeps: int = param(2, "How often each unit of a particle is drawn in a step.", min=1, max=100_000, row="sweeps")
    mean_field: int = param(10, "Rounds of mean field for hidden units.", min=1, max=1000, advanced=True)
    hot: float = param(1.0, "Temperature of the first sweep.", min=1e-6, max=1e6, row="hot")
    cold: float = param(1.0, "Temperature of the last sweep.", min=1e-6, max=1e6, row="cold")

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        if self.cold > self.hot:
            raise ParameterError("cold expects a temperature of at most hot.", parameter="cold")

    def outputs(self) -> tuple[str, ...]:
        return (*(("hidden",) if self.hidden else ()), "sample", "energy", "energy_sample")

    def call(self, x: Float) -> Call:
        visible = _units(x)
        if self.phase == "exact":
            _few(visible + self.hidden, "units")
        return module(_BLOCKS + "boltzmann.BoltzmannMachine", picks=tuple((at,) for at in range(len(self.outputs()))),
                      visible=visible, hidden=self.hidden, phase=self.phase, particles=self.particles,
                      sweeps=self.sweeps, mean_field=self.mean_field, hot=self.hot, cold=self.cold)


class DeepBoltzmannMachine(_Energy):
    """Layers of units that are 1 by chance, each coupled to the next in both directions.

    $E = -Σ_l h_{l-1} W_l^T h_l - Σ_l b_l h_l$, with the row itself as layer 0. No couplings lie within a layer and none
    skips one, so that given the odd layers all even ones are free of each other: all odd layers are drawn at once, then
    all even ones. Hidden units of a row are brought by mean field from 0.5 to where they agree; particles dream on from
    step to step. EnergyLoss of `energy` against `energy_sample` learns it. `hidden` has all hidden layers side by side.

    Example (layers = (1, 1), particles = 1; weights = 0, bias_0 = 200, bias_1 = 200, bias_2 = -200): x = [[1, 0]] →
    hidden = [[1, 0]], sample = [[1, 1]], energy = [-400], energy_sample = [-600], for 200 · (1 + 1) = 400.
    Shapes: x N × visible → hidden N × all hidden, sample particles × visible, energy N, energy_sample particles
    PyTorch: torch.sigmoid(below @ W1.T + above @ W2 + b)
    """

    synonyms = ("dbm", "deep boltzmann", "odd even", "mean field", "layers of rbms")

    layers: tuple[int, ...] = param((100, 40), "Hidden units of every layer, from below.", min=1, max=MOST,
                                    row="layers")
    particles: int = param(50, "How many particles there are.", min=1, max=MOST, row="particles")
    sweeps: int = param(2, "How often each layer of a particle is drawn in a step.", min=1, max=100_000, row="sweeps")
    mean_field: int = param(10, "Rounds of mean field for hidden units.", min=1, max=1000, advanced=True)
    temperature: float = param(1.0, "Of the particles: cold ones hardly ever do what is unlikely.", min=1e-6, max=1e6,
                               advanced=True, live=True)

    def outputs(self) -> tuple[str, ...]:
        return ("hidden", "sample", "energy", "energy_sample")

    def call(self, x: Float) -> Call:
        return module(_BLOCKS + "boltzmann.DeepBoltzmannMachine", picks=((0,), (1,), (2,), (3,)),
                      sizes=(_units(x), *self.layers), particles=self.particles, sweeps=self.sweeps,
                      mean_field=self.mean_field, temperature=self.temperature)
