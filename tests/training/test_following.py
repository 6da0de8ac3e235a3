"""Following a run that another process writes: live, to its end, and when the writer is gone without a word."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.errors import RunError
from neuralgraph.training import broadcast, following, recorder
from neuralgraph.training.broadcast import FILE, Broadcast
from neuralgraph.training.control import Control
from neuralgraph.training.events import (
    Changed,
    EpochEnded,
    Event,
    Failed,
    Finished,
    Note,
    Paused,
    Started,
    Step,
    Stopped,
)
from neuralgraph.training.following import Follower, located
from neuralgraph.training.kept import FAILED, FINISHED, INTERRUPTED, RUNNING
from neuralgraph.training.run import collect
from neuralgraph.training.store import Store

WRITER = """
import neuralgraph as ng
g = ng.load("examples/digits-mlp.ngraph")
for event in ng.fit(g, store=True, epochs=100000):
    if type(event).__name__ == "Started": print(g.session.run.id, flush=True)
"""


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Store()


def network() -> ng.Graph:
    g = ng.Graph()
    data = g.add("Dataset", name="iris")
    logits = g.add("Linear", data["x"], out_features=3)
    g.add("CrossEntropyLoss", logits, data["y"], id="loss")
    g.add("Accuracy", logits, data["y"], id="accuracy")
    return g


def test_a_follower_hears_what_was_told(store: Store) -> None:
    run = ng.train(network(), epochs=3, store=True)
    follower = Follower(located(run=1))
    events = follower.look()
    again = collect(events, None)
    assert (again.losses, again.history, again.seed) == (run.losses, run.history, run.seed)
    assert isinstance(events[0], Started) and events[0].metrics == ("accuracy",)
    assert isinstance(events[-1], Finished) and again.stop_reason == run.stop_reason
    standing = follower.standing
    assert (standing.state, standing.epoch, standing.epochs, standing.step) == (FINISHED, 3, 3, len(run.losses))
    assert standing.figures["val_accuracy"] == run.final["val_accuracy"] and not standing.trouble
    assert follower.look() == []


def test_levers_notes_and_pauses_are_heard_while_it_runs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "BEAT", 0.0)
    control = Control()
    control.one_batch()
    heard: list[Event] = []
    follower: Follower | None = None
    states = []
    for event in ng.fit(network(), store=True, control=control, epochs=2):
        if isinstance(event, Paused):
            follower = follower or Follower(located())
            heard += follower.look()
            states.append(follower.standing.state)
            if event.step == 1:
                control.set("lr", 0.5)
                control.set("momentum", 0.5)
                control.one_batch()
            else:
                control.resume()
    assert follower is not None and states == ["paused", "paused"] and follower.standing.state != FINISHED
    heard += follower.look()
    assert follower.standing.state == FINISHED
    assert [(one.name, one.new, one.step) for one in heard if isinstance(one, Changed)] == [
        ("lr", 0.5, 1), ("momentum", 0.5, 1)]
    assert [one.step for one in heard if isinstance(one, Paused)] == [1, 2]
    assert sum(len(one.losses) for one in heard if isinstance(one, Step)) == follower.standing.step
    assert [one.epoch for one in heard if isinstance(one, EpochEnded)] == [1, 2]


def test_a_run_that_goes_on_is_heard_from_its_beginning_once(store: Store) -> None:
    g, control = network(), Control()
    for event in ng.fit(g, store=True, control=control, epochs=4, seed=2):
        if isinstance(event, EpochEnded) and event.epoch == 2:
            control.stop("enough")
    follower = Follower(located())
    assert isinstance(follower.look()[-1], Stopped)
    again = Follower(located())
    assert again.look()
    again.standing.state = RUNNING  # it looks until the run is gone on with
    whole = ng.train(network(), epochs=4, seed=2)
    ng.train(g, resume=1, store=True)
    events = again.look()
    assert [type(one) for one in events if isinstance(one, Started)] == [Started]
    assert collect(events, None).losses == whole.losses and collect(events, None).history == whole.history


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_another_process_is_followed_while_it_writes_and_missed_when_it_is_killed(store: Store) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            id = int(process.stdout.readline())
            follower, losses, moments = Follower(located(run=id)), 0, []
            deadline = time.monotonic() + 20
            while len(moments) < 8 and time.monotonic() < deadline:
                found = follower.look()
                if any(isinstance(one, Step) for one in found):
                    moments.append(time.monotonic())
                losses += sum(len(one.losses) for one in found if isinstance(one, Step))
                done, (kept,) = store.epochs(id), store.runs()
                assert kept.state == RUNNING and all(len(one[0]) == len(one[1]) for one in store.curves(id).values())
                assert [one["epoch"] for one in done] == list(range(1, len(done) + 1)) and len(done) <= kept.epoch
                time.sleep(0.02)
            gaps = np.diff(moments)
            assert len(moments) == 8 and np.median(gaps) <= 1.0, gaps
            assert follower.standing.state == RUNNING and losses == follower.standing.step > 0
        finally:
            process.send_signal(signal.SIGKILL)
    end = follower.look()[-1]
    assert isinstance(end, Stopped) and "ended without a word" in end.reason
    assert follower.standing.state == INTERRUPTED and follower.standing.trouble == end.reason
    assert store.get(id).state == INTERRUPTED


def begun(home: Path, **more: object) -> Broadcast:
    home.mkdir(parents=True, exist_ok=True)
    started = Started(5, 10, 100, 20, 0, "cpu", 1, 7, ("loss",), ())
    return Broadcast(home, 3, started, {"title": "Far", "document": ""}, 0.0, **more)  # type: ignore[arg-type]


def step(at: int, count: int = 1) -> Step:
    return Step(0, at, at, np.arange(count, dtype=float), lr=0.1, seconds=1.0, batches=count)


def test_silence_from_another_machine_is_said_and_not_taken_for_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast.platform, "node", lambda: "gpu-3")
    far = begun(tmp_path / "3")
    far.hear(step(1), 0.0)
    far.write(1.0)
    monkeypatch.undo()
    clock = [0.0]
    follower = Follower(tmp_path / "3" / FILE, clock=lambda: clock[0])
    assert len(follower.look()) == 2 and not follower.standing.trouble and not follower.standing.here
    clock[0] = 40.0
    assert follower.look() == [] and follower.standing.state == RUNNING
    assert "No word from gpu-3 for 40 s" in follower.standing.trouble
    far.hear(step(2), 0.0)
    far.write(2.0)
    assert len(follower.look()) == 1 and not follower.standing.trouble
    far.ended(FAILED, 2, "out of memory", {}, 3.0)
    far.write(3.0)
    assert isinstance(follower.look()[-1], Failed) and follower.standing.state == FAILED


def test_half_a_line_waits_and_a_failed_writing_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "held", lambda _home: True)
    told = begun(tmp_path)
    told.hear(step(2, 2), 0.0)
    told.write(0.0)
    file = tmp_path / FILE
    whole = file.read_bytes()
    file.write_bytes(whole[:-5])
    follower = Follower(file)
    assert [type(one) for one in follower.look()] == [Started]
    file.write_bytes(whole + b'{"kind":"st')  # the disk was full in the middle of a line
    assert [type(one) for one in follower.look()] == [Step]
    told.hear(step(3), 0.0)
    told.hear(Note(3, "a word"), 0.0)
    told.write(1.0)
    assert b'{"kind":"st{' not in file.read_bytes()
    fresh = Follower(file).look()
    assert [one.step for one in fresh if isinstance(one, Step)] == [2, 3]
    assert [one.message for one in fresh if isinstance(one, Note)] == ["a word"]


def test_a_long_curve_stays_small_and_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "FULL", 64)
    monkeypatch.setattr(following, "held", lambda _home: True)
    told, values = begun(tmp_path), np.random.default_rng(0).normal(size=4000)
    values[7] = np.nan
    for first in range(0, 4000, 50):
        told.hear(Step(0, first + 50, 0, values[first : first + 50], batches=50), 0.0)
        told.write(0.0)
    events = [one for one in Follower(tmp_path / FILE).look() if isinstance(one, Step)]
    found = {one.step - one.batches + int(place) + 1: loss for one in events
             for place, loss in zip(one.places[""], one.losses, strict=True)}
    assert 64 < len(found) < 64 * 8 and events[-1].step == 4000
    assert all(np.array_equal(values[at - 1], loss, equal_nan=True) for at, loss in found.items())
    assert np.isnan(found[8])


@pytest.mark.parametrize("line", [
    b"no json", b"[]", b"{}", b'{"kind":"step"}', b'{"kind":"epochs","rows":[[1,1,0,3]]}',
    b'{"kind":"epochs","rows":[[1,1,0]]}',
    b'{"kind":"step","epoch":0,"step":2,"within":1,"batches":1,"seconds":0,"lr":0,"norm":0,"rate":0,"left":null,'
    b'"curves":{"":[[1,2],[0.5]]}}', b"[" * 100_000, b'{"kind":"step","step":1e400,"batches":1}'])
def test_a_damaged_line_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes) -> None:
    monkeypatch.setattr(following, "held", lambda _home: True)
    begun(tmp_path).write(0.0)
    with (tmp_path / FILE).open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(RunError, match="damaged at line 2"):
        Follower(tmp_path / FILE).look()


def test_what_is_no_such_file_and_what_is_newer(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{}\n")
    with pytest.raises(RunError, match="not what a run writes"):
        Follower(tmp_path / FILE).look()
    (tmp_path / FILE).write_text(json.dumps({"kind": "begun", "format": 99, "life": "x"}) + "\n")
    with pytest.raises(RunError, match="newer NeuralGraph"):
        Follower(tmp_path / FILE).look()
    (tmp_path / FILE).write_text("x" * 2**17)
    with pytest.raises(RunError, match="not what a run writes"):
        Follower(tmp_path / FILE).look()
    (tmp_path / FILE).unlink()
    with pytest.raises(RunError, match="nothing to follow"):
        Follower(tmp_path / FILE).look()


def test_a_line_of_a_later_version_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "held", lambda _home: True)
    begun(tmp_path).write(0.0)
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"kind":"weather","rain":true}\n')
    assert [type(one) for one in Follower(tmp_path / FILE).look()] == [Started]


def test_where_a_run_is_looked_for(store: Store, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="No runs are kept"):
        located()
    ng.train(network(), epochs=1, store=True)
    ng.train(network(), epochs=1, store=True)
    two = store.folder_of(2) / FILE
    assert located() == located(store.folder) == located(store.folder_of(2)) == located(two) == two
    assert located(store.folder, 1) == located(run=1) == store.folder_of(1) / FILE
    for path, said in ((tmp_path / "none", "is not there"), (tmp_path, "no run to follow")):
        with pytest.raises(RunError, match=said):
            located(path)
    (store.folder_of(1) / FILE).unlink()
    for place in ({"run": 1}, {"path": store.folder, "run": 1}):
        with pytest.raises(RunError, match="nothing to follow"):
            located(**place)  # type: ignore[arg-type]
    with pytest.raises(RunError, match="no run 9"):
        located(run=9)
