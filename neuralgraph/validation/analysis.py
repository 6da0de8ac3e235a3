"""What is known about a document without running it: plain values, derived, never stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from neuralgraph.graph.document import Graph
from neuralgraph.spec import Spec
from neuralgraph.spec.columns import Column
from neuralgraph.validation.need import Need
from neuralgraph.validation.problem import Problem, Severity

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one node costs: learnable numbers, their bytes, and the bytes of its outputs for one sample."""

    parameters: int = 0
    parameter_bytes: int = 0
    activation_bytes: int = 0


@dataclass(frozen=True)
class Analysis:
    """Problems, specs and costs of the document `graph`.

    `specs` by node and output, `inputs` by node and input port; what is not known is missing. `need` estimates one
    training step on a batch, `bytes` is its total.
    """

    graph: Graph
    problems: tuple[Problem, ...] = ()
    specs: Mapping[str, Mapping[str, Spec]] = field(default_factory=dict)
    inputs: Mapping[str, Mapping[str, Spec]] = field(default_factory=dict)
    figures: Mapping[str, Figures] = field(default_factory=dict)
    need: Need = Need()
    rooms: Mapping[str, str] = field(default_factory=dict)
    """The definition under each path that one can enter."""
    columns: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    """What the table holds that a data node reads."""

    def inside(self, path: str) -> Analysis:
        """The same as seen in a room: with the ids that nodes have there. "" is the document itself."""
        if not path:
            return self
        start = f"{path}/"
        name = self.rooms.get(path, "")
        problems = tuple(_seen_from(one, path) for one in self.problems if _lies_in(one, path, name, self.rooms))
        graph = self.graph.modules.get(name, self.graph).having(modules=self.graph.modules)
        return Analysis(graph, problems, _below(self.specs, start), _below(self.inputs, start),
                        _below(self.figures, start), self.need, _below(self.rooms, start),
                        _below(self.columns, start))

    @property
    def parameters(self) -> int:
        """Learnable numbers in all."""
        return self.need.parameters

    @property
    def bytes(self) -> int:
        return self.need.total

    @cached_property
    def labels(self) -> Mapping[str, Mapping[str, str]]:
        """What the data calls its outputs: `{"dataset_1": {"x": "image", "y": "digit"}}`."""
        return {id: {out: spec.label for out, spec in outs.items() if spec.label} for id, outs in self.specs.items()}

    @cached_property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop the graph from compiling."""
        return tuple(one for one in self.problems if one.severity == "error")

    @cached_property
    def _by_node(self) -> Mapping[str, tuple[Problem, ...]]:
        found: dict[str, tuple[Problem, ...]] = {}
        for one in self.problems:
            path = one.node
            while path:
                found[path] = (*found.get(path, ()), one)
                path = path.rpartition("/")[0]
        return found

    def problems_of(self, node: str) -> tuple[Problem, ...]:
        """The problems at this node, and in it where it is a module, the worst first."""
        return self._by_node.get(node, ())

    def worst(self, node: str) -> Severity | None:
        """The severity of the worst problem at this node."""
        found = self.problems_of(node)
        return found[0].severity if found else None


def _below(table: Mapping[str, V], start: str) -> dict[str, V]:
    return {id.removeprefix(start): one for id, one in table.items() if id.startswith(start)}


def _lies_in(problem: Problem, path: str, name: str, rooms: Mapping[str, str]) -> bool:
    """A problem of a definition is told once, in its first copy, and seen in all."""
    room = (problem.node or "").rpartition("/")[0]
    while room:
        if room == path or (name and rooms.get(room) == name):
            return True
        room = room.rpartition("/")[0]
    return False


def _seen_from(problem: Problem, path: str) -> Problem:
    start, node = f"{path}/", problem.node or ""
    own = node.removeprefix(start) if node.startswith(start) else node.rpartition("/")[2]
    waiting = tuple(one.removeprefix(start) for one in problem.waiting if one.startswith(start))
    return replace(problem, node=own, waiting=waiting)


RANK: Mapping[Severity, int] = {"error": 0, "warning": 1, "note": 2}


def ranked(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Errors first, then warnings, then notes; otherwise in the order they were found, none twice."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda one: RANK[one.severity]))
