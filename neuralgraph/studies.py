"""The studies of this user: Optuna's own tables in one SQLite file, so that a search goes on after anything."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from neuralgraph import places
from neuralgraph.errors import RunError
from neuralgraph.graph.lock import hold
from neuralgraph.graph.ranges import Range

FILE = "searches.sqlite"
START, WARM = 5, 1
"""The median is trusted after so many trials, and a trial is judged after so many epochs."""
SEED = "plan.seed"
"""What a series of runs with several seeds tries, and nothing beside it."""
KEPT = ("ranges", "goal", "better", "prune", "seed", "settings")


TRIAL = " · trial "
"""In the name of a run that was one, before its number."""
DONE, PRUNED, BROKEN = "done", "pruned", "broken off"


@dataclass(frozen=True)
class Search:
    """What is searched. `goal` is a figure of a run, `val_loss`; empty: that of the stop rules, or the loss.

    `better` is "lower", "higher" or "auto". `prune` gives up trials that are worse than the median at the same epoch.
    `settings` override the plan in every trial, as `planned` takes them.
    """

    ranges: Mapping[str, str] = field(default_factory=dict)
    trials: int = 20
    goal: str = ""
    better: str = "auto"
    prune: bool = False
    timeout: float | None = None
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """One attempt: its values by what they are for, and what came of it.

    `state` is "done", "pruned" or "broken off", and "" while it is under way; `reason` says why. `value` is the goal.
    """

    number: int
    values: Mapping[str, Any]
    state: str = ""
    value: float | None = None
    run: int | None = None
    reason: str = ""
    seconds: float = 0.0
    figures: tuple[float, ...] = ()
    """The goal after every epoch."""


class Study:
    """One search that was begun. Entered, it belongs to this process alone."""

    def __init__(self, study: Any, lock: Path) -> None:
        import optuna

        self._optuna, self._study, self._lock_at = optuna, study, lock
        self._lock: IO[bytes] | None = None
        self._open: dict[int, Any] = {}
        self.notes: list[str] = []
        self.name = str(study.study_name)
        self.begun: dict[str, Any] = json.loads(study.user_attrs["begun"])
        """What it was begun with, as `Search` has it."""
        self.several = False
        """Several trials are under way at once: proposals keep away from those that are not known yet."""

    def __enter__(self) -> Study:
        self._lock_at.parent.mkdir(parents=True, exist_ok=True)
        self._lock_at.touch()
        self._lock = self._lock_at.open("r+b")
        if not hold(self._lock.fileno()):
            self._lock.close()
            raise RunError(f"The search «{self.name}» is under way in another process. Stop it there first.")
        try:
            self._mend()
        except BaseException:
            self._lock.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._lock is not None:
            self._lock.close()
        engine = getattr(getattr(self._study._storage, "_backend", self._study._storage), "engine", None)
        if engine is not None:
            engine.dispose()

    def _mend(self) -> None:
        """Trials that never ended, because their process did: they are tried again."""
        states = self._optuna.trial.TrialState
        for one in self._study.get_trials(deepcopy=False):
            if one.state == states.RUNNING:
                self._study.tell(one.number, state=states.FAIL)
                self.again(one.params)
                self.notes.append(f"Trial {one.number} was broken off when the program ended; it is tried again.")
        waiting = {one.number for one in self._study.get_trials(deepcopy=False) if one.state == states.WAITING}
        kind = self._optuna.samplers.TPESampler
        # the same again with the same seed, and other proposals where it goes on
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", self._optuna.exceptions.ExperimentalWarning)
            self._study.sampler = kind(seed=int(self.begun["seed"]) + len(self._study.get_trials(deepcopy=False))
                                       - len(waiting), constant_liar=self.several)

    def again(self, values: Mapping[str, Any]) -> None:
        if values:
            self._study.enqueue_trial(dict(values))

    def ask(self, ranges: Mapping[str, Range]) -> Trial:
        """Values to try."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", self._optuna.exceptions.ExperimentalWarning)
            warnings.simplefilter("ignore", UserWarning)  # Optuna moves an end of a range that its steps miss
            self._next_seed(ranges)
            one = self._study.ask()
            values = {target: _suggested(one, target, range) for target, range in ranges.items()}
        self._open[one.number] = one
        return Trial(one.number, values)

    def _next_seed(self, ranges: Mapping[str, Range]) -> None:
        """Where nothing but the seed is tried there is nothing to guess: one after the other, none of them twice."""
        seeds = ranges.get(SEED)
        if seeds is None or len(ranges) > 1 or seeds.choices:
            return
        known = self._study.get_trials(deepcopy=False)
        if any(one.state == self._optuna.trial.TrialState.WAITING for one in known):
            return
        taken = {one.params.get(SEED) for one in known}
        every = range(int(seeds.low), int(seeds.high) + 1, int(seeds.step or 1))
        if (free := next((one for one in every if one not in taken), None)) is not None:
            self._study.enqueue_trial({SEED: free})

    def hopeless(self, trial: Trial) -> bool:
        """The figures so far are worse than the median of the others, if that is asked for."""
        one = self._open[trial.number]
        value = trial.figures[-1]
        if value - value != 0:
            return False
        one.report(value, len(trial.figures))
        return bool(self.begun["prune"]) and bool(one.should_prune())

    def tell(self, trial: Trial) -> None:
        """What came of it."""
        states = self._optuna.trial.TrialState
        one = self._open.pop(trial.number)
        for name in ("run", "reason", "seconds"):
            one.set_user_attr(name, getattr(trial, name))
        if trial.state == DONE:
            self._study.tell(one, trial.value)
        elif trial.state == PRUNED:
            self._study.tell(one, state=states.PRUNED)
        else:
            self._study.tell(one, state=states.FAIL)
            self.again(trial.values)

    def trials(self) -> tuple[Trial, ...]:
        """All that ended, in order."""
        states = self._optuna.trial.TrialState
        words = {states.COMPLETE: DONE, states.PRUNED: PRUNED, states.FAIL: BROKEN}
        return tuple(self._trial(one, words[one.state]) for one in self._study.get_trials(deepcopy=False)
                     if one.state in words)

    def _trial(self, one: Any, state: str) -> Trial:
        more = one.user_attrs
        return Trial(one.number, dict(one.params), state, one.value if state == DONE else None, more.get("run"),
                     more.get("reason", ""), more.get("seconds", 0.0),
                     tuple(value for _, value in sorted(one.intermediate_values.items())))

    def best(self) -> Trial | None:
        """The best of those that were done."""
        sign = -1 if self.begun["better"] == "higher" else 1
        done = [one for one in self.trials() if one.value is not None]
        return min(done, key=lambda one: sign * (one.value or 0.0), default=None)


