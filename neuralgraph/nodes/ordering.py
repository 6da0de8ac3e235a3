"""Orders, middles and places: what is known of numbers by comparing them, and writing to chosen places."""

from __future__ import annotations

from neuralgraph.nodes.demands import floats, integers
from neuralgraph.nodes.maths import _Reduction
from neuralgraph.nodes.reductions import _Along
from neuralgraph.spec import Call, Float, Integer, Misfit, Node, Spec, function, param

_PLACES = {name: f"neuralgraph.compiler.blocks.indexing.{word}" for name, word in (
    ("Scatter", "scatter"), ("ScatterAdd", "scatter_add"), ("IndexSelect", "index_select"))}


class _Found(_Along):
    """A value along an axis, and where it was."""

    def outputs(self) -> tuple[str, ...]:
        return ("values", "indices")

    def call(self, x: Spec) -> Call:
        self._at(x)
        return function(f"torch.{self.type.lower()}", picks=((0,), (1,)), dim=self.dim)


class CumMax(_Found):
    """The largest number so far along an axis, and where it was.

    $y_t = max(x_1, …, x_t)$: a record. The gradient goes to the record.

    Example: [[1, 3, 2]] → values = [[1, 3, 3]], indices = [[0, 1, 1]]
    Shapes: any → values the same, indices the same (int64)
    PyTorch: torch.cummax
    """

    synonyms = ("cumulative maximum", "running maximum", "record", "peak")


class CumMin(_Found):
    """The smallest number so far along an axis, and where it was.

    $y_t = min(x_1, …, x_t)$. The gradient goes to where it was.

    Example: [[3, 1, 2]] → values = [[3, 1, 1]], indices = [[0, 1, 1]]
    Shapes: any → values the same, indices the same (int64)
    PyTorch: torch.cummin
    """

    synonyms = ("cumulative minimum", "running minimum")


class Median(_Found):
    """The number in the middle along an axis, and where it is: half are smaller, half larger.

    Of an even count the lower of the two in the middle. One wild number does not move it, as it does the mean.

    Example: [[1, 9, 3]] → values = [3], indices = [2]
    Shapes: N × F → values N, indices N (int64)
    PyTorch: torch.median
    """

    group = "Reductions"
    synonyms = ("middle", "robust average", "half")


class Mode(_Found):
    """The number that occurs most often along an axis, and where it is.

    Of several that are equally frequent the smallest: the vote of a committee.

    Example: [[1, 3, 3]] → values = [3], indices = [2]
    Shapes: N × F → values N, indices N (int64)
    PyTorch: torch.mode
    """

    group = "Reductions"
    synonyms = ("most frequent", "vote", "majority")


class Kthvalue(_Along):
    """The k-th smallest number along an axis, and where it is.

    With k = 1 the smallest. The gradient goes to where it was.

    Example (k = 2): [[9, 1, 3]] → values = [3], indices = [2]
    Shapes: N × F → values N, indices N (int64)
    PyTorch: torch.kthvalue
    """

    group = "Reductions"
    synonyms = ("rank", "order statistic", "kth smallest")

    k: int = param(1, "Its place in order, from 1.", min=1, max=2**31 - 1, row="k")

    def outputs(self) -> tuple[str, ...]:
        return ("values", "indices")

    def call(self, x: Spec) -> Call:
        size = x.size(self._at(x))
        if self.k > size:
            raise Misfit(f"an axis of at least {self.k}", hint=f"This one has {size}: choose k up to that.")
        return function("torch.kthvalue", picks=((0,), (1,)), k=self.k, dim=self.dim)


