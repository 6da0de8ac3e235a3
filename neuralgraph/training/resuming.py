"""Where a run stands, written down, and standing there again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch import Tensor

from neuralgraph.compiler.pinned import retyped
from neuralgraph.errors import WeightsMismatch
from neuralgraph.training import levers
from neuralgraph.training.checkpoint import PARTIAL, PLACE, TESTED, Checkpoint, copied, differences
from neuralgraph.training.control import BATCH_SIZE
from neuralgraph.training.events import Note, Snapshot

if TYPE_CHECKING:
    from neuralgraph.training.loop import Loop


ENDINGS = {2: "nd", 3: "rd"}


def stood(loop: Loop) -> Checkpoint:
    """Everything to go on from here; ask at a batch edge, when everything was told."""
    return Checkpoint(
        loop.epoch, loop.step, loop.batch, loop.stage, copied(loop.program.state_dict()),
        tuple(one.save(loop.control.planned) for one in loop.learners),
        loop.order_before.clone() if loop.batch else loop.order.state.clone(),
        copied(loop.random.own), dict(loop.tally.sums), loop.meter.save(), loop.program.graph,
        {**loop.facts, BATCH_SIZE: loop.planned_size}, copied(loop.average.mean) if loop.average is not None else {},
        loop.watch.save(), dict(loop.pulled), loop.size,
    )


def restore(loop: Loop, saved: Checkpoint) -> tuple[str, ...]:
    """Stand as the earlier run did, as far as it fits; what will be otherwise than in that run, in words."""
    before = levers.restore(loop, saved)
    differs = list(differences(before, loop.facts))
    known: Collection[str] = ()
    own = {loop.program.owner(name) for name in loop.program.state_dict()}
    try:
        weights = {**saved.weights, **_typed(loop, saved)}
        known = loop.program.load_state_dict(weights, only_matching=True).fits if own else ()
    except WeightsMismatch:
        differs.append("none of the nodes has the weights that it had")
    else:
        if missing := sorted(own - set(known)):
            differs.append(f"fresh weights in {', '.join(missing)}")
    loop.fit_blocks(known)
    if saved.stage == loop.stage:
        for learner, one in zip(loop.learners, saved.learners, strict=False):
            if not learner.restore(one):
                differs.append(f"{learner.kind} starts afresh")
            differs += [f"{what} starts afresh" for what in learner.resume(one.more)]
    if loop.average is not None:
        loop.average.restore(saved.mean)
    if saved.watch:
        loop.watch.restore(saved.watch)
    loop.epoch, loop.step = saved.epoch, saved.step
    loop.facts[TESTED] = saved.facts.get(TESTED, 0)
    loop.order.state = saved.order
    loop.random.own = dict(saved.randomness)
    if all(before.get(name) == loop.facts[name] for name in PLACE):
        loop.batch = saved.batch
    same = saved.graph is not None and saved.graph.computes(loop.program.graph)
    if loop.batch and same:
        loop.tally.sums = dict(saved.sums)
        loop.meter.restore(saved.meter)
        if saved.facts.get(PARTIAL):
            differs.append("the figures of this epoch count from here on")
    elif saved.batch and not same:
        differs.append("the figures of this epoch count from here on, for the graph is another")
    return tuple(differs)


def given(loop: Loop) -> Iterator[Snapshot]:
    """Keep the checkpoint to go on from; then the weights that the plan gives back, and the best and last as events."""
    program, watch = loop.program, loop.watch
    loop.company.align(program)
    program.checkpoint = loop.checkpoint()
    loop.moments.close(program.checkpoint)
    if loop.average is not None:
        loop.average.put()
    if watch.best:
        yield Snapshot(watch.epoch, watch.step, "best", _arrays(watch.best))
    yield Snapshot(loop.epoch, loop.step, "last", _arrays(program.state_dict()))
    if loop.plan.stop.best and watch.best:
        program.load_state_dict(watch.best)


def tested(loop: Loop) -> Note:
    """The test part was judged: what that means, and for the how-manieth time in this run and those before it."""
    rows, times = loop.feed.test_rows, loop.facts[TESTED] + 1
    kept = loop.program.checkpoint
    loop.program.checkpoint = replace(kept, facts={**kept.facts, TESTED: times})
    if times == 1:
        return Note(loop.step, f"The test part was used now, once: {rows:,} rows that took no part before. Its figures "
                               "count as long as nothing is chosen by them.")
    return Note(loop.step, f"The test part was used for the {times}{ENDINGS.get(times, 'th')} time: what is chosen by "
                           "its figures is no longer judged by unseen rows.")


def _arrays(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {name: one.detach().cpu().numpy().copy() for name, one in weights.items()}


def _typed(loop: Loop, saved: Checkpoint) -> dict[str, Tensor]:
    """Weights typed in after the checkpoint, as they are now."""
    typed = retyped(saved.graph, loop.program.graph) if saved.graph is not None else ()
    return {name: one for name, one in loop.program.state_dict().items() if name in typed}
