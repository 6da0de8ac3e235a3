"""A text on the canvas with a halo, so that it can be read on a wire."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from neuralgraph.tokens import Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.shapes import colour


def draw_label(painter: QPainter, text: str, at: QPointF, px: float, fill: str, tokens: Tokens) -> None:
    """Text centred on `at` (its base line) with a halo in the colour of the canvas."""
    where = QPointF(at.x() - fonts.width(text, px, 500) / 2, at.y())
    halo = QPainterPath()
    halo.addText(where, fonts.font(px, 500), text)
    painter.setPen(QPen(
        colour(tokens.canvas), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(halo)
    painter.setFont(fonts.font(px, 500))
    painter.setPen(colour(fill))
    painter.drawText(where, text)
