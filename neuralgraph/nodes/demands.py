"""What node types ask of their inputs before torch sees them, said so that a learner can mend it."""

from __future__ import annotations

import math

from neuralgraph.errors import ParameterError
from neuralgraph.spec import Misfit, Node, Spec
from neuralgraph.spec.tensor import FLOATS, INTEGERS

TO_FLOAT: dict[str, object] = {"dtype": "float32"}
TO_INTEGER: dict[str, object] = {"dtype": "int64"}
_IMAGE = {1: "N × C × L", 2: "N × C × H × W", 3: "N × C × D × H × W"}


def floats(x: Spec, port: str = "") -> None:
    """Any floating point dtype."""
    if x.dtype not in FLOATS:
        raise Misfit(
            f"decimal numbers, not {x.dtype}", port=port, axes="float32", insert="Cast", params=TO_FLOAT,
            hint="Turn them into decimal numbers with Cast; class numbers go through Embedding or OneHot.")


def weighable(x: Spec, port: str = "") -> None:
    """float32, which is what weights are."""
    floats(x, port)
    if x.dtype != "float32":
        raise Misfit(
            f"float32, which its weights are, not {x.dtype}", port=port, axes="float32", insert="Cast",
            params=TO_FLOAT, hint="Cast to float32 first.")


def integers(x: Spec, port: str = "", what: str = "whole numbers") -> None:
    """int64 or int32, as torch wants them for an index."""
    if x.dtype not in ("int64", "int32"):
        raise Misfit(
            f"{what} (int64), not {x.dtype}", port=port, axes="int64", insert="Cast", params=TO_INTEGER,
            hint="Feed class or word numbers, or turn the input into whole numbers with Cast.")


def axis(x: Spec, dim: int, port: str = "") -> int:
    """`dim` counted from the front; a `Misfit` where the input has no such axis."""
    if not -x.rank <= dim < x.rank:
        raise Misfit(
            f"an input with an axis {dim}", port=port,
            hint=f"This input has {_counted(x.rank)}: choose dim from {-x.rank} to {x.rank - 1}."
            if x.rank else "This input is a single number without axes.")
    return dim % x.rank


def inner_axis(x: Spec, dim: int, port: str = "") -> int:
    """As `axis`, but not that of the batch."""
    at = axis(x, dim, port)
    if at == 0 and x.batched:
        raise Misfit("an axis beside the batch", port=port,
                     hint="Choose dim from 1 on: samples do not know each other.")
    return at


def _counted(rank: int) -> str:
    return "one axis" if rank == 1 else f"{rank} axes"


def image(x: Spec, axes: int, port: str = "") -> int:
    """The channels of a batch with `axes` spatial axes; where the rank is wrong, what would mend it.

    A constant of the full rank is a batch that is always the same.
    """
    wanted = _IMAGE[axes]
    if not x.batched and x.rank != axes + 2:
        raise Misfit("a batch of samples as its first axis", port=port, axes=wanted,
                     hint="Feed the output of a data node or of a layer behind one.")
    if x.rank != axes + 2:
        insert, params, hint = _to_image(x, axes)
        raise Misfit(_called(axes), port=port, axes=wanted, insert=insert, params=params, hint=hint)
    floats(x, port)
    return x.size(1, port)


def _called(axes: int) -> str:
    return {1: "sequences with channels", 2: "images with channels", 3: "volumes with channels"}[axes]


def _to_image(x: Spec, axes: int) -> tuple[str, dict[str, object], str]:
    """The node that would give `x` the rank of an image: its type, parameters, and the sentence for it."""
    if x.rank == axes + 1:
        return "Unsqueeze", {"dim": 1}, "Unsqueeze adds the missing channel axis."
    if x.rank > axes + 2:
        return "Flatten", {"start_dim": axes + 1}, "Flatten joins the last axes into one."
    side = _root(x.shape[1], axes) if x.rank == 2 else 0
    if side > 1:
        sizes = (1, *[side] * axes)
        return "Unflatten", {"dim": 1, "unflattened_size": sizes}, (
            f"Unflatten folds the {x.shape[1]} numbers into {' × '.join(map(str, sizes))}.")
    return "", {}, "Keep the samples as images: do not flatten them before this layer."


