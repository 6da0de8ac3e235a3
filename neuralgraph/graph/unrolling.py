"""The edit that lays the steps of a Recurrent out: one copy of its module for each, with the same weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from neuralgraph.graph.definitions import doors
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.edits import AddNode, Connect, Edit, Group, RemoveNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import fresh
from neuralgraph.graph.reading import node_in
from neuralgraph.graph.wiring import Refusal
from neuralgraph.spec import Catalog, Door, Drawn, Spec

MOST = 64
"""So many steps can still be looked at."""
WIDE, HIGH = 240.0, 128.0


def unroll(
    graph: Graph, catalog: Catalog, id: str, inputs: Mapping[str, Spec]
) -> tuple[Edit, tuple[str, ...]] | Refusal:
    """One copy for every step of the sequences that go in (`inputs` by port), and the ids of the copies."""
    node, placed = node_in(graph, id, catalog), graph.nodes[id]
    if not isinstance(node, Drawn) or not node.runs or node.interface is None:
        return Refusal(f"{placed.name} does not run over time, so there is nothing to unroll.")
    entries = node.interface.entries
    sequences = [door for door in entries if door.inside.type != "State"]
    lengths = {spec.shape[1] for door in sequences if (spec := inputs.get(door.name)) is not None and spec.rank > 1}
    values = node.values
    if not sequences and values["free_steps"]:
        lengths = {values["free_steps"]}
    if len(lengths) != 1 or not isinstance(length := next(iter(lengths)), int):
        return Refusal(f"{placed.name} waits for its sequences: how many steps they have is not known yet.")
    if length > MOST:
        return Refusal(f"{placed.name} has {length} steps; at most {MOST} can be laid out.")
    if values["direction"] != "forward" or values["truncate"] or (id, "mask") in graph.edges:
        return Refusal(f"{placed.name} reads backwards, cuts gradients or has a mask: only a plain loop forwards "
                       "can be laid out.")
    starts = [door for door in entries if door.inside.type == "State"]
    if any(getattr(door.inside, "initial", "") == "learned" for door in starts):
        return Refusal(f"{placed.name} learns how a state starts. Let it start from zero to unroll it.")
    return _Steps(graph, catalog, placed, length, sequences, starts, node).edit()


class _Steps:
    def __init__(
        self, graph: Graph, catalog: Catalog, placed: Placed, length: int, sequences: list[Door], states: list[Door],
        node: Drawn,
    ) -> None:
        self.graph, self.catalog, self.placed, self.length = graph, catalog, placed, length
        self.sequences, self.states, self.last = sequences, states, node.values["output"] == "last"
        name = str(placed.params["definition"])
        self.exits = [door for door in doors(graph.modules[name], catalog, "out") if door.inside.type != "NextState"]
        self.taken: dict[str, object] = {}
        self.edits: list[Edit] = []
        self.name = name

    def edit(self) -> tuple[Edit, tuple[str, ...]]:
        copies = [self._put("Module", self._module_params(), at * WIDE, 0.0) for at in range(self.length)]
        for at, copy in enumerate(copies):
            self._feed(copy, at)
            self._remember(copy, copies[at - 1] if at else None)
        ends = self._collect(copies)
        outside = [edge for edge in self.graph.out_of(self.placed.id) if edge.output in ends]
        wires: list[Edit] = [Connect(Edge(*ends[edge.output], *edge.end)) for edge in outside]
        shared = [AddNode(replace(one.node, shares=copies[0])) if isinstance(one, AddNode) and one.node.id in copies[1:]
                  else one for one in self.edits]
        path = self.placed.id
        kept = self.graph.modules[self.name].nodes
        moves = tuple((f"{path}/cell/{one}", f"{copies[0]}/{one}") for one in kept)
        edits = (*shared, *wires, RemoveNode(path))
        return Group(f"Unroll {self.placed.name}", edits, moves), tuple(copies)

    def _module_params(self) -> FrozenDict[object]:
        own = ("direction", "output", "truncate", "free_steps")
        return FrozenDict({name: value for name, value in self.placed.params.items() if name not in own})

    def _put(self, type: str, params: Mapping[str, object], dx: float, dy: float) -> str:
        id = fresh(self.graph, type, self.taken)
        self.taken[id] = True
        self.edits.append(AddNode(Placed(
            id, type, FrozenDict(params), self.placed.x + dx, self.placed.y + dy, frozen=self.placed.frozen)))
        return id

    def _feed(self, copy: str, at: int) -> None:
        """Step `at` of every sequence."""
        for row, door in enumerate(self.sequences):
            edge = self.graph.edges.get((self.placed.id, door.name))
            if edge is None:
                continue
            part = self._put("Slice", {"index": f":, {at}"}, at * WIDE - 40.0, -HIGH * (row + 1))
            self.edits += (Connect(Edge(*edge.start, part, "x")), Connect(Edge(part, "out", copy, door.name)))

    def _remember(self, copy: str, before: str | None) -> None:
        for door in self.states:
            if before is not None:
                self.edits.append(Connect(Edge(before, f"{door.name}_n", copy, door.name)))
            elif (edge := self.graph.edges.get((self.placed.id, door.name))) is not None:
                self.edits.append(Connect(Edge(*edge.start, copy, door.name)))
            else:
                self.edits.append(Connect(Edge(self._zeros(door), "out", copy, door.name)))

    def _zeros(self, door: Door) -> str:
        """Zeros of the shape of a state, for as many samples as the first sequence has, or a state that is wired in."""
        shape = door.inside.values["shape"]
        wired = [one.name for one in self.states if getattr(one.inside, "initial", "") == "wired"]
        edge = self.graph.edges[self.placed.id, (*(one.name for one in self.sequences), *wired)[0]]
        zeros = self._put("Zeros", {"shape": shape}, -WIDE, HIGH)
        self.edits.append(Connect(Edge(*edge.start, zeros, "x")))
        return zeros

    def _collect(self, copies: list[str]) -> dict[str, tuple[str, str]]:
        """Where each output of the loop comes from now."""
        found = {f"{door.name}_n": (copies[-1], f"{door.name}_n") for door in self.states}
        for row, door in enumerate(self.exits):
            if self.last:
                found[door.name] = (copies[-1], door.name)
                continue
            stack = self._put("Stack", {"dim": 1}, self.length * WIDE, HIGH * row)
            self.edits += [Connect(Edge(copy, door.name, stack, f"xs_{at}")) for at, copy in enumerate(copies)]
            found[door.name] = (stack, "out")
        return found
