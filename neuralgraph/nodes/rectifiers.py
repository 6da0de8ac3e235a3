"""More activations: soft, hard, learnt and noisy ones."""

from __future__ import annotations

from neuralgraph.errors import ParameterError
from neuralgraph.nodes.activations import _Activation
from neuralgraph.nodes.demands import axis, divides, floats, inner_axis, weighable
from neuralgraph.spec import Call, Float, Node, function, module, param

_F = "torch.nn.functional."


class ReLU6(_Activation):
    """Rectifier that stops at 6.

    $f(x) = min(max(0, x), 6)$. The ceiling keeps numbers small where they are stored with few bits, as in networks for
    telephones.

    Example: [[-1, 2, 9]] → [[0, 2, 6]]
    Shapes: any → the same
    PyTorch: torch.nn.ReLU6
    """

    synonyms = ("rectifier", "clipped", "mobilenet")
    target = _F + "relu6"


class PReLU(Node):
    """Rectifier whose slope on the negative side is learnt.

    $f(x) = max(0, x) + a · min(0, x)$, with one $a$ for all numbers or one for every channel.

    Example: [[-4, 4]] → [[-1, 4]], as it starts, with a = 0.25.
    Shapes: any → the same
    PyTorch: torch.nn.PReLU
    """

    category = "Activations"
    group = "Rectifiers"
    synonyms = ("parametric", "leaky", "learnable slope")

    each: bool = param(False, "Learn a slope for every channel (axis 1) instead of one for all.", row="per channel")
    init: float = param(0.25, "Slope at the start.", min=-1e3, max=1e3, row="slope")

    def call(self, x: Float) -> Call:
        weighable(x)
        return module("torch.nn.PReLU", num_parameters=x.size(1) if self.each else 1, init=self.init)


class RReLU(Node):
    """Rectifier with a random slope on the negative side while training, a fixed one afterwards.

    $f(x) = max(0, x) + a · min(0, x)$. $a$ is drawn from `lower` … `upper` for every number; in use it is
    their mean. Noise of this kind keeps small networks from learning by heart.

    Example (in use): [[-1, 1]] → [[-0.229, 1]], for the mean of 1/8 and 1/3 is 0.229.
    Shapes: any → the same
    PyTorch: torch.nn.RReLU
    """

    category = "Activations"
    group = "Rectifiers"
    synonyms = ("randomized", "leaky", "noise")

    lower: float = param(0.125, "Smallest slope.", min=0.0, max=1.0, row="from")
    upper: float = param(1 / 3, "Largest slope.", min=0.0, max=1.0, row="to")

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        if self.lower > self.upper:
            raise ParameterError("upper expects a number of at least lower.", parameter="upper")

    def call(self, x: Float) -> Call:
        floats(x)
        return module("torch.nn.RReLU", lower=self.lower, upper=self.upper)


class SELU(_Activation):
    """ELU with the one scale that keeps mean 0 and spread 1 from layer to layer.

    $f(x) = 1.0507 · x$ for $x > 0$, else $1.0507 · 1.6733 · (e^x - 1)$. Meant for deep plain networks without
    normalisation, with AlphaDropout.

    Example: [[-1, 1]] → [[-1.111, 1.051]]
    Shapes: any → the same
    PyTorch: torch.nn.SELU
    """

    synonyms = ("scaled elu", "self-normalizing")
    target = _F + "selu"


class CELU(_Activation):
    """ELU whose slope is continuous for every alpha.

    $f(x) = max(0, x) + min(0, α · (e^{x/α} - 1))$.

    Example (alpha = 2): [[-2, 2]] → [[-1.264, 2]]
    Shapes: any → the same
    PyTorch: torch.nn.CELU
    """

    synonyms = ("continuous elu",)
    target = _F + "celu"

    alpha: float = param(1.0, "Depth of the negative side.", min=1e-6, max=1e6, row="alpha")


class Mish(_Activation):
    """A smooth rectifier that dips below zero.

    $f(x) = x · tanh(ln(1 + e^x))$. Close to SiLU.

    Example: [[-1, 0, 1]] → [[-0.303, 0, 0.865]]
    Shapes: any → the same
    PyTorch: torch.nn.Mish
    """

    synonyms = ("smooth", "self-regularized")
    target = _F + "mish"


class Hardswish(_Activation):
    """SiLU made of straight pieces: cheap, for small devices.

    $f(x) = x · min(max(0, x + 3), 6) / 6$.

    Example: [[-4, 1, 4]] → [[0, 0.667, 4]]
    Shapes: any → the same
    PyTorch: torch.nn.Hardswish
    """

    synonyms = ("hard swish", "mobilenet")
    target = _F + "hardswish"


