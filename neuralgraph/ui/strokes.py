"""Thick lines of many points, as short straight pieces.

A path of a thousand points with a pen wider than a pixel is several times dearer than its pieces one by one: the
outline of the whole has to be found first, with every join, and dashes are cut out of that. Here the pieces, and the
dashes, are found with numpy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QPen

Floats = NDArray[np.float64]
MOST = 2000
"""Dashes of a curve at most; a wilder one gets longer dashes."""
FARTHEST = 2000.0
"""Pixels that one step counts for, at most: a number far out of sight would use up the dashes of all that is seen."""
OVERLAP = 0.3
"""Pixels by which the pieces of one dash lie upon each other: antialiased ends would leave a pale seam."""


def solid(pen: QPen) -> QPen:
    """The pen for pieces: their dashes are cut already, and ends meet without a notch where there are none."""
    made = QPen(pen.color(), pen.widthF())
    dashed = pen.style() != Qt.PenStyle.SolidLine
    made.setCapStyle(Qt.PenCapStyle.FlatCap if dashed else Qt.PenCapStyle.SquareCap)
    return made


def pieces(x: Floats, y: Floats, pen: QPen) -> list[QLineF]:
    """What to draw for a curve in pixels, with gaps where a number is not finite and the dashes of `pen`."""
    good = np.isfinite(x) & np.isfinite(y)
    if pen.style() == Qt.PenStyle.SolidLine:
        both = good[:-1] & good[1:]
        return _lines(x[:-1][both], y[:-1][both], x[1:][both], y[1:][both])
    return _dashes(x[good], y[good], np.diff(np.flatnonzero(good)) > 1, np.asarray(pen.dashPattern()) * pen.widthF())


def _dashes(x: Floats, y: Floats, gap: NDArray[np.bool_], pattern: Floats) -> list[QLineF]:
    """Cuts at every point and at every edge of a dash, as far along the line as they lie; then the «on» pieces."""
    if len(x) < 2:
        return []
    steps = np.where(gap, 1.0, np.minimum(np.hypot(np.diff(x), np.diff(y)), FARTHEST))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    pattern = pattern * max(1.0, along[-1] / pattern.sum() * len(pattern) / MOST)
    edges = np.cumsum(pattern)
    turns = np.arange(int(along[-1] / edges[-1]) + 1) * edges[-1]
    cuts = np.sort(np.concatenate([along, (turns[:, None] + edges).ravel()]))
    cuts = cuts[cuts <= along[-1]]
    middle = (cuts[:-1] + cuts[1:]) / 2
    on = np.searchsorted(edges, middle % edges[-1], "right") % 2 == 0
    on &= ~gap[np.clip(np.searchsorted(along, middle, "right") - 1, 0, len(gap) - 1)] & (np.diff(cuts) > 0)
    at_x, at_y = np.interp(cuts, along, x), np.interp(cuts, along, y)
    long = np.hypot(np.diff(at_x), np.diff(at_y))
    before = np.where(np.concatenate([[False], on[:-1]]), OVERLAP, 0.0)  # within a dash no seam is to be seen
    after = np.where(np.concatenate([on[1:], [False]]), OVERLAP, 0.0)
    over_x, over_y = (np.divide(np.diff(one), long, out=np.zeros_like(long), where=long > 0) for one in (at_x, at_y))
    return _lines((at_x[:-1] - over_x * before)[on], (at_y[:-1] - over_y * before)[on],
                  (at_x[1:] + over_x * after)[on], (at_y[1:] + over_y * after)[on])


def _lines(x: Floats, y: Floats, to_x: Floats, to_y: Floats) -> list[QLineF]:
    return list(map(QLineF, x.tolist(), y.tolist(), to_x.tolist(), to_y.tolist()))
