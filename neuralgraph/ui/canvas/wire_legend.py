"""What the pictures on wires mean, at the lower left of the canvas: their name, a colour bar, what thick says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.colormaps import paint_signed
from neuralgraph.ui.canvas.miniatures import draw, picture
from neuralgraph.ui.canvas.shapes import colour, rounded
from neuralgraph.ui.canvas.zoom_pill import EDGE, HIGH, WIDE

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.scene import CanvasScene

BAR = 56
WORDS = {"values": "Values of sample {row}", "weights": "Weights", "gradients": "Gradients of sample {row}"}
THICK = {"weights": "thick = large", "gradients": "thick = large"}


class WireLegend(QWidget):
    """Seen while there are pictures on wires. A click asks for something else on them."""

    wanted = Signal()

    def __init__(self, home: QWidget, canvas: CanvasScene) -> None:
        super().__init__(home)
        self._home, self._canvas = home, canvas
        self.row = 0
        self.size_factor = 1.0
        """How many times larger than in the look: the text size of the window."""
        self._shown = ("", 0)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("What the wires show")
        self.setToolTip("What the wires show. Orange is negative, blue is positive. Click to show something else.")
        self.hide()

    @property
    def text(self) -> str:
        """What it says beside the bar."""
        return WORDS.get(self._canvas.wire_pictures.what, "").format(row=f"{self.row + 1:,}")

    def look(self) -> bool:
        """The pictures may be others. True where it came or went."""
        hidden = self.isHidden()
        self.setVisible(self._canvas.wire_pictures.shown)
        if (self.text, self._home.width()) != self._shown:
            self._shown = self.text, self._home.width()
            self.settle()
            self.update()
        return hidden != self.isHidden()

    def settle(self) -> None:
        """Move to the lower left corner; without «thick = large» where that would reach the zoom."""
        self.setFixedSize(QSize(round(self._wide() * self.size_factor), round(HIGH * self.size_factor)))
        self.move(EDGE, self._home.height() - self.height() - EDGE)

    def _thick(self) -> str:
        room = self._home.width() / self.size_factor - WIDE - 4 * EDGE
        words = THICK.get(self._canvas.wire_pictures.what, "")
        return words if self._least() + fonts.width(words, 11) + 26 <= room else ""

    def _least(self) -> float:
        return 24 + fonts.width(self.text, 11, 600) + 40 + BAR

    def _wide(self) -> float:
        thick = self._thick()
        return self._least() + (fonts.width(thick, 11) + 26 if thick else 0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.wanted.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._canvas.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.size_factor, self.size_factor)
        painter.setPen(QPen(colour(tokens.hairline), 1))
        painter.setBrush(colour(tokens.panel))
        painter.drawPath(rounded(QRectF(0.5, 0.5, self.width() / self.size_factor - 1, HIGH - 1), 6))
        base, x = HIGH / 2 + 4, 12.0
        painter.setFont(fonts.font(11, 600))
        painter.setPen(colour(tokens.text))
        painter.drawText(QPointF(x, base), self.text)
        x += fonts.width(self.text, 11, 600) + 12
        painter.setFont(fonts.font(11, 600))
        painter.setPen(colour(tokens.text2))
        painter.drawText(QPointF(x, base), "−")
        draw(painter, QRectF(x + 12, HIGH / 2 - 5, BAR, 10),
             picture(paint_signed(np.linspace(-1, 1, 57)[None], tokens)), tokens.hairline)
        painter.setPen(colour(tokens.text2))
        painter.drawText(QPointF(x + BAR + 17, base), "+")
        thick = self._thick()
        if thick:
            x += BAR + 34
            painter.setPen(QPen(colour(tokens.wire), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            for at, wide in ((x, 1.5), (x + 6, 5.0)):
                painter.setPen(QPen(colour(tokens.wire), wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
                painter.drawLine(QPointF(at, HIGH / 2 - 6), QPointF(at, HIGH / 2 + 6))
            painter.setFont(fonts.font(11))
            painter.setPen(colour(tokens.text2))
            painter.drawText(QPointF(x + 14, base), thick)
        painter.end()
