"""The loop: "objective, then step", carried out as the plan says and told as events. It knows no thread."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from contextlib import nullcontext
from time import perf_counter
from typing import Any

import numpy as np
import torch

from neuralgraph.data.feed import Feed
from neuralgraph.data.streaming import Part
from neuralgraph.errors import NeuralGraphError
from neuralgraph.graph.plan import Plan
from neuralgraph.training.averaging import Average
from neuralgraph.training.batches import Batch, Order, batches
from neuralgraph.training.checkpoint import Checkpoint, facts
from neuralgraph.training.company import ALONE, Company
from neuralgraph.training.control import Control
from neuralgraph.training.doctor import Doctor
from neuralgraph.training.edges import edge, watched
from neuralgraph.training.events import (
    EpochEnded,
    Event,
    Failed,
    Finished,
    Note,
    Started,
    Step,
    Stopped,
)
from neuralgraph.training.faults import explained
from neuralgraph.training.fitting import fit_block
from neuralgraph.training.learner import Learner
from neuralgraph.training.memory import give_back, let_go
from neuralgraph.training.metrics import Meter, evaluate
from neuralgraph.training.moments import Stretch
from neuralgraph.training.randomness import Randomness
from neuralgraph.training.resuming import given, restore, stood, tested
from neuralgraph.training.safety import Safety
from neuralgraph.training.schedules import Pace
from neuralgraph.training.stopping import Watch
from neuralgraph.training.tally import Tally
from neuralgraph.training.thrower import thrower

TELL = 1 / 30
"""Seconds between two `Step` events."""
GO_ON = "What was kept goes on: torchrun does so with --max-restarts, or give --resume with its number."


def fit(
    program: Any, feed: Feed, plan: Plan, control: Control | None = None, *, resume: Checkpoint | None = None,
    company: Company = ALONE, moments: Stretch | None = None,
) -> Iterator[Event]:
    """Learn as the plan says; the events of the run, the last one `Finished`, `Stopped` or `Failed`.

    The same program, feed, plan and seed give bit-identical losses on the same device and threads. With `resume`, goes
    on as the run would have that made the checkpoint, up to the end of `plan`. `company` are the processes that share
    every batch. `moments` keeps where it stood, to be wound back to.
    """
    control = control or Control()
    loop: Loop | None = None
    failed: Failed | None = None
    try:
        loop = Loop(program, feed, plan, control, resume, company, moments)
        yield from loop.events()
        company.finished()
    except Exception as error:  # whatever torch raises becomes an event that names the node
        place = (loop.epoch, loop.step) if loop else (0, 0)
        if gone := company.lost(error):
            failed = Failed(*place, gone, GO_ON, interrupted=True)
        elif isinstance(error, NeuralGraphError):
            failed = Failed(*place, str(error))
        else:
            failed = explained(error, program, *place, plan, loop.size if loop else 0, loop.suspect if loop else None)
            let_go(error)
        if not failed.interrupted:
            company.failed(f"{failed.message} {failed.hint}".strip())
    finally:
        control.close()
    if failed is not None:
        if loop is not None and not failed.interrupted:
            loop.give_up()
        yield failed


def as_planned(program: Any, plan: Plan) -> None:
    """Bring its weights into the precision and the memory format of the plan."""
    if plan.precision == "float64":
        program.root.double()
        program.dtype = torch.float64
    if plan.memory_format == "channels_last":
        program.root.to(memory_format=torch.channels_last)


class Loop:
    """The state of one run."""

    def __init__(self, program: Any, feed: Feed, plan: Plan, control: Control, resume: Checkpoint | None,
                 company: Company = ALONE, moments: Stretch | None = None) -> None:
        self.program, self.feed, self.plan, self.company = program, feed, plan, company
        self.control = control = company.followed(control)
        as_planned(program, plan)
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
        self.tally = Tally((), {})
        self.resume = resume
        self.begun = perf_counter()
        self.idle = 0.0
        self.stage = 0
        self.facts = facts(feed, plan, program.device, company.size)
        self._final: dict[str, float] = {}
        self.told = self.looked = self.begun
        self.order_before = self.order.state
        self.stopping = False
        self.safety, self.doctor = Safety(self), Doctor(self)
        self.doctor.off = not company.leads
        self.moments = moments or Stretch()
        control.stand = self.checkpoint

    # -- the plan ---------------------------------------------------------------------------------------------------

    def events(self) -> Iterator[Event]:
        """Fit what is fitted, then stage by stage, epoch by epoch."""
        program, plan, control = self.program, self.plan, self.control
        program.root.train()
        differs = self._begin()
        self.safety.check()
        self.moments.begin(self)
        said = self.company.check(self)
        parameters = sum(one.numel() for one in program.root.parameters())
        yield Started(
            plan.epochs, self.steps_per_epoch, self.feed.rows, self.feed.validation_rows, self.feed.test_rows,
            program.device, plan.seed, parameters, tuple(program.losses), tuple(program.metrics), self.epoch,
            self.step, self.company.size, self.company.job, self.feed.told,
        )
        for message in said:
            yield Note(self.step, message)
        if differs:
            yield Note(self.step, f"Not bit for bit what the unbroken run would have been: {'; '.join(differs)}.")
        yield from self.doctor.begin()
        while True:
            number = self._stage_at(self.epoch)
            if number != self.stage:
                self._enter(number)
            if self.company.calls(self, control.pending):
                yield from edge(self)
            at_the_end = self.epoch >= plan.epochs or bool(self.watch.over)
            if not self.stopping and not at_the_end:
                yield from self._one_epoch()
            if self.stopping:
                self.safety.check()
                yield from given(self)
                yield Stopped(self.epoch, self.step, control.reason or "stopped")
                return
            if at_the_end:
                break
        self.safety.check()
        yield from self.doctor.end()
        yield from given(self)
        final = dict(self.watch.figures if plan.stop.best and self.watch.best else self._final)
        if self.feed.test_rows:
            judged = self._judge(self.feed.test).prefixed("test_")
            final.update(judged.figures)
            yield tested(self)
        seconds = perf_counter() - self.begun - self.idle
        done = f"all {plan.epochs} epochs are done" if plan.epochs != 1 else "its one epoch is done"
        reason = self.watch.over or done
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
        self.learners = [Learner(self.program, step, pace, self.plan.precision, self.company)
                         for step in stages[number].steps]
        self.tally = Tally(self.learners, self.program.shares, self.company)

    def fit_blocks(self, known: Collection[str] = ()) -> None:
        """What learns from data before training sees the training part once, in topological order."""
        for id in self.program.fitted:
            if id not in known:
                fit_block(self.program, id, self.feed.train, self.plan.seed)

    # -- an epoch ---------------------------------------------------------------------------------------------------

    def resize(self, size: int | None = None) -> None:
        """Batches are from now on of this size, by default of that which was asked for: between two epochs."""
        self.size = size or self.next_size
        self.steps_per_epoch = math.ceil(self.feed.rows / self.size)

    def _one_epoch(self) -> Iterator[Event]:
        if not self.batch and self.size != self.next_size:
            self.resize()
        self.order_before = self.order.state
        self.safety.keep()
        self.moments.look(self)
        for learner in self.learners:
            learner.quick.epoch_begins()
        order = self.order.draw()
        start, control, company = self.batch, self.control, self.company
        self.random.__enter__()
        inside = True
        coming = batches(self.train, order, self.size, start)
        try:
            learn = self._learn
            for batch in coming:
                if company.calls(self, control.pending or self.step >= control.next_due):
                    with self.random.aside():
                        yield from edge(self)
                    if self.stopping:
                        return
                learn(batch)
                if control.courtesy is not None:
                    control.courtesy()
                self.step += 1
                self.batch += 1
                last = self.batch >= self.steps_per_epoch
                if control.pending or last:
                    control.learned(epoch_ended=last)
                if self.step >= self.moments.due and not last:
                    with self.random.aside():
                        self.moments.look(self)
                now = perf_counter()
                if company.tells(now - self.told, TELL):
                    with self.random.aside():
                        yield self.flush(now)
                        yield from watched(self, now)
                        yield from self.doctor.look()
                        self.safety.keep()
                    if company.late(self.watch, now - self.begun - self.idle) and not last:
                        return
            for learner in self.learners:
                learner.last_batch()
            if self.average is not None:
                self.average.follow(self.stage, self.learners)
            self.random.__exit__()
            inside = False
            if self.tally:
                yield self.flush(perf_counter())
            self.epoch, self.batch = self.epoch + 1, 0
            yield (ended := self._ended())
            yield from self._notes()
            yield from self.doctor.epoch(ended.figures)
            company.late(self.watch, perf_counter() - self.begun - self.idle)  # epochs may be shorter than a telling
        finally:
            coming.close()
            if inside:
                self.random.__exit__()

    def _learn(self, batch: Batch) -> None:
        self.tally.begin(batch)
        batch = self.company.part(batch, self)
        seen: Any = ()
        for number, learner in enumerate(self.learners):
            if self.step % learner.every:
                continue
            total, losses, watched = learner.learn(batch)
            self.tally.hear(number, total, losses)
            seen = seen or watched
        if seen and self.company.counts:
            self.meter.add(seen)
        if self.average is not None:
            self.average.follow(self.stage, self.learners)

    def _notes(self) -> Iterator[Event]:
        """What the learners have to say."""
        for learner in self.learners:
            while learner.quick.notes:
                yield Note(self.step, learner.quick.notes.pop(0))

    def flush(self, now: float) -> Step:
        """The losses since the last time, in one synchronisation; `NotFinite` where one is not a number."""
        size = self.size
        sizes = np.full(len(self.tally.batches), float(size))
        if self.batch >= self.steps_per_epoch and len(sizes):
            sizes[-1] -= self.batch * size - self.feed.rows
        told = self.tally.tell(sizes)
        self.company.gather(self.meter)
        if told.spoilt is not None:
            self.safety.fail(told.suspects, self.step - told.batches + told.spoilt + 1)
        self.doctor.hear(told.losses)
        elapsed = now - self.told
        self.told = now
        learner = self.learners[0]
        return Step(
            self.epoch, self.step, self.batch, told.losses, told.parts, learner.lr, learner.gradient_norm(),
            float(sizes.sum()) / elapsed if elapsed > 0 else 0.0, now - self.begun - self.idle, self._remaining(now),
            told.places, told.batches,
        )

    def _ended(self) -> EpochEnded:
        """The figures of the epoch: training as it was seen, validation afterwards."""
        figures = self.tally.means()
        judged = self.meter.result(self.company)
        self.company.align(self.program)
        figures.update(judged.figures)
        tables = dict(judged.tables)
        with self.average.shown() if self.average is not None else nullcontext():
            if self.feed.validation_rows:
                validated = self._judge(self.feed.validation).prefixed("val_")
                figures.update(validated.figures)
                tables.update(validated.tables)
            figures = self.company.shared(figures)
            self.watch.hear(figures, self.epoch, self.step)
        for learner in self.learners:
            learner.epoch_ended(figures)
        self._final = figures
        return EpochEnded(self.epoch, self.step, figures, tables, perf_counter() - self.begun - self.idle)

    def _judge(self, tensors: Mapping[str, Part]) -> Any:
        return evaluate(self.program, tensors, batch_size=self.size, company=self.company)

    def _remaining(self, now: float) -> tuple[float, float] | None:
        """Seconds left, from … to, once there is something to go by."""
        spent, done = now - self.begun - self.idle, self.step - (self.resume.step if self.resume else 0)
        total = self.plan.epochs * self.steps_per_epoch
        if done < 3 or spent < 0.2:
            return None
        left = (total - self.step) * spent / done
        return left * 0.85, left * 1.2

    # -- state ------------------------------------------------------------------------------------------------------

    def checkpoint(self) -> Checkpoint:
        """Everything to go on from here; ask at a batch edge, when everything was told."""
        return stood(self)

    def suspect(self, error: Exception) -> str | None:
        """The node that throws such an error on the way back in the batch that was being learned."""
        found = (thrower(self.program, one, self.tally.batches[-1], error) for one in self.learners
                 if self.tally.batches)
        return next((node for node in found if node is not None), None)

    def give_up(self) -> None:
        """It failed: stand where all was well, and give back what memory there is."""
        self.safety.go_back()
        for learner in self.learners:
            learner.forget()
        self.tally.batches, self.tally.last, self.meter.held = [], [], []
        give_back(self.program.device)
