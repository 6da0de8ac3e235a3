"""From what is shown to its drawing. The modules that are loaded here draw one family of kinds each."""

from __future__ import annotations

from neuralgraph.figures import (  # noqa: F401  (each registers its kinds)
    cells,
    charts,
    grids,
    lined,
    pictures,
    strips,
    surfaces,
    tables,
)
from neuralgraph.figures.layout import LEAST, framed
from neuralgraph.figures.marks import Drawing, magnified
from neuralgraph.figures.shown import Shown

WALL = (720.0, 480.0)
"""In more room than this the whole figure grows, words and dots with it: it is looked at from farther away."""
MOST = 4.0


def draw(what: Shown, width: float, height: float) -> Drawing:
    """A figure in about this size in pixels; tables and galleries may come out higher."""
    by = min(max(min(width / WALL[0], height / WALL[1]), 1.0), MOST)
    wide, high = width / by, height / by
    marks, spots, bottom = framed(what, (8.0, 6.0, max(wide - 16, 40.0), max(high - 12, LEAST)))
    return magnified(Drawing(wide, max(high, bottom + 6), tuple(marks), spots), by)
