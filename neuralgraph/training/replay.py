"""A run repeated from its last good snapshot up to the batch in which it broke, and that batch looked at closely."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from neuralgraph.training.batches import Batch
from neuralgraph.training.checkpoint import Checkpoint, copied
from neuralgraph.training.control import Control
from neuralgraph.training.events import Changed
from neuralgraph.training.examination import Finding, examine, stepped
from neuralgraph.training.faults import NotFinite
from neuralgraph.training.findings import said
from neuralgraph.training.loop import Loop

if TYPE_CHECKING:
    from neuralgraph.training.learner import Learner

PATIENCE = 30.0
"""Seconds that a repetition may take."""
LAST = 2
"""So many batches are looked at: the one in which a loss is none, and the one before, whose step may have done it."""


def replayed(loop: Loop, saved: Checkpoint, changed: Sequence[Changed], step: int) -> NotFinite | None:
    """What is found in batch `step` or in the one before it; None where the repetition does not show it.

    Leaves the program with other weights. The run's random state is not in force meanwhile.
    """
    if step <= saved.step:
        return None
    again = Again(loop, saved, changed, step)
    try:
        for _ in again.events():
            pass
    except Broke as found:
        return said(loop, found.finding, found.learner, found.step)
    except Exception:  # whatever it is, it is not what was looked for
        return None
    return None


class Broke(Exception):
    def __init__(self, finding: Finding, learner: Learner, step: int) -> None:
        super().__init__(finding.node)
        self.finding, self.learner, self.step = finding, learner, step


class GaveUp(Exception):
    """It takes too long, or goes otherwise than before."""


class Again(Loop):
    """The same run once more; raises `Broke` where it breaks."""

    def __init__(self, loop: Loop, saved: Checkpoint, changed: Sequence[Changed], until: int) -> None:
        super().__init__(loop.program, loop.feed, loop.plan, Control(replay=changed), saved)
        self.until = until
        self.safety.off = self.doctor.off = True
        self._end = perf_counter() + PATIENCE

    def _learn(self, batch: Batch) -> None:
        step = self.step + 1
        if step > self.until or perf_counter() > self._end:
            raise GaveUp
        if step <= self.until - LAST:
            super()._learn(batch)
            return
        for learner in self.learners:
            if self.step % learner.every:
                continue
            finding = examine(self.program, learner, batch)
            if finding is not None:
                raise Broke(finding, learner, step)
        before = copied(dict(self.program.root.named_parameters()))
        super()._learn(batch)
        for learner in self.learners:
            finding = stepped(self.program, before, learner)
            if finding is not None:
                raise Broke(finding, learner, step)
