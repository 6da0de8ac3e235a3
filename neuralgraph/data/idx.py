"""Images and labels in the IDX files of MNIST (LeCun, Cortes, Burges), plain or gzipped; headers are checked first."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from neuralgraph.data import stored
from neuralgraph.data.delivery import Array, Delivery, classified
from neuralgraph.errors import DataError
from neuralgraph.spec import Spec

MOST_BYTES = 4 << 30
"""Of a file that is packed: it is unpacked as a whole."""
MOST_PLAIN = 1 << 40
DEFLATE = 1100
"""gzip packs at most some 1,030 to 1."""
HEAD = 16
"""Bytes before the first image."""
LABELS_MAGIC, IMAGES_MAGIC = 2049, 2051
PARTS = ("train", "t10k")


@dataclass(frozen=True, slots=True)
class Pair:
    """A file of images and the file of their labels."""

    images: Path
    labels: Path


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in a folder: the training pair, and the test pair where there is one."""

    train: Pair
    test: Pair | None

    @property
    def pairs(self) -> tuple[Pair, ...]:
        return (self.train,) if self.test is None else (self.train, self.test)

    @property
    def all(self) -> tuple[Path, ...]:
        return tuple(path for pair in self.pairs for path in (pair.images, pair.labels))


def idx_files(path: Path) -> Found:
    """The files at `path`, a folder or one file of images; a `DataError` says which names were looked for."""
    if path.is_dir():
        train, test = (_in_folder(path, part) for part in PARTS)
        if train is None:
            names = " and ".join(_names("train", kind)[0] for kind in ("images-idx3", "labels-idx1"))
            raise DataError(f"The folder {path.name!r} holds no {names} (plain or .gz).", file=str(path))
        return Found(train, test)
    if not path.is_file():
        raise DataError(f"There is no file or folder {str(path)!r}.", file=str(path))
    labels = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    if labels == path or not labels.is_file():
        raise DataError(f"Beside {path.name} there should be its labels, {labels.name!r}. Put that file there, or "
                        "choose the folder that holds both.", file=str(path))
    return Found(Pair(path, labels), None)


def describe_idx(path: Path) -> dict[str, Spec]:
    """Shape and classes, from headers and labels; the pixels are not read."""
    found = idx_files(path)
    _, height, width = _header(found.train.images, 3)
    classes = max(int(_labels(pair.labels).max(initial=0)) for pair in found.pairs) + 1
    return {
        "x": Spec(("N", 1, height, width), "float32", None, "image"),
        "y": Spec(("N",), "int64", classes, "digit" if classes == 10 else "class"),
    }


def read_idx(path: Path) -> Delivery:
    """All images as float32 N × 1 × H × W in 0 … 1; the rows of the test pair come last."""
    found = idx_files(path)
    sizes, labels = [], []
    for pair in found.pairs:
        size, known = _header(pair.images, 3), _labels(pair.labels)
        if size[0] != len(known):
            raise DataError(
                f"{pair.images.name} holds {size[0]:,} images, but {pair.labels.name} {len(known):,} labels.",
                file=str(pair.labels))
        sizes.append(size)
        labels.append(known)
    if len({one[1:] for one in sizes}) > 1:
        raise DataError("The training and the test images have different sizes.", file=str(path))
    files = [pair.images for pair in found.pairs]
    held = 4 * sum(math.prod(one) for one in sizes) <= stored.MOST_HELD
    x = _numbers(np.concatenate([_read(one, 3) for one in files])) if held else _on_disk(files, sizes)
    y = np.concatenate(labels)
    classes = int(y.max(initial=0)) + 1
    label = "digit" if classes == 10 else "class"
    return classified(x, y, tuple(str(one) for one in range(classes)), label=label, x_label="image",
                      test_rows=len(labels[1]) if len(labels) > 1 else 0, notes=() if held else (stored.STAYS,))


def _numbers(pixels: Array) -> Array:
    """0 … 1, with one channel."""
    x = pixels.astype(np.float32)[:, None]
    x /= 255.0
    return x


