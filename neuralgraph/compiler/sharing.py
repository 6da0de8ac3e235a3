"""Weights that several nodes use together: what has to be the same for that, and what is said where it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.flatten import Flat
from neuralgraph.spec import Call
from neuralgraph.validation.levels import placed_in
from neuralgraph.validation.problem import Fix, Problem


def unshareable(graph: Graph, flat: Flat, calls: Mapping[str, Call]) -> Iterator[Problem]:
    """Nodes that use the weights of another one and cannot, where they were drawn; a module speaks for its inside."""
    told: set[tuple[str, str]] = set()
    for id, laid in flat.graph.nodes.items():
        why = refusal(flat.graph, calls, id, laid.shares) if laid.shares is not None else ""
        if not why:
            continue
        room, own, placed = _asking(graph, flat, id)
        name = flat.rooms.get(room, "")
        if (name, own) in told:
            continue
        told.add((name, own))
        if own != id.rpartition("/")[2]:
            why = f"{own} cannot use the weights of {placed.shares}: they are not laid out alike inside."
        fix = Fix("Give it weights of its own", ChangeNode(replace(placed, shares=None), f"Own weights for {own}"))
        yield placed_in(
            Problem("share", "error", why, own, None, "It cannot use these weights",
                    "Weights fit where both nodes are set alike and get inputs of one width.", fixes=(fix,)),
            room, name)


def _asking(graph: Graph, flat: Flat, id: str) -> tuple[str, str, Placed]:
    """Who asked for the weights of another: the node itself, or a module around it. Its room, its id there."""
    path = id
    while True:
        room, own = flat.origin(path)
        home = graph.modules[flat.rooms[room]] if room in flat.rooms else graph
        placed = home.nodes.get(own)
        if placed is not None and (placed.shares is not None or not room):
            return room, own, placed
        path = room


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
