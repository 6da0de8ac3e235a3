"""Two figures of the same kind on the same scales, so that what looks larger is larger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from neuralgraph.figures.colours import ends
from neuralgraph.figures.shown import Bars, Board, Curves, Grid, Shown, Surface

Range = tuple[float, float]


def alike(one: Shown, other: Shown) -> tuple[Shown, Shown]:
    """Both with the colours and axes that hold the numbers of both; as they are where they cannot be compared."""
    if isinstance(one, Board) and isinstance(other, Board) and len(one.parts) == len(other.parts):
        pairs = [alike(a, b) for a, b in zip(one.parts, other.parts, strict=True)]
        return replace(one, parts=tuple(a for a, _ in pairs)), replace(other, parts=tuple(b for _, b in pairs))
    if isinstance(one, Grid) and isinstance(other, Grid) and one.map == other.map:
        limits = _both([_limits(one), _limits(other)])
        return replace(one, limits=limits), replace(other, limits=limits)
    if isinstance(one, Surface) and isinstance(other, Surface):
        heights = _both([one.z_range or _ends(one.z), other.z_range or _ends(other.z)])
        return replace(one, z_range=heights), replace(other, z_range=heights)
    if isinstance(one, Bars) and isinstance(other, Bars) and one.log == other.log:
        reach = _both([_bars(one), _bars(other)])
        return replace(one, y_range=reach), replace(other, y_range=reach)
    if isinstance(one, Curves) and isinstance(other, Curves):
        xs = _both([one.x_range or _along(one, "x"), other.x_range or _along(other, "x")])
        ys = _both([one.y_range or _along(one, "y"), other.y_range or _along(other, "y")])
        return replace(one, x_range=xs, y_range=ys), replace(other, x_range=xs, y_range=ys)
    return one, other


def _both(ranges: Iterable[Range]) -> Range:
    lows, highs = zip(*ranges, strict=True)
    return min(lows), max(highs)


def _limits(one: Grid) -> Range:
    return one.limits or ends(np.asarray(one.values, float), one.map)


def _ends(values: object) -> Range:
    found = np.asarray(values, float)
    found = found[np.isfinite(found)]
    return (float(found.min()), float(found.max())) if found.size else (0.0, 1.0)


def _bars(one: Bars) -> Range:
    if one.y_range is not None:
        return one.y_range
    spread = np.zeros_like(one.values, dtype=float) if one.spread is None else np.asarray(one.spread, float)
    low, high = _ends(np.concatenate([np.asarray(one.values, float) - spread, np.asarray(one.values, float) + spread]))
    return (low, high) if one.log else (min(low, 0.0), max(high, 0.0))


def _along(one: Curves, axis: str) -> Range:
    parts = [np.asarray(getattr(curve, axis), float) for curve in one.curves]
    parts += [np.asarray(curve.band, float).reshape(-1) for curve in one.curves if curve.band is not None
              and axis == "y"]
    return _ends(np.concatenate(parts) if parts else np.zeros(0))
