"""One pass over the laid-out document: the spec on every wire, what each node costs, every misfit at its node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from neuralgraph.compiler.cells import entries, looped, network_of, runs
from neuralgraph.compiler.misfits import problem_of
from neuralgraph.compiler.places import repeats
from neuralgraph.compiler.shapes import Memo, Outcome
from neuralgraph.compiler.sharing import unshareable
from neuralgraph.graph.document import Edge, Graph
from neuralgraph.graph.flatten import Flat, flatten, scope
from neuralgraph.graph.reading import Failure, arguments, incoming, instances
from neuralgraph.spec import Call, Catalog, Misfit, Network, Node, Spec
from neuralgraph.validation.analysis import Figures
from neuralgraph.validation.lens import digraph, downstream, order
from neuralgraph.validation.levels import placed_in
from neuralgraph.validation.problem import Problem

Specs = Mapping[str, Mapping[str, Spec]]


@dataclass(frozen=True)
class Inference:
    """What is known about a document without running it. Nodes are those of `flat`, called by their paths."""

    flat: Flat
    order: tuple[str, ...]
    nodes: Mapping[str, Node | Failure]
    wires: Mapping[str, Mapping[str, Edge]]
    specs: dict[str, dict[str, Spec]] = field(default_factory=dict)
    inputs: dict[str, dict[str, Spec]] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    figures: dict[str, Figures] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    within: dict[str, Inference] = field(default_factory=dict)
    """What nodes that run a module by themselves have inside, by their paths."""
    starts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Arrays that weights start from, by node and name: what was read from files."""

    @property
    def graph(self) -> Graph:
        """The graph that is compiled."""
        return self.flat.graph


def infer(graph: Graph, catalog: Catalog, sources: Specs, memo: Memo) -> Inference:
    """Specs, calls and costs of every node that can be reached with what `sources` deliver.

    `sources` gives the specs of source nodes by path and output. Nodes behind an error are left out and listed as
    waiting for it.
    """
    flat = flatten(graph, catalog)
    lens = digraph(flat.graph)
    nodes = {**instances(flat.graph, catalog), **{id: Failure(*why) for id, why in flat.broken.items()}}
    found = Inference(flat, order(lens), nodes, incoming(flat.graph))
    failed: dict[str, Outcome] = {}
    for id in found.order:
        node = found.nodes[id]
        if isinstance(node, Failure):
            continue
        if node.role == "source":
            found.specs[id] = dict(sources.get(id, {}))
            continue
        outcome = _one(id, node, found, memo, flat.graph.nodes[id].bypassed)
        if outcome is None:
            continue
        if runs(node) and outcome.call is not None and (network := network_of(outcome.call)) is not None:
            found.within[id] = inner(network)
        if outcome.wrong:
            failed[id] = outcome
            continue
        found.specs[id] = dict(zip(node.outputs(), outcome.specs, strict=False))
        found.figures[id] = _figures(flat.graph, id, outcome)
        if outcome.call is not None:
            found.calls[id] = outcome.call
    return replace(found, problems=tuple(_problems(graph, catalog, found, failed)))


def _problems(graph: Graph, catalog: Catalog, found: Inference, failed: Mapping[str, Outcome]) -> Iterator[Problem]:
    """Misfits where they were drawn: of many copies only the first one speaks."""
    flat, lens = found.flat, digraph(found.graph)
    turned = list(repeats(graph, found.flat, found.specs))
    yield from turned
    behind = {one.node for one in turned}
    told: set[tuple[str, str]] = set()
    for id, outcome in failed.items():
        room, own = flat.origin(id)
        drawn = (flat.rooms.get(room, ""), own)
        if drawn in told or any(room == one or room.startswith(f"{one}/") for one in behind):
            continue
        told.add(drawn)
        waiting = tuple(sorted(one for one in downstream(lens, (id,)) - {id} if one not in failed))
        for one in outcome.problems:
            yield replace(one, node=f"{id}/{one.node}", waiting=waiting)
        if outcome.misfit is None and not outcome.error:
            continue
        local = scope(graph, flat.rooms[room]) if room else graph
        wires = {edge.input: edge for edge in local.into(own)}
        problem = problem_of(local, catalog, own, found.inputs[id], wires, outcome, ())
        yield replace(placed_in(problem, room, flat.rooms.get(room, "")), waiting=waiting)
    yield from unshareable(graph, flat, found.calls)


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
    return _loop(node, given, dict(named)) if runs(node) else memo.outcome(node, given, named)


def _loop(node: Node, given: tuple[Spec, ...], named: Mapping[str, Spec]) -> Outcome:
    try:
        call = node.call(*given, **named)
    except Misfit as misfit:
        return Outcome(misfit=misfit)
    network = network_of(call)
    assert network is not None
    return looped(call, given[0], inner(network))


@lru_cache(maxsize=512)
def inner(network: Network) -> Inference:
    """What is known of a drawn module that a node runs by itself."""
    return infer(network.inside.graph, network.inside.catalog, entries(network), Memo())


def _delivered(found: Inference, edge: Edge | None) -> Spec | None:
    return found.specs.get(edge.source, {}).get(edge.output) if edge is not None else None


def _figures(graph: Graph, id: str, outcome: Outcome) -> Figures:
    shared = graph.nodes[id].shares is not None
    return Figures(
        0 if shared else outcome.parameters, 0 if shared else outcome.parameter_bytes, outcome.activation_bytes
    )
