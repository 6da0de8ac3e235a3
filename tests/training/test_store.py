"""The run store: what is kept of a run, and what happens when disk, database or a second process gets in the way."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.errors import DocumentError, GraphError, RunError
from neuralgraph.graph.file import canonical
from neuralgraph.training import checkpoint_file, loop, recorder, thinning
from neuralgraph.training.control import Control
from neuralgraph.training.curve import BLOCK, MOST, GrowingCurve
from neuralgraph.training.events import Changed, Event, Failed, Finished, Note, Paused, Started, Step
from neuralgraph.training.kept import FAILED, FINISHED, INTERRUPTED, RUNNING, STOPPED
from neuralgraph.training.plotted import as_csv
from neuralgraph.training.run import collect
from neuralgraph.training.store import Store
from neuralgraph.training.told import told


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Store()


def network(width: int = 4) -> ng.Graph:
    g = ng.Graph()
    data = g.add("Dataset", name="iris")
    x = g.add("Dropout", g.add("ReLU", g.add("Linear", data["x"], out_features=width)))
    logits = g.add("Linear", x, out_features=3)
    g.add("CrossEntropyLoss", logits, data["y"], id="loss")
    g.add("Accuracy", logits, data["y"], id="accuracy")
    return g


def stopped_after(g: ng.Graph, steps: int, **settings: object) -> list[Event]:
    control, found = Control(), []
    control.one_batch()
    for event in ng.fit(g, store=True, control=control, **settings):  # type: ignore[arg-type]
        found.append(event)
        if type(event).__name__ == "Paused":
            control.one_batch() if getattr(event, "step") < steps else control.stop("enough")  # noqa: B009
    return found


def test_what_is_kept_of_a_run(store: Store) -> None:
    g = network()
    assert store.runs() == [] and not store.folder.exists()
    plain = ng.train(g, epochs=3)
    assert plain.id is None and not store.folder.exists()
    run = ng.train(g, epochs=3, seed=4, store=True)
    (kept,) = ng.runs()
    assert (kept.id, kept.state, kept.reason, kept.seed, kept.epoch, kept.epochs) == (
        run.id, FINISHED, "all 3 epochs are done", 4, 3, 3)
    assert kept.final == run.final and kept.versions["torch"] == torch.__version__ and kept.threads >= 1
    assert len(kept.data) == 24 and kept.device == "cpu" and kept.ended is not None and kept.seconds > 0
    assert canonical(store.graph(kept.id)) == canonical(
        g.session.graph.having(plan=store.graph(kept.id).plan)) and store.graph(kept.id).plan.seed == 4
    assert [one["figures"]["loss"] for one in store.epochs(kept.id)] == run.history["loss"]
    steps, losses = store.curves(kept.id)["loss"]
    assert losses.tolist() == run.losses and steps.tolist() == list(range(1, len(losses) + 1))
    assert [one["kind"] for one in store.events(kept.id)] == [FINISHED]
    assert {"last", "best", "checkpoint"} <= set(kept.files)
    fresh = ng.compile(g)
    fresh.load_weights(kept.files["last"])
    assert all(torch.equal(one, run.program.state_dict()[name]) for name, one in fresh.state_dict().items())
    best = min(range(3), key=lambda epoch: run.history["val_loss"][epoch])
    assert kept.best["epoch"] == best + 1 and kept.best["value"] == run.history["val_loss"][best]


def test_a_changed_lever_is_kept_and_a_stopped_run_goes_on_under_its_number(store: Store) -> None:
    g, control, whole = network(), Control(replay=[Changed(7, 0, "lr", 0, 0.01)]), None
    *_, whole = ng.fit(g, store=True, control=control, epochs=4)
    assert isinstance(whole, Finished)
    events = stopped_after(g, 5, epochs=4)
    broken = g.session.run
    assert broken is not None and broken.id == 2 and store.get(2).state == STOPPED and store.get(2).reason == "enough"
    assert events[-1].step == 5  # type: ignore[union-attr]
    *_, end = ng.fit(g, store=True, resume=2, control=Control(replay=[Changed(7, 0, "lr", 0, 0.01)]))
    assert isinstance(end, Finished) and end.final == whole.final
    kept = store.get(2)
    assert kept.state == FINISHED and kept.final == store.get(1).final and len(store.runs()) == 2
    assert [one["name"] for one in store.events(2) if one["kind"] == "changed"] == ["lr"]
    for one, two in zip(store.curves(1)["loss"], store.curves(2)["loss"], strict=True):
        assert np.array_equal(one, two)


def test_a_lever_pulled_after_the_last_checkpoint_is_pulled_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, value in ((loop, "TELL", 0.0), (recorder, "FIRST", 0.0), (recorder, "EVERY", 0.0),
                                (recorder, "SHARE", 1e9)):
        monkeypatch.setattr(module, name, value)
    pulled = Changed(6, 0, "lr", 0, 0.05)
    *_, whole = ng.fit(network(), store=True, epochs=4, control=Control(replay=[pulled]))
    events = ng.fit(network(), store=True, epochs=4, control=Control(replay=[pulled]))
    next(one for one in events if isinstance(one, Changed))
    events.close()  # type: ignore[attr-defined]
    kept = store.get(2)
    assert kept.broken_off and checkpoint_file.read_checkpoint(kept.files["checkpoint"])[0].step == 6
    *_, end = ng.fit(network(), store=True, resume=2)
    assert isinstance(end, Finished) and isinstance(whole, Finished) and end.final == whole.final
    assert [one["new"] for one in store.events(2) if one["kind"] == "changed"] == [0.05]


def test_a_run_of_another_graph_or_plan_is_a_new_one_that_knows_its_parent(store: Store) -> None:
    g = network()
    stopped_after(g, 5, epochs=4)
    ng.train(g, resume=1, epochs=2, lr=0.1, store=True)
    ng.train(network(7), resume=1, store=True)
    assert [(one.id, one.parent) for one in store.runs()] == [(3, 1), (2, 1), (1, None)]
    assert any("none of the nodes has the weights that it had" in one["text"] for one in store.events(3))


def test_a_checkpoint_is_read_back_bit_for_bit_and_what_is_damaged_is_named(tmp_path: Path) -> None:
    g = network()
    run = ng.train(g, epochs=2)
    assert run.checkpoint is not None
    path = tmp_path / "one.safetensors"
    checkpoint_file.write_checkpoint(path, run.checkpoint, {"best": 3})
    found, about = checkpoint_file.read_checkpoint(path)
    assert about == {"best": 3} and found.facts == run.checkpoint.facts
    assert found.graph is not None and run.checkpoint.graph is not None and found.graph.computes(run.checkpoint.graph)
    again = tmp_path / "two.safetensors"
    checkpoint_file.write_checkpoint(again, found, about)
    from safetensors.torch import load_file

    one, two = load_file(path), load_file(again)
    assert one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)
    data = bytearray(path.read_bytes())
    for place in (len(data) - 1, 40, 900):
        spoilt = bytearray(data)
        spoilt[place] ^= 4
        path.write_bytes(spoilt)
        with pytest.raises(RunError, match=r"one\.safetensors"):
            checkpoint_file.read_checkpoint(path)
    path.write_bytes(data[:-10])
    with pytest.raises(RunError, match="not a whole"):
        checkpoint_file.read_checkpoint(path)


def test_a_damaged_checkpoint_stops_going_on_and_nothing_else(store: Store) -> None:
    g = network()
    stopped_after(g, 5, epochs=4)
    path = store.get(1).files["checkpoint"]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(RunError, match=r"checkpoint\.safetensors is not a whole"):
        ng.train(g, resume=1)
    assert store.get(1).state == STOPPED and len(store.curves(1)["loss"][0]) == 5
    path.unlink()
    with pytest.raises(RunError, match="is missing"):
        ng.train(g, resume=1)
    with pytest.raises(RunError, match="no run 77"):
        ng.train(g, resume=77)


@pytest.mark.parametrize("how", ["rubbish", "cut", "middle"])
def test_a_damaged_database_is_set_aside_with_a_note(store: Store, how: str) -> None:
    g = network()
    for _ in range(3):
        ng.train(g, epochs=1, store=True)
    data = store.file.read_bytes()
    match how:
        case "rubbish":
            store.file.write_bytes(b"This is no database. " * 500)
        case "cut":
            store.file.write_bytes(data[: len(data) // 3])
        case _:
            store.file.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    for end in ("-wal", "-shm"):
        Path(f"{store.file}{end}").unlink(missing_ok=True)
    store.runs()
    events = list(ng.fit(g, epochs=1, store=True))
    assert isinstance(events[-1], Finished)
    said = [*store.notes, *(one.message for one in events if isinstance(one, Note))]
    assert [one for one in said if "was damaged" in one and "set aside" in one], said
    assert list(store.folder.glob("damaged-*.sqlite"))
    newest = store.runs()[0]
    assert newest.id == 4 and newest.state == FINISHED  # no number twice: the weights of the old ones are still there


def test_a_newer_store_is_left_alone(store: Store) -> None:
    ng.train(network(), epochs=1, store=True)
    db = sqlite3.connect(store.file)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(RunError, match="newer NeuralGraph"):
        store.runs()
    events = list(ng.fit(network(), epochs=1, store=True))
    assert isinstance(events[0], Started) and isinstance(events[-1], Finished)
    assert [one for one in events if isinstance(one, Note) and "not kept" in one.message]


def test_a_disk_that_fails_is_said_once_and_training_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "BEAT", 0.0)
    monkeypatch.setattr(recorder, "FIRST", 0.0)
    monkeypatch.setattr(recorder, "RETRY", 0.0)

    def full(path: Path, data: bytes) -> None:
        raise DocumentError("The disk is full: free some space, or save somewhere else.")

    monkeypatch.setattr("neuralgraph.compiler.weights.write_checked", full)
    events = list(ng.fit(network(), epochs=30, store=True))
    assert isinstance(events[-1], Finished)
    said = [one.message for one in events if isinstance(one, Note)]
    assert any("disk is full" in one and "Training goes on" in one for one in said)
    assert len(store.epochs(1)) == 30 and store.get(1).files == {}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if shutil.which("mount") is None or sys.platform != "linux":
        pytest.skip("this computer has no mount command")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("mounting a small file system is not allowed here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("left", [0, 40_000, 90_000])
def test_a_disk_that_is_really_full(small_disk: Path, monkeypatch: pytest.MonkeyPatch, left: int) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(small_disk))
    free = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(b"x" * (free - left))
    events = list(ng.fit(network(), epochs=40, store=True))
    assert isinstance(events[0], Started) and isinstance(events[-1], Finished)
    assert any("disk is full" in one.message for one in events if isinstance(one, Note))


def test_two_processes_write_at_once(store: Store) -> None:
    code = ("import sys, neuralgraph as ng\ng = ng.load(sys.argv[1])\n"
            "for n in range(3): ng.train(g, epochs=20, seed=n, store=True)")
    command = [sys.executable, "-c", code, "examples/iris.ngraph"]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for one in both:
        assert one.communicate(timeout=120)[1] == "" and one.returncode == 0
    found = store.runs()
    assert [one.id for one in found] == [6, 5, 4, 3, 2, 1] and {one.state for one in found} == {FINISHED}
    assert all(len(store.epochs(one.id)) == 20 for one in found) and store.notes == []


def test_a_run_under_way_is_nobody_elses(store: Store) -> None:
    g = network()
    events = ng.fit(g, epochs=5, store=True)
    assert isinstance(next(events), Started)
    next(one for one in events if isinstance(one, Step))
    assert store.get(1).state == RUNNING
    with pytest.raises(RunError, match="under way"):
        store.delete(1)
    with pytest.raises(RunError, match="under way"):
        ng.train(network(), resume=1)
    events.close()  # type: ignore[attr-defined]
    assert store.get(1).state == INTERRUPTED
    store.delete(1)
    assert store.runs() == [] and not store.folder_of(1).exists() and store.curves(1) == {}
    ng.train(g, epochs=1, store=True)
    assert store.runs()[0].id == 2


def test_the_oldest_that_are_not_pinned_are_thinned_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    g = network()
    for _ in range(4):
        ng.train(g, epochs=1, store=True)
    store.change(1, pinned=1)
    size = sum(one.stat().st_size for one in store.folder_of(1).glob("*.safetensors"))
    monkeypatch.setattr(thinning, "MOST_BYTES", int(3.5 * size))
    said = [one.message for one in ng.fit(g, epochs=1, store=True) if isinstance(one, Note)]
    assert any("1 old run was thrown away" in one for one in said), said
    assert [one.thinned for one in store.runs()] == [False, False, False, True, False]
    assert store.get(2).files == {} and len(store.epochs(2)) == 1
    with pytest.raises(RunError, match="thrown away"):
        ng.train(g, resume=2)
    monkeypatch.setattr(thinning, "MOST_RUNS", 3)
    said = [one.message for one in ng.fit(g, epochs=1, store=True) if isinstance(one, Note)]
    assert any("2 old runs were deleted" in one for one in said)
    assert [one.id for one in store.runs()] == [6, 5, 4, 1]


def test_a_long_curve_is_thinned_and_stays_true(store: Store) -> None:
    db = store.connect()
    curve, plain = GrowingCurve("loss"), np.random.default_rng(0).random(5 * MOST)
    steps = np.arange(1, len(plain) + 1)
    for at in range(0, len(plain), 777):
        curve.add(steps[at : at + 777], plain[at : at + 777])
        curve.write(db, 1)
        curve.confirm()
    db.close()
    (found, values), stride = store.strides(1)["loss"]
    assert stride == 8 and MOST / 2 <= len(values) <= MOST and np.array_equal(values, plain[found - 1])
    assert np.array_equal(found, steps[::8]) and len(values) > BLOCK
    curve.cut(20_000)
    curve.add(steps[20_000:], plain[20_000:])
    curve.settle()
    assert np.array_equal(curve.steps[: len(found)], found)


def test_other_data_is_said_when_going_on(store: Store, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = tmp_path / "rows.csv"

    def write() -> None:
        lines = [f"{a:.4f},{b:.4f},{int(a > b)}" for a, b in rng.random((60, 2))]
        table.write_text("a,b,y\n" + "\n".join(lines))

    write()
    g = ng.Graph()
    data = g.add("Csv", path=str(table))
    g.add("CrossEntropyLoss", g.add("Linear", data["x"], out_features=2), data["y"])
    assert not ng.check(g), ng.check(g)
    stopped_after(g, 3, epochs=3)
    write()
    said = [one.message for one in ng.fit(g, resume=1, store=True) if isinstance(one, Note)]
    assert any("Not bit for bit" in one and "data" in one for one in said), said


def test_a_kept_run_tells_what_it_told(store: Store) -> None:
    g = network()
    events = list(ng.fit(g, epochs=3, store=True))
    again = list(told(store, 1))
    assert again[0] == events[0]
    run = collect(again, None)
    assert g.session.run is not None and (run.losses, run.history) == (g.session.run.losses, g.session.run.history)
    part = collect(told(store, 1, 6), None)
    assert part.losses == run.losses[:6] and part.history["loss"] == run.history["loss"][:1]


def test_the_csv_is_what_is_kept(store: Store) -> None:
    run = ng.train(network(), epochs=2, store=True)
    lines = [line.split(",") for line in as_csv(store, 1).splitlines()]
    assert lines[0] == ["curve", "epoch", "step", "value"]
    assert [float(one[3]) for one in lines if one[0] == "loss"] == run.losses
    assert [float(one[3]) for one in lines if one[0] == "val_accuracy"] == run.history["val_accuracy"]


def test_the_csv_has_levers_final_figures_and_gaps(store: Store) -> None:
    control = Control()
    control.one_batch()
    for event in ng.fit(network(), epochs=2, test=0.2, store=True, control=control):
        if isinstance(event, Paused):
            control.set("lr", 0.25)
            control.resume()
    kept = store.get(1)
    lines = [line.split(",") for line in as_csv(store, 1).splitlines()]
    assert [one[1:] for one in lines if one[0] == "changed lr"] == [[repr(1 / kept.steps_per_epoch), "1", "0.25"]]
    finals = {one[0]: one for one in lines if one[0].startswith("final ")}
    assert finals.keys() == {f"final {name}" for name in kept.final} and "final test_accuracy" in finals
    assert finals["final test_accuracy"][2:] == [str(kept.step), repr(kept.final["test_accuracy"])]
    assert [float(one[3]) for one in lines if one[0] == "seconds of the epoch"] == [
        one["seconds"] for one in store.epochs(1)]
    steps, walls = store.curves(1)["wall time"]
    assert [float(one[3]) for one in lines if one[0] == "wall time"] == walls.tolist() and steps[0] == 0
    assert kept.started <= walls[0] <= walls[-1] <= (kept.ended or 0)
    with store.writing() as db:
        db.execute("UPDATE epochs SET figures = '{\"loss\": null}' WHERE epoch = 1")
    assert f"loss of the epoch,1.0,{kept.steps_per_epoch},\n" in as_csv(store, 1)


def test_a_run_that_fails_before_its_first_batch_is_kept_with_its_reason(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    open_input = ng.Graph()
    open_input.add("MSELoss", id="loss")
    with pytest.raises(GraphError) as wrong:
        list(ng.fit(open_input, store=True))
    (kept,) = store.runs()
    assert (kept.state, kept.reason, kept.step) == (FAILED, str(wrong.value), 0)
    assert store.events(1)[-1]["text"] == str(wrong.value) and store.graph(1) == open_input.session.graph
    with pytest.raises(GraphError):
        list(ng.fit(open_input))
    assert len(store.runs()) == 1, "nobody asked to keep the second one"

    def no_order(*_: object, **__: object) -> None:
        raise ArithmeticError("no order is drawn")

    monkeypatch.setattr(loop, "Order", no_order)
    events = list(ng.fit(network(), store=True, epochs=3))
    kept = store.runs()[0]
    assert isinstance(events[-1], Failed) and (kept.id, kept.state, kept.epochs) == (2, FAILED, 3)
    assert "no order is drawn" in kept.reason and kept.steps_per_epoch and kept.data


def test_a_glance_tells_what_changed(store: Store) -> None:
    assert store.glance() == {} and store.some([1]) == []
    ng.train(network(), epochs=1, store=True)
    before = store.glance()
    assert list(before) == [1]
    store.change(1, note="mine")
    assert store.glance() != before and store.some([1, 7]) == [store.get(1)] == store.runs()
