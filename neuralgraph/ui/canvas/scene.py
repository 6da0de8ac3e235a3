"""The canvas: one item per node, wire, frame and note, kept in step with the document by diffs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QPainterPath, QPainterPathStroker
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem

from neuralgraph.graph.document import Graph
from neuralgraph.tokens import LIGHT, PORT_HIT, Tokens
from neuralgraph.ui.canvas.comets import Flight
from neuralgraph.ui.canvas.frame_item import FrameItem, NoteItem
from neuralgraph.ui.canvas.model import EdgeEnd, Model
from neuralgraph.ui.canvas.model_scene import ModelScene
from neuralgraph.ui.canvas.node_item import NodeItem
from neuralgraph.ui.canvas.overview import Overview
from neuralgraph.ui.canvas.pictures import Pictures
from neuralgraph.ui.canvas.ports import Mark, PortRef
from neuralgraph.ui.canvas.previews import Preview
from neuralgraph.ui.canvas.share_links import ShareLinks
from neuralgraph.ui.canvas.wire_item import DragWire, WireItem
from neuralgraph.ui.canvas.wire_pictures import WirePictures
from neuralgraph.validation.analysis import Analysis

if TYPE_CHECKING:
    from neuralgraph.room import Room


class CanvasScene(ModelScene):
    """Shows a session's document. It never edits: gestures do, and the document comes back through `sync`."""

    selection_changed = Signal()

    def __init__(self, session: Room, theme: Any = LIGHT) -> None:
        """`theme` is a `Tokens`, or anything that has one in `.tokens`."""
        super().__init__(Model(session.catalog))
        self.session = session
        self.tokens: Tokens = theme if isinstance(theme, Tokens) else theme.tokens
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[EdgeEnd, WireItem] = {}
        self.others: dict[str, FrameItem | NoteItem] = {}
        self.selection: frozenset[str] = frozenset()
        self.selected_wires: frozenset[EdgeEnd] = frozenset()
        self.training: frozenset[str] = frozenset()
        self.progress: float | None = None
        self.hovered: str | None = None
        self.hovered_wire: EdgeEnd | None = None
        self._marks: dict[PortRef, Mark] = {}
        self._coming: dict[str, Preview | None] = {}
        self._told: set[str] = set()
        self.pictures = Pictures(self)
        self._flight = Flight(self)
        self.motion = self._flight.motion
        self.drag_wire = DragWire(self)
        self.addItem(self.drag_wire)
        self.overview = Overview(self)
        self._layers = (QGraphicsRectItem(), QGraphicsRectItem())
        for layer, z in zip(self._layers, (-1, 0), strict=True):
            layer.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
            layer.setZValue(z)
            self.addItem(layer)
        self.addItem(self.overview)
        self.links = ShareLinks(self)
        self.addItem(self.links)
        self.wire_pictures = WirePictures(self)
        self.sync(Graph(), session.graph)

    # -- what is shown ----------------------------------------------------------------------------------------------

    def sync(self, before: Graph | None, after: Graph) -> None:
        """Take the next document. What it shares with the one shown is left alone; `before` is only for listeners."""
        model, old = self.model, self.model.graph
        moved = {id for id in model.places.rects if after.nodes.get(id) is not old.nodes.get(id)}
        were = {id: QRectF(model.places.rects[id]) for id in moved}
        nodes, wires = model.follow(after)
        for id in nodes - after.nodes.keys():
            self.removeItem(self.nodes.pop(id))
        for end in wires - after.edges.keys():
            self.removeItem(self.wires.pop(end))
        model.offsets = {id: at for id, at in model.offsets.items() if id not in nodes}
        resized = model.refresh(nodes)
        for id in sorted(nodes & after.nodes.keys()):
            self._place(id)
        areas = [model.places.rects[id] for id in nodes & after.nodes.keys()] + list(were.values())
        nets = model.nets_at(nodes | resized.keys()) | {after.edges[end].start for end in wires & after.edges.keys()}
        if len(areas) <= 64:
            nets |= model.nets_across(areas)
        self._weave(nets)
        self._sync_others(old, after)
        if gone := self.selection - after.nodes.keys() - self.others.keys():
            self.selection -= gone
            self.selection_changed.emit()
        self.selected_wires &= frozenset(after.edges)
        self.wire_pictures.tidy()

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Show shapes, problems and figures; may speak of an older document."""
        self.model.analysis = analysis
        self._redo(self.graph.nodes, every=True)

    def set_tokens(self, tokens: Tokens) -> None:
        """Change the theme."""
        self.tokens = tokens
        self.pictures.forget()
        self.overview.forget_all()
        self.paint_anew()

    def paint_anew(self) -> None:
        """Everything looks different, also what was kept as a picture."""
        self._flight.let_go()
        self.update()

    def set_previews(self, previews: Mapping[str, Preview]) -> None:
        """Show these pictures in the cards; an empty mapping takes them all away."""
        gone = self.model.previews.keys() - previews.keys()
        self._coming = {id: previews.get(id) for id in (*previews, *sorted(gone))}
        if not self.motion.on or gone:
            self.take()

    def take(self, turns: int = 1) -> None:
        """Show the texts and pictures that have come, or one of so many parts: all at once would hold up a hand."""
        if not self._coming and not self._told:
            return
        taken = list(self._coming)[:-(-len(self._coming) // turns)]
        for id in taken:
            preview = self._coming.pop(id)
            self.model.previews.pop(id, None)
            if preview is not None and id in self.graph.nodes:
                self.model.previews[id] = preview
        self._redo({*taken, *self._told})
        self._told.clear()
        for id in self.nodes.keys() & set(taken):
            self.nodes[id].update()

    def set_values(self, values: Mapping[str, str]) -> None:
        """Texts for the footers of losses and metrics: `{"accuracy_1": "96.7 %"}`."""
        touched = {id for id in values.keys() | self.model.values.keys() if values.get(id) != self.model.values.get(id)}
        self.model.values = dict(values)
        self._told |= touched
        if not self.motion.on:
            self.take()

    def set_finished(self, ids: Iterable[str]) -> None:
        """Put the green check on these nodes."""
        wanted = frozenset(ids)
        touched, self.model.finished = self.model.finished ^ wanted, wanted
        self._redo(touched)

    def set_stale(self, stale: bool) -> None:
        """What was learnt belongs to another drawing: its figures and checks go, and come back with that drawing."""
        if stale != self.model.stale:
            self.model.stale = stale
            self._redo(self.model.finished | self.model.values.keys())

    def set_training(self, active: Iterable[str], progress: float | None = None) -> None:
        """Light up the nodes that learn now, and the wires between them; `progress` 0…1 of a long step."""
        before, self.training, self.progress = self.training, frozenset(active), progress
        for id in (before ^ self.training) | (self.training if progress is not None else frozenset()):
            if id in self.nodes:
                self.nodes[id].update()
        if before != self.training:
            for item in self.wires.values():
                item.update()
        self._flight.go()
        if not self.motion.on:
            self.take()

    def set_reduced_motion(self, reduced: bool) -> None:
        self.motion.reduced = reduced
        self._flight.go()

    def move_nodes(self, places: Mapping[str, QPointF]) -> None:
        """Draw nodes elsewhere while a hand drags them; the document does not change. An empty mapping ends it."""
        model = self.model
        touched = {id for id in places.keys() | model.offsets.keys() if id in self.nodes}
        model.offsets = {id: QPointF(at) for id, at in places.items() if id in self.nodes}
        model.refresh(touched)
        for id in touched:
            self.nodes[id].setPos(model.position(id))
        self.overview.forget(touched)
        self._weave(model.nets_at(touched))

    # -- selection --------------------------------------------------------------------------------------------------

    def selected_ids(self) -> tuple[str, ...]:
        """The selected nodes, frames and notes, in the order of the document."""
        known = (*self.graph.nodes, *self.graph.frames, *self.graph.notes)
        return tuple(id for id in known if id in self.selection)

    def select(self, ids: Iterable[str], wires: Iterable[EdgeEnd] = ()) -> None:
        """Select exactly these."""
        wanted = frozenset(id for id in ids if id in self.nodes or id in self.others)
        ends = frozenset(end for end in wires if end in self.wires)
        if (wanted, ends) == (self.selection, self.selected_wires):
            return
        touched, strung = self.selection ^ wanted, self.selected_wires ^ ends
        self.selection, self.selected_wires = wanted, ends
        for id in touched:
            item: QGraphicsItem | None = self.nodes.get(id) or self.others.get(id)
            if item is not None:
                item.update()
        for end in strung & self.wires.keys():
            self.wires[end].update()
        if self.overview.isVisible():
            self.overview.update()
        self.selection_changed.emit()

    def hover(self, node: str | None, wire: EdgeEnd | None = None) -> None:
        """What the mouse is over."""
        for id in {self.hovered, node} if node != self.hovered else ():
            if id in self.nodes:
                self.nodes[id].update()
        for end in {self.hovered_wire, wire} if wire != self.hovered_wire else ():
            if end in self.wires:
                self.wires[end].update()
        self.hovered, self.hovered_wire = node, wire

    # -- where things are -------------------------------------------------------------------------------------------

    def node_at(self, pos: QPointF) -> str | None:
        """The topmost node whose card holds `pos`."""
        spot = QRectF(pos.x() - 0.5, pos.y() - 0.5, 1, 1)
        found = [id for id in self.model.places.within(spot) if self.model.places.rects[id].contains(pos)]
        order = list(self.nodes) if len(found) > 1 else found
        return max(found, key=lambda id: (self.nodes[id].zValue(), order.index(id)), default=None)

    def port_at(self, pos: QPointF) -> PortRef | None:
        """The nearest port whose hit area (24 px) holds `pos`."""
        reach = PORT_HIT / 2
        best: tuple[float, PortRef] | None = None
        for id in self.model.places.within(QRectF(pos.x() - reach, pos.y() - reach, 2 * reach, 2 * reach)):
            corner, card = self.model.position(id), self.cards[id]
            for ports, is_input in ((card.inputs, True), (card.outputs, False)):
                for one in ports:
                    gap = corner + one.centre - pos
                    far = max(abs(gap.x()), abs(gap.y()))
                    if far <= reach and (best is None or far < best[0]):
                        best = far, PortRef(id, one.face.name, is_input)
        return best[1] if best else None

    def wire_at(self, pos: QPointF) -> EdgeEnd | None:
        """The wire within 6 px of `pos`, named by the port it enters."""
        area = QRectF(pos.x() - 6, pos.y() - 6, 12, 12)
        for item in self.items(area):
            if isinstance(item, WireItem):
                stroker = QPainterPathStroker()
                stroker.setWidth(12)
                if stroker.createStroke(item.shape()).contains(pos):
                    return item.end
        return None

    def port_position(self, ref: PortRef) -> QPointF | None:
        """The centre of a port on the canvas; None where there is no such port."""
        port = self.model.port(ref.node, ref.name, is_input=ref.is_input)
        return None if port is None else self.model.position(ref.node) + port.centre

    def node_rect(self, id: str) -> QRectF:
        return QRectF(self.model.places.rects[id])

    def mark_ports(self, marks: Mapping[PortRef, Mark]) -> None:
        """How ports answer to the wire in the hand; an empty mapping ends it."""
        touched = {ref.node for ref in (*self._marks, *marks)}
        self._marks = dict(marks)
        for id in touched & self.nodes.keys():
            self.nodes[id].update()

    def mark_of(self, node: str, name: str, is_input: bool) -> Mark | None:
        return self._marks.get(PortRef(node, name, is_input)) if self._marks else None

    def content_rect(self) -> QRectF:
        """The box around all there is."""
        box = QRectF()
        for rect in self.model.places.rects.values():
            box = box.united(rect)
        for item in (*self.others.values(), *self.wires.values()):
            box = box.united(item.sceneBoundingRect())
        return box.united(self.wire_pictures.rect)

    def show_overview(self, far: bool) -> None:
        """Let one item stand for all nodes and wires, or each for itself again."""
        if far != self.overview.isVisible():
            self.overview.setVisible(far)
            for layer in self._layers:
                layer.setVisible(not far)

    # -- for items --------------------------------------------------------------------------------------------------

    def is_training(self, end: EdgeEnd) -> bool:
        """Both ends learn now, and what travels can carry a gradient."""
        if not self.training or self.letters.get(end) not in ("F", "S", "?"):
            return False
        edge = self.graph.edges.get(end)
        return edge is not None and edge.source in self.training and edge.target in self.training

    def _place(self, id: str) -> None:
        item = self.nodes.get(id)
        if item is None:
            item = self.nodes[id] = NodeItem(id, self)
            item.setParentItem(self._layers[1])
        card = self.cards[id]
        item.resize(card.width, card.height)
        item.setPos(self.model.position(id))
        item.update()
        self.overview.forget((id,))

    def _redo(self, ids: Iterable[str], every: bool = False) -> None:
        changed = self.model.refresh(ids)
        for id in changed:
            self._place(id)
        self._weave(set(self.model.fed) if every else self.model.nets_at(id for id, grown in changed.items() if grown))

    def _weave(self, nets: Iterable[tuple[str, str]]) -> None:
        woven = self.model.weave(nets)
        for end in woven:
            item = self.wires.get(end)
            if item is None:
                item = self.wires[end] = WireItem(end, self)
                item.setParentItem(self._layers[0])
            item.reroute()
            item.update()
        self.overview.forget(wires=woven)
        self.links.follow()
        self.wire_pictures.follow(woven)

    def _sync_others(self, before: Graph, after: Graph) -> None:
        kinds: tuple[tuple[Any, Mapping[str, Any], Mapping[str, Any]], ...] = (
            (FrameItem, before.frames, after.frames), (NoteItem, before.notes, after.notes))
        for kind, old, new in kinds:
            for id in old.keys() - new.keys():
                self.removeItem(self.others.pop(id))
            for id, one in new.items():
                if old.get(id) is one and id in self.others:
                    continue
                if id not in self.others:
                    self.others[id] = kind(id, self)
                    self.addItem(self.others[id])
                self.others[id].prepareGeometryChange()
                self.others[id].setPos(one.x, one.y)
                self.others[id].update()


def outline_of(scene: CanvasScene, id: str) -> QPainterPath:
    """The card of a node as a path on the canvas, for lassos and knives."""
    path = QPainterPath()
    path.addRect(scene.node_rect(id))
    return path
