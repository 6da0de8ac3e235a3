"""One trial of a search: a run with values of its own, told after every epoch; in this process or in one of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from neuralgraph.errors import GraphError, NeuralGraphError, ParameterError, RunError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ranges import applied
from neuralgraph.session import Session
from neuralgraph.studies import BROKEN, DONE, PRUNED, TRIAL, Search, Trial

if TYPE_CHECKING:
    from neuralgraph.training.control import Control

STOPPED, OVERDUE = "the search was stopped", "the time of the search is over"
"""Why a trial that was under way is broken off."""


class Levers:
    """Stops a search from another thread: the trials that are under way end at their next batch."""

    def __init__(self) -> None:
        self.stopping = False
        self.courtesy: Callable[[], object] | None = None
        """Called after every batch: lets whoever shares the processor have a turn."""
        self._control: Control | None = None
        self._reason = STOPPED

    def stop(self, reason: str = STOPPED) -> None:
        self.stopping, self._reason = True, reason
        if self._control is not None:
            self._control.stop(reason)

    def holds(self, control: Control) -> Control:
        """The levers of the trial that begins."""
        self._control = control
        control.courtesy = self.courtesy
        if self.stopping:
            control.stop(self._reason)
        return control


@dataclass(frozen=True)
class Setting:
    """What the trials of a search have in common. `wanted.goal` is known; `data` are arrays for Input nodes."""

    session: Session
    wanted: Search
    study: str
    device: str = "cpu"
    data: Mapping[str, Any] | None = None
    store: bool = True
    threads: int | None = None


def attempt(setting: Setting, trial: Trial, levers: Levers, hopeless: Callable[[Trial], bool],
            until: float = float("inf")) -> Iterator[Trial]:
    """Learn with these values; told after every epoch and at the end, with a `state` then.

    `hopeless` is asked after every epoch whether to give up; at the time `until` it is broken off. What cannot be, or
    fails, is pruned with the reason.
    """
    begun = time.monotonic()
    try:
        for now in _learned(setting, trial, levers, hopeless, until):
            trial = now
            if not trial.state:
                yield trial
    except (GraphError, ParameterError, NeuralGraphError) as error:
        trial = replace(trial, state=PRUNED, reason=str(error))
    yield replace(trial, seconds=time.monotonic() - begun)


def _learned(setting: Setting, trial: Trial, levers: Levers, hopeless: Callable[[Trial], bool],
             until: float) -> Iterator[Trial]:
    from neuralgraph.training.events import EpochEnded, Failed, Started, Stopped

    goal = setting.wanted.goal
    alone = _copy(setting.session, setting.wanted, trial)
    control = levers.holds(alone.control())
    why, state = "", DONE
    for event in alone.train(control=control, device=setting.device, data=setting.data, store=setting.store,
                             threads=setting.threads):
        if isinstance(event, Started):  # named from the start: it may never come to an end
            trial = replace(trial, run=alone.run.id if alone.run is not None else None)
            _name(setting.study, trial)
        if isinstance(event, EpochEnded) and goal in event.figures:
            trial = replace(trial, figures=(*trial.figures, float(event.figures[goal])))
            if hopeless(trial):
                why, state = f"worse than the median after epoch {event.epoch}", PRUNED
                control.stop(why)
            yield trial
        if time.monotonic() >= until and not levers.stopping:
            control.stop(OVERDUE)
        if isinstance(event, Failed):
            why, state = f"{event.message} {event.hint}".strip(), PRUNED
        elif isinstance(event, Stopped) and state == DONE:
            why, state = event.reason, BROKEN
    run = alone.run
    value = run.final.get(goal) if run is not None and state == DONE else None
    if state == DONE and (value is None or value - value != 0):
        why, state = f"{goal} is no number at its end", PRUNED
    yield replace(trial, state=state, reason=why, value=value, run=run.id if run is not None else None)


def planned_for(graph: Graph, wanted: Search) -> Graph:
    """The document with the plan that the trials have in common, without marks."""
    from neuralgraph.graph.planning import planned

    plan = planned(graph.plan, **wanted.settings)
    return graph.having(plan=replace(plan, search=FrozenDict()))


def _copy(session: Session, wanted: Search, trial: Trial) -> Session:
    """A document of its own with the values of this trial, that may read what the other may."""
    graph = planned_for(session.graph, wanted)
    changed, _ = applied(graph, session.catalog, trial.values).apply(graph)
    return copied(session, changed)


def copied(session: Session, graph: Graph) -> Session:
    """Another document in the same place, that may read what this one may."""
    alone = Session(graph, path=session.path, catalog=session.catalog)
    alone._suggested, alone._home = session.title.removesuffix(".ngraph"), session.folder
    alone.guarded, alone.agreed, alone.held = session.guarded, session.agreed, session.held
    return alone


def _name(study: str, trial: Trial) -> None:
    """The run in the run store says which trial it is."""
    if trial.run is None:
        return
    from neuralgraph.training.store import Store

    said = ", ".join(f"{target} {value:.4g}" if isinstance(value, float) else f"{target} {value}"
                     for target, value in trial.values.items())
    with suppress(RunError):  # the run itself is kept, and the study knows its number
        Store().change(trial.run, name=f"{study[:150]}{TRIAL}{trial.number}", note=said[:2000])
