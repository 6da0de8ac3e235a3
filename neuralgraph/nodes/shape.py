"""Nodes that only move numbers to other places, join or part them, or change their kind."""

from __future__ import annotations

from neuralgraph.errors import ParameterError
from neuralgraph.nodes.demands import axis, integers, product
from neuralgraph.nodes.indexing import Index, parse
from neuralgraph.spec import Call, Integer, Misfit, Node, Spec, Symbol, function, param

AXES = 8
"""The most axes that a `dim` may count."""


def _features(x: Spec) -> tuple[int, ...]:
    """The sizes behind the batch axis; a `Misfit` where the batch is not in front."""
    sizes = x.shape[1:] if x.batched else x.shape
    if any(isinstance(size, str) for size in sizes):
        raise Misfit("the batch as its first axis", insert="Transpose", params={"dim0": 0, "dim1": x.shape.index("N")}
                     if "N" in x.shape else {}, hint="Transpose brings the batch axis to the front.")
    return tuple(size for size in sizes if isinstance(size, int))


class Flatten(Node):
    """Lines up the numbers of each sample in one row.

    It joins the axes from `start_dim` to `end_dim`; the first axis, the batch, stays. Put it between images and Linear.
    Nothing is computed: the same numbers, in the same order.

    Example: [[[1, 2], [3, 4]]] → [[1, 2, 3, 4]]
    Shapes: N × C × H × W → N × C·H·W
    PyTorch: torch.nn.Flatten
    """

    category = "Layers"
    group = "Shape"
    synonyms = ("reshape", "vector", "unroll", "ravel")

    start_dim: int = param(1, "First axis that is joined; 0 is the batch.", min=-AXES, max=AXES - 1, advanced=True)
    end_dim: int = param(-1, "Last axis that is joined; −1 is the last.", min=-AXES, max=AXES - 1, advanced=True)

    def call(self, x: Spec) -> Call:
        start, end = axis(x, self.start_dim), axis(x, self.end_dim)
        if start > end:
            raise Misfit("start_dim before end_dim", hint="Set start_dim to 1 and end_dim to −1.")
        return function("torch.flatten", start_dim=self.start_dim, end_dim=self.end_dim)


class Unflatten(Node):
    """Folds one axis into several: the opposite of Flatten.

    Axis `dim` becomes axes of the sizes `unflattened_size`; their product must be its size. One of them may be −1 and
    is worked out.

    Example (unflattened_size = (2, -1)): [[1, 2, 3, 4]] → [[[1, 2], [3, 4]]]
    Shapes: N × 64 → N × 1 × 8 × 8
    PyTorch: torch.nn.Unflatten
    """

    category = "Layers"
    group = "Shape"
    synonyms = ("fold", "to image", "reshape")

    dim: int = param(1, "The axis that is folded.", min=-AXES, max=AXES - 1)
    unflattened_size: tuple[int, ...] = param((1, -1), "Sizes that it is folded into.", min=-1, row="sizes")

    def call(self, x: Spec) -> Call:
        at = axis(x, self.dim)
        solved = solve(self.unflattened_size, x.size(at))
        return function("torch.unflatten", dim=self.dim, sizes=solved)


