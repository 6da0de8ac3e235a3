"""By how much training changes the weights, as a share of what they are."""

from __future__ import annotations

import numpy as np
import torch

from neuralgraph.explain.slopes import goals
from neuralgraph.explain.updates import next_changes, stage_of
from neuralgraph.explain.views.gradients import LAYERS, NO_LOSS
from neuralgraph.explain.views.inside import NO_DATA, many, some_rows
from neuralgraph.explain.views.laid import joined
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Bars, Board, Curve, Curves, Shown

MOMENTS, CURVES = 24, 4
"""So many earlier moments are looked at, and so many parameters have a curve."""
RESTLESS = 0.1
"""A step that changes weights by more than this stands out."""


class UpdateRatio(View):
    """By how much the next step changes each parameter, as a share of its length, on a logarithmic scale.

    About a thousandth is healthy; far more and training is restless, far less and it hardly moves. The step is taken
    on copies, with the optimiser of the plan and what it remembers of the last run.
    """

    title = "Update to weight ratio"
    scope = "network"
    group = "Gradients"
    icon = "delta"
    costly = True

    @classmethod
    def fits(cls, at: At) -> str:
        if not at.program.losses:
            return NO_LOSS
        if not goals(at.program):
            return "No node learns, so nothing is updated."
        if any(step.optimizer.name == "LBFGS" for step in stage_of(at.program).steps):
            return "LBFGS looks at a batch several times before it moves, so one step cannot be shown."
        return "" if at.rows is not None else NO_DATA

    def look(self, at: At) -> Shown:
        plan = at.program.document.plan
        most = plan.batch_size if not plan.full_batch else 10**9
        chosen = some_rows(at, most, part="train", passes=3, nodes=at.program.losses)
        found = next_changes(at.program, at.given(chosen))
        note = f"The next step on {many(len(chosen), 'training row')}, at the rate of the plan."
        if not all(one.remembered for one in found):
            note = joined(note, "The optimiser remembers nothing yet, so it is as in its first step.")
        still = [one.name for one in found if not one.weight]
        note = joined(note, f"All zero until now: {', '.join(still[:4])}." if still else "")
        values = np.array([one.ratio for one in found[:LAYERS]])
        names = tuple(one.name for one in found[:LAYERS])
        bars = Bars(values, names, y_label="update / weight", log=True, signed=False, note=note,
                    title="Length of the next update by that of the weights", lines=((1e-3, "a thousandth"),),
                    bad=tuple(bool(one > RESTLESS) for one in values))
        return _with_past(at, bars)


def _with_past(at: At, bars: Bars) -> Shown:
    """Below the bars the mean update of a step between the moments of the run that were kept, of the first matrices of
    weights."""
    wanted = [name for name, one in at.program.root.named_parameters() if one.ndim > 1][:CURVES]
    places = np.unique(np.linspace(0, len(at.past) - 1, min(len(at.past), MOMENTS)).astype(int))
    steps, lengths = list[int](), list[list[float]]()
    before: dict[str, torch.Tensor] = {}
    chosen = places.tolist() if len(at.past) > 2 else []

    def drawn() -> Shown:
        return Board((bars, _over_time(wanted, steps, lengths))) if len(lengths) > 1 else bars

    at.so_far(1, 1 + len(chosen), drawn)
    for done, place in enumerate(chosen, 2):
        if at.stop():
            break
        step, program = at.past[place]
        named = dict(program().root.named_parameters())
        now = {name: named[name].detach().double().cpu() for name in wanted if name in named}
        if before and steps:
            lengths.append([mean_update(before[name], now[name], step - steps[-1]) if name in before and name in now
                            and before[name].shape == now[name].shape else float("nan") for name in wanted])
        steps.append(step)
        before = now
        at.so_far(done, 1 + len(chosen), drawn)
    return drawn()


def _over_time(wanted: list[str], steps: list[int], lengths: list[list[float]]) -> Curves:
    values = np.array(lengths)
    x = np.array(steps[1:], dtype=float)
    curves = tuple(Curve(name, x, np.where(values[:, n] > 0, values[:, n], np.nan), dots=True)
                   for n, name in enumerate(wanted))
    return Curves(curves, title="Between the moments of the run that were kept", log_y=True, x_label="step",
                  y_label="way / weight, a step",
                  note="The straight way from one moment to the next: steps to and fro cancel out.")


def mean_update(before: torch.Tensor, now: torch.Tensor, steps: int) -> float:
    """The way from one moment to a later one by its steps and by the length of the weights."""
    length = float(before.norm())
    return float((now - before).norm()) / max(steps, 1) / length if length else float("nan")
