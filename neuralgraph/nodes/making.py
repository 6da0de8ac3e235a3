"""Tensors that are made rather than computed: ranges, grids, identities; and the same numbers many times over."""

from __future__ import annotations

import math

from neuralgraph.errors import ParameterError
from neuralgraph.nodes.demands import axis, inner_axis
from neuralgraph.nodes.shape import AXES
from neuralgraph.spec import Call, Misfit, Node, Spec, Symbol, function, module, param

_BLOCKS = "neuralgraph.compiler.blocks.values."
_LONGEST = 10**7
"""The most numbers that are made in one go."""


class Arange(Node):
    """Counts from one number to another in equal steps, like 0, 1, 2 and so on.

    $y_i = start + i · step$. From `start` in steps of `step`, ending before `end`. The places of a sequence, for an
    Embedding of positions or for IndexSelect.

    Example (end = 4): → [0, 1, 2, 3]
    Example (start = 2, end = 9, step = 3): → [2, 5, 8]
    Shapes: → L
    PyTorch: torch.arange
    """

    category = "Maths"
    group = "Values"
    synonyms = ("range", "count", "positions", "sequence", "iota")

    start: float = param(0.0, "The first number.", min=-1e9, max=1e9, row="from")
    end: float = param(8.0, "It ends before this.", min=-1e9, max=1e9, row="to")
    step: float = param(1.0, "Step; negative: downwards.", min=-1e9, max=1e9, row="step")
    dtype: str = param("int64", "Kind of number.", choices=("int64", "float32"), row="dtype")

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        if self.step == 0:
            raise ParameterError("step expects another number than 0.", parameter="step")
        if not 0 < (self.end - self.start) / self.step <= _LONGEST:
            raise ParameterError(f"end expects a number that is reached from {self.start:g} in 1 to {_LONGEST:,} steps "
                                 f"of {self.step:g}.", parameter="end")
        whole = all(float(one).is_integer() for one in (self.start, self.end, self.step))
        if self.dtype == "int64" and not whole:
            raise ParameterError("dtype expects float32 where the numbers are not whole.", parameter="dtype")

    def call(self) -> Call:
        kind = int if self.dtype == "int64" else float
        return module(_BLOCKS + "Arange", start=kind(self.start), end=kind(self.end), step=kind(self.step),
                      dtype=Symbol(f"torch.{self.dtype}"))


class Linspace(Node):
    """So many numbers at equal distances, from one to another, both included.

    $y_i = start + i (end - start) / (steps - 1)$. The x axis of a drawn function, the boundaries of Bucketize.

    Example (steps = 5): → [0, 0.25, 0.5, 0.75, 1]
    Shapes: → steps
    PyTorch: torch.linspace
    """

    category = "Maths"
    group = "Values"
    synonyms = ("range", "grid", "axis", "evenly spaced")

    start: float = param(0.0, "The first number.", min=-1e9, max=1e9, row="from")
    end: float = param(1.0, "The last number.", min=-1e9, max=1e9, row="to")
    steps: int = param(11, "How many numbers.", min=1, max=_LONGEST, row="steps")

    def call(self) -> Call:
        return module(_BLOCKS + "Linspace", **self.values)


class Eye(Node):
    """The identity matrix: 1 on the diagonal, 0 elsewhere.

    $A · 1 = A$. Times a number and added to a matrix, it makes the matrix invertible (ridge regression).

    Example (n = 2): → [[1, 0], [0, 1]]
    Shapes: → n × m
    PyTorch: torch.eye
    """

    category = "Maths"
    group = "Values"
    synonyms = ("identity matrix", "unit matrix", "ridge")

    n: int = param(3, "Number of rows.", min=1, max=4096, row="rows")
    m: int | None = param(None, "Number of columns; empty: as many as rows.", min=1, max=4096, row="columns")

    def call(self) -> Call:
        return module(_BLOCKS + "Eye", n=self.n, m=self.m or self.n)


