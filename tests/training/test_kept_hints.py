"""Hints and failures are kept with the run, told by the terminal and in `--json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import neuralgraph as ng
from neuralgraph import cli
from neuralgraph.errors import RunError
from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.planning import planned
from neuralgraph.training.store import Store


def document(path: Path, *, log: bool = False, **plan: Any) -> Path:
    g = ng.Graph()
    data = g.add("Dataset", name="iris")
    h = g.add("Linear", data["x"], out_features=8, id="hidden")
    h = g.add("Log", h, id="bad") if log else g.add("ReLU", h, id="act")
    g.add("CrossEntropyLoss", g.add("Linear", h, out_features=3, id="scores"), data["y"], id="loss")
    g.set_weights("hidden", bias=[-100.0] * 8)
    g.session.edit(SetPlan(planned(g.session.graph.plan, epochs=2, **plan)))
    ng.save(g, path)
    return path


def test_hints_are_printed_kept_and_in_the_json(tmp_path: Path, capsys: Any) -> None:
    path = document(tmp_path / "a.ngraph")
    assert cli.main(["train", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    hint = next(one for one in found["hints"] if one["kind"] == "dead units")
    assert (hint["node"], hint["value"]) == ("act", 1.0) and "8 of 8 units" in hint["message"]
    assert [one["kind"] for one in hint["remedies"]] == ["rate"] and "--lr 0.0001" in hint["remedies"][0]["advice"]
    kept = [one for one in Store().events(found["run"]) if one["kind"] == "hint"]
    assert [one["text"] for one in kept] == [one["message"] for one in found["hints"]]
    assert (kept[0]["name"], kept[0]["node"], kept[0]["value"]) == ("dead units", "act", 1.0)
    assert cli.main(["train", str(path)]) == 0
    said = " ".join("".join(capsys.readouterr()).split())
    assert "8 of 8 units of act" in said and "You can lower the learning rate to 0.0001 (--lr 0.0001)." in said


def test_a_failure_says_what_can_be_done_and_the_run_goes_on_from_before(tmp_path: Path, capsys: Any) -> None:
    path = document(tmp_path / "a.ngraph", log=True)
    assert cli.main(["train", str(path), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["error"]["node"], found["error"]["cause"], found["error"]["step"]) == ("bad", "domain", 1)
    assert [one["kind"] for one in found["error"]["remedies"]] == ["insert", "rate", "clip", "back"]
    last = Store().events(found["run"])[-1]
    assert last["kind"] == "failed" and "bad" in last["text"]
    assert cli.main(["train", str(path), "--json", "--resume", str(found["run"]), "--epochs", "2"]) == 1
    again = json.loads(capsys.readouterr().out)
    assert again["error"]["step"] == 1, "it can be gone on with; it fails by the same node"
    assert cli.main(["train", str(path)]) == 1
    said = " ".join("".join(capsys.readouterr()).split())
    assert "You can put a Clamp from 1e-06 to 1e+06 before bad." in said and "--resume" in said


def test_the_api_keeps_them(tmp_path: Path) -> None:
    graph = ng.load(document(tmp_path / "a.ngraph"))
    run = ng.train(graph)
    assert [one.kind for one in run.hints] == ["dead units"]
    with pytest.raises(RunError, match="are 0 or less"):
        ng.train(ng.load(document(tmp_path / "b.ngraph", log=True)))
