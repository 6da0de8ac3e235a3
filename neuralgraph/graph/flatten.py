"""A document with every module laid out in its place: what is compiled, and where each of its nodes was drawn.

A node inside is called by its path: `block_1/linear_2`, and `block_1/7/linear_2` in the copy number 7 of one that is
repeated. Doors become beads on the wires. Where nothing is drawn inside anything, the flat graph is the document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

from neuralgraph.graph.definitions import DEEPEST, Modules, Same, interface_of, remembered, set_outside, type_of, uses
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.limits import LIMITS
from neuralgraph.spec import Catalog, Drawn, Inside, Interface

BEAD = "Dot"


@dataclass(frozen=True, slots=True)
class Copy:
    """A module laid out: the definition it is a copy of, and the paths of its turns, `("block_1",)` or
    `("block_1/0", "block_1/1", …)`."""

    definition: str
    turns: tuple[str, ...]
    interface: Interface


@dataclass(frozen=True)
class Flat:
    """The graph that is compiled. `copies` by path; `broken` says why a module was not laid out."""

    graph: Graph
    copies: Mapping[str, Copy] = field(default_factory=dict)
    broken: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    rooms: Mapping[str, str] = field(default_factory=dict)
    """The definition that lies under a path: `"block_1/7"` → its name."""

    def doors(self, path: str) -> dict[str, str]:
        """The outputs of a module, by the bead that gives each: those of its last turn."""
        one = self.copies[path]
        return {door.name: f"{one.turns[-1]}/{door.id}" for door in one.interface.exits}

    def origin(self, id: str) -> tuple[str, str]:
        """The path of the room in which a node was drawn ("" for the document), and its id there."""
        room, _, own = id.rpartition("/")
        return room, own


def flatten(graph: Graph, catalog: Catalog) -> Flat:
    """Every module that can be laid out, laid out."""
    return _flat(Same(graph), Same(catalog))


@lru_cache(maxsize=8)  # of a big document each is tens of megabytes
def _flat(graph: Same, catalog: Same) -> Flat:
    drawn: Graph = graph.it
    types: Catalog = catalog.it
    if not any(one.type in types and issubclass(types[one.type], Drawn) for one in drawn.nodes.values()):
        return Flat(drawn)
    return _Layer(drawn, types).flat()


def inside(name: str, catalog: Catalog, modules: Modules) -> Inside:
    """A definition as a value: flattened, without what only the eye sees."""
    known = remembered(catalog, modules)
    if ("inside", name) not in known:
        known["inside", name] = _inside(name, catalog, modules)
    found: Inside = known["inside", name]
    return found


def _inside(name: str, catalog: Catalog, modules: Modules) -> Inside:
    whole = modules[name].having(modules=modules)
    flat = Flat(whole) if loops(catalog, modules).get(name) else _Layer(whole, catalog).flat()
    nodes = sorted(repr(one.bare) for one in flat.graph.nodes.values())
    wires = sorted(map(repr, flat.graph.edges.values()))
    text = json.dumps([nodes, wires, *(_deeper(flat.graph, catalog, modules))])
    return Inside(sha256(text.encode()).hexdigest(), whole, catalog)  # short, however deep it is nested


def _deeper(graph: Graph, catalog: Catalog, modules: Modules) -> Iterator[str]:
    """What the nodes that run definitions by themselves have inside, which laying out does not show."""
    wrong = loops(catalog, modules)
    for name in sorted(uses(graph, catalog)):
        if name in modules and not wrong.get(name):
            yield inside(name, catalog, modules).text


def scope(graph: Graph, name: str) -> Graph:
    """A definition as a graph to look at and to edit: with the definitions that its own modules refer to."""
    return graph.modules[name].having(modules=graph.modules)


def loops(catalog: Catalog, modules: Modules) -> dict[str, str]:
    """Why a definition cannot be laid out, by name: it contains itself, or it is nested too deep. "" where it can."""
    found: dict[str, str] = _loops(Same(modules), Same(catalog))
    return found


@lru_cache(maxsize=16)
def _loops(modules: Same, catalog: Same) -> dict[str, str]:
    import networkx as nx

    table: Any = modules.it
    nest: nx.DiGraph[str] = nx.DiGraph()
    nest.add_nodes_from(table)
    nest.add_edges_from((name, used) for name, one in table.items()
                        for used in uses(one, catalog.it) if used in table)
    found = dict.fromkeys(table, "")
    heights: dict[str, int] = {}
    for knot in nx.strongly_connected_components(nest):  # innermost first
        inner = [used for name in knot for used in nest.succ[name] if used not in knot]
        round_ = len(knot) > 1 or any(nest.has_edge(name, name) for name in knot)
        height = 1 + max((heights[used] for used in inner), default=0)
        for name in knot:
            heights[name] = height
            if round_ or any(found[used] for used in inner):
                found[name] = f"{name} contains itself" if round_ else next(found[u] for u in inner if found[u])
            elif height > DEEPEST:
                found[name] = f"{name} is nested more than {DEEPEST} deep"
    return found


@dataclass(frozen=True, slots=True)
class _Room:
    """One copy of a graph to be laid out. `values` are parameters set from outside; `owner` is the room whose weights
    it uses; what is frozen or learns otherwise outside does so inside."""

    path: str
    graph: Graph
    values: Mapping[tuple[str, ...], Any] = field(default_factory=dict)
    frozen: bool = False
    owner: str = ""
    learning: FrozenDict[Any] = field(default_factory=FrozenDict)


class _Layer:
    """Lays out one document."""

    def __init__(self, graph: Graph, catalog: Catalog) -> None:
        self.root, self.catalog = graph, catalog
        self.wrong = loops(catalog, graph.modules)
        self.sizes: dict[str, int] = {}
        self.nodes: dict[str, Placed] = {}
        self.edges: dict[tuple[str, str], Edge] = {}
        self.copies: dict[str, Copy] = {}
        self.broken: dict[str, tuple[str, str]] = {}
        self.rooms: dict[str, str] = {}
        self.left = LIMITS["nodes"].most - len(graph.nodes)

    def flat(self) -> Flat:
        todo = [_Room("", self.root)]
        while todo:
            todo += self._room(todo.pop())
        for path, one in self.nodes.items():
            if one.shares is not None and "/" in path:
                self.nodes[path] = replace(one, shares=self._last_owner(one.shares))
        graph = self.root.having(nodes=self.nodes, edges=self.edges, notes={}, frames={})
        return Flat(graph, self.copies, self.broken, self.rooms)

    def _room(self, room: _Room) -> list[_Room]:
        """Put the nodes and wires of one copy of a graph down; the copies inside that are still to be laid out."""
        inner: list[_Room] = []
        for id, placed in room.graph.nodes.items():
            path = f"{room.path}/{id}" if room.path else id
            changed = {name: value for (of, name), value in room.values.items() if of == id}
            one = replace(placed, id=path, params=placed.params.having(**changed)) if changed else placed
            kind = type_of(one, self.catalog)
            if kind is not None and issubclass(kind, Drawn) and not kind.runs and not one.bypassed:
                inner += self._copy(path, one, room)
            elif kind is not None and kind.door and room.path:
                self.nodes[path] = Placed(path, BEAD, x=one.x, y=one.y, title=one.title)
            else:
                self.nodes[path] = replace(
                    one, id=path, frozen=one.frozen or room.frozen, shares=self._owner(path, one, room),
                    learning=one.learning or room.learning)
        for edge in room.graph.edges.values():
            self._wire(room.path, edge)
        return inner

    @staticmethod
    def _owner(path: str, placed: Placed, room: _Room) -> str | None:
        """Whose weights a node uses: those of another one in its room, or of its like in the room that it follows."""
        if placed.shares is not None:
            home = room.owner or room.path
            return f"{home}/{placed.shares}" if home else placed.shares
        return f"{room.owner}/{path.rpartition('/')[2]}" if room.owner else None

    def _last_owner(self, path: str) -> str:
        """Who has the weights, where rooms follow rooms."""
        seen = {path}
        while path in self.nodes and (after := self.nodes[path].shares) is not None and after not in seen:
            path = after
            seen.add(path)
        return path

    def _copy(self, path: str, placed: Placed, room: _Room) -> list[_Room]:
        name, repeat = placed.params.get("definition"), placed.params.get("repeat", 1)
        if not isinstance(name, str) or name not in self.root.modules:
            return self._lost(path, placed, "no_module", f"There is no module {name!r} in this document.")
        if self.wrong[name]:
            return self._lost(path, placed, "module_in_itself", f"{self.wrong[name]}, so it has no end.")
        if not isinstance(repeat, int) or isinstance(repeat, bool) or not 1 <= repeat <= 1000:
            return self._lost(path, placed, "bad_parameter", "repeat expects a whole number from 1 to 1,000.")
        self.left -= repeat * self._size(name)
        if self.left < 0:
            return self._lost(path, placed, "too_many_nodes", f"Laid out, it has more than {LIMITS['nodes']}.")
        definition = self.root.modules[name]
        shown = interface_of(name, self.catalog, self.root.modules)
        turns = tuple(f"{path}/{at}" for at in range(repeat)) if repeat > 1 else (path,)
        self.copies[path] = Copy(name, turns, shown)
        self.rooms.update(dict.fromkeys(turns, name))
        values = set_outside(definition, placed)
        home = self._owner(path, placed, room) or ""
        found: list[_Room] = []
        for at, turn in enumerate(turns):
            if at:
                self._join(turns[at - 1], turn, shown)
            follows = f"{home}/{at}" if home and repeat > 1 else home
            if placed.params.get("tied") and at:
                follows = (home and f"{home}/0") or turns[0]
            found.append(_Room(
                turn, definition, values, room.frozen or placed.frozen, follows, placed.learning or room.learning))
        return found

    def _lost(self, path: str, placed: Placed, code: str, why: str) -> list[_Room]:
        self.nodes[path] = replace(placed, id=path)
        self.broken[path] = (code, why)
        return []

    def _size(self, name: str) -> int:
        """How many nodes a definition has, laid out; counted, not laid out."""
        todo = [name] if name not in self.sizes else []
        while todo:
            one = todo[-1]
            waits = [used for used in uses(self.root.modules[one], self.catalog)
                     if used in self.root.modules and used not in self.sizes]
            if waits:
                todo += waits
                continue
            self.sizes[one] = sum(self._weight(placed) for placed in self.root.modules[one].nodes.values())
            todo.pop()
        return self.sizes[name]

    def _weight(self, placed: Placed) -> int:
        inner, repeat = placed.params.get("definition"), placed.params.get("repeat", 1)
        times = repeat if isinstance(repeat, int) and 1 <= repeat <= 1000 else 1
        return times * self.sizes.get(inner, 1) if isinstance(inner, str) else 1

    def _join(self, before: str, after: str, shown: Interface) -> None:
        for exit, entry in zip(shown.exits, shown.entries, strict=False):
            self._lay(f"{before}/{exit.id}", "out", f"{after}/{entry.id}", "x")

    def _wire(self, room: str, edge: Edge) -> None:
        source, output = self._start(f"{room}/{edge.source}" if room else edge.source, edge.output)
        for target, input in self._ends(f"{room}/{edge.target}" if room else edge.target, edge.input):
            self._lay(source, output, target, input)

    def _start(self, path: str, output: str) -> tuple[str, str]:
        copy = self.copies.get(path)
        if copy is None:
            return path, output
        door = next((one for one in copy.interface.exits if one.name == output), None)
        return (f"{copy.turns[-1]}/{door.id}", "out") if door is not None else (path, output)

    def _ends(self, path: str, input: str) -> Iterator[tuple[str, str]]:
        copy = self.copies.get(path)
        if copy is None:
            yield path, input
            return
        fed = len(copy.interface.exits)
        for at, door in enumerate(copy.interface.entries):
            if door.name == input:
                for turn in copy.turns[: 1 if at < fed else None]:
                    yield f"{turn}/{door.id}", "x"

    def _lay(self, source: str, output: str, target: str, input: str) -> None:
        self.edges[target, input] = Edge(source, output, target, input)
