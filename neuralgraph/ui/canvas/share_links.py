"""The links between nodes that use one set of weights: a dotted line with a chain in its middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from neuralgraph.ui.canvas.shapes import colour, icon

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.scene import CanvasScene

SIGN = 16.0


class ShareLinks(QGraphicsItem):
    """All links of a document; `follow` is told whenever a card has another place."""

    def __init__(self, canvas: CanvasScene) -> None:
        super().__init__()
        self._canvas = canvas
        self.lines: list[QLineF] = []
        self.setZValue(-2)

    def follow(self) -> None:
        """Take the places that the cards have now."""
        model = self._canvas.model
        rects = model.places.rects
        lines = [between(rects[id], rects[one.shares]) for id, one in model.graph.nodes.items()
                 if one.shares is not None and id in rects and one.shares in rects]
        if lines != self.lines:
            self.prepareGeometryChange()
            self.lines = lines
            self.update()

    def boundingRect(self) -> QRectF:
        box = QRectF()
        for line in self.lines:
            box = box.united(QRectF(line.p1(), line.p2()).normalized().adjusted(-SIGN, -SIGN, SIGN, SIGN))
        return box

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        tokens, scale = self._canvas.tokens, painter.worldTransform().m11()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line in self.lines:
            painter.setPen(QPen(colour(tokens.text2), max(1.8, 1.0 / scale), Qt.PenStyle.DotLine,
                                Qt.PenCapStyle.RoundCap))
            painter.drawLine(line)
            if scale >= 0.35:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour(tokens.canvas))
                painter.drawEllipse(line.center(), SIGN * 0.7, SIGN * 0.7)
                painter.fillPath(icon("link-variant", SIGN).translated(line.center()), colour(tokens.text2))


def between(one: QRectF, other: QRectF) -> QLineF:
    """From edge to edge: below each other where they stand apart in height, else side by side."""
    upper, lower = (one, other) if one.top() <= other.top() else (other, one)
    if lower.top() > upper.bottom():
        return QLineF(QPointF(upper.center().x(), upper.bottom()), QPointF(lower.center().x(), lower.top()))
    bottom = max(upper.bottom(), lower.bottom())
    return QLineF(QPointF(upper.center().x(), upper.bottom()), QPointF(lower.center().x(), bottom))
