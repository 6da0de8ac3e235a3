"""The dashed ghost of the node that a fix would insert: «+ Flatten»."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from neuralgraph.tokens import RADIUS_CARD
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.shapes import colour, icon, rounded

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.scene import CanvasScene

HIGH = 38.0


class Ghost(QGraphicsItem):
    """Shown on the canvas while a fix is offered; `show_at` moves it, `hide` takes it away."""

    def __init__(self, canvas: CanvasScene) -> None:
        super().__init__()
        self._canvas = canvas
        self._title = ""
        self._wide = 120.0
        self.setZValue(-0.5)
        self.hide()

    def show_at(self, corner: QPointF, title: str) -> None:
        self.prepareGeometryChange()
        self._title = title
        self._wide = max(120.0, 8.0 * round((56 + fonts.width(title, 13, 600)) / 8))
        self.setPos(corner)
        self.show()
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(-3, -3, self._wide + 6, HIGH + 6)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        tokens = self._canvas.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(colour(tokens.accent), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([3, 2])
        painter.setPen(pen)
        painter.setBrush(colour(tokens.accent_soft))
        painter.drawPath(rounded(QRectF(0, 0, self._wide, HIGH), RADIUS_CARD))
        painter.fillPath(icon("plus", 16).translated(20, HIGH / 2), colour(tokens.accent))
        painter.setFont(fonts.font(13, 600))
        painter.setPen(colour(tokens.accent))
        painter.drawText(QPointF(36, HIGH / 2 + 4.7), self._title)
