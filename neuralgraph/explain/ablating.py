"""What a network loses without a unit: each one of a layer held still in turn, and the loss looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neuralgraph.compiler.blocks.holding import held
from neuralgraph.compiler.program import Program
from neuralgraph.compiler.touched import unit_at, unit_axis
from neuralgraph.explain.cut import Cut, Values, cut
from neuralgraph.explain.cut import at as value_at
from neuralgraph.explain.goal import affordable, at_once, tensors
from neuralgraph.explain.rows import Rows
from neuralgraph.training.randomness import undisturbed

ZERO, MEAN = "zero", "mean"
MOST_UNITS, LEAST_UNITS, MOST_ROWS, LEAST_ROWS = 256, 8, 512, 4


@dataclass(frozen=True, eq=False)
class Ablated:
    """`rise` of the loss by unit, over `rows` rows of a part; `units` of `all` are looked at.

    Those that were not yet, are not `known`, and their rise is NaN.
    """

    rise: NDArray[np.float64]
    before: float
    rows: int
    part: str
    units: int
    all: int
    known: NDArray[np.bool_]


def ablated(program: Program, node: str, rows: Rows | None, hold: str = ZERO, *,
            stop: Callable[[], bool] = lambda: False,
            tell: Callable[[int, Ablated], None] = lambda done, found: None) -> Ablated:
    """The loss with every unit of a node held at zero, or at its mean over these rows, less the loss as it is.

    What is before the node is computed once. Bounded in units and rows; changes nothing. The unit that gives most
    comes first; `tell` hears after each how many are done, and what is known.
    """
    assert rows is not None
    output, spec = next(iter(program.inference.specs[node].items()))
    axis = unit_axis(program, node, output)
    size = spec.shape[axis]
    validated = len(rows.split.validation) > 0
    chosen, part = (rows.split.validation, "validation") if validated else (rows.split.train, "training")
    looks = affordable(program, 10_000_000, node, least=LEAST_ROWS)
    units = int(size) if isinstance(size, int) else MOST_UNITS
    count = min(units, MOST_UNITS, max(LEAST_UNITS, looks // LEAST_ROWS))
    most = max(LEAST_ROWS, min(MOST_ROWS, looks // count, affordable(program, MOST_ROWS)))
    numbers = chosen[: min(most, rows.quick)]
    losses = tuple((id, "loss") for id in program.losses)
    with undisturbed(program.device, program.seed), program.quiet(), torch.no_grad():
        behind = cut(program, (node, output), losses)
        parts: list[tuple[Values, Tensor]] = []
        for first in range(0, len(numbers), at_once(program)):
            some = numbers[first : first + at_once(program)]
            given = tensors(program, {key: np.asarray(one[some]) for key, one in rows.arrays.items()})
            parts.append((behind.around(given), value_at(program, (node, output), given)))
        means = _means([value for _, value in parts], axis) if hold == MEAN else np.zeros(count)
        before = _loss(program, behind, parts, None, 0.0)
        found = Ablated(np.full(count, np.nan), before, len(numbers), part, count, units,
                        np.zeros(count, bool))
        strength = _means([value.abs() for _, value in parts], axis)[:count]
        for done, unit in enumerate(np.argsort(-strength, kind="stable").tolist(), 1):
            place = unit_at(program, node, output, unit)
            found.rise[unit] = _loss(program, behind, parts, place, float(means[unit])) - before
            found.known[unit] = True
            tell(done, found)
            if stop():
                break
    return found


def _means(values: list[Tensor], axis: int) -> NDArray[np.float64]:
    """The mean of every unit over rows, places and steps."""
    moved = [value.movedim(axis, 0).reshape(value.shape[axis], -1).double() for value in values]
    return np.asarray(torch.cat(moved, dim=1).mean(dim=1).cpu().numpy())


def _loss(program: Program, behind: Cut, parts: list[tuple[Values, Tensor]],
          place: tuple[int | None, ...] | None, level: float) -> float:
    """The weighted sum of the losses over all parts, each counting as many rows as it has."""
    total, rows = 0.0, 0
    for around, value in parts:
        found = behind.run(value if place is None else held(value, place, level), around)
        total += len(value) * sum(program.shares[id] * float(one) for (id, _), one in found.items())
        rows += len(value)
    return total / max(rows, 1)


