"""Several values made one, and one made several."""

from __future__ import annotations

from neuralgraph.nodes.demands import axis
from neuralgraph.nodes.shape import AXES
from neuralgraph.spec import Call, Misfit, Node, Spec, function, param


class Concat(Node):
    """Joins values end to end along one axis.

    They have the same sizes on every other axis. Along axis 1 it puts features (or channels) side by side, as in skip
    connections of U-Nets and in networks with several inputs.

    Example: [[1, 2]], [[3]] → [[1, 2, 3]]
    Shapes: N × A, N × B → N × (A + B)
    PyTorch: torch.cat
    """

    category = "Maths"
    group = "Shape"
    synonyms = ("concatenate", "cat", "join", "merge", "append")

    dim: int = param(1, "Axis along which they are joined.", min=-AXES, max=AXES - 1, row="axis")

    def call(self, *xs: Spec) -> Call:
        first = xs[0]
        at = axis(first, self.dim, "xs_0")
        for number, other in enumerate(xs[1:], 1):
            port = f"xs_{number}"
            if other.rank != first.rank:
                raise Misfit(f"inputs with {first.rank} axes, like its first", port=port, axes=_free(first, at),
                             insert="Flatten" if first.rank == 2 < other.rank else "",
                             hint="Flatten, Unsqueeze or Reshape gives them the same number of axes.")
            if any(i != at and a != b for i, (a, b) in enumerate(zip(first.shape, other.shape, strict=True))):
                raise Misfit(f"inputs that differ only on axis {self.dim}", port=port, axes=_free(first, at),
                             hint="Pad, pool or slice one of them until the other axes agree.")
        if isinstance(first.shape[at], str):
            raise Misfit("an axis beside the batch", port="xs_0", hint="Set dim to 1: samples stay apart.")
        return function("torch.cat", pack=True, dim=self.dim)


def _free(x: Spec, at: int) -> str:
    return " × ".join("any" if i == at else str(size) for i, size in enumerate(x.shape))


class Stack(Node):
    """Joins values of one shape along a new axis.

    $y_i = x_i$ for every input $x_i$. Position i of the new axis holds input i.

    Example: [[1, 2]], [[3, 4]] → [[[1, 2], [3, 4]]]
    Shapes: k inputs N × F → N × k × F with dim = 1
    PyTorch: torch.stack
    """

    category = "Maths"
    group = "Shape"
    synonyms = ("join", "pile", "new axis", "merge")

    dim: int = param(1, "Where the new axis stands.", min=-AXES, max=AXES - 1, row="axis")

    def call(self, *xs: Spec) -> Call:
        first = xs[0]
        if not -first.rank - 1 <= self.dim <= first.rank:
            raise Misfit(f"inputs with at least {abs(self.dim)} axes", port="xs_0", hint="Choose a smaller dim.")
        for number, other in enumerate(xs[1:], 1):
            if other.shape != first.shape:
                raise Misfit(f"inputs of one shape, here {first}", port=f"xs_{number}", axes=str(first),
                             hint="Concat joins inputs of different size along an axis that is there.")
        return function("torch.stack", pack=True, dim=self.dim)


class Split(Node):
    """Parts a value along one axis; every part is an output of its own.

    `sections` equal parts (the first ones one larger where it does not come out even), or parts of the sizes that are
    listed in `sizes`.

    Example: [[1, 2, 3, 4]] → out_0 = [[1, 2]], out_1 = [[3, 4]]
    Example (sizes = (1, 3)): [[1, 2, 3, 4]] → out_0 = [[1]], out_1 = [[2, 3, 4]]
    Shapes: N × F → N × F/2, N × F/2
    PyTorch: torch.tensor_split
    """

    category = "Maths"
    group = "Shape"
    synonyms = ("chunk", "divide", "part", "branch")

    sections: int = param(2, "Number of parts.", min=1, max=64, row="parts")
    dim: int = param(1, "Axis that is parted.", min=-AXES, max=AXES - 1, row="axis")
    sizes: tuple[int, ...] = param((), "Sizes of the parts, if they are not equal.", min=1, advanced=True)

    def outputs(self) -> tuple[str, ...]:
        return tuple(f"out_{number}" for number in range(len(self.sizes) or self.sections))

    def call(self, x: Spec) -> Call:
        size = x.size(axis(x, self.dim))
        picks = tuple((number,) for number in range(len(self.outputs())))
        if self.sizes:
            if sum(self.sizes) != size:
                raise Misfit(f"an axis {self.dim} of {sum(self.sizes)}", hint=f"The sizes must add up to {size}.")
            return function("torch.split", picks=picks, split_size_or_sections=self.sizes, dim=self.dim)
        if size < self.sections:
            raise Misfit(f"an axis {self.dim} of at least {self.sections}", hint=f"Ask for at most {size} parts.")
        return function("torch.tensor_split", picks=picks, sections=self.sections, dim=self.dim)