def _suggested(one: Any, target: str, range: Range) -> Any:
    if range.choices:
        return one.suggest_categorical(target, list(range.choices))
    if range.whole:
        step = {"step": int(range.step)} if range.step is not None else {}
        return one.suggest_int(target, int(range.low), int(range.high), log=range.log, **step)
    return one.suggest_float(target, range.low, range.high, log=range.log, step=range.step)


def created(name: str, wanted: Search) -> Study:
    """A new study, called so or so with a number."""
    optuna, storage = _storage()
    taken = set(optuna.get_all_study_names(storage))
    free = next(one for one in (name, *(f"{name}-{number}" for number in range(2, 10**6))) if one not in taken)
    study = optuna.create_study(
        storage=storage, study_name=free, direction="maximize" if wanted.better == "higher" else "minimize",
        pruner=_pruner(optuna))
    study.set_user_attr("begun", json.dumps({one: _json(getattr(wanted, one)) for one in KEPT}))
    return Study(study, _lock_of(study))


def opened(name: str) -> Study:
    """The study of that name; `RunError` lists those there are."""
    optuna, storage = _storage()
    names = optuna.get_all_study_names(storage)
    if name not in names:
        raise RunError(f"There is no search «{name}». There are: {', '.join(sorted(names)) or 'none'}.")
    study = optuna.load_study(study_name=name, storage=storage, pruner=_pruner(optuna))
    if "begun" not in study.user_attrs:
        raise RunError(f"The search «{name}» ended before it began. Begin another one.")
    return Study(study, _lock_of(study))


def names() -> tuple[str, ...]:
    """Every search that was begun; none where there are none or optuna is not installed."""
    if not (places.searches() / FILE).is_file():
        return ()
    optuna, storage = _storage()
    return tuple(sorted(optuna.get_all_study_names(storage)))


def _storage() -> tuple[Any, Any]:
    try:
        import optuna
    except ImportError:
        raise RunError("Searching needs Optuna, which is not installed here. Try: pip install 'neuralgraph[tune]'"
                       ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder = places.searches()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return optuna, optuna.storages.RDBStorage(f"sqlite:///{folder / FILE}")
    except Exception as error:  # whatever SQLAlchemy and the disk raise
        first = str(error).strip().partition("\n")[0]
        raise RunError(f"The searches cannot be opened: {first} (file: {folder / FILE})") from None


def _pruner(optuna: Any) -> Any:
    return optuna.pruners.MedianPruner(n_startup_trials=START, n_warmup_steps=WARM)


def _lock_of(study: Any) -> Path:
    return places.searches() / f"search-{study._study_id}.lock"


def _json(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
