"""How the numbers of a node are laid out: as bars, a matrix, feature maps, pictures or words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.explain.views.inside import many, size_of
from neuralgraph.figures.colours import Map, ends
from neuralgraph.figures.shown import Bars, Distribution, Figures, Grid, Pictures, Shown, Words

Array = NDArray[Any]
Names = tuple[str, ...]
BARS = 128
"""A vector of more numbers is folded into rows."""
TILES = 64
"""So many maps or filters stand side by side, at most."""
SMALL = 8
"""A single map with so many rows and columns at most is a table."""
FOLDS = (64, 50, 48, 40, 32, 25, 24, 20, 16)
BINS = 41
EXACT = 6
"""Figures of a value that stands alone: it is read, and compared with what one works out by hand."""


def laid(value: Array, *, title: str = "", names: Names = (), words: Names = (), photo: bool = False,
         unit: str = "unit", step: str = "step", note: str = "") -> Shown:
    """One value without the axis of the samples. `names` are those of the last axis, `words` those of the one before.

    `photo` says that it is a picture, of 1 or 3 channels.
    """
    value = np.asarray(value)
    if value.dtype.kind in "iub" and words and value.ndim == 1:
        return Words(words, np.zeros(len(words)), title=title, note=note)
    number = value.astype(float)
    match value.ndim:
        case 0:
            return Figures((("value", float(number), ""),), title=title, note=note, digits=EXACT)
        case 1:
            return vector(number, title=title, names=names, unit=unit, note=note)
        case 2 if photo:
            return Pictures(number[None], title=title, note=note)
        case 2:
            return Grid(number, tone(number), title=title, note=note, x_label=unit, y_label="" if words else step,
                        row_names=words if len(words) == len(number) else (), column_names=names)
        case 3 if photo and len(value) in (1, 3):
            images = number if len(value) == 1 else np.moveaxis(number, 0, -1)[None]
            return Pictures(images, title=title, note=note)
        case _:
            return maps(number, title=title, note=note)


def vector(value: Array, *, title: str = "", names: Names = (), unit: str = "unit", note: str = "") -> Shown:
    """A number a unit: bars, or many of them in rows, to be read as a text is."""
    if len(value) <= BARS:
        return Bars(value, names, title=title, note=note, x_label="" if names else unit)
    wide = next((one for one in FOLDS if len(value) % one == 0), 0)
    if not wide:
        return Grid(value[None], tone(value), title=title, note=note, x_label=unit)
    rows = tuple(f"{first:,}" for first in range(0, len(value), wide))
    more = f"Read it as a text: {wide} {unit}s a row, each row begins with the number at its left."
    return Grid(value.reshape(-1, wide), tone(value), title=title, row_names=rows, x_label=unit,
                column_names=tuple(f"+{n}" for n in range(wide)), note=joined(note, more))


def maps(value: Array, *, title: str = "", note: str = "") -> Shown:
    """Feature maps side by side on one scale; of volumes, slices."""
    tiles = value.reshape(-1, *value.shape[-2:])
    if len(tiles) == 1 and max(tiles.shape) <= SMALL:  # a table, whose numbers are read
        return Grid(tiles[0], tone(tiles), title=title, x_label="column", y_label="row", note=note)
    names = tuple(map(str, range(len(tiles))))
    if value.ndim > 3:
        names = tuple("/".join(map(str, one)) for one in np.ndindex(value.shape[:-2]))
        note = joined(note, "Each is a slice: channel / depth.")
    if len(tiles) > TILES:
        note = joined(note, f"The first {TILES} of {len(tiles):,} maps.")
    kept = tiles[:TILES]
    return Grid(kept, tone(kept), title=title, tile_names=names[:TILES], note=note)


def tone(values: Array) -> Map:
    """Two colours around zero where there are numbers of both signs, else one scale."""
    return "signed" if values.size and np.nanmin(values) < 0 else "viridis"


def weights_laid(value: Array, *, title: str = "", rows: Names = (), columns: Names = (), note: str = "",
                 inward: str = "input", outward: str = "output") -> Shown:
    """Weights, or numbers of their shape: bars, a matrix with a row an output, or the small matrices of filters."""
    number = np.asarray(value, float)
    match value.ndim:
        case 0 | 1:
            flat = np.atleast_1d(number)
            return vector(flat, title=title, names=rows if len(rows) == len(flat) else (), unit=outward, note=note)
        case 2:
            return Grid(number, title=title, note=note, x_label="" if columns else inward,
                        y_label="" if rows else outward, row_names=rows, column_names=columns)
        case 3:
            return Grid(number[:TILES], title=title,
                    tile_names=tuple(f"{outward} {n}" for n in range(min(len(number), TILES))),
                        note=joined(note, _left_out(len(number), "outputs")))
    kernels = number.reshape(-1, *number.shape[-2:])
    if len(kernels) <= TILES:
        names = tuple(" ← ".join(map(str, one)) for one in np.ndindex(number.shape[:-2]))
        if len(number.shape) > 2 and number.shape[1] == 1:  # there is one input only: nobody asks which
            return Grid(kernels, title=title, tile_names=tuple(map(str, range(len(kernels)))),
                        note=joined(note, f"One for each {outward}."))
        return Grid(kernels, title=title, tile_names=names, note=joined(note, "Output ← input channel."))
    flat = number.reshape(len(number), -1)
    more = f"The {len(kernels):,} kernels of {size_of(number.shape[-2:])}: an output a row, its inputs side by side."
    return Grid(flat, title=title, x_label=f"{inward} × kernel", y_label=outward, note=joined(note, more))


def spread_of(value: Array, *, title: str = "", x_label: str = "", note: str = "") -> Distribution:
    """How the numbers are distributed; with zero in the middle where there are both signs."""
    numbers = value[np.isfinite(value)].astype(float)
    lost = value.size - numbers.size
    counts, edges = np.histogram(numbers, bins=BINS, range=even(numbers))
    return Distribution(counts, edges, title=title, x_label=x_label,
                        note=joined(note, f"{many(lost, 'number')} not finite, left out." if lost else ""))


def even(numbers: Array) -> tuple[float, float]:
    """From the least to the most, the same on both sides of zero where there are numbers of both signs."""
    low, high = (float(numbers.min()), float(numbers.max())) if numbers.size else (0.0, 0.0)
    if low < 0 < high:
        return -max(-low, high), max(-low, high)
    low, high = min(low, 0.0), max(high, 0.0)
    return (low, high) if high > low else (low, low + 1)


def coloured_filters(kernels: Array, names: Names, *, title: str = "", note: str = "", each: bool = False) -> Pictures:
    """Weights of three channels (n, 3, h, w) as colour: zero is mid grey, the largest of them pure."""
    reach = np.abs(kernels).max(axis=(1, 2, 3), keepdims=True) if each else np.full((1, 1, 1, 1), np.abs(kernels).max())
    images = np.moveaxis(kernels / np.where(reach > 0, reach, 1.0), 1, -1) / 2 + 0.5
    scale = "Each has its own scale." if each else f"Full colour is ±{ends(kernels, 'signed')[1]:.3g}."
    return Pictures(images, captions=names, limits=(0.0, 1.0), title=title, across=_across(len(images)),
                    note=joined(note, f"Red, green and blue are the three channels; grey is zero. {scale}"))


def _across(count: int) -> int:
    return max(1, int(np.ceil(np.sqrt(count * 1.6))))


def _left_out(count: int, what: str) -> str:
    return f"The first {TILES} of {count:,} {what}." if count > TILES else ""


def joined(*sentences: str) -> str:
    return " ".join(one for one in sentences if one)
