"""What a data node delivers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.data.stored import Stored
from neuralgraph.errors import DataError
from neuralgraph.spec import Spec
from neuralgraph.spec.columns import Coding

Array = NDArray[Any]
Marks = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One row, for the eye: `x` without the batch axis, `y` a class number or a number, `name` the class's name."""

    row: int
    x: Array
    y: float | None
    name: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """Specs and arrays by output name; axis 0 counts rows. Arrays are float32 or int64, finite and read-only.

    The last `test_rows` rows are the source's own test set, never trained on. `notes` says what was done by itself.
    Where rows are `ordered` in time, the first train and later ones validate, whatever the plan says. `tokens` are the
    words (or signs) that the whole numbers of x stand for. An array that is larger than memory is `Stored`: rows can be
    taken of it. `groups` are numbers of what rows belong together, for a split that keeps them so.
    Where there are so many files that they are not looked at every time, `marks` tells the state that they are in, and
    `marked` that in which they were read.
    """

    specs: Mapping[str, Spec]
    arrays: Mapping[str, Array]
    rows: int
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    test_rows: int = 0
    notes: tuple[str, ...] = ()
    ordered: bool = False
    tokens: tuple[str, ...] = ()
    coding: tuple[Coding, ...] = ()
    """How the columns of a table became the features of x."""
    table: tuple[str, ...] = ()
    """All columns of that table, those left out among them."""
    groups: Array | None = None
    marks: Marks | None = None
    marked: str = ""

    def sample(self, row: int) -> Sample:
        """Row `row` for the sample browser."""
        if not 0 <= row < self.rows:
            raise DataError(f"There is no row {row}: the rows are 0 … {self.rows - 1}.")
        y = float(self.arrays["y"][row].reshape(-1)[0]) if "y" in self.arrays else None
        named = y is not None and y.is_integer() and 0 <= y < len(self.class_names)
        return Sample(row, self.arrays["x"][row], y, self.class_names[int(y)] if named and y is not None else "")

    @property
    def changed(self) -> bool:
        """The files are no longer what was read."""
        return self.marks is not None and self.marks() != self.marked

    @property
    def stays(self) -> bool:
        """Some of it stays on the disk: it does not travel with a model."""
        return any(isinstance(array, Stored) for array in self.arrays.values())

    @property
    def bytes(self) -> int:
        """In memory."""
        return sum(array.nbytes for array in self.arrays.values() if not isinstance(array, Stored))


def classified(
    x: Array, labels: Array, class_names: tuple[str, ...], *, label: str = "class", as_number: bool = False,
    x_label: str = "features", feature_names: tuple[str, ...] = (), test_rows: int = 0, notes: tuple[str, ...] = (),
) -> Delivery:
    """A delivery with class labels: int64 N, or float32 N × 1 with `as_number`."""
    if as_number:
        numbers = labels.astype(np.float32).reshape(-1, 1)
        return measured(x, numbers, label=label, x_label=x_label, feature_names=feature_names,
                        class_names=class_names, test_rows=test_rows, notes=notes)
    arrays = {"x": x, "y": labels.astype(np.int64)}
    specs = {
        "x": Spec(("N", *x.shape[1:]), "float32", None, x_label),
        "y": Spec(("N",), "int64", len(class_names), label),
    }
    return sealed(Delivery(specs, arrays, len(x), class_names, feature_names, test_rows, notes))


def measured(
    x: Array, y: Array, *, label: str = "value", x_label: str = "features", feature_names: tuple[str, ...] = (),
    class_names: tuple[str, ...] = (), test_rows: int = 0, notes: tuple[str, ...] = (),
) -> Delivery:
    """A delivery with numbers to predict: float32 N × 1."""
    arrays = {"x": x, "y": y.astype(np.float32).reshape(-1, 1)}
    specs = {"x": Spec(("N", *x.shape[1:]), "float32", None, x_label), "y": Spec(("N", 1), "float32", None, label)}
    return sealed(Delivery(specs, arrays, len(x), class_names, feature_names, test_rows, notes))


def sealed(delivery: Delivery) -> Delivery:
    """The same with float32 or int64, contiguous, read-only arrays, every number finite; a `DataError` otherwise."""
    arrays: dict[str, Array] = {}
    for name, array in delivery.arrays.items():
        if isinstance(array, Stored):
            arrays[name] = array
            continue
        wanted = delivery.specs[name].dtype
        done = np.ascontiguousarray(array, dtype=wanted)
        finite(done, name)
        done.setflags(write=False)
        arrays[name] = done
    return replace(delivery, arrays=arrays)


def finite(array: Array, name: str) -> None:
    """Raise a `DataError` that names the first NaN or infinite number by row and column."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    place = np.argwhere(~np.isfinite(array))[0]
    what = "NaN" if np.isnan(array[tuple(place)]) else "an infinite number"
    column = ", ".join(str(int(one)) for one in place[1:])
    at = f", column {column}" if column else ""
    raise DataError(f"{name} holds {what} in row {int(place[0])}{at} (counted from 0). Replace it or omit the row.",
                    row=int(place[0]), column=column)
