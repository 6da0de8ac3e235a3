"""A .zip that is read in place, bounded before anything is unpacked; nothing of it is ever written to the disk."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from neuralgraph.errors import DataError

MOST_BYTES = 1 << 26
"""Of one file in it."""
MOST_LISTED = 1 << 27
"""Bytes of its list of contents, which is read as a whole."""
Read = Callable[[str], bytes]


@contextmanager
def archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The open archive; a `DataError` where it is none, is damaged, or asks for more memory than it may."""
    try:
        _bounded(path)
        with zipfile.ZipFile(path) as file:
            yield file
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zlib.error,
            struct.error) as error:
        why = getattr(error, "strerror", None) or error
        kind = "a .npz, which is a .zip of arrays" if path.suffix.lower() == ".npz" else "a .zip"
        raise DataError(f"{path.name} cannot be read as {kind}: {str(why)[:200]}. It is cut off, or something else "
                        "under that name: copy or fetch it again, or save it anew.", file=str(path)) from None


def unpacked(file: zipfile.ZipFile, name: str) -> bytes:
    """One file of the archive."""
    where = f"{os.path.basename(file.filename or '')}/{name}"
    entry = file.getinfo(name)
    if entry.file_size > MOST_BYTES:
        raise too_large(where, entry.file_size)
    try:
        with file.open(entry) as one:
            data = one.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, zlib.error) as error:
        raise DataError(f"{where} is damaged or cut off: {str(error)[:200]}.", file=where) from None
    if len(data) > MOST_BYTES:
        raise too_large(where, len(data))
    return data


def too_large(where: str, size: int) -> DataError:
    return DataError(f"{where} has {size:,} bytes; at most {MOST_BYTES:,} are read.", file=where)


@contextmanager
def opened(path: Path) -> Iterator[Read]:
    """How the files of a folder or of a .zip are read, by their names relative to it."""
    if path.is_dir():
        yield lambda name: _plain(path / name)
    else:
        with archive(path) as file:
            yield lambda name: unpacked(file, name)


def _plain(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.", file=str(path)) from None
    if len(data) > MOST_BYTES:
        raise too_large(path.name, path.stat().st_size)
    return data


def _bounded(path: Path) -> None:
    """Python reads the whole list of contents at once: its size, which stands at the end of the file, comes first."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - (1 << 16) - 100))
        tail = file.read()
    end = tail.rfind(b"PK\5\6")
    if end < 0 or len(tail) < end + 16:
        raise zipfile.BadZipFile("it has no list of contents")
    listed = struct.unpack_from("<I", tail, end + 12)[0]
    large = tail.rfind(b"PK\6\6", 0, end)
    if large >= 0 and len(tail) >= large + 48:
        listed = max(struct.unpack_from("<Q", tail, large + 40)[0], listed % 0xFFFFFFFF)
    if min(listed, size) > MOST_LISTED:
        raise zipfile.BadZipFile(f"its list of contents has {listed:,} bytes, at most {MOST_LISTED:,} are read")
