"""A run as it stood after any of its batches: the nearest moment that was kept, and what follows learned once more.

The repetition is the run itself, with its data, its random numbers and the levers that were pulled, so its weights are
those of then bit for bit. Where that cannot be (another device, other data), the nearest kept moment is shown as such.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import torch

from neuralgraph.data.feed import Feed
from neuralgraph.errors import NeuralGraphError, RunError
from neuralgraph.graph.plan import Plan, Stop
from neuralgraph.training.batches import Batch
from neuralgraph.training.checkpoint import PARTIAL, Checkpoint, differences
from neuralgraph.training.control import BATCH_SIZE, Control
from neuralgraph.training.events import EpochEnded, Failed
from neuralgraph.training.loop import Loop, as_planned
from neuralgraph.training.moments import Moment, Moments, Stretch
from neuralgraph.training.threads import used

FEW = 1500
"""So many batches are repeated as torch runs them: to trace a step first takes longer than it gains."""
AT_ONCE = 0.3
"""Seconds that may be spent to have the gradients of the last batch as well, where its weights were kept."""

Going = Callable[[], bool]
Progress = Callable[[int, int], object]


class GivenUp(RunError):
    """Nobody wants the answer any more."""


class Otherwise(RunError):
    """It cannot be repeated bit for bit; why, in words."""


@dataclass(frozen=True, eq=False)
class Shown:
    """The program as it was after `step` batches; after `wanted` where that could be. Else `note` says why not."""

    step: int
    wanted: int
    program: Any
    note: str = ""
    checkpoint: Checkpoint | None = None
    """All that it takes to go on from there, where it was asked for."""

    @property
    def exact(self) -> bool:
        return self.step == self.wanted


class Again(Loop):
    """The same run once more up to a batch; it can be given up, and tells how far it is."""

    def __init__(self, program: Any, feed: Feed, stretch: Stretch, saved: Checkpoint | None, until: int,
                 going: Going, progress: Progress | None, polite: Callable[[], object] | None) -> None:
        plan = stretch.plan
        assert plan is not None
        self.until, self._going, self._progress = until, going, progress
        self._first = saved.step if saved is not None else stretch.start
        control = Control(replay=[one for one in stretch.changes if self._first <= one.step < until])
        control.courtesy = polite
        super().__init__(program, feed, _to_its_end(plan), control, saved)
        self.safety.off = self.doctor.off = True
        self._before = stretch.facts

    def _begin(self) -> tuple[str, ...]:
        found = super()._begin()
        if self.resume is None:
            found = differences(self._before, {**self.facts, BATCH_SIZE: self.planned_size})
        if found:
            raise Otherwise("; ".join(found))
        return found

    def _enter(self, number: int) -> None:
        super()._enter(number)
        for learner in self.learners if self.until - self._first < FEW else ():
            learner.quick.off = learner.quick.off or "only a few batches are repeated"

    def _learn(self, batch: Batch) -> None:
        if self.step >= self.until:
            raise _Reached
        if not self._going():
            raise GivenUp("Given up.")
        super()._learn(batch)
        if self._progress is not None:
            self._progress(self.step + 1 - self._first, self.until - self._first)


class _Reached(Exception):
    """There it is."""


class Rewind:
    """Winds a run back. `moments` may grow meanwhile: a run that goes on is not held up but for its turns.

    Who looks at `several` kept moments in a row has every program copied from one, which is sooner than made anew.
    """

    def __init__(self, moments: Moments, *, several: bool = False) -> None:
        self.moments = moments
        self._several = several
        self._made: tuple[Stretch, Any] | None = None
        self._fed: tuple[Stretch, Feed] | None = None

    def nearest(self, step: int) -> Shown:
        """The last kept moment that is not after `step`, at once; `RunError` where none is kept."""
        found = self.moments.nearest(step)
        if found is None:
            return self.at(step)
        return self._taken(found, step)

    def cost(self, step: int) -> tuple[int, float]:
        """How many batches are to be repeated to stand there, and about how many seconds that takes."""
        stretch = self._stretch(step)
        known = stretch.before(step)
        if known is not None and known.step == step:
            return 0, 0.0
        whole = stretch.before(step, whole=True)
        count = step - (whole.step if whole is not None else stretch.start)
        return count, count * stretch.seconds / max(stretch.end - stretch.start, 1)

    def at(self, step: int, *, going: Going = lambda: True, progress: Progress | None = None,
           polite: Callable[[], object] | None = None, go_on: bool = False) -> Shown:
        """The run after `step` batches. `RunError` where there is no such step, or nothing is kept.

        Gives up with `GivenUp` when `going()` says so; `progress(done, of)` is told after every repeated batch, and
        `polite` called. With `go_on` the checkpoint comes along.
        """
        stretch = self._stretch(step)
        known = stretch.before(step)
        if known is not None and known.step == step and not go_on and not self._soon(stretch, step):
            return self._taken(known, step)
        try:
            return self._repeated(stretch, step, go_on, (going, progress, polite))
        except GivenUp:
            raise
        except NeuralGraphError as error:
            if known is None or go_on:
                raise RunError(f"Step {step:,} cannot be repeated: {str(error).rstrip('.')}.") from None
            if known.step == step:
                return self._taken(known, step)
            return replace(self._taken(known, step), note=_why(step, known.step, str(error)))

    def exactly(self, step: int) -> Any:
        """The program after `step` batches; `RunError` where it cannot be bit for bit."""
        shown = self.at(step)
        if not shown.exact:
            raise RunError(f"{shown.note} Ask for that one.")
        return shown.program

    def _stretch(self, step: int) -> Stretch:
        found = self.moments.of(step)
        if found is None or found.make is None:
            first, last = self.moments.first, self.moments.last
            raise RunError(f"There is no step {step:,} to be seen: this run knows its steps {first:,} to {last:,}."
                           if self.moments else "No steps of this run were kept. Train it once more.")
        return found

    def _soon(self, stretch: Stretch, step: int) -> bool:
        """It costs next to nothing to learn the last batch once more, and to have its gradients too."""
        earlier = stretch.before(step - 1, whole=True)
        if earlier is None or step <= stretch.start:
            return False
        each = stretch.seconds / max(stretch.end - stretch.start, 1)
        return (step - earlier.step) * each < AT_ONCE

    # -- a kept moment ----------------------------------------------------------------------------------------------

    def _taken(self, moment: Moment, wanted: int) -> Shown:
        stretch = self._stretch(moment.step)
        saved = moment.read()
        program = self._copied(stretch) if self._several else self._program(stretch, here=True)
        if stretch.plan is not None:
            as_planned(program, stretch.plan)
        program.load_state_dict({**saved.weights, **saved.mean})
        for name, value in saved.pulled.items():
            id, _, parameter = name.rpartition(".")
            if id and program.live(id, parameter) is not None:
                program.change(id, parameter, value)
        program.root.eval()
        return Shown(moment.step, wanted, program)

    def _copied(self, stretch: Stretch) -> Any:
        """A program of that time on weights of its own."""
        if self._made is None or self._made[0] is not stretch:
            self._made = stretch, self._program(stretch, here=True)
        return self._made[1].copied()

    @staticmethod
    def _program(stretch: Stretch, *, here: bool = False) -> Any:
        """A program of that time; `here`: on this computer's processor where it has no such device."""
        assert stretch.make is not None
        device = stretch.device
        if not _there(device):
            if not here:
                raise Otherwise(f"it was learned on {device}, which this computer does not have")
            device = "cpu"
        return stretch.make(device)

    # -- a repetition -----------------------------------------------------------------------------------------------

    def _repeated(self, stretch: Stretch, step: int, go_on: bool, levers: tuple[Any, ...]) -> Shown:
        start = self._start(stretch, step, go_on=go_on)
        program = self._program(stretch)
        feed = self._feed(stretch, program)
        saved = replace(start, graph=program.graph) if start is not None else None
        threads = (saved.facts if saved is not None else stretch.facts).get("threads")
        with used(threads) if isinstance(threads, int) else nullcontext():
            again = Again(program, feed, stretch, saved, step, *levers)
            _run(again)
            if again.step != step:
                raise Otherwise(f"the repetition ended after {again.step:,} batches")
            checkpoint = None
            if go_on:
                if again.tally:
                    again.flush(perf_counter())
                checkpoint = again.checkpoint()
                partial = bool(again.batch) and start is not None and bool(start.batch) and start.epoch == again.epoch
                checkpoint = replace(checkpoint, facts={**checkpoint.facts, PARTIAL: partial})
            if again.average is not None:
                again.average.put()
        program.root.eval()
        return Shown(step, step, program, checkpoint=checkpoint)

    def _start(self, stretch: Stretch, step: int, *, go_on: bool) -> Checkpoint | None:
        """Where to repeat from: None is the very start. Who goes on wants the figures of the whole epoch."""
        if step == stretch.start or step == 0:
            known = stretch.before(step, whole=True)
            return self._read(known, stretch)
        known = stretch.before(step - 1, whole=True)
        if go_on and known is not None:
            exact = stretch.before(step, whole=True)
            if exact is not None and exact.step == step and not (saved := exact.read()).batch:
                return saved
            saved = known.read()
            earlier = stretch.before(step - saved.batch - 1, whole=True) if saved.batch else None
            while earlier is not None and earlier.step >= step - 2 * FEW:
                whole = earlier.read()
                if not whole.batch:
                    return whole
                earlier = stretch.before(earlier.step - 1, whole=True)
            return saved
        return self._read(known, stretch)

    @staticmethod
    def _read(known: Moment | None, stretch: Stretch) -> Checkpoint | None:
        if known is None and not stretch.fresh:
            raise Otherwise("what it began with was too large to be kept")
        return known.read() if known is not None else None

    def _feed(self, stretch: Stretch, program: Any) -> Feed:
        if self._fed is None or self._fed[0] is not stretch:
            assert stretch.rows is not None
            self._fed = (stretch, stretch.rows(program))
        return self._fed[1]


