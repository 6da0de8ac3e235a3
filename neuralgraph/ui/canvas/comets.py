"""Comets on training wires. They alone are painted at every beat: what stands still around them is kept as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmapCache, QRegion
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from neuralgraph.ui.canvas.motion import MOST_WIRES, Motion
from neuralgraph.ui.canvas.shapes import colour

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.scene import CanvasScene
    from neuralgraph.ui.canvas.wire_item import WireItem

EVERY = 112.0
"""px between two comets on a wire."""
DASHES = ((26.0, 2.2), (18.0, 3.0), (10.0, 3.8))
"""Length and thickness of what a comet is laid over each other of: the shortest is the thickest."""
FAINT = 0.35
"""Nothing moves at a smaller zoom."""
TURNS = 10
"""Over so many beats the cards get their new pictures."""
MOST_PIXELS = 24_000_000
"""So much may be kept as pictures: 96 MB."""
KEPT, PAINTED = QGraphicsItem.CacheMode.DeviceCoordinateCache, QGraphicsItem.CacheMode.NoCache


class Comets(QGraphicsItem):
    """Those of one wire: above it, but not on its label."""

    def __init__(self, wire: WireItem, canvas: CanvasScene) -> None:
        super().__init__(wire)
        self._wire, self._canvas = wire, canvas
        self._box = QRectF()

    def follow(self) -> None:
        """They have moved on, perhaps on another route."""
        box = self._canvas.routes[self._wire.end].path.boundingRect().adjusted(-4, -4, 4, 4)
        if box != self._box:
            self.prepareGeometryChange()
            self._box = box
        self.update()

    def boundingRect(self) -> QRectF:
        return self._box

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        canvas, end = self._canvas, self._wire.end
        scale = painter.worldTransform().m11()
        if not canvas.motion.on or not canvas.is_training(end) or scale < FAINT:
            return
        painter.save()
        label = self._wire.label_box(scale)
        if not label.isEmpty():
            painter.setClipRegion(QRegion(self._box.toAlignedRect()) - QRegion(label.toAlignedRect()),
                                  Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        tokens, travelled, path = canvas.tokens, canvas.motion.travelled, canvas.routes[end].path
        bright = colour(tokens.text if tokens.dark else tokens.accent)
        for length, thick in DASHES:
            pen = QPen(bright, thick, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
            pen.setDashPattern([length / thick, (EVERY - length) / thick])
            pen.setDashOffset((-travelled + length / 2) / thick)
            painter.setPen(pen)
            painter.drawPath(path)
        painter.restore()


class Flight:
    """Lets them fly while something trains, and has Qt keep what is around them as pictures, where there is room.

    A comet crosses half a graph: without this the cards and wires below were painted anew at every beat.
    """

    def __init__(self, canvas: CanvasScene) -> None:
        self._canvas = canvas
        self._kept: list[QGraphicsItem] = []
        self._zoom = 0.0
        self.motion = Motion(self._beat, canvas)
        QPixmapCache.setCacheLimit(max(QPixmapCache.cacheLimit(), 5 * MOST_PIXELS // 1024))

    def go(self) -> None:
        """Fly or rest, as the canvas has it."""
        self.motion.run(bool(self._canvas.training))
        if not self.motion.on:
            self.let_go()
            for item in self._canvas.wires.values():
                item.rest()

    def let_go(self) -> None:
        """Everything is painted again when it has to be."""
        kept, self._kept = self._kept, []
        for one in kept:
            if one.scene() is not None:
                one.setCacheMode(PAINTED)

    def _beat(self) -> int:
        canvas = self._canvas
        canvas.take(TURNS)
        views = canvas.views()
        if not views:
            return 0
        shown = views[0].mapToScene(views[0].viewport().rect()).boundingRect()
        wires = [item for end, item in canvas.wires.items()
                 if canvas.is_training(end) and item.boundingRect().intersects(shown)]
        if len(wires) > MOST_WIRES:
            self.let_go()
            return len(wires)
        for item in wires:
            item.flow()
        cards = [canvas.nodes[id] for id in sorted(canvas.model.places.within(shown)) if id in canvas.nodes]
        self._keep([*cards, *wires], views[0].transform().m11() * views[0].devicePixelRatioF())
        return len(wires)

    def _keep(self, wanted: list[QGraphicsItem], zoom: float) -> None:
        """Keep these from now on, `zoom` pixels of the screen for one of theirs; nothing where there is no room."""
        if (wanted, zoom) == (self._kept, self._zoom):
            return
        self.let_go()
        areas = (one.boundingRect() for one in wanted)
        if sum(box.width() * box.height() for box in areas) * zoom * zoom <= MOST_PIXELS:
            self._kept, self._zoom = wanted, zoom
            for one in wanted:
                one.setCacheMode(KEPT)
