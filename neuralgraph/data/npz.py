"""Arrays from NumPy's .npz: every header is read and bounded before its numbers are; objects are never loaded."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuralgraph.data import stored
from neuralgraph.data.archives import archive
from neuralgraph.data.delivery import Array, Delivery, finite, sealed
from neuralgraph.errors import DataError
from neuralgraph.spec import Spec

MOST_BYTES = 1 << 31
"""Of one array as it is delivered, in memory: a larger x stays on the disk."""
MOST_PLAIN = 1 << 40
FEW = 1_000
"""More different whole numbers are no classes."""
HEAD = 1 << 14
PIXELS = "8-bit pixels became numbers from 0 to 1, with the channels in front."
_KINDS = "fiub"


@dataclass(frozen=True, slots=True)
class Header:
    """What an array is, before its numbers are read."""

    shape: tuple[int, ...]
    dtype: np.dtype
    picture: bool
    """8-bit pixels, which become 0 … 1, with channels in front."""
    start: int = 0
    """Where its numbers begin in its file."""
    fortran: bool = False

    @property
    def row(self) -> tuple[int, ...]:
        """The shape of a row as it is delivered."""
        inner = self.shape[1:]
        if not self.picture:
            return inner or (1,)
        return (1, *inner) if len(inner) == 2 else (inner[2], *inner[:2])


@dataclass(frozen=True, slots=True)
class Chosen:
    """The names of the arrays: x and y to learn from, and to test with (or "")."""

    x: str
    y: str
    x_test: str
    y_test: str


def describe_npz(path: Path, x: str, y: str, task: str, groups: str = "") -> dict[str, Spec]:
    """From the headers, and the labels, which are small."""
    with archive(path) as file:
        names = _chosen(path, file, x, y)
        head = _header(path, file, names.x)
        return {"x": Spec(("N", *head.row), "float32", None, "image" if head.picture else "features"),
                "y": _answer(path, _labels(path, file, names), task)[1]}


def read_npz(path: Path, *, x: str, y: str, task: str, groups: str = "") -> Delivery:
    """x as float32 with rows along the first axis; y as classes (int64) or numbers. Test arrays come last."""
    with archive(path) as file:
        names = _chosen(path, file, x, y)
        heads = [_header(path, file, one) for one in (names.x, names.x_test) if one]
        if len({one.row for one in heads}) > 1:
            raise DataError(f"{path.name}: rows of {names.x!r} and of {names.x_test!r} have different shapes.",
                            file=str(path))
        rows = sum(one.shape[0] for one in heads)
        if rows * math.prod(heads[0].row) * 4 > MOST_BYTES:
            values = _on_disk(path, file, names, heads)
        else:
            values = np.empty((rows, *heads[0].row), np.float32)
            at = 0
            for name, head in zip((names.x, names.x_test), heads, strict=False):
                values[at:at + head.shape[0]] = _rows(_array(path, file, name, head), head)
                at += head.shape[0]
        answers, spec, classes = _answer(path, _labels(path, file, names), task)
        belonging = _groups(path, file, groups, rows, heads[0].shape[0]) if groups else None
    if len(answers) != rows:
        raise DataError(f"{path.name}: {names.x!r} has {rows:,} rows, but {names.y!r} {len(answers):,}. One answer for "
                        "each row was expected: save both from the same rows.", file=str(path))
    picture = heads[0].picture
    notes: tuple[str, ...] = (PIXELS,) if picture else ()
    notes += (stored.STAYS,) if isinstance(values, stored.Stored) else ()
    specs = {"x": Spec(("N", *heads[0].row), "float32", None, "image" if picture else "features"), "y": spec}
    return sealed(Delivery(specs, {"x": values, "y": answers}, rows, classes,
                           test_rows=heads[1].shape[0] if len(heads) > 1 else 0, notes=notes, groups=belonging))


def _on_disk(path: Path, file: zipfile.ZipFile, names: Chosen, heads: Sequence[Header]) -> Array:
    """Arrays that would not fit into memory as numbers: their rows, where they lie in the file as they are."""
    lying, kinds = [], set()
    for name, head in zip((names.x, names.x_test), heads, strict=False):
        entry = file.getinfo(f"{name}.npy")
        if entry.compress_type != zipfile.ZIP_STORED or head.fortran:
            raise DataError(f"{path.name}: the array {name!r} is larger than memory, and cannot be read in pieces as "
                            "it was saved. Save it with numpy.savez (not savez_compressed), rows first (order C).",
                            file=str(path), column=name)
        lying.append((path, stored.inside_zip(path, entry.header_offset) + head.start, head.shape[0]))
        kinds.add(head.dtype)
    if len(kinds) > 1:
        raise DataError(f"{path.name}: {names.x!r} and {names.x_test!r} are of different kinds of number. Save them as "
                        "one.", file=str(path), column=names.x_test)
    head = heads[0]

    def numbers(data: bytes) -> Array:
        found = np.frombuffer(data, head.dtype).reshape(-1, *head.shape[1:])
        _finite(path, found, names.x)
        return _rows(found, head)

    rows = sum(one.shape[0] for one in heads)
    size = head.dtype.itemsize * math.prod(head.shape[1:])
    return stored.fixed((rows, *head.row), lying, size, numbers).as_array()


def read_array(path: Path, name: str) -> Array:
    """One array as it is delivered: the one of that name, or the only one; a `DataError` lists what there is."""
    with archive(path) as file:
        held = [one.removesuffix(".npy") for one in file.namelist() if one.endswith(".npy")]
        found = name if name in held else held[0] if len(held) == 1 else ""
        if not found:
            raise DataError(f"{path.name} holds no array {name!r}. It holds: {', '.join(held[:12]) or 'no array'}. "
                            "Say which of them «x» and «y» are.", file=str(path), column=name)
        head = _header(path, file, found)
        array = _array(path, file, found, head)
    return _rows(array, head) if head.picture or array.dtype.kind == "f" else array


def _chosen(path: Path, file: zipfile.ZipFile, x: str, y: str) -> Chosen:
    held = {one.removesuffix(".npy") for one in file.namelist() if one.endswith(".npy")}

    def pick(name: str) -> str:
        found = next((one for one in (name, f"{name}_train") if one in held), "")
        if not found:
            listed = ", ".join(sorted(held)[:12]) or "no array"
            raise DataError(f"{path.name} holds no array {name!r}. It holds: {listed}. Say which of "
                            "them «x» and «y» are.", file=str(path), column=name)
        return found

    first, second = pick(x), pick(y)
    tests = tuple(f"{one.removesuffix('_train')}_test" for one in (first, second))
    both = all(one in held for one in tests) and first != tests[0]
    return Chosen(first, second, *(tests if both else ("", "")))


def _header(path: Path, file: zipfile.ZipFile, name: str) -> Header:
    where = f"{path.name}, array {name!r}"
    try:
        with file.open(f"{name}.npy") as one:
            start = io.BytesIO(one.read(HEAD))
        version = np.lib.format.read_magic(start)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(start)
    except (ValueError, EOFError, TypeError, SyntaxError, RecursionError) as error:
        raise DataError(f"{where} is no array that can be read: {str(error)[:160]}.", file=str(path),
                        column=name) from None
    if dtype.kind not in _KINDS:
        raise DataError(f"{where} holds {dtype}; numbers were expected. Objects and texts are never loaded: "
                        "save it as numbers, such as x.astype(float).",
                        file=str(path), column=name)
    if not shape or min(shape) < 1 or len(shape) > 6:
        raise DataError(f"{where} has the shape {shape}; rows along the first axis were expected.", file=str(path),
                        column=name)
    _held(path, name, math.prod(shape) * max(dtype.itemsize, 4), max(MOST_PLAIN, MOST_BYTES))
    if file.getinfo(f"{name}.npy").file_size < math.prod(shape) * dtype.itemsize:
        raise DataError(f"{where} holds less than the {math.prod(shape) * dtype.itemsize:,} bytes that its header "
                        "tells of.", file=str(path), column=name)
    picture = dtype == np.uint8 and (len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3)))
    return Header(tuple(shape), dtype, picture, start.tell(), fortran)


def _held(path: Path, name: str, size: int, most: int) -> None:
    if size > most:
        raise DataError(f"{path.name}: the array {name!r} takes {size / 1e9:.1f} GB; at most {most / 1e9:.1f} GB "
                        "are read. Save fewer rows.", file=str(path), column=name)


def _array(path: Path, file: zipfile.ZipFile, name: str, head: Header) -> Array:
    try:
        with file.open(f"{name}.npy") as one:
            found: Array = np.lib.format.read_array(one, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise DataError(f"{path.name}, array {name!r} is cut off: {str(error)[:160]}.", file=str(path),
                        column=name) from None
    if found.shape != head.shape:
        raise DataError(f"{path.name}, array {name!r} is not what its header tells of.", file=str(path), column=name)
    _finite(path, found, name)
    return found


def _finite(path: Path, found: Array, name: str) -> None:
    try:
        finite(found, name)
    except DataError as error:
        raise DataError(f"{path.name}: {error}", file=str(path), row=error.row, column=name) from None


def _rows(found: Array, head: Header) -> Array:
    """As they are delivered."""
    if head.picture:
        found = found[:, None] if found.ndim == 3 else np.moveaxis(found, -1, 1)
        return found.astype(np.float32) / np.float32(255.0)
    with np.errstate(over="ignore"):
        return found.reshape(len(found), *head.row).astype(np.float32)


def _labels(path: Path, file: zipfile.ZipFile, names: Chosen) -> Array:
    parts = []
    for name in (names.y, names.y_test):
        if name:
            head = _header(path, file, name)
            _held(path, name, math.prod(head.shape) * max(head.dtype.itemsize, 4), MOST_BYTES)
            parts.append(_array(path, file, name, head))
    if len({one.shape[1:] for one in parts}) > 1:
        raise DataError(f"{path.name}: rows of {names.y!r} and of {names.y_test!r} have different shapes.",
                        file=str(path))
    return np.concatenate(parts)


def _groups(path: Path, file: zipfile.ZipFile, name: str, rows: int, train: int) -> Array:
    """A number for every row. Rows of the test set, which is kept apart anyway, need none."""
    if f"{name}.npy" not in file.namelist():
        raise DataError(f"{path.name} holds no array {name!r} of groups.", file=str(path), column=name)
    head = _header(path, file, name)
    if head.shape not in ((rows,), (train,)):
        raise DataError(f"{path.name}: {name!r} has the shape {head.shape}; one number for each of the {rows:,} rows "
                        "was expected.", file=str(path), column=name)
    found = np.unique(_array(path, file, name, head), return_inverse=True)[1].astype(np.int64)
    return np.concatenate([found, np.full(rows - len(found), -1, np.int64)])


def _answer(path: Path, y: Array, task: str) -> tuple[Array, Spec, tuple[str, ...]]:
    """The answers, their spec and the names of the classes."""
    flat = y.reshape(len(y)) if math.prod(y.shape) == len(y) else None
    whole = y.dtype.kind in "iub"
    if task == "class" and (flat is None or (not whole and bool((y != np.round(y)).any()))):
        raise DataError(f"{path.name}: y of shape {y.shape} and {y.dtype} is no class for each row. Whole numbers, one "
                        "for each row, were expected.", file=str(path))
    if flat is None or task == "number" or (task == "auto" and not whole):
        values = y.reshape(len(y), -1).astype(np.float32)
        return values, Spec(("N", *values.shape[1:]), "float32", None, "value"), ()
    classes, numbers = np.unique(flat.astype(np.int64), return_inverse=True)
    if len(classes) > FEW:
        raise DataError(f"{path.name}: y holds {len(classes):,} different whole numbers; at most {FEW:,} are classes. "
                        "Choose «number» as the task.", file=str(path))
    names = tuple(str(one) for one in classes)
    return numbers.astype(np.int64), Spec(("N",), "int64", len(names), "class"), names

