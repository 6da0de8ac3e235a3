"""Arithmetic on whole tensors: for graphs that are drawn from their formulas."""

from __future__ import annotations

from typing import Any, ClassVar

from neuralgraph.nodes.demands import axis, broadcast, floats
from neuralgraph.spec import Call, Float, Misfit, Node, Numbers, Spec, Symbol, function, module, param

_BLOCKS = "neuralgraph.compiler.blocks.values."
AXES = 8
"""The most axes that a `dim` may count."""


class _Unary(Node):
    """A function of every number by itself."""

    category = "Maths"
    group = "Functions"
    target: ClassVar[str] = ""

    def call(self, x: Float) -> Call:
        floats(x)
        return function(self.target)


class _Binary(Node):
    """A function of two values, number by number; sizes of 1 are stretched."""

    category = "Maths"
    group = "Arithmetic"
    target: ClassVar[str] = ""

    def call(self, a: Spec, b: Spec) -> Call:
        for port, one in (("a", a), ("b", b)):
            if one.dtype == "bool":
                raise Misfit("numbers, not yes and no", port=port, insert="Cast", params={"dtype": "float32"},
                             hint="Cast turns yes into 1 and no into 0.")
        broadcast(a, b)
        return function(self.target)


class Add(_Binary):
    """Adds two values, number by number.

    $a + b$. Sizes of 1 are stretched to fit. Going backwards, the gradient passes unchanged into both inputs: that is
    what makes residual connections work.

    Example: a = [[1, 2]], b = [[3, 4]] → [[4, 6]]
    Example: a = [[1, 2], [3, 4]], b = Constant [10, 20] → [[11, 22], [13, 24]]
    Shapes: a and b of one shape → the same; N × F + F → N × F
    PyTorch: torch.add
    """

    synonyms = ("plus", "sum of two", "+", "residual", "skip connection", "shortcut")
    target = "torch.add"


class Sub(_Binary):
    """Subtracts the second value from the first, number by number.

    $a - b$. Sizes of 1 are stretched to fit.

    Example: a = [[5, 7]], b = [[2, 9]] → [[3, -2]]
    Shapes: a and b of one shape → the same; N × F − F → N × F
    PyTorch: torch.sub
    """

    synonyms = ("minus", "subtract", "difference", "-")
    target = "torch.sub"


class Mul(_Binary):
    """Multiplies two values, number by number (the Hadamard product).

    $a · b$. Sizes of 1 are stretched to fit. Going backwards, each input gets the gradient times the other input. For
    rows times columns take MatMul.

    Example: a = [[1, 2]], b = [[3, 4]] → [[3, 8]]
    Shapes: a and b of one shape → the same; N × F · F → N × F
    PyTorch: torch.mul
    """

    synonyms = ("times", "multiply", "product", "hadamard", "gate", "*")
    target = "torch.mul"


class Div(_Binary):
    """Divides the first value by the second, number by number.

    $a / b$. Sizes of 1 are stretched to fit; dividing by 0 gives infinity.

    Example: a = [[6, 1]], b = [[3, 4]] → [[2, 0.25]]
    Shapes: a and b of one shape → the same; N × F / F → N × F
    PyTorch: torch.div
    """

    synonyms = ("divide", "quotient", "ratio", "/")
    target = "torch.div"


class MatMul(Node):
    """Matrix product: rows of the first input times columns of the second.

    $c_{ik} = Σ_j a_{ij} b_{jk}$. With more than two axes, the last two are multiplied and the others are taken one by
    one.

    Example: a = [[1, 2]], b = Constant [[3], [4]] → [[11]], for 1·3 + 2·4 = 11.
    Shapes: N × F, F × K → N × K; N × L × F, N × F × K → N × L × K; F, F → scalar
    PyTorch: torch.matmul
    """

    category = "Maths"
    group = "Linear algebra"
    synonyms = ("matrix multiplication", "dot product", "@", "inner product", "mm", "bmm")

    def call(self, a: Float, b: Float) -> Call:
        floats(a, "a")
        floats(b, "b")
        if not a.rank or not b.rank:
            raise Misfit("a matrix, not a single number", port="a" if not a.rank else "b", hint="Use Mul for a number.")
        if a.dtype != b.dtype:
            raise Misfit(f"{a.dtype} like its first input", port="b", axes=a.dtype, insert="Cast",
                         params={"dtype": a.dtype}, hint="Cast makes both the same.")
        rows = b.shape[-2] if b.rank > 1 else b.shape[-1]
        if a.shape[-1] != rows:
            raise Misfit(
                f"a matrix with {a.shape[-1]} rows", port="b", axes=f"{a.shape[-1]} × K",
                hint=f"The last axis of the first input ({a.shape[-1]}) meets the rows of the second ({rows}). "
                     "Transpose swaps axes.")
        return function("torch.matmul")


