"""The document's values. Everything is frozen: an edit makes a new `Graph` that shares what did not change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.plan import Plan


@dataclass(frozen=True, slots=True)
class Placed:
    """A node in the document: a type by name, its parameters, and what any node has.

    `params` holds only what was set; a type that is not in the catalogue keeps everything it came with.
    `weights` are typed-in numbers that stay with the document, by parameter name; `learning` says what is otherwise
    than in the plan (`spec/learning.py`).
    """

    id: str
    type: str
    params: FrozenDict[Any] = field(default_factory=FrozenDict)
    x: float = 0.0
    y: float = 0.0
    title: str = ""
    note: str = ""
    frozen: bool = False
    bypassed: bool = False
    shares: str | None = None
    initialiser: FrozenDict[Any] = field(default_factory=FrozenDict)
    weights: FrozenDict[Any] = field(default_factory=FrozenDict)
    learning: FrozenDict[Any] = field(default_factory=FrozenDict)
    search: FrozenDict[Any] = field(default_factory=FrozenDict)
    """What a search may try of its parameters: `{"out_features": "16..256:log"}` (`ranges.py`)."""

    @property
    def bare(self) -> Placed:
        """The same node without what it does not compute with: its place, title, note and what a search may try."""
        return replace(self, x=0.0, y=0.0, title="", note="", search=FrozenDict())

    @property
    def name(self) -> str:
        """What messages call it: the user's name for it, or the id."""
        return self.title or self.id


@dataclass(frozen=True, slots=True)
class Edge:
    """A wire from an output of `source` to an input of `target`. An input takes one wire; an output feeds many."""

    source: str
    output: str
    target: str
    input: str

    @property
    def end(self) -> tuple[str, str]:
        """What identifies it: the port it goes into."""
        return self.target, self.input

    @property
    def start(self) -> tuple[str, str]:
        return self.source, self.output


@dataclass(frozen=True, slots=True)
class Note:
    """A slip of paper on the canvas."""

    id: str
    text: str = ""
    x: float = 0.0
    y: float = 0.0
    width: float = 184.0
    height: float = 96.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A titled rectangle behind nodes; moves what lies inside. `category` colours it, "" is grey."""

    id: str
    title: str = ""
    x: float = 0.0
    y: float = 0.0
    width: float = 320.0
    height: float = 200.0
    category: str = ""


@dataclass(frozen=True)
class Graph:
    """Nodes by id, edges by the port they enter, module definitions, plan, notes and frames.

    `modules` holds definitions by name, each a `Graph` with Input and Output nodes. `counters` only ever grow, so that
    an id is never used twice; they are saved, but are not content: undo does not restore them, equality ignores them.
    `exposed` are parameters that a definition shows outside: by name, the `node.parameter`s inside that they set.
    """

    nodes: Mapping[str, Placed] = field(default_factory=dict)
    edges: Mapping[tuple[str, str], Edge] = field(default_factory=dict)
    notes: Mapping[str, Note] = field(default_factory=dict)
    frames: Mapping[str, Frame] = field(default_factory=dict)
    modules: Mapping[str, Graph] = field(default_factory=dict)
    exposed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    plan: Plan = Plan()
    title: str = ""
    about: str = ""
    counters: Mapping[str, int] = field(default_factory=dict, compare=False)

    def into(self, node: str) -> Iterator[Edge]:
        """The edges that end in `node`."""
        return (edge for edge in self.edges.values() if edge.target == node)

    def out_of(self, node: str) -> Iterator[Edge]:
        """The edges that start in `node`."""
        return (edge for edge in self.edges.values() if edge.source == node)

    def touching(self, node: str) -> Iterator[Edge]:
        return (edge for edge in self.edges.values() if node in (edge.source, edge.target))

    def computes(self, other: Graph) -> bool:
        """Both compute the same: they differ at most in places, words, notes, frames and plan."""
        if self.nodes.keys() != other.nodes.keys() or self.edges != other.edges or self.exposed != other.exposed:
            return False
        if self.modules is not other.modules and not _compute(self.modules, other.modules):
            return False
        return all(one is other.nodes[id] or one.bare == other.nodes[id].bare for id, one in self.nodes.items())

    def having(self, **changes: Any) -> Graph:
        """A copy with some fields replaced. Only edits call this on the document."""
        return replace(self, **changes)


def _compute(some: Mapping[str, Graph], others: Mapping[str, Graph]) -> bool:
    return some.keys() == others.keys() and all(
        one is others[name] or one.computes(others[name]) for name, one in some.items())
