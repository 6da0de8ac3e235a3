"""The board of the real canvas: a `CanvasView` with its `CanvasScene`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QPainter, QPainterPath

from neuralgraph.room import Room
from neuralgraph.tokens import LIGHT, Tokens
from neuralgraph.ui.canvas.gestures.board import End, Port
from neuralgraph.ui.canvas.ports import Mark, PortRef
from neuralgraph.ui.canvas.scene import CanvasScene
from neuralgraph.ui.canvas.view import CanvasView

TITLE_BAND = 28.0
RIM = 6.0


class SceneBoard:
    """Puts what gestures ask into the words of the scene."""

    def __init__(
        self, view: CanvasView, *, say: Callable[[str], None] | None = None,
        go: Callable[[str | None], object] | None = None,
    ) -> None:
        """`say` shows a line; `go` shows the inside of a module, or with None what is around this room."""
        self.view = view
        self._go = go
        self.scene: CanvasScene = view.canvas
        self._say = say
        self._hidden: End | None = None

    @property
    def session(self) -> Room:
        return self.scene.session

    @property
    def tokens(self) -> Tokens:
        return self.scene.tokens

    @property
    def still(self) -> bool:
        return self.scene.motion.reduced

    def paper(self) -> CanvasScene:
        return self.scene

    def item_at(self, place: QPointF) -> str | None:
        found = self.scene.node_at(place)
        if found is not None:
            return found
        graph = self.session.graph
        for id in reversed(tuple(graph.notes)):
            if self.box(id).contains(place):
                return id
        frames = [id for id in graph.frames if self._on_rim(self.box(id), place)]
        return min(frames, key=lambda id: graph.frames[id].width * graph.frames[id].height, default=None)

    def port_at(self, place: QPointF) -> Port | None:
        ref = self.scene.port_at(place)
        return Port(ref.node, ref.name, not ref.is_input) if ref is not None else None

    def wire_at(self, place: QPointF) -> End | None:
        return self.scene.wire_at(place)

    def port_position(self, port: Port) -> QPointF:
        found = self.scene.port_position(_ref(port))
        return found if found is not None else self.box(port.node).center()

    def wire_path(self, end: End) -> QPainterPath:
        route = self.scene.routes.get(end)
        return route.path if route is not None else QPainterPath()

    def box(self, id: str) -> QRectF:
        if id in self.scene.nodes:
            return self.scene.node_rect(id)
        graph = self.session.graph
        item = graph.notes.get(id) or graph.frames.get(id)
        return QRectF(item.x, item.y, item.width, item.height) if item is not None else QRectF()

    def selection(self) -> tuple[str, ...]:
        return self.scene.selected_ids()

    def selected_wires(self) -> tuple[End, ...]:
        return tuple(sorted(self.scene.selected_wires))

    def select(self, ids: Iterable[str], wires: Iterable[End] = ()) -> None:
        self.scene.select(ids, wires)

    def shift(self, offsets: Mapping[str, tuple[float, float]]) -> None:
        graph = self.session.graph
        self.scene.move_nodes({
            id: QPointF(graph.nodes[id].x + dx, graph.nodes[id].y + dy)
            for id, (dx, dy) in offsets.items() if id in graph.nodes})
        for id, shown in self.scene.others.items():
            item = graph.notes.get(id) or graph.frames.get(id)
            if item is not None:
                dx, dy = offsets.get(id, (0.0, 0.0))
                shown.setPos(item.x + dx, item.y + dy)

    def mark_ports(self, marks: Mapping[Port, bool]) -> None:
        words: dict[bool, Mark] = {True: "fits", False: "dims"}
        self.scene.mark_ports({_ref(port): words[good] for port, good in marks.items()})

    def drag_wire(self, start: QPointF | None, end: QPointF | None, look: str = "free") -> None:
        if start is None or end is None:
            self.scene.drag_wire.hide()
        else:
            self.scene.drag_wire.show_between(start, end, look)

    def hide_wire(self, end: End | None) -> None:
        if self._hidden in self.scene.wires:
            self.scene.wires[self._hidden].setVisible(True)
        self._hidden = end
        if end is not None and end in self.scene.wires:
            self.scene.wires[end].setVisible(False)

    def show_all(self) -> None:
        self.view.fit()

    def show_items(self, ids: Iterable[str]) -> None:
        self.view.fit(tuple(id for id in ids if id in self.scene.nodes))

    def paint(self, painter: QPainter, target: QRectF, source: QRectF) -> None:
        """In the light theme and without selection; the canvas looks as before afterwards."""
        tokens, selection, wires = self.scene.tokens, self.selection(), self.selected_wires()
        self.scene.blockSignals(True)
        try:
            self.scene.select(())
            if tokens is not LIGHT:
                self.scene.set_tokens(LIGHT)
            self.scene.render(painter, target, source)
        finally:
            if tokens is not LIGHT:
                self.scene.set_tokens(tokens)
            self.scene.select(selection, wires)
            self.scene.blockSignals(False)

    def enter(self, id: str) -> None:
        if self._go is not None:
            self._go(id)

    def leave(self) -> None:
        if self._go is not None:
            self._go(None)

    def say(self, text: str) -> None:
        if self._say is not None:
            self._say(text)
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.view, text))

    @staticmethod
    def _on_rim(box: QRectF, place: QPointF) -> bool:
        if not box.adjusted(-RIM, -RIM, RIM, RIM).contains(place):
            return False
        return place.y() < box.top() + TITLE_BAND or not box.adjusted(RIM, RIM, -RIM, -RIM).contains(place)


def _ref(port: Port) -> PortRef:
    return PortRef(port.node, port.name, not port.output)
