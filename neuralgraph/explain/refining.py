"""Work on a plane from coarse to fine: in which order its places are looked at, and what it looks like meanwhile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]


def levels(count: int) -> NDArray[np.int64]:
    """When it is the turn of each of `count` places in a row: the middle 0, ends 1, then the middles between those."""
    found = np.full(count, -1)
    found[[0, -1]] = 1
    found[(count - 1) // 2] = 0
    level = 1
    while (found < 0).any():
        level += 1
        known = np.flatnonzero(found >= 0)
        middles = (known[:-1] + known[1:]) // 2
        found[[one for one in middles if found[one] < 0]] = level
    return found


def coarse_to_fine(rows: int, columns: int) -> NDArray[np.int64]:
    """The places of a plane, row by row numbered, the middle first, then ever finer grids, each from the middle out."""
    down, across = levels(rows), levels(columns)
    turn = np.maximum(down[:, None], across[None])
    away = (np.arange(rows)[:, None] - (rows - 1) / 2) ** 2 + (np.arange(columns)[None] - (columns - 1) / 2) ** 2
    return np.lexsort((away.reshape(-1), turn.reshape(-1)))


def filled(values: Plane, known: NDArray[np.bool_]) -> Plane:
    """A plane of which only some places are known: every other one is as the known one that is nearest to it."""
    if known.all() or not known.any():
        return values.copy()
    there = np.argwhere(known)
    missing = np.argwhere(~known)
    found = values.copy()
    for first in range(0, len(missing), 4096):
        some = missing[first : first + 4096]
        nearest = there[((some[:, None] - there[None]) ** 2).sum(axis=2).argmin(axis=1)]
        found[some[:, 0], some[:, 1]] = values[nearest[:, 0], nearest[:, 1]]
    return found
