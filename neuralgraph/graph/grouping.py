"""The edits that make a module of nodes, take one apart, and part a copy from the others. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from neuralgraph.errors import NeuralGraphError
from neuralgraph.graph.definitions import doors, kind_of, set_outside, type_of
from neuralgraph.graph.document import Edge, Frame, Graph, Note, Placed
from neuralgraph.graph.edits import (
    AddNode,
    ChangeNode,
    Connect,
    Edit,
    Group,
    PutFrame,
    PutNote,
    RemoveFrame,
    RemoveNode,
    RemoveNote,
    SetPlan,
)
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import counted, fresh, fresh_name
from neuralgraph.graph.module_edits import PutModule, RemoveModule
from neuralgraph.graph.plan import Plan
from neuralgraph.graph.wiring import Refusal, reach
from neuralgraph.spec import Catalog, Drawn

APART = 240.0
"""How far doors stand from what they lead to."""


def free_name(graph: Graph, wanted: str) -> str:
    """`wanted`, or it with a number, as no definition is called yet."""
    return fresh_name(wanted, graph.modules, " ")


def make(graph: Graph, catalog: Catalog, ids: Iterable[str], name: str = "Module") -> tuple[Edit, str] | Refusal:
    """The edit that makes a module of these nodes, with the notes and frames among them, and the id of its copy."""
    chosen = [one for one in dict.fromkeys(ids) if one in graph.nodes]
    if refused := _cannot(graph, catalog, chosen):
        return refused
    name = free_name(graph, name)
    walls = _Walls(graph, catalog, chosen)
    slips = [one for one in ids if one in graph.notes or one in graph.frames]
    definition = walls.definition(name, slips)
    new = fresh(graph, "Module")
    middle = [graph.nodes[id] for id in chosen]
    place = sum(one.x for one in middle) / len(middle), sum(one.y for one in middle) / len(middle)
    moves = tuple((id, f"{new}/{id}") for id in chosen)
    edits: list[Edit] = [
        PutModule(name, definition), *(RemoveNode(id) for id in chosen), *_away(graph, slips),
        AddNode(Placed(new, "Module", FrozenDict(definition=name), *place)),
        *(Connect(Edge(*start, new, door)) for door, start in walls.entries.items()),
        *(Connect(Edge(new, door, *end)) for door, ends in walls.exits.items() for end in ends),
        *_planned(graph.plan, dict(moves)),
    ]
    return Group(f"Make module {name}", tuple(edits), moves), new


def _cannot(graph: Graph, catalog: Catalog, chosen: list[str]) -> Refusal | None:
    if not chosen:
        return Refusal("Select the nodes that the module is to hold.")
    inside = set(chosen)
    for id in chosen:
        placed = graph.nodes[id]
        kind = type_of(placed, catalog)
        if kind is not None and (kind.role == "source" or kind.door):
            return Refusal(f"{placed.name} stays outside a module: data comes in from outside, by a wire.")
        if placed.shares is not None and placed.shares in graph.nodes and placed.shares not in inside:
            return Refusal(f"{placed.name} uses the weights of {placed.shares}: take both into the module, or none.")
    for one in graph.nodes.values():
        if one.shares in inside and one.id not in inside:
            return Refusal(f"{one.name} uses the weights of {one.shares}: take both into the module, or none.")
    after = reach(graph, chosen, forward=True) - inside
    between = after & reach(graph, chosen, forward=False)
    if between:
        return Refusal(f"{graph.nodes[min(between)].name} lies between them: select it too, or fewer nodes.")
    return None


@dataclass
class _Walls:
    """What goes through the walls of a module to be: entries by their one start, exits by all their ends."""

    graph: Graph
    catalog: Catalog
    chosen: list[str]
    entries: dict[str, tuple[str, str]] = field(default_factory=dict)
    exits: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def definition(self, name: str, slips: list[str]) -> Graph:
        """The graph of the module; fills `entries` and `exits` with its doors."""
        graph, inside = self.graph, set(self.chosen)
        nodes = {id: graph.nodes[id] for id in self.chosen}
        counters: Mapping[str, int] = {}
        for id in (*self.chosen, *slips):
            counters = counted(counters, id)
        made = Graph(
            nodes=nodes, edges={end: one for end, one in graph.edges.items() if {one.source, one.target} <= inside},
            notes={id: graph.notes[id] for id in slips if id in graph.notes},
            frames={id: graph.frames[id] for id in slips if id in graph.frames}, title=name, counters=counters)
        left, right = min(one.x for one in nodes.values()) - APART, max(one.x for one in nodes.values()) + APART
        for start, ends in self._coming(inside).items():
            id = self._name(made, "Input")
            self.entries[id] = start
            made = self._put(made, Placed(id, "Input", x=left, y=self._row(made, left, ends[0][0])))
            made = made.having(edges={**made.edges, **{end: Edge(id, "out", *end) for end in ends}})
        for start, ends in self._going(inside).items():
            id = self._name(made, "Output")
            self.exits[id] = ends
            made = self._put(made, Placed(id, "Output", x=right, y=self._row(made, right, start[0])))
            made = made.having(edges={**made.edges, (id, "x"): Edge(*start, id, "x")})
        return made

    def _coming(self, inside: set[str]) -> dict[tuple[str, str], list[tuple[str, str]]]:
        found: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for edge in sorted(self.graph.edges.values(), key=lambda one: (self.graph.nodes[one.target].y, one.end)):
            if edge.target in inside and edge.source not in inside:
                found.setdefault(edge.start, []).append(edge.end)
        return found

    def _going(self, inside: set[str]) -> dict[tuple[str, str], list[tuple[str, str]]]:
        found: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for edge in sorted(self.graph.edges.values(), key=lambda one: (self.graph.nodes[one.source].y, one.start)):
            if edge.source in inside and edge.target not in inside:
                found.setdefault(edge.start, []).append(edge.end)
        fed = {edge.source for edge in self.graph.edges.values()}
        for id in self.chosen:
            if id not in fed and (output := self._open_end(id)):
                found[id, output] = []
        return found

    def _open_end(self, id: str) -> str:
        placed = self.graph.nodes[id]
        kind = kind_of(placed, self.catalog, self.graph.modules) if placed.type in self.catalog else None
        if kind is None or kind.role != "transform":
            return ""
        try:
            return next(iter(kind(**placed.params).outputs()), "")
        except NeuralGraphError:
            return ""

    @staticmethod
    def _name(made: Graph, kind: str) -> str:
        return fresh(made, kind)

    @staticmethod
    def _row(made: Graph, x: float, beside: str) -> float:
        y = made.nodes[beside].y
        taken = {one.y for one in made.nodes.values() if one.x == x}
        return y if not taken else max(y, max(taken) + 120.0)

    @staticmethod
    def _put(made: Graph, placed: Placed) -> Graph:
        return made.having(nodes={**made.nodes, placed.id: placed}, counters=counted(made.counters, placed.id))


def _away(graph: Graph, slips: Iterable[str]) -> list[Edit]:
    return [RemoveNote(one) if one in graph.notes else RemoveFrame(one) for one in slips]


def _planned(plan: Plan, names: Mapping[str, str]) -> list[Edit]:
    """The plan, where it names nodes that are called otherwise now."""
    def named(some: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names.get(one, one) for one in some)

    stages = tuple(replace(stage, steps=tuple(
        replace(step, losses=named(step.losses), nodes=named(step.nodes)) for step in stage.steps))
        for stage in plan.stages)
    return [SetPlan(replace(plan, stages=stages))] if stages != plan.stages else []


def dissolve(graph: Graph, catalog: Catalog, id: str) -> tuple[Edit, tuple[str, ...]] | Refusal:
    """The edit that lays the inside of a module out in its place, and the ids of what comes out."""
    placed = graph.nodes[id]
    name = placed.params.get("definition")
    kind = type_of(placed, catalog)
    if kind is None or not issubclass(kind, Drawn) or not isinstance(name, str) or name not in graph.modules:
        return Refusal(f"{placed.name} is no module, so there is nothing to take apart.")
    if kind.runs:
        return Refusal(f"{placed.name} runs over time: unroll it first.")
    if any(one.params.get("definition") == name for one in graph.modules[name].nodes.values()):
        return Refusal(f"{placed.name} contains itself: it has no end.")
    if placed.shares is not None or any(one.shares == id for one in graph.nodes.values()):
        return Refusal(f"{placed.name} shares its weights with another module. Give both their own first.")
    return _Apart(graph, catalog, placed, graph.modules[name]).edit()


class _Apart:
    """Takes one copy apart."""

    def __init__(self, graph: Graph, catalog: Catalog, placed: Placed, definition: Graph) -> None:
        self.graph, self.catalog, self.placed, self.inner = graph, catalog, placed, definition
        self.name = str(placed.params["definition"])
        repeat = placed.params.get("repeat", 1)
        self.turns = repeat if isinstance(repeat, int) and 1 <= repeat <= 1000 else 1
        self.ways = {way: {door.name: door.id for door in doors(definition, catalog, way)} for way in ("in", "out")}
        self.walls = {door for way in self.ways.values() for door in way.values()}
        self.taken: dict[str, object] = {}
        self.trial = graph
        self.ids: list[dict[str, str]] = []
        self.edits: list[Edit] = [RemoveNode(placed.id)]

    def edit(self) -> tuple[Edit, tuple[str, ...]]:
        free = self.graph.having(nodes={id: one for id, one in self.graph.nodes.items() if id != self.placed.id})
        for turn in range(self.turns):
            self.ids.append({id: self._free(free, one) for id, one in self.inner.nodes.items() if id not in self.walls})
            self._lay(turn)
        for turn in range(self.turns):
            self._wires(turn)
        self._outside()
        if self._last():
            self.edits.append(RemoveModule(self.name))
        path = self.placed.id
        moves = tuple(
            (f"{path}/{turn}/{old}" if self.turns > 1 else f"{path}/{old}", new)
            for turn, names in enumerate(self.ids) for old, new in names.items())
        self.edits += _planned(self.graph.plan, dict(moves))
        out = tuple(new for names in self.ids for new in names.values())
        return Group(f"Take {self.placed.name} apart", tuple(self.edits), moves), out

    def _free(self, graph: Graph, placed: Placed) -> str:
        id = placed.id
        if id in graph.nodes or id in graph.notes or id in graph.frames or id in self.taken:
            id = fresh(graph, placed.type, self.taken)
        self.taken[id] = True
        return id

    def _lay(self, turn: int) -> None:
        dx, dy, wide = self._shift()
        values = set_outside(self.inner, self.placed)
        for old, new in self.ids[turn].items():
            one = self.inner.nodes[old]
            changed = {name: value for (of, name), value in values.items() if of == old}
            shares = self.ids[turn].get(one.shares) if one.shares else None
            if turn and self.placed.params.get("tied") and one.shares is None:
                shares = self.ids[0][old]
            self.edits.append(AddNode(replace(
                one, id=new, params=FrozenDict(one.params.having(**changed)) if changed else one.params,
                x=one.x + dx + turn * wide, y=one.y + dy, shares=shares, frozen=one.frozen or self.placed.frozen,
                learning=one.learning or self.placed.learning)))
        if not turn:
            self._slips(dx, dy)

    def _slips(self, dx: float, dy: float) -> None:
        for note in self.inner.notes.values():
            self.edits.append(PutNote(replace(note, id=self._slip(note, "note"), x=note.x + dx, y=note.y + dy)))
        for frame in self.inner.frames.values():
            self.edits.append(PutFrame(replace(frame, id=self._slip(frame, "frame"), x=frame.x + dx, y=frame.y + dy)))

    def _slip(self, item: Note | Frame, word: str) -> str:
        return self._free(self.graph, Placed(item.id, word))

    def _shift(self) -> tuple[float, float, float]:
        """From places inside to places outside, and the width of one turn."""
        inner = [one for id, one in self.inner.nodes.items() if id not in self.walls]
        if not inner:
            return 0.0, 0.0, 0.0
        low, high = min(one.x for one in inner), max(one.x for one in inner)
        x = self.placed.x - (low if self.turns > 1 else sum(one.x for one in inner) / len(inner))
        return x, self.placed.y - sum(one.y for one in inner) / len(inner), high - low + APART

    def _wires(self, turn: int) -> None:
        for edge in self.inner.edges.values():
            if edge.target in self.ids[turn] and (start := self._start(turn, edge.start)) is not None:
                self.edits.append(Connect(Edge(*start, self.ids[turn][edge.target], edge.input)))

    def _start(self, turn: int, start: tuple[str, str]) -> tuple[str, str] | None:
        """Where a value inside comes from once the walls are gone."""
        entries, exits = self.ways["in"], self.ways["out"]
        while start[0] not in self.ids[turn]:
            name = next((one for one, id in entries.items() if id == start[0]), None)
            if name is None:
                return None
            at = list(entries).index(name)
            if turn and at < len(exits):
                turn -= 1
                inner = self.inner.edges.get((list(exits.values())[at], "x"))
                if inner is None:
                    return None
                start = inner.start
                continue
            outer = self.graph.edges.get((self.placed.id, name))
            return outer.start if outer is not None else None
        return self.ids[turn][start[0]], start[1]

    def _outside(self) -> None:
        for edge in self.graph.out_of(self.placed.id):
            door = self.ways["out"].get(edge.output, "")
            inner = self.inner.edges.get((door, "x"))
            start = self._start(self.turns - 1, inner.start) if inner is not None else None
            if start is not None:
                self.edits.append(Connect(Edge(*start, *edge.end)))

    def _last(self) -> bool:
        """No other copy of this definition is left."""
        rooms = (self.graph, *self.graph.modules.values())
        uses = [one for room in rooms for one in room.nodes.values() if one.params.get("definition") == self.name]
        return len(uses) == 1


def unique(graph: Graph, id: str) -> Edit | Refusal:
    """The edit that gives a copy a definition of its own."""
    placed = graph.nodes[id]
    name = placed.params.get("definition")
    if not isinstance(name, str) or name not in graph.modules:
        return Refusal(f"{placed.name} is no module.")
    own = free_name(graph, name)
    changed = replace(placed, params=FrozenDict(placed.params.having(definition=own)))
    return Group(f"Make {placed.name} unique", (
        PutModule(own, graph.modules[name].having(title=own)), ChangeNode(changed)))
