"""Search: many runs with other values of marked parameters; Optuna proposes them, and remembers what came out.

Every trial is an ordinary run in the run store. The study is one SQLite file of this user: it survives whatever ends
the program, and goes on where it was.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from neuralgraph.errors import GraphError, NeuralGraphError, ParameterError, RunError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ranges import Range, applied, checked, marked
from neuralgraph.session import Session
from neuralgraph.studies import BROKEN, DONE, PRUNED, TRIAL, Search, Trial

if TYPE_CHECKING:
    from neuralgraph.studies import Study
    from neuralgraph.training.control import Control

@dataclass(frozen=True)
class Begun:
    """A search begins, or goes on; `earlier` are its trials so far."""

    name: str
    goal: str
    better: str
    ranges: Mapping[str, str]
    trials: int
    earlier: tuple[Trial, ...] = ()


@dataclass(frozen=True)
class Tried:
    """A trial began, has learned an epoch, or has ended."""

    trial: Trial


@dataclass(frozen=True)
class Over:
    """The search is over, for now: `best` is the best trial, if any was done."""

    reason: str
    best: Trial | None
    notes: tuple[str, ...] = ()


Event = Begun | Tried | Over


class Levers:
    """Stops a search from another thread: the trial that is under way ends at its next batch."""

    def __init__(self) -> None:
        self.stopping = False
        self.courtesy: Callable[[], object] | None = None
        """Called after every batch: lets whoever shares the processor have a turn."""
        self._control: Control | None = None

    def stop(self) -> None:
        self.stopping = True
        if self._control is not None:
            self._control.stop("the search was stopped")

    def holds(self, control: Control) -> Control:
        """The levers of the trial that begins."""
        self._control = control
        control.courtesy = self.courtesy
        if self.stopping:
            control.stop("the search was stopped")
        return control


def search(session: Session, wanted: Search, *, name: str = "", resume: bool = False, device: str = "cpu",
           data: Mapping[str, Any] | None = None, levers: Levers | None = None, store: bool = True) -> Iterator[Event]:
    """Try, and tell: `Begun`, `Tried` again and again, `Over`. The document is not changed.

    Without `ranges`, those that are marked in the document. `name` is what the search is called; with `resume` the one
    of that name goes on with what it was begun with, for so many trials more. `ParameterError` where a range does not
    fit, `RunError` where optuna is not installed or the search is under way elsewhere.
    """
    from neuralgraph import studies

    _alone()
    levers = levers or Levers()
    if resume:
        study = studies.opened(name)
        wanted = replace(wanted, **study.begun)
    if not resume and not wanted.ranges:
        wanted = replace(wanted, ranges=marked(session.graph))
    ranges = _ranges(session, wanted)
    goal, better = _goal(session, wanted)
    wanted = replace(wanted, goal=goal, better=better)
    if not resume:
        study = studies.created(name or _plain(session), wanted)
    with study:
        yield Begun(study.name, goal, better, dict(wanted.ranges), wanted.trials, study.trials())
        yield from _trials(session, study, wanted, ranges, levers, device, data, store)


def _ranges(session: Session, wanted: Search) -> dict[str, Range]:
    if isinstance(wanted.trials, bool) or not isinstance(wanted.trials, int) or not 1 <= wanted.trials <= 100_000:
        raise ParameterError(f"trials expects a whole number from 1 to 100,000, not {wanted.trials!r}.",
                             parameter="trials")
    if not wanted.ranges:
        raise ParameterError("There is nothing to search: give ranges, linear_1.out_features=16..256:log or "
                             "plan.lr=1e-4..1e-1:log, or mark them in the document.")
    return checked(session.graph, session.catalog, wanted.ranges)


def _goal(session: Session, wanted: Search) -> tuple[str, str]:
    """The figure, and whether lower or higher is better: what it is of says so."""
    plan = _planned(session.graph, wanted).plan
    program = session.compile(graph=session.graph)
    known = ["loss", *program.losses, *program.metrics]
    known += [f"val_{name}" for name in known] if plan.validation else []
    goal = wanted.goal or plan.stop.figure or ("val_loss" if plan.validation else "loss")
    if goal not in known:
        raise ParameterError(f"The search looks at {goal!r}, which is no figure of a run. There are: "
                             f"{', '.join(dict.fromkeys(known))}.", parameter="goal")
    if wanted.better not in ("auto", "lower", "higher"):
        raise ParameterError(f"better expects auto, lower or higher, not {wanted.better!r}.", parameter="better")
    if wanted.better != "auto":
        return goal, wanted.better
    id = goal.removeprefix("val_")
    return goal, getattr(program.node(id), "better", "higher") if id in program.metrics else "lower"


def _planned(graph: Graph, wanted: Search) -> Graph:
    from neuralgraph.graph.planning import planned

    plan = planned(graph.plan, **wanted.settings)
    return graph.having(plan=replace(plan, search=FrozenDict()))


def _trials(session: Session, study: Study, wanted: Search, ranges: Mapping[str, Range], levers: Levers, device: str,
            data: Mapping[str, Any] | None, store: bool) -> Iterator[Event]:
    until = time.monotonic() + wanted.timeout if wanted.timeout is not None else float("inf")
    reason = f"all {wanted.trials} trials are done"
    for _ in range(wanted.trials):
        if levers.stopping or time.monotonic() >= until:
            break
        begun = study.ask(ranges)
        yield Tried(begun)
        for trial in _tried(session, study, wanted, begun, levers, device, data, store, until):
            yield Tried(trial)
    if levers.stopping:
        reason = "the search was stopped"
    elif time.monotonic() >= until:
        reason = f"the {wanted.timeout:g} seconds are over"
    yield Over(reason, study.best(), tuple(study.notes))


def _tried(session: Session, study: Study, wanted: Search, trial: Trial, levers: Levers, device: str,
           data: Mapping[str, Any] | None, store: bool, until: float) -> Iterator[Trial]:
    """One trial, told after every epoch and at its end."""
    from neuralgraph.training.events import EpochEnded, Failed, Started, Stopped

    begun = time.monotonic()
    try:
        alone = _copy(session, wanted, trial)
        control = levers.holds(alone.control())
        why, state = "", DONE
        for event in alone.train(control=control, device=device, data=data, store=store):
            if isinstance(event, Started):  # named from the start: it may never come to an end
                trial = replace(trial, run=alone.run.id if alone.run is not None else None)
                _name(study.name, trial)
            if isinstance(event, EpochEnded) and wanted.goal in event.figures:
                trial = replace(trial, figures=(*trial.figures, float(event.figures[wanted.goal])))
                if study.hopeless(trial):
                    why, state = f"worse than the median after epoch {event.epoch}", PRUNED
                    control.stop(why)
                yield trial
            if time.monotonic() >= until and not levers.stopping:
                control.stop("the time of the search is over")
            if isinstance(event, Failed):
                why, state = f"{event.message} {event.hint}".strip(), PRUNED
            elif isinstance(event, Stopped) and state == DONE:
                why, state = event.reason, BROKEN
        run = alone.run
        value = run.final.get(wanted.goal) if run is not None and state == DONE else None
        if state == DONE and (value is None or value - value != 0):
            why, state = f"{wanted.goal} is no number at its end", PRUNED
        trial = replace(trial, state=state, reason=why, value=value, run=run.id if run is not None else None)
    except (GraphError, ParameterError, NeuralGraphError) as error:
        trial = replace(trial, state=PRUNED, reason=str(error))
    except BaseException:  # nobody listens any more: what was tried is known, and is tried again
        study.tell(replace(trial, state=BROKEN, reason="broken off", seconds=time.monotonic() - begun))
        raise
    trial = replace(trial, seconds=time.monotonic() - begun)
    study.tell(trial)
    yield trial


def _copy(session: Session, wanted: Search, trial: Trial) -> Session:
    """A document of its own with the values of this trial, that may read what the other may."""
    graph = _planned(session.graph, wanted)
    changed, _ = applied(graph, session.catalog, trial.values).apply(graph)
    return copied(session, changed)


def copied(session: Session, graph: Graph) -> Session:
    """Another document in the same place, that may read what this one may."""
    alone = Session(graph, path=session.path, catalog=session.catalog)
    alone._suggested, alone._home = session.title.removesuffix(".ngraph"), session.folder
    alone.guarded, alone.agreed = session.guarded, session.agreed
    return alone


def ranges_of(session: Session, texts: Mapping[str, str]) -> dict[str, Range]:
    """The ranges of a search by what they are for."""
    return checked(session.graph, session.catalog, texts)


def _name(study: str, trial: Trial) -> None:
    """The run in the run store says which trial it is."""
    if trial.run is None:
        return
    from neuralgraph.training.store import Store

    said = ", ".join(f"{target} {value:.4g}" if isinstance(value, float) else f"{target} {value}"
                     for target, value in trial.values.items())
    with suppress(RunError):  # the run itself is kept, and the study knows its number
        Store().change(trial.run, name=f"{study[:150]}{TRIAL}{trial.number}", note=said[:2000])


def best_graph(session: Session, trial: Trial) -> Graph:
    """The document with the values of this trial; its marks stay, so that it can be searched further."""
    graph, _ = applied(session.graph, session.catalog, trial.values).apply(session.graph)
    return graph


@dataclass(frozen=True)
class Found:
    """What came of a search: `best` with its `values`, `value` and `run`, and every trial, also earlier ones."""

    name: str
    goal: str
    better: str
    trials: tuple[Trial, ...]
    best: Trial | None
    reason: str

    @property
    def values(self) -> dict[str, Any]:
        """Those of the best trial."""
        return dict(self.best.values) if self.best is not None else {}

    @property
    def value(self) -> float | None:
        return self.best.value if self.best is not None else None


def found(session: Session, wanted: Search, **keywords: Any) -> Found:
    """Search to the end; keywords as in `search`."""
    begun, over, trials = None, None, []
    for event in search(session, wanted, **keywords):
        match event:
            case Begun():
                begun, trials = event, list(event.earlier)
            case Tried() if event.trial.state:
                trials.append(event.trial)
            case Over():
                over = event
    assert begun is not None and over is not None
    return Found(begun.name, begun.goal, begun.better, tuple(trials), over.best, over.reason)


def _plain(session: Session) -> str:
    return re.sub(r"[^\w .-]+", "", session.title.removesuffix(".ngraph")).strip() or "search"


def _alone() -> None:
    from neuralgraph.training.company import company

    if company().size > 1:
        raise RunError("A search tries one run after another, in one process. Start it without torchrun.")
