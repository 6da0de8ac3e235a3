"""A laid-out graph looked up room by room, for writing what was drawn instead of what it was laid out to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from torch import Tensor, nn

from neuralgraph.compiler.build import dotted
from neuralgraph.compiler.infer import Inference
from neuralgraph.compiler.writing.lines import Made
from neuralgraph.graph.document import Edge, Graph
from neuralgraph.graph.reading import arguments
from neuralgraph.spec import Node

Start = tuple[str, str]


class Laid:
    """One laid-out graph: what it was made from, the module that holds its weights, the values that are asked for."""

    def __init__(self, inference: Inference, drawn: Graph, built: nn.Module, taps: Iterable[Start] = ()) -> None:
        self.inference, self.flat, self.drawn = inference, inference.flat, drawn
        self.built = dict(built.named_modules())
        self.place = {id: at for at, id in enumerate(inference.order)}
        self.nodes: dict[str, list[str]] = defaultdict(list)
        self.copies: dict[str, list[str]] = defaultdict(list)
        for id in inference.order:
            self.nodes[above(id)].append(id)
        for path in self.flat.copies:
            self.copies[above(path)].append(path)
        self.copy_of = {turn: path for path, copy in self.flat.copies.items() for turn in copy.turns}
        self.exits = {f"{copy.turns[-1]}/{door.id}": (path, door.id)
                      for path, copy in self.flat.copies.items() for door in copy.interface.exits}
        self.open = set(self._open(taps))
        """Copies that no class can stand for: something inside is seen from outside, or comes from no wire."""
        self.base = dict(self._bases())
        """Rooms that use the weights of another room as a whole."""
        self.made: dict[str, tuple[Made, tuple[str, ...]]] = {}
        """The class of a room, and what its constructor is given."""

    def home(self, room: str) -> Graph:
        """The graph that a room was drawn as."""
        return self.drawn.modules[self.flat.rooms[room]] if room else self.drawn

    def node(self, id: str) -> Node | None:
        found = self.inference.nodes[id]
        return found if isinstance(found, Node) else None

    def owner(self, id: str) -> str:
        """Whose weights a node uses."""
        placed = self.inference.graph.nodes.get(id)
        return (placed.shares or id) if placed is not None else ""

    def weights(self, id: str) -> dict[str, Tensor]:
        """What a node has learnt, or shares, by name; nothing for one that is not needed."""
        found = self.built.get(dotted(self.owner(id)))
        return dict(found.named_parameters()) if found is not None else {}

    def entry(self, id: str) -> Edge | None:
        """The wire into a bead, a door, or an Output."""
        node = self.node(id)
        found = arguments(node, self.inference.wires[id])[0] if node is not None else []
        return found[0][1] if found else None

    def origin(self, start: Start, doors: Collection[str], sealed: Collection[str]) -> Start:
        """What gives a value, past all beads: a door of the room, a node, or an exit of a copy that has a class."""
        while start[0] not in doors:
            if start[0] in self.exits and self.exits[start[0]][0] in sealed:
                return self.exits[start[0]]
            node, edge = self.node(start[0]), self.entry(start[0])
            if node is None or edge is None or not (node.passes or node.role == "output"):
                return start
            start = edge.start
        return start

    def _open(self, taps: Iterable[Start]) -> Iterator[str]:
        sources = [id for id in self.place if (node := self.node(id)) is not None and node.role == "source"]
        for id in (*sources, *(path for path, _ in taps)):
            yield from (path for path in self._around(id) if self.exits.get(id, ("", ""))[0] != path)

    def _around(self, id: str) -> Iterator[str]:
        """The copies that a node lies in, the innermost first."""
        room = above(id)
        while room:
            if room in self.copy_of:
                yield self.copy_of[room]
            room = above(room)

    def _bases(self) -> Iterator[tuple[str, str]]:
        inside: dict[str, list[str]] = defaultdict(list)
        for id, call in self.inference.calls.items():
            room = above(id) if call.kind == "module" else ""
            while room:
                inside[room].append(id)
                room = above(room)
        for room in self.flat.rooms:
            if base := self._base(room, inside[room]):
                yield room, base

    def _base(self, room: str, inside: list[str]) -> str:
        for id in inside:
            tail, owner = id.removeprefix(room), self.owner(id)
            base = owner.removesuffix(tail)
            if owner.endswith(tail) and base != room and base in self.flat.rooms:
                fits = all(self.owner(base + one.removeprefix(room)) == self.owner(one) for one in inside)
                return base if fits else ""
        return ""


def above(path: str) -> str:
    """The room that something lies in; "" for the document."""
    return path.rpartition("/")[0]
