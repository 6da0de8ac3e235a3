"""Functions of every number by itself, and of two values number by number."""

from __future__ import annotations

from neuralgraph.errors import ParameterError
from neuralgraph.nodes.maths import _Binary, _Unary
from neuralgraph.spec import Call, Spec, function, param


class Abs(_Unary):
    """The size of every number, without its sign.

    $|x|$. Its slope jumps from −1 to 1 at 0.

    Example: [[-3, 3]] → [[3, 3]]
    Shapes: any → the same
    PyTorch: torch.abs
    """

    group = "Arithmetic"
    synonyms = ("absolute value", "magnitude")
    target = "torch.abs"


class Square(_Unary):
    """Every number times itself.

    $x^2$, with slope $2x$.

    Example: [[-3, 2]] → [[9, 4]]
    Shapes: any → the same
    PyTorch: torch.square
    """

    synonyms = ("power of two", "x^2")
    target = "torch.square"


class Sqrt(_Unary):
    """The square root of every number.

    $√x$, for numbers from 0 on; infinitely steep at 0.

    Example: [[9, 2]] → [[3, 1.414]]
    Shapes: any → the same
    PyTorch: torch.sqrt
    """

    synonyms = ("square root",)
    target = "torch.sqrt"


class Rsqrt(_Unary):
    """One divided by the square root of every number.

    $1/√x$, for numbers above 0: what normalisation multiplies by.

    Example: [[4, 1]] → [[0.5, 1]]
    Shapes: any → the same
    PyTorch: torch.rsqrt
    """

    synonyms = ("inverse square root",)
    target = "torch.rsqrt"


class Reciprocal(_Unary):
    """One divided by every number.

    $1/x$; 0 gives infinity.

    Example: [[4, -0.5]] → [[0.25, -2]]
    Shapes: any → the same
    PyTorch: torch.reciprocal
    """

    synonyms = ("inverse", "1/x")
    target = "torch.reciprocal"


class Tan(_Unary):
    """The tangent of every number, in radians.

    $tan x = sin x / cos x$.

    Example: [[0, 0.7854]] → [[0, 1.000]], for 0.7854 is π/4.
    Shapes: any → the same
    PyTorch: torch.tan
    """

    group = "Trigonometry"
    synonyms = ("tangent",)
    target = "torch.tan"


class Asin(_Unary):
    """The angle whose sine is this number.

    $arcsin x$ in radians, for −1 … 1.

    Example: [[0, 1]] → [[0, 1.571]], for 1.571 is π/2.
    Shapes: any → the same
    PyTorch: torch.asin
    """

    group = "Trigonometry"
    synonyms = ("arcsine", "inverse sine")
    target = "torch.asin"


class Acos(_Unary):
    """The angle whose cosine is this number.

    $arccos x$ in radians, for −1 … 1.

    Example: [[1, 0]] → [[0, 1.571]], for 1.571 is π/2.
    Shapes: any → the same
    PyTorch: torch.acos
    """

    group = "Trigonometry"
    synonyms = ("arccosine", "inverse cosine")
    target = "torch.acos"


class Atan(_Unary):
    """The angle whose tangent is this number.

    $arctan x$ in radians, between −π/2 and π/2.

    Example: [[0, 1]] → [[0, 0.785]], for 0.785 is π/4.
    Shapes: any → the same
    PyTorch: torch.atan
    """

    group = "Trigonometry"
    synonyms = ("arctangent", "inverse tangent")
    target = "torch.atan"


class Sinh(_Unary):
    """The hyperbolic sine of every number.

    $(e^x - e^{-x}) / 2$.

    Example: [[0, 1]] → [[0, 1.175]]
    Shapes: any → the same
    PyTorch: torch.sinh
    """

    group = "Trigonometry"
    synonyms = ("hyperbolic sine",)
    target = "torch.sinh"


class Cosh(_Unary):
    """The hyperbolic cosine of every number.

    $(e^x + e^{-x}) / 2$, the shape of a hanging chain.

    Example: [[0, 1]] → [[1, 1.543]]
    Shapes: any → the same
    PyTorch: torch.cosh
    """

    group = "Trigonometry"
    synonyms = ("hyperbolic cosine",)
    target = "torch.cosh"


class Erf(_Unary):
    """The error function: the share of a bell curve within a distance.

    $(2/√π) ∫_0^x e^{-t²} dt$, between −1 and 1; the core of GELU.

    Example: [[0, 1]] → [[0, 0.843]]
    Shapes: any → the same
    PyTorch: torch.erf
    """

    group = "Special functions"
    synonyms = ("error function", "gaussian integral")
    target = "torch.erf"


class Log2(_Unary):
    """The logarithm to base 2 of every number.

    $log_2 x$, for numbers above 0: information in bits.

    Example: [[1, 8]] → [[0, 3]]
    Shapes: any → the same
    PyTorch: torch.log2
    """

    synonyms = ("binary logarithm", "bits")
    target = "torch.log2"


