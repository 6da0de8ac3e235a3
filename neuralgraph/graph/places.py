"""Where the copies of a definition lie in a document: under these paths their weights are kept."""

from __future__ import annotations

from neuralgraph.graph.definitions import type_of
from neuralgraph.graph.document import Graph
from neuralgraph.graph.flatten import flatten, loops, scope
from neuralgraph.spec import Catalog, Drawn

LOOPED = ("cell", "back")
"""Under these names a node that runs a module over time holds its weights."""
MOST = 10_000
"""So many loops in loops are looked into."""


def paths_of(graph: Graph, catalog: Catalog, module: str) -> tuple[str, ...]:
    """The paths of all copies of `module`, of every turn, and of those that run over time."""
    found: list[str] = []
    todo, seen = [("", graph)], 0
    wrong = loops(catalog, graph.modules)
    while todo and seen < MOST:
        start, room = todo.pop()
        seen += 1
        flat = flatten(room, catalog)
        found += [f"{start}{path}" for path, name in flat.rooms.items() if name == module]
        for id, placed in flat.graph.nodes.items():
            kind, name = type_of(placed, catalog), placed.params.get("definition")
            if kind is None or not issubclass(kind, Drawn) or not kind.runs or wrong.get(str(name), "-"):
                continue
            found += [f"{start}{id}/{part}" for part in LOOPED if name == module]
            todo += [(f"{start}{id}/{part}/", scope(graph, str(name))) for part in LOOPED]
    return tuple(found)
