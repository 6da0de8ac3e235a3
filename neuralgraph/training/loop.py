"""The loop: "objective, then step", carried out as the plan says and told as events. It knows no thread."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from neuralgraph.data.feed import Feed
from neuralgraph.errors import NeuralGraphError, RunError
from neuralgraph.graph.plan import Plan
from neuralgraph.training import levers
from neuralgraph.training.averaging import Average
from neuralgraph.training.batches import Batch, Order, batches
from neuralgraph.training.checkpoint import Checkpoint, copied, facts
from neuralgraph.training.control import RANGES, Control, Probe
from neuralgraph.training.events import (
    Changed,
    EpochEnded,
    Event,
    Failed,
    Finished,
    Note,
    Paused,
    Started,
    Step,
    Stopped,
)
from neuralgraph.training.faults import culprit, explained, finite
from neuralgraph.training.learner import Learner
from neuralgraph.training.metrics import Meter, evaluate
from neuralgraph.training.probes import read
from neuralgraph.training.randomness import Randomness, undisturbed
from neuralgraph.training.resuming import given, restore, stood
from neuralgraph.training.schedules import Pace
from neuralgraph.training.stopping import Watch
from neuralgraph.training.tally import Tally

TELL = 1 / 30
"""Seconds between two `Step` events."""
KEEP = 0.5
"""Seconds between two copies of the weights to go back to."""
SPOILT = "The weights to start from are not all numbers. Reset, or load others."
LOOK = 0.1
"""Seconds between two readings of a probe."""


def fit(
    program: Any, feed: Feed, plan: Plan, control: Control | None = None, *, resume: Checkpoint | None = None
) -> Iterator[Event]:
    """Learn as the plan says; the events of the run, the last one `Finished`, `Stopped` or `Failed`.

    The same program, feed, plan and seed give bit-identical losses on the same device and threads. With `resume`, goes
    on as the run would have that made the checkpoint, up to the end of `plan`.
    """
    control = control or Control()
    loop = None
    try:
        loop = Loop(program, feed, plan, control, resume)
        yield from loop.events()
    except NeuralGraphError as error:
        yield Failed(loop.epoch if loop else 0, loop.step if loop else 0, str(error))
    except Exception as error:  # whatever torch raises becomes an event that names the node
        message, hint, node = explained(error, program)
        yield Failed(loop.epoch if loop else 0, loop.step if loop else 0, message, hint, node)
    finally:
        control.close()


class Loop:
    """The state of one run."""

    def __init__(self, program: Any, feed: Feed, plan: Plan, control: Control, resume: Checkpoint | None) -> None:
        self.program, self.feed, self.plan, self.control = program, feed, plan, control
        if plan.precision == "float64":
            program.root.double()
            program.dtype = torch.float64
        self.keys: tuple[str, ...] = program.training_inputs
        self.train = [feed.train[key] for key in self.keys]
        self.order = Order(feed.rows, plan.seed, shuffle=plan.shuffle)
        self.random = Randomness(plan.seed, program.device)
        self.meter = Meter(program.metrics)
        self.planned_size = self.next_size = feed.rows if plan.full_batch else plan.batch_size
        self.pulled: dict[str, float] = {}
        self.resize()
        self.average = Average(program, plan.ema) if plan.ema is not None else None
        self.watch = Watch(plan.stop, program, validated=bool(feed.validation_rows))
        self.epoch = self.step = self.batch = 0
        self.learners: list[Learner] = []
        self.resume = resume
        self.begun = perf_counter()
        self.idle = 0.0
        self.stage = 0
        self.facts = facts(feed, plan, program.device)
        self._final: dict[str, float] = {}
        self._told = self._looked = self.begun
        self.order_before = self.order.state
        self._stopping = False
        self._safe: dict[str, Tensor] = {}
        self._safe_at = -math.inf
        control.stand = self.checkpoint

    # -- the plan ---------------------------------------------------------------------------------------------------

    def events(self) -> Iterator[Event]:
        """Fit what is fitted, then stage by stage, epoch by epoch."""
        program, plan, control = self.program, self.plan, self.control
        program.root.train()
        differs = self._begin()
        self._check()
        parameters = sum(one.numel() for one in program.root.parameters())
        yield Started(
            plan.epochs, self.steps_per_epoch, self.feed.rows, self.feed.validation_rows, self.feed.test_rows,
            program.device, plan.seed, parameters, tuple(program.losses), tuple(program.metrics), self.epoch,
            self.step,
        )
        if differs:
            yield Note(self.step, f"Not bit for bit what the unbroken run would have been: {'; '.join(differs)}.")
        while True:
            number = self._stage_at(self.epoch)
            if number != self.stage:
                self._enter(number)
            if control.pending:
                yield from self._edge()
            at_the_end = self.epoch >= plan.epochs or bool(self.watch.over)
            if not self._stopping and not at_the_end:
                yield from self._one_epoch()
            if self._stopping:
                self._check()
                yield from given(self)
                yield Stopped(self.epoch, self.step, control.reason or "stopped")
                return
            if at_the_end:
                break
        self._check()
        yield from given(self)
        final = dict(self.watch.figures if plan.stop.best and self.watch.best else self._final)
        if self.feed.test_rows:
            judged = self._judge(self.feed.test).prefixed("test_")
            final.update(judged.figures)
        seconds = perf_counter() - self.begun - self.idle
        reason = self.watch.over or f"all {plan.epochs} epochs are done"
        yield Finished(self.epoch, self.step, seconds, final, reason)

    def _begin(self) -> tuple[str, ...]:
        """Stand at the start, or where the earlier run stood; what will be otherwise than in that run."""
        self._enter(self._stage_at(self.resume.epoch if self.resume is not None else 0))
        if self.resume is None:
            self.fit_blocks()
            return ()
        return restore(self, self.resume)

    def _stage_at(self, epoch: int) -> int:
        """The number of the stage that goes on there; the last one at the end."""
        ends = np.cumsum([stage.epochs for stage in self.plan.stages])
        return min(int(np.searchsorted(ends, epoch, side="right")), len(ends) - 1)

    def _enter(self, number: int) -> None:
        self.stage, stages = number, self.plan.stages
        before = sum(stage.epochs for stage in stages[:number])
        here = max(self.epoch, self.resume.epoch if self.resume is not None else 0)
        pace = Pace(stages[number].epochs, before + stages[number].epochs - here, self.steps_per_epoch,
                    before * self.steps_per_epoch)
        self.learners = [Learner(self.program, step, pace, self.plan.precision) for step in stages[number].steps]
        self.tally = Tally(self.learners, self.program.shares)

    def fit_blocks(self, known: Collection[str] = ()) -> None:
        """What learns from data before training sees the training part once, in topological order."""
        for id in self.program.fitted:
            if id in known:
                continue
            wires = self.program.inference.wires[id]
            edge = next(iter(wires.values()))
            name = self.program.output_name(edge.source, edge.output)
            with undisturbed(self.program.device, self.plan.seed), self.program.quiet():
                value = self.program.trace(self.feed.train, (edge.source,))[name]
            self.program.part(id).fit(value)

    # -- an epoch ---------------------------------------------------------------------------------------------------

    def resize(self, size: int | None = None) -> None:
        """Batches are from now on of this size, by default of that which was asked for: between two epochs."""
        self.size = size or self.next_size
        self.steps_per_epoch = math.ceil(self.feed.rows / self.size)

    def _one_epoch(self) -> Iterator[Event]:
        if not self.batch and self.size != self.next_size:
            self.resize()
        self.order_before = self.order.state
        self._keep_safe()
        for learner in self.learners:
            learner.quick.epoch_begins()
        order = self.order.draw()
        start, control = self.batch, self.control
        self.random.__enter__()
        inside = True
        try:
            learn = self._learn
            for batch in batches(self.train, order, self.size, start):
                if control.pending or self.step >= control.next_due:
                    with self.random.aside():
                        yield from self._edge()
                    if self._stopping:
                        return
                learn(batch)
                if control.courtesy is not None:
                    control.courtesy()
                self.step += 1
                self.batch += 1
                last = self.batch >= self.steps_per_epoch
                if control.pending or last:
                    control.learned(epoch_ended=last)
                now = perf_counter()
                if now - self._told >= TELL:
                    with self.random.aside():
                        yield self._flush(now)
                        yield from self._watched(now)
                    if self.watch.late(now - self.begun - self.idle) and not last:
                        return
            for learner in self.learners:
                learner.last_batch()
            if self.average is not None:
                self.average.follow(self.stage, self.learners)
            self.random.__exit__()
            inside = False
            if self.tally:
                yield self._flush(perf_counter())
            self.epoch, self.batch = self.epoch + 1, 0
            yield self._ended()
            yield from self._notes()
            self.watch.late(perf_counter() - self.begun - self.idle)  # epochs may be shorter than a telling
        finally:
            if inside:
                self.random.__exit__()

    def _learn(self, batch: Batch) -> None:
        self.tally.begin(batch)
        seen: Any = ()
        for number, learner in enumerate(self.learners):
            if self.step % learner.every:
                continue
            total, losses, watched = learner.learn(batch)
            self.tally.hear(number, total, losses)
            seen = seen or watched
        if seen:
            self.meter.add(seen)
        if self.average is not None:
            self.average.follow(self.stage, self.learners)

    def _notes(self) -> Iterator[Event]:
        """What the learners have to say."""
        for learner in self.learners:
            while learner.quick.notes:
                yield Note(self.step, learner.quick.notes.pop(0))

    def _flush(self, now: float) -> Step:
        """The losses since the last time, in one synchronisation; `NotFinite` where one is not a number."""
        size = self.size
        sizes = np.full(len(self.tally.batches), float(size))
        if self.batch >= self.steps_per_epoch and len(sizes):
            sizes[-1] -= self.batch * size - self.feed.rows
        told = self.tally.tell(sizes)
        if told.spoilt is not None:
            self._not_finite(told.suspects, self.step - told.batches + told.spoilt + 1)
        elapsed = now - self._told
        self._told = now
        learner = self.learners[0]
        return Step(
            self.epoch, self.step, self.batch, told.losses, told.parts, learner.lr, learner.gradient_norm(),
            float(sizes.sum()) / elapsed if elapsed > 0 else 0.0, now - self.begun - self.idle, self._remaining(now),
            told.places, told.batches,
        )

    def _ended(self) -> EpochEnded:
        """The figures of the epoch: training as it was seen, validation afterwards."""
        figures = self.tally.means()
        judged = self.meter.result()
        figures.update(judged.figures)
        tables = dict(judged.tables)
        with self.average.shown() if self.average is not None else nullcontext():
            if self.feed.validation_rows:
                validated = self._judge(self.feed.validation).prefixed("val_")
                figures.update(validated.figures)
                tables.update(validated.tables)
            self.watch.hear(figures, self.epoch, self.step)
        for learner in self.learners:
            learner.epoch_ended(figures)
        self._final = figures
        return EpochEnded(self.epoch, self.step, figures, tables, perf_counter() - self.begun - self.idle)

    def _judge(self, tensors: Mapping[str, Tensor]) -> Any:
        return evaluate(self.program, tensors, batch_size=self.size)

    def _remaining(self, now: float) -> tuple[float, float] | None:
        """Seconds left, from … to, once there is something to go by."""
        spent, done = now - self.begun - self.idle, self.step - (self.resume.step if self.resume else 0)
        total = self.plan.epochs * self.steps_per_epoch
        if done < 3 or spent < 0.2:
            return None
        left = (total - self.step) * spent / done
        return left * 0.85, left * 1.2

    # -- edges ------------------------------------------------------------------------------------------------------

    def _edge(self) -> Iterator[Event]:
        """Do what was asked for; stand still while paused."""
        control, paused, since = self.control, False, perf_counter()
        while True:
            orders = control.take()
            for name, value in (*control.due(self.step), *orders.changes):
                yield from self._change(name, value)
            for question, answer in orders.questions:
                _answer(question, answer, self.program)
            if orders.probe is not None:
                yield from self._look(orders.probe)
            match control.state:
                case "stopping":
                    self._stopping = True
                    if self.tally:
                        yield self._flush(perf_counter())
                    break
                case "running":
                    break
            if not paused:
                paused = True
                if self.tally:
                    yield self._flush(perf_counter())
                yield Paused(self.epoch, self.step)
            control.wait()
        if paused:
            stood = perf_counter() - since
            self.idle += stood
            self._told += stood

    def _change(self, name: str, value: float) -> Iterator[Event]:
        place = self.epoch + self.batch / max(self.steps_per_epoch, 1)
        if name not in RANGES:
            if self.tally:
                yield self._flush(perf_counter())
            yield levers.told(self, name, value, place)
            return
        before = [old for learner in self.learners if (old := learner.set(name, value)) is not None]
        if before:
            yield Changed(self.step, place, name, before[0], value)
        else:
            kinds = ", ".join(dict.fromkeys(one.kind for one in self.learners))
            yield Note(self.step, f"{name} stays out: {kinds} has no such setting.")

    def _watched(self, now: float) -> Iterator[Event]:
        if self.control.watched is not None and now - self._looked >= LOOK:
            self._looked = now
            yield from self._look(self.control.watched)

    def _look(self, probe: Probe) -> Iterator[Event]:
        yield read(self.program, probe, self.step)

    # -- state ------------------------------------------------------------------------------------------------------

    def checkpoint(self) -> Checkpoint:
        """Everything to go on from here; ask at a batch edge, when everything was told."""
        return stood(self)

    def _keep_safe(self) -> None:
        """Remember the weights at the start of an epoch, at most twice a second."""
        now = perf_counter()
        if now - self._safe_at >= KEEP:
            self._check()
            self._safe, self._safe_at = copied(self.program.state_dict()), now

    def _check(self) -> None:
        """A gradient can spoil the weights though its loss was a number: then nothing good would be kept."""
        if not finite(self.program):
            self._not_finite(self.tally.last, self.step)

    def _not_finite(self, suspects: Sequence[Batch], step: int) -> None:
        """Stop: go back to the weights that were kept and say where numbers went wrong."""
        held = [dict(zip(self.keys, one, strict=True)) for one in suspects]
        if not self._safe:
            raise RunError(SPOILT)
        spoilt = copied(self.program.state_dict())
        self.program.load_state_dict(self._safe)
        raise culprit(self.program, spoilt, held, step, self.learners[0].lr)


def _answer(question: Callable[[Any], Any], answer: Any, program: Any) -> None:
    if not answer.set_running_or_notify_cancel():
        return
    try:
        answer.set_result(question(program))
    except Exception as error:
        answer.set_exception(error)

