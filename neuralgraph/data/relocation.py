"""A document that moves to another folder takes its paths along: they go on meaning the same files."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from neuralgraph.data.reach import Reach, strange
from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import ChangeNode, Edit, Group
from neuralgraph.spec import Catalog


def relocated(graph: Graph, catalog: Catalog, old: Path | None, new: Path) -> Edit | None:
    """The edit that keeps every path meaning what it meant in `old`: relative where that lies in `new`."""
    edits: list[Edit] = []
    for placed in graph.nodes.values():
        if placed.type not in catalog:
            continue
        names = [name for name, one in catalog[placed.type].params.items() if one.kind == "file"]
        changed = {name: moved for name in names
                   if (raw := placed.params.get(name)) and isinstance(raw, str) and not strange(raw)
                   and (moved := _moved(raw, old, new)) != raw}
        if changed:
            edits.append(ChangeNode(replace(placed, params=placed.params.having(**changed))))
    return Group("Keep the data in reach", tuple(edits)) if edits else None


def _moved(raw: str, old: Path | None, new: Path) -> str:
    if not os.path.isabs(raw) and old is None and not os.path.exists(raw):
        return raw  # typed for a document that had no place yet: it may mean a file beside it
    if not os.path.isabs(raw) and old is not None and os.path.normpath(old) == os.path.normpath(new):
        return raw
    return Reach(new).short(Reach(old).name(raw))
