"""What keeps layers from learning or from being of use: silent and saturated units, ranks that are too low."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.explain.views.activations import batch_values
from neuralgraph.explain.views.inside import (
    NO_DATA,
    asked,
    by_unit,
    many,
    size_of,
    some_rows,
    specs,
    unit_axis,
    without_values,
)
from neuralgraph.explain.views.laid import joined
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Bars, Curve, Curves, Shown
from neuralgraph.spec import param
from neuralgraph.spec.tensor import BATCH
from neuralgraph.training.hints import HALF
from neuralgraph.training.measuring import END, FIRING, RANGES, activations

Array = NDArray[Any]
SEEN = 1e-7
"""A smaller share of the largest singular value is nothing but rounding."""
LARGEST = 1536
"""Of a larger matrix the first so many rows and columns are looked at."""


class DeadUnits(View):
    """Of every ReLU the share of units that are silent for all rows; of Sigmoid and Tanh the share at an end.

    A ReLU unit that is zero whatever comes in has no gradient and learns nothing more. Where Sigmoid or Tanh are close
    to the ends of their range they are flat, so that hardly any gradient comes through. Half a layer is too much.
    """

    title = "Dead and saturated units"
    scope = "network"
    group = "Activations"
    icon = "skull-outline"
    costly = True
    rows: int = param(256, "So many rows, at most.", min=1, max=10_000)
    silent: float = param(0.0, "A ReLU unit that never gives more than this is dead.", min=0.0, max=1e6)
    near: float = param(END, "So near to an end, as a share of the range, Sigmoid and Tanh are saturated.", min=0.0,
                        max=0.5)

    @classmethod
    def fits(cls, at: At) -> str:
        if not activations(at.program):
            return "No layer inside has an activation that can die or saturate, such as ReLU, Sigmoid or Tanh."
        return "" if at.rows is not None else NO_DATA

    def look(self, at: At) -> Shown:
        ids = activations(at.program)
        chosen = some_rows(at, self.rows, nodes=ids)
        found = at.values(at.given(chosen), ids)
        shares = {id: self.share(at.on(id), next(iter(found[id].values()))) for id in ids}
        types = {at.program.graph.nodes[id].type for id in ids}
        told = [f"Dead is a unit that is never above {self.silent:g} for any of {many(len(chosen), 'row')}"] if \
            types & set(FIRING) else []
        told += [f"saturated a number within {self.near:.0%} of the range of an end"] if types & set(RANGES) else []
        note = "; ".join(told)
        values = np.array(list(shares.values()))
        words = tuple(f"{id} ({'dead' if at.program.graph.nodes[id].type in FIRING else 'saturated'})" for id in ids)
        return Bars(100 * values, words, y_label="% of the layer", signed=False, y_range=(0.0, 100.0),
                    lines=((100 * HALF, "half of the layer"),), title="Share of dead or saturated units of each layer",
                    note=note[0].upper() + note[1:] + ".",
                    bad=tuple(bool(one >= HALF) for one in values))

    def share(self, at: At, value: Array) -> float:
        """Of 0 to 1, for what the activation in sight gave for some rows."""
        type = at.program.graph.nodes[at.node].type
        if type in FIRING:
            each = by_unit(value, unit_axis(at, value.ndim))
            return float((each <= self.silent).all(axis=1).mean())
        low, high = RANGES[type]
        edge = self.near * (high - low)
        return float(((value <= low + edge) | (value >= high - edge)).mean())


class EffectiveRank(View):
    """In how many directions a matrix really works: the singular values, and their effective rank.

    A layer of 64 units with an effective rank of 5 could do its work with little more than 5. It is e to the entropy
    of the singular values as shares of their sum (Roy and Vetterli, The effective rank, EUSIPCO 2007). Of activations
    the matrix has a row a sample and a column a unit.
    """

    group = "Weights"
    icon = "chart-line-variant"
    costly = True
    of: str = param("weights", "Of the weights, or of what the node gives for many rows.",
                    choices=("weights", "activations"))
    which: str = param("", "Which parameter or output; the first that is a matrix where nothing is said.")
    rows: int = param(512, "So many rows of the data, at most.", min=2, max=10_000)

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        return (*_matrices(at), *_wide(at)) if option == "which" else ()

    @classmethod
    def fits(cls, at: At) -> str:
        if _matrices(at):
            return ""
        if not _wide(at):
            return "This node has no matrix of weights, and gives no vector of which a rank could be taken."
        return without_values(at) or ("" if at.rows is not None else NO_DATA)

    def look(self, at: At) -> Shown:
        weights, values = _matrices(at), _wide(at)
        of = self.of if (weights if self.of == "weights" else values) else "weights" if weights else "activations"
        if self.which in weights or self.which in values:
            of = "weights" if self.which in weights else "activations"
        note = ""
        if of == "weights":
            name = asked(self.which, weights)
            matrix = at.weights[name]
            matrix = matrix.reshape(len(matrix), -1)
        else:
            if (why := without_values(at)) or at.rows is None:
                return Curves((), title="Effective rank", note=why or NO_DATA)
            name = asked(self.which, values)
            matrix, count = _samples(at, name, self.rows)
            note = f"Of {many(count, 'row')} of the data as they are, not centred."
        whole = matrix.shape
        if max(whole) > LARGEST and min(whole) > LARGEST:
            matrix = matrix[:LARGEST, :LARGEST]
            note = joined(note, f"Of the first {LARGEST:,} rows and columns of {size_of(whole)}.")
        singular, rank = spectrum(matrix)
        most = len(singular)
        title = f"{name}: effective rank {rank:.1f} of {most}"
        felt = singular > SEEN * singular[0]
        shown = np.where(felt, singular, np.nan)
        none = most - int(felt.sum())
        note = joined(note, f"{none:,} of the singular values are 0." if none else "")
        return Curves((Curve("singular value", np.arange(1, most + 1, dtype=float), shown, dots=most <= 64),),
                      title=title, x_label="number", y_label="singular value", log_y=True,
                      at=((rank, f"effective rank {rank:.1f}"),) if rank else (), note=note)


def spectrum(matrix: Array) -> tuple[Array, float]:
    """The singular values from the largest, and e to the entropy of their shares (0 where all are zero)."""
    good = np.nan_to_num(matrix.astype(np.float64), posinf=0.0, neginf=0.0)
    if min(good.shape) * 4 < max(good.shape):  # the small one of both squares has the same singular values
        small = good @ good.T if good.shape[0] < good.shape[1] else good.T @ good
        singular = np.sqrt(np.clip(np.linalg.eigvalsh(small)[::-1], 0.0, None))
    else:
        singular = np.linalg.svd(good, compute_uv=False)
    total = singular.sum()
    if not total:
        return singular, 0.0
    share = singular / total
    share = share[share > 0]
    return singular, float(np.exp(-(share * np.log(share)).sum()))


def _samples(at: At, name: str, most: int) -> tuple[Array, int]:
    """A matrix with a row a sample (and place or step) and a column a unit."""
    value, count = batch_values(at, name, most)
    each = by_unit(value, unit_axis(at, value.ndim)).T
    return each[np.linspace(0, len(each) - 1, min(len(each), 8192)).astype(int)], count


def _matrices(at: At) -> Mapping[str, Any]:
    return {name: one for name, one in at.parameters.items() if one.ndim >= 2 and min(len(one), one[0].numel()) > 1}


def _wide(at: At) -> Mapping[str, Any]:
    return {name: spec for name, spec in specs(at).items()
            if spec.dtype.startswith(("float", "bfloat")) and BATCH in spec.shape and spec.rank > 1}
