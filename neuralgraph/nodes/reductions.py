"""What is left of many numbers: the largest, the product, the spread; and running sums, orders and places."""

from __future__ import annotations

from neuralgraph.nodes.demands import floats, inner_axis, integers
from neuralgraph.nodes.maths import _Reduction
from neuralgraph.spec import Call, Float, Integer, Misfit, Node, Spec, function, param


class Amax(_Reduction):
    """The largest number, along some axes or of all.

    $max_i x_i$. Where several are equally large, they share the gradient.

    Example (dim = 1): [[3, 7, 5]] → [7]
    Shapes: N × F → scalar, or N with dim = 1
    PyTorch: torch.amax
    """

    synonyms = ("maximum", "max", "largest", "reduce", "global max pooling")

    def call(self, x: Spec) -> Call:
        return function("torch.amax", **self._axes(x))


class Amin(_Reduction):
    """The smallest number, along some axes or of all.

    $min_i x_i$. Where several are equally small, they share the gradient.

    Example (dim = 1): [[3, 7, 5]] → [3]
    Shapes: N × F → scalar, or N with dim = 1
    PyTorch: torch.amin
    """

    synonyms = ("minimum", "min", "smallest", "reduce")

    def call(self, x: Spec) -> Call:
        return function("torch.amin", **self._axes(x))


class _Spread(_Reduction):
    correction: int = param(1, "1 divides by one less than the count (a sample), 0 by the count.", min=0, max=1,
                            advanced=True)

    def call(self, x: Float) -> Call:
        floats(x)
        return function(f"torch.{self.type.lower()}", correction=self.correction, **self._axes(x))


class Std(_Spread):
    """How far numbers lie from their mean: the standard deviation.

    $√(Σ (x_i - mean)^2 / (n - 1))$, along some axes or of all.

    Example (dim = 1): [[1, 3, 5]] → [2], the root of (4 + 0 + 4) / 2.
    Shapes: N × F → scalar, or N with dim = 1
    PyTorch: torch.std
    """

    synonyms = ("standard deviation", "spread", "sigma")


class Var(_Spread):
    """How far numbers lie from their mean, squared: the variance.

    $Σ (x_i - mean)^2 / (n - 1)$, along some axes or of all.

    Example (dim = 1): [[1, 3, 5]] → [4], for (4 + 0 + 4) / 2 = 4.
    Shapes: N × F → scalar, or N with dim = 1
    PyTorch: torch.var
    """

    synonyms = ("variance", "spread", "dispersion")


class LogSumExp(_Reduction):
    """The logarithm of a sum of exponentials: a smooth maximum.

    $ln Σ e^{x_i}$, without overflowing. Its slope is softmax.

    Example (dim = 1): [[0, 0]] → [0.693], the logarithm of 1 + 1.
    Shapes: N × F → N with dim = 1
    PyTorch: torch.logsumexp
    """

    synonyms = ("soft maximum", "free energy", "partition")

    def call(self, x: Float) -> Call:
        floats(x)
        given = self._axes(x)
        return function("torch.logsumexp", **(given or {"dim": tuple(range(x.rank)), "keepdim": self.keepdim}))


class All(_Reduction):
    """Yes where every answer is yes, along some axes or of all.

    $x_1 ∧ x_2 ∧ … ∧ x_n$. Numbers count as yes where they are not 0.

    Example (dim = 1): [[yes, no], [yes, yes]] → [no, yes]
    Shapes: N × F → scalar, or N with dim = 1 (bool)
    PyTorch: torch.all
    """

    synonyms = ("every", "and all")

    def call(self, x: Spec) -> Call:
        return function("torch.all", **self._axes(x))


class Any(_Reduction):
    """Yes where at least one answer is yes, along some axes or of all.

    $x_1 ∨ x_2 ∨ … ∨ x_n$. Numbers count as yes where they are not 0.

    Example (dim = 1): [[yes, no], [no, no]] → [yes, no]
    Shapes: N × F → scalar, or N with dim = 1 (bool)
    PyTorch: torch.any
    """

    synonyms = ("some", "or all")

    def call(self, x: Spec) -> Call:
        return function("torch.any", **self._axes(x))


class _Along(Node):
    """What is done along one axis."""

    category = "Maths"
    group = "Along an axis"

    dim: int = param(-1, "The axis.", min=-8, max=7, row="axis")

    def _at(self, x: Spec) -> int:
        return inner_axis(x, self.dim)


class Prod(_Along):
    """Multiplies numbers along an axis.

    $Π x_i$.

    Example: [[2, 3, 4]] → [24]
    Shapes: N × F → N
    PyTorch: torch.prod
    """

    group = "Reductions"
    synonyms = ("product", "multiply up", "reduce")

    def call(self, x: Spec) -> Call:
        self._at(x)
        return function("torch.prod", dim=self.dim)


class ArgMax(_Along):
    """Where the largest number is, along an axis.

    $argmax_i x_i$. What a classifier answers. It has no slope: nothing is learnt through it.

    Example: [[3, 7, 5]] → [1], counted from 0.
    Shapes: N × F → N (int64)
    PyTorch: torch.argmax
    """

    group = "Reductions"
    synonyms = ("winner", "predicted class", "index of maximum")

    def call(self, x: Spec) -> Call:
        self._at(x)
        return function("torch.argmax", dim=self.dim)


