"""Lay a wire: port to port, port to node, click and click, or to empty canvas for a new node."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF

from neuralgraph.graph import wiring
from neuralgraph.graph.document import Edge
from neuralgraph.graph.edits import Connect, Disconnect, Edit, Group
from neuralgraph.graph.reading import input_names, instance, port_of
from neuralgraph.spec import Node
from neuralgraph.ui.canvas.gestures.board import Board, End, Hand, Port
from neuralgraph.ui.canvas.gestures.gesture import Gesture
from neuralgraph.ui.canvas.gestures.overlay import Bubble
from neuralgraph.validation.problem import Problem

MOST_TO_PREVIEW = 400
"""Above so many nodes shapes are not tried while dragging: the hand goes first."""

Ask = Callable[[Hand, End, bool], None]
"""Open the search at the hand for a node that fits a loose wire: its end, and whether it starts in an output."""


class LayWire(Gesture):
    """From a port. A wired input lets its wire be picked up and laid elsewhere, or dropped."""

    def __init__(self, board: Board, hand: Hand, port: Port, ask: Ask) -> None:
        super().__init__(board, hand)
        self._ask = ask
        self._old: Edge | None = None
        self._port = port
        self._sticky = False
        self._bubble: Bubble | None = None
        self._aim: Port | None = None
        self._fits = True
        self._trouble: tuple[Problem, ...] = ()

    def begin(self, hand: Hand) -> None:
        graph = self.board.session.graph
        old = None if self._port.output else graph.edges.get(self._port.end)
        if old is not None:
            self._old, self._port = old, Port(old.source, old.output, True)
            self.board.hide_wire(old.end)
        self.board.mark_ports(self._marks())

    def follow(self, hand: Hand) -> None:
        aim = self._target(hand)
        if aim != self._aim:
            self._aim = aim
            self._look(hand)
        start = self.board.port_position(self._port)
        end = self.board.port_position(aim) if aim is not None and self._exists(aim) else hand.place
        look = "free" if aim is None else "fits" if self._fits else "refused"
        first, last = (start, end) if self._port.output else (end, start)
        self.board.drag_wire(first, last, look)

    def release(self, hand: Hand) -> bool:
        if not self.moved and not self._sticky:
            self._sticky = self.moved = True
            self.begin(hand)
            self.follow(hand)
            return False
        self._aim = self._target(hand)
        self.finish(hand)
        self.clear()
        return True

    def finish(self, hand: Hand) -> None:
        session = self.board.session
        if self._aim is None:
            if self.board.item_at(hand.place) is not None:
                return
            if self._old is not None:
                session.edit(Disconnect(*self._old.end))
            else:
                self._ask(hand, self._port.end, self._port.output)
            return
        if self._old is not None and self._aim.end == self._old.end:
            return
        found = self._edit(self._aim)
        if isinstance(found, wiring.Refusal):
            self.board.say(found.message)
            return
        session.edit(found)
        self.board.say(found.label)

    def clear(self) -> None:
        self.board.drag_wire(None, None)
        self.board.mark_ports({})
        self.board.hide_wire(None)
        if self._bubble is not None:
            self._bubble.hide()
            self._bubble.deleteLater()
            self._bubble = None

    def _target(self, hand: Hand) -> Port | None:
        """The port under the hand on the other side, or the one that suits best of the node under it."""
        port = self.board.port_at(hand.place)
        if port is not None and port.output != self._port.output and port.node != self._port.node:
            return port
        id = port.node if port is not None else self.board.item_at(hand.place)
        graph, catalog = self.board.session.graph, self.board.session.catalog
        if id is None or id not in graph.nodes or id == self._port.node:
            return None
        if self._port.output:
            best = wiring.best_port(graph, catalog, *self._port.end, id, self._specs)
            return Port(id, "" if isinstance(best, wiring.Refusal) else best, False)
        node = instance(graph.nodes[id], catalog, graph.modules)
        names = node.outputs() if isinstance(node, Node) else ()
        letter = self._letter(self._port)
        good = [n for n in names if wiring.fits(wiring.letter_of(graph, catalog, id, n, self._specs), letter)]
        if self._port.name in wiring.TARGETS and "y" in good:
            good = ["y"]
        return Port(id, (good or [*names, ""])[0], True)

    def _edit(self, aim: Port) -> Edit | wiring.Refusal:
        session = self.board.session
        start, end = (self._port, aim) if self._port.output else (aim, self._port)
        found = wiring.connect(session.graph, session.catalog, *start.end, end.node, end.name or None, self._specs)
        if isinstance(found, Connect) and self._old is not None:
            return Group(f"Move wire to {end.node}", (Disconnect(*self._old.end), found))
        return found

    def _look(self, hand: Hand) -> None:
        """Say whether it fits what is aimed at, and why not."""
        self._fits, self._trouble = True, ()
        if self._aim is None:
            self._hush()
            return
        found = self._edit(self._aim)
        if isinstance(found, wiring.Refusal):
            self._fits = self._old is not None and self._aim.end == self._old.end
            self._hush() if self._fits else self._tell(hand, found.message)
            return
        self._trouble = self._tried(found)
        if self._trouble:
            first = self._trouble[0]
            fix = first.fixes[0].label if first.fixes else ""
            this = f"This is {first.received}." if first.received else ""
            self._fits = False
            self._tell(hand, first.title or first.message, this or first.hint, fix)
        else:
            self._hush()

    def _tried(self, edit: Edit) -> tuple[Problem, ...]:
        """What shapes and dtypes say against it, where that is known quickly."""
        session = self.board.session
        if session.analysis is None or len(session.graph.nodes) > MOST_TO_PREVIEW or self._aim is None:
            return ()
        end = self._aim.node if self._port.output else self._port.node
        found = [one for one in session.preview(edit) if one.severity == "error" and one.node == end]
        return tuple(one for one in found if one.code != "open_input")

    def _marks(self) -> dict[Port, bool]:
        """Every port on the other side: does it fit?"""
        graph, catalog = self.board.session.graph, self.board.session.catalog
        banned = wiring.reach(graph, [self._port.node], forward=not self._port.output)
        letter, marks = self._letter(self._port), {}
        for id, placed in graph.nodes.items():
            node = instance(placed, catalog, graph.modules)
            if not isinstance(node, Node):
                continue
            wires = {edge.input: edge for edge in graph.into(id)}
            for name in input_names(node, wires) if self._port.output else node.outputs():
                other = Port(id, name, not self._port.output)
                mine, theirs = (letter, self._letter(other)) if self._port.output else (self._letter(other), letter)
                marks[other] = id not in banned and wiring.fits(mine, theirs)
        return marks

    def _letter(self, port: Port) -> str:
        graph, catalog = self.board.session.graph, self.board.session.catalog
        if port.output:
            return wiring.letter_of(graph, catalog, *port.end, self._specs)
        node = instance(graph.nodes[port.node], catalog, graph.modules)
        declared = port_of(node, port.name) if isinstance(node, Node) else None
        return declared.letter if declared is not None else "?"

    @property
    def _specs(self) -> wiring.Specs:
        analysis = self.board.session.analysis
        return analysis.specs if analysis else wiring.NOTHING

    def _exists(self, port: Port) -> bool:
        return bool(port.name)

    def _tell(self, hand: Hand, title: str, more: str = "", fix: str = "") -> None:
        if self._bubble is None:
            self._bubble = Bubble(self.board.view.viewport(), self.board.tokens)
        at = self.board.port_position(self._aim) if self._aim and self._exists(self._aim) else QPointF(hand.place)
        self._bubble.tell(self.board.view.mapFromScene(at), title, more, fix)
        self.board.say(title)

    def _hush(self) -> None:
        if self._bubble is not None:
            self._bubble.hide()
