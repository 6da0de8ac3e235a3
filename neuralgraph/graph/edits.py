"""Every change of a document: frozen values whose `apply` returns the new document and the exact inverse."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from neuralgraph.errors import EditError
from neuralgraph.graph.document import Edge, Frame, Graph, Note, Placed
from neuralgraph.graph.ids import counted, refusal
from neuralgraph.graph.plan import Plan
from neuralgraph.graph.stages import names_it, renamed

K = TypeVar("K")
V = TypeVar("V")


class Edit(ABC):
    """One change. `apply` never touches the graph it is given; an edit that does not fit raises `EditError`."""

    label: str
    """What the Edit menu calls it: «Add Conv2d»."""

    @property
    def moves(self) -> tuple[tuple[str, str], ...]:
        """Nodes that are called otherwise afterwards, old path to new: their weights follow."""
        return ()

    @abstractmethod
    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        """The changed graph, and the edit that takes it back exactly."""

    def followed_by(self, later: Edit) -> Edit:
        """One edit for both, for gestures that arrive in pieces (typing, sliders, drags)."""
        return Group(self.label, (self, later))


@dataclass(frozen=True, slots=True)
class Group(Edit):
    """Several edits as one step. `renamed` are moves that come about by all of them together."""

    label: str
    edits: tuple[Edit, ...]
    renamed: tuple[tuple[str, str], ...] = ()

    @property
    def moves(self) -> tuple[tuple[str, str], ...]:
        return self.renamed or tuple(move for edit in self.edits for move in edit.moves)

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        inverses: list[Edit] = []
        for edit in self.edits:
            graph, inverse = edit.apply(graph)
            inverses.append(inverse)
        back = tuple((new, old) for old, new in reversed(self.renamed))
        return graph, Group(self.label, tuple(reversed(inverses)), back)

    def followed_by(self, later: Edit) -> Edit:
        if self.renamed or later.moves:
            return Group(self.label, (self, later))
        return Group(self.label, (*self.edits, *(later.edits if isinstance(later, Group) else (later,))))


@dataclass(frozen=True, slots=True)
class AddNode(Edit):
    """Put a node into the document."""

    node: Placed

    @property
    def label(self) -> str:  # type: ignore[override]
        return f"Add {self.node.type}"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        _check_new_id(graph, self.node.id)
        changed = graph.having(
            nodes={**graph.nodes, self.node.id: self.node}, counters=counted(graph.counters, self.node.id)
        )
        return changed, RemoveNode(self.node.id)


@dataclass(frozen=True, slots=True)
class RemoveNode(Edit):
    """Take a node out, with every wire that touches it."""

    id: str

    @property
    def label(self) -> str:  # type: ignore[override]
        return f"Delete {self.id}"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        node = _get(graph.nodes, self.id, "node")
        cut = tuple(graph.touching(self.id))
        gone = {edge.end for edge in cut}
        edges = {end: edge for end, edge in graph.edges.items() if end not in gone} if cut else graph.edges
        changed = graph.having(nodes=_without(graph.nodes, self.id), edges=edges)
        return changed, Group(self.label, (AddNode(node), *(Connect(edge) for edge in cut)))


@dataclass(frozen=True, slots=True)
class ChangeNode(Edit):
    """Replace a node by a changed one of the same id: parameters, title, note, flags, weights."""

    node: Placed
    label: str = "Change node"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        old = _get(graph.nodes, self.node.id, "node")
        return graph.having(nodes={**graph.nodes, self.node.id: self.node}), ChangeNode(old, self.label)

    def followed_by(self, later: Edit) -> Edit:
        if isinstance(later, ChangeNode) and later.node.id == self.node.id:
            return later
        return Group(self.label, (self, later))


@dataclass(frozen=True, slots=True)
class Move(Edit):
    """Move nodes, notes and frames to new places: `((id, x, y), …)`."""

    places: tuple[tuple[str, float, float], ...]

    @property
    def label(self) -> str:  # type: ignore[override]
        return f"Move {self.places[0][0]}" if len(self.places) == 1 else f"Move {len(self.places)} items"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        nodes, notes, frames = dict(graph.nodes), dict(graph.notes), dict(graph.frames)
        old: list[tuple[str, float, float]] = []
        for name, x, y in self.places:
            home: dict[str, Any] = next((one for one in (nodes, notes, frames) if name in one), nodes)
            item = _get(home, name, "item")
            old.append((name, item.x, item.y))
            home[name] = replace(item, x=x, y=y)
        return graph.having(nodes=nodes, notes=notes, frames=frames), Move(tuple(reversed(old)))

    def followed_by(self, later: Edit) -> Edit:
        if isinstance(later, Move) and {one[0] for one in later.places} == {one[0] for one in self.places}:
            return later
        return Group(self.label, (self, later))


@dataclass(frozen=True, slots=True)
class RenameNode(Edit):
    """Give a node another id; its wires follow."""

    old: str
    new: str

    @property
    def label(self) -> str:  # type: ignore[override]
        return f"Rename {self.old} to {self.new}"

    @property
    def moves(self) -> tuple[tuple[str, str], ...]:
        return ((self.old, self.new),)

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        node = _get(graph.nodes, self.old, "node")
        _check_new_id(graph, self.new)
        nodes = {self.new if key == self.old else key: value for key, value in graph.nodes.items()}
        nodes[self.new] = replace(node, id=self.new)
        for key, one in graph.nodes.items():
            if one.shares == self.old and key != self.old:
                nodes[key] = replace(one, shares=self.new)
        edges = [self._moved(edge) for edge in graph.edges.values()]
        exposed = {name: tuple(self._target(one) for one in some) for name, some in graph.exposed.items()}
        changed = graph.having(
            nodes=nodes, edges={edge.end: edge for edge in edges}, counters=counted(graph.counters, self.new),
            exposed=exposed or graph.exposed, plan=renamed(graph.plan, self.old, self.new),
        )
        return changed, self._back(graph)

    def _back(self, graph: Graph) -> Edit:
        """The way back, also where something already named the new id before there was such a node."""
        from neuralgraph.graph.module_edits import Expose

        rest: list[Edit] = [ChangeNode(one) for one in graph.nodes.values() if one.shares == self.new]
        if any(one.rpartition(".")[0] == self.new for some in graph.exposed.values() for one in some):
            rest.append(Expose(tuple(graph.exposed.items())))
        if names_it(graph.plan, self.new):
            rest.append(SetPlan(graph.plan))
        back = RenameNode(self.new, self.old)
        return Group(back.label, (back, *rest)) if rest else back

    def _target(self, target: str) -> str:
        id, dot, name = target.rpartition(".")
        return f"{self.new}{dot}{name}" if id == self.old else target

    def _moved(self, edge: Edge) -> Edge:
        source = self.new if edge.source == self.old else edge.source
        target = self.new if edge.target == self.old else edge.target
        return edge if (source, target) == (edge.source, edge.target) else replace(edge, source=source, target=target)


@dataclass(frozen=True, slots=True)
class Connect(Edit):
    """Lay a wire; it replaces the one that ended in the same port."""

    edge: Edge

    @property
    def label(self) -> str:  # type: ignore[override]
        return f"Connect {self.edge.source} to {self.edge.target}"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        _get(graph.nodes, self.edge.source, "node")
        _get(graph.nodes, self.edge.target, "node")
        old = graph.edges.get(self.edge.end)
        changed = graph.having(edges={**graph.edges, self.edge.end: self.edge})
        return changed, Connect(old) if old else Disconnect(*self.edge.end)


@dataclass(frozen=True, slots=True)
class Disconnect(Edit):
    """Take away the wire that ends in this port."""

    target: str
    input: str

    @property
    def label(self) -> str:  # type: ignore[override]
        return f"Disconnect {self.target}"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        edge = _get(graph.edges, (self.target, self.input), "wire")
        return graph.having(edges=_without(graph.edges, edge.end)), Connect(edge)


@dataclass(frozen=True, slots=True)
class PutNote(Edit):
    """Add a note, or replace the one of the same id."""

    note: Note
    label: str = "Change note"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        old = graph.notes.get(self.note.id)
        if old is None:
            _check_new_id(graph, self.note.id)
        changed = graph.having(
            notes={**graph.notes, self.note.id: self.note}, counters=counted(graph.counters, self.note.id)
        )
        return changed, PutNote(old, self.label) if old else RemoveNote(self.note.id)


@dataclass(frozen=True, slots=True)
class RemoveNote(Edit):
    """Take a note away."""

    id: str
    label: str = "Delete note"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        old = _get(graph.notes, self.id, "note")
        return graph.having(notes=_without(graph.notes, self.id)), PutNote(old, self.label)


@dataclass(frozen=True, slots=True)
class PutFrame(Edit):
    """Add a frame, or replace the one of the same id."""

    frame: Frame
    label: str = "Change frame"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        old = graph.frames.get(self.frame.id)
        if old is None:
            _check_new_id(graph, self.frame.id)
        changed = graph.having(
            frames={**graph.frames, self.frame.id: self.frame}, counters=counted(graph.counters, self.frame.id)
        )
        return changed, PutFrame(old, self.label) if old else RemoveFrame(self.frame.id)


@dataclass(frozen=True, slots=True)
class RemoveFrame(Edit):
    """Take a frame away; what lies inside stays."""

    id: str
    label: str = "Delete frame"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        old = _get(graph.frames, self.id, "frame")
        return graph.having(frames=_without(graph.frames, self.id)), PutFrame(old, self.label)


@dataclass(frozen=True, slots=True)
class SetPlan(Edit):
    """Change how the graph learns."""

    plan: Plan
    label: str = "Change training plan"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        return graph.having(plan=self.plan), SetPlan(graph.plan, self.label)

    def followed_by(self, later: Edit) -> Edit:
        return later if isinstance(later, SetPlan) else Group(self.label, (self, later))


@dataclass(frozen=True, slots=True)
class Replace(Edit):
    """Put another document in the place of this one, as one step: an earlier version, what another program wrote."""

    graph: Graph
    label: str = "Replace the document"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        names = graph.counters.keys() | self.graph.counters.keys()
        counters = {one: max(graph.counters.get(one, 0), self.graph.counters.get(one, 0)) for one in sorted(names)}
        return self.graph.having(counters=counters), Replace(graph, self.label)


@dataclass(frozen=True, slots=True)
class Describe(Edit):
    """Change the document's title and the text about it."""

    title: str
    about: str
    label: str = "Describe document"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        changed = graph.having(title=self.title, about=self.about)
        return changed, Describe(graph.title, graph.about, self.label)


def _check_new_id(graph: Graph, name: str) -> None:
    if reason := refusal(name):
        raise EditError(f"{name!r} cannot be an id: {reason}.")
    if name in graph.nodes or name in graph.notes or name in graph.frames:
        raise EditError(f"There already is something with the id {name!r} in this document.")


def _get(home: Mapping[K, V], key: K, what: str) -> V:
    if key not in home:
        raise EditError(f"There is no {what} {key!r} in this document.")
    return home[key]


def _without(home: Mapping[K, V], key: K) -> dict[K, V]:
    return {one: value for one, value in home.items() if one != key}
