"""A network beside what it was when it started: its weights, and how good its answers are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.explain.seeing import part_of
from neuralgraph.explain.views.deciding import Judging
from neuralgraph.explain.views.history import initial, starts_known
from neuralgraph.explain.views.inside import asked, norm
from neuralgraph.explain.views.laid import joined, weights_laid
from neuralgraph.explain.views.progress import PARTS, score, word_of
from neuralgraph.explain.views.view import At
from neuralgraph.explain.views.weights import OfParameter
from neuralgraph.figures.shown import Bars, Board, Grid, Shown, Table
from neuralgraph.figures.words import spelled
from neuralgraph.spec import param

Array = NDArray[Any]
SHOWN = 400_000
"""Of more weights than that only the lengths are told."""
STARTED = "Before: the weights that its seed starts from."


class WeightsBeforeAfter(OfParameter):
    """The weights of a node as they started, as they are now, and by how much each of them changed.

    Where the change is pale nothing was learned. Weights that started at random and look alike now have found the same.
    """

    title = "Weights before and after"
    icon = "compare-horizontal"

    @classmethod
    def fits(cls, at: At) -> str:
        known = at.parameters
        if missing := super().fits(at):
            return missing
        if max(one.numel() for one in known.values()) > SHOWN:
            return "It has too many weights to be shown three times."
        return "" if starts_known(at) else "How this node started is not known by itself."

    def look(self, at: At) -> Shown:
        before = initial(at)
        name = asked(self.which, before or at.weights)
        now = at.weights[name].astype(float)
        start = np.asarray(before.get(name, now), float)
        change = now - start
        reach = float(max(np.abs(one).max(initial=0) for one in (start, now, change))) or 1.0
        laid = (weights_laid(value, title=title) for value, title in (
            (start, "before"), (now, "now"), (change, "change")))
        parts = tuple(replace(one, limits=(-reach, reach), scale=not n) if isinstance(one, Grid) else replace(
            one, y_range=(-1.1 * reach, 1.1 * reach)) if isinstance(one, Bars) else one for n, one in enumerate(laid))
        note = joined(STARTED, f"They moved {spelled(norm(change))} from a start of length {spelled(norm(start))}.",
                      "" if change.any() else "Nothing has changed: it has not been trained.")
        return Board(parts, across=3 if now.ndim > 1 else 1, note=note, title=f"{name} of {at.node}")


class BeforeAfter(Judging):
    """How good the network was before it learned anything, and how good it is now; and which layers have moved.

    Hold what it has learned against where it started: half right may be no more than always saying the same.
    """

    title = "Before and after"
    icon = "compare-horizontal"
    kinds = ("classes", "labels", "numbers", "again")
    test: bool = param(False, "Look at the test part, too.")

    def look(self, at: At) -> Shown:
        assert at.rows is not None
        start = at.program.copied()
        measured = {name: one.clone() for name, one in start.state_dict().items() if start.owner(name) in start.fitted}
        start.reset()
        start.load_state_dict({**start.state_dict(), **measured})  # what was measured on the data is no weight
        then = replace(at, program=start)
        rows: list[tuple[Any, ...]] = []
        word = ""

        def figures() -> Table:
            heads = ("part", "loss before", "loss now", f"{word} before", f"{word} now")
            return Table(heads, tuple(rows), title="Answers", note=STARTED)

        parts = [part for part in PARTS if (part != "test" or self.test) and len(part_of(at.rows, part))]
        for part in parts:
            before, now = self.found(then.over(part)), self.found(at.over(part))
            word = word_of(now)
            rows.append((PARTS[part], float(before.losses.mean()), float(now.losses.mean()), score(before), score(now)))
            at.so_far(len(rows), len(parts) + 1, figures)
            if at.stop():
                return figures()
        moved = _moved(at, then)
        whole = Board((figures(), moved), across=1, shares=(1.0, 1.4)) if moved.rows else figures()
        at.so_far(len(parts) + 1, len(parts) + 1, lambda: whole)
        return whole


def _moved(at: At, then: At) -> Table:
    """How far the parameters of every layer went."""
    rows: list[tuple[Any, ...]] = []
    for id in at.program.inference.order:
        now, before = (one.on(id).weights for one in (at, then))
        if at.program.part(id) is None or not now:
            continue
        start = float(np.sqrt(sum(norm(one) ** 2 for one in before.values())))
        way = float(np.sqrt(sum(norm(now[name] - one) ** 2 for name, one in before.items())))
        rows.append((id, start, float(np.sqrt(sum(norm(one) ** 2 for one in now.values()))), way,
                     f"{way / start:.0%}" if start else "–"))
    return Table(("layer", "length before", "length now", "moved by", "of its length"), tuple(rows), title="Weights")

