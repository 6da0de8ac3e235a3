"""`neuralgraph runs …` and `neuralgraph train --resume`: what they print, and how they exit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import neuralgraph as ng
from neuralgraph.cli import main
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
        {"runs": [1, 2], "graph": [], "plan": ["epochs 2 → 3", "lr 0.001 → 0.1"], "facts": []},
        {"runs": [1, 3], "graph": ["Output answer added"], "plan": [], "facts": []},
    ]
    assert found["final"]["val_loss"].keys() == {"1", "2", "3"}
    assert found["final"]["accuracy"]["1"] == Store().get(1).final["accuracy"]
    assert main(["runs", "compare", "1", "2"]) == 0
    assert "lr 0.001 → 0.1" in capsys.readouterr().out


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
