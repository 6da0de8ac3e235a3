"""Metrics and losses over many batches: collected detached, judged in chunks, one synchronisation at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neuralgraph.data.streaming import Part
from neuralgraph.training.batches import batches
from neuralgraph.training.checkpoint import Seen, copied
from neuralgraph.training.company import ALONE, Company
from neuralgraph.training.faults import MetricFailed
from neuralgraph.training.randomness import undisturbed

HELD_BYTES = 4 * 2**20
HELD_BATCHES = 256
EVALUATED_BYTES = 64 * 2**20
EVALUATED_ROWS = 4096


@dataclass(frozen=True)
class Judgement:
    """Figures by name, and those that are tables (a confusion matrix)."""

    figures: dict[str, float] = field(default_factory=dict)
    tables: dict[str, NDArray[Any]] = field(default_factory=dict)

    def prefixed(self, prefix: str) -> Judgement:
        return Judgement({prefix + name: one for name, one in self.figures.items()},
                         {prefix + name: one for name, one in self.tables.items()})


class Meter:
    """Gathers what metrics look at and folds it into their additive statistics every so many batches.

    How many depends on the size of the first batch alone, never on the clock: the sums are the same in every run.
    """

    def __init__(self, metrics: Mapping[str, Any]) -> None:
        self.metrics = dict(metrics)
        self.statistics: dict[str, Tensor] = {}
        self.held: list[tuple[tuple[Tensor, ...], ...]] = []
        self.count = 0
        self.limit = 0

    def add(self, watched: Sequence[Sequence[Tensor]]) -> None:
        """The inputs of every metric for one batch."""
        kept = tuple(tuple([one.detach() for one in given]) for given in watched)
        self.held.append(kept)
        self.count += 1
        if self.count >= self.limit:
            if not self.limit:
                size = sum(one.nbytes for given in kept for one in given)
                self.limit = max(1, min(HELD_BATCHES, HELD_BYTES // max(size, 1)))
                if self.count < self.limit:
                    return
            self.fold()

    def fold(self) -> None:
        """Work off what is held."""
        if not self.held:
            return
        with torch.no_grad():
            for number, (id, block) in enumerate(self.metrics.items()):
                given = [torch.cat([one if one.ndim else one[None] for one in parts])
                         for parts in zip(*(kept[number] for kept in self.held), strict=True)]
                try:
                    fresh = block.statistics(*given)
                except Exception as error:
                    raise MetricFailed(id, error) from error
                self.statistics[id] = self.statistics[id] + fresh if id in self.statistics else fresh
        self.held, self.count = [], 0

    def save(self) -> Seen:
        """What has been seen: copies. Nothing is worked off, so that the sums stay those of an unbroken run."""
        return Seen(copied(self.statistics), copied(tuple(self.held)), self.limit)

    def restore(self, saved: Seen | None) -> None:
        """Have seen what was saved, as far as the metrics are the same."""
        if saved is None or (saved.held and any(len(one) != len(self.metrics) for one in saved.held)):
            return
        self.statistics = {id: one for id, one in copied(saved.statistics).items() if id in self.metrics}
        self.held, self.limit = list(copied(saved.held)), saved.limit
        self.count = len(self.held)

    def result(self, company: Company = ALONE) -> Judgement:
        """What has been seen, by all of the company, and a fresh start."""
        self.fold()
        self.statistics = company.total(self.statistics)
        judged = Judgement()
        for id, block in self.metrics.items():
            if id not in self.statistics:
                continue
            value = block.result(self.statistics[id])
            if isinstance(value, Tensor) and value.ndim:
                judged.tables[id] = value.detach().cpu().numpy().copy()
            else:
                judged.figures[id] = float(value)
        self.statistics = {}
        return judged


def evaluate(program: Any, tensors: Mapping[str, Part], *, losses: Sequence[str] | None = None,
             batch_size: int = 32, company: Company = ALONE) -> Judgement:
    """Losses and metrics over these rows in eval mode, without a gradient; changes nothing, the random state included.

    Nodes that draw random numbers draw the same ones in every evaluation: those of the program's seed.
    `tensors` by source key, on the program's device. Names: `loss` (the weighted sum), every loss and metric by id.
    """
    chosen = tuple(program.losses if losses is None else losses)
    module = program.training_for(chosen)
    given, rows = company.own([tensors[key] for key in program.training_inputs])
    meter = Meter(program.metrics)
    found: list[Tensor] = []
    sizes: list[int] = []
    with undisturbed(program.device, program.seed), program.quiet(), torch.no_grad():
        for batch in batches(given, None, rows_at_once(program, batch_size)):
            total, parts, watched = module.forward(*batch)
            found.append(torch.stack([total, *parts]))
            sizes.append(len(batch[0]) if batch else 1)
            if meter.metrics and rows:
                meter.add(watched)
        judged = meter.result(company)
        table = torch.stack(found).cpu().double().numpy()
    means = np.average(table, axis=0, weights=np.array(sizes, dtype=np.float64) if rows else None)
    means = company.average(means, rows)
    named = dict(zip(chosen, map(float, means[1:]), strict=True))
    return Judgement({**named, "loss": float(means[0]), **judged.figures}, judged.tables)


def rows_at_once(program: Any, batch_size: int) -> int:
    """How many rows are evaluated together: as many as fit into 64 MiB of activations, at least a batch."""
    figures = getattr(getattr(program, "inference", None), "figures", {})
    sample = sum(one.activation_bytes for one in figures.values())
    return int(max(batch_size, min(EVALUATED_ROWS, EVALUATED_BYTES // max(sample, 1))))
