"""The document as networkx sees it: order, cycles, what is upstream of what."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import networkx as nx

from neuralgraph.graph.definitions import Same
from neuralgraph.graph.document import Graph


def digraph(graph: Graph) -> nx.MultiDiGraph[str]:
    """Nodes by id, one networkx edge per wire (x·x is two). To be looked at, not to be changed."""
    found: nx.MultiDiGraph[str] = _digraph(Same(graph))
    return found


@lru_cache(maxsize=8)
def _digraph(one: Same) -> nx.MultiDiGraph[str]:
    graph: Graph = one.it
    lens: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    lens.add_nodes_from(graph.nodes)
    lens.add_edges_from(
        (edge.source, edge.target)
        for edge in graph.edges.values()
        if edge.source in graph.nodes and edge.target in graph.nodes
    )
    return lens


def cycles(lens: nx.MultiDiGraph[str]) -> list[list[str]]:
    """Every knot of nodes that wait for each other, sorted; a self-loop is a knot of one."""
    if nx.is_directed_acyclic_graph(lens):
        return []
    knots = [
        sorted(one)
        for one in nx.strongly_connected_components(lens)
        if len(one) > 1 or lens.has_edge(next(iter(one)), next(iter(one)))
    ]
    return sorted(knots)


def order(lens: nx.MultiDiGraph[str]) -> tuple[str, ...]:
    """Topological order, the same whatever the order of drawing; what lies in or behind a cycle is left out."""
    waiting = {node: degree for node, degree in lens.in_degree() if degree}
    ready = sorted((node for node in lens if node not in waiting), reverse=True)
    found: list[str] = []
    while ready:
        node = ready.pop()
        found.append(node)
        freed = []
        for target in lens.succ[node]:
            waiting[target] -= lens.number_of_edges(node, target)
            if not waiting[target]:
                freed.append(target)
        ready.extend(sorted(freed, reverse=True))
    return tuple(found)


def upstream(lens: nx.MultiDiGraph[str], nodes: Iterable[str]) -> set[str]:
    """These nodes and everything they depend on."""
    return _reach(lens.pred, nodes)


def downstream(lens: nx.MultiDiGraph[str], nodes: Iterable[str]) -> set[str]:
    """These nodes and everything that depends on them."""
    return _reach(lens.succ, nodes)


def _reach(neighbours: nx.classes.reportviews.OutMultiEdgeView[str] | object, nodes: Iterable[str]) -> set[str]:
    found: set[str] = set()
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo.extend(neighbours[node])  # type: ignore[index]
    return found
