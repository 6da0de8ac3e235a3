"""More functions of every number by itself, and of two values: rarer ones, and those that mend numbers."""

from __future__ import annotations

from neuralgraph.nodes.demands import broadcast, floats, same_shape
from neuralgraph.nodes.maths import _Binary, _Unary
from neuralgraph.spec import Call, Float, Mask, Misfit, Node, Spec, function, param


class Exp2(_Unary):
    """Two raised to every number.

    $2^x$, the inverse of Log2: how many things so many bits can tell apart.

    Example: [[3, -1]] → [[8, 0.5]]
    Shapes: any → the same
    PyTorch: torch.exp2
    """

    synonyms = ("power of two", "2^x")
    target = "torch.exp2"


class Asinh(_Unary):
    """The number whose hyperbolic sine this is.

    $ln(x + √(x^2 + 1))$: like a logarithm far out, straight near 0, and at home with negative numbers too.

    Example: [[0, 1.175]] → [[0, 1.000]], for sinh 1 = 1.175.
    Shapes: any → the same
    PyTorch: torch.asinh
    """

    group = "Trigonometry"
    synonyms = ("arsinh", "inverse hyperbolic sine", "symmetric logarithm")
    target = "torch.asinh"


class Acosh(_Unary):
    """The number whose hyperbolic cosine this is.

    $ln(x + √(x^2 - 1))$, for numbers from 1 on; below it is not a number.

    Example: [[1, 1.543]] → [[0, 1.000]], for cosh 1 = 1.543.
    Shapes: any → the same
    PyTorch: torch.acosh
    """

    group = "Trigonometry"
    synonyms = ("arcosh", "inverse hyperbolic cosine")
    target = "torch.acosh"


class Atanh(_Unary):
    """The number whose hyperbolic tangent this is.

    $ln((1 + x) / (1 - x)) / 2$, for numbers between −1 and 1: it undoes Tanh.

    Example: [[0, 0.5]] → [[0, 0.549]], for (ln 3) / 2 = 0.549.
    Shapes: any → the same
    PyTorch: torch.atanh
    """

    group = "Trigonometry"
    synonyms = ("artanh", "inverse hyperbolic tangent")
    target = "torch.atanh"


class Logit(_Unary):
    """The score that a sigmoid turns into this probability.

    $ln(x / (1 - x))$, for 0 … 1: it undoes Sigmoid. 0 and 1 become infinite, unless `eps` keeps the input that far from
    both ends.

    Example: [[0.5, 0.75]] → [[0, 1.099]], for 0.75 / 0.25 = 3 and ln 3 = 1.099.
    Shapes: any → the same
    PyTorch: torch.logit
    """

    synonyms = ("log odds", "inverse sigmoid")
    target = "torch.logit"

    eps: float | None = param(None, "Keep the input this far from 0 and 1; empty leaves it.", min=1e-12, max=0.5,
                              row="margin")

    def call(self, x: Float) -> Call:
        floats(x)
        return function(self.target, eps=self.eps)


class Trunc(_Unary):
    """Cuts off the digits after the point.

    $sign(x) · ⌊|x|⌋$. Towards 0: Floor for positive numbers, Ceil for negative ones. Its slope is 0: nothing is learnt
    through it.

    Example: [[2.7, -2.7]] → [[2, -2]]
    Shapes: any → the same
    PyTorch: torch.trunc
    """

    group = "Rounding"
    synonyms = ("truncate", "fix", "round towards zero")
    target = "torch.trunc"


class Frac(_Unary):
    """The digits after the point: what Trunc cuts off.

    $x - trunc(x)$, with the sign of $x$.

    Example: [[2.75, -2.75]] → [[0.75, -0.75]]
    Shapes: any → the same
    PyTorch: torch.frac
    """

    group = "Rounding"
    synonyms = ("fraction", "fractional part")
    target = "torch.frac"


class Erfc(_Unary):
    """What the error function leaves: the share of a bell curve beyond a distance.

    $1 - erf(x)$, exact where $erf(x)$ is nearly 1.

    Example: [[0, 1]] → [[1, 0.157]], for erf(1) = 0.843.
    Shapes: any → the same
    PyTorch: torch.erfc
    """

    group = "Special functions"
    synonyms = ("complementary error function", "tail")
    target = "torch.erfc"


