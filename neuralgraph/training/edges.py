"""What happens between two batches: levers, questions, looks, standing still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any

from neuralgraph.training import levers
from neuralgraph.training.control import RANGES
from neuralgraph.training.events import Changed, Event, Note, Paused
from neuralgraph.training.probes import read

if TYPE_CHECKING:
    from neuralgraph.training.loop import Loop

LOOK = 0.1
"""Seconds between two readings of a probe."""


def edge(loop: Loop) -> Iterator[Event]:
    """Do what was asked for; stand still while paused."""
    control, paused, since = loop.control, False, perf_counter()
    while True:
        orders = loop.company.take(control, loop.step)
        for name, value in orders.changes:
            yield from change(loop, name, value)
        for question, answer in orders.questions:
            _answer(question, answer, loop.program)
        if orders.probe is not None:
            yield read(loop.program, orders.probe, loop.step)
        match control.state:
            case "stopping":
                loop.stopping = True
                if loop.tally:
                    yield loop.flush(perf_counter())
                break
            case "running":
                break
        if not paused:
            paused = True
            if loop.tally:
                yield loop.flush(perf_counter())
            yield Paused(loop.epoch, loop.step)
        loop.company.wait(control)
    if paused:
        stood = perf_counter() - since
        loop.idle += stood
        loop.told += stood


def change(loop: Loop, name: str, value: float) -> Iterator[Event]:
    """Pull a lever, of the optimisers or any other."""
    place = loop.epoch + loop.batch / max(loop.steps_per_epoch, 1)
    event: Event
    if name not in RANGES:
        if loop.tally:
            yield loop.flush(perf_counter())
        event = levers.told(loop, name, value, place)
    else:
        before = [old for learner in loop.learners if (old := learner.set(name, value)) is not None]
        kinds = ", ".join(dict.fromkeys(one.kind for one in loop.learners))
        event = (Changed(loop.step, place, name, before[0], value) if before
                 else Note(loop.step, f"{name} stays out: {kinds} has no such setting."))
    if isinstance(event, Changed):
        loop.safety.changed.append(event)
    yield event


def watched(loop: Loop, now: float) -> Iterator[Event]:
    """What the inspector looks at, when it is time."""
    if loop.control.watched is not None and now - loop.looked >= LOOK:
        loop.looked = now
        yield read(loop.program, loop.control.watched, loop.step)


def _answer(question: Callable[[Any], Any], answer: Any, program: Any) -> None:
    if not answer.set_running_or_notify_cancel():
        return
    try:
        answer.set_result(question(program))
    except Exception as error:
        answer.set_exception(error)
