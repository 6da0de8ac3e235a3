"""What can be changed while a run goes on besides its optimiser: the batch size, a dropout, the share of a loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from neuralgraph.errors import ParameterError
from neuralgraph.training.control import BATCH_SIZE
from neuralgraph.training.events import Changed, Event, Note
from neuralgraph.training.tally import Tally

if TYPE_CHECKING:
    from neuralgraph.training.checkpoint import Checkpoint
    from neuralgraph.training.loop import Loop


def get(loop: Loop, name: str) -> float | None:
    """The present value; None where the run has no such lever."""
    if name == BATCH_SIZE:
        return None if loop.plan.full_batch else float(loop.next_size)
    id, _, parameter = name.rpartition(".")
    return loop.program.live(id, parameter) if id else None


def pull(loop: Loop, name: str, value: float) -> float | None:
    """Change it: what it was, None where the run has no such lever. Ask when everything was told.

    A batch size holds from the next epoch on. Raises `ParameterError` for a value that the node does not take.
    """
    before = get(loop, name)
    if before is None:
        return None
    loop.pulled[name] = value
    if name == BATCH_SIZE:
        loop.next_size = int(value)
        return before
    id, _, parameter = name.rpartition(".")
    loop.program.change(id, parameter, value)
    for learner in loop.learners:
        learner.reread()
    sums, last = loop.tally.sums, loop.tally.last
    loop.tally = Tally(loop.learners, loop.program.shares)
    loop.tally.sums, loop.tally.last = sums, last
    return before


def told(loop: Loop, name: str, value: float, place: float) -> Event:
    """Pull it; what there is to say of it."""
    try:
        before = pull(loop, name, value)
    except ParameterError as error:
        return Note(loop.step, f"{name} stays as it is: {error}")
    if before is None:
        return Note(loop.step, f"{name} stays out: this run has no such lever.")
    return Changed(loop.step, place, name, before, value)


def restore(loop: Loop, saved: Checkpoint) -> Mapping[str, object]:
    """Pull what was pulled before the checkpoint, unless plan or document ask for another value than they did then.

    What the run depended on, with the batch size as it was at the checkpoint.
    """
    facts = dict(saved.facts)
    for name, value in saved.pulled.items():
        if name == BATCH_SIZE:
            if loop.planned_size in (facts.get(BATCH_SIZE), int(value)):
                loop.pulled[name], loop.next_size = value, int(value)
                loop.resize(saved.size)
            facts[BATCH_SIZE] = saved.size
            continue
        id, _, parameter = name.rpartition(".")
        then = saved.graph.nodes.get(id) if saved.graph is not None else None
        now = loop.program.graph.nodes.get(id)
        if then is None or now is None or then.params.get(parameter) != now.params.get(parameter):
            continue
        try:
            pull(loop, name, value)
        except ParameterError:  # the node takes other values than it did: the document's holds
            loop.pulled.pop(name, None)
    loop.facts[BATCH_SIZE] = loop.size
    return facts