class Full(Node):
    """A tensor that holds one number everywhere.

    $y_i = value$. Zeros, ones, or any other. With Triu and Cast to bool, ones become the mask that hides the future.

    Example (shape = (2,), value = 7): → [7, 7]
    Shapes: → shape
    PyTorch: torch.full
    """

    category = "Maths"
    group = "Values"
    synonyms = ("zeros", "ones", "fill", "constant")

    shape: tuple[int, ...] = param((3,), "Its shape; empty is a single number.", min=1, row="shape")
    value: float = param(1.0, "The number.", min=-1e11, max=1e11, row="value")

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        if math.prod(self.shape) > _LONGEST:
            raise ParameterError(f"shape expects at most {_LONGEST:,} numbers in all.", parameter="shape")

    def call(self) -> Call:
        return module(_BLOCKS + "Full", shape=self.shape, value=self.value)


class FullLike(Node):
    """One number everywhere, in the shape of the input: what comes in does not matter.

    $y_i = fill_value$. Zeros to start a state from, ones as the targets «real» of a GAN. No gradient passes.

    Example (fill_value = 1): [[5, 6]] → [[1, 1]]
    Shapes: any → the same
    PyTorch: torch.full_like
    """

    category = "Maths"
    group = "Values"
    synonyms = ("zeros like", "ones like", "fill", "zeros_like", "ones_like")

    fill_value: float = param(0.0, "The number.", min=-1e6, max=1e6, row="value")

    def call(self, x: Spec) -> Call:
        kind = float if x.dtype.startswith(("float", "bf")) else bool if x.dtype == "bool" else int
        return function("torch.full_like", fill_value=kind(self.fill_value))


class Expand(Node):
    """Stretches axes of size 1 to another size: the same numbers, seen many times.

    `shape` is the shape of one sample; −1 leaves an axis as it is. More axes than before are put in front. Going
    backwards, the gradients of all copies are added up.

    Example (shape = (3, -1)): [[[1, 2]]] → [[[1, 2], [1, 2], [1, 2]]]
    Shapes: N × 1 × F → N × L × F; without a batch: 1 → L
    PyTorch: torch.Tensor.expand
    """

    category = "Maths"
    group = "Shape"
    synonyms = ("broadcast", "stretch", "copy", "broadcast to")

    shape: tuple[int, ...] = param((-1,), "Shape of one sample; −1 leaves an axis as it is.", min=-1, max=2**31 - 1,
                                   row="shape")

    def call(self, x: Spec) -> Call:
        sizes = x.shape[1:] if x.batched else x.shape
        wanted, added = self.shape[len(self.shape) - len(sizes):], len(self.shape) - len(sizes)
        if added < 0 or (x.batched and added):
            raise Misfit(f"samples with {len(self.shape)} axes", hint=f"Name {len(sizes)} sizes: one for each axis.")
        if any(size not in (1, want) and want != -1 for size, want in zip(sizes, wanted, strict=True)):
            raise Misfit("axes of size 1 where it stretches", hint="Only an axis of size 1 can take another size.")
        if any(one < 1 for one in self.shape[:added]) or 0 in self.shape:
            raise Misfit("a size of at least 1 for every new axis", hint="Only an axis that is there can stay.")
        return function("neuralgraph.compiler.blocks.indexing.expand", shape=self.shape, batched=x.batched)


class Tile(Node):
    """Lays the numbers side by side again and again.

    `dims` says how often along each axis of one sample, the last ones first where it names fewer.

    Example: [[1, 2]] → [[1, 2, 1, 2]]
    Shapes: N × F → N × k·F
    PyTorch: torch.tile
    """

    category = "Maths"
    group = "Shape"
    synonyms = ("repeat", "copy", "periodic", "again")

    dims: tuple[int, ...] = param((2,), "How often along each axis of one sample.", min=1, max=65536, row="times")

    def call(self, x: Spec) -> Call:
        if x.batched and len(self.dims) >= x.rank:
            raise Misfit(f"samples with {len(self.dims)} axes", hint=f"Name at most {x.rank - 1}: the batch stays.")
        return function("torch.tile", dims=self.dims)


