"""Knife: Ctrl and the right button draw a line that cuts every wire it crosses, as one step."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainterPath, QPolygonF

from neuralgraph.graph import wiring
from neuralgraph.ui.canvas.gestures.board import Board, End, Hand
from neuralgraph.ui.canvas.gestures.gesture import Gesture
from neuralgraph.ui.canvas.gestures.overlay import Overlay


class Knife(Gesture):
    """The line is free; wires it will cut light up in red."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, board: Board, hand: Hand) -> None:
        super().__init__(board, hand)
        self._line = QPainterPath(hand.place)
        self._overlay, self._doomed = Overlay(board), Overlay(board)

    def follow(self, hand: Hand) -> None:
        self._line.lineTo(hand.place)
        error = self.board.tokens.error
        self._overlay.show(self._line, colour=error, width=1.5, dashed=True)
        doomed = QPainterPath()
        for end in self.crossed():
            doomed.addPath(self.board.wire_path(end))
        self._doomed.show(doomed, colour=error, width=3.5)

    def finish(self, hand: Hand) -> None:
        self._line.lineTo(hand.place)
        edit = wiring.cut(self.board.session.graph, self.crossed())
        if edit is not None:
            self.board.session.edit(edit)
            self.board.say(edit.label)

    def clear(self) -> None:
        self._overlay.clear()
        self._doomed.clear()

    def crossed(self) -> list[End]:
        """The wires that the line crosses."""
        graph = self.board.session.graph
        return [end for end in graph.edges if _cross(self._line, self.board.wire_path(end))]


def _cross(line: QPainterPath, wire: QPainterPath) -> bool:
    """Two open curves cut each other, tried stretch by stretch of their polygons."""
    if not line.controlPointRect().intersects(wire.controlPointRect().adjusted(-1, -1, 1, 1)):
        return False
    cuts = [pair for one in line.toSubpathPolygons() for pair in _pieces(one)]
    pieces = [pair for one in wire.toSubpathPolygons() for pair in _pieces(one)]
    return any(_sides(a, b, c, d) and _sides(c, d, a, b) for a, b in cuts for c, d in pieces)


def _pieces(polygon: QPolygonF) -> list[tuple[QPointF, QPointF]]:
    return list(pairwise(polygon.at(k) for k in range(polygon.count())))


def _sides(a: QPointF, b: QPointF, c: QPointF, d: QPointF) -> bool:
    """`c` and `d` lie on different sides of the line through `a` and `b`."""
    return (_turn(a, b, c) <= 0) != (_turn(a, b, d) <= 0)


def _turn(a: QPointF, b: QPointF, p: QPointF) -> float:
    return (b.x() - a.x()) * (p.y() - a.y()) - (b.y() - a.y()) * (p.x() - a.x())
