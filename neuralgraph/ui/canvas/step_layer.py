"""What a step taken apart puts on the canvas: the node and the wire of the moment, a number on every wire.

Values go right, in a solid pill above the wire with →; derivatives go left, in a dashed pill on a dashed lane below it
with ←. In a forward sweep the lane below carries derivatives too, with →.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from neuralgraph.figures.colours import coloured
from neuralgraph.tokens import RADIUS_CARD, Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.shapes import colour, rounded

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.scene import CanvasScene

End = tuple[str, str]
FEW, MANY = 3, 16
"""So many numbers are written; so many are shown as cells; of more the size (norm) is told."""
CELL, LANE = 9.0, 7.0
Z = 40
ROUND, SOLID, DASHED = Qt.PenCapStyle.RoundCap, Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine


@dataclass(frozen=True, eq=False)
class Chip:
    """A tensor in short: `text`, and for a few numbers `cells`, rows × columns. Where both are there, the text is shown
    if there is room for it."""

    text: str
    cells: NDArray[Any] | None = None


@dataclass(frozen=True, eq=False)
class Lit:
    """One moment on the canvas, by the ids of the room that is shown.

    `back` are the chips of the lane below the wires: they go left, or right where `forward`. `levels` number nodes that
    can run at the same time; `dead` are those that are not needed.
    """

    values: Mapping[End, Chip] = field(default_factory=dict)
    back: Mapping[End, Chip] = field(default_factory=dict)
    node: str = ""
    wire: End | None = None
    returns: bool = False
    """The derivative comes back on `wire`."""
    forward: bool = False
    dead: frozenset[str] = frozenset()
    levels: Mapping[str, int] = field(default_factory=dict)
    tag: str = ""
    """BP1 … BP4 beside the node."""


def chip(values: NDArray[Any]) -> Chip:
    """A tensor in short; of samples (first axis) the first one, where there is only one."""
    array = np.asarray(values)
    if array.ndim > 1 and len(array) == 1:
        array = array[0]
    text = ", ".join(spelled(float(one)) for one in array.reshape(-1)[:FEW]) or "–"
    if array.size < 2:
        return Chip(text)
    if array.size <= MANY and array.dtype.kind in "fiub":
        cells = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array[None]
        return Chip(text if array.size <= FEW else "", np.asarray(cells, dtype=np.float64))
    norm = float(np.sqrt(np.square(array.astype(np.float64)).sum()))
    return Chip(f"norm {spelled(norm)}")


def spelled(value: float) -> str:
    """A number in three figures, with a real minus."""
    if not np.isfinite(value):
        return "nan" if np.isnan(value) else "∞" if value > 0 else "−∞"
    return f"{value:.3g}".replace("-", "−")


class StepLayer(QGraphicsItem):
    """Lies over nodes and wires; takes no clicks."""

    def __init__(self, canvas: CanvasScene) -> None:
        super().__init__()
        self._canvas = canvas
        self.lit = Lit()
        self.large = False
        """For the last row of a room."""
        self.setZValue(Z)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def show_lit(self, lit: Lit) -> None:
        self.prepareGeometryChange()
        self.lit = lit
        self.update()

    def boundingRect(self) -> QRectF:
        box = QRectF()
        for rect in self._canvas.model.places.rects.values():
            box = box.united(rect)
        return box.adjusted(-300, -200, 300, 200)

    def shape(self) -> QPainterPath:
        return QPainterPath()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        tokens, scale = self._canvas.tokens, painter.worldTransform().m11()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        seen = option.exposedRect
        self._not_needed(painter, tokens)
        if self.lit.wire is not None:
            self._wire(painter, tokens, self.lit.wire, scale)
        self._node(painter, tokens, scale)
        if scale < 0.35:
            return
        px = max(15.0 if self.large else 11.0, 9 / scale)
        for end, one in self.lit.back.items():
            self._back(painter, tokens, end, one, px, seen)
        for end, one in self.lit.values.items():
            if not self._speaks(end):
                continue
            spot = self._above(end, px)
            if spot is not None and seen.adjusted(-120, -40, 120, 40).contains(spot):
                self._pill(painter, tokens, spot, "→", one, end, px, lit=end == self.lit.wire and not self.lit.returns,
                           anchor=-0.5)

    def _speaks(self, end: End) -> bool:
        """Of the wires of one output, which all bring the same, the one with the label says it; and the lit one."""
        canvas = self._canvas
        if end == self.lit.wire or canvas.labels.get(end):
            return True
        edge = canvas.graph.edges.get(end)
        if edge is None:
            return False
        net = [one for one in self.lit.values if (other := canvas.graph.edges.get(one)) is not None
               and other.start == edge.start]
        return not any(canvas.labels.get(one) for one in net) and net[0] == end

    def _path(self, end: End) -> QPainterPath | None:
        route = self._canvas.routes.get(end)
        return route.path if route is not None else None

    def _above(self, end: End, px: float) -> QPointF | None:
        route = self._canvas.routes.get(end)
        if route is None:
            return None
        middle = route.path.pointAtPercent(0.5)
        return QPointF(route.label.x(), min(route.label.y(), middle.y() + 4) - px)

    def _back(self, painter: QPainter, tokens: Tokens, end: End, one: Chip, px: float, seen: QRectF) -> None:
        path = self._path(end)
        if path is None or not path.boundingRect().adjusted(-120, -60, 120, 60).intersects(seen):
            return
        lit = end == self.lit.wire
        lane = path.translated(0, LANE)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(tokens.accent if lit else tokens.text2), 2.5 if lit else 1.4, DASHED, ROUND))
        painter.drawPath(lane)
        arrow(painter, lane, 0.12 if not self.lit.forward else 0.88, left=not self.lit.forward)
        middle = lane.pointAtPercent(0.5)
        sign = "→ d" if self.lit.forward else "←"
        self._pill(painter, tokens, QPointF(middle.x(), middle.y() + 4), sign, one, end, px, lit=lit, dashed=True,
                   anchor=0.5)

    def _pill(self, painter: QPainter, tokens: Tokens, at: QPointF, sign: str, one: Chip, end: End, px: float, *,
              lit: bool = False, dashed: bool = False, anchor: float = 0.0) -> None:
        words = f"{sign} {one.text}" if one.text else sign
        room = self._canvas.routes[end].room + 30
        both = bool(one.text) and one.cells is not None
        cells = one.cells if not both or fonts.width(words, px, 600) > room else None
        pill(painter, tokens, at, sign if cells is not None else words, cells, px, lit=lit, dashed=dashed,
             anchor=anchor)

    def _wire(self, painter: QPainter, tokens: Tokens, end: End, scale: float) -> None:
        path = self._path(end)
        if path is None:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(tokens.accent), max(4.0, 2.5 / scale), SOLID, ROUND))
        painter.drawPath(path)
        arrow(painter, path, 0.2 if self.lit.returns else 0.8, left=self.lit.returns, size=7.0)

    def _node(self, painter: QPainter, tokens: Tokens, scale: float) -> None:
        id = self.lit.node
        if id not in self._canvas.nodes:
            return
        box = self._canvas.node_rect(id)
        painter.fillPath(rounded(box.adjusted(-7, -7, 7, 7), RADIUS_CARD + 7) - rounded(box, RADIUS_CARD),
                         colour(tokens.accent, 0.3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(tokens.accent), max(3.0, 2.5 / scale)))
        painter.drawPath(rounded(box.adjusted(-2, -2, 2, 2), RADIUS_CARD + 2))
        if self.lit.tag and scale >= 0.35:
            pill(painter, tokens, QPointF(box.center().x(), box.bottom() + 18), self.lit.tag, None,
                 max(12.0, 9 / scale), lit=True)

    def _not_needed(self, painter: QPainter, tokens: Tokens) -> None:
        for id in self.lit.dead:
            if id in self._canvas.nodes:
                box = self._canvas.node_rect(id)
                painter.fillPath(rounded(box, RADIUS_CARD), colour(tokens.canvas, 0.72))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(colour(tokens.text3), 1.6, DASHED))
                painter.drawPath(rounded(box, RADIUS_CARD))
                pill(painter, tokens, QPointF(box.center().x(), box.bottom() + 14), "not needed", None, 11.0,
                     dashed=True)
        for id, level in self.lit.levels.items():
            if id in self._canvas.nodes and id not in self.lit.dead:
                box = self._canvas.node_rect(id)
                pill(painter, tokens, QPointF(box.left() + 12, box.top() - 10), f"∥ {level}", None, 11.0,
                     lit=id == self.lit.node)


def arrow(painter: QPainter, path: QPainterPath, at: float, *, left: bool, size: float = 5.5) -> None:
    """A filled head on a path."""
    tip, way = path.pointAtPercent(at), path.angleAtPercent(at)
    head = QPainterPath(QPointF(size, 0))
    head.lineTo(-size * 0.6, size * 0.8)
    head.lineTo(-size * 0.6, -size * 0.8)
    head.closeSubpath()
    painter.save()
    painter.translate(tip)
    painter.rotate(-way + (180 if left else 0))
    painter.fillPath(head, painter.pen().color())
    painter.restore()


def pill(painter: QPainter, tokens: Tokens, at: QPointF, text: str, cells: NDArray[Any] | None, px: float, *,
         lit: bool = False, dashed: bool = False, anchor: float = 0.0) -> None:
    """A number on its own ground, cells beside the words where there are any. It is centred at a point, or stands on it
    (`anchor` −0.5), or hangs from it (0.5).
    """
    wide = fonts.width(text, px, 600)
    tiles = cells.shape if cells is not None else (0, 0)
    each = min(CELL * px / 11, 4 * CELL / max(tiles[0], 1)) if tiles[0] else 0.0
    whole = wide + (each * tiles[1] + 5 if tiles[1] else 0)
    high = max(px + 7, each * tiles[0] + 6)
    at = at + QPointF(0, anchor * high)
    box = QRectF(at.x() - whole / 2 - 6, at.y() - high / 2, whole + 12, high)
    painter.setBrush(colour(tokens.raised))
    painter.setPen(QPen(colour(tokens.accent if lit else tokens.outline), 2.0 if lit else 1.0,
                        DASHED if dashed else SOLID))
    painter.drawRoundedRect(box, min(high / 2, 9), min(high / 2, 9))
    painter.setFont(fonts.font(px, 600))
    painter.setPen(colour(tokens.text))
    painter.drawText(QPointF(box.left() + 6, at.y() + px * 0.36), text)
    if cells is not None:
        limit = float(np.abs(cells[np.isfinite(cells)]).max(initial=0.0)) or 1.0
        pixels = coloured(cells, tokens, "signed", -limit, limit)
        left, top = box.left() + 6 + wide + 5, at.y() - each * tiles[0] / 2
        painter.setPen(QPen(colour(tokens.outline), 0.6))
        for row, column in np.ndindex(*tiles):
            red, green, blue = (int(one) for one in pixels[row, column])
            painter.setBrush(colour(f"#{red:02X}{green:02X}{blue:02X}"))
            painter.drawRect(QRectF(left + column * each, top + row * each, each, each))
