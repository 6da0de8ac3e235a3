"""What a form and the list of problems are told about the data: the columns of tables, and what was done by itself."""

from __future__ import annotations

from neuralgraph.data.sources import KINDS, Where, known
from neuralgraph.errors import DataError
from neuralgraph.spec import Node
from neuralgraph.spec.columns import Column
from neuralgraph.validation.problem import Problem

MOST_NOTES = 8


def columns(node: Node, where: Where) -> tuple[Column, ...]:
    """The columns of the table that a node reads; none where it reads no table, or none that can be read."""
    kind = KINDS.get(node.type)
    if kind is None or kind.columns is None:
        return ()
    try:
        return kind.columns(node, where)
    except DataError:
        return ()  # the same error is the node's problem


def notes(id: str, node: Node, where: Where) -> list[Problem]:
    """What reading the data did by itself, where they have been read already."""
    found = known(node, where)
    said = found.notes if found is not None else ()
    shown = list(said[:MOST_NOTES])
    if len(said) > MOST_NOTES:
        shown.append(f"{len(said) - MOST_NOTES:,} more columns were treated like these.")
    return [Problem("data_note", "note", f"{id}: {one}", id, None, f"{node.type} says") for one in shown]
