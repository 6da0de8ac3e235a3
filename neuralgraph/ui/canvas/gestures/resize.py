"""Resize: the lower right corner of a note or a frame follows the hand on the 8 px grid."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt

from neuralgraph.graph.edits import PutFrame, PutNote
from neuralgraph.tokens import GRID
from neuralgraph.ui.canvas.gestures.board import Board, Hand
from neuralgraph.ui.canvas.gestures.gesture import Gesture
from neuralgraph.ui.canvas.gestures.overlay import Overlay, band

CORNER = 16
SMALLEST = (96.0, 56.0)


class Resize(Gesture):
    """Shows the new outline while dragging; one step at the end."""

    cursor = Qt.CursorShape.SizeFDiagCursor

    def __init__(self, board: Board, hand: Hand, id: str) -> None:
        super().__init__(board, hand)
        self._id = id
        self._overlay = Overlay(board)

    @classmethod
    def at(cls, board: Board, hand: Hand) -> str | None:
        """The note or frame whose lower right corner lies under the hand."""
        graph = board.session.graph
        for id in (*graph.notes, *graph.frames):
            corner = board.box(id).bottomRight()
            if QRectF(corner.x() - CORNER, corner.y() - CORNER, CORNER + 2, CORNER + 2).contains(hand.place):
                return id
        return None

    def follow(self, hand: Hand) -> None:
        width, height = self._size(hand)
        corner = self.board.box(self._id).topLeft()
        self._overlay.show(band(corner, corner + QPointF(width, height)), colour=self.board.tokens.accent, dashed=True)

    def finish(self, hand: Hand) -> None:
        width, height = self._size(hand)
        graph = self.board.session.graph
        if self._id in graph.notes:
            self.board.session.edit(PutNote(replace(graph.notes[self._id], width=width, height=height), "Resize note"))
        elif self._id in graph.frames:
            frame = replace(graph.frames[self._id], width=width, height=height)
            self.board.session.edit(PutFrame(frame, "Resize frame"))

    def clear(self) -> None:
        self._overlay.clear()

    def _size(self, hand: Hand) -> tuple[float, float]:
        graph = self.board.session.graph
        item = graph.notes.get(self._id) or graph.frames[self._id]
        by = hand.place - self.start.place
        width, height = (float(round((size + d) / GRID) * GRID)
                         for size, d in ((item.width, by.x()), (item.height, by.y())))
        return max(SMALLEST[0], width), max(SMALLEST[1], height)
