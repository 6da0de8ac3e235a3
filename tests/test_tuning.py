"""Searches: every trial a run that is kept, better values found, nothing lost by an end however it comes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import neuralgraph as ng
from neuralgraph import studies
from neuralgraph.cli import main
from neuralgraph.errors import ParameterError, RunError
from neuralgraph.graph.ranges import marking
from neuralgraph.studies import Search
from neuralgraph.training.store import Store
from neuralgraph.tuning import Begun, Event, Levers, Over, Tried, best_graph, search
from tests.graph.test_ranges import session as iris

pytest.importorskip("optuna", reason="searching needs the extra «tune»")
RANGES = {"linear_1.out_features": "2..32:log", "plan.lr": "1e-4..1e-1:log"}


def graph() -> ng.Graph:
    return ng.Graph(iris())


def tune(*search: dict[str, str], **more: Any) -> Any:
    return ng.tune(graph(), *search, **{"trials": 5, "epochs": 2, "name": "iris", **more})


def test_every_trial_is_a_run_that_is_kept_and_linked() -> None:
    found = tune(RANGES)
    assert [one.state for one in found.trials] == ["done"] * 5 and found.goal == "val_loss"
    assert found.value == min(one.value for one in found.trials)
    for one in found.trials:
        kept = Store().get(one.run)
        assert kept.name == f"{found.name} · trial {one.number}" and kept.final["val_loss"] == one.value
        learned = Store().graph(one.run)
        assert learned.nodes["linear_1"].params["out_features"] == one.values["linear_1.out_features"]
        assert learned.plan.optimizer.lr == one.values["plan.lr"] and len(one.figures) == 2
        assert 2 <= one.values["linear_1.out_features"] <= 32 and 1e-4 <= one.values["plan.lr"] <= 0.1
    once_more = tune(RANGES, store=False)
    assert [one.values for one in once_more.trials] == [one.values for one in found.trials]
    assert once_more.name != found.name and once_more.value == found.value


def test_where_only_the_seed_is_tried_each_is_taken_once_and_shown_over_seeds() -> None:
    g = graph()
    found = ng.tune(g, {"plan.seed": "3..9"}, trials=4, epochs=2, name="seeds")
    assert [one.values["plan.seed"] for one in found.trials] == [3, 4, 5, 6]
    more = ng.tune(g, trials=5, resume=found.name)
    assert [one.values["plan.seed"] for one in more.trials][:7] == [3, 4, 5, 6, 7, 8, 9], "then there are no others"
    shown = ng.inspect(g, "over-seeds")
    assert shown.runs == tuple(f"seed {one}" for one in range(3, 10))  # type: ignore[attr-defined]


def test_the_best_is_a_document_that_trains_to_the_same_figure() -> None:
    document = graph()
    before = document.session.graph
    found = ng.tune(document, RANGES, trials=3, epochs=2, store=False)
    assert document.session.graph is before
    best = ng.Graph(type(document.session)(best_graph(document.session, found.best)))
    assert ng.train(best, epochs=2).final["val_loss"] == found.value


def test_marks_in_the_document_are_what_is_searched() -> None:
    document = graph()
    document.session.edit(marking(document.session.graph, {"plan.optimizer": "Adam|SGD"}))
    found = ng.tune(document, trials=2, epochs=1, store=False)
    assert {one.values["plan.optimizer"] for one in found.trials} <= {"Adam", "SGD"}
    with pytest.raises(ParameterError, match="nothing to search"):
        ng.tune(graph(), trials=1)


def test_a_trial_that_cannot_be_is_pruned_with_the_reason() -> None:
    found = tune({"linear_2.out_features": "2|3"}, trials=4, store=False)
    states = {one.values["linear_2.out_features"]: (one.state, one.reason) for one in found.trials}
    assert states[3][0] == "done" and states[2][0] == "pruned" and states[2][1]
    assert found.values == {"linear_2.out_features": 3}


def test_a_goal_that_grows_and_one_that_is_not_there() -> None:
    document = graph()
    document.add("Accuracy", document["linear_2"], document["dataset_1"]["y"], id="accuracy")
    found = ng.tune(document, RANGES, trials=4, epochs=2, goal="val_accuracy", store=False)
    assert found.better == "higher" and found.value == max(one.value for one in found.trials)
    with pytest.raises(ParameterError, match="no figure of a run"):
        ng.tune(document, RANGES, goal="val_speed")
    with pytest.raises(ParameterError, match="trials expects"):
        ng.tune(document, RANGES, trials=0)


def test_what_is_worse_than_the_median_is_given_up() -> None:
    found = tune({"plan.lr": "1e-7..1e-1:log"}, trials=20, epochs=4, prune=True, store=False)
    given_up = [one for one in found.trials if one.state == "pruned"]
    assert given_up and all("worse than the median" in one.reason and len(one.figures) < 4 for one in given_up)
    assert found.best.state == "done"


def heard(events: Iterator[Event]) -> tuple[Begun, list[Tried], Over]:
    begun, *middle, over = events
    assert isinstance(begun, Begun) and isinstance(over, Over)
    return begun, [one for one in middle if isinstance(one, Tried)], over


def test_a_search_that_is_stopped_goes_on() -> None:
    levers = Levers()
    events = search(iris(), Search(RANGES, trials=50, settings={"epochs": 400}), name="stopped", levers=levers,
                    store=False)
    begun = next(events)
    assert isinstance(begun, Begun)
    assert isinstance(next(events), Tried) and isinstance(next(events), Tried)
    levers.stop()
    *_, last, over = events
    assert isinstance(last, Tried) and isinstance(over, Over)
    assert last.trial.state == "broken off" and over.reason == "the search was stopped" and over.best is None
    settings = studies.opened(begun.name).begun["settings"]
    assert settings == {"epochs": 400}
    again = search(iris(), Search(trials=1), name=begun.name, resume=True, store=False)
    resumed, first = next(again), next(again)
    assert isinstance(resumed, Begun) and [one.state for one in resumed.earlier] == ["broken off"]
    assert isinstance(first, Tried) and first.trial.values == last.trial.values
    again.close()
    with pytest.raises(RunError, match="There is no search «nothing»"):
        next(search(iris(), Search(), name="nothing", resume=True))


def test_two_processes_do_not_go_on_with_one_search() -> None:
    events = search(iris(), Search(RANGES, trials=2, settings={"epochs": 1}), name="held", store=False)
    begun = next(events)
    assert isinstance(begun, Begun)
    with pytest.raises(RunError, match="under way in another process"):
        next(search(iris(), Search(), name=begun.name, resume=True))
    events.close()


def test_it_ends_when_its_time_is_over() -> None:
    _, tried, over = heard(search(iris(), Search(RANGES, trials=1000, timeout=0.2, settings={"epochs": 100_000}),
                                  store=False))
    assert "seconds are over" in over.reason and tried[-1].trial.state == "broken off"


def test_without_optuna_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(RunError, match=r"neuralgraph\[tune\]"):
        tune(RANGES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    ng.save(graph(), tmp_path / "iris.ngraph")
    return tmp_path / "iris.ngraph"


def test_the_command_line_searches_and_writes_the_best(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [f"--search={target}={text}" for target, text in RANGES.items()]
    out = path.with_name("best.ngraph")
    assert main(["tune", str(path), *words, "--trials", "3", "--epochs", "1", "--name", "cli", "--out", str(out),
                 "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["trials"]) == 3 and said["best"]["value"] == min(one["value"] for one in said["trials"])
    assert ng.load(out).session.graph.plan.optimizer.lr == said["best"]["values"]["plan.lr"]
    assert main(["tune", str(path), "--resume", said["name"], "--trials", "1"]) == 0
    shown = capsys.readouterr().out
    assert "1 trials more after 3" in shown and "trial 3" in shown and f"--resume '{said['name']}'" in shown
    assert main(["tune", str(path), "--search", "linear_1.out_features"]) == 1
    assert main(["tune", str(path), "--resume", "x", "--prune"]) == 2


def read_to(started: subprocess.Popen[bytes], line: bytes) -> None:
    assert started.stdout is not None
    until = time.monotonic() + 200
    while not started.stdout.readline().startswith(line):
        assert time.monotonic() < until and started.poll() is None


def test_ctrl_c_keeps_what_was_tried_and_says_the_best(path: Path) -> None:
    command = [sys.executable, "-m", "neuralgraph", "tune", str(path), "--search", "plan.lr=1e-4..1e-1:log", "--epochs",
               "40", "--trials", "999", "--name", "ctrl-c", "--out", str(path.with_name("best.ngraph"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, "PYTHONUNBUFFERED": "1"}) as started:
        read_to(started, b"trial 0 ")
        time.sleep(0.3)
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=60)
    assert started.returncode == 0, (out, err)
    assert b"Ended: stopped by you" in out and b"--resume 'ctrl-c'" in out and b"Traceback" not in err
    trials = studies.opened("ctrl-c").trials()
    assert trials[0].state == "done" and {one.state for one in trials} <= {"done", "broken off"}
    assert ng.load(path.with_name("best.ngraph")).session.graph.plan.optimizer.lr in [
        one.values["plan.lr"] for one in trials]


def test_a_killed_search_goes_on_with_what_was_tried(path: Path) -> None:
    command = [sys.executable, "-m", "neuralgraph", "tune", str(path), "--search", "plan.lr=1e-4..1e-1:log", "--epochs",
               "40", "--trials", "999", "--name", "killed"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as started:
        read_to(started, b"trial 1 ")
        started.send_signal(signal.SIGKILL)
    events = search(iris(), Search(trials=1), name="killed", resume=True, store=False)
    begun = next(events)
    assert isinstance(begun, Begun)
    assert [one.state for one in begun.earlier][:2] == ["done", "done"]
    broken = [one for one in begun.earlier if one.state == "broken off"]
    first = next(events)
    assert isinstance(first, Tried) and (not broken or first.trial.values == broken[-1].values)
    events.close()
