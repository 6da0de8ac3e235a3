"""A ring around what a lesson means: a button, a panel, a node on the canvas. It goes by itself."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from neuralgraph.ui.bridge import later
from neuralgraph.ui.theme import Theme

STAYS = 2600
"""Milliseconds that a ring is seen."""


class Ring(QWidget):
    """Lies over the window and lets every click through."""

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._window, self._theme, self._turn = window, theme, 0
        self._around = QRectF()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def show_around(self, widget: QWidget, part: QRect | None = None) -> None:
        """Show it around a widget, or around a part of it in its own coordinates."""
        window = self._window
        inside = part if part is not None else widget.rect()
        corner = widget.mapTo(window, inside.topLeft()) if window.isAncestorOf(widget) else QPoint(0, 0)
        room = self._theme.px(5)
        box = QRect(corner, inside.size()).adjusted(-room, -room, room, room) & window.rect().adjusted(2, 2, -2, -2)
        self.setGeometry(window.rect())
        self._around = QRectF(box)
        self._turn += 1
        turn = self._turn
        self.raise_()
        self.show()
        self.update()
        later(STAYS, lambda: self._go(turn), self)

    def go(self) -> None:
        """Another step: what was meant is not meant any more."""
        self.hide()

    def _go(self, turn: int) -> None:
        if turn == self._turn:
            self.hide()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        halo = QColor(self._theme.tokens.accent)
        halo.setAlphaF(0.25)
        for ink, width in ((halo, 12.0), (QColor(self._theme.tokens.accent), 3.5)):
            painter.setPen(QPen(ink, self._theme.px(width)))
            painter.drawRoundedRect(self._around, self._theme.px(8), self._theme.px(8))
