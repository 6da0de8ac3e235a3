"""`neuralgraph runs …` and `neuralgraph train --resume`: what they print, and how they exit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import neuralgraph as ng
from neuralgraph.cli import main
from neuralgraph.training.compared import differences
from neuralgraph.training.control import Control
from neuralgraph.training.store import Store


@pytest.fixture(autouse=True)
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    g = ng.Graph()
    data = g.add("Dataset", name="iris")
    logits = g.add("Linear", data["x"], out_features=3)
    g.add("CrossEntropyLoss", logits, data["y"])
    g.add("Accuracy", logits, data["y"], id="accuracy")
    ng.save(g, tmp_path / "iris.ngraph")
    return tmp_path / "iris.ngraph"


def asked(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert main([*words, "--json"]) == code
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def test_a_command_keeps_its_run_and_lists_it(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "runs", "list") == {"runs": []}
    assert main(["runs", "list"]) == 0 and "No runs" in capsys.readouterr().out
    assert asked(capsys, "train", str(document), "--epochs", "2", "--seed", "3")["run"] == 1
    assert asked(capsys, "train", str(document), "--epochs", "1", "--no-keep")["run"] is None
    assert main(["train", str(document), "--epochs", "2"]) == 0
    assert "run 2" in capsys.readouterr().out
    found = asked(capsys, "runs", "list", str(document))["runs"]
    assert [(one["id"], one["state"], one["seed"]) for one in found] == [(2, "finished", 0), (1, "finished", 3)]
    assert asked(capsys, "runs", "list", "other.ngraph")["runs"] == []
    assert main(["runs", "list"]) == 0
    assert "finished" in capsys.readouterr().out
    shown = asked(capsys, "runs", "show", "1")
    assert shown["run"]["document"] == str(document) and len(shown["epochs"]) == 2
    assert Path(shown["run"]["files"]["best"]).is_file() and shown["events"][-1]["kind"] == "finished"
    assert main(["runs", "show", "1"]) == 0
    assert "all 2 epochs are done" in capsys.readouterr().out


def test_going_on_with_a_run(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = asked(capsys, "train", str(document), "--epochs", "4", "--seed", "3")
    control = Control()
    for event in ng.fit(ng.load(document), store=True, control=control, epochs=4, seed=3):
        if type(event).__name__ == "EpochEnded" and event.epoch == 2:  # type: ignore[union-attr]
            control.stop()
    done = asked(capsys, "train", str(document), "--resume", "2")
    assert done["run"] == 2 and done["final"] == whole["final"]
    further = asked(capsys, "train", str(document), "--resume", "2", "--epochs", "3")
    assert further["run"] == 3 and further["epochs"] == 3
    assert Store().get(3).epochs == 7 and Store().get(3).parent == 2
    assert "no run 9" in asked(capsys, "train", str(document), "--resume", "9", code=1)["error"]["message"]


def test_compare(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked(capsys, "train", str(document), "--epochs", "2")
    asked(capsys, "train", str(document), "--epochs", "3", "--lr", "0.1")
    g = ng.load(document)
    g.add("Output", g["linear_1"]["out"], id="answer")
    ng.save(g, document)
    asked(capsys, "train", str(document), "--epochs", "2")
    found = asked(capsys, "runs", "compare", "1", "2", "3")
    assert found["differences"] == [
        {"runs": [1, 2], "graph": [], "plan": ["epochs 2 → 3", "learning rate 0.001 → 0.1"], "facts": []},
        {"runs": [1, 3], "graph": ["Output answer added"], "plan": [], "facts": []},
    ]
    assert found["final"]["val_loss"].keys() == {"1", "2", "3"}
    assert found["final"]["accuracy"]["1"] == Store().get(1).final["accuracy"]
    assert main(["runs", "compare", "1", "2"]) == 0
    assert "learning rate 0.001 → 0.1" in capsys.readouterr().out


def test_how_many_processes_shared_a_run_is_told(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        asked(capsys, "train", str(document), "--epochs", "1", "--threads", "1")
    one = Store().get(1)
    assert one.computed_on == "cpu, 1 thread"
    two = replace(Store().get(2), begun={**one.begun, "processes": 2})
    assert two.computed_on == "cpu, 1 thread, 2 processes"
    assert differences(Store(), one, two)["facts"] == ["processes 1 → 2"]


def test_export_rename_note_pin_delete(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked(capsys, "train", str(document), "--epochs", "2")
    assert main(["runs", "export", "1"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("curve,epoch,step,value\n") and "val_accuracy,2.0," in text
    assert asked(capsys, "runs", "export", "1", "--to", str(tmp_path / "a.csv")) == {"path": str(tmp_path / "a.csv")}
    assert (tmp_path / "a.csv").read_text() == text == asked(capsys, "runs", "export", "1")["csv"]
    assert asked(capsys, "runs", "rename", "1", " the first ")["run"]["name"] == "the first"
    assert asked(capsys, "runs", "note", "1", "[bold]slow")["run"]["note"] == "[bold]slow"
    assert asked(capsys, "runs", "pin", "1")["run"]["pinned"] is True
    assert main(["runs", "list"]) == 0
    out = capsys.readouterr().out
    assert "the first" in out and "◆" in out
    assert asked(capsys, "runs", "pin", "1", "--off")["run"]["pinned"] is False
    assert asked(capsys, "runs", "delete", "1") == {"deleted": [1]}
    for words in (("show", "1"), ("delete", "1"), ("export", "1"), ("rename", "1", "x"), ("compare", "1", "2")):
        assert "no run 1" in asked(capsys, "runs", *words, code=1)["error"]["message"]
    assert main(["runs", "show", "one"]) == 2


def test_watching_a_run(document: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["runs", "watch", "--latest"]) == 1 and "No runs are kept" in capsys.readouterr().err
    asked(capsys, "train", str(document), "--epochs", "2")
    assert main(["runs", "watch"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Run 1 · finished · epoch 2 of 2 · step ") and "all 2 epochs are done" in said
    found = asked(capsys, "runs", "watch", "1")
    assert (found["run"], found["state"], found["epoch"], found["step"]) == (1, "finished", 2, found["steps"])
    assert found["loss"] > 0 and found["figures"]["accuracy"] > 0 and found["left"] is None
    assert asked(capsys, "runs", "watch", "--path", str(Store().folder), "--latest")["run"] == 1
    assert main(["runs", "watch", "1", "--latest"]) == 2
    capsys.readouterr()
    assert "nothing to follow" in _gone(capsys)


def _gone(capsys: pytest.CaptureFixture[str]) -> str:
    (Store().folder_of(1) / "live.jsonl").unlink()
    return str(asked(capsys, "runs", "watch", "1", code=1)["error"]["message"])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_watching_prints_while_it_runs_and_says_who_is_gone(document: Path) -> None:
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    train = [sys.executable, "-m", "neuralgraph", "train", str(document), "--epochs", "900000"]
    with subprocess.Popen(train, env=env, stdout=subprocess.DEVNULL) as trains:
        try:
            deadline = time.monotonic() + 30
            while not any(Store().folder.glob("*/live.jsonl")) and time.monotonic() < deadline:
                time.sleep(0.05)
            watch = [sys.executable, "-m", "neuralgraph", "runs", "watch", "--latest", "--json"]
            with subprocess.Popen(watch, env=env, stdout=subprocess.PIPE, text=True) as watches:
                assert watches.stdout is not None
                live = [json.loads(watches.stdout.readline()) for _ in range(3)]
                trains.send_signal(signal.SIGKILL)
                left = [json.loads(line) for line in watches.stdout]
                assert watches.wait(20) == 1
        finally:
            trains.kill()
    assert [one["state"] for one in live] == ["running"] * 3
    steps = [one["step"] for one in (*live, *left)]
    assert steps == sorted(steps) and steps[0] < steps[2] and live[-1]["left"] is not None
    assert left[-1]["state"] == "interrupted" and "ended without a word" in left[-1]["reason"]


def test_another_machine_that_stays_silent_is_given_up(
    document: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(capsys, "train", str(document), "--epochs", "1")
    file = Store().folder_of(1) / "live.jsonl"
    first, *lines = file.read_text().splitlines()
    head = {**json.loads(first), "host": "gpu-3"}
    file.write_text("\n".join([json.dumps(head), *lines[:-1]]) + "\n")
    monkeypatch.setattr("neuralgraph.cli_watch.EVERY", 0.1)
    monkeypatch.setattr("neuralgraph.training.following.QUIET", 0.2)
    assert main(["runs", "watch", "1", "--patience", "1"]) == 1
    said = " ".join(capsys.readouterr())
    assert "Run 1 · training" in said and "No word from gpu-3" in said and "not watched any longer" in said


def test_a_tensorboard_log_holds_the_same_numbers(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tensorboard", reason="the extra «tensorboard» is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from neuralgraph.training.tensorboard import numbers

    begun = time.time()
    asked(capsys, "train", str(document), "--epochs", "3")
    store = Store()
    for _ in range(2):  # one written before is replaced
        home = Path(asked(capsys, "runs", "export", "1", "--tensorboard", str(tmp_path / "log"))["path"])
    assert home.parent == tmp_path / "log" and len(list(home.iterdir())) == 1
    log = EventAccumulator(str(home), size_guidance={"scalars": 0}).Reload()
    steps, losses = store.curves(1)["loss"]
    read = log.Scalars("loss/train")
    assert [one.step for one in read] == steps.tolist()
    assert [one.value for one in read] == pytest.approx(losses.tolist(), rel=1e-6)
    walls = [one.wall_time for one in read]
    kept = store.get(1)
    assert walls == sorted(walls) and begun <= walls[0] and walls[-1] <= (kept.ended or 0) <= time.time()
    ends = log.Scalars("accuracy/validation")
    assert [(one.step, one.value) for one in ends] == [
        (one["step"], pytest.approx(one["figures"]["val_accuracy"], rel=1e-6)) for one in store.epochs(1)]
    assert {"loss/validation", "accuracy/train"} <= set(log.Tags()["scalars"])
    assert main(["runs", "export", "1", "--tensorboard", str(tmp_path), "--to", "x.csv"]) == 2
    with store.writing() as db:  # as an earlier version kept it
        db.execute("DELETE FROM curves WHERE name = 'wall time'")
    kept, curves = store.get(1), store.curves(1)
    old = [at for tag, _, _, at in numbers(store, kept, curves) if tag == "loss/train"]
    assert old == sorted(old) and kept.started <= old[0] and old[-1] <= (kept.ended or 0)


def test_without_tensorboard_it_says_how_to_get_it(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(capsys, "train", str(document), "--epochs", "1")
    monkeypatch.setattr("neuralgraph.training.tensorboard.find_spec", lambda _name: None)
    said = asked(capsys, "runs", "export", "1", "--tensorboard", str(tmp_path / "log"), code=1)["error"]["message"]
    assert "neuralgraph[tensorboard]" in said and not (tmp_path / "log").exists()


def test_a_run_that_cannot_begin_is_kept(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    g = ng.Graph()
    g.add("MSELoss", id="loss")
    ng.save(g, document)
    said = asked(capsys, "train", str(document), code=1)["error"]["message"]
    (kept,) = asked(capsys, "runs", "list", str(document))["runs"]
    assert (kept["state"], kept["reason"]) == ("failed", said)


def test_weights_of_a_step_are_written(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from safetensors.torch import load_file

    assert main(["train", str(document), "--epochs", "4"]) == 0
    file = tmp_path / "seven.safetensors"
    capsys.readouterr()
    found = asked(capsys, "runs", "at", "1", "--step", "7", "--out", str(file))
    assert found == {"run": 1, "step": 7, "wanted": 7, "path": str(file)}
    wanted = ng.at(1, 7).state_dict()
    written = load_file(file)
    assert written.keys() == wanted.keys() and all((written[name] == wanted[name]).all() for name in wanted)
    assert main(["runs", "at", "1", "--step", "7", "--out", str(file), "--nearest"]) == 0
    assert "Step 7 of" in capsys.readouterr().out
    assert main(["runs", "at", "1", "--step", "999", "--out", str(file)]) == 1
    assert "knows its steps 0 to" in capsys.readouterr().err
