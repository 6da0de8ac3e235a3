"""Search: many runs with other values of marked parameters; Optuna proposes them, and remembers what came out.

Every trial is an ordinary run in the run store. The study is one SQLite file of this user: it survives whatever ends
the program, and goes on where it was.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from neuralgraph.errors import ParameterError, RunError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.ranges import Range, applied, checked, marked
from neuralgraph.session import Session
from neuralgraph.studies import BROKEN, Search, Trial
from neuralgraph.trials import Levers, Setting, attempt, copied, planned_for

if TYPE_CHECKING:
    from neuralgraph.studies import Study

MOST_JOBS = 256


@dataclass(frozen=True)
class Begun:
    """A search begins, or goes on; `earlier` are its trials so far."""

    name: str
    goal: str
    better: str
    ranges: Mapping[str, str]
    trials: int
    earlier: tuple[Trial, ...] = ()
    jobs: int = 1
    """So many trials at once."""


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


def search(session: Session, wanted: Search, *, name: str = "", resume: bool = False, device: str = "cpu",
           data: Mapping[str, Any] | None = None, levers: Levers | None = None, store: bool = True,
           jobs: int = 1) -> Iterator[Event]:
    """Try, and tell: `Begun`, `Tried` again and again, `Over`. The document is not changed.

    Without `ranges`, those that are marked in the document. `name` is what the search is called; with `resume` the one
    of that name goes on with what it was begun with, for so many trials more. So many `jobs` at once, each in a process
    of its own where there are several: what is proposed then depends on which ends first, with one it repeats.
    `ParameterError` where a range does not fit, `RunError` where optuna is not installed or the search is under way
    elsewhere.
    """
    from neuralgraph import studies

    _alone()
    if isinstance(jobs, bool) or not isinstance(jobs, int) or not 1 <= jobs <= MOST_JOBS:
        raise ParameterError(f"jobs expects a whole number from 1 to {MOST_JOBS}, not {jobs!r}.", parameter="jobs")
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
    study.several = jobs > 1
    setting = Setting(session, wanted, study.name, device, data, store)
    with study:
        yield Begun(study.name, goal, better, dict(wanted.ranges), wanted.trials, study.trials(), jobs)
        yield from _trials(setting, study, ranges, levers, min(jobs, wanted.trials))


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
    plan = planned_for(session.graph, wanted).plan
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


def _trials(setting: Setting, study: Study, ranges: Mapping[str, Range], levers: Levers, jobs: int
            ) -> Iterator[Event]:
    from neuralgraph.jobs import side_by_side

    wanted = setting.wanted
    until = time.monotonic() + wanted.timeout if wanted.timeout is not None else float("inf")
    if jobs > 1:
        found = side_by_side(setting, study, ranges, levers, until, jobs)
    else:
        found = _one_by_one(setting, study, ranges, levers, until)
    yield from map(Tried, found)
    reason = f"all {wanted.trials} trials are done"
    if levers.stopping:
        reason = "the search was stopped"
    elif time.monotonic() >= until:
        reason = f"the {wanted.timeout:g} seconds are over"
    yield Over(reason, study.best(), tuple(study.notes))


def _one_by_one(setting: Setting, study: Study, ranges: Mapping[str, Range], levers: Levers, until: float
                ) -> Iterator[Trial]:
    for _ in range(setting.wanted.trials):
        if levers.stopping or time.monotonic() >= until:
            return
        begun, trial = time.monotonic(), study.ask(ranges)
        try:
            yield trial
            for now in attempt(setting, trial, levers, study.hopeless, until):
                trial = now
                if trial.state:
                    study.tell(trial)
                yield trial
        except BaseException:  # nobody listens any more: what was tried is known, and is tried again
            if not trial.state:
                study.tell(replace(trial, state=BROKEN, reason="broken off", seconds=time.monotonic() - begun))
            raise


def ranges_of(session: Session, texts: Mapping[str, str]) -> dict[str, Range]:
    """The ranges of a search by what they are for."""
    return checked(session.graph, session.catalog, texts)


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
        raise RunError("A search divides no run among processes. Start it without torchrun; --jobs tries several runs "
                       "at once.")


__all__ = ["Begun", "Event", "Found", "Levers", "Over", "Tried", "best_graph", "copied", "found", "ranges_of", "search"]