class Log10(_Unary):
    """The logarithm to base 10 of every number.

    $log_{10} x$, for numbers above 0.

    Example: [[1, 1000]] → [[0, 3]]
    Shapes: any → the same
    PyTorch: torch.log10
    """

    synonyms = ("decimal logarithm",)
    target = "torch.log10"


class Log1p(_Unary):
    """The logarithm of one plus every number, exact near 0.

    $ln(1 + x)$, for numbers above −1; it tames long tails in data.

    Example: [[0, 1]] → [[0, 0.693]]
    Shapes: any → the same
    PyTorch: torch.log1p
    """

    synonyms = ("logarithm plus one",)
    target = "torch.log1p"


class Expm1(_Unary):
    """The exponential minus one, exact near 0.

    $e^x - 1$, the inverse of Log1p.

    Example: [[0, 1]] → [[0, 1.718]]
    Shapes: any → the same
    PyTorch: torch.expm1
    """

    synonyms = ("exponential minus one",)
    target = "torch.expm1"


class Floor(_Unary):
    """The next whole number below.

    $⌊x⌋$. Its slope is 0: nothing is learnt through it.

    Example: [[-1.5, 1.5]] → [[-2, 1]]
    Shapes: any → the same
    PyTorch: torch.floor
    """

    group = "Rounding"
    synonyms = ("round down",)
    target = "torch.floor"


class Ceil(_Unary):
    """The next whole number above.

    $⌈x⌉$. Its slope is 0: nothing is learnt through it.

    Example: [[-1.5, 1.2]] → [[-1, 2]]
    Shapes: any → the same
    PyTorch: torch.ceil
    """

    group = "Rounding"
    synonyms = ("round up", "ceiling")
    target = "torch.ceil"


class Round(_Unary):
    """The nearest whole number; halves go to the even one.

    $⌊x + 1/2⌋$, but for halves. Its slope is 0: nothing is learnt through it.

    Example: [[1.2, 2.5, 3.5]] → [[1, 2, 4]]
    Shapes: any → the same
    PyTorch: torch.round
    """

    group = "Rounding"
    synonyms = ("nearest", "quantise", "quantize")
    target = "torch.round"


class Clamp(_Unary):
    """Keeps every number between two limits.

    $min(max(x, min), max)$. Outside the limits the slope is 0.

    Example: [[-1, 0.5, 3]] → [[0, 0.5, 1]]
    Shapes: any → the same
    PyTorch: torch.clamp
    """

    group = "Arithmetic"
    synonyms = ("clip", "limit", "bound", "truncate")

    min: float = param(0.0, "Smallest number that passes.", min=-1e6, max=1e6, row="from")
    max: float = param(1.0, "Largest number that passes.", min=-1e6, max=1e6, row="to")

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        if self.min > self.max:
            raise ParameterError("max expects a number of at least min.", parameter="max")

    def call(self, x: Spec) -> Call:
        return function("torch.clamp", min=self.min, max=self.max)


class Maximum(_Binary):
    """The larger of two values, number by number.

    $max(a, b)$. The gradient goes to the larger one.

    Example: a = [[1, 5]], b = [[4, 2]] → [[4, 5]]
    Shapes: a and b of one shape → the same; N × F, F → N × F
    PyTorch: torch.maximum
    """

    synonyms = ("larger", "elementwise max")
    target = "torch.maximum"


class Minimum(_Binary):
    """The smaller of two values, number by number.

    $min(a, b)$. The gradient goes to the smaller one.

    Example: a = [[1, 5]], b = [[4, 2]] → [[1, 2]]
    Shapes: a and b of one shape → the same; N × F, F → N × F
    PyTorch: torch.minimum
    """

    synonyms = ("smaller", "elementwise min")
    target = "torch.minimum"


class Atan2(_Binary):
    """The angle of a point in the plane, from its height and its width.

    $atan2(a, b)$ in radians, between −π and π: the angle whose tangent is $a / b$, in the right quadrant.

    Example: a = [[1, 1]], b = [[1, -1]] → [[0.785, 2.356]], for these are π/4 and 3π/4.
    Shapes: a and b of one shape → the same
    PyTorch: torch.atan2
    """

    group = "Trigonometry"
    synonyms = ("angle", "polar", "phase")
    target = "torch.atan2"


class Remainder(_Binary):
    """What is left over after dividing the first value by the second.

    $a - b · ⌊a/b⌋$, with the sign of $b$: a clock's hour.

    Example: a = [[14, -1]], b = [[12, 12]] → [[2, 11]]
    Shapes: a and b of one shape → the same
    PyTorch: torch.remainder
    """

    synonyms = ("modulo", "mod", "%")
    target = "torch.remainder"
