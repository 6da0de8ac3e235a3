"""What is known about a document without running it: plain values, derived, never stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from neuralgraph.graph.document import Graph
from neuralgraph.spec import Spec
from neuralgraph.validation.need import Need
from neuralgraph.validation.problem import Problem, Severity


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
            if one.node is not None:
                found[one.node] = (*found.get(one.node, ()), one)
        return found

    def problems_of(self, node: str) -> tuple[Problem, ...]:
        """The problems at this node, the worst first."""
        return self._by_node.get(node, ())

    def worst(self, node: str) -> Severity | None:
        """The severity of the worst problem at this node."""
        found = self.problems_of(node)
        return found[0].severity if found else None


RANK: Mapping[Severity, int] = {"error": 0, "warning": 1, "note": 2}


def ranked(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Errors first, then warnings, then notes; otherwise in the order they were found, none twice."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda one: RANK[one.severity]))
