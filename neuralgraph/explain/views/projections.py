"""Where a node puts the rows of the data: two of its units, its principal components, and t-SNE."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.errors import RunError
from neuralgraph.explain.affording import computed, sampled
from neuralgraph.explain.tsne import STEPS, positions
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Bars, Board, Points, Shown
from neuralgraph.spec import param

Array = NDArray[Any]
WIDE = 4096
"""Of wider outputs the mean of each channel is taken."""
COMPONENTS = 10
SOLVED = 300_000
"""Of so many numbers the principal components are found in a moment."""
THIRDS = ("lowest third", "middle third", "highest third")


class Projection(View):
    """What looks at many rows at once as points."""

    group = "Projection"
    icon = "chart-scatter-plot"
    costly = True

    rows: int = param(0, "How many rows to look at; 0 for as many as take a moment.", min=0, max=100_000,
                      advanced=True)

    @classmethod
    def fits(cls, at: At) -> str:
        spec = next(iter(at.program.inference.specs.get(at.node, {}).values()), None)
        if at.rows is None or at.rows.count < 3:
            return "There are no rows of data to put through it."
        if spec is None or not spec.batched or spec.rank < 2 or spec.dtype not in ("float32", "float64"):
            return "This node gives no decimal numbers for each row."
        if not at.program.needed([at.node]):
            return "It does not depend on the data."
        return "" if all(isinstance(one, int) for one in spec.shape[1:]) and np.prod(
            [int(one) for one in spec.shape[1:]]) > 1 else "It gives one number for each row; two are needed."

    def activations(self, at: At, most: int = 1000) -> tuple[Array, Array, str]:
        """n × units what the node gives, the numbers of the rows, and what was left out."""
        numbers, note = sampled(at, [at.node], min(self.rows, 4 * most), most, 3)
        if len(numbers) < 3:
            raise RunError(f"Points need at least three rows; there are {len(numbers)}.")
        output = at.program.outputs_of(at.node)[0]
        shape = [int(one) for one in at.program.inference.specs[at.node][output].shape[1:]]
        pooled = len(shape) > 1 and int(np.prod(shape, dtype=np.int64)) > WIDE
        if pooled:
            note = f"The mean of each of {shape[0]:,} channels. {note}".strip()

        def kept(value: Array) -> Array:
            flat = value.reshape(*value.shape[:2], -1).mean(axis=2) if pooled else value.reshape(len(value), -1)
            return np.nan_to_num(np.asarray(flat[:, :WIDE], np.float64))

        flat = computed(at, at.given(numbers), [at.node], [(at.node, output)], kept)[at.node, output]
        return flat, numbers[: len(flat)], note


def kinds(at: At, rows: Array) -> tuple[Array | None, tuple[str, ...]]:
    """The classes of these rows and their names; thirds of a number that is to be predicted."""
    known = at.rows
    if known is None or known.target is None:
        return None, ()
    flat = np.asarray(known.target[rows]).reshape(len(rows), -1)
    if flat.shape[1] != 1:
        return None, ()
    if known.names:
        return flat[:, 0].astype(np.int64), known.names
    if flat.dtype.kind != "f":
        return None, ()
    return np.digitize(flat[:, 0], np.quantile(flat[:, 0], [1 / 3, 2 / 3])), THIRDS


def _scatter(at: At, xy: Array, rows: Array, labels: tuple[str, str], title: str, note: str, *,
             square: bool = False) -> Points:
    found, names = kinds(at, rows)
    said = "Colours: thirds of what is to be predicted. " if names is THIRDS else ""
    return Points(xy, found, names, *labels, keys=tuple(rows.tolist()), title=title, square=square,
                  note=f"{said}{note}".strip())


class HiddenSpace(Projection):
    """Each row of the data as a dot: where two units of this node put it.

    What comes behind the node sees only this. As the network learns, rows of a class move together, until the next
    layer can part them by a straight line.
    """

    x: int = param(-1, "The unit that goes to the right, counted from 0; −1 for one of the two that vary most.", min=-1,
                   max=1_000_000)
    y: int = param(-1, "The unit that goes up.", min=-1, max=1_000_000)

    def look(self, at: At) -> Shown:
        values, rows, note = self.activations(at)
        lively = np.sort(np.argsort(-values.std(axis=0), kind="stable")[:2]).tolist()
        first, second = (min(one, values.shape[1] - 1) if one >= 0 else free for one, free in zip(
            (self.x, self.y), lively, strict=True))
        names = self.names(at, values.shape[1])
        return _scatter(at, values[:, [first, second]], rows, (names[first], names[second]), f"Hidden space: {at.node}",
                        note)

    @staticmethod
    def names(at: At, count: int) -> tuple[str, ...]:
        """What the units are called: the features, in a source."""
        known = at.rows.features if at.rows is not None else ()
        named = at.kind.role == "source" and len(known) == count
        return known if named else tuple(f"unit {n}" for n in range(count))


class PrincipalComponents(Projection):
    """Each row of the data as a dot, seen from the side from which the values of this node are most spread out.

    The first principal component goes to the right, the second up. The bars say how much of all spread each component
    holds: where two hold most of it, the picture is nearly the whole truth (Pearson, 1901).
    """

    title = "Principal components (PCA)"

    def look(self, at: At) -> Shown:
        shape = next(iter(at.program.inference.specs[at.node].values())).shape[1:]
        units = min(int(np.prod([int(one) for one in shape], dtype=np.int64)), WIDE)
        values, rows, note = self.activations(at, int(np.clip(SOLVED // units, 150, 1000)))
        centred = values - values.mean(axis=0)
        xy, shares = components(centred)
        if not shares.any():
            return _scatter(at, xy, rows, ("1st", "2nd"), f"Principal components: {at.node}",
                            f"All rows are the same here. {note}")
        labels = tuple(f"{name} component, {share:.0%}" for name, share in zip(("1st", "2nd"), shares, strict=False))
        count = min(COMPONENTS, len(shares))
        both = float(shares[:2].sum())
        return Board((
            _scatter(at, xy, rows, (labels[0], labels[1] if len(labels) > 1 else ""),
                     f"Principal components: {at.node}", ""),
            Bars(shares[:count] * 100, tuple(str(n + 1) for n in range(count)), signed=False, y_label="% of all spread",
                 note=f"The picture holds {both:.0%} of the spread of {values.shape[1]:,} units. {note}".strip())),
            shares=(2.6, 1.0))


def components(centred: Array) -> tuple[Array, Array]:
    """n × 2 the rows along the first two principal components, and the share of the spread that each component holds.

    The largest weight of each component is positive, so that the picture does not flip.
    """
    left, spread, right = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(right[np.arange(len(right)), np.abs(right).argmax(axis=1)])
    along = left * spread * np.where(signs == 0, 1, signs)
    whole = float((spread**2).sum())
    shares = spread**2 / whole if whole > 1e-12 else np.zeros(len(spread))
    return along[:, :2] if along.shape[1] > 1 else np.column_stack([along, np.zeros(len(along))]), shares


class TSne(Projection):
    """Each row of the data as a dot: rows that are near one another for this node are near in the picture.

    Look for islands of one colour. How far islands are apart and how large they are means little, and another
    perplexity draws another picture (van der Maaten and Hinton, Visualizing Data using t-SNE, 2008).
    """

    title = "t-SNE"
    icon = "blur"
    perplexity: float = param(30.0, "About how many neighbours each row is kept near to.", min=2.0, max=200.0)

    def look(self, at: At) -> Shown:
        values, rows, note = self.activations(at, most=300)
        if not np.ptp(values, axis=0).any():
            return _scatter(at, np.zeros((len(values), 2)), rows, ("", ""), f"t-SNE: {at.node}",
                            f"All rows are the same here. {note}")
        perplexity = min(self.perplexity, (len(values) - 1) / 3)
        said = "The axes have no unit."
        few = perplexity < self.perplexity
        said += f" Perplexity {perplexity:.3g}: there are too few rows for more." if few else ""
        xy = np.zeros((len(values), 2))

        def drawn() -> Points:
            return _scatter(at, xy.copy(), rows, ("", ""), f"t-SNE: {at.node}", f"{said} {note}", square=True)

        for step, found in enumerate(embedding(values, max(perplexity, 1.0)), 1):
            xy = found
            at.so_far(step, STEPS, drawn)
            if at.stop():
                break
        return drawn()


def embedding(values: Array, perplexity: float) -> Iterator[Array]:
    """n × 2 after each step of t-SNE, from the principal components on; the same numbers give the same picture."""
    start, _ = components(values - values.mean(axis=0))
    return positions(values, start / max(float(start[:, 0].std()), 1e-12) * 1e-4, perplexity)


PROJECTIONS: tuple[type[View], ...] = (HiddenSpace, PrincipalComponents, TSne)