class ArgMin(_Along):
    """Where the smallest number is, along an axis.

    $argmin_i x_i$.

    Example: [[3, 7, 5]] → [0], counted from 0.
    Shapes: N × F → N (int64)
    PyTorch: torch.argmin
    """

    group = "Reductions"
    synonyms = ("nearest", "index of minimum")

    def call(self, x: Spec) -> Call:
        self._at(x)
        return function("torch.argmin", dim=self.dim)


class CumSum(_Along):
    """Running sum along an axis.

    $y_t = x_1 + … + x_t$.

    Example: [[1, 2, 3]] → [[1, 3, 6]]
    Shapes: any → the same
    PyTorch: torch.cumsum
    """

    synonyms = ("cumulative", "running total", "integrate", "prefix sum")

    def call(self, x: Spec) -> Call:
        self._at(x)
        return function("torch.cumsum", dim=self.dim)


class CumProd(_Along):
    """Running product along an axis.

    $y_t = x_1 · … · x_t$.

    Example: [[1, 2, 3]] → [[1, 2, 6]]
    Shapes: any → the same
    PyTorch: torch.cumprod
    """

    synonyms = ("cumulative", "running product")

    def call(self, x: Spec) -> Call:
        self._at(x)
        return function("torch.cumprod", dim=self.dim)


class Diff(_Along):
    """The step from each number to the next along an axis.

    $y_t = x_{t+1} - x_t$: one shorter.

    Example: [[1, 4, 9]] → [[3, 5]]
    Shapes: N × L → N × L − 1
    PyTorch: torch.diff
    """

    synonyms = ("difference", "derivative", "change")

    def call(self, x: Spec) -> Call:
        if x.size(self._at(x)) < 2:
            raise Misfit("at least two numbers on this axis", hint="Choose another axis.")
        return function("torch.diff", dim=self.dim)


class Sort(_Along):
    """Puts numbers in order along an axis, and says where they came from.

    The gradient goes back to where each number came from.

    Example: [[3, 1, 2]] → values = [[1, 2, 3]], indices = [[1, 2, 0]]
    Shapes: any → values the same, indices the same (int64)
    PyTorch: torch.sort
    """

    synonyms = ("order", "rank", "argsort")

    descending: bool = param(False, "Largest first.", row="descending")

    def outputs(self) -> tuple[str, ...]:
        return ("values", "indices")

    def call(self, x: Spec) -> Call:
        self._at(x)
        return function("torch.sort", picks=((0,), (1,)), dim=self.dim, descending=self.descending)


class TopK(_Along):
    """The k largest numbers along an axis, largest first, and where they are.

    Example (k = 2): [[3, 9, 5]] → values = [[9, 5]], indices = [[1, 2]]
    Shapes: N × F → values N × k, indices N × k (int64)
    PyTorch: torch.topk
    """

    synonyms = ("largest", "best", "k nearest", "beam")

    k: int = param(3, "How many.", min=1, max=2**31 - 1, row="k")
    largest: bool = param(True, "The largest; off: the smallest.")

    def outputs(self) -> tuple[str, ...]:
        return ("values", "indices")

    def call(self, x: Spec) -> Call:
        size = x.size(self._at(x))
        if self.k > size:
            raise Misfit(f"an axis of at least {self.k}", hint=f"This one has {size}: choose k up to that.")
        return function("torch.topk", picks=((0,), (1,)), k=self.k, dim=self.dim, largest=self.largest)


class Gather(_Along):
    """Takes numbers from the places that another input names, along an axis.

    $y_i = x_{index_i}$. The gradient goes to the places that were taken.

    Example: x = [[5, 6, 7]], index = [[2, 0]] → [[7, 5]]
    Shapes: x N × F, index N × K (int64) → N × K
    PyTorch: torch.take_along_dim
    """

    group = "Indexing"
    synonyms = ("pick", "select by index", "lookup")

    def call(self, x: Spec, index: Integer) -> Call:
        integers(index, "index", "places (int64)")
        at = self._at(x)
        others = [k for k in range(x.rank) if k != at]
        if index.rank != x.rank or any(index.shape[k] != x.shape[k] for k in others):
            raise Misfit("places with the axes of x", port="index", axes=str(x),
                         hint="Only the size along dim may be another.")
        if index.dtype != "int64":
            raise Misfit("places as int64", port="index", axes="int64", insert="Cast", params={"dtype": "int64"})
        return function("torch.take_along_dim", dim=self.dim)


class Flip(_Along):
    """Turns the order of an axis round.

    $y_t = x_{n - t}$, counted from 0 to $n$. A sequence is read backwards.

    Example: [[1, 2, 3]] → [[3, 2, 1]]
    Shapes: any → the same
    PyTorch: torch.flip
    """

    synonyms = ("reverse", "mirror", "backwards")

    def call(self, x: Spec) -> Call:
        self._at(x)
        return function("torch.flip", dims=(self.dim,))


class Roll(_Along):
    """Shifts an axis round: what leaves at one end comes in at the other.

    $y_t = x_{t - shifts}$.

    Example: [[1, 2, 3]] → [[3, 1, 2]]
    Shapes: any → the same
    PyTorch: torch.roll
    """

    synonyms = ("shift", "rotate", "delay", "circular")

    shifts: int = param(1, "Places to shift by; negative: to the front.", min=-(2**31) + 1, max=2**31 - 1, row="by")

    def call(self, x: Spec) -> Call:
        self._at(x)
        return function("torch.roll", shifts=self.shifts, dims=self.dim)

