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
from neuralgraph.explain.cut import Cut, cut
from neuralgraph.explain.cut import at as value_at
from neuralgraph.explain.goal import affordable, at_once, tensors
from neuralgraph.explain.rows import Rows
from neuralgraph.training.randomness import undisturbed

ZERO, MEAN = "zero", "mean"
MOST_UNITS, MOST_ROWS = 256, 512


@dataclass(frozen=True, eq=False)
class Ablated:
    """`rise` of the loss by unit, over `rows` rows of a part; `units` of `all` were looked at."""

    rise: NDArray[np.float64]
    before: float
    rows: int
    part: str
    units: int
    all: int


def ablated(program: Program, node: str, rows: Rows | None, hold: str = ZERO, *,
            stop: Callable[[], bool] = lambda: False) -> Ablated:
    """The loss with every unit of a node held at zero, or at its mean over these rows, less the loss as it is.

    What is before the node is computed once. Bounded in units and rows; changes nothing.
    """
    assert rows is not None
    output, spec = next(iter(program.inference.specs[node].items()))
    axis = unit_axis(program, node, output)
    size = spec.shape[axis]
    validated = len(rows.split.validation) > 0
    chosen, part = (rows.split.validation, "validation") if validated else (rows.split.train, "training")
    count = min(int(size) if isinstance(size, int) else MOST_UNITS, MOST_UNITS)
    most = int(max(8, min(MOST_ROWS, affordable(program, 10_000_000) // max(count, 1))))
    numbers = chosen[: min(most, rows.quick)]
    losses = tuple((id, "loss") for id in program.losses)
    with undisturbed(program.device, program.seed), program.quiet(), torch.no_grad():
        behind = cut(program, (node, output), losses)
        parts = []
        for first in range(0, len(numbers), at_once(program)):
            some = numbers[first : first + at_once(program)]
            given = tensors(program, {key: np.asarray(one[some]) for key, one in rows.arrays.items()})
            parts.append((given, value_at(program, (node, output), given)))
        means = _means([value for _, value in parts], axis) if hold == MEAN else np.zeros(count)
        before = _loss(program, behind, parts, None, 0.0)
        rise = np.zeros(count)
        for unit in range(count):
            if stop():
                break
            place = unit_at(program, node, output, unit)
            rise[unit] = _loss(program, behind, parts, place, float(means[unit])) - before
    return Ablated(rise, before, len(numbers), part, count, int(size) if isinstance(size, int) else count)


def _means(values: list[Tensor], axis: int) -> NDArray[np.float64]:
    """The mean of every unit over rows, places and steps."""
    moved = [value.movedim(axis, 0).reshape(value.shape[axis], -1).double() for value in values]
    return np.asarray(torch.cat(moved, dim=1).mean(dim=1).cpu().numpy())


def _loss(program: Program, behind: Cut, parts: list[tuple[dict[str, Tensor], Tensor]],
          place: tuple[int | None, ...] | None, level: float) -> float:
    """The weighted sum of the losses over all parts, each counting as many rows as it has."""
    total, rows = 0.0, 0
    for given, value in parts:
        found = behind.run(value if place is None else held(value, place, level), given)
        total += len(value) * sum(program.shares[id] * float(one) for (id, _), one in found.items())
        rows += len(value)
    return total / max(rows, 1)


