"""The small bar at the lower right of the canvas: −, the zoom, +, fit."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from neuralgraph.tokens import Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.shapes import colour, icon, rounded

WIDE, HIGH, EDGE = 142, 32, 10


class ZoomPill(QWidget):
    """Painted by itself; each part has the full height as its hit area, and says what it wants."""

    smaller, larger, actual, everything = Signal(), Signal(), Signal(), Signal()

    def __init__(self, home: QWidget, tokens: Callable[[], Tokens]) -> None:
        super().__init__(home)
        self._home, self._tokens = home, tokens
        self._text = "100 %"
        self.size_factor = 1.0
        """How many times larger than in the look: the text size of the window."""
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Zoom")
        self.setToolTip("Zoom out, 100 % (Ctrl+0), zoom in, fit everything (Home)")

    def show_zoom(self, zoom: float) -> None:
        self._text = f"{round(zoom * 100)} %"
        self.update()

    def settle(self) -> None:
        """Move to the lower right corner."""
        self.setFixedSize(QSize(round(WIDE * self.size_factor), round(HIGH * self.size_factor)))
        self.move(self._home.width() - self.width() - EDGE, self._home.height() - self.height() - EDGE)
        self.raise_()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        x = event.position().x() / self.size_factor
        (self.smaller if x < 34 else self.actual if x < 72 else self.larger if x < 103 else self.everything).emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.size_factor, self.size_factor)
        painter.setPen(QPen(colour(tokens.hairline), 1))
        painter.setBrush(colour(tokens.panel))
        painter.drawPath(rounded(QRectF(0.5, 0.5, WIDE - 1, HIGH - 1), 6))
        middle = HIGH / 2
        for name, x in (("minus", 17.0), ("plus", 87.0), ("fit-to-screen-outline", 122.0)):
            painter.fillPath(icon(name, 16).translated(QPointF(x, middle)), colour(tokens.text2))
        painter.drawLine(QPointF(103.5, 7), QPointF(103.5, HIGH - 7))
        painter.setFont(fonts.font(13, 500))
        painter.setPen(colour(tokens.text))
        painter.drawText(QPointF(52 - fonts.width(self._text, 13, 500) / 2, middle + 4.7), self._text)
        painter.end()
