"""How an array is looked at: which picture, which part of it, and what the caption says. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuralgraph.figures.colours import Map

MOST_TILES = 32
MOST_BARS = 64
Kind = Literal["number", "bars", "matrix", "tiles"]
Topic = Literal["weights", "activations", "gradients"]


@dataclass(frozen=True)
class View:
    """A picture of an array: `values` of rank 0, 1, 2 or 3 by kind. `channels` > 1 offers a choice of them."""

    kind: Kind
    values: NDArray[Any]
    map: Map
    caption: str
    channels: int = 1
    channel_name: str = "input channel"


def view_of(array: NDArray[Any], topic: Topic = "weights", channel: int = 0, *, image: bool = False) -> View:
    """The picture of an array. Activations come without batch axis; `image`: inputs to be looked at."""
    if topic == "activations":
        return _activation(array, channel, image)
    return _parameter(array, "gradient" if topic == "gradients" else "weight", channel)


def _parameter(array: NDArray[Any], noun: str, channel: int) -> View:
    match array.ndim:
        case 0:
            return View("number", array, "signed", f"one {noun}")
        case 1:
            return _vector(array, f"{len(array):,} {noun}s")
        case 2:
            rows, columns = array.shape
            return View("matrix", array, "signed", f"{rows:,} outputs × {columns:,} inputs")
        case 3 if array.shape[-1] <= 64:
            channel = min(max(channel, 0), array.shape[1] - 1)
            total = array.shape[0] * array.shape[1]
            caption = f"{array.shape[0]:,} of {total:,} kernels, {array.shape[2]}, input channel {channel + 1}"
            return View("matrix", array[:, channel], "signed", caption, array.shape[1])
        case _:
            return _kernels(array, channel)


def _kernels(array: NDArray[Any], channel: int) -> View:
    outputs, inputs = array.shape[:2]
    channel = min(max(channel, 0), inputs - 1)
    tiles = array[:MOST_TILES, channel]
    size = " × ".join(str(axis) for axis in array.shape[2:])
    note = ""
    while tiles.ndim > 3:
        note = ", middle slice"
        tiles = tiles[:, tiles.shape[1] // 2]
    if tiles.ndim == 2:
        tiles = tiles[:, None]
    caption = f"{len(tiles):,} of {outputs * inputs:,} kernels, {size}, input channel {channel + 1}{note}"
    return View("tiles", tiles, "signed", caption, inputs)


def _vector(array: NDArray[Any], caption: str) -> View:
    if len(array) <= MOST_BARS:
        return View("bars", array, "signed", caption)
    return View("matrix", _wrapped(array), "signed", caption)


def _wrapped(array: NDArray[Any], across: int = 64) -> NDArray[Any]:
    """A long vector in rows of 64; what is missing in the last row is 0, the surface."""
    rows = -(-len(array) // across)
    padded = np.zeros(rows * across, dtype=array.dtype)
    padded[: len(array)] = array
    return padded.reshape(rows, across)


def _activation(array: NDArray[Any], channel: int, image: bool) -> View:
    which: Map = "grey" if image else "viridis"
    match array.ndim:
        case 0:
            return View("number", array, "signed", "one number")
        case 1:
            return _vector(array, f"{len(array):,} values of this sample")
        case 2:
            return View("matrix", array, "grey" if image else "signed", " × ".join(f"{n:,}" for n in array.shape))
        case 3:
            count, rows, columns = array.shape
            noun = "channel" if image else "map"
            shown = array[:MOST_TILES]
            caption = f"{len(shown):,} of {count:,} {noun}s, {rows} × {columns}"
            if count == 1:
                caption = f"{noun} of {rows} × {columns}"
            return View("tiles", shown, which, caption)
        case _:
            channel = min(max(channel, 0), len(array) - 1)
            inner = _activation(array[channel], 0, image)
            return View(inner.kind, inner.values, inner.map, inner.caption, len(array), "slice")


@dataclass(frozen=True)
class Figures:
    """What stands under a picture."""

    count: int
    mean: float
    std: float
    norm: float
    bad: int = 0
    """How many are not finite; the other figures leave them out."""


def figures_of(array: NDArray[Any]) -> Figures:
    """Mean, standard deviation (of the population) and Euclidean norm, in float64."""
    flat = np.asarray(array, dtype=np.float64).ravel()
    finite = flat[np.isfinite(flat)]
    if not finite.size:
        return Figures(flat.size, float("nan"), float("nan"), float("nan"), flat.size)
    largest = float(np.abs(finite).max())
    norm = largest * float(np.sqrt(np.sum((finite / largest) ** 2))) if largest else 0.0
    return Figures(flat.size, float(finite.mean()), float(finite.std()), norm, flat.size - finite.size)
