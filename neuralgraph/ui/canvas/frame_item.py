"""Frames behind nodes and notes beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from neuralgraph.tokens import INK, PAPER, PAPER_EDGE, RADIUS_FRAME
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.shapes import colour, icon, rounded

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.scene import CanvasScene



class FrameItem(QGraphicsItem):
    """A titled rectangle, behind everything."""

    def __init__(self, id: str, canvas: CanvasScene) -> None:
        super().__init__()
        self.id = id
        self._canvas = canvas
        self.setZValue(-10)

    def boundingRect(self) -> QRectF:
        frame = self._canvas.graph.frames[self.id]
        return QRectF(-8, -8, frame.width + 16, frame.height + 16)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        frame, tokens = self._canvas.graph.frames[self.id], self._canvas.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.id in self._canvas.selection
        painter.setPen(QPen(colour(tokens.accent if chosen else tokens.outline), 2.5 if chosen else 1.2))
        painter.setBrush(colour(tokens.category(frame.category) if frame.category else tokens.outline, 0.07))
        painter.drawPath(rounded(QRectF(0, 0, frame.width, frame.height), RADIUS_FRAME))
        painter.setPen(colour(tokens.text))
        px = max(12.0, round(9 / painter.worldTransform().m11() * 4) / 4)
        painter.setFont(fonts.font(px, 600))
        painter.drawText(QPointF(14, 8 + px), fonts.elided(frame.title, frame.width - 28, px, 600))


class NoteItem(QGraphicsItem):
    """A slip of paper; its first line is its title where more follows."""

    def __init__(self, id: str, canvas: CanvasScene) -> None:
        super().__init__()
        self.id = id
        self._canvas = canvas
        self.setZValue(2)

    def boundingRect(self) -> QRectF:
        note = self._canvas.graph.notes[self.id]
        return QRectF(-8, -8, note.width + 16, note.height + 18)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        note, tokens = self._canvas.graph.notes[self.id], self._canvas.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        sheet = QRectF(0, 0, note.width, note.height)
        for grow in (0.5, 1.5, 2.5, 3.5):
            painter.fillPath(rounded(sheet.adjusted(-grow, 2 - grow, grow, 2 + grow), 4 + grow),
                             colour(tokens.shadow, tokens.shadow_alpha * 0.3))
        chosen = self.id in self._canvas.selection
        painter.setPen(QPen(colour(tokens.accent if chosen else PAPER_EDGE), 2.5 if chosen else 1.2))
        painter.setBrush(colour(PAPER))
        painter.drawPath(rounded(sheet, 4))
        if painter.worldTransform().m11() < 0.35:
            return
        title, _, body = note.text.partition("\n")
        painter.fillPath(icon("note-outline", 16).translated(20, 18), colour(INK))
        painter.setPen(colour(INK))
        if not body:
            title, body = "", note.text
        painter.setFont(fonts.font(13, 600))
        painter.drawText(QPointF(34, 22.5), fonts.elided(title, note.width - 44, 13, 600))
        painter.setFont(fonts.font(12.5))
        area = QRectF(12, 32, note.width - 24, note.height - 38)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap), body)
