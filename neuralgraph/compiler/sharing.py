"""Weights that several nodes use together: what has to be the same for that, and what is said where it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.spec import Call
from neuralgraph.validation.problem import Fix, Problem


def unshareable(graph: Graph, calls: Mapping[str, Call]) -> Iterator[Problem]:
    """Nodes that use the weights of another one and cannot."""
    for id, placed in graph.nodes.items():
        if placed.shares is None:
            continue
        why = refusal(graph, calls, id, placed.shares)
        if why:
            own = Fix("Give it weights of its own", ChangeNode(replace(placed, shares=None), f"Own weights for {id}"))
            yield Problem("share", "error", why, id, None, "It cannot use these weights",
                          "Weights fit where both nodes are set alike and get inputs of one width.", fixes=(own,))


def refusal(graph: Graph, calls: Mapping[str, Call], id: str, owner: str) -> str:
    """Why `id` cannot use the weights of `owner`; "" where it can, or where it is not known yet."""
    if owner == id:
        return f"{id} cannot share weights with itself."
    if owner not in graph.nodes:
        return f"{id} uses the weights of {owner}, which is not there."
    if graph.nodes[owner].shares is not None:
        return f"{id} uses the weights of {owner}, which itself uses those of {graph.nodes[owner].shares}."
    mine, theirs = calls.get(id), calls.get(owner)
    if mine is None or ("/" in id and mine.kind == "function"):
        return ""
    if theirs is None:
        return f"{id} uses the weights of {owner}, which is not computed yet."
    if mine.kind != "module" or theirs.kind != "module" or mine.target != theirs.target:
        kinds = graph.nodes[id].type, graph.nodes[owner].type
        return f"{id} ({kinds[0]}) cannot use the weights of {owner} ({kinds[1]}): they are of another kind."
    other = dict(theirs.kwargs)
    odd = [(name, value, other.get(name)) for name, value in mine.kwargs if other.get(name) != value]
    if odd:
        name, value, wanted = odd[0]
        return f"{id} cannot use the weights of {owner}: {name} is {value} here and {wanted} there."
    return ""
