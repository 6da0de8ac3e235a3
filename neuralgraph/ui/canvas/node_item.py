"""The item of a node: it holds an id, asks the scene for the rest, and paints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPaintEngine, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from neuralgraph.tokens import HEADER, RADIUS_CARD
from neuralgraph.ui.canvas import ports
from neuralgraph.ui.canvas.card import Detail, Look, detail, outline, paint
from neuralgraph.ui.canvas.geometry import MARGIN
from neuralgraph.ui.canvas.shapes import colour, rounded

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.scene import CanvasScene


class NodeItem(QGraphicsItem):
    """One node on the canvas."""

    def __init__(self, id: str, canvas: CanvasScene) -> None:
        super().__init__()
        self.id = id
        self._canvas = canvas
        self._box = QRectF()
        self.setAcceptHoverEvents(False)

    def resize(self, width: float, height: float) -> None:
        box = QRectF(-MARGIN, -MARGIN, width + 2 * MARGIN, height + 2 * MARGIN)
        if box != self._box:
            self.prepareGeometryChange()
            self._box = box

    def boundingRect(self) -> QRectF:
        return self._box

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        canvas = self._canvas
        face, card, tokens = canvas.faces[self.id], canvas.cards[self.id], canvas.tokens
        world = painter.worldTransform()
        scale = world.m11()
        level = detail(scale)
        selected = self.id in canvas.selection
        training = self.id in canvas.training and canvas.progress is not None  # only a long step is shown on the card
        if selected and level > Detail.BLOCK:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillPath(rounded(card.rect.adjusted(-6, -6, 6, 6), RADIUS_CARD + 6), colour(tokens.accent, 0.2))
        elif training and level == Detail.FULL:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for grow in (9, 6, 3):
                painter.fillPath(rounded(card.rect.adjusted(-grow, -grow, grow, grow), RADIUS_CARD + grow),
                                 colour(tokens.accent, 0.09))
        self._card(painter, world, scale)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if training and level == Detail.FULL and canvas.progress is not None:
            painter.fillRect(QRectF(1, HEADER, card.width - 2, 3), colour(tokens.hairline))
            painter.fillRect(QRectF(1, HEADER, (card.width - 2) * canvas.progress, 3), colour(tokens.accent))
        if face.severity != "error" and (selected or training):
            thick = 2.5 if selected else 1.8
            painter.setPen(QPen(colour(tokens.accent), thick if scale >= 0.6 else thick / 1.25 / scale))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(rounded(card.rect, RADIUS_CARD))
        if level >= Detail.NAMED:
            for one in card.ports:
                mark = canvas.mark_of(self.id, one.face.name, one.x == 0)
                ports.paint(painter, one.centre, one.face, tokens, scale, mark)

    def _card(self, painter: QPainter, world: QTransform, scale: float) -> None:
        engine = painter.paintEngine()
        if engine is not None and engine.type() == QPaintEngine.Type.SVG:
            canvas = self._canvas
            look = Look(canvas.tokens, scale, False, canvas.previews.get(self.id))
            paint(painter, canvas.faces[self.id], canvas.cards[self.id], look)
            return
        pixmap, made_at = self._canvas.pictures.card(self.id, scale)
        corner = world.map(QPointF(-MARGIN, -MARGIN))
        painter.save()
        ratio = scale / made_at
        exact = abs(ratio - 1) < 1e-3
        painter.setWorldTransform(QTransform.fromTranslate(
            round(corner.x()) if exact else corner.x(), round(corner.y()) if exact else corner.y()))
        if not exact:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.scale(ratio, ratio)
        painter.drawPixmap(0, 0, pixmap)
        painter.restore()


def emphasis(item: NodeItem, canvas: CanvasScene) -> tuple[str, float]:
    """The outline a node has now: what a test asks."""
    face = canvas.faces[item.id]
    if face.severity != "error" and item.id in canvas.selection:
        return canvas.tokens.accent, 2.5
    return outline(face, canvas.tokens)
