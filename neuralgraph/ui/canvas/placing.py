"""Where a small picture has room beside a wire: near its label, off cards, labels, notes and other wires. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPainterPath

from neuralgraph.ui.canvas.wires import Route

GAP = 7.0
"""Between the middle of a wire and a picture: a thick wire with its glow has room."""
ALONG = (0.0, -48.0, 48.0, -96.0, 96.0, -160.0, 160.0)
"""How far from the first place along a lane it is tried."""
Line = Sequence[QPointF]


def line_of(path: QPainterPath) -> list[QPointF]:
    """A wire as short straight pieces."""
    found = path.toSubpathPolygons()
    return [found[0].at(k) for k in range(found[0].size())] if found else []


def touches(line: Line, box: QRectF) -> bool:
    """A wire runs through the box: its pieces are short or level, so that their own boxes say it."""
    return any(box.intersects(QRectF(a, b).normalized().adjusted(-0.5, -0.5, 0.5, 0.5)) for a, b in pairwise(line))


def spot(route: Route, line: Line, label: QRectF, sizes: Sequence[QSizeF], free: Callable[[QRectF], bool]
         ) -> QRectF | None:
    """The first free box beside the wire, of the largest of the sizes that fits; None where there is no room.

    `label` is the box of the wire's own words, empty where it has none.
    """
    for size in sizes:
        for box in candidates(route, line, label, size):
            if not (label.isValid() and box.intersects(label)) and not touches(line, box) and free(box):
                return box
    return None


def candidates(route: Route, line: Line, label: QRectF, size: QSizeF) -> Iterator[QRectF]:
    """Below the wire under its label, above it, then further along its level pieces."""
    first = route.label.x()
    for level in _levels(route):
        for aside in ALONG if route.lane is not None else ALONG[:1]:
            x = first + aside if level == 0 else aside + _middle(route, level)
            near = [one.y() for one in _around(line, x, size.width(), route, level)]
            if near:
                yield QRectF(QPointF(x - size.width() / 2, max(near) + GAP), size)
                top = min(near) - GAP
                if label.isValid() and abs(label.center().x() - x) < (label.width() + size.width()) / 2:
                    top = min(top, label.top() - 2)
                yield QRectF(QPointF(x - size.width() / 2, top - size.height()), size)


def _levels(route: Route) -> range:
    """0 is where the label stands; then the other level pieces of a lane, by the number of the corner they start at."""
    return range(max(1, len(route.corners) - 1) if route.lane is not None else 1)


def _middle(route: Route, level: int) -> float:
    return (route.corners[level].x() + route.corners[level + 1].x()) / 2


def _around(line: Line, x: float, width: float, route: Route, level: int) -> list[QPointF]:
    """The points of the wire over or under a box of this width around x: of one level piece, or all of a curve."""
    left, right = x - width / 2, x + width / 2
    if route.lane is not None:
        if level == 0:
            return [QPointF(x, route.label.y() + 7)]
        a, b = route.corners[level], route.corners[level + 1]
        low, high = sorted((a.x(), b.x()))
        return [QPointF(x, a.y())] if abs(a.y() - b.y()) < 1 and low + 8 <= left and right <= high - 8 else []
    found = [one for one in line if left <= one.x() <= right]
    for a, b in pairwise(line):
        for edge in (left, right):
            if min(a.x(), b.x()) <= edge <= max(a.x(), b.x()) and a.x() != b.x():
                found.append(a + (b - a) * ((edge - a.x()) / (b.x() - a.x())))
    return found
