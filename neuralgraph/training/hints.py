"""What keeps a run from learning well: a table of rules, each a function of facts that were measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuralgraph.graph.document import Graph
from neuralgraph.graph.plan import Plan
from neuralgraph.graph.remedies import clipped, kept_best, past, slower
from neuralgraph.training.events import Hint
from neuralgraph.training.rows import Labels

HALF = 0.5
"""So many units dead, or numbers at an end, are too many."""
UNITS = 4
"""Of fewer units no share is told."""
VANISHED, STEEP, HEAVY = 1e-3, 1e3, 100.0
"""Gradients of a weight: those of the first layer by those of the last, that the other way round; by the weights."""
FEW = 3
"""Steps after which weights that began at zero, as those of Hebb's rule, are no longer small for that reason."""
STEPS, ABOVE, BELOW, FALLS = 50, 0.05, 0.02, 0.01
"""A loss that for so many steps is so near to ln C, seen from above and below, and falls by no more than this share."""
WINDOW, RISES, JUMPS = 10, 2.0, 3.0
"""Losses of so many batches are one figure; by how much it rises above the least one."""
EPOCHS, WORSE, BETTER, NOISE = 4, 1.05, 0.95, 2.0
"""Validation got worse for so many epochs by so much, and by more than it changes anyway, while training got better."""
LARGE, TIMES = 0.5, 1.5
"""Share of the largest class, and how many times its fair share."""
LEAKS, LEAKING = 2, 0.02
"""Rows that are in both parts, and their share of the validation part."""


@dataclass(frozen=True)
class Units:
    """The outputs of an activation for some rows: how many units never fire, what share of the numbers is at an end."""

    node: str
    type: str
    units: int
    rows: int
    dead: int = 0
    saturated: float = 0.0


@dataclass(frozen=True)
class Slope:
    """The gradient of a layer's weights and the weights, as root mean squares."""

    node: str
    gradient: float
    weight: float


@dataclass(frozen=True)
class Facts:
    """What was measured so far. Layers and slopes are in the order in which the data pass them."""

    step: int
    plan: Plan
    rate: float
    layers: tuple[Units, ...] = ()
    slopes: tuple[Slope, ...] = ()
    losses: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """The total loss of every batch, of the last ones in a long run."""
    first: float = math.nan
    """The loss of the first batch, before anything was learnt; the mean of the first ones where they are small."""
    least: float = math.nan
    """The least of this and of the means of so many batches since then."""
    epochs: tuple[Mapping[str, float], ...] = ()
    labels: tuple[Labels, ...] = ()
    chance: tuple[str, int] | None = None
    """The one loss that a class or a yes or no is judged by, and how many classes there are."""
    leaks: tuple[int, int] = (0, 0)
    probable: tuple[str, ...] = ()
    """Losses for scores that are given probabilities."""
    graph: Graph | None = None
    """The document."""


def dead(facts: Facts) -> Iterator[Hint]:
    """ReLU units that are 0 for every row."""
    for one in facts.layers:
        share = one.dead / max(one.units, 1)
        if one.units >= UNITS and share >= HALF:
            yield Hint(facts.step, "dead units", f"{one.dead:,} of {one.units:,} units of {one.node} are 0 for each of "
                       f"{one.rows:,} rows ({share:.0%}): they learn nothing, and stay so. A lower learning rate from "
                       "the start or LeakyReLU helps.",
                       share, one.node, (slower(facts.plan, facts.rate),))


def saturated(facts: Facts) -> Iterator[Hint]:
    """Sigmoid and Tanh units at the ends of their range, where they are flat."""
    for one in facts.layers:
        if one.saturated >= HALF:
            yield Hint(facts.step, "saturated units", f"{one.saturated:.0%} of what {one.node} gives for {one.rows:,} "
                       "rows is at an end of its range, where it is flat: hardly any gradient comes through. "
                       "Standardise the data, or learn more slowly.", one.saturated, one.node,
                       (slower(facts.plan, facts.rate),))


def vanishing(facts: Facts) -> Iterator[Hint]:
    """Gradients that are far smaller in the first layer than in the last one."""
    if len(facts.slopes) < 2 or facts.slopes[-1].gradient < 1e-12:
        return
    last = facts.slopes[-1]
    least = min(facts.slopes[:-1], key=lambda one: one.gradient)
    ratio = least.gradient / last.gradient
    if ratio < VANISHED:
        yield Hint(facts.step, "vanishing gradients", f"The gradient vanishes on its way back: {last.gradient:.2g} a "
                   f"weight in {last.node}, {least.gradient:.2g} in {least.node}, that is {ratio:.1g} of it. ReLU, "
                   "normalisation or a shortcut around layers helps.", ratio, least.node)


def exploding(facts: Facts) -> Iterator[Hint]:
    """Gradients far larger than the weights, or growing on their way back."""
    if not facts.slopes:
        return
    last, most = facts.slopes[-1], max(facts.slopes, key=lambda one: one.gradient)
    heavy = max(facts.slopes, key=lambda one: one.gradient / max(one.weight, 1e-12))
    if last.gradient > 1e-12 and most.gradient / last.gradient > STEEP:
        ratio = most.gradient / last.gradient
        yield Hint(facts.step, "exploding gradients", f"The gradient grows {ratio:,.0f} times on its way back: "
                   f"{last.gradient:.2g} a weight in {last.node}, {most.gradient:.2g} in {most.node}.", ratio,
                   most.node, (clipped(), slower(facts.plan, facts.rate)))
    elif len(facts.losses) >= FEW and heavy.gradient > HEAVY * max(heavy.weight, 1e-12):
        ratio = heavy.gradient / max(heavy.weight, 1e-12)
        yield Hint(facts.step, "exploding gradients", f"The gradient of {heavy.node} is {ratio:,.0f} times as large as "
                   f"its weights ({heavy.gradient:.2g} and {heavy.weight:.2g} a weight). Clip it, or standardise the "
                   "data.", ratio, heavy.node, (clipped(), slower(facts.plan, facts.rate)))


