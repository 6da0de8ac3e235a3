"""Which number of an array a spot of its picture shows, and where a number is shown. No Qt."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from neuralgraph.ui.panels.filters import Topic, view_of

MOST = 4_000_000
"""Arrays of more numbers are looked at, not touched."""
Place = tuple[int, ...]
Cell = tuple[int, int, int]


class Places:
    """The picture of an array, with the number of every entry in place of what it is."""

    def __init__(self, shape: Place, topic: Topic, channel: int, *, image: bool = False) -> None:
        self.shape = shape
        numbers = np.arange(1, math.prod(shape) + 1, dtype=np.int64).reshape(shape)
        self._shown: NDArray[np.int64] = np.asarray(view_of(numbers, topic, channel, image=image).values)

    def of(self, tile: int, row: int, column: int) -> Place | None:
        """The place in the array of what is shown there; None where nothing is, at the end of a wrapped row."""
        shown = self._shown
        index = {0: (), 1: (column,), 2: (row, column)}.get(shown.ndim, (tile, row, column))
        number = int(shown[index])
        return tuple(int(one) for one in np.unravel_index(number - 1, self.shape)) if number else None

    def around(self, place: tuple[int | None, ...]) -> list[tuple[Cell, Cell]]:
        """The first and the last (tile, row, column) of what shows a place, in every tile that does; a place with
        None, or too short, is all along those axes. Of a place that the array does not have nothing is shown."""
        if len(place) > len(self.shape) or any(one is not None and one >= size
                                               for one, size in zip(place, self.shape, strict=False)):
            return []
        mask = np.zeros(self.shape, bool)
        mask[tuple(slice(None) if one is None else one for one in place)] = True
        hit = np.concatenate([[False], mask.reshape(-1)])[self._shown]
        hit = hit.reshape((1,) * (3 - hit.ndim) + hit.shape)
        found = []
        for tile in np.flatnonzero(hit.any(axis=(1, 2))).tolist():
            rows, columns = (np.flatnonzero(hit[tile].any(axis=axis)).tolist() for axis in (1, 0))
            found.append(((tile, rows[0], columns[0]), (tile, rows[-1], columns[-1])))
        return found
