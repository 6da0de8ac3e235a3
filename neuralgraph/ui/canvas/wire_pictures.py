"""Small pictures on wires: what flows, or the weights they end in. They give way to everything else on the canvas."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPaintEngine, QPainter
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.frame_item import NoteItem
from neuralgraph.ui.canvas.model import EdgeEnd
from neuralgraph.ui.canvas.placing import Line, line_of, spot, touches
from neuralgraph.ui.canvas.routing import Places
from neuralgraph.ui.canvas.wire_item import LARGEST
from neuralgraph.ui.canvas.wire_painting import WireLook, paint, sizes_of
from neuralgraph.ui.canvas.wires import Route

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.scene import CanvasScene

NEAR = 0.6
"""Further away there are none."""
THIN, THICK = 1.5, 5.0
DECADES = 4.0
"""A gradient that is so many powers of ten smaller than the largest has the thinnest wire."""


class WirePictures:
    """Knows what wires show and where. `what`: "values", "weights", "gradients", or "off"."""

    def __init__(self, canvas: CanvasScene) -> None:
        self._canvas = canvas
        self.what = "off"
        self.looks: dict[EdgeEnd, WireLook] = {}
        self.boxes: dict[EdgeEnd, QRectF] = {}
        """Where the pictures are; those that found no room are missing."""
        self._thick: dict[EdgeEnd, float] = {}
        self._items: dict[EdgeEnd, WirePicture] = {}
        self._lines: dict[EdgeEnd, tuple[Route, Line]] = {}
        self._ways, self._taken = Places(), Places()
        """By area: the wires with their words, and the pictures."""
        self._near, self._aside = True, False
        self._layer = QGraphicsRectItem()
        self._layer.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self._layer.setZValue(-0.5)
        canvas.addItem(self._layer)

    @property
    def shown(self) -> bool:
        """There is something to see now."""
        return bool(self.looks) and self._layer.isVisible()

    @property
    def rect(self) -> QRectF:
        """The box around all pictures."""
        box = QRectF()
        for one in self.boxes.values() if self._layer.isVisible() else ():
            box = box.united(one)
        return box

    def show(self, what: str, looks: Mapping[tuple[str, str], WireLook]) -> None:
        """Show these: weights by node and input, anything else by node and output."""
        canvas, back = self._canvas, {node for node, _ in looks}
        was, self.what = self.what, what
        found: dict[EdgeEnd, WireLook] = {}
        sizes: dict[EdgeEnd, float] = {}
        for end, edge in canvas.graph.edges.items():
            one = looks.get(end if what == "weights" else edge.start)
            if what == "gradients" and edge.target not in back:
                continue  # from here nothing comes back: a metric, a target, an end
            if one is not None and one.size is not None:
                sizes[end] = one.size
            if one is not None and (what == "weights" or self._speaks(end, edge.start, back)):
                found[end] = one
        before, self.looks = self.looks, found
        self._thicken(sizes)
        for end in self._items.keys() - found.keys():
            self._drop(end)
        kept = found.keys() & before.keys() if was == what else set()
        same = {end for end in kept if _form(before[end]) == _form(found[end])}
        if self._layer.isVisible():
            self._place(found.keys() - same)
        for end in same & self._items.keys():
            self._items[end].update()

    def thickness(self, end: EdgeEnd, scale: float) -> float | None:
        """How thick a wire is by what it carries; None where that says nothing."""
        return self._thick.get(end) if self._thick and scale >= NEAR and not self._aside else None

    def give_way(self, aside: bool) -> None:
        """Something else writes on the wires, or does so no longer."""
        self._aside = aside
        self._show_layer()

    def zoomed(self, zoom: float) -> None:
        self._near = zoom >= NEAR
        self._show_layer()

    def follow(self, woven: Iterable[EdgeEnd]) -> None:
        """These wires run otherwise now."""
        if self.looks and self._layer.isVisible():
            self._place(self.looks.keys() & set(woven))

    def tidy(self) -> None:
        """The document changed: pictures of wires that are gone go; those that something covers now look for room."""
        for end in self.looks.keys() - self._canvas.graph.edges.keys():
            del self.looks[end]
            self._drop(end)
        if self.looks and self._layer.isVisible():
            self._survey()
            self._place({end for end in self.looks
                         if end not in self.boxes or not self._free(self.boxes[end], end)})

    def picture_at(self, pos: QPointF) -> EdgeEnd | None:
        """The wire whose picture lies under the pointer."""
        return next((end for end, box in self.boxes.items() if self._layer.isVisible() and box.contains(pos)), None)

    # -- where ------------------------------------------------------------------------------------------------------

    def _speaks(self, end: EdgeEnd, net: tuple[str, str], back: set[str]) -> bool:
        """Of the wires of one output the one with the label shows the value; said once."""
        ends = sorted(one for one in self._canvas.model.fed.get(net, ()) if self.what != "gradients" or one[0] in back)
        return end == next((one for one in ends if one in self._canvas.labels), ends[0] if ends else None)

    def _thicken(self, sizes: Mapping[EdgeEnd, float]) -> None:
        most = max((one for one in sizes.values() if math.isfinite(one)), default=0.0)
        thick = {end: _thickness(one, most, logarithmic=self.what == "gradients") for end, one in sizes.items()}
        changed = {end for end in thick.keys() | self._thick.keys() if thick.get(end) != self._thick.get(end)}
        self._thick = thick
        for end in changed & self._canvas.wires.keys():
            self._canvas.wires[end].update()

    def _show_layer(self) -> None:
        visible = self._near and not self._aside
        if visible != self._layer.isVisible():
            self._layer.setVisible(visible)
            self._canvas.paint_anew()
            if visible:
                self._place(self.looks.keys())

    def _place(self, ends: Iterable[EdgeEnd]) -> None:
        wanted = sorted(ends)
        self._survey()
        for end in wanted:
            self._forget(end)
        for end in wanted:
            route = self._canvas.routes.get(end)
            box = None if route is None else spot(
                route, self._line(end), self._label(end), sizes_of(self.looks[end], self.what),
                lambda box, end=end: self._free(box, end))  # type: ignore[misc]
            if box is None:
                self._drop(end)
                continue
            self.boxes[end] = box
            self._taken.put(_key(end), box)
            item = self._items.get(end)
            if item is None:
                item = self._items[end] = WirePicture(end, self._canvas)
                item.setParentItem(self._layer)
            item.settle()

    def _free(self, box: QRectF, end: EdgeEnd) -> bool:
        """Nothing else is there: cards with their ports, wires, words, notes, titles of frames, other pictures."""
        canvas = self._canvas
        if canvas.model.places.within(box.adjusted(-9, -3, 9, 3)):
            return False
        room = box.adjusted(-3, -3, 3, 3)
        if self._taken.within(room) - {_key(end)}:
            return False
        for one in canvas.others.values():
            there = one.sceneBoundingRect()
            if room.intersects(there if isinstance(one, NoteItem) else QRectF(there.topLeft(), QSizeF(
                    there.width(), 28))):
                return False
        wide = box.adjusted(-6, -6, 6, 6)  # a thick wire with its glow
        for key in self._ways.within(wide) - {_key(end)}:
            other = _end(key)
            if touches(self._line(other), wide) or room.intersects(self._label(other)):
                return False
        return True

    def _survey(self) -> None:
        """Take in the wires that run otherwise now, with their words."""
        routes = self._canvas.routes
        for end in [one for one in self._lines if one not in routes]:
            del self._lines[end]
            self._ways.drop(_key(end))
        for end, route in routes.items():
            known = self._lines.get(end)
            if known is None or known[0] is not route:
                self._lines[end] = route, line_of(route.path)
                self._ways.put(_key(end), route.path.boundingRect().adjusted(-1, -1, 1, 1).united(self._label(end)))

    def _line(self, end: EdgeEnd) -> Line:
        return self._lines[end][1]

    def _label(self, end: EdgeEnd) -> QRectF:
        """The box of a wire's words, as large as they get; empty where it has none."""
        text = self._canvas.labels.get(end, "")
        if not text:
            return QRectF()
        wide, at = fonts.width(text, LARGEST, 500) + 4, self._canvas.routes[end].label
        return QRectF(at.x() - wide / 2, at.y() - LARGEST, wide, LARGEST + 4)

    def _forget(self, end: EdgeEnd) -> None:
        self.boxes.pop(end, None)
        self._taken.drop(_key(end))

    def _drop(self, end: EdgeEnd) -> None:
        self._forget(end)
        item = self._items.pop(end, None)
        if item is not None:
            self._canvas.removeItem(item)


