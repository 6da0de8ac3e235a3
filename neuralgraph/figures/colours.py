"""Numbers to colours: the signed map of the theme, viridis, grey. numpy in, 8-bit RGB out; no Qt."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuralgraph.tokens import Tokens

Map = Literal["signed", "viridis", "grey"]
Pixels = NDArray[np.uint8]
VIRIDIS = ("#440154", "#482475", "#414487", "#355F8D", "#2A788E", "#21918C", "#22A884", "#44BF70", "#7AD151", "#BDDF26",
           "#FDE725")
TO_LMS = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                   [0.0883024619, 0.2817188376, 0.6299787005]])
TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                   [0.0259040371, 0.7827717662, -0.8086757660]])
"""Ottosson's OKLab, 2020: linear sRGB to cone responses, and those to lightness and two opponent axes."""
DARK_INK, LIGHT_INK = "#10161E", "#FFFFFF"
"""What is written on a light and on a dark colour of a map."""


def rgb(colour: str) -> tuple[int, int, int]:
    """#RRGGBB as three bytes."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@lru_cache(maxsize=16)
def _table(colours: tuple[str, ...], stops: tuple[float, ...]) -> Pixels:
    """512 colours between the stops, evenly in OKLab."""
    given = np.array([rgb(one) for one in colours]) / 255.0
    linear = np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(linear @ TO_LMS.T) @ TO_LAB.T
    at = np.linspace(stops[0], stops[-1], 512)
    between = np.stack([np.interp(at, stops, lab[:, axis]) for axis in range(3)], axis=1)
    back = np.clip((between @ np.linalg.inv(TO_LAB).T) ** 3 @ np.linalg.inv(TO_LMS).T, 0.0, 1.0)
    shown = np.where(back <= 0.0031308, back * 12.92, 1.055 * back ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(255 * shown), dtype=np.uint8)


def table(tokens: Tokens, which: Map) -> Pixels:
    """(512, 3) colours from the low end to the high end of a map."""
    match which:
        case "signed":
            return _table(tokens.signed, tokens.signed_stops)
        case "viridis":
            return _table(VIRIDIS, tuple(np.linspace(0, 1, len(VIRIDIS)).tolist()))
        case _:
            return np.repeat(np.linspace(0, 255, 512).astype(np.uint8)[:, None], 3, axis=1)


def ends(values: NDArray[Any], which: Map) -> tuple[float, float]:
    """What the ends of the colour bar stand for: symmetric around 0 for the signed map."""
    finite = values[np.isfinite(values)] if values.size else values
    if not finite.size:
        return (-1.0, 1.0) if which == "signed" else (0.0, 1.0)
    if which == "signed":
        limit = float(np.abs(finite).max()) or 1.0
        return -limit, limit
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def coloured(values: NDArray[Any], tokens: Tokens, which: Map, low: float, high: float) -> Pixels:
    """(..., 3) colours of the numbers; a number that is not finite gets the error colour."""
    colours = table(tokens, which)
    with np.errstate(invalid="ignore", over="ignore"):
        share = (np.asarray(values, dtype=np.float64) - low) / ((high - low) or 1.0)
        index = np.clip(np.nan_to_num(share) * 511 + 0.5, 0, 511).astype(np.int64)
    found = colours[index]
    bad = ~np.isfinite(values)
    if bad.any():
        found[bad] = rgb(tokens.error)
    return found


def pooled(values: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """A matrix in at most so many rows and columns; a block shows its number of largest magnitude."""
    for axis, most in ((0, max(rows, 1)), (1, max(columns, 1))):
        size = values.shape[axis]
        if size <= most:
            continue
        cuts = np.linspace(0, size, most + 1).astype(np.int64)[:-1]
        low, high = np.minimum.reduceat(values, cuts, axis=axis), np.maximum.reduceat(values, cuts, axis=axis)
        values = np.where(np.abs(low) > np.abs(high), low, high)
    return values
