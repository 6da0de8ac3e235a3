"""Which rows of a layer's weights are most alike: words of an embedding, units that do the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.errors import ParameterError
from neuralgraph.explain.views.inside import Names, class_names, kind_of, many, token
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Shown, Table
from neuralgraph.spec import param

Array = NDArray[Any]
ROWS = 16
LISTED = 300
PLACES = {2: "2nd", 3: "3rd"}
EMBEDDINGS = ("Embedding", "EmbeddingBag")


class Neighbours(View):
    """For some rows of the weights those that point the same way: of an embedding, the words that are used alike.

    The number in brackets is the cosine of the angle between both rows: 1 is the same direction, 0 nothing in common,
    −1 the opposite. Of a Linear, rows that are nearly 1 are units that do the same work twice.
    """

    title = "Nearest rows"
    group = "Weights"
    icon = "table-heart"
    row: str = param("", "A word, or the number of a row; the words of the sample where nothing is said.")
    nearest: int = param(5, "So many neighbours of each.", min=1, max=20)

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        if option != "row" or cls.fits(at):
            return ()
        names = _names(at, at.parameters["weight"].shape[0])
        return tuple(dict.fromkeys(names[:LISTED]))

    @classmethod
    def fits(cls, at: At) -> str:
        found = at.parameters.get("weight")
        if found is None or found.ndim != 2 or kind_of(at) is None:
            return "Only a node with one matrix of weights, such as Embedding or Linear, has rows to compare."
        return "" if found.shape[0] > 2 and found.shape[1] > 1 else "It has too few weights to compare rows of them."

    def look(self, at: At) -> Shown:
        matrix = at.weights["weight"].astype(np.float64)
        names = _names(at, len(matrix))
        chosen = self._chosen(at, names)
        length = np.linalg.norm(matrix, axis=1)
        way = matrix / np.where(length > 0, length, 1.0)[:, None]
        alike = way[list(chosen)] @ way.T
        count = min(self.nearest, len(matrix) - 1)
        rows = []
        for at_row, cosines in zip(chosen, alike, strict=True):
            cosines[at_row] = -np.inf
            best = np.argsort(-cosines, kind="stable")[:count]
            rows.append((names[at_row], float(length[at_row]),
                         *(f"{names[n]} ({cosines[n]:.2f})".replace("-", "−") for n in best)))
        heads = ("row", "length", *("nearest" if n == 0 else PLACES.get(n + 1, f"{n + 1}th") for n in range(count)))
        return Table(heads, tuple(rows), title=f"Nearest of {many(len(matrix), 'row')}",
                     note="In brackets the cosine: 1 points the same way, 0 has nothing in common, −1 is the opposite.")

    def _chosen(self, at: At, names: Names) -> tuple[int, ...]:
        if self.row:
            if self.row in names:
                return (names.index(self.row),)
            if self.row.isdecimal() and int(self.row) < len(names):
                return (int(self.row),)
            raise ParameterError(f"There is no row «{self.row}». Rows go by number, from 0 to {len(names) - 1:,}"
                                 + (", or by word." if _spoken(at) else "."), parameter="row")
        if _spoken(at):
            for value in at.sample.values():
                if value.dtype.kind in "iu" and value.ndim == 2:
                    met = dict.fromkeys(int(one) for one in value[0] if 0 <= one < len(names))
                    return tuple(met)[:ROWS]
        return tuple(range(min(len(names), ROWS)))


def _spoken(at: At) -> bool:
    node = kind_of(at)
    return node is not None and node.type in EMBEDDINGS and at.rows is not None and bool(at.rows.tokens)


def _names(at: At, count: int) -> Names:
    if _spoken(at):
        assert at.rows is not None
        return tuple(token(at.rows.tokens, n) for n in range(count))
    return class_names(at, count) or tuple(map(str, range(count)))