def solve(sizes: tuple[int, ...], total: int) -> tuple[int, ...]:
    """`sizes` with the one −1 worked out so that they hold `total` numbers."""
    known = product(tuple(size for size in sizes if size != -1))
    if sizes.count(-1) > 1:
        raise Misfit("at most one size of −1", hint="Only one size can be worked out from the others.")
    if (not sizes.count(-1) and known != total) or (sizes.count(-1) and (not known or total % known)):
        raise Misfit(
            f"sizes that hold {total} numbers, not {' × '.join(map(str, sizes)) or 'none'}",
            hint=f"The sizes multiplied must be {total}: for example {_example(total)}.")
    return tuple(total // known if size == -1 else size for size in sizes)


def _example(total: int) -> str:
    side = next((n for n in range(int(max(total, 0) ** 0.5), 1, -1) if total % n == 0), 1)
    return f"{side} × {total // side}"


class Reshape(Node):
    """Gives each sample another shape; the numbers keep their order.

    `shape` is the shape of one sample: the batch axis stays in front by itself. One size may be −1 and is worked out.
    The numbers are read row by row, so this is not Transpose.

    Example (shape = (2, -1)): [[1, 2, 3, 4, 5, 6]] → [[[1, 2, 3], [4, 5, 6]]]
    Shapes: N × 6 → N × 2 × 3; without a batch: 2 × 3 → 3 × 2
    PyTorch: torch.reshape
    """

    category = "Maths"
    group = "Shape"
    synonyms = ("view", "resize", "fold")

    shape: tuple[int, ...] = param((-1,), "Shape of one sample; one size may be −1.", min=-1, row="shape")

    def call(self, x: Spec) -> Call:
        solved = solve(self.shape, product(_features(x)))
        return function("torch.reshape", shape=(-1, *solved) if x.batched else solved)


class Permute(Node):
    """Puts all axes into another order.

    `dims` lists the old axes in their new order; 0 is the batch and normally stays first. (0, 2, 3, 1) turns
    channels-first images into channels-last.

    Example: [[[1, 2, 3], [4, 5, 6]]] → [[[1, 4], [2, 5], [3, 6]]]
    Shapes: N × A × B → N × B × A with dims = (0, 2, 1)
    PyTorch: torch.permute
    """

    category = "Maths"
    group = "Shape"
    synonyms = ("reorder", "axes", "channels last", "transpose")

    dims: tuple[int, ...] = param((0, 2, 1), "Old axes in their new order.", min=-AXES, max=AXES - 1, row="order")

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        if len(set(self.dims)) < len(self.dims):
            raise ParameterError(f"dims expects every axis once, not {self.dims!r}.", parameter="dims")

    def call(self, x: Spec) -> Call:
        wanted = {one % x.rank for one in self.dims if -x.rank <= one < x.rank} if x.rank else set()
        if len(self.dims) != x.rank or len(wanted) != x.rank:
            raise Misfit(f"an input with {len(self.dims)} axes", hint=f"List each axis once: 0 … {x.rank - 1}.")
        return function("torch.permute", dims=self.dims)


class Transpose(Node):
    """Swaps two axes: rows become columns.

    $y_{ij} = x_{ji}$. By default the last two. To keep samples apart, leave axis 0, the batch, in its place.

    Example: [[[1, 2], [3, 4]]] → [[[1, 3], [2, 4]]]
    Shapes: N × A × B → N × B × A; A × B → B × A
    PyTorch: torch.transpose
    """

    category = "Maths"
    group = "Shape"
    synonyms = ("swap axes", "rows and columns", "matrix transpose", ".T")

    dim0: int = param(-2, "One axis.", min=-AXES, max=AXES - 1, row="axis")
    dim1: int = param(-1, "The other axis.", min=-AXES, max=AXES - 1, row="with")

    def call(self, x: Spec) -> Call:
        axis(x, self.dim0)
        axis(x, self.dim1)
        return function("torch.transpose", dim0=self.dim0, dim1=self.dim1)


class Squeeze(Node):
    """Takes away an axis of size 1.

    The numbers stay; only the shape has one axis less. It is the opposite of Unsqueeze.

    Example: [[1], [2]] → [1, 2]
    Shapes: N × 1 → N; N × 1 × H × W → N × H × W with dim = 1
    PyTorch: torch.squeeze
    """

    category = "Maths"
    group = "Shape"
    synonyms = ("remove axis", "drop dimension")

    dim: int = param(-1, "The axis that is taken away; −1 is the last.", min=-AXES, max=AXES - 1, row="axis")

    def call(self, x: Spec) -> Call:
        if x.shape[axis(x, self.dim)] != 1:
            raise Misfit(f"an axis {self.dim} of size 1", hint="Choose the axis with size 1, or leave Squeeze out.")
        return function("torch.squeeze", dim=self.dim)


class Unsqueeze(Node):
    """Puts in an axis of size 1.

    The new axis stands at position `dim`. With `dim` = 1, an N × H × W batch becomes images with one channel.

    Example: [[1, 2]] → [[[1, 2]]]
    Shapes: N → N × 1; N × H × W → N × 1 × H × W with dim = 1
    PyTorch: torch.unsqueeze
    """

    category = "Maths"
    group = "Shape"
    synonyms = ("add axis", "expand dims", "new dimension")

    dim: int = param(1, "Where the new axis stands; −1 is at the end.", min=-AXES, max=AXES - 1, row="axis")

    def call(self, x: Spec) -> Call:
        if not -x.rank - 1 <= self.dim <= x.rank:
            raise Misfit(f"an input with at least {abs(self.dim)} axes",
                         hint=f"Choose dim from {-x.rank - 1} to {x.rank}.")
        return function("torch.unsqueeze", dim=self.dim)


class Slice(Node):
    """Takes a part of a tensor, written as in numpy: `:, 1:`.

    One entry for each axis, separated by commas; the first is the batch and is normally `:`. `2` takes one position and
    drops the axis, `1:3` takes positions 1 and 2, `::2` every second one, `-1` the last, `...` leaves the axes between
    as they are.

    Example: [[1, 2, 3]] → [[2, 3]]
    Example (index = ":, -1"): [[1, 2, 3]] → [3]
    Shapes: N × F → N × (F − 1) with index = ":, 1:"
    PyTorch: tensor[:, 1:]
    """

    category = "Maths"
    group = "Indexing"
    synonyms = ("index", "crop", "part", "select", "[:]", "last step")

    index: str = param(":, 1:", "What is taken, axis by axis, as in numpy.", row="part")

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        parse(self.index)

    def call(self, x: Spec) -> Call:
        index = parse(self.index)
        _check_index(x, index)
        return function("neuralgraph.compiler.blocks.indexing.part", index=index)


def _check_index(x: Spec, index: tuple[Index, ...]) -> None:
    plain = sum(one is not Ellipsis for one in index)
    if plain > x.rank:
        raise Misfit(f"an input with at least {plain} axes", hint=f"Write at most {x.rank} entries.")
    gap = x.rank - plain
    filled: list[Index] = []
    for one in index:
        filled.extend([slice(None)] * gap if one is Ellipsis else [one])
    for at, (entry, size) in enumerate(zip(filled, x.shape, strict=False)):
        if isinstance(size, str):
            if entry != slice(None):
                raise Misfit("every sample kept", axes=":, …", hint=f"Write «:» for axis {at}, the batch.")
        elif isinstance(entry, int) and not -size <= entry < size:
            raise Misfit(f"an axis {at} that has a position {entry}", hint=f"Choose from {-size} to {size - 1}.")
        elif isinstance(entry, slice) and not len(range(size)[entry]):
            raise Misfit(f"a part of axis {at} with at least one number", hint=f"The axis has {size}: 0 … {size - 1}.")


class OneHot(Node):
    """Writes each class number as a row with a single 1.

    $y_j = 1$ for $j = i$, else 0. Number $i$ becomes a vector of `num_classes` zeros with a 1 at position $i$.

    Example (num_classes = 3): [2, 0] → [[0, 0, 1], [1, 0, 0]]
    Shapes: N (int64) → N × num_classes (float32)
    PyTorch: torch.nn.functional.one_hot
    """

    category = "Maths"
    group = "Indexing"
    synonyms = ("indicator", "dummy", "categorical", "encode", "one-hot")

    num_classes: int | None = param(None, "Number of classes; empty takes it from the labels.", min=1, max=10**6,
                                    row="classes")

    def call(self, x: Integer) -> Call:
        integers(x, what="class numbers")
        if x.dtype != "int64":
            raise Misfit("class numbers as int64", axes="int64", insert="Cast", params={"dtype": "int64"},
                         hint="Cast makes them int64.")
        classes = self.num_classes or x.classes
        if classes is None:
            raise Misfit("class labels, or to be told their number", hint="Set num_classes.")
        if x.classes is not None and x.classes > classes:
            raise Misfit(f"numbers below {classes}", axes=f"0 … {classes - 1}", hint=f"Set num_classes to {x.classes}.")
        return function("neuralgraph.compiler.blocks.indexing.one_hot", classes=classes)


class Cast(Node):
    """Changes the kind of number: decimal, whole, or yes and no.

    From decimal to whole cuts the digits after the point off, and no gradient passes through it.

    Example (dtype = int64): [[1.7, -1.7]] → [[1, -1]]
    Shapes: any → the same, of another dtype
    PyTorch: torch.Tensor.to
    """

    category = "Maths"
    group = "Shape"
    synonyms = ("convert", "dtype", "to float", "to int", "type")

    dtype: str = param("float32", "Kind of number that comes out.",
                       choices=("float32", "float64", "float16", "bfloat16", "int64", "int32", "bool"), row="to")

    def call(self, x: Spec) -> Call:
        return function("torch.Tensor.to", dtype=Symbol(f"torch.{self.dtype}"))