def _run(again: Again) -> None:
    """Up to the batch that is wanted; a `RunError` where the repetition fails."""
    if again.resume is not None and again.resume.step >= again.until:
        again.program.root.train()
        again._begin()
        return
    events = again.events()
    try:
        for event in events:
            if isinstance(event, EpochEnded) and event.step >= again.until:
                return
            if isinstance(event, Failed):
                raise Otherwise(event.message)
    except _Reached:
        return
    except (torch.OutOfMemoryError, MemoryError):
        raise Otherwise("there is not enough memory to repeat it") from None
    finally:
        events.close()  # type: ignore[attr-defined]


def _to_its_end(plan: Plan) -> Plan:
    """Without the rules that end a run early: it did not end before the batch that is wanted."""
    stop = plan.stop
    return replace(plan, stop=Stop(figure=stop.figure, better=stop.better, min_delta=stop.min_delta, best=stop.best))


def _there(device: str) -> bool:
    kind = torch.device(device).type
    return kind == "cpu" or (kind == "cuda" and torch.cuda.is_available()) or (
        kind == "mps" and torch.backends.mps.is_available())


def _why(step: int, near: int, reason: str) -> str:
    return (f"Step {step:,} cannot be repeated exactly ({reason.rstrip('.')}), so the nearest one that was kept is "
            f"shown: step {near:,}.")
