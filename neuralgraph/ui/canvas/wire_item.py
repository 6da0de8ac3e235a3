"""The item of a wire, and the loose wire under the hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPaintEngine, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from neuralgraph.tokens import CASING, WIRE, Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.comets import Comets
from neuralgraph.ui.canvas.labels import draw_label
from neuralgraph.ui.canvas.shapes import colour, wire_colour
from neuralgraph.ui.canvas.wires import forward

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.scene import CanvasScene

End = tuple[str, str]
LARGEST = 15.0
"""px: a label is never larger than this, where 100 % is 11."""
LABELLED = 0.6
"""The smallest zoom with labels."""
ROUND, FLAT = Qt.PenCapStyle.RoundCap, Qt.PenCapStyle.FlatCap
JOIN = Qt.PenJoinStyle.RoundJoin


def _label_size(scale: float) -> float:
    """Of the letters: they stop shrinking on screen."""
    return max(11.0, round(9 / scale * 4) / 4)


class WireItem(QGraphicsItem):
    """One wire, named by the port that it enters."""

    def __init__(self, end: End, canvas: CanvasScene) -> None:
        super().__init__()
        self.end = end
        self._canvas = canvas
        self._box = QRectF()
        self._comets: Comets | None = None
        self.setZValue(-1)

    def reroute(self) -> None:
        """Take the box of the route that the scene now holds."""
        self.prepareGeometryChange()
        route = self._canvas.routes[self.end]
        box = route.path.boundingRect().adjusted(-8, -8, 8, 8)
        if self._canvas.labels.get(self.end):
            # as large as it gets: under the pointer, and at the zoom at which it stops shrinking
            texts = self._canvas.labels[self.end], self._canvas.detailed(self.end)
            half = max(40.0, max(fonts.width(text, LARGEST, 500) for text in texts) / 2 + 8)
            box = box.united(QRectF(route.label.x() - half, route.label.y() - LARGEST - 6, 2 * half, LARGEST + 14))
        self._box = box

    def flow(self) -> None:
        """The comets have moved on."""
        if self._comets is None:
            self._comets = Comets(self, self._canvas)
        self._comets.follow()

    def rest(self) -> None:
        """No comet flies here any more."""
        if self._comets is not None:
            self._canvas.removeItem(self._comets)
            self._comets = None

    def label_box(self, scale: float) -> QRectF:
        """Where the label stands at this zoom; empty where there is none."""
        text = self._canvas.labels.get(self.end, "") if scale >= LABELLED else ""
        if not text:
            return QRectF()
        px, at = _label_size(scale), self._canvas.routes[self.end].label
        wide = fonts.width(text, px, 500) / 2 + 3
        return QRectF(at.x() - wide, at.y() - px, 2 * wide, 1.3 * px)

    def boundingRect(self) -> QRectF:
        return self._box

    def shape(self) -> QPainterPath:
        return self._canvas.routes[self.end].path

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        canvas, end = self._canvas, self.end
        route, tokens = canvas.routes[end], canvas.tokens
        scale = painter.worldTransform().m11()
        line, thick, dashes = self._stroke(tokens, scale)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if scale < 0.2:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(colour(line), 0))
            painter.drawLine(route.path.pointAtPercent(0), route.path.currentPosition())
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if scale >= 0.35:
            painter.setPen(QPen(colour(tokens.canvas), thick + CASING, Qt.PenStyle.SolidLine, FLAT, JOIN))
            painter.drawPath(route.path)
        if end in canvas.selected_wires:
            painter.setPen(QPen(colour(tokens.accent, 0.25), thick + 8, Qt.PenStyle.SolidLine, FLAT, JOIN))
            painter.drawPath(route.path)
        elif canvas.is_training(end) and scale >= 0.35:
            painter.setPen(QPen(colour(tokens.accent, 0.2), thick + 5, Qt.PenStyle.SolidLine, FLAT, JOIN))
            painter.drawPath(route.path)
        pen = QPen(colour(line), max(thick, 1.2 / scale), Qt.PenStyle.SolidLine, FLAT if dashes else ROUND, JOIN)
        if dashes:
            pen.setDashPattern([3.2, 2.2])
        painter.setPen(pen)
        painter.drawPath(route.path)
        for dot in canvas.dots.get(end, ()):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(line))
            painter.drawEllipse(dot, 4, 4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if scale >= LABELLED:
            self._label(painter, tokens, route.label, scale, line)

    def _stroke(self, tokens: Tokens, scale: float) -> tuple[str, float, bool]:
        canvas, end = self._canvas, self.end
        if end in canvas.bad_wires:
            return tokens.error, 2.5, True
        if end in canvas.selected_wires:
            return tokens.accent, 3.5, False
        thick = canvas.wire_pictures.thickness(end, scale) or WIRE
        thick = max(thick, 3.0) if end == canvas.hovered_wire else thick
        if canvas.is_training(end):
            return tokens.accent, max(thick, 2.2), False
        return wire_colour(canvas.letters.get(end, "F"), tokens), thick, canvas.is_bypassed(end)

    def _label(self, painter: QPainter, tokens: Tokens, at: QPointF, scale: float, line: str) -> None:
        text = self._canvas.labels.get(self.end, "")
        if self.end == self._canvas.hovered_wire:
            text = self._canvas.detailed(self.end) or text
        if not text:
            return
        px = _label_size(scale)
        plain = self.end in self._canvas.bad_wires or self.end in self._canvas.selected_wires
        fill = line if plain or self._canvas.is_training(self.end) else tokens.text2
        engine = painter.paintEngine()
        if engine is None or engine.type() == QPaintEngine.Type.SVG:
            draw_label(painter, text, at, px, fill, tokens)
            return
        pixmap, above = self._canvas.pictures.label(text, px, fill, scale)
        middle = painter.worldTransform().map(at)
        painter.save()
        painter.resetTransform()
        painter.drawPixmap(round(middle.x() - pixmap.deviceIndependentSize().width() / 2), round(middle.y() - above),
                           pixmap)
        painter.restore()


class DragWire(QGraphicsItem):
    """The loose wire while a hand draws it. `state`: "free", "fits" or "refused"."""

    def __init__(self, canvas: CanvasScene) -> None:
        super().__init__()
        self._canvas = canvas
        self._path = QPainterPath()
        self.state = "free"
        self.label = ""
        self._label_at = QPointF()
        self.setZValue(50)
        self.hide()

    def show_between(self, start: QPointF, end: QPointF, state: str = "free", label: str = "") -> None:
        """Draw from an output at `start` to an input at `end`."""
        self.prepareGeometryChange()
        route = forward(start, end)
        self._path, self._label_at, self.state, self.label = route.path, route.label, state, label
        self.show()
        self.update()

    def boundingRect(self) -> QRectF:
        half = fonts.width(self.label, 11, 500) / 2 + 8 if self.label else 0.0
        label = QRectF(self._label_at.x() - half, self._label_at.y() - 16, 2 * half, 24)
        return self._path.boundingRect().adjusted(-8, -8, 8, 8).united(label)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        tokens = self._canvas.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = {"fits": tokens.accent, "refused": tokens.error}.get(self.state, tokens.wire)
        pen = QPen(colour(line), 2.5, Qt.PenStyle.SolidLine, FLAT, JOIN)
        if self.state == "refused":
            pen.setDashPattern([3.2, 2.2])
        painter.setPen(pen)
        painter.drawPath(self._path)
        if self.label:
            draw_label(painter, self.label, self._label_at, 11, line, tokens)