def at_chance(facts: Facts) -> Iterator[Hint]:
    """A loss at ln C, what guessing gives."""
    losses = facts.losses[-STEPS:]
    if facts.chance is None or len(losses) < STEPS:
        return
    node, classes = facts.chance
    guess, mean = math.log(classes), float(losses.mean())
    early, late = float(losses[:STEPS // 2].mean()), float(losses[STEPS // 2:].mean())
    if -BELOW * guess <= mean - guess <= ABOVE * guess and late >= early * (1 - FALLS):
        yield Hint(facts.step, "loss at chance", f"The loss of the last {STEPS} steps is {mean:.4g}, and guessing "
                   f"among {classes:,} classes gives ln {classes:,} = {guess:.4g}: nothing is learnt yet. Look at the "
                   f"learning rate ({facts.rate:g}), the scale of the data, and whether the labels belong to the rows.",
                   mean, node)


def rate_too_high(facts: Facts) -> Iterator[Hint]:
    """A loss that rises above where it began, or jumps away from where it was."""
    losses = facts.losses
    if len(losses) < 2 * WINDOW or not facts.least > 0:
        return
    now, before = float(losses[-WINDOW:].mean()), float(losses[-2 * WINDOW:-WINDOW].mean())
    low = min(now, before)
    rises = low > RISES * facts.first
    jumps = low > JUMPS * facts.least and low > 0.25 * facts.first and facts.least < 0.5 * facts.first
    if rises or jumps:
        yield Hint(facts.step, "rate too high", f"The loss rises: {facts.first:.3g} at the start, "
                   f"{facts.least:.3g} at best, {now:.3g} now. The learning rate of {facts.rate:g} is probably too "
                   "high.",
                   now / facts.least, None, (slower(facts.plan, facts.rate), clipped()))


def over_fitting(facts: Facts) -> Iterator[Hint]:
    """Validation gets worse while training gets better."""
    told = [one for one in facts.epochs if "val_loss" in one and "loss" in one]
    if len(told) <= EPOCHS:
        return
    checked = np.array([one["val_loss"] for one in told])
    best, noise = int(np.argmin(checked)), float(np.abs(np.diff(checked)).mean())
    now = (told[-1]["val_loss"] + told[-2]["val_loss"]) / 2
    least, then = told[best]["val_loss"], told[best]["loss"]
    waited = len(told) - 1 - best
    rises = now > WORSE * least and now - least > NOISE * noise
    if waited >= EPOCHS and least > 0 and rises and told[-1]["loss"] < BETTER * then:
        stop, last = facts.plan.stop, told[-1]["loss"]
        ways = () if stop.best and stop.patience is not None else (kept_best(),)
        yield Hint(facts.step, "over-fitting", f"For {waited} epochs the validation loss has risen, from {least:.3g} "
                   f"to {now:.3g}, while the training loss fell from {then:.3g} to {last:.3g}: the network learns its "
                   "rows by heart. Dropout, weight decay or more data help.", now / least, None, ways)


def imbalance(facts: Facts) -> Iterator[Hint]:
    """One class has most of the rows."""
    for one in facts.labels:
        if one.share >= LARGE and one.share >= TIMES / one.classes and sum(one.counts) > 0:
            yield Hint(facts.step, "imbalance", f"{one.share:.0%} of the training rows are of class {one.largest} "
                       f"({max(one.counts):,} of {sum(one.counts):,}): always saying so is right as often. Judge by "
                       "more than the accuracy, by a confusion matrix for example.", one.share,
                       one.source.partition(".")[0])


def leakage(facts: Facts) -> Iterator[Hint]:
    """The same rows to learn from and to check with."""
    same, rows = facts.leaks
    if same >= LEAKS and same >= LEAKING * rows:
        yield Hint(facts.step, "leakage", f"{same:,} of {rows:,} validation rows ({same / rows:.0%}) are in the "
                   "training part too: validation looks better than it is. Leave out rows that are there twice.",
                   same / rows)


def probabilities(facts: Facts) -> Iterator[Hint]:
    """A loss that takes scores is given probabilities: softmax is done twice."""
    for id in facts.probable:
        way = past(facts.graph, id, "Softmax") if facts.graph is not None else None
        yield Hint(facts.step, "softmax before the loss", f"The input of {id} adds up to 1 in every row: it looks like "
                   f"probabilities, and {id} does its own softmax. Wire the scores into it instead.", 1.0, id,
                   (way,) if way is not None else ())


Rule = Callable[[Facts], Iterator[Hint]]
RULES: tuple[Rule, ...] = (
    imbalance, leakage, probabilities, dead, saturated, vanishing, exploding, at_chance, rate_too_high, over_fitting,
)


def hints(facts: Facts) -> Iterator[Hint]:
    """Everything that the rules say of these facts."""
    for rule in RULES:
        yield from rule(facts)
