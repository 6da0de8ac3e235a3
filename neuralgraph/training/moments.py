"""The moments of a run: where it stood after so many batches, kept while it learns, to be wound back to.

Every batch at first, then ever rarer (the gaps are 3 % of what was learned by then), within a budget of memory and a
share of the time. What lies between two of them is learned once more (`rewinding`), so a run can be shown at any step.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from neuralgraph.compiler.budget import free_memory
from neuralgraph.training.checkpoint import Checkpoint, copied
from neuralgraph.training.control import BATCH_SIZE
from neuralgraph.training.events import Changed
from neuralgraph.training.safety import at_home

if TYPE_CHECKING:
    from neuralgraph.graph.document import Graph
    from neuralgraph.graph.plan import Plan
    from neuralgraph.training.loop import Loop

GAP = 0.03
"""How far apart two moments are, as a share of the batches learned by then."""
MOST_BYTES, MEMORY = 256 * 2**20, 1 / 16
"""Of all moments of a run, and that share of the free memory at most."""
SECONDS, SHARE = 0.015, 0.01
"""Of the time: so many seconds at once, and this share of the rest."""


@dataclass(frozen=True, eq=False)
class Moment:
    """Where a run stood after `step` batches. `whole`: with all that it takes to go on from there.

    `read` brings it, from memory or from a file; `RunError` where it is damaged.
    """

    step: int
    whole: bool
    bytes: int
    read: Callable[[], Checkpoint]
    written: bool = False
    """It lies in the folder of the run already."""


class Stretch:
    """Learning without a break: one document, one plan, from batch `start` to batch `end`.

    `make` gives its program on a device, with the weights that it began with where `fresh`; `rows` what it learns from.
    Keeps nothing where `budget` is 0.
    """

    def __init__(self, graph: Graph | None = None, plan: Plan | None = None, device: str = "cpu", *,
                 make: Callable[[str], Any] | None = None, rows: Callable[[Any], Any] | None = None,
                 fresh: bool = False, budget: int | None = 0) -> None:
        self.graph, self.plan, self.device, self.make, self.rows = graph, plan, device, make, rows
        self.fresh = fresh
        self.start = self.end = 0
        self.facts: Mapping[str, Any] = {}
        """What the run depends on besides its graph and its levers."""
        self.changes: list[Changed] = []
        self.seconds = 0.0
        """How long it has learned."""
        self.moments: tuple[Moment, ...] = ()
        """In order; replaced as a whole, so that other threads may look."""
        self.due = math.inf
        """After so many batches the next moment is kept."""
        self._budget, self._stride = budget, 1
        self._begun, self._spent, self._usual = 0.0, 0.0, math.inf
        """Seconds of the thread that trains: when it began, what moments took, and one of them at least."""

    # -- while it learns --------------------------------------------------------------------------------------------

    def begin(self, loop: Loop) -> None:
        """The run stands at its start, and is about to learn."""
        self.start = self.end = loop.step
        self._begun = thread_time()
        self.facts = {**loop.facts, BATCH_SIZE: loop.planned_size}
        if self._budget is None:
            self._budget = int(min(MOST_BYTES, MEMORY * free_memory("cpu")))
        if self._budget:
            self.due = loop.step

    def look(self, loop: Loop) -> None:
        """Keep this moment if one is due; at a batch edge, while the run's own random state is not in force."""
        if loop.step < self.due:
            return
        begun = thread_time()  # what others do meanwhile is not what this costs
        self.seconds = perf_counter() - loop.begun - loop.idle
        if self._spent > SECONDS + SHARE * (begun - self._begun) and self.moments:
            self.due = loop.step + 1
            return
        try:
            self._keep(glimpse(loop), whole=loop.company.size == 1)
        except (torch.OutOfMemoryError, MemoryError):
            self.due = math.inf
            return
        gap = self._stride * max(1, int(GAP * (loop.step - self.start)))
        self.due = loop.step + gap
        took = thread_time() - begun
        self._usual = min(self._usual, took)
        self._spent += min(took, 8 * self._usual)  # not what the memory's housekeeping does in between

    def close(self, last: Checkpoint) -> None:
        """The run has ended here."""
        if self._budget and last.step >= self.end:
            self.end = last.step
            self._keep(last, whole=True)
        self.due = math.inf

    def _keep(self, one: Checkpoint, *, whole: bool) -> None:
        room = self._budget or 0
        size = nbytes(one)
        if size > room / 2 or not whole:
            one, whole = replace(one, learners=(), watch={}, meter=None), False
            size = nbytes(one)
        if size > room / 2:
            self.due = math.inf
            return
        self.end = max(self.end, one.step)
        earlier = tuple(known for known in self.moments if known.step < one.step)
        self.moments = (*earlier, Moment(one.step, whole, size, lambda: one))
        while self.bytes > room and len(self.moments) > 2:
            self.thin()

    # -- afterwards -------------------------------------------------------------------------------------------------

    @property
    def bytes(self) -> int:
        return sum(one.bytes for one in self.moments)

    def thin(self) -> None:
        """Let go of every other moment; the first and the last stay."""
        self.moments = (*self.moments[:-1:2], self.moments[-1])
        self._stride *= 2

    def before(self, step: int, *, whole: bool = False) -> Moment | None:
        """The last moment that is not after `step`."""
        some = [one for one in self.moments if one.whole or not whole]
        at = bisect_right([one.step for one in some], step)
        return some[at - 1] if at else None

    def until(self, step: int) -> Stretch:
        """The same, cut off there."""
        if self.end <= step:
            return self
        cut = Stretch(self.graph, self.plan, self.device, make=self.make, rows=self.rows, fresh=self.fresh)
        cut.start, cut.end, cut.facts = self.start, step, self.facts
        cut.seconds = self.seconds * (step - self.start) / max(self.end - self.start, 1)
        cut.changes = [one for one in self.changes if one.step < step]
        cut.moments = tuple(one for one in self.moments if one.step <= step)
        return cut

    def wrote(self, steps: Iterable[int]) -> None:
        """These lie on the disk now."""
        known = set(steps)
        self.moments = tuple(replace(one, written=True) if one.step in known else one for one in self.moments)


