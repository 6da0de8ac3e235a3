"""Several trials at once: the same figures as one by one, nothing lost, and nothing left over however it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph import jobs, studies
from neuralgraph.errors import ParameterError, RunError
from neuralgraph.jobs import Jobs, _about
from neuralgraph.nodes import CATALOG
from neuralgraph.session import Session
from neuralgraph.studies import Search, Trial
from neuralgraph.training.store import Store
from neuralgraph.trial_process import Asked, _setting
from neuralgraph.trials import Setting
from neuralgraph.tuning import Begun, Levers, Over, Tried, best_graph, search
from tests.graph.test_ranges import session as iris

pytest.importorskip("optuna", reason="searching needs the extra «tune»")
RANGES = {"linear_1.out_features": "2..32:log", "plan.lr": "1e-4..1e-1:log"}


@pytest.fixture(autouse=True)
def pools(monkeypatch: pytest.MonkeyPatch) -> list[Jobs]:
    """Every pool of processes that a test makes; none of the processes outlives it."""
    made: list[Jobs] = []
    before = Jobs.begin

    def begin(self: Jobs, trial: Trial) -> None:
        before(self, trial)
        if self not in made:
            made.append(self)
            self.processes = []  # type: ignore[attr-defined]
        known = self.processes  # type: ignore[attr-defined]
        known.extend(one._process for one in self._workers if one._process not in known)

    monkeypatch.setattr(Jobs, "begin", begin)
    return made


def ended(pools: list[Jobs]) -> bool:
    found = [one for pool in pools for one in pool.processes]  # type: ignore[attr-defined]
    assert found
    return all(one.poll() is not None for one in found)


def test_two_at_once_learn_what_one_alone_would_have(pools: list[Jobs]) -> None:
    document = ng.Graph(iris())
    found = ng.tune(document, RANGES, trials=5, epochs=3, name="two", jobs=2, prune=True)
    assert [one.state for one in found.trials] == ["done"] * 5 and ended(pools)
    assert len(pools[0].processes) == 2  # type: ignore[attr-defined]
    assert sorted(one.number for one in found.trials) == list(range(5))
    for one in found.trials:
        kept = Store().get(one.run)
        assert kept.name == f"two · trial {one.number}" and kept.final["val_loss"] == one.value == one.figures[-1]
        again = ng.Graph(Session(best_graph(document.session, one)))
        assert ng.train(again, epochs=3).final["val_loss"] == one.value
    assert found.value == min(one.value for one in found.trials)
    alone = ng.tune(ng.Graph(iris()), trials=1, resume="two", store=False)
    assert len(alone.trials) == 6


def test_a_search_of_several_that_is_stopped_tries_again_what_was_broken_off(pools: list[Jobs]) -> None:
    levers = Levers()
    events = search(iris(), Search(RANGES, trials=50, settings={"epochs": 100_000}), name="halted", levers=levers,
                    store=False, jobs=2)
    begun = next(events)
    assert isinstance(begun, Begun) and begun.jobs == 2
    while not (isinstance(event := next(events), Tried) and event.trial.figures):
        pass
    levers.stop()
    *tried, over = events
    assert isinstance(over, Over) and over.reason == "the search was stopped" and ended(pools)
    last = {event.trial.number: event.trial for event in tried if isinstance(event, Tried)}
    assert {one.state for one in last.values()} == {"broken off"} and len(last) == 2
    again = search(iris(), Search(trials=2), name="halted", resume=True, store=False)
    resumed, first = next(again), next(again)
    assert isinstance(resumed, Begun) and [one.state for one in resumed.earlier] == ["broken off"] * 2
    assert isinstance(first, Tried) and first.trial.values in [one.values for one in last.values()]
    again.close()


def test_a_process_that_dies_costs_its_trial_alone(pools: list[Jobs]) -> None:
    events = search(iris(), Search(RANGES, trials=3, settings={"epochs": 60}), name="dies", store=False, jobs=2)
    killed = -1
    for event in events:
        if killed < 0 and isinstance(event, Tried) and event.trial.figures:
            worker = next(one for one in pools[0]._workers if one.trial and one.trial.number == event.trial.number)
            os.kill(worker._process.pid, signal.SIGKILL)
            killed = event.trial.number
    trials = {one.number: one for one in studies.opened("dies").trials()}
    assert trials.pop(killed).reason.startswith("its process ended by itself (signal SIGKILL)")
    assert {one.state for one in trials.values()} == {"done"} and len(trials) == 2 and ended(pools)


def test_who_stops_listening_leaves_no_process(pools: list[Jobs]) -> None:
    events = search(iris(), Search(RANGES, trials=9, settings={"epochs": 100_000}), name="left", store=False, jobs=2)
    while not (isinstance(event := next(events), Tried) and event.trial.figures):
        pass
    events.close()
    assert ended(pools) and {one.state for one in studies.opened("left").trials()} == {"broken off"}


def test_who_stops_before_the_processes_are_there_hears_no_complaint(pools: list[Jobs]) -> None:
    """Ctrl+C goes to all of them: those that were still loading are gone as well."""
    events = search(iris(), Search(RANGES, trials=9, settings={"epochs": 9}), name="early", store=False, jobs=2)
    assert isinstance(next(events), Begun) and isinstance(next(events), Tried)
    os.kill(pools[0]._workers[0]._process.pid, signal.SIGKILL)
    events.close()
    assert ended(pools) and [one.state for one in studies.opened("early").trials()] == ["broken off"]


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_over_when_the_command_is_ended(word: signal.Signals, tmp_path: Path) -> None:
    ng.save(ng.Graph(iris()), tmp_path / "iris.ngraph")
    command = [sys.executable, "-m", "neuralgraph", "tune", str(tmp_path / "iris.ngraph"), "--search",
               "plan.lr=1e-4..1e-1:log", "--epochs", "40", "--trials", "999", "--jobs", "2", "--name", f"cli-{word}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, "PYTHONUNBUFFERED": "1"}, process_group=0) as started:
        assert started.stdout is not None
        while not (line := started.stdout.readline()).startswith(b"trial "):
            assert line, started.stderr.read() if started.stderr else ""
        mine = children(started.pid)
        assert len(mine) == 2
        os.killpg(started.pid, word) if word == signal.SIGINT else started.send_signal(word)
        out, err = started.communicate(timeout=60)
    assert b"Traceback" not in err
    assert (b"Ended: stopped by you" in out) == (word == signal.SIGINT)
    until = time.monotonic() + 30
    while any(Path(f"/proc/{one}").exists() for one in mine):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert "done" in {one.state for one in studies.opened(f"cli-{word}").trials()}


def test_a_process_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch, pools: list[Jobs]) -> None:
    monkeypatch.setattr(jobs, "START", "raise SystemExit('there is no room')")
    with pytest.raises(RunError, match="did not start: there is no room"):
        ng.tune(ng.Graph(iris()), RANGES, trials=2, epochs=1, jobs=2)
    assert ended(pools)


def test_who_does_not_know_the_secret_stays_outside() -> None:
    with Jobs(Setting(iris(), Search(RANGES, trials=2), "door"), 2) as pool:
        for words in (b"guess 1\n", b"x" * 500, b"\n"):
            with socket.create_connection(pool._door.getsockname()) as stranger:
                stranger.sendall(words)
                assert list(pool.hear(5.0)) == []
                stranger.settimeout(5.0)
                with suppress(ConnectionResetError):
                    assert stranger.recv(1) == b""


def test_what_is_told_to_a_process_is_what_it_works_with(tmp_path: Path) -> None:
    session = iris()
    session.guarded, session.agreed = True, frozenset({"elsewhere.csv"})
    data: dict[str, Any] = {"input_1": [[1.0, 2.0]], "target": np.arange(3)}
    wanted = Search(RANGES, 7, "val_loss", "lower", True, 3.0, 5, {"epochs": 2})
    told = _setting(_about(Setting(session, wanted, "name", "cpu", data, False, 1), 2, tmp_path))
    assert told.session.graph == session.graph and told.session.reach == session.reach
    assert told.wanted == wanted and (told.study, told.device, told.store, told.threads) == ("name", "cpu", False, 1)
    assert told.data is not None
    assert {name: one.tolist() for name, one in told.data.items()} == {"input_1": [[1.0, 2.0]], "target": [0, 1, 2]}


def test_a_process_hears_whole_lines_and_the_end() -> None:
    mine, theirs = socket.socketpair()
    with theirs:
        asked = Asked(theirs)
        with mine:
            assert not asked.waiting()
            mine.sendall(b'{"trial": 1}\n{"st')
            assert asked.waiting() and asked.next() == {"trial": 1}
            mine.sendall(b'op": "now"}\n')
            assert asked.next() == {"stop": "now"}
        assert asked.waiting() and asked.next() is None and asked.over


@pytest.mark.parametrize("count", [0, True, 2.0, 1000])
def test_a_number_of_jobs_that_is_none_is_refused(count: Any) -> None:
    with pytest.raises(ParameterError, match="jobs expects a whole number from 1 to 256"):
        ng.tune(ng.Graph(iris()), RANGES, jobs=count)


def test_other_node_types_stay_in_one_process() -> None:
    other = Session(iris().graph, catalog=type(CATALOG)([CATALOG[name] for name in CATALOG]))
    with pytest.raises(RunError, match="jobs=1"):
        ng.tune(ng.Graph(other), RANGES, trials=2, epochs=1, jobs=2)