class RepeatInterleave(Node):
    """Repeats every entry of an axis, each beside itself.

    $y_i = x_{⌊i / repeats⌋}$, counted from 0. Tile repeats the whole axis instead. Along the axes of an image it is
    upsampling by the nearest pixel.

    Example: [[1, 2]] → [[1, 1, 2, 2]]
    Shapes: N × F → N × repeats·F
    PyTorch: torch.repeat_interleave
    """

    category = "Maths"
    group = "Shape"
    synonyms = ("repeat", "copy", "upsample", "stretch")

    repeats: int = param(2, "How often.", min=1, max=65536, row="times")
    dim: int = param(-1, "The axis.", min=-AXES, max=AXES - 1, row="axis")

    def call(self, x: Spec) -> Call:
        inner_axis(x, self.dim)
        return function("torch.repeat_interleave", repeats=self.repeats, dim=self.dim)


class Movedim(Node):
    """Takes one axis to another place; the others close up behind it.

    Channels from the back to the front, say. Permute names the whole order instead.

    Example: [[[1, 2], [3, 4], [5, 6]]] → [[[1, 3, 5], [2, 4, 6]]], the last axis moved before the other.
    Shapes: N × H × W × C → N × C × H × W with source = −1, destination = 1
    PyTorch: torch.movedim
    """

    category = "Maths"
    group = "Shape"
    synonyms = ("moveaxis", "channels first", "channels last", "reorder axes")

    source: int = param(-1, "The axis that is moved.", min=-AXES, max=AXES - 1, row="axis")
    destination: int = param(1, "Where it stands afterwards.", min=-AXES, max=AXES - 1, row="to")

    def call(self, x: Spec) -> Call:
        axis(x, self.source)
        axis(x, self.destination)
        return function("torch.movedim", source=self.source, destination=self.destination)


class Meshgrid(Node):
    """All the points of a grid, from the marks on its axes: one table of coordinates for each axis.

    $X_{ij} = x_i$ and $Y_{ij} = y_j$. For inputs x and y it gives the x and the y of every point: the plane on which a
    function is drawn. The inputs are plain lists without a batch.

    Example: xs_0 = Constant [1, 2], xs_1 = Constant [5, 6, 7] → out_0 = [[1, 1, 1], [2, 2, 2]], out_1 = [[5, 6, 7], [5,
    6, 7]]
    Shapes: lists of F, K, … → as many outputs, each F × K × …
    PyTorch: torch.meshgrid
    """

    category = "Maths"
    group = "Values"
    synonyms = ("grid", "coordinates", "plane", "mesh")

    count: int = param(2, "How many axes the grid has: so many inputs, and outputs.", min=1, max=8, row="axes")

    def outputs(self) -> tuple[str, ...]:
        return tuple(f"out_{number}" for number in range(self.count))

    def call(self, *xs: Spec) -> Call:
        if len(xs) != self.count:
            raise Misfit(f"{self.count} inputs, one for each axis", hint="Set count to their number.")
        for number, x in enumerate(xs):
            if x.rank != 1 or x.batched:
                raise Misfit("plain lists of numbers", port=f"xs_{number}", axes="K",
                             hint="Wire a Linspace, an Arange or a Constant here.")
            if x.dtype != xs[0].dtype:
                raise Misfit(f"{xs[0].dtype} like its first input", port=f"xs_{number}", axes=xs[0].dtype,
                             insert="Cast", params={"dtype": xs[0].dtype}, hint="Cast makes all the same.")
        if math.prod(x.size(0) for x in xs) > _LONGEST:
            raise Misfit(f"a grid of at most {_LONGEST:,} points", hint="Take fewer marks on each axis.")
        return function("torch.meshgrid", picks=tuple((number,) for number in range(len(xs))), indexing="ij")