def _on_disk(files: Sequence[Path], sizes: Sequence[tuple[int, ...]]) -> Array:
    """Images that would not fit into memory as numbers."""
    packed = next((one for one in files if one.suffix == ".gz"), None)
    if packed is not None:
        raise DataError(f"{packed.name} is too large to be unpacked into memory, and cannot be read in pieces while it "
                        "is packed. Unpack it (gunzip), and the rest goes by itself.", file=str(packed))
    height, width = sizes[0][1:]
    shape = (sum(one[0] for one in sizes), 1, height, width)
    lying = [(file, HEAD, size[0]) for file, size in zip(files, sizes, strict=True)]
    return stored.fixed(shape, lying, height * width, lambda data: _numbers(
        np.frombuffer(data, np.uint8).reshape(-1, height, width))).as_array()


def _names(part: str, kind: str) -> list[str]:
    stem = f"{part}-{kind}"
    return [f"{stem}-ubyte", f"{stem}-ubyte.gz", f"{stem.replace('-idx', '.idx')}-ubyte",
            f"{stem.replace('-idx', '.idx')}-ubyte.gz"]


def _in_folder(folder: Path, part: str) -> Pair | None:
    def first(kind: str) -> Path | None:
        return next((folder / name for name in _names(part, kind) if (folder / name).is_file()), None)

    images, labels = first("images-idx3"), first("labels-idx1")
    if images is None or labels is None:
        if images is not None or labels is not None:
            there = images or labels
            assert there is not None
            raise DataError(f"{there.name} is there, but its {'labels' if images else 'images'} are missing.",
                            file=str(there))
        return None
    return Pair(images, labels)


def _open(path: Path) -> BinaryIO:
    try:
        return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.", file=str(path)) from None


def _bytes(path: Path, most: int) -> bytes:
    """At most `most` bytes of what the file unpacks to."""
    try:
        with _open(path) as file:
            return file.read(most)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} is damaged or cut off: {error}.", file=str(path)) from None


def _header(path: Path, axes: int) -> tuple[int, ...]:
    """The sizes that the header tells, checked against what a file may hold."""
    head = _bytes(path, 4 + 4 * axes)
    magic = IMAGES_MAGIC if axes == 3 else LABELS_MAGIC
    if len(head) < 4 + 4 * axes or struct.unpack(">i", head[:4])[0] != magic:
        raise DataError(f"{path.name} is no IDX file of {'images' if axes == 3 else 'labels'}: it does not begin with "
                        f"the number {magic}.", file=str(path))
    sizes: tuple[int, ...] = struct.unpack(f">{axes}i", head[4:])
    if min(sizes) < 1 or math.prod(sizes) > (MOST_BYTES if path.suffix == ".gz" or axes == 1 else MOST_PLAIN):
        raise DataError(f"The header of {path.name} tells of {' × '.join(map(str, sizes))} bytes, which cannot be.",
                        file=str(path))
    if path.suffix == ".gz" and math.prod(sizes) > DEFLATE * path.stat().st_size:
        raise _lying(path, sizes, 0)
    if path.suffix != ".gz" and path.stat().st_size != 4 + 4 * axes + math.prod(sizes):
        raise _lying(path, sizes, path.stat().st_size - 4 - 4 * axes)
    return sizes


def _read(path: Path, axes: int) -> Array:
    sizes = _header(path, axes)
    start, wanted = 4 + 4 * axes, math.prod(sizes)
    data = _bytes(path, start + wanted + 1)
    if len(data) != start + wanted:
        raise _lying(path, sizes, len(data) - start)
    return np.frombuffer(data, np.uint8, offset=start).reshape(sizes)


def _lying(path: Path, sizes: tuple[int, ...], got: int) -> DataError:
    less = "less" if got < math.prod(sizes) else "more"
    return DataError(f"{path.name} holds {less} than the {' × '.join(map(str, sizes))} bytes that its header tells of.",
                     file=str(path))


def _labels(path: Path) -> Array:
    return _read(path, 1).astype(np.int64)
