"""What the bars say while an earlier step is shown: the figures of that step, and that they are of then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from neuralgraph.ui.panels.plots_run import RunCurves

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
    from neuralgraph.ui.panels.plots_run import LOSS, NORM, RATE
    from neuralgraph.ui.training import figure

    track = curves.figures[LOSS].train
    found = int(np.searchsorted(track.x("step"), step + 1e-9, side="right"))
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
