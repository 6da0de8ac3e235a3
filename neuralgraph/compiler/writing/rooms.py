"""A room of a laid-out graph read as the lines of a class."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from neuralgraph.compiler.learning import learns
from neuralgraph.compiler.writing.laid import Laid, Start
from neuralgraph.compiler.writing.lines import Key, Line, Made, Part, Skeleton, Step, Values, needed, wants
from neuralgraph.compiler.writing.pen import literal
from neuralgraph.compiler.writing.starts import Starts, starts_of
from neuralgraph.graph.reading import arguments
from neuralgraph.spec import Call, Drawn, Network

Known = tuple[Made, tuple[str, ...]]
"""A class, and what its constructor is given."""
Texted = tuple[Line, tuple[str, ...]]
"""A line, and what stands in its slots."""
Asked = tuple[tuple[Start, ...], frozenset[Start]]
"""Values that the network is asked for, and the entries that are given then."""


@dataclass(frozen=True)
class Scope:
    """What is to be a class: a room, the values that enter it and those that leave it, by their doors."""

    laid: Laid
    room: str
    definition: str
    entries: tuple[Start, ...]
    exits: tuple[tuple[str, Start], ...]
    cell: bool = False
    asked: tuple[Asked, ...] = ()


def read(scope: Scope, cells: Mapping[tuple[str, Network], Known]) -> tuple[Skeleton, Values] | None:
    """The lines of a room, and what stands in their slots; None where it cannot be a class of its own."""
    return _Reader(scope, cells).read()


class _Reader:
    def __init__(self, scope: Scope, cells: Mapping[tuple[str, Network], Known]) -> None:
        self.scope, self.laid, self.cells = scope, scope.laid, cells
        self.doors = {path for path, _ in scope.entries}
        self.out = set(scope.laid.open)
        """Copies that are laid out here, because no class can stand for them."""

    def read(self) -> tuple[Skeleton, Values] | None:
        while True:
            self._look()
            more = {path for path in self.parts if not self._sealable(path)}
            if not more:
                lines, foreign = self._lines()
                if foreign:
                    return None
                ordered = self._ordered(lines)
                more = self._beyond([line for line, _ in ordered])
            if not more:
                return self._skeleton(ordered)
            self.out |= more

    def _look(self) -> None:
        """What lies in the room: nodes, copies that have a class, and the inside of those that are laid out."""
        self.frozen: dict[str, bool] = {}
        self.parts: dict[str, bool] = {}
        self.rooms: dict[str, int] = {}
        todo = [(self.scope.room, False)]
        while todo:
            room, held = todo.pop()
            drawn = self.laid.home(room).nodes
            own = len(room) + 1 if room else 0
            self.frozen.update((id, held or not learns(drawn[id[own:]])) for id in self.laid.nodes[room])
            for path in self.laid.copies[room]:
                frozen = held or not learns(drawn[path[own:]])
                if path in self.out:
                    turns = self.laid.flat.copies[path].turns
                    self.rooms[self._here(path)] = len(turns)
                    todo += [(turn, frozen) for turn in turns]
                else:
                    self.parts[path] = frozen

    def _local(self, path: str) -> str | None:
        """A path as it is called in this room, or in the one whose weights this one uses; None outside."""
        room = self.scope.room
        if not room:
            return path
        return next((path[len(one) + 1 :] for one in (room, self.laid.base.get(room)) if one is not None
                     and path.startswith(f"{one}/")), None)

    def _here(self, path: str) -> str:
        local = self._local(path)
        assert local is not None, f"{path} lies outside {self.scope.room}"
        return local

    def _key(self, start: Start) -> Key:
        path, output = self.laid.origin(start, self.doors, self.parts)
        return self._here(path), output

    # -- copies -----------------------------------------------------------------------------------------------------

    def _homes(self, path: str) -> list[str]:
        """The rooms whose weights the turns of a copy use."""
        return [self.laid.base.get(turn, turn) for turn in self.laid.flat.copies[path].turns]

    def _sealable(self, path: str) -> bool:
        """A class can stand for this copy here."""
        copy, made = self.laid.flat.copies[path], self.laid.made
        homes = self._homes(path)
        if not all(one in made for one in (*copy.turns, *homes)):
            return False
        first = made[copy.turns[0]][0].skeleton
        alike = all((one.entries, one.doors) == (first.entries, first.doors)
                    for one in (made[turn][0].skeleton for turn in copy.turns))
        wired = all(self.laid.entry(f"{copy.turns[0]}/{door}") is not None for door, _ in first.entries)
        fed = zip(copy.interface.exits, copy.interface.entries, strict=False)
        known = len(copy.turns) == 1 or all(
            exit.id in first.doors for exit, entry in fed if (entry.id, "out") in first.entries)
        own = [self._local(home) == self._local(turn) for home, turn in zip(homes, copy.turns, strict=True)]
        return bool(first.doors) and alike and wired and known and own == sorted(own, reverse=True) and all(
            mine or self._usable(home, turn) for mine, home, turn in zip(own, homes, copy.turns, strict=True))

    def _usable(self, home: str, turn: str) -> bool:
        """A turn can call the module of another room."""
        made, local = self.laid.made, self._local(self.laid.copy_of[home])
        return local is not None and local not in self.rooms and made[home] == made[turn]

    def _part(self, path: str) -> tuple[Part, tuple[str, ...]]:
        copy = self.laid.flat.copies[path]
        known = [self.laid.made[turn] for turn in copy.turns]
        shape = known[0][0].skeleton
        inner = {entry.id: exit.id for exit, entry in
                 zip(copy.interface.exits, copy.interface.entries, strict=False)}
        starts = [edge.start for door, _ in shape.entries
                  if (edge := self.laid.entry(f"{copy.turns[0]}/{door}")) is not None]
        homes = [self._here(home) for home in self._homes(path)]
        own = [one for one, home, turn in zip(known, homes, copy.turns, strict=True) if home == self._here(turn)]
        loop, calls = self._loop(self._homes(path))
        kind, texts, slots = _own(own, len(copy.turns))
        run = ("repeat",) if loop == "times" else ()
        part = Part(
            self._here(path), shape.doors, tuple(map(self._key, starts)),
            tuple(shape.doors.index(inner[door]) if inner.get(door) in shape.doors else -1
                  for door, _ in shape.entries),
            loop, calls, kind, tuple(one for one, _ in (own[:1] if kind in ("one", "repeat") else own)),
            slots, run, self.parts[path] and bool(own) and self._weighs(path))
        return part, (*texts, *(str(len(homes)) for _ in run))

    def _loop(self, homes: list[str]) -> tuple[Literal["once", "each", "times", "unrolled"], tuple[str, ...]]:
        """How the turns are run, and what is called for them."""
        if len(homes) == 1:
            return "once", (self._here(homes[0]),)
        if len(set(homes)) == 1:
            return "times", (self._here(homes[0]),)
        whole = self.laid.copy_of[homes[0]]
        if tuple(homes) == self.laid.flat.copies[whole].turns:
            return "each", (self._here(whole),)
        return "unrolled", tuple(map(self._here, homes))

    def _weighs(self, path: str) -> bool:
        home = self.laid.copy_of[self._homes(path)[0]]
        return any(one.parameters for id, one in self.laid.inference.figures.items() if id.startswith(f"{home}/"))

    # -- lines ------------------------------------------------------------------------------------------------------

    def _lines(self) -> tuple[list[Texted], bool]:
        """Every line in any order; true where a node uses weights that lie outside."""
        lines: list[Texted] = []
        for id in self.frozen:
            if self._runs(id):
                call = self.laid.inference.calls.get(id)
                owner = self._local(self.laid.owner(id)) if call is not None and call.kind == "module" else ""
                if owner is None:
                    return [], True
                lines.append(self._step(id, call, owner))
        lines += [self._part(path) for path in self.parts]
        return lines, False

    def _runs(self, id: str) -> bool:
        """Code shows this node."""
        node = self.laid.node(id)
        known = id in self.laid.inference.calls or id in self.laid.inference.specs
        return known and node is not None and node.role not in ("source", "metric", "output") and not node.passes

    def _step(self, id: str, call: Call | None, owner: str) -> tuple[Step, tuple[str, ...]]:
        node, here = self.laid.node(id), self._here(id)
        assert node is not None
        positional, optional = arguments(node, self.laid.inference.wires[id])
        takes = tuple(self._key(edge.start) for _, edge in positional if edge is not None)
        named = tuple((name, self._key(edge.start)) for name, edge in optional.items())
        outputs = node.outputs() if call is not None and call.picks else node.outputs()[:1]
        if call is None:
            return Step(here, outputs, takes[:1], (), None, "", (), ()), ()
        cells, made = [], []
        for name, raw in call.kwargs:
            if isinstance(raw, Network):
                assert isinstance(node, Drawn) and node.interface is not None
                one, given = self.cells[node.interface.name, raw]
                cells.append((name, one))
                made += [(f"{name}.{word}", text) for (word, _), text in zip(one.params, given, strict=True)]
            else:
                made.append((name, literal(raw)))
        extra = [(name, literal(raw)) for name, raw in call.extra]
        init, run = (made, extra) if call.kind == "module" else ([], made)
        weighs = owner == here and self.laid.inference.figures[self.laid.owner(id)].parameters > 0
        step = Step(
            here, outputs, takes, named, replace(call, kwargs=(), extra=()), owner,
            tuple(name for name, _ in init), tuple(name for name, _ in run), tuple(cells),
            self.frozen[id] and weighs, self._starts(id) if owner == here else Starts())
        return step, tuple(text for _, text in (*init, *run))

    def _starts(self, id: str) -> Starts:
        placed = self.laid.inference.graph.nodes[id]
        return starts_of(placed, self.laid.weights(id)) if placed.initialiser or placed.weights else Starts()

    def _ordered(self, lines: list[Texted]) -> list[Texted]:
        """The lines in an order in which they can run, near to that of the nodes."""
        by_path = {line.path: (line, text) for line, text in lines}
        waits = {path: {one for one, _ in wants(line) if one in by_path} for path, (line, _) in by_path.items()}
        after: dict[str, list[str]] = {path: [] for path in by_path}
        for path, ones in waits.items():
            for one in ones:
                after[one].append(path)
        places = self._places()
        ready = [(places[path], path) for path, ones in waits.items() if not ones]
        heapq.heapify(ready)
        found = []
        while ready:
            path = heapq.heappop(ready)[1]
            found.append(by_path[path])
            for one in after[path]:
                waits[one].discard(path)
                if not waits[one]:
                    heapq.heappush(ready, (places[one], one))
        return found

    def _places(self) -> dict[str, int]:
        """Where a line stands among the nodes: a copy where its first exit is."""
        places = {self._here(id): self.laid.place[id] for id in self.frozen}
        for path in self.parts:
            turn = self.laid.flat.copies[path].turns[-1]
            places[self._here(path)] = self.laid.place[f"{turn}/{self.laid.made[turn][0].skeleton.doors[0]}"]
        return places

    def _beyond(self, lines: Iterable[Line]) -> set[str]:
        """Copies that would need a source which is not given, because one of their outputs is not asked for."""
        known = list(lines)
        found = set()
        for wanted, given in self.scope.asked:
            reached = needed(known, map(self._key, wanted))
            for path in self.parts:
                here = self._here(path)
                inside = needed(known, [(here, "")]) if here in reached else set()
                used = {key for line in known if line.path in inside for key in wants(line)}
                if any(key in used and key not in given for key in self.scope.entries):
                    found.add(path)
        return found

    def _skeleton(self, lines: list[Texted]) -> tuple[Skeleton, Values]:
        specs = self.laid.inference.specs
        exits = [(door, self._key(start)) for door, start in self.scope.exits if start[1] in specs.get(start[0], {})]
        reached = needed((line for line, _ in lines), [key for _, key in exits])
        entries = tuple((self._here(path), output) for path, output in self.scope.entries)
        rooms = tuple(self.rooms.items())
        skeleton = Skeleton(
            self.scope.definition, tuple(one for one in entries if self.scope.cell or one[0] in reached),
            tuple(key for _, key in exits), tuple(door for door, _ in exits), tuple(line for line, _ in lines), rooms,
            self.scope.cell and len(exits) == 1)
        return skeleton, tuple(text for _, text in lines)


def _own(
    known: list[Known], turns: int
) -> tuple[Literal["", "one", "list", "repeat"], tuple[str, ...], tuple[str, ...]]:
    """What the attribute of a copy holds, with its slots and what stands in them."""
    if not known:
        return "", (), ()
    made, given = known[0]
    words = tuple(word for word, _ in made.params)
    if turns == 1:
        return "one", given, words
    if len(known) > 1 and all(one == known[0] for one in known):
        return "repeat", (str(len(known)), *given), ("repeat", *words)
    slots = tuple(f"{at}.{word}" for at, (one, _) in enumerate(known) for word, _ in one.params)
    return "list", tuple(text for _, texts in known for text in texts), slots
