"""The ways of wires: a cubic forward, a rounded orthogonal lane backward or round what is in the way. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot
from typing import TypeAlias

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from neuralgraph.tokens import LANE_GAP, LANE_RADIUS

BEAD = 16.0
"""No card is so low: a bead is wired straight however near it is."""
STUB, ROW_STUB, SIDE = 24.0, 18.0, 10.0


Lane: TypeAlias = tuple[float, float, float]
"""A horizontal piece of a wire: y, left, right."""


DOWNHILL = 160.0
"""So much longer a way below the cards may be than one above them, where the labels of the next row stand."""


@dataclass(frozen=True, slots=True)
class End:
    """Where a wire starts or ends: the port, the card it sits on, and whether it is a row under the header."""

    point: QPointF
    card: QRectF
    row: int = -1

    @property
    def stub(self) -> float:
        return STUB if self.row < 0 else ROW_STUB


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one wire: where its label is centred (on its base line), how long a straight piece lies under it."""

    path: QPainterPath
    label: QPointF
    room: float
    lane: Lane | None = None
    corners: tuple[QPointF, ...] = ()
    """The way in straight pieces: what is left of it far away."""


def forward(start: QPointF, end: QPointF) -> Route:
    """A cubic with handles at half the distance."""
    half = max(16.0, (end.x() - start.x()) / 2)
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(half, 0), end - QPointF(half, 0), end)
    middle = QPointF((start.x() + end.x()) / 2, min(start.y(), end.y()) - 7)
    down = end.y() - start.y()
    if abs(down) > 0.75 * (end.x() - start.x()) and end.x() - start.x() > 60:  # steep: where it leaves
        middle = QPointF(start.x() + 38, start.y() + (-7 if down > 0 else 17))
    return Route(path, middle, end.x() - start.x() - 20, None, (start, end))


def orthogonal(points: Sequence[QPointF], radius: float = LANE_RADIUS) -> QPainterPath:
    """A polyline with rounded corners."""
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        first, second = _length(before, corner), _length(corner, after)
        r = min(radius, first / 2, second / 2)
        if r < 0.5:
            path.lineTo(corner)
            continue
        path.lineTo(corner + (before - corner) * (r / first))
        path.quadTo(corner, corner + (after - corner) * (r / second))
    path.lineTo(points[-1])
    return path


def route(start: End, end: End, obstacles: Iterable[QRectF] = (), taken: Sequence[Lane] = ()) -> Route:
    """The way from an output to an input that keeps off `obstacles` (cards of other nodes) and off lanes `taken`."""
    cards = [one for one in obstacles if one not in (start.card, end.card)]
    ahead = end.point.x() - start.point.x()
    if ahead >= (28 if min(start.card.height(), end.card.height()) > BEAD else 1):
        direct = forward(start.point, end.point)
        if not any(_crosses(direct.path, card) for card in cards):
            return direct
        return _over(start, end, cards)
    return _lane(start, end, cards, taken)


def _crosses(path: QPainterPath, card: QRectF) -> bool:
    return path.boundingRect().adjusted(0, -1, 0, 1).intersects(card) and any(  # the box of a level wire is empty
        card.contains(path.pointAtPercent(k / 16)) for k in range(1, 16))


def _over(start: End, end: End, cards: Sequence[QRectF]) -> Route:
    """Forward, above or below the cards in the way."""
    x1, x2 = start.point.x() + start.stub, end.point.x() - (end.stub + 16 if end.row >= 0 else STUB)
    top, bottom = sorted((start.point.y(), end.point.y()))
    band = QRectF(x1, top - 1, max(1.0, x2 - x1), bottom - top + 2)
    blocking = [card for card in cards if card.intersects(band)] or [start.card]
    above = min(card.top() for card in blocking) - 12
    below = max(card.bottom() for card in blocking) + LANE_GAP
    lanes = sorted((below, above), key=lambda y: (
        abs(y - start.point.y()) + abs(y - end.point.y()) + (DOWNHILL if y == above else 0)))
    y = next((one for one in lanes if not _blocked(x1, x2, one, cards)), lanes[0])
    return _through(start, end, x1, x2, y)


def _lane(start: End, end: End, cards: Sequence[QRectF], taken: Sequence[Lane]) -> Route:
    """Backward: out, into the gap between the rows, along it, and in from the left."""
    x1, x2 = start.point.x() + start.stub, end.point.x() - end.stub
    if end.card.top() - start.card.bottom() > 8:
        wanted = [end.card.top() - LANE_GAP - 12, start.card.bottom() + SIDE]
    elif start.card.top() - end.card.bottom() > 8:
        wanted = [end.card.bottom() + LANE_GAP, start.card.top() - LANE_GAP]
    else:
        wanted = [max(start.card.bottom(), end.card.bottom()) + LANE_GAP,
                  min(start.card.top(), end.card.top()) - LANE_GAP]
    wanted += [wanted[0] - 10, wanted[0] - 20, wanted[0] + 10]
    free = (one for one in wanted if not _blocked(x2, x1, one, cards) and not _used(x2, x1, one, taken))
    return _through(start, end, x1, x2, next(free, wanted[0]))


def around(start: End, end: End, gutter: float, lane: float, clear: float) -> Route:
    """Out under its own card, down a gutter on the left, along a lane below the targets, up into the port.

    The label of the net stands on the piece right of `clear`, where no brother branches off.
    """
    x1, x2 = start.point.x() + start.stub, end.point.x() - end.stub
    under = start.card.bottom() + SIDE
    points = [start.point, QPointF(x1, start.point.y()), QPointF(x1, under), QPointF(gutter, under),
              QPointF(gutter, lane), QPointF(x2, lane), QPointF(x2, end.point.y()), end.point]
    return Route(orthogonal(points), QPointF((x2 + clear) / 2, lane - 7), x2 - clear - 24,
                 (lane, min(gutter, x2), max(gutter, x2)), tuple(points))


def _through(start: End, end: End, x1: float, x2: float, y: float) -> Route:
    points = [start.point, QPointF(x1, start.point.y()), QPointF(x1, y), QPointF(x2, y),
              QPointF(x2, end.point.y()), end.point]
    return Route(orthogonal(points), QPointF((x1 + x2) / 2, y - 7), abs(x1 - x2) - 24,
                 (y, min(x1, x2), max(x1, x2)), tuple(points))


def _blocked(left: float, right: float, y: float, cards: Sequence[QRectF]) -> bool:
    strip = QRectF(min(left, right), y - 3, abs(right - left), 6)
    return any(card.intersects(strip) for card in cards)


def _used(left: float, right: float, y: float, taken: Sequence[Lane]) -> bool:
    return any(abs(y - at) < 10 and left < far and near < right for at, near, far in taken)


def _length(a: QPointF, b: QPointF) -> float:
    return hypot(a.x() - b.x(), a.y() - b.y())