class Moments:
    """All stretches of a run, one after the other: those that it went on from as well."""

    def __init__(self, stretches: Iterable[Stretch] = ()) -> None:
        self.stretches = tuple(stretches)

    def and_then(self, stretch: Stretch, start: int) -> Moments:
        """These up to batch `start`, and what is learned from there."""
        kept = [one.until(start) for one in self.stretches if one.start < start]
        while len(kept) > 1 and sum(one.bytes for one in kept) > MOST_BYTES:
            many = max(kept, key=lambda one: one.bytes)
            if len(many.moments) <= 2:
                break
            many.thin()
        return Moments((*kept, stretch))

    def __bool__(self) -> bool:
        return any(one.moments or one.fresh for one in self.stretches)

    @property
    def steps(self) -> tuple[int, ...]:
        """Those that are kept, in order; every other one between the first and the last is learned once more."""
        return tuple(sorted({one.step for stretch in self.stretches for one in stretch.moments}))

    @property
    def first(self) -> int:
        return self.stretches[0].start if self.stretches else 0

    @property
    def last(self) -> int:
        """How many batches were learned so far."""
        return self.stretches[-1].end if self.stretches else 0

    @property
    def now(self) -> Stretch | None:
        """The one that is being learned, or was learned last."""
        return self.stretches[-1] if self.stretches else None

    def of(self, step: int) -> Stretch | None:
        """The stretch in which this step was learned."""
        return next((one for one in reversed(self.stretches) if one.start <= step <= one.end), None)

    def nearest(self, step: int) -> Moment | None:
        """The last kept moment that is not after `step`, else the first there is."""
        found = [one for one in (stretch.before(step) for stretch in self.stretches) if one is not None]
        every = [one for stretch in self.stretches for one in stretch.moments]
        return max(found, key=lambda one: one.step) if found else min(every, key=lambda one: one.step, default=None)

    def reached(self, step: int) -> None:
        """So many batches are learned by now."""
        if self.stretches and step > self.stretches[-1].end:
            self.stretches[-1].end = step


def glimpse(loop: Loop) -> Checkpoint:
    """Where the run stands, without the figures of an epoch that is under way: they would take a synchronisation.

    What is replaced as a whole, and never changed in place, is not copied.
    """
    watch = {**loop.watch.save(copies=False)}
    return at_home(Checkpoint(
        loop.epoch, loop.step, loop.batch, loop.stage, copied(loop.program.state_dict()),
        tuple(one.save(loop.control.planned) for one in loop.learners),
        loop.order_before if loop.batch else loop.order.state, loop.random.own, {}, None, loop.program.graph,
        {**loop.facts, BATCH_SIZE: loop.planned_size}, copied(loop.average.mean) if loop.average is not None else {},
        watch, dict(loop.pulled), loop.size))


def nbytes(value: Any) -> int:
    """Of all tensors of a checkpoint."""
    if isinstance(value, Tensor):
        return value.nbytes
    if isinstance(value, Mapping):
        return sum(map(nbytes, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(nbytes, value))
    if isinstance(value, Checkpoint):
        parts = (value.weights, value.order, value.randomness, value.mean, value.watch)
        return sum(map(nbytes, parts)) + sum(nbytes(one.state) + nbytes(one.more) for one in value.learners)
    return 0