class Erfinv(_Unary):
    """The number whose error function this is.

    For −1 … 1: it turns evenly spread numbers into normally distributed ones, as $√2 · erfinv(2u - 1)$.

    Example: [[0, 0.8427]] → [[0, 1.000]], for erf(1) = 0.8427.
    Shapes: any → the same
    PyTorch: torch.erfinv
    """

    group = "Special functions"
    synonyms = ("inverse error function", "probit", "normal quantile")
    target = "torch.erfinv"


class Lgamma(_Unary):
    """The logarithm of the gamma function: of factorials, for any number.

    $ln Γ(x)$, with $Γ(n) = (n - 1)!$; in the likelihoods of counts.

    Example: [[1, 5]] → [[0, 3.178]], for ln(1 · 2 · 3 · 4) = 3.178.
    Shapes: any → the same
    PyTorch: torch.lgamma
    """

    group = "Special functions"
    synonyms = ("log gamma", "factorial")
    target = "torch.lgamma"


class Digamma(_Unary):
    """The slope of the logarithm of the gamma function.

    $ψ(x) = Γ'(x) / Γ(x)$.

    Example: [[1, 2]] → [[-0.577, 0.423]], for ψ(x + 1) = ψ(x) + 1/x.
    Shapes: any → the same
    PyTorch: torch.digamma
    """

    group = "Special functions"
    synonyms = ("psi", "gamma derivative")
    target = "torch.digamma"


class Sinc(_Unary):
    """A sine that dies away to both sides: the ideal low-pass filter.

    $sin(πx) / (πx)$, and 1 at 0.

    Example: [[0, 0.5, 1]] → [[1, 0.637, 0]], for 1 / (π/2) = 0.637.
    Shapes: any → the same
    PyTorch: torch.sinc
    """

    group = "Special functions"
    synonyms = ("cardinal sine", "low pass", "filter")
    target = "torch.sinc"


class NanToNum(_Unary):
    """Puts a number in the place of «not a number», and finite ones in the place of infinities.

    The gradient is 0 where something was replaced. It hides a fault rather than mending it: look for the cause first.

    Example (posinf = 9): [[1, nan, ∞]] → [[1, 0, 9]]
    Shapes: any → the same
    PyTorch: torch.nan_to_num
    """

    group = "Arithmetic"
    synonyms = ("nan", "replace missing", "infinite", "clean")
    target = "torch.nan_to_num"

    nan: float = param(0.0, "Stands for «not a number».", min=-1e11, max=1e11, row="NaN")
    posinf: float | None = param(None, "Stands for +∞; empty: the largest number.", min=-1e11, max=1e11)
    neginf: float | None = param(None, "Stands for −∞; empty: the smallest number.", min=-1e11, max=1e11)

    def call(self, x: Float) -> Call:
        floats(x)
        return function(self.target, **self.values)


class Hypot(_Binary):
    """The long side of a right-angled triangle, from its two short ones.

    $√(a^2 + b^2)$, number by number: the magnitude of a spectrum from its real and imaginary parts.

    Example: a = [[3]], b = [[4]] → [[5]], the root of 9 + 16.
    Shapes: a and b of one shape → the same
    PyTorch: torch.hypot
    """

    synonyms = ("hypotenuse", "magnitude", "complex absolute value", "pythagoras")
    target = "torch.hypot"


class Fmod(_Binary):
    """What is left over after dividing, with the sign of the first value.

    $a - b · trunc(a / b)$. Remainder takes the sign of the second value instead.

    Example: a = [[7, -7]], b = [[3, 3]] → [[1, -1]]
    Shapes: a and b of one shape → the same
    PyTorch: torch.fmod
    """

    synonyms = ("modulo", "remainder", "rest")
    target = "torch.fmod"


class FloorDivide(_Binary):
    """How often the second value goes into the first: the quotient, rounded down.

    $⌊a / b⌋$. Its slope is 0: nothing is learnt through it.

    Example: a = [[7, -7]], b = [[2, 2]] → [[3, -4]]
    Shapes: a and b of one shape → the same
    PyTorch: torch.floor_divide
    """

    synonyms = ("whole division", "integer division", "floor_divide", "//")

    def call(self, a: Spec, b: Spec) -> Call:
        super().call(a, b)
        return function("torch.div", rounding_mode="floor")


class LogAddExp(_Binary):
    """Adds two numbers that are given by their logarithms.

    $ln(e^a + e^b)$, without overflowing: how probabilities of alternatives are joined.

    Example: a = [[0]], b = [[0]] → [[0.693]], the logarithm of 1 + 1.
    Shapes: a and b of one shape → the same
    PyTorch: torch.logaddexp
    """

    group = "Functions"
    synonyms = ("log sum", "soft maximum", "log probabilities")
    target = "torch.logaddexp"