class Quantile(_Along):
    """The number below which a given share of the numbers lies, along an axis.

    $P(x ≤ y) = q$. `q` = 0.5 is the median, 0.25 and 0.75 the quartiles. Between two numbers it interpolates as
    `interpolation` says.

    Example (q = 0.25): [[0, 1, 2, 3, 4]] → [1]
    Example (q = 0.5): [[1, 4]] → [2.5], half-way between them.
    Shapes: N × F → N
    PyTorch: torch.quantile
    """

    group = "Reductions"
    synonyms = ("percentile", "quartile", "median", "share")

    q: float = param(0.5, "The share, 0 … 1.", min=0.0, max=1.0, row="share")
    interpolation: str = param("linear", "What it takes between two numbers.",
                               choices=("linear", "lower", "higher", "nearest", "midpoint"), advanced=True)
    keepdim: bool = param(False, "Leave the axis in place with size 1.", advanced=True)

    def call(self, x: Float) -> Call:
        floats(x)
        self._at(x)
        return function("torch.quantile", q=self.q, dim=self.dim, keepdim=self.keepdim,
                        interpolation=self.interpolation)


class ArgSort(_Along):
    """Where the numbers of an axis would come from if they were put in order.

    $x_{y_1} ≤ x_{y_2} ≤ …$: Gather with these places sorts anything else the same way. It has no slope.

    Example: [[3, 9, 5]] → [[0, 2, 1]], for 3 comes first, then 5 from place 2.
    Shapes: any → the same (int64)
    PyTorch: torch.argsort
    """

    synonyms = ("order", "rank", "sorting indices")

    descending: bool = param(False, "Largest first.", row="descending")

    def call(self, x: Spec) -> Call:
        self._at(x)
        return function("torch.argsort", dim=self.dim, descending=self.descending)


class LogCumSumExp(_Along):
    """Running sum of numbers that are given by their logarithms.

    $y_t = ln(e^{x_1} + … + e^{x_t})$, without overflowing.

    Example: [[0, 0, 0]] → [[0, 0.693, 1.099]], the logarithms of 1, 2 and 3.
    Shapes: any → the same
    PyTorch: torch.logcumsumexp
    """

    synonyms = ("cumulative", "log probabilities", "running sum")

    def call(self, x: Float) -> Call:
        floats(x)
        self._at(x)
        return function("torch.logcumsumexp", dim=self.dim)


class CountNonzero(_Reduction):
    """How many numbers are not 0, along some axes or of all.

    $Σ_i [x_i ≠ 0]$. A bracket is 1 where it is true, else 0. Of yes and no it counts yes. It has no slope.

    Example (dim = 1): [[0, 2, 3]] → [2]
    Shapes: N × F → scalar, or N with dim = 1 (int64)
    PyTorch: torch.count_nonzero
    """

    synonyms = ("count", "how many", "sparsity", "number of true")

    def call(self, x: Spec) -> Call:
        given = self._axes(x)
        if self.keepdim:
            raise Misfit("keepdim switched off", hint="Unsqueeze puts the axis back.")
        return function("torch.count_nonzero", **({"dim": given["dim"]} if given else {}))


class Normalize(_Along):
    """Makes every row as long as 1, its direction unchanged.

    $x / max((Σ |x_i|^p)^{1/p}, eps)$ along an axis. The product of two such rows is their cosine. (Standardize learns a
    mean and a spread from the data; LayerNorm brings each sample to mean 0 and spread 1.)

    Example: [[3, 4]] → [[0.6, 0.8]], for the root of 9 + 16 is 5.
    Shapes: any → the same
    PyTorch: torch.nn.functional.normalize
    """

    synonyms = ("unit length", "unit vector", "l2 normalisation", "direction")

    p: float = param(2.0, "Power of the length: 2 is the usual one.", min=1.0, max=64.0, row="power")
    eps: float = param(1e-12, "Smallest length that is divided by.", min=1e-30, max=1.0, advanced=True)

    def call(self, x: Float) -> Call:
        floats(x)
        self._at(x)
        return function("torch.nn.functional.normalize", p=self.p, dim=self.dim, eps=self.eps)


