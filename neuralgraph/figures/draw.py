"""From what is shown to its drawing. The modules that are loaded here draw one family of kinds each."""

from __future__ import annotations

from neuralgraph.figures import charts, grids, strips, surfaces, tables  # noqa: F401  (each registers its kinds)
from neuralgraph.figures.layout import LEAST, framed
from neuralgraph.figures.marks import Drawing
from neuralgraph.figures.shown import Shown


def draw(what: Shown, width: float, height: float) -> Drawing:
    """A figure in about this size in pixels; tables and galleries may come out higher."""
    marks, spots, bottom = framed(what, (8.0, 6.0, max(width - 16, 40.0), max(height - 12, LEAST)))
    return Drawing(width, max(height, bottom + 6), tuple(marks), spots)
