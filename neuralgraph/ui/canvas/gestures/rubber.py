"""Rubber band: a drag on empty canvas selects what it touches."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt

from neuralgraph.ui.canvas.gestures.board import Board, Hand
from neuralgraph.ui.canvas.gestures.gesture import Gesture
from neuralgraph.ui.canvas.gestures.overlay import Overlay, band

ADDING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class RubberBand(Gesture):
    """Ctrl or Shift adds to what is selected. A click on empty canvas selects nothing."""

    def __init__(self, board: Board, hand: Hand) -> None:
        super().__init__(board, hand)
        self._before = (board.selection(), board.selected_wires())
        self._overlay = Overlay(board)

    def follow(self, hand: Hand) -> None:
        self._overlay.show(band(self.start.place, hand.place), colour=self.board.tokens.accent, width=1.2, fill=0.08)
        self.board.select(*self._found(hand))

    def click(self, hand: Hand) -> None:
        if not hand.holds(ADDING):
            self.board.select(())

    def finish(self, hand: Hand) -> None:
        self.board.select(*self._found(hand))

    def cancel(self) -> None:
        self.board.select(*self._before)
        self.clear()

    def clear(self) -> None:
        self._overlay.clear()

    def _found(self, hand: Hand) -> tuple[list[str], list[tuple[str, str]]]:
        box, graph = QRectF(self.start.place, hand.place).normalized(), self.board.session.graph
        ids = [one for home in (graph.nodes, graph.notes) for one in home if box.intersects(self.board.box(one))]
        ids += [one for one in graph.frames if box.contains(self.board.box(one))]
        wires = [] if ids else [end for end in graph.edges if self.board.wire_path(end).intersects(box)]
        if hand.holds(ADDING):
            ids, wires = [*self._before[0], *ids], [*self._before[1], *wires]
        return list(dict.fromkeys(ids)), list(dict.fromkeys(wires))
