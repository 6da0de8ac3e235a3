"""A document that moves to another folder takes its paths along: they go on meaning the same files."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from neuralgraph.data.reach import Reach, strange
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.edits import ChangeNode, Edit, Group
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.spec import Catalog, initial
from neuralgraph.spec.initial import files


def relocated(graph: Graph, catalog: Catalog, old: Path | None, new: Path) -> Edit | None:
    """The edit that keeps every path meaning what it meant in `old`: relative where that lies in `new`."""
    edits: list[Edit] = []
    for placed in graph.nodes.values():
        declared = catalog[placed.type].params.items() if placed.type in catalog else ()
        names = [name for name, one in declared if one.kind == "file"]
        changed = {name: moved for name in names
                   if (raw := placed.params.get(name)) and isinstance(raw, str) and not strange(raw)
                   and (moved := _moved(raw, old, new)) != raw}
        start: dict[str, Any] = dict(placed.initialiser)
        for raw in files(start).values():
            if raw and not strange(raw):
                start = initial.moved(start, raw, _moved(raw, old, new))
        if changed or start != placed.initialiser:
            edits.append(ChangeNode(replace(
                placed, params=placed.params.having(**changed), initialiser=FrozenDict(start))))
    return Group("Keep the data in reach", tuple(edits)) if edits else None


def paths(graph: Graph, catalog: Catalog) -> list[str]:
    """Every path to data that a document names."""
    return [raw for placed in graph.nodes.values() for raw in paths_of(placed, catalog)]


def paths_of(placed: Placed, catalog: Catalog) -> list[str]:
    """The paths to data that one node names, and to the weights that it starts from."""
    declared = catalog[placed.type].params.items() if placed.type in catalog else ()
    found = [placed.params.get(name) for name, one in declared if one.kind == "file"]
    found += files(placed.initialiser).values()
    return [raw for raw in found if isinstance(raw, str) and raw]


def _moved(raw: str, old: Path | None, new: Path) -> str:
    if not os.path.isabs(raw) and old is None and not os.path.exists(raw):
        return raw  # typed for a document that had no place yet: it may mean a file beside it
    if not os.path.isabs(raw) and old is not None and os.path.normpath(old) == os.path.normpath(new):
        return raw
    return Reach(new).short(Reach(old).name(raw))
