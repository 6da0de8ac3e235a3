"""Rows that stay on the disk because all of them together would not fit into memory: read a few at a time."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neuralgraph.errors import DataError

MOST_HELD = 1 << 31
"""Bytes of numbers that a data node keeps in memory; more than that stays on the disk."""
MOST_READ = 1 << 31
"""Bytes that are ever read at once."""
STAYS = "The rows are larger than memory: they stay on the disk and are read while training."
LOCAL_HEAD = struct.Struct("<4s22xHH")
Read = Callable[[NDArray[np.int64]], NDArray[Any]]
Opening = Callable[[], AbstractContextManager[Read]]


class Stored:
    """Looks like an array of which rows are taken, by a number, a slice or numbers; never is one as a whole.

    It holds float32, or int64 where `dtype` says so.

    `opening` opens the files for a while, and gives what reads the rows of these numbers, from several threads at once;
    both raise `DataError`. `marks` tells the state of the files: it changes when they do.
    """

    def __init__(self, shape: tuple[int, ...], opening: Opening, marks: Callable[[], str],
                 dtype: type[np.float32] | type[np.int64] = np.float32) -> None:
        self.shape, self.opening, self.marks = shape, opening, marks
        self.dtype: np.dtype[Any] = np.dtype(dtype)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def row_bytes(self) -> int:
        """Of one row, as numbers."""
        return self.dtype.itemsize * int(np.prod(self.shape[1:], dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """Of all rows, as numbers: they are not in memory."""
        return len(self) * self.row_bytes

    def __getitem__(self, at: Any) -> NDArray[Any]:
        if isinstance(at, (int, np.integer)):
            one: NDArray[Any] = self[np.array([range(len(self))[at]])][0]
            return one
        rows = np.arange(len(self))[at] if isinstance(at, slice) else np.asarray(at, dtype=np.int64).reshape(-1)
        if len(rows) * self.row_bytes > MOST_READ:
            raise self._too_many(len(rows))
        with self.opening() as read:
            return read(rows)

    def __array__(self, *_: Any, **__: Any) -> NDArray[Any]:
        """All rows as an array, where that is no more than may be read at once."""
        return self[:]

    def as_array(self) -> NDArray[Any]:
        """Itself, for those who only take rows of arrays."""
        return cast(NDArray[Any], self)

    def _too_many(self, rows: int) -> DataError:
        return DataError(f"{rows:,} rows take {rows * self.row_bytes / 1e9:.1f} GB as numbers, too much to be in "
                         f"memory at once; at most {MOST_READ / 1e9:.1f} GB are. Take fewer rows.")


def fixed(
    shape: tuple[int, ...], lying: Sequence[tuple[Path, int, int]], size: int,
    numbers: Callable[[bytes], NDArray[np.float32]],
) -> Stored:
    """Rows that lie one after the other as `size` bytes each, in one file after another.

    `lying` says for every file where the rows begin and how many there are; `numbers` turns their bytes into rows.
    """
    ends = np.cumsum([0, *(count for _, _, count in lying)])

    def read(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        found = np.empty((len(rows), *shape[1:]), np.float32)
        for number, (path, start, _) in enumerate(lying):
            here = np.flatnonzero((rows >= ends[number]) & (rows < ends[number + 1]))
            if len(here):
                found[here] = numbers(records(path, start, size, rows[here] - ends[number]))
        return found

    return Stored(shape, lambda: nullcontext(read), lambda: marked([path for path, _, _ in lying]))


def marked(paths: Sequence[Path]) -> str:
    """Names, times and sizes of files; what is missing counts as that."""
    found = []
    for path in paths:
        try:
            one = os.stat(path)
        except OSError:
            found.append(f"{path} ?")
        else:
            found.append(f"{path} {one.st_mtime_ns} {one.st_size}")
    return "\n".join(found)


def records(path: Path, start: int, size: int, rows: NDArray[np.int64]) -> bytes:
    """Records of `size` bytes by their numbers, in that order, from a file in which they lie one after the other."""
    found = bytearray(len(rows) * size)
    order = np.argsort(rows, kind="stable")
    try:
        with path.open("rb", buffering=0) as file:
            at = 0
            while at < len(order):
                end = at + 1
                while end < len(order) and rows[order[end]] == rows[order[end - 1]] + 1:
                    end += 1
                file.seek(start + int(rows[order[at]]) * size)
                _place(found, _read(file, (end - at) * size, path), size, order[at:end])
                at = end
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.", file=str(path)) from None
    return bytes(found)


def _place(found: bytearray, data: bytes, size: int, order: NDArray[np.intp]) -> None:
    for number, at in enumerate(order):
        found[int(at) * size : (int(at) + 1) * size] = data[number * size : (number + 1) * size]


def _read(file: Any, count: int, path: Path) -> bytes:
    data = bytearray()
    while len(data) < count:
        more = file.read(count - len(data))
        if not more:
            raise DataError(f"{path.name} has become shorter than it was: it ends within its rows.", file=str(path))
        data += more
    return bytes(data)


def inside_zip(path: Path, offset: int) -> int:
    """Where the bytes of an entry begin that lies unpacked in a .zip, from the place of its own header."""
    with path.open("rb") as file:
        file.seek(offset)
        head = file.read(LOCAL_HEAD.size)
    if len(head) < LOCAL_HEAD.size or head[:4] != b"PK\3\4":
        raise DataError(f"{path.name} is damaged: an entry does not begin where its list of contents says.",
                        file=str(path))
    _, name, extra = LOCAL_HEAD.unpack(head)
    return offset + LOCAL_HEAD.size + int(name) + int(extra)
