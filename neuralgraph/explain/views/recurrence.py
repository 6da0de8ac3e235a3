"""What happens over the steps of a sequence: gates and states of recurrent layers, and gradients back through time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from neuralgraph.compiler.blocks.recurrence import Recurrence
from neuralgraph.explain.slopes import goal_of
from neuralgraph.explain.unrolled import Track, drawn_tracks, lags, one_step, unrolled
from neuralgraph.explain.views.inside import (
    NO_DATA,
    Names,
    asked,
    inputs,
    judging_part,
    kind_of,
    many,
    some_rows,
    words,
)
from neuralgraph.explain.views.laid import joined
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Board, Curve, Curves, Grid, Shown
from neuralgraph.spec import param
from neuralgraph.training.randomness import undisturbed

Array = NDArray[Any]
KNOWN = (nn.RNNBase, nn.RNNCellBase, Recurrence)
SPELLED = 40
"""Of a longer sequence the steps have no names."""


class Gates(View):
    """The gates and states of a recurrent layer at every step of the sample, recomputed from its weights.

    A gate near 1 is open, near 0 closed. The forget gate of an LSTM keeps the cell c while it is open; in a GRU the
    update gate does. A state h near −1 or 1 is saturated. Look for the step at which a gate opens or closes.
    """

    title = "Gates over time"
    group = "Activations"
    icon = "gate-open"
    which: str = param("", "Which layer and direction, where there are several.")
    show: str = param("units", "Every unit as a row of colours, or the mean of all as curves.",
                      choices=("units", "curves"))

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        module = at.program.part(at.node)
        if option != "which" or not isinstance(module, (nn.RNNBase, Recurrence)):
            return ()
        if isinstance(module, Recurrence):
            return ("forwards", "backwards") if hasattr(module, "back") else ()
        ways = 2 if module.bidirectional else 1
        return tuple(name for layer in range(module.num_layers) for backward in (False, True)[:ways]
                     if (name := Track(layer, backward).name(module.num_layers, ways)))

    @classmethod
    def fits(cls, at: At) -> str:
        if kind_of(at) is None or not isinstance(at.program.part(at.node), KNOWN):
            return "Only a recurrent layer, such as LSTM, GRU or Recurrent, has gates over time."
        return "" if at.rows is not None and at.rows.count else NO_DATA

    def look(self, at: At) -> Shown:
        every = tracks_of(at, at.sample)
        named = dict(zip(self.choices(at, "which") or ("",), every, strict=False))
        chosen = asked(self.which, named)
        track = named[chosen]
        steps = {name: np.stack([one[0].detach().float().cpu().numpy().reshape(-1) for one in value])
                 for name, value in track.steps.items()}
        spoken = words(at, len(next(iter(steps.values()))))
        note = joined(f"Of the {chosen}." if chosen else "", "It reads from the end." if track.backward else "")
        if self.show == "curves":
            return _means(steps, note)
        return _heat(steps, _kinds(at), spoken, note)


def tracks_of(at: At, given: Mapping[str, Array]) -> tuple[Track, ...]:
    """What every layer and direction of a recurrent node computed, step by step, for rows by source key."""
    module = at.program.part(at.node)
    if isinstance(module, Recurrence):
        return drawn_tracks(at.program, at.node, given)
    assert isinstance(module, (nn.RNNBase, nn.RNNCellBase))
    some = next(module.parameters())
    values = {port: some.new_tensor(one) for port, one in inputs(at, given).items()}
    with undisturbed(at.program.device, at.program.seed), torch.no_grad():
        return (one_step(module, values),) if isinstance(module, nn.RNNCellBase) else unrolled(module, values["x"])[1]


def _kinds(at: At) -> dict[str, str]:
    """What drawn activations are by their ids."""
    inside = at.program.inference.within.get(at.node)
    return {id: one.type for id, one in inside.graph.nodes.items()} if inside is not None else {}


def _heat(steps: Mapping[str, Array], kinds: Mapping[str, str], spoken: Names, note: str) -> Shown:
    """Gates side by side on a scale from closed to open, and below them what has two signs."""
    gates = {name: one for name, one in steps.items() if name.endswith(" gate")
             or kinds.get(name) in ("Sigmoid", "Hardsigmoid")}
    groups = [(some, title) for some, title in (
        (gates, "Gates: 0 is closed, 1 is open"),
        ({name: one for name, one in steps.items() if name not in gates}, "What is proposed, kept and given"))
        if some]
    parts = []
    for some, title in groups:
        by_width = _alike(some)
        for alike in by_width:
            values = np.stack([one.T for one in alike.values()])
            reach = max(float(np.abs(values).max(initial=0)), 1.0)
            limits = (0.0, 1.0) if some is gates else (-reach, reach)
            parts.append(Grid(
                values, "viridis" if some is gates else "signed", limits, aspect=0.62, across=len(alike),
                title=title if alike is by_width[0] else "", tile_names=tuple(one.replace("_", " ") for one in alike),
                column_names=spoken if len(spoken) == values.shape[2] else (),
                row_names=tuple(f"unit {n}" for n in range(values.shape[1]))))
    note = joined("A row is a unit, a column a step of the sequence.", note)
    parts[-1] = replace(parts[-1], note=note)
    return parts[0] if len(parts) == 1 else Board(tuple(parts))


def _alike(some: Mapping[str, Array]) -> list[dict[str, Array]]:
    """Those of as many units together."""
    found: dict[tuple[int, ...], dict[str, Array]] = {}
    for name, one in some.items():
        found.setdefault(one.shape, {})[name] = one
    return list(found.values())


def _means(steps: Mapping[str, Array], note: str) -> Curves:
    curves = []
    for name, value in steps.items():
        mean, deviation = value.mean(axis=1), value.std(axis=1)
        curves.append(Curve(name, np.arange(1, len(mean) + 1, dtype=float), mean, dots=len(mean) <= SPELLED,
                            band=np.stack([mean - deviation, mean + deviation]) if len(steps) < 4 else None))
    return Curves(tuple(curves), x_label="step", y_label="mean of all units", note=note)


class GradientOverTime(View):
    """How far back in time the error of the last step is felt: the length of d loss / d state against the lag.

    A straight fall on the logarithmic axis is a gradient that vanishes: what happened longer ago is not learned from.
    A rise is one that explodes. The cell c of an LSTM should fall more slowly than its state h, which is what it is
    for (Hochreiter and Schmidhuber, Long short-term memory, 1997).
    """

    title = "Gradient back through time"
    group = "Gradients"
    icon = "timer-sand"
    costly = True
    rows: int = param(32, "So many rows, at most.", min=1, max=1000)

    @classmethod
    def fits(cls, at: At) -> str:
        if kind_of(at) is None or not isinstance(at.program.part(at.node), (nn.RNNBase, Recurrence)):
            return "Only a recurrent layer, such as LSTM, GRU or Recurrent, sends gradients back through time."
        if at.node not in at.program.path(at.program.losses):
            return "No loss depends on this node."
        return "" if at.rows is not None and at.rows.count else NO_DATA

    def look(self, at: At) -> Shown:
        program = at.program
        part = judging_part(at)
        chosen = some_rows(at, self.rows, part=part, passes=4, nodes=program.losses)
        found = lags(program, at.node, at.given(chosen), goal_of(program, at.node))
        curves, told = [], ""
        for one in found:
            norms = np.array(one.norms)
            x = np.arange(len(norms), dtype=float)
            curves.append(Curve(one.name, x, np.where(norms > 0, norms, np.nan), dots=len(norms) <= SPELLED))
            told = told or _fall(one.name, norms)
        note = joined(f"Of {many(len(chosen), 'row')}; the error made at the last step alone, without dropout.", told)
        if "mask" in program.inference.wires[at.node]:
            note = joined(note, "Where the mask hides a step, the state waits.")
        return Curves(tuple(curves), title="Length of d loss / d state, by how many steps ago", log_y=True,
                      x_label="steps before the last", y_label="length", note=note)


def _fall(name: str, norms: Array) -> str:
    """By how much the gradient changes from step to step, in words."""
    kept = norms[norms > 0]
    if len(kept) < 3:
        return "" if len(kept) else "Nothing of the error comes back."
    factor = (kept[-1] / kept[0]) ** (1 / (len(kept) - 1))
    return f"{name}: × {factor:.2g} a step on average."
