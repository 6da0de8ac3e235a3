"""Which way each wire goes: whole nets (one output and all it feeds), round the cards that are there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from neuralgraph.graph.document import Edge
from neuralgraph.tokens import LANE_GAP
from neuralgraph.ui.canvas.wires import End, Lane, Route, around, route

CELL = 512.0
FARTHEST_GUTTER = 420.0
Net = tuple[str, str]


class Places:
    """Where the cards are, found by area."""

    def __init__(self) -> None:
        self.rects: dict[str, QRectF] = {}
        self._cells: dict[tuple[int, int], set[str]] = defaultdict(set)

    def put(self, id: str, rect: QRectF) -> None:
        self.drop(id)
        self.rects[id] = rect
        for cell in _cells(rect):
            self._cells[cell].add(id)

    def drop(self, id: str) -> None:
        old = self.rects.pop(id, None)
        for cell in _cells(old) if old is not None else ():
            self._cells[cell].discard(id)

    def within(self, area: QRectF) -> set[str]:
        """The ids of the cards that touch `area`."""
        near: set[str] = set()
        for cell in _cells(area):
            near |= self._cells.get(cell, set())
        return {id for id in near if self.rects[id].intersects(area)}

    def cards(self, area: QRectF) -> list[QRectF]:
        return [self.rects[id] for id in sorted(self.within(area))]


@dataclass(frozen=True, slots=True)
class Web:
    """The routes of one net by the port they enter, with its branch dots and the wire that carries the label."""

    routes: Mapping[tuple[str, str], Route]
    dots: tuple[QPointF, ...] = ()
    labelled: tuple[str, str] | None = None


def weave(edges: Iterable[Edge], start: End, ends: Mapping[tuple[str, str], End], places: Places,
          taken: list[Lane]) -> Web:
    """Route all wires of one output; the lanes they use are added to `taken`."""
    wires = [edge for edge in edges if edge.end in ends]
    routes: dict[tuple[str, str], Route] = {}
    detours = {edge.end: gutter for edge in wires if (gutter := _gutter(start, ends[edge.end], places)) is not None}
    if detours:
        below = [edge.end for edge in wires if ends[edge.end].card.top() > start.card.bottom()]
        detours |= {end: min(detours.values()) for end in below}
        gutter = min(detours.values())
        lane = max(ends[end].card.bottom() for end in detours) + LANE_GAP
        turns = sorted(ends[end].point.x() - ends[end].stub for end in detours)
        clear = turns[-2] if len(turns) > 1 else gutter
        routes |= {end: around(start, ends[end], gutter, lane, clear) for end in detours}
    rest = [edge.end for edge in wires if edge.end not in detours]
    for end in rest:
        area = _area(start, ends[end])
        routes[end] = route(start, ends[end], places.cards(area), taken)
    dots = _branches(start, ends, routes, rest, places)
    taken.extend(one.lane for one in routes.values() if one.lane is not None)
    labelled = max(routes, key=lambda end: (routes[end].room, end), default=None)
    if direct := [end for end in rest if routes[end].lane is None and _level(start, ends[end])]:
        labelled = direct[0]
    return Web(routes, tuple(dots), labelled)


def _level(start: End, end: End) -> bool:
    """The straight wire is no steeper than that a label can lie along it."""
    return abs(end.point.y() - start.point.y()) < 0.5 * abs(end.point.x() - start.point.x())


def _branches(
    start: End, ends: Mapping[tuple[str, str], End], routes: dict[tuple[str, str], Route],
    rest: list[tuple[str, str]], places: Places,
) -> list[QPointF]:
    """Where wires of the net part; a detour leaves its straight brother at a dot."""
    dots: list[QPointF] = []
    direct = next((end for end in rest if routes[end].lane is None), None)
    over = [end for end in rest if routes[end].lane is not None and ends[end].point.x() > start.point.x() + 28]
    if direct is not None and over:
        dot = _at_x(routes[direct], start.point.x() + 26)
        dots.append(dot)
        for end in over:
            from_dot = _Stubless(dot, start.card, start.row)
            routes[end] = route(from_dot, ends[end], places.cards(_area(start, ends[end])))
    return [*dots, *_forks(routes)]


def _forks(routes: Mapping[tuple[str, str], Route]) -> list[QPointF]:
    """Where a wire leaves a lane on which a brother runs on."""
    lanes: dict[tuple[float, float], list[QPointF]] = defaultdict(list)
    for one in routes.values():
        if one.lane is not None:
            lanes[one.lane[0], one.corners[-4].x()].append(one.corners[-3])
    return [turn for (_, begin), turns in lanes.items()
            for turn in sorted(turns, key=lambda at: abs(at.x() - begin))[:-1]]


class _Stubless(End):
    """A start on a wire: it turns at once."""

    __slots__ = ()

    @property
    def stub(self) -> float:
        return 0.0


def _at_x(one: Route, x: float) -> QPointF:
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if one.path.pointAtPercent(middle).x() < x else (low, middle)
    return one.path.pointAtPercent(low)


def _gutter(start: End, end: End, places: Places) -> float | None:
    """The x of the gutter on the left, where a whole row of other cards lies between start and end."""
    below, ahead = end.card.top() - start.card.bottom(), end.point.x() - start.point.x()
    if below < 60 or (ahead >= 28 and end.point.y() - start.point.y() < 1.2 * ahead):
        return None
    left, right = min(start.card.left(), end.card.left()), max(start.card.right(), end.card.right())
    band = QRectF(left, start.card.bottom() + 8, right - left, below - 16)
    between = [card for card in places.cards(band) if card.top() >= start.card.bottom()]
    if not between:
        return None
    down = QRectF(start.point.x() + start.stub - 2, start.card.bottom(), 4, below)
    if ahead < 28 and not any(card.intersects(down) for card in between):
        return None
    leftmost = min(card.left() for card in (*between, start.card, end.card)) - 34
    return leftmost if start.card.left() - leftmost < FARTHEST_GUTTER else None


def _area(start: End, end: End) -> QRectF:
    return start.card.united(end.card).adjusted(-40, -40, 40, 40)


def _cells(rect: QRectF) -> list[tuple[int, int]]:
    return [(x, y) for x in range(int(rect.left() // CELL), int(rect.right() // CELL) + 1)
            for y in range(int(rect.top() // CELL), int(rect.bottom() // CELL) + 1)]
