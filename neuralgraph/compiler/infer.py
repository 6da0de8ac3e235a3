"""One pass over the document: the spec on every wire, what each node costs, and every misfit at its node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neuralgraph.compiler.misfits import problem_of
from neuralgraph.compiler.shapes import Memo, Outcome
from neuralgraph.compiler.sharing import unshareable
from neuralgraph.graph.document import Edge, Graph
from neuralgraph.graph.reading import Failure, arguments, incoming, instances
from neuralgraph.spec import Call, Catalog, Node, Spec
from neuralgraph.validation.analysis import Figures
from neuralgraph.validation.lens import digraph, downstream, order
from neuralgraph.validation.problem import Problem

Specs = Mapping[str, Mapping[str, Spec]]


@dataclass(frozen=True)
class Inference:
    """What is known about a document without running it."""

    order: tuple[str, ...]
    nodes: Mapping[str, Node | Failure]
    wires: Mapping[str, Mapping[str, Edge]]
    specs: dict[str, dict[str, Spec]] = field(default_factory=dict)
    inputs: dict[str, dict[str, Spec]] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    figures: dict[str, Figures] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    starts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Arrays that weights start from, by node and name: what was read from files."""


def infer(graph: Graph, catalog: Catalog, sources: Specs, memo: Memo) -> Inference:
    """Specs, calls and costs of every node that can be reached with what `sources` deliver.

    `sources` gives the specs of source nodes by id and output. Nodes behind an error are left out and listed as
    waiting for it.
    """
    lens = digraph(graph)
    found = Inference(order(lens), instances(graph, catalog), incoming(graph))
    failed: dict[str, Outcome] = {}
    for id in found.order:
        node = found.nodes[id]
        if isinstance(node, Failure):
            continue
        if node.role == "source":
            found.specs[id] = dict(sources.get(id, {}))
            continue
        outcome = _one(id, node, found, memo, graph.nodes[id].bypassed)
        if outcome is None:
            continue
        if outcome.misfit is not None or outcome.error:
            failed[id] = outcome
            continue
        found.specs[id] = dict(zip(node.outputs(), outcome.specs, strict=False))
        found.figures[id] = _figures(graph, id, outcome)
        if outcome.call is not None:
            found.calls[id] = outcome.call
    problems = []
    for id, outcome in failed.items():
        waiting = tuple(sorted(one for one in downstream(lens, (id,)) - {id} if one not in failed))
        problems.append(problem_of(graph, catalog, id, found.inputs[id], found.wires[id], outcome, waiting))
    problems += unshareable(graph, found.calls)
    return Inference(
        found.order, found.nodes, found.wires, found.specs, found.inputs, found.calls, found.figures, tuple(problems)
    )


def _one(id: str, node: Node, found: Inference, memo: Memo, bypassed: bool) -> Outcome | None:
    """The outcome of one node; None while it waits for an input."""
    positional, optional = arguments(node, found.wires[id])
    names = [name for name, _ in positional]
    specs = [_delivered(found, edge) for _, edge in positional]
    extra = {name: _delivered(found, edge) for name, edge in optional.items()}
    known = dict(zip(names, specs, strict=True)) | extra
    found.inputs[id] = {name: spec for name, spec in known.items() if spec is not None}
    if any(spec is None for spec in known.values()) or (not specs and any(port.many for port in node.ports)):
        return None
    given = tuple(spec for spec in specs if spec is not None)
    if bypassed or node.passes:
        return Outcome(specs=given[:1]) if len(given) == 1 else None
    named = tuple((name, spec) for name, spec in extra.items() if spec is not None)
    return memo.outcome(node, given, named)


def _delivered(found: Inference, edge: Edge | None) -> Spec | None:
    return found.specs.get(edge.source, {}).get(edge.output) if edge is not None else None


def _figures(graph: Graph, id: str, outcome: Outcome) -> Figures:
    shared = graph.nodes[id].shares is not None
    return Figures(
        0 if shared else outcome.parameters, 0 if shared else outcome.parameter_bytes, outcome.activation_bytes
    )