class WirePicture(QGraphicsItem):
    """The picture of one wire, named as the wire is."""

    def __init__(self, end: EdgeEnd, canvas: CanvasScene) -> None:
        super().__init__()
        self.end = end
        self._canvas = canvas
        self._box = QRectF()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def settle(self) -> None:
        """Take the place that was found."""
        self.prepareGeometryChange()
        self._box = QRectF(self._canvas.wire_pictures.boxes[self.end])
        self.update()

    def boundingRect(self) -> QRectF:
        return self._box.adjusted(-2, -2, 2, 2)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        canvas, scale = self._canvas, painter.worldTransform().m11()
        look = canvas.wire_pictures.looks.get(self.end)
        if look is None or scale < NEAR:
            return
        what, engine = canvas.wire_pictures.what, painter.paintEngine()
        if engine is None or engine.type() == QPaintEngine.Type.SVG:
            paint(painter, self._box, look, what, canvas.tokens, scale)
            return
        box = self._box

        def make(inner: QPainter) -> None:
            inner.translate(2 - box.x(), 2 - box.y())
            paint(inner, box, look, what, canvas.tokens, scale)

        key = ("wire", self.end, what, look.preview.version, box.width(), box.height())
        pixmap = canvas.pictures.small(key, box.width() + 4, box.height() + 4, scale, make)
        corner = painter.worldTransform().map(box.topLeft() - QPointF(2, 2))
        painter.save()
        painter.resetTransform()
        painter.drawPixmap(round(corner.x()), round(corner.y()), pixmap)
        painter.restore()


def _thickness(size: float, most: float, *, logarithmic: bool) -> float:
    """In quarters of a pixel, so that a wire is painted anew only where somebody can see it."""
    if not most or not math.isfinite(size):
        return THIN
    share = size / most
    if logarithmic:
        share = max(0.0, 1 + math.log10(share) / DECADES) if share > 0 else 0.0
    return round((THIN + (THICK - THIN) * share) * 4) / 4


def _form(look: WireLook) -> object:
    """What decides how much room a picture wants."""
    return look.preview.kind, look.preview.values.shape, look.preview.names, look.size is None


def _key(end: EdgeEnd) -> str:
    return "\n".join(end)


def _end(key: str) -> EdgeEnd:
    node, _, port = key.partition("\n")
    return node, port
