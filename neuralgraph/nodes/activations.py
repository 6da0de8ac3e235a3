"""Functions applied to every number, or along one axis, that make a network more than one big matrix."""

from __future__ import annotations

from typing import ClassVar

from neuralgraph.errors import ParameterError
from neuralgraph.nodes.demands import axis, floats
from neuralgraph.spec import Call, Float, Node, Spec, function, module, param


class _Activation(Node):
    """A function of every number by itself."""

    category = "Activations"
    group = "Rectifiers"
    target: ClassVar[str] = ""

    def call(self, x: Float) -> Call:
        floats(x)
        return function(self.target, **self.values)


class ReLU(_Activation):
    """Rectifier: negative numbers become 0, the others pass.

    $relu(x) = max(0, x)$. Cheap, and its slope is 1 wherever it is on, so deep networks learn well. A unit whose input
    is negative for every sample has slope 0 and stops learning («dead»).

    Example: [[-2, 0, 3]] → [[0, 0, 3]]
    Shapes: any → the same
    PyTorch: torch.nn.ReLU
    """

    synonyms = ("rectifier", "rectified linear unit", "activation", "max(0, x)")
    target = "torch.relu"


class LeakyReLU(_Activation):
    """Rectifier that lets a little of the negative side through, so that no unit dies.

    $f(x) = x$ for $x > 0$, else `negative_slope` · $x$.

    Example (negative_slope = 0.1): [[-2, 3]] → [[-0.2, 3]]
    Shapes: any → the same
    PyTorch: torch.nn.LeakyReLU
    """

    synonyms = ("leaky", "lrelu", "activation")
    target = "torch.nn.functional.leaky_relu"

    negative_slope: float = param(0.01, "Slope for negative numbers.", min=-1e3, max=1e3, row="slope")


class ELU(_Activation):
    """Rectifier with a smooth negative side that levels off.

    $f(x) = x$ for $x > 0$, else `alpha` · $(e^x - 1)$. Its outputs are nearer to mean 0 than ReLU's.

    Example: [[-1, 2]] → [[-0.632, 2]]
    Shapes: any → the same
    PyTorch: torch.nn.ELU
    """

    synonyms = ("exponential linear unit", "activation")
    target = "torch.nn.functional.elu"

    alpha: float = param(1.0, "Level that it falls to on the negative side, times −1.", min=0.0, max=1e3, row="alpha")


class GELU(_Activation):
    """Smooth rectifier used in transformers: each number times the chance that a normal variable is smaller.

    $f(x) = x · Φ(x)$, with $Φ$ the cumulative normal distribution. With `approximate` = tanh a faster formula is used:
    $0.5 x (1 + tanh(√(2/π) (x + 0.044715 x^3)))$.

    Example: [[-1, 0, 1]] → [[-0.159, 0, 0.841]]
    Shapes: any → the same
    PyTorch: torch.nn.GELU
    """

    synonyms = ("gaussian error linear unit", "transformer", "activation")
    target = "torch.nn.functional.gelu"

    approximate: str = param("none", "Exact, or the tanh formula.", choices=("none", "tanh"), advanced=True)


class SiLU(_Activation):
    """Smooth rectifier: each number times its own sigmoid. Also called swish.

    $f(x) = x · σ(x) = x / (1 + e^{-x})$. It dips slightly below zero before it rises.

    Example: [[-1, 0, 1]] → [[-0.269, 0, 0.731]]
    Shapes: any → the same
    PyTorch: torch.nn.SiLU
    """

    synonyms = ("swish", "activation")
    target = "torch.nn.functional.silu"


class Sigmoid(_Activation):
    """Squeezes every number into 0 … 1: a soft step, read as a probability.

    $σ(x) = 1 / (1 + e^{-x})$, with slope $σ(x) (1 - σ(x))$: at most 1/4, and almost 0 far from zero. For training a
    yes-or-no answer, leave it out and use BCEWithLogitsLoss.

    Example: [[-2, 0, 2]] → [[0.119, 0.5, 0.881]]
    Shapes: any → the same
    PyTorch: torch.nn.Sigmoid
    """

    group = "Squashing"
    synonyms = ("logistic", "squash", "probability", "activation")
    target = "torch.sigmoid"


class Tanh(_Activation):
    """Squeezes every number into −1 … 1, with 0 staying 0.

    $tanh(x) = (e^x - e^{-x}) / (e^x + e^{-x}) = 2 σ(2x) - 1$. Its outputs have both signs, which often learns faster
    than Sigmoid in hidden layers.

    Example: [[-1, 0, 1]] → [[-0.762, 0, 0.762]]
    Shapes: any → the same
    PyTorch: torch.nn.Tanh
    """

    group = "Squashing"
    synonyms = ("hyperbolic tangent", "squash", "activation")
    target = "torch.tanh"