class Xlogy(_Binary):
    """The first value times the logarithm of the second, and 0 wherever the first is 0.

    $a · ln b$ without 0 · ∞: the terms of an entropy.

    Example: a = [[0, 2]], b = [[0, 10]] → [[0, 4.605]], for 2 · ln 10 = 4.605.
    Shapes: a and b of one shape → the same
    PyTorch: torch.xlogy
    """

    group = "Functions"
    synonyms = ("entropy", "x log y", "cross entropy term")
    target = "torch.xlogy"


class Heaviside(_Binary):
    """A step: 0 for negative numbers, 1 for positive ones, the second value at 0 itself.

    $H(a)$: the oldest activation of all. No gradient passes.

    Example: a = [[-3, 0, 2]], b = [[0.5, 0.5, 0.5]] → [[0, 0.5, 1]]
    Shapes: a and b of one shape → the same; N × F, scalar → N × F
    PyTorch: torch.heaviside
    """

    group = "Comparison"
    synonyms = ("step", "threshold unit", "binary step", "perceptron")
    target = "neuralgraph.compiler.blocks.values.heaviside"

    def call(self, a: Spec, b: Spec) -> Call:
        if a.dtype != b.dtype:
            raise Misfit(f"{a.dtype} like its first input", port="b", axes=a.dtype, insert="Cast",
                         params={"dtype": a.dtype}, hint="Cast makes both the same.")
        return super().call(a, b)


class Lerp(Node):
    """A point on the way from the first value to the second.

    $a + t (b - a)$, with $t$ = `weight`, or number by number what is wired to `weight`: 0 is the first value, 1 the
    second. A gate is nothing else.

    Example (share = 0.25): a = [[0]], b = [[4]] → [[1]], a quarter of the way.
    Shapes: a and b of one shape → the same
    PyTorch: torch.lerp
    """

    category = "Maths"
    group = "Arithmetic"
    synonyms = ("interpolate", "blend", "mix", "moving average", "gate")

    share: float = param(0.5, "How far on the way, where nothing is wired to weight.", min=-1e6, max=1e6,
                         row="weight")

    def call(self, a: Float, b: Float, weight: Float | None = None) -> Call:
        for port, one in (("a", a), ("b", b)):
            floats(one, port)
        same_shape(a, b, "b")
        if weight is None:
            return function("torch.lerp", weight=self.share)
        floats(weight, "weight")
        same_shape(a, weight, "weight")
        return function("torch.lerp")


class MaskedFill(Node):
    """Writes one number wherever the answer is yes.

    $x_i$ becomes `value` where the mask is yes. With −10⁹ before Softmax, what is masked gets no weight. No gradient
    passes where it wrote.

    Example (value = -9): x = [[1, 2]], mask = [[no, yes]] → [[1, -9]]
    Shapes: x and mask of one shape → the same
    PyTorch: torch.masked_fill
    """

    category = "Maths"
    group = "Comparison"
    synonyms = ("mask", "padding", "hide", "attention mask", "overwrite")

    value: float = param(0.0, "What is written.", min=-1e11, max=1e11, row="value")

    def call(self, x: Spec, mask: Mask) -> Call:
        if mask.dtype != "bool":
            raise Misfit("yes or no", port="mask", axes="bool", insert="Cast", params={"dtype": "bool"},
                         hint="Cast makes yes of every number but 0; or wire a comparison here.")
        if x.dtype == "bool":
            raise Misfit("numbers, not yes and no", port="x", insert="Cast", params={"dtype": "float32"},
                         hint="Cast turns yes into 1 and no into 0.")
        broadcast(x, mask)
        if mask.rank > x.rank:
            raise Misfit("a mask with no more axes than x", port="mask", axes=str(x), hint="Take axes away from it.")
        return function("torch.masked_fill", value=self.value if x.dtype.startswith(("float", "bf")) else
                        int(self.value))


class Detach(Node):
    """Lets the numbers through and stops the gradient: nothing before it learns from what comes behind it.

    $y = x$ with slope 0. For a target that the network made itself, for the sample in contrastive divergence, for the
    fixed half of a pair.

    Example: [[1, -2]] → [[1, -2]]
    Shapes: any → the same
    PyTorch: torch.Tensor.detach
    """

    category = "Maths"
    group = "Values"
    synonyms = ("stop gradient", "no gradient", "block gradient", "constant", "freeze")

    def call(self, x: Spec) -> Call:
        return function("torch.Tensor.detach")