def _root(size: int | str, axes: int) -> int:
    """The side of a square or cube of `size` numbers, 0 where there is none."""
    if isinstance(size, str):
        return 0
    side = round(size ** (1 / axes))
    return side if side**axes == size else 0


def window(
    x: Spec, kernel: tuple[int, ...], padding: tuple[int, ...], dilation: tuple[int, ...], port: str = "",
) -> None:
    """The input is at least as large as the window that slides over it."""
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    sizes = [x.size(at - len(kernel), port) for at in range(len(kernel))]
    if any(size + 2 * pad < span for size, pad, span in zip(sizes, padding, spans, strict=True)):
        raise Misfit(
            f"an input of at least {' × '.join(map(str, spans))}", port=port,
            axes=" × ".join(["N", "C", *(f"≥ {span}" for span in spans)]),
            hint="Use a smaller kernel, add padding, or take out a pooling layer before it.")


def divides(total: int, by: int, what: str, port: str = "") -> None:
    """`total` can be shared out evenly."""
    if total % by:
        fitting = [n for n in range(1, min(total, 4096) + 1) if total % n == 0]
        near = min(fitting, key=lambda n: abs(n - by))
        raise Misfit(f"{what} that {by} divides evenly, not {total}", port=port, hint=f"{near} would fit.")


def same_shape(a: Spec, b: Spec, port: str) -> None:
    """Two values of one shape; on `port` the node that would mend the second."""
    if a.shape == b.shape:
        return
    insert: str = ""
    params: dict[str, object] = {}
    hint = f"Give both the shape {a}."
    if b.shape == a.shape[:-1] and a.shape[-1:] == (1,):
        insert, params, hint = "Unsqueeze", {"dim": -1}, f"Unsqueeze makes it {a}."
    elif a.shape == b.shape[:-1] and b.shape[-1:] == (1,):
        insert, params, hint = "Squeeze", {"dim": -1}, f"Squeeze makes it {a}."
    raise Misfit(f"two values of one shape, here {a}", port=port, axes=str(a), insert=insert, params=params, hint=hint)


def broadcast(a: Spec, b: Spec) -> None:
    """Two shapes that stretch to one, without pairing a sample with the features of another."""
    if a.batched and b.batched and a.rank != b.rank:
        port, lower, other = ("a", a, b) if a.rank < b.rank else ("b", b, a)
        last = other.shape[-1] == 1 and lower.rank == other.rank - 1
        raise Misfit(
            f"as many axes as its other input, {other}", port=port, axes=str(other), insert="Unsqueeze",
            params={"dim": -1 if last else 1},
            hint="Otherwise every sample would meet every other one; Unsqueeze adds an axis of size 1.")
    for one, two in zip(reversed(a.shape), reversed(b.shape), strict=False):
        if one != two and 1 not in (one, two):
            raise Misfit(
                f"a shape that fits {a}", port="b", axes=str(a),
                hint=f"Counted from the last axis, sizes must be equal or 1: {one} and {two} are not.")


def per_axis(value: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    """A size for every axis."""
    return value if isinstance(value, tuple) else (value,) * axes


class Spatial(Node):
    """A family: nodes whose `Size` parameters stand for `axes` axes of an image, and are checked against that."""

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        for name, one in self.params.items():
            given = getattr(self, name)
            if one.kind == "size" and isinstance(given, tuple) and len(given) != self.axes:
                raise ParameterError(
                    f"{name} expects one number, or {self.axes}: one for each axis, not {given!r}.", parameter=name)


def product(sizes: tuple[int, ...]) -> int:
    """All sizes multiplied, in whole numbers of any length."""
    return math.prod(sizes)


__all__ = [
    "INTEGERS", "TO_FLOAT", "TO_INTEGER", "Spatial", "axis", "broadcast", "divides", "floats", "image",
    "inner_axis", "integers", "per_axis", "product", "same_shape", "weighable", "window",
]