def _places(x: Spec, index: Spec, at: int) -> None:
    """Places along axis `at`, with the other axes of x."""
    integers(index, "index", "places (int64)")
    if index.dtype != "int64":
        raise Misfit("places as int64", port="index", axes="int64", insert="Cast", params={"dtype": "int64"})
    others = [k for k in range(x.rank) if k != at]
    if index.rank != x.rank or any(index.shape[k] != x.shape[k] for k in others):
        raise Misfit("places with the axes of x", port="index", axes=str(x),
                     hint="Only the size along dim may be another.")


class _Writing(_Along):
    group = "Indexing"

    def call(self, x: Spec, index: Integer, src: Spec) -> Call:
        _places(x, index, self._at(x))
        if src.shape != index.shape or src.dtype != x.dtype:
            raise Misfit(f"one number ({x.dtype}) for every place", port="src", axes=str(index),
                         hint="Give it the shape of index and the kind of number of x.")
        return function(_PLACES[self.type], dim=self.dim)


class Scatter(_Writing):
    """Writes numbers to the places that another input names, along an axis.

    $y_{index_i} = src_i$, the rest of `x` as it was: the opposite of Gather. Where a place is named twice, either may
    win.

    Example: x = [[0, 0, 0]], index = [[2, 0]], src = [[7, 8]] → [[8, 0, 7]]
    Shapes: x N × F, index N × K (int64), src N × K → N × F
    PyTorch: torch.scatter
    """

    synonyms = ("put", "write by index", "assign", "unpool")


class ScatterAdd(_Writing):
    """Adds numbers up at the places that another input names, along an axis.

    $y_{index_i} = x_{index_i} + Σ src_i$: a histogram, the messages that arrive at the nodes of a graph. Where a place
    is named twice, both count.

    Example: x = [[0, 0]], index = [[1, 1]], src = [[3, 4]] → [[0, 7]]
    Shapes: x N × F, index N × K (int64), src N × K → N × F
    PyTorch: torch.scatter_add
    """

    synonyms = ("histogram", "sum by index", "group by", "message passing", "segment sum")


class IndexSelect(_Along):
    """Takes the same places from every sample, in the order that another input lists.

    $y_i = x_{index_i}$. The places are a plain list without a batch: a Constant of int64, say. Gather takes other
    places from each sample.

    Example: x = [[5, 6, 7]], index = Constant [2, 0] → [[7, 5]]
    Shapes: x N × F, index K (int64) → N × K
    PyTorch: torch.index_select
    """

    group = "Indexing"
    synonyms = ("pick", "choose columns", "reorder", "select features")

    def call(self, x: Spec, index: Integer) -> Call:
        integers(index, "index", "places (int64)")
        self._at(x)
        if index.rank != 1 or index.batched:
            raise Misfit("a plain list of places", port="index", axes="K",
                         hint="A Constant of int64; Gather takes other places from each sample.")
        return function(_PLACES[self.type], dim=self.dim)


class Bucketize(Node):
    """Says between which two boundaries every number lies.

    $Σ_k [boundaries_k < x]$, the count of boundaries below it: 0 before the first, K behind the last. The boundaries
    are a rising list without a batch. It has no slope.

    Example: x = [[0.5, 1.5, 9]], boundaries = Constant [1, 2] → [[0, 1, 2]]
    Shapes: x any, boundaries K → the same as x (int64)
    PyTorch: torch.bucketize
    """

    category = "Maths"
    group = "Indexing"
    synonyms = ("bin", "histogram", "discretise", "digitize", "searchsorted", "intervals")

    right: bool = param(False, "A number on a boundary belongs to the interval above it.", advanced=True)

    def call(self, x: Float, boundaries: Float) -> Call:
        if boundaries.rank != 1 or boundaries.batched:
            raise Misfit("a plain, rising list of boundaries", port="boundaries", axes="K",
                         hint="Wire a Constant or a Linspace here.")
        if boundaries.dtype != x.dtype:
            raise Misfit(f"{x.dtype} like the numbers", port="boundaries", axes=x.dtype, insert="Cast",
                         params={"dtype": x.dtype})
        return function("torch.bucketize", right=self.right)

