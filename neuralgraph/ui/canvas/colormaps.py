"""Colours for numbers: the signed map of the theme and a magnitude map, as 256 × 3 tables."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.tokens import Tokens

Table = NDArray[np.uint8]

# Anchors read off the published viridis and cividis curves at equal steps; between them we interpolate in OKLab.
_VIRIDIS = ("#440154", "#482878", "#3E4A89", "#31688E", "#26828E", "#1F9E89", "#35B779", "#6DCD59", "#B4DE2C",
            "#FDE725")
_CIVIDIS = ("#00224E", "#123570", "#3B496C", "#575D6D", "#707173", "#8A8678", "#A59C74", "#C3B369", "#E1CC55",
            "#FEE838")

# Linear sRGB → cone responses → OKLab (Ottosson 2020).
_CONES = np.array([
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005]])
_LAB = np.array([
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660]])


def oklab(colours: NDArray[Any]) -> NDArray[np.float64]:
    """sRGB in 0…1, shape (…, 3), to OKLab."""
    rgb = np.asarray(colours, dtype=np.float64)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _CONES.T) @ _LAB.T)


def srgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """OKLab to sRGB in 0…1, clipped."""
    linear = np.clip((lab @ np.linalg.inv(_LAB).T) ** 3 @ np.linalg.inv(_CONES).T, 0, 1)
    return np.clip(np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055), 0, 1)


@lru_cache(maxsize=16)
def ramp(stops: tuple[float, ...], colours: tuple[str, ...], size: int = 256) -> Table:
    """A table of `size` colours through `colours` at `stops`, straight lines in OKLab."""
    lab = oklab(np.array([_rgb(one) for one in colours]))
    at = np.linspace(stops[0], stops[-1], size)
    mixed = np.stack([np.interp(at, stops, lab[:, axis]) for axis in range(3)], axis=1)
    return np.asarray(np.round(srgb(mixed) * 255), dtype=np.uint8)


def signed(tokens: Tokens) -> Table:
    """Negative to positive: the middle of the table is zero, the surface colour of the theme. 257 entries, odd."""
    return ramp(tokens.signed_stops, tokens.signed, 257)


def magnitude(name: str = "viridis") -> Table:
    """Small to large; `cividis` for those who see colours differently."""
    anchors = _CIVIDIS if name == "cividis" else _VIRIDIS
    return ramp(tuple(np.linspace(0, 1, len(anchors)).tolist()), anchors)


def paint_signed(values: NDArray[Any], tokens: Tokens, limit: float | None = None) -> Table:
    """Values of any shape to (…, 3) bytes, symmetric around zero; `limit` is the value of the last colour."""
    table = signed(tokens)
    clean = np.nan_to_num(np.asarray(values, dtype=np.float64))
    reach = float(limit if limit is not None else np.abs(clean).max(initial=0.0)) or 1.0
    half = len(table) // 2
    index = np.clip(np.round(clean / reach * half) + half, 0, 2 * half).astype(np.intp)
    return table[index]


def paint_magnitude(values: NDArray[Any], low: float, high: float, name: str = "viridis") -> Table:
    """Values of any shape to (…, 3) bytes, `low` the first colour and `high` the last."""
    table = magnitude(name)
    span = (high - low) or 1.0
    scaled = (np.nan_to_num(np.asarray(values, dtype=np.float64)) - low) / span
    return table[np.clip(np.round(scaled * 255), 0, 255).astype(np.intp)]


def _rgb(colour: str) -> tuple[float, float, float]:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255
