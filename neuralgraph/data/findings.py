"""What a form and the list of problems are told about the data: the columns of tables, and what was done by itself."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from neuralgraph.data.sources import KINDS, Where, key, known
from neuralgraph.errors import DataError, NetworkError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.flatten import flatten
from neuralgraph.graph.reading import instances
from neuralgraph.spec import Catalog, Node
from neuralgraph.spec.columns import Column
from neuralgraph.validation.problem import Problem

MOST_NOTES = 8
MOST_LISTED = 8
_LISTED: OrderedDict[Any, tuple[Column, ...]] = OrderedDict()
"""The last few lists by node and state of its files: every edit asks for them again."""


def columns(node: Node, where: Where) -> tuple[Column, ...]:
    """The columns of the table that a node reads; none where it reads no table, or none that can be read."""
    kind = KINDS.get(node.type)
    if kind is None or kind.columns is None:
        return ()
    try:
        state = key(kind, node, where)
        found = _LISTED.pop(state, None) or kind.columns(node, where)
    except DataError:
        return ()  # the same error is the node's problem
    _LISTED[state] = found
    if len(_LISTED) > MOST_LISTED:
        _LISTED.popitem(last=False)
    return found


def tables(graph: Graph, catalog: Catalog, where: Where) -> dict[str, tuple[Column, ...]]:
    """The same for every node of a document, by its id."""
    nodes = instances(flatten(graph, catalog).graph, catalog).items()
    return {id: found for id, node in nodes if isinstance(node, Node) and (found := columns(node, where))}


def fetchable(graph: Graph, catalog: Catalog, *, again: bool = False) -> list[Node]:
    """The nodes whose data come over the network and are not here yet; with `again`, those that are here too."""
    found: list[Node] = []
    for node in instances(flatten(graph, catalog).graph, catalog).values():
        kind = KINDS.get(node.type) if isinstance(node, Node) else None
        if isinstance(node, Node) and kind is not None and kind.fetch is not None and (again or _absent(node)):
            found.append(node)
    return list(dict.fromkeys(found))


def _absent(node: Node) -> bool:
    try:
        KINDS[node.type].files(node, None)
    except NetworkError:
        return True
    return False


def notes(id: str, node: Node, where: Where) -> list[Problem]:
    """What reading the data did by itself, where they have been read already."""
    found = known(node, where)
    said = found.notes if found is not None else ()
    shown = " ".join(said[:MOST_NOTES])
    if len(said) > MOST_NOTES:
        shown += f" {len(said) - MOST_NOTES:,} more columns were treated like these."
    return [Problem("data_note", "note", f"{id}: {shown}", id, None, "How the data were read")] if said else []
