"""Examples of the course, opened and changed: another start, another size, another plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import neuralgraph as ng
from neuralgraph.data.feed import Feed
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.planning import planned
from neuralgraph.resources import examples
from neuralgraph.training.run import Run


def opened(name: str) -> ng.Graph:
    return ng.load(examples() / f"{name}.ngraph")


def change(graph: ng.Graph, id: str, type: str | None = None, **params: Any) -> None:
    """Another type for a node, or other parameters."""
    placed = graph.session.graph.nodes[id]
    given = placed.params.having(**params) if type is None else placed.params.__class__(params)
    graph.session.edit(ChangeNode(replace(placed, type=type or placed.type, params=given)))


def start(graph: ng.Graph, *ids: str, **initialiser: Any) -> ng.Graph:
    """These nodes start so."""
    for id in ids:
        graph.set_initial(id, **initialiser)
    return graph


def trained(graph: ng.Graph | str, seed: int, **plan: Any) -> Run:
    graph = opened(graph) if isinstance(graph, str) else graph
    return ng.train(graph, seed=seed, **plan)


def final(graph: ng.Graph | str, seed: int, **plan: Any) -> Mapping[str, float]:
    return trained(graph, seed, **plan).final


def fed(graph: ng.Graph, run: Run, seed: int) -> Feed:
    """The rows that it learned from with this seed, and those kept apart."""
    return graph.session.feed(run.program, planned(graph.session.graph.plan, seed=seed))
