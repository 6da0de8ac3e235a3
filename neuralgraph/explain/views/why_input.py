"""What in one input an answer hangs on: by slopes, and by covering parts of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neuralgraph.errors import RunError
from neuralgraph.explain import inputs
from neuralgraph.explain.answers import probabilities
from neuralgraph.explain.cut import at as value_at
from neuralgraph.explain.cut import cut
from neuralgraph.explain.goal import (
    Goal,
    affordable,
    array,
    asked,
    at_once,
    classes,
    felt,
    goal_of,
    repeated,
    tensors,
    unanswered,
)
from neuralgraph.explain.judging import head
from neuralgraph.explain.refining import coarse_to_fine, filled
from neuralgraph.explain.views.view import Array, At, View
from neuralgraph.figures.shown import Board, Grid, Shown
from neuralgraph.spec import param
from neuralgraph.training.randomness import undisturbed

Plain = NDArray[np.float64]
WITHOUT = "Blue: less sure without it; orange: surer."
LOWER = "Blue: the answer is lower without it; orange: higher."
GRADIENT_INPUT, GRADIENT, SMOOTH = "gradient × input", "gradient", "SmoothGrad"


class OfInput(View):
    """What the views of one input share."""

    scope = "network"
    group = "Why"
    target: str = param("", "Which class to account for; the one that it answers where nothing is said.")
    source: str = param("", "Which input to look at, where there are several.")

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        if unanswered(at.program):
            return ()
        return classes(at.program, at.rows) if option == "target" else tuple(at.program.module_inputs)

    @classmethod
    def fits(cls, at: At) -> str:
        if why := unanswered(at.program):
            return why
        if at.rows is None or not at.program.module_inputs:
            return "There are no rows of data to look at."
        return ""


class Saliency(OfInput):
    """What in the input the answer hangs on: the slope of the score with respect to every number of the input.

    Hot places are those where a small change would change the answer most. «gradient × input» weighs the slope with
    what is there, so that it says how much each place adds (blue) or takes away (orange). «SmoothGrad» is the mean
    slope around the input: less grainy. Look whether it sits on the thing itself, or on its background.
    Simonyan et al. 2014; Smilkov et al. 2017.
    """

    icon = "fire"
    method: str = param(GRADIENT_INPUT, "How it is computed.", choices=(GRADIENT_INPUT, GRADIENT, SMOOTH))
    samples: int = param(24, "SmoothGrad: so many noisy copies.", min=1, max=256)
    noise: float = param(0.15, "SmoothGrad: the noise, as a share of the range of the input.", min=0.0, max=2.0)

    @classmethod
    def fits(cls, at: At) -> str:
        if why := super().fits(at):
            return why
        try:
            felt(at.program, asked(at.program))
        except RunError as error:
            return str(error)
        return ""

    def look(self, at: At) -> Shown:
        program = at.program
        key = asked(program, self.source)
        start = felt(program, key)
        with undisturbed(program.device, program.seed), program.quiet():
            given = tensors(program, at.sample)
            goal = _named(at, goal_of(program, at.rows, given, self.target))
            value = value_at(program, start, given)
            own = start == program._sources[key]
            inside = "" if own else f" Slopes are those at {start[0]}, the first decimal numbers."

            def drawn(slope: Tensor, copies: int = 0) -> Shown:
                found = array(slope[0] * value[0] if self.method == GRADIENT_INPUT else slope[0])
                parts = inputs.heat(
                    program, at.rows, key, np.asarray(at.sample[key])[0], found, unit=self.method,
                    title=f"What {goal.said} hangs on", note=self._note(copies) + inside)
                return Board(parts, across=len(parts)) if len(parts) > 1 else parts[0]

            if self.method == SMOOTH:
                return drawn(*self._smooth(at, start, goal, given, value, drawn))
            return drawn(slopes(at, start, goal, given, value))

    def _smooth(self, at: At, start: tuple[str, str], goal: Goal, given: dict[str, Tensor], value: Tensor,
                made: Callable[[Tensor, int], Shown]) -> tuple[Tensor, int]:
        """The mean slope over noisy copies of the value, and how many there were."""
        spread = self.noise * float(value.max() - value.min())
        samples = self._samples(at)
        noisy = value + spread * torch.randn((samples, *value.shape[1:]), device=value.device, dtype=value.dtype)
        total, step, done = torch.zeros_like(value), at_once(at.program, 32), 0
        for first in range(0, samples, step):
            some = noisy[first : first + step]
            total += slopes(at, start, goal, repeated(given, len(some)), some).sum(dim=0, keepdim=True)
            done = first + len(some)
            at.so_far(done, samples, partial(made, total / done, done))
            if at.stop():
                break
        return total / done, done

    def _samples(self, at: At) -> int:
        """As many noisy copies as were asked for, fewer for a network that takes long."""
        return min(self.samples, affordable(at.program, 3 * self.samples, least=6) // 3)

    def _note(self, copies: int) -> str:
        match self.method:
            case "gradient × input":
                return "Blue adds to the score, orange takes away from it."
            case "gradient":
                return "Blue: more of it raises the score; orange: more of it lowers it."
            case _:
                return f"The mean slope of {copies} copies with noise of {self.noise:g} of the range."


def _named(at: At, goal: Goal) -> Goal:
    """The goal by the name of its label, where the network answers several questions."""
    one = head(at, "", "labels", "numbers")
    if goal.unit is None or one is None or classes(at.program, at.rows) or goal.unit >= len(one.names):
        return goal
    return replace(goal, said=f"the score of {one.names[goal.unit]}")


def slopes(at: At, start: tuple[str, str], goal: Goal, given: dict[str, Tensor], value: Tensor) -> Tensor:
    """The gradient of the goal at values of `start`, row by row. Weights keep what they had as gradients."""
    leaf = value.detach().clone().requires_grad_(True)
    after = cut(at.program, start, (goal.start,))
    around = after.around(given)
    with torch.enable_grad():
        answer = after.run(leaf, around)[goal.start]
        total = goal.of(answer).sum()
        found = torch.autograd.grad(total, leaf, allow_unused=True)[0] if total.requires_grad else None
    return torch.zeros_like(leaf) if found is None else found


class Occlusion(OfInput):
    """What in the input the answer hangs on: parts of it are covered in turn, and the answer is asked anew.

    Blue places are those without which the answer is less sure; without the orange ones it is surer. Slower than
    slopes, but it says what really happens when something is missing. A picture is covered by a grey square, a number
    of a table by the mean of its column, a word by the first of the vocabulary. Zeiler & Fergus 2014.
    """

    icon = "square-off-outline"
    costly = True
    patch: int = param(0, "Side of the square that covers a picture; 0 chooses.", min=0, max=512)
    stride: int = param(0, "So far the square moves each time; 0 chooses.", min=0, max=512)

    def look(self, at: At) -> Shown:
        program = at.program
        key = asked(program, self.source)
        one = np.asarray(at.sample[key])[0]
        with undisturbed(program.device, program.seed), program.quiet(), torch.no_grad():
            given = tensors(program, at.sample)
            goal = _named(at, goal_of(program, at.rows, given, self.target))
            covers, across, note = self._covers(at, key, one, inputs.kind(program, at.rows, key))
            note = f"{WITHOUT if classes(program, at.rows) else LOWER} {note}".strip()
            found = Drops(covers, across, np.zeros(len(covers)), np.zeros(len(covers), bool))

            def drawn() -> Shown:
                return self._drawn(at, key, one, found, f"What {goal.said} loses without it", note)

            for done in self._looked(at, key, goal, given, found):
                at.so_far(done, len(covers), drawn)
                if at.stop():
                    break
        return drawn()

    def _drawn(self, at: At, key: str, one: Array, found: Drops, title: str, note: str) -> Shown:
        """What is known of the drops, as the input that they belong to."""
        unit, few = _unit(at), int(found.known.sum())
        if inputs.kind(at.program, at.rows, key) == "picture":
            if few < len(found.covers):
                note += f" So far at {few:,} of {len(found.covers):,} places; the others show the nearest of them."
            return self._over(one, found.covers, found.filled(), title, unit, note)
        if few < len(found.covers):
            note = f"So far the first {few:,} of {one.size:,} numbers were covered."
        weight = np.zeros(one.size)
        for cover, drop in zip(found.covers, found.drop, strict=True):
            weight[cover.places] += drop
        return inputs.heat(at.program, at.rows, key, one, weight.reshape(one.shape), title=title, unit=unit,
                           note=note)[0]

    def _covers(self, at: At, key: str, one: Array, what: str) -> tuple[list[Cover], int, str]:
        """What is covered in turn, how many of them side by side in a picture, and what was left out."""
        most = affordable(at.program, 1024)
        if what == "picture":
            squares, note = _squares(one, self.patch, self.stride, most)
            return squares, sum(int(square.places[0]) < one.shape[-1] for square in squares), note
        flat = one.reshape(-1)
        count = min(len(flat), most)
        instead = np.zeros(flat.shape)
        if what != "words":
            assert at.rows is not None
            rows = at.given(at.some(256, "train" if len(at.rows.split.train) else "all"))[key]
            instead = rows.reshape(len(rows), -1).mean(axis=0)
        note = "" if count == len(flat) else f"Only the first {count:,} of {len(flat):,} numbers were covered."
        return [Cover(np.array([n]), float(instead[n])) for n in range(count)], 0, note

    def _looked(self, at: At, key: str, goal: Goal, given: dict[str, Tensor], found: Drops) -> Iterator[int]:
        """Find how much surer the answer was before each cover; after each batch how many are known."""
        before = _sureness(at, goal, given)[0]
        step, turns = at_once(at.program, 128), found.turns()
        for first in range(0, len(turns), step):
            some = turns[first : first + step]
            batch = repeated(given, len(some))
            batch[key] = batch[key].clone()
            flat = batch[key].reshape(len(some), -1)
            for row, number in enumerate(some.tolist()):
                cover = found.covers[number]
                flat[row, torch.from_numpy(cover.places)] = cover.level
            batch[key] = flat.reshape(batch[key].shape)
            found.drop[some] = before - _sureness(at, goal, batch)
            found.known[some] = True
            yield min(first + step, len(turns))

    def _over(self, one: Array, covers: list[Cover], drops: Plain, title: str, unit: str, note: str
              ) -> Shown:
        """Each place gets the mean over the squares that covered it."""
        high, wide = one.shape[-2:]
        total, count = np.zeros(high * wide), np.zeros(high * wide)
        for cover, drop in zip(covers, drops, strict=True):
            places = cover.places[cover.places < high * wide]
            total[places] += drop
            count[places] += 1
        weight = (total / np.maximum(count, 1)).reshape(high, wide)
        over = inputs.overlaid(inputs.picture(one), np.maximum(weight, 0), title, note)
        return Board((over, Grid(weight, title=unit)), across=2)


class Cover:
    """Places of a flat input and what stands there instead."""

    def __init__(self, places: NDArray[np.int64], level: float) -> None:
        self.places, self.level = places, level


@dataclass(frozen=True, eq=False)
class Drops:
    """How much surer the answer was before each cover, as far as it is `known`. In a picture `across` are in a row."""

    covers: list[Cover]
    across: int
    drop: Plain
    known: NDArray[np.bool_]

    def turns(self) -> NDArray[np.int64]:
        """In which order they are looked at: over a picture from coarse to fine."""
        if not self.across:
            return np.arange(len(self.covers))
        return coarse_to_fine(len(self.covers) // self.across, self.across)

    def filled(self) -> Plain:
        """What is not known yet is as the nearest in the picture that is."""
        shape = (-1, self.across)
        return filled(self.drop.reshape(shape), self.known.reshape(shape)).reshape(-1)


def _squares(one: Array, patch: int, stride: int, most: int) -> tuple[list[Cover], str]:
    """Squares over a picture, at most `most` of them: they move farther each time where there would be more."""
    channels, high, wide = one.shape
    side = min(patch or max(2, round(min(high, wide) / 7)), high, wide)
    step = stride or max(1, side // 2)
    wanted = step
    while math.ceil((high - side) / step + 1) * math.ceil((wide - side) / step + 1) > most:
        step += 1
    note = f"A square of {side} × {side} was moved by {step} each time."
    if step > wanted and stride:
        note += f" A step of {wanted} would be more than {most:,} looks at this network."
    grid, level = np.arange(channels * high * wide).reshape(one.shape), float(one.mean())
    tops = sorted({*range(0, high - side + 1, step), high - side})
    lefts = sorted({*range(0, wide - side + 1, step), wide - side})
    return [Cover(grid[:, top : top + side, left : left + side].reshape(-1), level)
            for top in tops for left in lefts], note


def _sureness(at: At, goal: Goal, given: dict[str, Tensor]) -> Plain:
    """How sure the class is, 0 … 1; the answer itself where there are no classes."""
    program = at.program
    value = program.trace(given, (goal.start[0],))[program.output_name(*goal.start)]
    if goal.unit is not None and value.ndim == 2 and classes(program, at.rows):
        return np.asarray(probabilities(program, value.float().cpu(), goal.start[0])[:, goal.unit], dtype=np.float64)
    return array(goal.of(value))


def _unit(at: At) -> str:
    return "drop of the probability" if classes(at.program, at.rows) else "drop of the answer"


VIEWS: tuple[type[View], ...] = (Saliency, Occlusion)