class Hardsigmoid(_Activation):
    """Sigmoid made of straight pieces.

    $f(x) = min(max(0, x + 3), 6) / 6$: 0 below −3, 1 above 3.

    Example: [[-4, 0, 1]] → [[0, 0.5, 0.667]]
    Shapes: any → the same
    PyTorch: torch.nn.Hardsigmoid
    """

    group = "Squashing"
    synonyms = ("hard sigmoid", "gate")
    target = _F + "hardsigmoid"


class LogSigmoid(_Activation):
    """The logarithm of the sigmoid, without losing digits.

    $f(x) = -ln(1 + e^{-x})$.

    Example: [[0, 2]] → [[-0.693, -0.127]]
    Shapes: any → the same
    PyTorch: torch.nn.LogSigmoid
    """

    group = "Squashing"
    synonyms = ("log sigmoid",)
    target = _F + "logsigmoid"


class Softsign(_Activation):
    """Squeezes numbers into −1 … 1, more gently than tanh.

    $f(x) = x / (1 + |x|)$.

    Example: [[-1, 1, 9]] → [[-0.5, 0.5, 0.9]]
    Shapes: any → the same
    PyTorch: torch.nn.Softsign
    """

    group = "Squashing"
    synonyms = ("squash",)
    target = _F + "softsign"


class Tanhshrink(_Activation):
    """What tanh leaves over.

    $f(x) = x - tanh x$: nearly 0 for small numbers.

    Example: [[0, 1]] → [[0, 0.238]]
    Shapes: any → the same
    PyTorch: torch.nn.Tanhshrink
    """

    group = "Shrinking"
    synonyms = ("shrinkage", "sparse")
    target = _F + "tanhshrink"


class _Shrink(_Activation):
    group = "Shrinking"

    lambd: float = param(0.5, "Numbers smaller than this become 0.", min=0.0, max=1e6, row="lambda")


class Softshrink(_Shrink):
    """Pulls every number towards zero by a fixed amount.

    $x - λ$ above λ, $x + λ$ below −λ, else 0. It is one step of sparse coding.

    Example: [[-2, 0.3, 2]] → [[-1.5, 0, 1.5]]
    Shapes: any → the same
    PyTorch: torch.nn.Softshrink
    """

    synonyms = ("shrinkage", "lasso", "sparse coding")
    target = _F + "softshrink"


class Hardshrink(_Shrink):
    """Sets small numbers to zero and leaves the others.

    $x$ where $|x| > λ$, else 0.

    Example: [[-2, 0.3, 2]] → [[-2, 0, 2]]
    Shapes: any → the same
    PyTorch: torch.nn.Hardshrink
    """

    synonyms = ("shrinkage", "sparse", "denoise")
    target = _F + "hardshrink"


class Threshold(_Activation):
    """Lets numbers above a threshold pass and replaces the others.

    $x$ where $x >$ `threshold`, else `value`. With 0 and 0 it is ReLU.

    Example (threshold = 1, value = -1): [[0.5, 2]] → [[-1, 2]]
    Shapes: any → the same
    PyTorch: torch.nn.Threshold
    """

    group = "Shrinking"
    synonyms = ("cut", "step", "limit")
    target = _F + "threshold"

    threshold: float = param(0.0, "Numbers above it pass.", min=-1e6, max=1e6, row="above")
    value: float = param(0.0, "What the others become.", min=-1e6, max=1e6, row="else")


class GLU(Node):
    """Gated linear unit: one half of the features decides how much of the other half passes.

    The input is cut in two along `dim`: $f(a, b) = a · σ(b)$.

    Example: [[2, 0]] → [[1]], for σ(0) is one half.
    Shapes: N × 2F → N × F
    PyTorch: torch.nn.GLU
    """

    category = "Activations"
    group = "Passing and gating"
    synonyms = ("gate", "gated linear unit", "gating")

    dim: int = param(-1, "Axis that is cut in two.", min=-8, max=7, row="axis")

    def call(self, x: Float) -> Call:
        floats(x)
        at = inner_axis(x, self.dim)
        divides(x.size(at), 2, f"a size of axis {at}")
        return function(_F + "glu", dim=self.dim)


class Softmin(Node):
    """Softmax of the negated numbers: the smallest gets the largest share.

    $f(x)_i = e^{-x_i} / Σ_j e^{-x_j}$ along `dim`.

    Example: [[0, 1.0986]] → [[0.750, 0.250]], for 1.0986 is ln 3.
    Shapes: any → the same
    PyTorch: torch.nn.Softmin
    """

    category = "Activations"
    group = "Probabilities"
    synonyms = ("normalise", "inverse softmax")

    dim: int = param(-1, "Axis along which the shares add up to 1.", min=-8, max=7, row="axis")

    def call(self, x: Float) -> Call:
        floats(x)
        axis(x, self.dim)
        return function(_F + "softmin", dim=self.dim)