class Pow(Node):
    """Raises every number to a power.

    $x^{exponent}$. The exponent is the number set here, or, number by number, what is wired to `exponent`.

    Example: [[-2, 3]] → [[4, 9]]
    Example: x = [[2, 2]], exponent = [[3, -1]] → [[8, 0.5]]
    Shapes: any → the same
    PyTorch: torch.pow
    """

    category = "Maths"
    group = "Arithmetic"
    synonyms = ("power", "square", "root", "exponent", "**", "^")

    power: float = param(2.0, "The exponent, where nothing is wired to it.", min=-1e6, max=1e6, row="exponent")

    def call(self, x: Float, exponent: Float | None = None) -> Call:
        floats(x)
        if exponent is None:
            return function("torch.pow", exponent=self.power)
        broadcast(x, exponent)
        return function("torch.pow")


class Exp(_Unary):
    """The exponential function of every number.

    $e^x$. It is its own derivative, and overflows above about 88.

    Example: [[0, 1]] → [[1, 2.718]]
    Shapes: any → the same
    PyTorch: torch.exp
    """

    synonyms = ("exponential", "e^x")
    target = "torch.exp"


class Log(_Unary):
    """The natural logarithm of every number.

    $ln x$, for numbers above 0: 0 gives −∞ and a negative number is not a number.

    Example: [[1, 2, 2.7183]] → [[0, 0.693, 1.000]]
    Shapes: any → the same
    PyTorch: torch.log
    """

    synonyms = ("logarithm", "ln")
    target = "torch.log"


class Sin(_Unary):
    """The sine of every number, in radians.

    $sin x$, with derivative $cos x$.

    Example: [[0, 1.5708]] → [[0, 1]], for 1.5708 is π/2.
    Shapes: any → the same
    PyTorch: torch.sin
    """

    group = "Trigonometry"
    synonyms = ("sine", "wave", "periodic")
    target = "torch.sin"


class Cos(_Unary):
    """The cosine of every number, in radians.

    $cos x$, with derivative $-sin x$.

    Example: [[0, 3.1416]] → [[1, -1]], for 3.1416 is π.
    Shapes: any → the same
    PyTorch: torch.cos
    """

    group = "Trigonometry"
    synonyms = ("cosine", "wave", "periodic")
    target = "torch.cos"


class Neg(_Unary):
    """Turns the sign of every number round.

    $-x$.

    Example: [[1, -2]] → [[-1, 2]]
    Shapes: any → the same
    PyTorch: torch.neg
    """

    group = "Arithmetic"
    synonyms = ("negative", "minus", "opposite")
    target = "torch.neg"


class Dot(Node):
    """A bead on a wire: the place where it bends or where it parts.

    $f(x) = x$. It computes nothing, and code does not show it. Double-click a wire to put one in, the bead to take it
    away; drag it to lead the wire where there is room.

    Example: [[1, -2]] → [[1, -2]]
    Shapes: any → the same
    PyTorch: torch.nn.Identity
    """

    category = "Maths"
    group = "Values"
    synonyms = ("reroute", "bend", "bead", "elbow", "junction")
    passes = True

    def call(self, x: Spec) -> Call:
        return module("torch.nn.Identity")


class _Reduction(Node):
    """Joins numbers along axes."""

    category = "Maths"
    group = "Reductions"

    dim: tuple[int, ...] = param((), "Axes to join; none named = all of them, the batch too.", min=-AXES, max=AXES - 1,
                                 row="axes")
    keepdim: bool = param(False, "Leave the joined axes in place with size 1.", advanced=True)

    def _axes(self, x: Spec) -> dict[str, Any]:
        found = [axis(x, one) for one in self.dim]
        if len(set(found)) < len(found):
            raise Misfit("each axis named once", hint="Take the repeated number out of dim.")
        return {"dim": self.dim, "keepdim": self.keepdim} if self.dim else {}


