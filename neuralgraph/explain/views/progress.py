"""How good the network is on each part of the data: now, and at the moments of the run that were kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.explain.judging import Judged
from neuralgraph.explain.refining import coarse_to_fine
from neuralgraph.explain.scoring import fit
from neuralgraph.explain.seeing import part_of
from neuralgraph.explain.views.deciding import Judging
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Board, Curve, Curves, Shown, Table
from neuralgraph.spec import param

Array = NDArray[Any]
PARTS = {"train": "training", "validation": "validation", "test": "test"}


class Progress(Judging):
    """How wrong and how often right the network is on each part of the data, now and along the run.

    Where the training loss falls on while that of the validation part climbs, it learns its rows by heart. The
    test part is only looked at where you ask for it: whoever chooses by it has no test any more.
    """

    group = "Answers"
    icon = "chart-line"
    kinds = ("classes", "labels", "numbers", "again")
    moments: int = param(12, "How many earlier moments are looked at.", min=1, max=200)
    test: bool = param(False, "Look at the test part, too.")

    def look(self, at: At) -> Shown:
        parts = [part for part in PARTS if (self.test or part != "test") and at.rows is not None
                 and len(part_of(at.rows, part))]
        now = {part: self.found(at.over(part)) for part in parts}
        word = word_of(next(iter(now.values())))
        table = Table(("part", "rows", "loss", word), tuple(
            (PARTS[part], len(np.unique(one.rows)), float(one.losses.mean()), score(one)) for part, one in now.items()),
            title="Now", note=_note(now))
        moments: dict[int, dict[str, Judged]] = {}
        whole = len(self._places(at))

        def drawn() -> Shown:
            if moments:
                return self._along(parts, moments, word, table)
            why = "Earlier moments of the run are still to be looked at." if whole else \
                "No earlier moments of a run are known here."
            return Table(table.columns, table.rows, title="How good it is now", note=f"{table.note} {why}")

        at.so_far(1, 1 + whole, drawn)
        for step, there in self._past(at):
            moments[step] = {part: self.found(there.over(part)) for part in parts}
            at.so_far(1 + len(moments), 1 + whole, drawn)
        return drawn()

    @staticmethod
    def _along(parts: Sequence[str], moments: Mapping[int, Mapping[str, Judged]], word: str, table: Table) -> Shown:
        """Curves of those moments that were looked at, above what is now."""
        steps = np.array(sorted(moments), float)

        def curves(of: Any) -> tuple[Curve, ...]:
            return tuple(Curve(PARTS[part], steps, np.array([of(moments[step][part]) for step in sorted(moments)]),
                               dots=True) for part in parts)

        both = Board((Curves(curves(lambda one: float(one.losses.mean())), "step", "loss"),
                      Curves(curves(score), "step", word)), title="Along the run")
        return Board((both, table), shares=(3.0, 1.2))

    def _places(self, at: At) -> list[int]:
        """Which earlier moments are looked at, evenly chosen; both ends and the middle first."""
        count = min(len(at.past), self.moments)
        places = np.unique(np.linspace(0, len(at.past) - 1, count).astype(int)) if at.past else np.zeros(0, int)
        return [int(places[one]) for one in coarse_to_fine(1, len(places))] if len(places) else []

    def _past(self, at: At) -> Iterator[tuple[int, At]]:
        """Earlier moments of the run; ends where nobody waits."""
        for place in self._places(at):
            if at.stop():
                return
            step, program = at.past[place]
            yield step, replace(at, program=program())


def word_of(one: Judged) -> str:
    """What `score` says."""
    return {"classes": "share right", "labels": "share of answers right"}.get(one.head.kind, "R²")


def score(one: Judged) -> float:
    """The share that is right, or of the spread that is explained."""
    if one.head.kind == "classes":
        return float((one.answer == one.true).mean()) if len(one.true) else 0.0
    if one.head.kind == "labels":
        return float(((one.said >= 0.5) == (one.true > 0.5)).mean())
    return fit(one.said.reshape(-1), one.true.reshape(-1)).r2


def _note(now: dict[str, Judged]) -> str:
    kind = {"classes": "−ln of the probability of the right class", "labels": "−ln of the probability of what is true"}
    kinds = next(iter(now.values())).head.kind
    words = f"Loss: the mean {kind.get(kinds, 'squared error')}."
    few = next((one.note for one in now.values() if one.note), "")
    return f"{words} {few}".strip()


PROGRESS: tuple[type[View], ...] = (Progress,)
