"""What the bars say while an earlier step is shown: the figures of that step, and that they are of then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuralgraph.ui.panels.plots_run import RunCurves
    from neuralgraph.ui.workbench import Workbench

NONE = "–"


@dataclass(frozen=True, slots=True)
class Then:
    """The figures of one step, as they are written. `marked` puts the step beside a name."""

    step: int
    epoch: int = 0
    loss: str = NONE
    metric: str = ""
    value: str = ""

    def marked(self, name: str) -> str:
        return f"{name}, step {self.step:,}"


def then(curves: RunCurves, step: int, metric: str) -> Then:
    """What the curves of a run know of a step. The loss is that of its own batch, nothing smoothed; a metric is the
    last one that was measured by then: `metric` by its title, else the first there is."""
    from bisect import bisect_right

    from neuralgraph.ui.panels.plots_run import LOSS, NORM, RATE
    from neuralgraph.ui.training import figure

    track = curves.figures[LOSS].train
    found = bisect_right(track.x("step"), step + 1e-9)
    value = float(track.values(smoothed=False)[found - 1]) if found else float("nan")
    begun = curves.started
    each, losses = (begun.steps_per_epoch, begun.losses) if begun is not None else (0, ())
    rest = [one for name, one in curves.figures.items() if name not in (LOSS, NORM, RATE, *losses)]
    rest.sort(key=lambda one: one.title != metric)
    chosen = next((one for one in rest if one.at("step", step) is not None), rest[0] if rest else None)
    known = chosen.at("step", step) if chosen is not None else None
    return Then(step, -(-step // each) if each else 0, figure(value) if value == value else NONE,
                chosen.title if chosen is not None else "",
                NONE if chosen is None or known is None else chosen.spell(known))


class TimeFigures:
    """Puts the figures of the moment that is shown into the bars, the cards and the plots."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._now: Mapping[str, str] = {}
        """What the cards say of the present."""
        self.mistakes: tuple[object, Mapping[str, str]] = (None, {})
        """A moment, and what the cards that count say of it."""

    def values(self, values: Mapping[str, str]) -> None:
        """What the cards are to say of the present."""
        self._now = values
        if self._bench.session.shown is None:
            self._cards(values)

    def mark(self, step: int | None) -> None:
        """Those of a step; None: of now."""
        bench = self._bench
        plots: Any = bench.docks.bottom.page("plots")
        if plots is not None:
            plots.show_moment(step)
        if step is None or plots is None:
            bench.training.show(then=None)
            self._cards(self._now)
            return
        values = {id: figure.spell(value) for id, figure in plots.run.figures.items()
                  if (value := figure.at("step", step)) is not None}
        moment, counted = self.mistakes
        bench.training.show(then=then(plots.run, step, bench.training.state.metric))
        self._cards({**values, **(counted if moment is bench.session.shown else {})})

    def _cards(self, values: Mapping[str, str]) -> None:
        if self._bench.canvas.view is not None:
            self._bench.canvas.scene.set_values(self._bench.rooms.here(values))
