"""Edits of module definitions: what lies inside one, which ones there are, what they show outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from neuralgraph.errors import EditError
from neuralgraph.graph.document import Edge, Graph
from neuralgraph.graph.edits import Edit, Group, Replace
from neuralgraph.graph.frozen import FrozenDict

Wires = Mapping[tuple[str, str], Edge]


@dataclass(frozen=True, slots=True)
class Within(Edit):
    """An edit inside a definition: all its copies change. Wires outside follow a door that is called otherwise.

    `moves` are local to the definition: `copies` says where copies of it lie, so that their weights follow. `wires`
    are those that rooms get back when a rename is undone ("" is the document): names alone do not say which they were,
    where a wire already led to a door of the new name that was not there.
    """

    module: str
    edit: Edit
    copies: tuple[str, ...] = ()
    wires: tuple[tuple[str, Wires], ...] | None = None

    @property
    def label(self) -> str:  # type: ignore[override]
        return self.edit.label

    @property
    def moves(self) -> tuple[tuple[str, str], ...]:
        return tuple((f"{path}/{old}", f"{path}/{new}") for path in self.copies for old, new in self.edit.moves)

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        own = graph.modules.get(self.module)
        if own is None:
            raise EditError(f"There is no module {self.module!r} in this document.")
        changed, inverse = self.edit.apply(own.having(modules=graph.modules))
        if self.module not in changed.modules:
            raise EditError(f"{self.module} can be renamed or deleted from outside only: leave it first.")
        after = graph.having(modules={**changed.modules, self.module: changed.having(modules=own.modules)})
        wires = self.wires
        if wires is None:
            wires = _following(after, self.module, _names(self.edit.moves))
        back = tuple((room, before.edges) for room, _ in wires if (before := _room(graph, room)) is not None)
        return _wired(after, wires), Within(self.module, inverse, self.copies, back)

    def followed_by(self, later: Edit) -> Edit:
        if isinstance(later, Within) and later.module == self.module and not (self.edit.moves or later.edit.moves):
            return Within(self.module, self.edit.followed_by(later.edit), self.copies)
        return Group(self.label, (self, later))


def _names(moves: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """What nodes of one room are called after all of these moves, one after the other."""
    names: dict[str, str] = {}
    for old, new in moves:
        if "/" not in old and "/" not in new:
            names[next((first for first, now in names.items() if now == old), old)] = new
    return names


def _following(graph: Graph, module: str, names: Mapping[str, str]) -> tuple[tuple[str, Wires], ...]:
    """The wires of every room with copies of a definition, whose doors have new names."""
    rooms = {"": graph, **graph.modules} if names else {}
    found = ((room, _rewired(one, module, names)) for room, one in rooms.items())
    return tuple((room, edges) for room, edges in found if edges is not None)


def _rewired(graph: Graph, module: str, names: Mapping[str, str]) -> Wires | None:
    copies = {id for id, one in graph.nodes.items() if one.params.get("definition") == module}
    pairs = [(edge, _renamed(edge, copies, names)) for edge in graph.edges.values()] if copies else []
    if all(old is new for old, new in pairs):
        return None
    pairs.sort(key=lambda pair: pair[0] is not pair[1])  # of two wires into one port, the one that led to a door stays
    return {new.end: new for _, new in pairs}


def _room(graph: Graph, name: str) -> Graph | None:
    return graph.modules.get(name) if name else graph


def _wired(graph: Graph, wires: tuple[tuple[str, Wires], ...]) -> Graph:
    rooms = {name: graph.modules[name].having(edges=edges) for name, edges in wires if name in graph.modules}
    if rooms:
        graph = graph.having(modules={**graph.modules, **rooms})
    return graph.having(edges=dict(wires)[""]) if "" in dict(wires) else graph


def _renamed(edge: Edge, copies: set[str], names: Mapping[str, str]) -> Edge:
    output = names.get(edge.output, edge.output) if edge.source in copies else edge.output
    input = names.get(edge.input, edge.input) if edge.target in copies else edge.input
    return edge if (output, input) == (edge.output, edge.input) else replace(edge, output=output, input=input)


@dataclass(frozen=True, slots=True)
class PutModule(Edit):
    """Add a definition, or replace the one of the same name."""

    name: str
    definition: Graph
    label: str = "Change module"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        old = graph.modules.get(self.name)
        changed = graph.having(modules={**graph.modules, self.name: self.definition.having(modules={})})
        return changed, PutModule(self.name, old, self.label) if old else RemoveModule(self.name, self.label)


@dataclass(frozen=True, slots=True)
class RemoveModule(Edit):
    """Take a definition away."""

    name: str
    label: str = "Delete module"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        old = graph.modules.get(self.name)
        if old is None:
            raise EditError(f"There is no module {self.name!r} in this document.")
        table = {name: one for name, one in graph.modules.items() if name != self.name}
        return graph.having(modules=table), PutModule(self.name, old, self.label)


@dataclass(frozen=True, slots=True)
class RenameModule(Edit):
    """Give a definition another name; its copies follow."""

    old: str
    new: str

    @property
    def label(self) -> str:  # type: ignore[override]
        return f"Rename {self.old} to {self.new}"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        if self.old not in graph.modules:
            raise EditError(f"There is no module {self.old!r} in this document.")
        if not self.new.strip() or len(self.new) > 200:
            raise EditError("A module needs a name of 1 to 200 characters.")
        if self.new in graph.modules:
            raise EditError(f"There already is a module {self.new!r} in this document.")
        table = {(self.new if name == self.old else name): self._named(one) for name, one in graph.modules.items()}
        rooms = (graph, *graph.modules.values())
        waiting = any(one.params.get("definition") == self.new for room in rooms for one in room.nodes.values())
        back = Replace(graph, self.label) if waiting else RenameModule(self.new, self.old)
        return self._named(graph).having(modules=table), back

    def _named(self, graph: Graph) -> Graph:
        changed = {id: replace(one, params=FrozenDict(one.params.having(definition=self.new)))
                   for id, one in graph.nodes.items() if one.params.get("definition") == self.old}
        return graph.having(nodes={**graph.nodes, **changed}) if changed else graph


@dataclass(frozen=True, slots=True)
class Expose(Edit):
    """Which parameters a definition shows outside: pairs of a name and the `node.parameter`s inside that it sets."""

    exposed: tuple[tuple[str, tuple[str, ...]], ...]
    label: str = "Show parameters outside"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        before = tuple(graph.exposed.items())
        return graph.having(exposed=dict(self.exposed)), Expose(before, self.label)
