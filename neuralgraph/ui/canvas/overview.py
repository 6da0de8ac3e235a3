"""Far away the whole canvas is one item: every block and every wire, without a Python call per item and frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from neuralgraph.ui.canvas.geometry import MARGIN
from neuralgraph.ui.canvas.shapes import colour, rounded, wire_colour

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.scene import CanvasScene

FAR = 1e6


class Overview(QGraphicsItem):
    """Stands for all nodes and wires below 20 % zoom. Everything it keeps can be made again from the scene."""

    def __init__(self, canvas: CanvasScene) -> None:
        super().__init__()
        self._canvas = canvas
        self._blocks: dict[str, tuple[QRectF, QPixmap, QRectF]] = {}
        self._pieces: dict[tuple[str, str], tuple[str, list[QLineF]]] = {}
        self._lines: dict[str, list[QLineF]] | None = None
        self._scale = 0.0
        self.hide()

    def boundingRect(self) -> QRectF:
        return QRectF(-FAR, -FAR, 2 * FAR, 2 * FAR)

    def forget(self, nodes: Iterable[str] = (), wires: Iterable[tuple[str, str]] = ()) -> None:
        """These moved or changed."""
        for id in nodes:
            self._blocks.pop(id, None)
        for end in wires:
            self._pieces.pop(end, None)
        self._lines = None
        if self.isVisible():
            self.update()

    def forget_all(self) -> None:
        self._blocks.clear()
        self._pieces.clear()
        self.forget()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        canvas, scale = self._canvas, painter.worldTransform().m11()
        if scale != self._scale and not canvas.pictures.hurry:
            self._blocks.clear()
            self._scale = scale
        if self._lines is None:
            self._lines = self._gather()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for line, pieces in self._lines.items():
            painter.setPen(QPen(colour(line), 0))
            painter.drawLines(pieces)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        blocks, draw = self._blocks, painter.drawPixmap
        for id in canvas.nodes:
            block = blocks.get(id)
            if block is None:
                block = blocks[id] = self._block(id, scale)
            draw(*block)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(canvas.tokens.accent), 2.5 / scale))
        grow = 2 / scale
        for id in canvas.selection & canvas.nodes.keys():
            painter.drawPath(rounded(canvas.node_rect(id).adjusted(-grow, -grow, grow, grow), 4 / scale))

    def _block(self, id: str, scale: float) -> tuple[QRectF, QPixmap, QRectF]:
        pixmap, made_at = self._canvas.pictures.card(id, scale)
        factor = 1 / (made_at * pixmap.devicePixelRatio())
        corner = self._canvas.model.position(id) - QPointF(MARGIN, MARGIN)
        box = QRectF(corner.x(), corner.y(), pixmap.width() * factor, pixmap.height() * factor)
        return box, pixmap, QRectF(pixmap.rect())

    def _gather(self) -> dict[str, list[QLineF]]:
        canvas = self._canvas
        lines: dict[str, list[QLineF]] = defaultdict(list)
        for end in canvas.wires:
            known = self._pieces.get(end)
            if known is None:
                shown = canvas.tokens.error if end in canvas.bad_wires else wire_colour(
                    canvas.letters.get(end, "F"), canvas.tokens)
                known = self._pieces[end] = shown, [QLineF(a, b) for a, b in pairwise(canvas.routes[end].corners)]
            lines[known[0]].extend(known[1])
        return dict(lines)
