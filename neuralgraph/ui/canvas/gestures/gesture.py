"""The base of every gesture."""

from __future__ import annotations

from PySide6.QtCore import Qt

from neuralgraph.ui.canvas.gestures.board import Board, Hand

GRAB = 4
"""A press becomes a drag after so many px on the screen."""


class Gesture:
    """From press to release. Only `finish` may edit, once; `cancel` leaves no trace."""

    cursor: Qt.CursorShape | None = None

    def __init__(self, board: Board, hand: Hand) -> None:
        self.board = board
        self.start = hand
        self.moved = False

    def move(self, hand: Hand) -> None:
        """The pointer or a modifier key changed."""
        if not self.moved and (hand.screen - self.start.screen).manhattanLength() >= GRAB:
            self.moved = True
            self.begin(hand)
        if self.moved:
            self.follow(hand)

    def begin(self, hand: Hand) -> None:
        """The first real movement."""

    def follow(self, hand: Hand) -> None:
        """Every movement after that."""

    def release(self, hand: Hand) -> bool:
        """The button goes up: the gesture ends, unless it answers False and waits for another click."""
        self.finish(hand) if self.moved else self.click(hand)
        self.clear()
        return True

    def click(self, hand: Hand) -> None:
        """Released where it was pressed."""

    def finish(self, hand: Hand) -> None:
        """Released after a movement."""

    def cancel(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Take away everything that was only shown."""