class Softplus(_Activation):
    """Smooth rectifier that is always positive.

    $f(x) = log(1 + e^{beta · x}) / beta$; above `threshold` / `beta` it is simply $x$. Useful where an output must be
    positive, such as a width or a rate.

    Example: [[-2, 0, 2]] → [[0.127, 0.693, 2.127]]
    Shapes: any → the same
    PyTorch: torch.nn.Softplus
    """

    synonyms = ("positive", "log exp", "activation")
    target = "torch.nn.functional.softplus"

    beta: float = param(1.0, "How sharp the bend is.", min=1e-6, max=1e6, row="beta")
    threshold: float = param(20.0, "Where it goes over to a straight line.", min=0.0, max=1e6, advanced=True)


class Hardtanh(_Activation):
    """Cuts every number to a range: a straight line between two flat ends.

    $f(x) = min(max(x, min_val), max_val)$. Its slope is 1 inside the range and 0 outside.

    Example: [[-3, 0.5, 2]] → [[-1, 0.5, 1]]
    Shapes: any → the same
    PyTorch: torch.nn.Hardtanh
    """

    group = "Squashing"
    synonyms = ("clip", "clamp", "hard tanh", "activation")
    target = "torch.nn.functional.hardtanh"

    min_val: float = param(-1.0, "Lower end.", min=-1e9, max=1e9, row="low")
    max_val: float = param(1.0, "Upper end.", min=-1e9, max=1e9, row="high")

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        if self.min_val >= self.max_val:
            raise ParameterError(
                f"max_val expects a number above min_val ({self.min_val:g}), not {self.max_val:g}.",
                parameter="max_val")


class Sign(_Activation):
    """Step: −1 for negative numbers, +1 for positive ones, 0 for zero.

    $f(x) = sign(x)$: the threshold unit of the first perceptrons. Its slope is 0 everywhere, so nothing before it
    learns from a gradient; set the weights by hand, or train with Tanh and swap.

    Example: [[-3, 0, 0.5]] → [[-1, 0, 1]]
    Shapes: any → the same
    PyTorch: torch.sign
    """

    group = "Squashing"
    synonyms = ("step", "threshold", "heaviside", "binary")
    target = "torch.sign"


class Softmax(Node):
    """Turns numbers into probabilities that sum to 1 along one axis.

    $p_i = e^{x_i} / Σ_j e^{x_j}$: the largest input gets the largest share. CrossEntropyLoss does this itself: wire
    that loss to the numbers before Softmax.

    Example: [[0, 0, 1]] → [[0.212, 0.212, 0.576]], shares of 1 + 1 + 2.718.
    Shapes: any → the same
    PyTorch: torch.nn.Softmax
    """

    category = "Activations"
    group = "Probabilities"
    synonyms = ("probabilities", "normalise", "classes", "attention weights")

    dim: int = param(-1, "Axis along which the outputs sum to 1; −1 is the last.", min=-8, max=7, row="axis")

    def call(self, x: Float) -> Call:
        return _along(x, self.dim, "torch.softmax")


class LogSoftmax(Node):
    """The logarithm of Softmax, computed without ever leaving the range of numbers.

    $log p_i = x_i - log Σ_j e^{x_j}$. This is what NLLLoss wants; together they are CrossEntropyLoss.

    Example: [[0, 0]] → [[-0.693, -0.693]], the logarithm of one half.
    Shapes: any → the same
    PyTorch: torch.nn.LogSoftmax
    """

    category = "Activations"
    group = "Probabilities"
    synonyms = ("log probabilities", "logsumexp")

    dim: int = param(-1, "Axis along which the probabilities sum to 1; −1 is the last.", min=-8, max=7, row="axis")

    def call(self, x: Float) -> Call:
        return _along(x, self.dim, "torch.log_softmax")


def _along(x: Spec, dim: int, target: str) -> Call:
    floats(x)
    axis(x, dim)
    return function(target, dim=dim)


class Identity(Node):
    """Passes its input on unchanged.

    $f(x) = x$. A place to name a value, to look at it, or to hold the spot of an activation: with Identity in place of
    every activation a deep network is no more than one matrix.

    Example: [[1, -2]] → [[1, -2]]
    Shapes: any → the same
    PyTorch: torch.nn.Identity
    """

    category = "Activations"
    group = "Passing and gating"
    synonyms = ("linear activation", "pass", "nothing", "noop")

    def call(self, x: Spec) -> Call:
        return module("torch.nn.Identity")
