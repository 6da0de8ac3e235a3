"""A node type dragged from the palette: its ghost follows on the grid, a wire under it lights up."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPointF, QRectF, Qt

from neuralgraph.errors import DocumentError
from neuralgraph.graph import wiring
from neuralgraph.graph.blank import adding
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.edits import Edit, Group
from neuralgraph.graph.ids import fresh
from neuralgraph.tokens import GRID, HEADER, NODE_MIN
from neuralgraph.ui.canvas.content import face_of
from neuralgraph.ui.canvas.geometry import layout
from neuralgraph.ui.canvas.gestures.board import Board, End, Hand
from neuralgraph.ui.canvas.gestures.overlay import Overlay, ghost
from neuralgraph.ui.canvas.gestures.spacing import with_room
from neuralgraph.ui.canvas.shelf import applied, called, stem_of, taken, together

MIME = "application/x-neuralgraph-node"


def type_in(data: QMimeData) -> str:
    """The node type that is carried; "" where it is something else."""
    return bytes(data.data(MIME).data()).decode("utf-8", "replace") if data.hasFormat(MIME) else ""


class PaletteDrop:
    """From entering the canvas to the drop. Ctrl keeps it out of wires."""

    def __init__(self, board: Board, type: str) -> None:
        self.board, self.type = board, type
        self._ghost, self._light = Overlay(board), Overlay(board)
        self._tried: tuple[Graph, str] | None = None

    def follow(self, hand: Hand) -> None:
        self._ghost.show(ghost(self._corner(hand)), colour=self.board.tokens.accent, width=1.8, fill=0.08, dashed=True)
        found = self._wire(hand)
        if found is None:
            self._light.clear()
        else:
            self._light.show(self.board.wire_path(found), colour=self.board.tokens.accent, width=4)

    def drop(self, hand: Hand) -> str:
        """Place the node, in the wire below it where there is one: one step. Its id."""
        session = self.board.session
        end = self._wire(hand)
        self.clear()
        try:
            first, placed = self._taken(hand)
        except DocumentError as error:
            self.board.say(str(error))
            return ""
        session.edit(together(first, self._edit(applied(session.graph, first), placed, end)))
        self.board.select((placed.id,))
        self.board.say(f"{called(self.type)} added")
        return placed.id

    def clear(self) -> None:
        self._ghost.clear()
        self._light.clear()

    def _edit(self, graph: Graph, placed: Placed, end: End | None) -> Edit:
        catalog = self.board.session.catalog
        add = adding(graph, catalog, placed)
        if end is None:
            return add
        trial, _ = add.apply(graph)
        spliced = wiring.splice(trial, catalog, placed.id, graph.edges[end])
        if not isinstance(spliced, Group):
            return add
        wired, _ = spliced.apply(trial)
        card = layout(face_of(placed, wired, catalog, wires=wired.into(placed.id))).rect.translated(placed.x, placed.y)
        boxes = {one: self.board.box(one) for one in graph.nodes} | {placed.id: card}
        return with_room(Group(spliced.label, (add, *spliced.edits)), trial, placed.id, graph.edges[end], boxes)

    def _taken(self, hand: Hand) -> tuple[tuple[Edit, ...], Placed]:
        """The node that is dropped, and what has to come into the document before it."""
        corner, room = self._corner(hand), self.board.session
        return taken(room, self.type, fresh(room.graph, stem_of(self.type)), corner.x(), corner.y())

    def _trial(self, hand: Hand) -> tuple[Graph, str]:
        """The graph with the node in it, unwired, and its id; made once for a drag."""
        if self._tried is None:
            first, placed = self._taken(hand)
            graph = applied(self.board.session.graph, first)
            self._tried = adding(graph, self.board.session.catalog, placed).apply(graph)[0], placed.id
        return self._tried

    def _corner(self, hand: Hand) -> QPointF:
        """The ghost hangs on the hand by the middle of its header."""
        return QPointF(*(float(round(v / GRID) * GRID) for v in (
            hand.place.x() - NODE_MIN / 2, hand.place.y() - HEADER / 2)))

    def _wire(self, hand: Hand) -> End | None:
        if hand.holds(Qt.KeyboardModifier.ControlModifier):
            return None
        corner = self._corner(hand)
        core = QRectF(corner.x() + NODE_MIN * 0.2, corner.y(), NODE_MIN * 0.6, HEADER + 8)
        for end, edge in self.board.session.graph.edges.items():
            if not self.board.wire_path(end).intersects(core):
                continue
            try:
                trial, name = self._trial(hand)
            except DocumentError:
                return None
            if isinstance(wiring.splice(trial, self.board.session.catalog, name, edge), Edit):
                return end
        return None
