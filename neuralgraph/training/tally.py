"""What the batches said: collected without waiting for the device, told in one go, summed over an epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neuralgraph.training.batches import Batch
from neuralgraph.training.company import ALONE, Company
from neuralgraph.training.learner import Learner

TOTAL = ""
"""What the weighted sum of all losses is called: no node has this name, while one may be called `loss`."""
Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Sums = dict[str, tuple[float, float]]
"""By name, a loss summed over the rows seen in this epoch, and how many rows that were."""


@dataclass(frozen=True)
class Told:
    """So many batches since the last time: the totals, and the numbers of every loss.

    `places` says of the losses whose step of the plan does not act in every batch, in which of them it did. `spoilt` is
    the number of the first batch in which a loss was not finite, `suspects` are that batch and the one before it.
    """

    losses: Floats
    parts: dict[str, Floats] = field(default_factory=dict)
    places: dict[str, Places] = field(default_factory=dict)
    batches: int = 0
    spoilt: int | None = None
    suspects: Sequence[Batch] = ()


class Tally:
    """Hears every step of the plan in every batch. `weights` by loss: its share of the total."""

    def __init__(self, learners: Sequence[Learner], weights: Mapping[str, float],
                 company: Company = ALONE) -> None:
        self.company = company
        self.names = tuple(one.losses for one in learners)
        self.weights = weights
        self.sums: Sums = {}
        self.batches: list[Batch] = []
        self.last: list[Batch] = []
        """The last batch that was told, if any."""
        self._heard: list[list[Tensor]] = [[] for _ in learners]
        self._places: list[list[int]] = [[] for _ in learners]
        self._single = [len(names) == 1 and weights[names[0]] == 1 for names in self.names]

    def __bool__(self) -> bool:
        """Something waits to be told."""
        return bool(self.batches)

    def begin(self, batch: Batch) -> None:
        """A batch is about to be learned."""
        self.batches.append(batch)

    def hear(self, number: int, total: Tensor, losses: Sequence[Tensor]) -> None:
        """Step `number` of the plan computed these in the present batch: detached, still on the device."""
        self._heard[number].append(total if self._single[number] else torch.stack([total, *map(_detached, losses)]))
        self._places[number].append(len(self.batches) - 1)

    def tell(self, sizes: Floats) -> Told:
        """Everything since the last time; `sizes` are the rows of these batches. Adds it to the sums of the epoch."""
        count, batches, before = len(self.batches), self.batches, self.last
        tables = [self.company.mean(self._table(number), self._places[number], sizes)
                  for number in range(len(self.names))]
        places, self.batches, self.last = self._places, [], batches[-1:]
        self._heard, self._places = [[] for _ in self.names], [[] for _ in self.names]
        bad = [at[row] for at, table in zip(places, tables, strict=True)
               for row in np.flatnonzero(~np.isfinite(table).all(axis=1))[:1]]
        if bad:
            until = min(bad) + 1 + len(before)
            return Told(np.zeros(0), batches=count, spoilt=min(bad), suspects=[*before, *batches][:until][-2:])
        parts: dict[str, Floats] = {}
        for names, at, table in zip(self.names, places, tables, strict=True):
            for column, name in enumerate(names):
                kept = parts.setdefault(name, np.full(count, np.nan))
                values = np.full(count, np.nan)
                values[at] = table[:, column - len(names)]
                np.copyto(kept, values, where=np.isnan(kept))
        losses = self._totals(tables[0] if len(tables) == 1 else None, places[0], parts, count)
        return self._told({TOTAL: losses, **parts}, sizes)

    def _told(self, found: Mapping[str, Floats], sizes: Floats) -> Told:
        """Without the holes, and added to the sums."""
        numbers, places = {}, {}
        for name, values in found.items():
            known = np.flatnonzero(~np.isnan(values))
            numbers[name] = values[known]
            if len(known) < len(values):
                places[name] = known
            self._add(name, values[known], sizes[known])
        return Told(numbers.pop(TOTAL), numbers, places, len(sizes))

    def means(self) -> dict[str, float]:
        """The loss of a row in this epoch by name, and a fresh start."""
        found = {name: total / rows for name, (total, rows) in self.sums.items() if rows}
        self.sums = {}
        if TOTAL in found:
            found["loss"] = found.pop(TOTAL)
        return found

    def _table(self, number: int) -> Floats:
        """One row a batch: the total and the losses; the total alone where it is the loss."""
        heard = self._heard[number]
        if not heard:
            return np.zeros((0, 1 if self._single[number] else 1 + len(self.names[number])))
        found: Floats = torch.stack(heard).cpu().double().numpy()  # MPS has no double
        return found.reshape(len(heard), -1)

    def _totals(self, only: Floats | None, places: Sequence[int], parts: Mapping[str, Floats], count: int) -> Floats:
        losses = np.full(count, np.nan)
        if only is not None:
            losses[places] = only[:, 0]
            return losses
        # several steps may learn from one loss: it counts once
        for name, values in parts.items():
            share = values * self.weights[name]
            losses = np.where(np.isnan(losses), share, losses + np.nan_to_num(share))
        return losses

    def _add(self, name: str, values: Floats, sizes: Floats) -> None:
        # one after the other, so that the sum does not depend on how often it was told
        total, rows = self.sums.get(name, (0.0, 0.0))
        total = float(np.cumsum(np.concatenate([[total], values * sizes]))[-1])
        self.sums[name] = total, rows + float(sizes.sum())


def _detached(loss: Any) -> Tensor:
    found: Tensor = loss.detach()
    return found
