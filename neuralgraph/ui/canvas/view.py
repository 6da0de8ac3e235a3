"""The view of the canvas: dots, zoom, pan, fit, and a stack of gestures that get the mouse."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QMoveEvent, QPainter, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsView

from neuralgraph.tokens import DOT_EVERY, STRONG_EVERY
from neuralgraph.ui.canvas.card import DETAILED, Detail, detail
from neuralgraph.ui.canvas.scene import CanvasScene
from neuralgraph.ui.canvas.shapes import colour
from neuralgraph.ui.canvas.wire_legend import WireLegend
from neuralgraph.ui.canvas.zoom_pill import ZoomPill

LEAST, MOST, STEP = 0.02, 4.0, 1.2
FAR = 1e6
ROOM = 12
"""Pixels that stay free above what is drawn."""
CLOSE = 20
"""So much nearer to the edges may a drawing come that shows its pictures only then."""


class Sight(NamedTuple):
    """What is looked at: the zoom, how far it is scrolled, whether everything is to stay in sight."""

    zoom: float
    across: int
    down: int
    following: bool


class Gesture(Protocol):
    """Something that may take the mouse. True means that the event is spent."""

    def press(self, event: QMouseEvent) -> bool: ...
    def move(self, event: QMouseEvent) -> bool: ...
    def release(self, event: QMouseEvent) -> bool: ...
    def cancel(self) -> None: ...


class CanvasView(QGraphicsView):
    """Shows a `CanvasScene`. `gestures` get every mouse event, the last one first."""

    zoomed = Signal(float)
    double_clicked = Signal(QPointF)

    def __init__(self, scene: CanvasScene, parent: Any = None) -> None:
        super().__init__(scene, parent)
        self.canvas = scene
        self.gestures: list[Gesture] = []
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSceneRect(-FAR, -FAR, 2 * FAR, 2 * FAR)
        self.setMouseTracking(True)
        self.setAccessibleName("Canvas")
        self.wheel = "auto"
        """What a wheel does: "mouse" zooms, "touchpad" scrolls, "auto" tells them apart by what they send."""
        self._space = False
        self._panning: QPoint | None = None
        self._dots: tuple[object, QPixmap] | None = None
        self._rest = QTimer(self, singleShot=True, interval=120)
        self._rest.timeout.connect(self._refine)
        self.pill = ZoomPill(self, lambda: self.canvas.tokens)
        self.pill.settle()
        for wanted, act in ((self.pill.smaller, self.zoom_out), (self.pill.larger, self.zoom_in),
                            (self.pill.actual, self.actual_size), (self.pill.everything, self.fit)):
            wanted.connect(act)
        self.legend = WireLegend(self, scene)
        self._largest = 1.0
        self.following = False
        """Everything stays in sight until a hand or an edit touches the canvas."""
        self._made_way = 0
        """How far a bar above has had it scrolled."""
        self.centerOn(0, 0)

    # -- zoom and place ---------------------------------------------------------------------------------------------

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def zoom_to(self, zoom: float, at: QPoint | None = None) -> None:
        """Zoom so that what is under `at` (in the viewport; the middle by default) stays there."""
        zoom = min(MOST, max(LEAST, zoom))
        spot = at if at is not None else self.viewport().rect().center()
        held = self.mapToScene(spot)
        self.canvas.pictures.hurry = True
        self._rest.start()
        self.canvas.show_overview(detail(zoom) == Detail.BLOCK)
        self.canvas.wire_pictures.zoomed(zoom)
        self.resetTransform()
        self.scale(zoom, zoom)
        drift = self.mapFromScene(held) - spot
        self._scroll(drift)
        self.pill.show_zoom(zoom)
        self.zoomed.emit(zoom)

    def zoom_in(self) -> None:
        self.zoom_to(self.zoom * STEP)

    def zoom_out(self) -> None:
        self.zoom_to(self.zoom / STEP)

    def actual_size(self) -> None:
        self.zoom_to(1.0)

    def follow(self) -> None:
        """Show everything, also after the window changes its size, until the canvas is touched."""
        self.following = True
        self.fit()

    def fit(self, ids: tuple[str, ...] = ()) -> None:
        """Bring everything, or these nodes, into sight; never larger than the words around it are."""
        box = QRectF()
        for id in ids:
            box = box.united(self.canvas.node_rect(id))
        box = box if not box.isEmpty() else self.canvas.content_rect()
        if box.isEmpty():
            self.actual_size()
            self.centerOn(0, 0)
            return
        low = 28 if self.legend.isHidden() else 28 + self.legend.height() // 2
        room = self.viewport().rect().adjusted(28, 28, -28, -low)
        close = room.adjusted(-CLOSE, -CLOSE, CLOSE, CLOSE)
        scale, most = (min(one.width() / max(1.0, box.width()), one.height() / max(1.0, box.height()))
                       for one in (room, close))
        self.zoom_to(min(self._largest, DETAILED if scale < DETAILED <= most else scale))
        self.centerOn(box.center() + QPointF(0, (low - 28) / 2 / self.zoom))

    def set_text_size(self, factor: float) -> None:
        """How many times larger than in the look words are."""
        if factor != self._largest:
            self._largest = self.pill.size_factor = self.legend.size_factor = factor
            self.pill.settle()
            self.legend.settle()
            if self.following:
                self.fit()

    def sight(self) -> Sight:
        """Where it stands."""
        return Sight(self.zoom, self.horizontalScrollBar().value(), self.verticalScrollBar().value(), self.following)

    def look_at(self, sight: Sight) -> None:
        """Stand where it stood; what follows fits anew, as the room may be another one."""
        self.following = sight.following
        if sight.following:
            self.fit()
            return
        self.zoom_to(sight.zoom)
        self.horizontalScrollBar().setValue(sight.across)
        self.verticalScrollBar().setValue(sight.down)

    def set_gestures(self, *gestures: Gesture) -> None:
        self.gestures = list(gestures)

    # -- events -----------------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.following = False
        turned = event.angleDelta()
        pixels = event.pixelDelta()
        scrolls = self.wheel == "touchpad" or (self.wheel == "auto" and not pixels.isNull())
        if scrolls and pixels.isNull():
            pixels = QPoint(turned.x() // 2, turned.y() // 2)
        if scrolls and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._scroll(QPoint(-pixels.x(), -pixels.y()))
        elif turned.y():
            self.zoom_to(self.zoom * STEP ** (turned.y() / 120), event.position().toPoint())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.following = False
        if event.button() == Qt.MouseButton.MiddleButton or (
                self._space and event.button() == Qt.MouseButton.LeftButton):
            self._panning = event.position().toPoint()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        for gesture in reversed(self.gestures):
            if gesture.press(event):
                return
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._panning is not None:
            now = event.position().toPoint()
            self._scroll(self._panning - now)
            self._panning = now
            return
        for gesture in reversed(self.gestures):
            if gesture.move(event):
                return
        pos = self.mapToScene(event.position().toPoint())
        node = self.canvas.node_at(pos)
        port = self.canvas.port_at(pos) if node is None else None
        self.canvas.hover(node or (port.node if port else None), self.canvas.wire_at(pos) if not node else None)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.canvas.hover(None, None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._panning is not None:
            self._panning = None
            self.setCursor(Qt.CursorShape.OpenHandCursor if self._space else Qt.CursorShape.ArrowCursor)
            return
        for gesture in reversed(self.gestures):
            if gesture.release(event):
                return

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.double_clicked.emit(self.mapToScene(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Space if not event.isAutoRepeat():
                self._space = True
                self.setCursor(Qt.CursorShape.OpenHandCursor)
            case Qt.Key.Key_Home:
                self.fit()
            case Qt.Key.Key_0 if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self.actual_size()
            case Qt.Key.Key_Escape:
                for gesture in reversed(self.gestures):
                    gesture.cancel()
                event.ignore()
            case _:
                event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            if self._panning is None:
                self.unsetCursor()
        else:
            event.ignore()

    def moveEvent(self, event: QMoveEvent) -> None:
        """A bar came or went above: what is looked at stays where it is, as far as the bar does not cover it."""
        super().moveEvent(event)
        down = event.pos().y() - event.oldPos().y()
        if down and self.isVisible() and not self.following:
            top = self.mapFromScene(self.canvas.content_rect().topLeft()).y()
            by = min(down, max(top - ROOM, 0)) if down > 0 else -min(-down, self._made_way)
            self._made_way += by
            self._scroll(QPoint(0, by))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.pill.settle()
        self.legend.settle()
        if self.following:
            self.fit()

    def drawBackground(self, painter: QPainter, rect: QRectF | Any) -> None:
        """Dots every 16, stronger every 64, in the place of the document, drawn as one tiled pixmap."""
        tokens, zoom = self.canvas.tokens, self.zoom
        every = STRONG_EVERY if zoom < 0.5 else DOT_EVERY
        painter.fillRect(rect, colour(tokens.canvas))
        if zoom < 0.2:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        self._tile(painter, rect, every, zoom)

    def _tile(self, painter: QPainter, rect: QRectF, every: int, zoom: float) -> None:
        tokens = self.canvas.tokens
        ratio = self.devicePixelRatioF()
        key = (tokens.name, round(zoom, 4), every, ratio)
        if self._dots is None or self._dots[0] != key:
            side = max(1, round(STRONG_EVERY * zoom * ratio))
            pixmap = QPixmap(side, side)
            pixmap.fill(colour(tokens.canvas))
            inner = QPainter(pixmap)
            inner.setRenderHint(QPainter.RenderHint.Antialiasing)
            inner.setPen(Qt.PenStyle.NoPen)
            inner.setBrush(colour(tokens.grid_dot))
            unit = side / STRONG_EVERY
            for x in range(0, STRONG_EVERY, every):
                for y in range(0, STRONG_EVERY, every):
                    size = 1.0 if x or y else 1.6
                    at = QPointF((x + every / 2) * unit, (y + every / 2) * unit)
                    inner.drawEllipse(at, size * ratio * 0.6, size * ratio * 0.6)
            inner.end()
            self._dots = key, pixmap
        pixmap = self._dots[1]
        step = float(STRONG_EVERY)
        left, top = rect.left() // step * step, rect.top() // step * step
        painter.save()
        painter.translate(left, top)
        painter.scale(step / pixmap.width(), step / pixmap.height())
        wide = (rect.right() - left) / step * pixmap.width()
        high = (rect.bottom() - top) / step * pixmap.height()
        painter.drawTiledPixmap(QRectF(0, 0, wide + 1, high + 1), pixmap, QPointF(0, 0))
        painter.restore()

    def _scroll(self, by: QPoint) -> None:
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + by.x())
        down.setValue(down.value() + by.y())

    def _refine(self) -> None:
        self.canvas.pictures.hurry = False
        self.canvas.paint_anew()