class Sum(_Reduction):
    """Adds numbers up, along some axes or all.

    $Σ x_i$. With `dim` = 1, every row of N × F becomes one number. Going backwards, every number gets the gradient of
    its sum.

    Example (dim = 1): [[1, 2], [3, 4]] → [3, 7]
    Example: [[1, 2], [3, 4]] → 10
    Shapes: N × F → scalar, or N with dim = 1
    PyTorch: torch.sum
    """

    synonyms = ("total", "add up", "reduce", "sigma")

    def call(self, x: Spec) -> Call:
        return function("torch.sum", **self._axes(x))


class Mean(_Reduction):
    """Averages numbers, along some axes or all.

    $(1/n) Σ x_i$. With `dim` = 1, every row of N × F becomes one number.

    Example (dim = 1): [[1, 2], [3, 6]] → [1.5, 4.5]
    Example: [[1, 2], [3, 6]] → 3
    Shapes: N × F → scalar, or N with dim = 1
    PyTorch: torch.mean
    """

    synonyms = ("average", "reduce", "global average")

    def call(self, x: Float) -> Call:
        floats(x)
        return function("torch.mean", **self._axes(x))


class Norm(_Reduction):
    """Length of vectors: how large the numbers are taken together.

    $(Σ |x_i|^{ord})^{1/ord}$; `ord` 2 is the usual length, 1 the sum of sizes. With `dim` = 1, every row of N × F
    becomes one number.

    Example (dim = 1): [[3, 4]] → [5], the root of 9 + 16.
    Shapes: N × F → scalar, or N with dim = 1
    PyTorch: torch.linalg.vector_norm
    """

    synonyms = ("length", "magnitude", "distance", "l2", "euclidean")

    ord: float = param(2.0, "Order: 2 is the usual length, 1 the sum of sizes.", min=0.0, max=1e3, row="order")

    def call(self, x: Float) -> Call:
        floats(x)
        return function("torch.linalg.vector_norm", ord=self.ord, **self._axes(x))


class Constant(Node):
    """A fixed tensor that does not learn.

    Type a number (1.5), a vector (1, 2, 3) or a matrix ((1, 2), (3, 4)). It has no batch axis: next to a batch it is
    stretched over all samples.

    Example (value = (1, 2)): → [1, 2]
    Shapes: → that of the numbers
    PyTorch: torch.tensor
    """

    category = "Maths"
    group = "Values"
    synonyms = ("number", "value", "fixed", "scalar", "literal", "tensor")

    value: Numbers = param(1.0, "A number, or numbers in brackets.", row="value")
    dtype: str = param("float32", "Kind of number.",
                       choices=("float32", "float64", "int64", "int32", "int16", "bool"), row="dtype")

    def call(self) -> Call:
        return module(_BLOCKS + "Constant", value=self.value, dtype=Symbol(f"torch.{self.dtype}"))


class Parameter(Node):
    """A tensor that is learnt: weights of your own, without a layer around them.

    It has no batch axis and no input; wire it into MatMul, Add or any formula. `init` says how it starts: zeros, ones,
    normal (mean 0, spread `scale`) or uniform (between −`scale` and +`scale`).

    Example (shape = (2,), init = ones): → [1, 1]
    Shapes: → shape
    PyTorch: torch.nn.Parameter
    """

    category = "Maths"
    group = "Values"
    synonyms = ("weight", "variable", "learnable", "trainable", "free")

    shape: tuple[int, ...] = param((1,), "Its shape; empty is a single number.", min=1, row="shape")
    init: str = param("normal", "How it starts.", choices=("zeros", "ones", "normal", "uniform"), row="starts as")
    scale: float = param(1.0, "Spread of the random start.", min=0.0, max=1e6)

    def call(self) -> Call:
        return module(_BLOCKS + "Parameter", shape=self.shape, init=self.init, scale=self.scale)
