"""Edits of module definitions: what lies inside one, which ones there are, what they show outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from neuralgraph.errors import EditError
from neuralgraph.graph.document import Edge, Graph
from neuralgraph.graph.edits import Edit, Group
from neuralgraph.graph.frozen import FrozenDict


@dataclass(frozen=True, slots=True)
class Within(Edit):
    """An edit inside a definition: all its copies change. Wires outside follow a door that is called otherwise.

    `moves` are local to the definition: `copies` says where copies of it lie, so that their weights follow.
    """

    module: str
    edit: Edit
    copies: tuple[str, ...] = ()

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
        table = {**changed.modules, self.module: changed.having(modules=own.modules)}
        after = graph.having(modules=table)
        names = dict(self.edit.moves)
        if names:
            after = _follow(after, self.module, names)
        return after, Within(self.module, inverse, self.copies)

    def followed_by(self, later: Edit) -> Edit:
        if isinstance(later, Within) and later.module == self.module:
            return Within(self.module, self.edit.followed_by(later.edit), self.copies)
        return Group(self.label, (self, later))


def _follow(graph: Graph, module: str, names: Mapping[str, str]) -> Graph:
    """Wires to and from copies of a definition, whose doors have new names."""
    rooms = {name: _rewired(one, module, names) for name, one in graph.modules.items()}
    return _rewired(graph.having(modules=rooms), module, names)


def _rewired(graph: Graph, module: str, names: Mapping[str, str]) -> Graph:
    copies = {id for id, one in graph.nodes.items() if one.params.get("definition") == module}
    if not copies:
        return graph
    edges = {edge.end: edge for edge in (_renamed(edge, copies, names) for edge in graph.edges.values())}
    return graph.having(edges=edges)


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
        return self._named(graph).having(modules=table), RenameModule(self.new, self.old)

    def _named(self, graph: Graph) -> Graph:
        nodes = {id: replace(one, params=FrozenDict(one.params.having(definition=self.new)))
                 if one.params.get("definition") == self.old else one for id, one in graph.nodes.items()}
        return graph.having(nodes=nodes)


@dataclass(frozen=True, slots=True)
class Expose(Edit):
    """Which parameters a definition shows outside: pairs of a name and the `node.parameter`s inside that it sets."""

    exposed: tuple[tuple[str, tuple[str, ...]], ...]
    label: str = "Show parameters outside"

    def apply(self, graph: Graph) -> tuple[Graph, Edit]:
        before = tuple(graph.exposed.items())
        return graph.having(exposed=dict(self.exposed)), Expose(before, self.label)
