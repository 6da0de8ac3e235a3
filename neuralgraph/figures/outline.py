"""Where a map changes sign, or class: pieces of line between the cells of a grid; and where a class is thickest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Piece = tuple[tuple[float, float], tuple[float, float]]


def borders(values: NDArray[Any], classes: int) -> list[Piece]:
    """Line pieces between neighbouring grid cells: where the sign of a score changes, or the class."""
    lines: list[Piece] = []
    if classes > 2:
        for y, x in np.argwhere(values[:, :-1] != values[:, 1:]):
            lines.append(((x + 0.5, y - 0.5), (x + 0.5, y + 0.5)))
        for y, x in np.argwhere(values[:-1] != values[1:]):
            lines.append(((x - 0.5, y + 0.5), (x + 0.5, y + 0.5)))
        return lines
    inside = values > 0
    mixed = inside[:-1, :-1] + 0 + inside[1:, :-1] + inside[:-1, 1:] + inside[1:, 1:]
    for y, x in np.argwhere((mixed > 0) & (mixed < 4)):
        corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]
        cuts = []
        for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
            a, b = float(values[ay, ax]), float(values[by, bx])
            if (a > 0) != (b > 0):
                share = a / (a - b)
                cuts.append((ax + (bx - ax) * share, ay + (by - ay) * share))
        lines += [(cuts[n], cuts[n + 1]) for n in range(0, len(cuts) - 1, 2)]
    return lines


def hearts(labels: NDArray[Any], classes: int) -> list[tuple[int, int, int, int]]:
    """Of each class that is there the spot farthest inside its area: class, row, column, cells to the border."""
    found: list[tuple[int, int, int, int]] = []
    for kind in range(classes):
        left, depth = labels == kind, 0
        if not left.any():
            continue
        while True:
            around = np.pad(left, 1)
            inside = left & around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
            if not inside.any():
                break
            left, depth = inside, depth + 1
        spots = np.argwhere(left)
        row, column = spots[np.abs(spots - spots.mean(axis=0)).sum(axis=1).argmin()].tolist()
        found.append((kind, row, column, depth))
    return found
