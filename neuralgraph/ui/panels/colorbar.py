"""The colour bar under a map, with what its ends stand for."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from neuralgraph.figures.colours import Map, table
from neuralgraph.figures.words import spelled
from neuralgraph.tokens import Tokens
from neuralgraph.ui.panels.inspector_type import tabular


class ColorBar(QWidget):
    """Ends at the sides, zero below the middle of a signed map."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.tokens = tokens
        self.map: Map = "signed"
        self.low, self.high = -1.0, 1.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_range(self, which: Map, low: float, high: float) -> None:
        self.map, self.low, self.high = which, low, high
        self.setAccessibleName(f"Colour bar from {spelled(low)} to {spelled(high)}")
        self.updateGeometry()
        self.update()

    def set_tokens(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 28 if self.map == "signed" else 16)

    def paintEvent(self, event: QEvent) -> None:
        self.paint(QPainter(self), self.tokens)

    def paint(self, painter: QPainter, tokens: Tokens) -> None:
        """Paint it in the colours of a theme."""
        painter.setFont(tabular(11))
        painter.setPen(QColor(tokens.text))
        signed = self.map == "signed"
        texts = spelled(self.low, signed=signed), spelled(self.high, signed=signed)
        side = 8 + max(painter.fontMetrics().horizontalAdvance(text) for text in texts)
        bar = QRectF(side, 2, self.width() - 2 * side, 10)
        line = QRectF(0, 0, self.width(), 15)
        for text, where, align in ((texts[0], QRectF(0, 0, side - 4, 15), Qt.AlignmentFlag.AlignRight),
                              (texts[1], line.adjusted(self.width() - side + 4, 0, 0, 0), Qt.AlignmentFlag.AlignLeft)):
            painter.drawText(where, align | Qt.AlignmentFlag.AlignVCenter, text)
        colours = np.ascontiguousarray(table(tokens, self.map))
        strip = QImage(colours.data, len(colours), 1, 3 * len(colours), QImage.Format.Format_RGB888)
        painter.drawImage(bar, strip)
        painter.setPen(QColor(tokens.outline))
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
        if signed:
            painter.setPen(QColor(tokens.text2))
            painter.drawText(QRectF(0, 13, self.width(), 15), Qt.AlignmentFlag.AlignHCenter, "0")
