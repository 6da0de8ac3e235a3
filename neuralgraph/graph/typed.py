"""Typing weights into a document: as many numbers as it may hold, in one step that can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.limits import LIMITS


def pinned(graph: Graph, id: str, weights: Mapping[str, Any]) -> ChangeNode:
    """The edit that keeps `weights`, nested lists by name, in the document, beside those that are there.

    A `DocumentError` where it would hold more numbers than it may.
    """
    placed = graph.nodes[id]
    changed = replace(placed, weights=placed.weights.having(**weights))
    others = sum(amount(one) for key, node in graph.nodes.items() if key != id for one in node.weights.values())
    total, most = others + sum(amount(one) for one in changed.weights.values()), LIMITS["weights"].most
    if total > most:
        raise DocumentError(
            f"With these the document would hold {total:,} typed-in numbers; it may hold at most {most:,} (1 MB). Pin "
            "fewer, or leave them in the run: weights can be saved to a file of their own.")
    return ChangeNode(changed, f"Pin {' and '.join(weights)} of {placed.name}")


def unpinned(graph: Graph, id: str, *names: str) -> ChangeNode:
    """The edit that takes these typed-in weights out of the document, or all of a node."""
    placed = graph.nodes[id]
    return ChangeNode(replace(placed, weights=placed.weights.without(*(names or placed.weights))),
                      f"Unpin {' and '.join(names) or 'the weights'} of {placed.name}")


def amount(numbers: Any) -> int:
    """How many numbers there are in nested lists."""
    todo, total = [numbers], 0
    while todo:
        one = todo.pop()
        if isinstance(one, list | tuple):
            todo.extend(one)
        else:
            total += 1
    return total
