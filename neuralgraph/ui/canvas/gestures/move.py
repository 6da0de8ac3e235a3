"""Move what is selected on the 8 px grid; Alt moves copies; a free node let go on a wire goes into it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt

from neuralgraph.graph import wiring
from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import Edit, Group, Move
from neuralgraph.tokens import GRID
from neuralgraph.ui.canvas.gestures.board import Board, End, Hand
from neuralgraph.ui.canvas.gestures.gesture import Gesture
from neuralgraph.ui.canvas.gestures.overlay import Overlay
from neuralgraph.ui.canvas.gestures.rubber import ADDING
from neuralgraph.ui.canvas.gestures.spacing import with_room


class MoveItems(Gesture):
    """A press on an item selects it; Ctrl or Shift adds it or takes it out. A frame takes along what lies in it."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, board: Board, hand: Hand, id: str) -> None:
        super().__init__(board, hand)
        self._id = id
        self._before = (board.selection(), board.selected_wires())
        self._was_selected = id in self._before[0]
        self._copy = hand.holds(Qt.KeyboardModifier.AltModifier)
        self._wire: End | None = None
        self._light = Overlay(board)
        if not self._was_selected:
            board.select((*self._before[0], id) if hand.holds(ADDING) else (id,))
        self._ids = self._carried()

    def click(self, hand: Hand) -> None:
        if not self._was_selected:
            return
        kept = [one for one in self._before[0] if one != self._id]
        self.board.select(kept if hand.holds(ADDING) else (self._id,))

    def follow(self, hand: Hand) -> None:
        dx, dy = self._by(hand)
        self.board.shift(dict.fromkeys(self._ids, (dx, dy)))
        self._wire = self._under(dx, dy, hand)
        if self._wire is None:
            self._light.clear()
        else:
            self._light.show(self.board.wire_path(self._wire), colour=self.board.tokens.accent, width=4)

    def finish(self, hand: Hand) -> None:
        dx, dy = self._by(hand)
        self.board.shift({})
        if (dx, dy) == (0.0, 0.0):
            return
        session = self.board.session
        if self._copy:
            made = wiring.duplicate(session.graph, self._ids, dx, dy)
            if made is not None:
                session.edit(made[0])
                self.board.select(made[1].values())
            return
        self._wire = self._under(dx, dy, hand)
        session.edit(self._edit(dx, dy))

    def cancel(self) -> None:
        self.board.select(*self._before)
        self.clear()

    def clear(self) -> None:
        self.board.shift({})
        self._light.clear()

    def _edit(self, dx: float, dy: float) -> Edit:
        session = self.board.session
        move = Move(tuple(moved(session.graph, self._ids, dx, dy)))
        if self._wire is not None and (edge := session.graph.edges.get(self._wire)) is not None:
            spliced = wiring.splice(session.graph, session.catalog, self._ids[0], edge, _specs(self.board))
            if isinstance(spliced, Group):
                graph, id = session.graph, self._ids[0]
                boxes = {one: self.board.box(one) for one in graph.nodes}
                boxes[id] = boxes[id].translated(dx, dy)
                return with_room(Group(spliced.label, (move, *spliced.edits)), graph, id, edge, boxes)
        return move

    def _by(self, hand: Hand) -> tuple[float, float]:
        """How far, so that the item under the hand ends on the grid."""
        by, corner = hand.place - self.start.place, self._corner()
        return (float(round((corner.x() + by.x()) / GRID) * GRID) - corner.x(),
                float(round((corner.y() + by.y()) / GRID) * GRID) - corner.y())

    def _corner(self) -> QPointF:
        item = _item(self.board.session.graph, self._id)
        return QPointF(item[0], item[1])

    def _carried(self) -> list[str]:
        """The selected items and what lies inside selected frames."""
        graph = self.board.session.graph
        ids = list(self.board.selection())
        if self._id not in ids:
            ids.append(self._id)
        for frame in [one for one in ids if one in graph.frames]:
            ids += inside(self.board, frame)
        return list(dict.fromkeys(ids))

    def _under(self, dx: float, dy: float, hand: Hand) -> End | None:
        """The wire that the one free node would go into."""
        graph = self.board.session.graph
        if self._copy or len(self._ids) != 1 or self._id not in graph.nodes or hand.holds(ADDING):
            return None
        if any(graph.touching(self._id)):
            return None
        box = QRectF(self._corner() + QPointF(dx, dy), self.board.box(self._id).size())
        return wire_under(self.board, self._id, box)


def wire_under(board: Board, id: str, box: QRectF) -> End | None:
    """The wire through the middle of `box` that a node could go into."""
    session = board.session
    core = box.adjusted(box.width() * 0.2, 0, -box.width() * 0.2, 0)
    for end, edge in session.graph.edges.items():
        if board.wire_path(end).intersects(core) and not isinstance(
                wiring.splice(session.graph, session.catalog, id, edge, _specs(board)), wiring.Refusal):
            return end
    return None


def inside(board: Board, frame: str) -> list[str]:
    """What lies wholly in a frame."""
    graph, area = board.session.graph, board.box(frame)
    return [id for home in (graph.nodes, graph.notes, graph.frames) for id in home
            if id != frame and area.contains(board.box(id))]


def moved(graph: Graph, ids: list[str], dx: float, dy: float) -> list[tuple[str, float, float]]:
    """The places of items after a step."""
    places = []
    for id in ids:
        x, y = _item(graph, id)
        places.append((id, x + dx, y + dy))
    return places


def _item(graph: Graph, id: str) -> tuple[float, float]:
    item = graph.nodes.get(id) or graph.notes.get(id) or graph.frames[id]
    return item.x, item.y


def _specs(board: Board) -> wiring.Specs:
    return board.session.analysis.specs if board.session.analysis else wiring.NOTHING
