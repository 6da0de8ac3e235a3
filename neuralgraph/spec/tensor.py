"""Shape and dtype of what travels on a wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

BATCH = "N"
"""How the batch axis is written."""

FLOATS = ("float32", "float64", "float16", "bfloat16")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")


class Misfit(Exception):
    """Raised by `Node.call` when its inputs do not fit: becomes a `Problem` on that node and port.

    `expected` continues «Linear expects …» («a flat input»); `axes` writes it as a shape («N × features»);
    `insert` names a node type that would mend it when put on the wire, with `params`; `hint` is the next step in words.
    """

    def __init__(
        self,
        expected: str,
        *,
        port: str = "",
        axes: str = "",
        hint: str = "",
        insert: str = "",
        params: dict[str, object] | None = None,
    ) -> None:
        super().__init__(expected)
        self.expected = expected
        self.port = port
        self.axes = axes
        self.hint = hint
        self.insert = insert
        self.params = params or {}


@dataclass(frozen=True, slots=True)
class Spec:
    """Shape and dtype of one value.

    `shape` holds sizes, with "N" for the batch axis: `("N", 1, 28, 28)`. `dtype` is torch's name for it.
    `classes` is the number of classes where the value is a class label. `label` is what the data set calls it.
    """

    shape: tuple[int | str, ...]
    dtype: str = "float32"
    classes: int | None = None
    label: str = field(default="", compare=False)

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def batched(self) -> bool:
        """The first axis counts samples."""
        return bool(self.shape) and self.shape[0] == BATCH

    @property
    def letter(self) -> str:
        """The letter of its port: F float, I integer, B mask, S scalar."""
        if self.dtype == "bool":
            return "B"
        if self.dtype in INTEGERS:
            return "I"
        return "S" if not self.shape else "F"

    def size(self, axis: int, port: str = "") -> int:
        """The size of an axis that has to be a number; a `Misfit` where there is none or it is the batch."""
        if not -len(self.shape) <= axis < len(self.shape):
            raise Misfit(f"an input with at least {axis + 1 if axis >= 0 else -axis} axes", port=port)
        size = self.shape[axis]
        if isinstance(size, str):
            raise Misfit(
                "a feature axis beside the batch axis", port=port, axes="N × features", insert="Unsqueeze",
                hint="Unsqueeze adds an axis of size 1.")
        return size

    def __str__(self) -> str:
        return " × ".join(str(size) for size in self.shape) if self.shape else "scalar"


# The annotation of a port in `call` says what its letter is before anything is connected.
Float: TypeAlias = Annotated[Spec, "F"]
Integer: TypeAlias = Annotated[Spec, "I"]
Mask: TypeAlias = Annotated[Spec, "B"]
Scalar: TypeAlias = Annotated[Spec, "S"]
