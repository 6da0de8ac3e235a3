"""What a unit of a layer stands for, and what it is good for: what maximises it, and what is lost without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from neuralgraph.compiler.touched import unit_at, unit_axis
from neuralgraph.explain import inputs
from neuralgraph.explain.ablating import MEAN, ZERO, Ablated, ablated
from neuralgraph.explain.goal import affordable, array, at_once, tensors
from neuralgraph.explain.views.view import Array, At, View
from neuralgraph.explain.views.why_rows import rows_shown, sighted
from neuralgraph.figures.shown import Bars, Board, Grid, Pictures, Shown
from neuralgraph.figures.words import spelled
from neuralgraph.spec import param
from neuralgraph.training.randomness import undisturbed

MOST_STEPS = 512
SEARCHED = 4096


class OfUnit(View):
    """What the views of one unit of a layer share."""

    group = "Why"
    unit: int = param(0, "Which unit: the number of a neuron or of a map, from 0.", min=0, max=1_000_000)

    @classmethod
    def fits(cls, at: At) -> str:
        if at.rows is None or not at.rows.count:
            return "There are no rows of data to look at."
        program = at.program
        specs = list(program.inference.specs.get(at.node, {}).values())
        if not specs or program.node(at.node).role != "transform":
            return "This node has no units. Choose a layer or an activation."
        if len(specs[0].shape) < 2 or not specs[0].batched or specs[0].dtype not in ("float32", "float64"):
            return "This node gives no units for each sample."
        return "" if program.needed([at.node]) else "Nothing of the data reaches this node."

    def chosen(self, at: At) -> tuple[str, int]:
        """The first output of the node, and the number of the unit within it."""
        output, spec = next(iter(at.program.inference.specs[at.node].items()))
        size = spec.shape[unit_axis(at.program, at.node, output)]
        return output, min(self.unit, int(size) - 1 if isinstance(size, int) else self.unit)

    def strength(self, at: At, value: Tensor) -> Tensor:
        """How strongly the unit answers each row: its mean over places and steps."""
        output, unit = self.chosen(at)
        own = value[(slice(None), *(slice(None) if one is None else one
                                    for one in unit_at(at.program, at.node, output, unit)))]
        return own.reshape(len(own), -1).mean(dim=1)


class MaximisingSamples(OfUnit):
    """The samples that excite one unit the most.

    What do they have in common? That is what the unit looks for. The number is what it gives for them, the mean over
    its map where it has one.
    """

    icon = "trophy-outline"
    costly = True
    count: int = param(10, "So many samples.", min=1, max=60)

    def look(self, at: At) -> Shown:
        numbers = sighted(at, affordable(at.program, SEARCHED))
        step, found = at_once(at.program), list[Array]()
        for first in range(0, len(numbers), step):
            value = next(iter(at.values(at.given(numbers[first : first + step]))[at.node].values()))
            found.append(self.strength(at, torch.from_numpy(value)).double().numpy())
            at.so_far(min(first + step, len(numbers)), len(numbers), lambda: self._drawn(at, numbers, found))
            if at.stop():
                break
        return self._drawn(at, numbers, found)

    def _drawn(self, at: At, numbers: Array, found: Sequence[Array]) -> Shown:
        """The strongest of those rows that have been put through."""
        strength = np.concatenate([*found])
        order = np.argsort(-strength, kind="stable")[: self.count]
        note = f"The strongest of {len(strength):,} samples; on average it gives {spelled(float(strength.mean()))}."
        return rows_shown(at, numbers[order], tuple(spelled(float(strength[n])) for n in order),
                          f"What excites unit {self.chosen(at)[1]} of {at.node}", "gives", note)


class MaximisingInput(OfUnit):
    """An input made up to excite one unit as much as it can be: what the unit would like to see.

    It begins in the middle of the data with a little noise and climbs along the slope of the unit, a bounded number of
    steps, within the range that the data have. It is no real sample: compare it with those that excite the unit.
    Erhan et al. 2009; Simonyan et al. 2014.
    """

    icon = "auto-fix"
    costly = True
    steps: int = param(48, "So many steps uphill.", min=1, max=MOST_STEPS)
    size: float = param(0.05, "How far a step goes, as a share of the range of the data.", min=0.001, max=1.0)
    decay: float = param(0.01, "So much of what is away from the middle is given up in each step.", min=0.0, max=0.5)
    seed: int = param(0, "Which noise it begins with.", min=0, max=1_000_000)

    @classmethod
    def fits(cls, at: At) -> str:
        if why := super().fits(at):
            return why
        return "" if _climbed(at) else "The inputs are whole numbers, such as words: there is no slope to climb."

    def look(self, at: At) -> Shown:
        program, key = at.program, _climbed(at)
        numbers = sighted(at, at_once(program))
        data = at.given(numbers)
        with undisturbed(program.device, program.seed), program.quiet():
            given = tensors(program, at.sample)
            rows = program.tensor(key, np.asarray(data[key]))
            best = float(self.strength(at, self._value(at, tensors(program, data)).detach()).max())
            steps, words = self._steps(at), f"the best of {len(numbers):,} samples gives {spelled(best)}."
            reached = self._climb(at, key, given, rows)
            found, before = next(reached)
            after, taken = before, 0
            for taken, (found, after) in enumerate(reached, 1):
                at.so_far(taken, steps, partial(self._drawn, at, key, found, before, after, taken, words))
                if at.stop():
                    break
        return self._drawn(at, key, found, before, after, taken, words)

    def _drawn(self, at: At, key: str, found: Tensor, before: float, after: float, taken: int, words: str) -> Shown:
        program, unit = at.program, self.chosen(at)[1]
        one = array(found[0])
        note = f"It gives {spelled(before)} before and {spelled(after)} after {taken} steps; {words}"
        title = f"What unit {unit} of {at.node} would like to see"
        match inputs.kind(program, at.rows, key):
            case "picture":
                return Pictures(inputs.picture(one)[None], (f"unit {unit}",), across=1, title=title, note=note)
            case "table":
                return inputs.ranked(one.reshape(-1), inputs.features(program, at.rows, key, one.size), title,
                                     "value", note)
            case _:
                return Grid(one.reshape(one.shape[0], -1) if one.ndim > 1 else one[None], title=title, note=note)

    def _value(self, at: At, given: dict[str, Tensor]) -> Tensor:
        output = next(iter(at.program.inference.specs[at.node]))
        found = at.program.trace(given, (at.node,), grad=torch.is_grad_enabled())
        return found[at.program.output_name(at.node, output)]

    def _steps(self, at: At) -> int:
        """As many steps as were asked for, fewer for a network that takes long."""
        return min(self.steps, affordable(at.program, 3 * self.steps, least=12) // 3)

    def _climb(self, at: At, key: str, given: dict[str, Tensor], rows: Tensor) -> Iterator[tuple[Tensor, float]]:
        """The input before the first step and after each, and what the unit gives for it; ends where it is flat."""
        low, high = rows.amin(dim=0, keepdim=True), rows.amax(dim=0, keepdim=True)
        whole = (high.max() - low.min()).clamp_min(1e-6)
        middle = rows.mean(dim=0, keepdim=True)
        drawn = torch.Generator().manual_seed(self.seed)
        noise = torch.randn(middle.shape, generator=drawn, dtype=torch.float32).to(middle)
        value = torch.clamp(middle + 0.02 * whole * noise, low, high)
        steps = self._steps(at)
        for step in range(steps + 1):
            leaf = value.detach().clone().requires_grad_(True)
            with torch.enable_grad():
                goal = self.strength(at, self._value(at, {**given, key: leaf})).sum()
                slope = torch.autograd.grad(goal, leaf, allow_unused=True)[0] if goal.requires_grad else None
            yield value, float(goal.detach())
            if step == steps or slope is None:
                return
            way = slope / slope.square().mean().sqrt().clamp_min(1e-12)
            value = torch.clamp(middle + (value + self.size * whole * way - middle) * (1 - self.decay), low, high)


def _climbed(at: At) -> str:
    """The first decimal input that the node depends on; "" where there is none."""
    program = at.program
    for key in program.needed([at.node]):
        id, output = program._sources[key]
        if program.inference.specs[id][output].dtype in ("float32", "float64"):
            return key
    return ""


class Ablation(View):
    """How much the loss rises when one unit of this layer is held still, for each unit in turn.

    A tall bar: the network needs that unit. A bar at zero: it could be cut away. A bar below zero: the network would
    even be better without it. Held at zero the unit says nothing; held at its mean it only says nothing new.
    """

    group = "Why"
    icon = "content-cut"
    costly = True
    hold: str = param(ZERO, "What the unit is held at.", choices=(ZERO, MEAN))

    @classmethod
    def fits(cls, at: At) -> str:
        program = at.program
        if not program.losses:
            return "There is no loss to measure by: add one and wire it."
        if why := OfUnit.fits.__func__(cls, at):  # type: ignore[attr-defined]
            return str(why)
        if at.node not in program.path(program.losses):
            return "The loss does not come from this node."
        return ""

    def look(self, at: At) -> Shown:
        return self._drawn(at, ablated(
            at.program, at.node, at.rows, self.hold, stop=at.stop,
            tell=lambda done, found: at.so_far(done, found.units, lambda: self._drawn(at, found))))

    @staticmethod
    def _drawn(at: At, found: Ablated) -> Shown:
        note = f"The loss of {found.rows:,} {found.part} rows is {found.before:.4g}."
        if found.units < found.all:
            note += f" The first {found.units:,} of {found.all:,} units."
        few = int(found.known.sum())
        if few < found.units:
            note += f" So far {few:,} of them, those first that give most."
        names = tuple(map(str, range(found.units)))
        order = np.argsort(-found.rise, kind="stable")[:min(8, few)]
        tops = tuple(f"{n}" for n in order)
        bars = Bars(found.rise.copy(), names if len(names) <= 40 else (), y_label="rise of the loss", x_label="unit",
                    later=few < found.units, title=f"What is lost without each unit of {at.node}", note=note)
        if found.units <= 12:
            return bars
        best = Bars(found.rise[order], tops, title="The most needed units", y_label="rise of the loss")
        return Board((bars, best), shares=(1.6, 1.0))


VIEWS: tuple[type[View], ...] = (MaximisingSamples, MaximisingInput, Ablation)
