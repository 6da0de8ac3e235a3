"""The last good snapshot of a run, taken now and then, and the way back to it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from neuralgraph.compiler.budget import free_memory
from neuralgraph.errors import RunError
from neuralgraph.graph.remedies import back, clipped, slower
from neuralgraph.training.batches import Batch
from neuralgraph.training.checkpoint import Checkpoint, copied
from neuralgraph.training.events import Changed
from neuralgraph.training.faults import culprit, finite

if TYPE_CHECKING:
    from neuralgraph.training.loop import Loop

KEEP = 0.5
"""Seconds between two snapshots, at least."""
SHARE = 0.01
"""So much of the time may go into them."""
ROOM = 0.25
"""So much of the free memory may a snapshot take with all that the optimisers remember; else it is weights alone."""
SPOILT = "The weights to start from are not all numbers. Reset, or load others."


class Safety:
    """Remembers where all was well. `changed` are the levers that were pulled since then."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.off = False
        """Nothing is remembered: the run is only repeated to see what happens in it."""
        self.checkpoint: Checkpoint | None = None
        self.weights: Mapping[str, Tensor] = {}
        self.step = 0
        self.changed: list[Changed] = []
        self._due = -math.inf

    def keep(self) -> None:
        """Take a snapshot if it is time; at a batch edge, when everything was told and the run's own random state is
        not in force."""
        begun = perf_counter()
        if self.off or begun < self._due:
            return
        self.check()
        loop = self._loop
        try:
            self.weights, self.checkpoint, self.step = self._taken(), None, loop.step
            if self._affordable:
                self.checkpoint = at_home(loop.checkpoint())
        except (torch.OutOfMemoryError, MemoryError):  # the weights alone will do
            self.checkpoint = None
        self.changed = []
        over = perf_counter()
        self._due = over + max(KEEP, (over - begun) / SHARE)

    def check(self) -> None:
        """A gradient can spoil the weights though its loss was a number: then nothing good would be kept."""
        if not self.off and not finite(self._loop.program):
            self.fail(self._loop.tally.last, self._loop.step)

    def fail(self, suspects: Sequence[Batch], step: int) -> None:
        """Stop: find out where numbers went wrong in batch `step` or the one before, and go back to what was kept."""
        loop, program = self._loop, self._loop.program
        if self.off:
            raise RunError(SPOILT)
        if not self.weights:
            raise RunError(SPOILT)
        from neuralgraph.training.replay import replayed

        spoilt = copied(program.state_dict())
        try:
            found = None
            if self.checkpoint is not None and loop.company.size == 1:
                found = replayed(loop, self.checkpoint, self.changed, step)
        finally:
            self.go_back()
        if found is None:
            held = [dict(zip(loop.keys, one, strict=True)) for one in suspects]
            lr = loop.learners[0].lr
            found = culprit(program, spoilt, held, step, lr, (slower(loop.plan, lr), clipped(), back(self.step)))
        raise found

    def go_back(self) -> None:
        """Stand where all was well: the weights, and what it takes to go on from there."""
        if self.weights:
            self._loop.program.load_state_dict(self.weights)
            self._loop.program.checkpoint = self.checkpoint

    @property
    def _affordable(self) -> bool:
        size = 4 * sum(one.nbytes for one in self.weights.values())
        return size < 2**26 or size < ROOM * free_memory()

    def _taken(self) -> dict[str, Tensor]:
        state = self._loop.program.state_dict()
        return copied(state) if self._loop.program.device == "cpu" else {k: one.cpu() for k, one in state.items()}


def at_home(checkpoint: Checkpoint) -> Checkpoint:
    """The same off the device: its memory is for the run."""
    from dataclasses import fields, replace

    if not any(one.device.type != "cpu" for one in checkpoint.weights.values()):
        return checkpoint
    names = ("weights", "learners", "sums", "meter", "mean", "watch")
    return replace(checkpoint, **{one.name: _off(getattr(checkpoint, one.name)) for one in fields(checkpoint)
                                  if one.name in names})


def _off(value: Any) -> Any:
    from dataclasses import fields, is_dataclass, replace

    if isinstance(value, Tensor):
        return value.cpu()
    if isinstance(value, Mapping):
        return {key: _off(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_off(one) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _off(getattr(value, one.name)) for one in fields(value)})
    return value
