"""Images in folders by class, decoded with Pillow; what does not fit or is no image is named by its file."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from neuralgraph.data.archives import Read, opened
from neuralgraph.data.delivery import Array, Delivery, classified
from neuralgraph.data.folders import Arranged
from neuralgraph.data.stored import Stored, marked
from neuralgraph.errors import DataError
from neuralgraph.spec import Spec

FORMATS = {"PNG": (".png",), "JPEG": (".jpg", ".jpeg", ".jpe"), "BMP": (".bmp",), "GIF": (".gif",),
           "WEBP": (".webp",), "PPM": (".ppm", ".pgm", ".pbm"), "TIFF": (".tif", ".tiff")}
SUFFIXES = tuple(suffix for one in FORMATS.values() for suffix in one)
MOST_PIXELS = 1 << 26
"""Of one image, by its header."""
MOST_BYTES = 1 << 31
"""Of all images as numbers: more of them stay on the disk."""
NATURAL = 512
SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N")


def describe_images(found: Arranged, size: tuple[int, int], colour: str) -> dict[str, Spec]:
    """Shape and classes, without decoding anything."""
    channels = 1 if colour == "grey" else 3
    return {"x": Spec(("N", channels, *size), "float32", None, "image"),
            "y": Spec(("N",), "int64", len(found.classes), "class")}


def read_images(
    path: Path, found: Arranged, *, size: tuple[int, int], colour: str, fit: str, most: int = 0, together: str = ""
) -> Delivery:
    """All images as float32 N × channels × height × width in 0 … 1; those of the test folder come last."""
    train, test = _first(found.train, most), _first(found.test, most)
    entries = [*train, *test]
    channels = 1 if colour == "grey" else 3
    shape = (len(entries), channels, *size)
    needed = math.prod(shape) * 4

    @contextmanager
    def opening() -> Iterator[Callable[[NDArray[np.int64]], NDArray[np.float32]]]:
        with opened(path) as read:
            yield lambda rows: _images(read, path.name, [entries[row][0] for row in rows], shape[1:], colour, fit)

    labels = np.array([number for _, number in entries], np.int64)
    marked_now = marks(path, entries)
    if needed <= MOST_BYTES:
        with opening() as read:
            x, notes = read(np.arange(len(entries))), found.notes
    else:
        x = Stored(shape, opening, lambda: marks(path, entries)).as_array()
        notes = (*found.notes, f"{len(entries):,} images take {needed / 1e9:.1f} GB as numbers: they stay on the disk "
                               "and are read while training.")
    done = classified(x, labels, found.classes, x_label="image", test_rows=len(test), notes=notes)
    return replace(done, marks=lambda: marks(path, entries), marked=marked_now,
                   groups=belonging([name for name, _ in entries], together) if together else None)


def belonging(names: Sequence[str], sign: str) -> Array:
    """A number for every file, the same where the names begin alike up to `sign`; their folders do not count."""
    stems = [name.rpartition("/")[2].partition(sign)[0] for name in names]
    return np.unique(stems, return_inverse=True)[1].astype(np.int64)


def marks(path: Path, entries: Sequence[tuple[str, int]]) -> str:
    """The state of these files, or of the .zip that holds them."""
    return marked([path] if path.is_file() else [path / name for name, _ in entries])


def _images(
    read: Read, where: str, names: Sequence[str], shape: tuple[int, ...], colour: str, fit: str
) -> NDArray[np.float32]:
    """These images as numbers from 0 to 1, with the channels in front."""
    x = np.empty((len(names), *shape), np.float32)
    for at, name in enumerate(names):
        image = decoded(read(name), f"{where}/{name}", (shape[1], shape[2]), colour, fit)
        x[at] = np.moveaxis(image, -1, 0)
    x /= 255.0
    return x


def natural(data: bytes, where: str, colour: str) -> Array:
    """One image in its own shape, at most `NATURAL` pixels on a side; else as `decoded`."""
    return decoded(data, where, (NATURAL, NATURAL), colour, "keep")


def decoded(data: bytes, where: str, size: tuple[int, int], colour: str, fit: str) -> Array:
    """One image as height × width × channels of 0 … 255; a `DataError` that names it where it cannot be."""
    mode = "L" if colour == "grey" else "RGB"
    try:
        with Image.open(io.BytesIO(data), formats=list(FORMATS)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise DataError(f"{where} has {image.width:,} × {image.height:,} pixels; at most {MOST_PIXELS:,} are "
                                "read.", file=where)
            image.draft(mode, (2 * size[1], 2 * size[0]))
            done = _fitted(_plain(_upright(image), mode), size, fit)
    except DataError:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, OverflowError, MemoryError,
            RuntimeError, Warning, struct.error, zlib.error,
            Image.DecompressionBombError) as error:
        odd = isinstance(error, UnidentifiedImageError)
        why = "it has 0 bytes" if not data else "it is of another kind than its name says" if odd else str(error)[:160]
        raise DataError(f"{where} is no image that can be read, or is cut off: {why}. Take it out of the folder, or "
                        "put a whole one there.", file=where) from None
    return np.asarray(done).reshape(done.height, done.width, len(mode))


def _first(entries: Sequence[tuple[str, int]], most: int) -> list[tuple[str, int]]:
    """At most so many of each class; 0 means all."""
    if not most:
        return list(entries)
    seen: dict[int, int] = {}
    kept = []
    for name, number in entries:
        seen[number] = seen.get(number, 0) + 1
        if seen[number] <= most:
            kept.append((name, number))
    return kept


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera was held."""
    if image.format not in ("JPEG", "TIFF") or "exif" not in image.info:
        return image
    return ImageOps.exif_transpose(image) or image


def _plain(image: Image.Image, mode: str) -> Image.Image:
    """In one grey or three colours; what is transparent lies on white; 16 bits become 8."""
    if image.mode in SIXTEEN_BITS:
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert(mode)
    if image.mode in ("I", "F"):
        raise ValueError(f"its pixels are of the kind {image.mode}; save it with 8 or 16 bits")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        full = image.convert("RGBA")
        ground = Image.new("RGBA", full.size, "white")
        return Image.alpha_composite(ground, full).convert(mode)
    return image.convert(mode)


def _fitted(image: Image.Image, size: tuple[int, int], fit: str) -> Image.Image:
    wanted = (size[1], size[0])
    if image.size == wanted:
        return image
    match fit:
        case "crop":
            return ImageOps.fit(image, wanted, Image.Resampling.BILINEAR)
        case "pad":
            return ImageOps.pad(image, wanted, Image.Resampling.BILINEAR)
        case "keep":
            image.thumbnail(wanted, Image.Resampling.BILINEAR)
            return image
        case _:
            return image.resize(wanted, Image.Resampling.BILINEAR)
