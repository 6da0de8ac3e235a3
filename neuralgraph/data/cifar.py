"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in their binary version: label bytes, then 3 × 32 × 32 pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuralgraph.data.delivery import Array, Delivery, classified
from neuralgraph.errors import DataError
from neuralgraph.spec import Spec

PIXELS = 3 * 32 * 32
MOST_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Batches:
    """The files of one of the two sets, and how many label bytes stand before the pixels."""

    train: tuple[Path, ...]
    test: tuple[Path, ...]
    names: Path
    marks: int
    which: int
    classes: int

    @property
    def all(self) -> tuple[Path, ...]:
        return (*self.train, *self.test)


def cifar_files(folder: Path, labels: str, inside: Callable[[Path], Path]) -> Batches:
    """The batches that are there; a `DataError` says which names were looked for."""
    ten = tuple(inside(one) for n in range(1, 6) if _there(one := folder / f"data_batch_{n}.bin"))
    if ten:
        return Batches(ten, _present(folder / "test_batch.bin", inside), folder / "batches.meta.txt", 1, 0, 10)
    hundred = _present(folder / "train.bin", inside)
    if not hundred:
        raise DataError(f"{str(folder)!r} holds neither data_batch_1.bin (CIFAR-10) nor train.bin (CIFAR-100).",
                        file=str(folder))
    fine = labels == "fine"
    names = folder / f"{labels}_label_names.txt"
    return Batches(hundred, _present(folder / "test.bin", inside), names, 2, int(fine), 100 if fine else 20)


def describe_cifar(found: Batches) -> dict[str, Spec]:
    for path in found.all:
        _rows(path, found.marks)
    return {"x": Spec(("N", 3, 32, 32), "float32", None, "image"), "y": Spec(("N",), "int64", found.classes, "class")}


def read_cifar(found: Batches, inside: Callable[[Path], Path]) -> Delivery:
    """All images as float32 N × 3 × 32 × 32 in 0 … 1; those of the test batch come last."""
    sizes = [_rows(path, found.marks) for path in found.all]
    if sum(sizes) > MOST_ROWS:
        raise DataError(f"The batches hold {sum(sizes):,} images; at most {MOST_ROWS:,} are read.",
                        file=str(found.train[0]))
    x, y = np.empty((sum(sizes), 3, 32, 32), np.float32), np.empty(sum(sizes), np.int64)
    at = 0
    for path, rows in zip(found.all, sizes, strict=True):
        raw = _raw(path, rows, found.marks)
        y[at:at + rows] = marks = raw[:, found.which]
        if marks.max() >= found.classes:
            row = int(np.argmax(marks >= found.classes))
            raise DataError(f"{path.name}, image {row}: class {marks[row]}, but there are only {found.classes}.",
                            file=str(path), row=row)
        x[at:at + rows] = raw[:, found.marks:].reshape(rows, 3, 32, 32)
        at += rows
    x /= 255.0
    test = sum(sizes[len(found.train):])
    return classified(x, y, _names(found, inside), x_label="image", test_rows=test)


def _there(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _present(path: Path, inside: Callable[[Path], Path]) -> tuple[Path, ...]:
    return (inside(path),) if _there(path) else ()


def _rows(path: Path, marks: int) -> int:
    size, row = path.stat().st_size, marks + PIXELS
    if size == 0 or size % row:
        raise DataError(f"{path.name} has {size:,} bytes, which is no multiple of {row:,} bytes for one image: it is "
                        "cut off, or no batch of CIFAR.", file=str(path))
    return size // row


def _raw(path: Path, rows: int, marks: int) -> Array:
    with path.open("rb") as file:
        data = file.read(rows * (marks + PIXELS))
    if len(data) != rows * (marks + PIXELS):
        raise DataError(f"{path.name} is cut off.", file=str(path))
    return np.frombuffer(data, np.uint8).reshape(rows, marks + PIXELS)


def _names(found: Batches, inside: Callable[[Path], Path]) -> tuple[str, ...]:
    """As the text file beside the batches calls the classes; numbers where there is none."""
    numbers = tuple(str(one) for one in range(found.classes))
    if not _there(found.names) or inside(found.names).stat().st_size > 1 << 16:
        return numbers
    lines = found.names.read_text("utf-8", errors="replace").split()
    return tuple(lines) if len(lines) == found.classes == len(set(lines)) else numbers
