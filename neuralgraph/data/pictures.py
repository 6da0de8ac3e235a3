"""Images in folders by class, decoded with Pillow; what does not fit or is no image is named by its file."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from neuralgraph.data.archives import opened
from neuralgraph.data.delivery import Array, Delivery, classified
from neuralgraph.data.folders import Arranged
from neuralgraph.errors import DataError
from neuralgraph.spec import Spec

FORMATS = {"PNG": (".png",), "JPEG": (".jpg", ".jpeg", ".jpe"), "BMP": (".bmp",), "GIF": (".gif",),
           "WEBP": (".webp",), "PPM": (".ppm", ".pgm", ".pbm"), "TIFF": (".tif", ".tiff")}
SUFFIXES = tuple(suffix for one in FORMATS.values() for suffix in one)
MOST_PIXELS = 1 << 26
"""Of one image, by its header."""
MOST_BYTES = 1 << 31
"""Of all images as numbers."""
NATURAL = 512
SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N")


def describe_images(found: Arranged, size: tuple[int, int], colour: str) -> dict[str, Spec]:
    """Shape and classes, without decoding anything."""
    channels = 1 if colour == "grey" else 3
    return {"x": Spec(("N", channels, *size), "float32", None, "image"),
            "y": Spec(("N",), "int64", len(found.classes), "class")}


def read_images(
    path: Path, found: Arranged, *, size: tuple[int, int], colour: str, fit: str, most: int = 0
) -> Delivery:
    """All images as float32 N × channels × height × width in 0 … 1; those of the test folder come last."""
    train, test = _first(found.train, most), _first(found.test, most)
    entries = [*train, *test]
    channels = 1 if colour == "grey" else 3
    needed = len(entries) * channels * math.prod(size) * 4
    if needed > MOST_BYTES:
        raise DataError(
            f"{len(entries):,} images of {channels} × {size[0]} × {size[1]} take {needed / 1e9:.1f} GB as numbers; at "
            f"most {MOST_BYTES / 1e9:.1f} GB are held. Choose a smaller size, grey, or fewer images of each class.",
            file=str(path))
    x = np.empty((len(entries), channels, *size), np.float32)
    with opened(path) as read:
        for at, (name, _) in enumerate(entries):
            x[at] = np.moveaxis(decoded(read(name), f"{path.name}/{name}", size, colour, fit), -1, 0)
    x /= 255.0
    labels = np.array([number for _, number in entries], np.int64)
    return classified(x, labels, found.classes, x_label="image", test_rows=len(test), notes=found.notes)


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
        raise DataError(f"{where} is no image that can be read, or is cut off: {str(error)[:160]}.",
                        file=where) from None
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
