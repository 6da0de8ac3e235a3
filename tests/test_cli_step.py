"""`neuralgraph step`: the numbers of a step, of a sweep and of one cell, as text, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.cli import main

XOR = "examples/xor.ngraph"


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["step", *words]) == 0
    return capsys.readouterr().out


def test_every_number_of_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    shown = ng.step_apart(ng.load(XOR), places=(0, 1))
    rows = list(csv.DictReader(io.StringIO(told(capsys, XOR, "--samples", "2", "--csv"))))
    found = {name: np.zeros_like(one) for name, one in shown.gradients.items()}
    for one in rows:
        if one["kind"] == "gradient":
            found[one["name"]][tuple(int(k) for k in one["index"].split())] = float(one["value"])
    assert all(np.allclose(found[name], one) for name, one in shown.gradients.items())
    new = [one for one in rows if one["kind"] == "new" and one["name"] == "answer.bias"]
    change = next(one for moment in shown.moments for one in moment.changes if one.weight == "answer.bias")
    assert [float(one["value"]) for one in new] == pytest.approx(change.new.tolist())
    assert {one["phase"] for one in rows} == {"data", "forward", "loss", "backward", "optimiser"}
    assert shown.csv().splitlines()[0] == "moment,phase,node,time,kind,name,from,index,value"


def test_as_json_and_in_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found: dict[str, Any] = json.loads(told(capsys, XOR, "--json"))
    assert found["mode"] == "step" and found["count"] == len(found["moments"])
    first = found["moments"][0]
    assert first["phase"] == "data" and first["numbers"][0]["values"] == [[0.0, 0.0]]
    only = json.loads(told(capsys, XOR, "--json", "--at", "2"))
    assert [one["moment"] for one in only["moments"]] == [2] and only["moments"][0] == found["moments"][1]
    text = told(capsys, XOR)
    assert all(one["says"] in text for one in found["moments"]) and "weight hidden.bias: 8: [" in text
    told(capsys, XOR, "--out", str(tmp_path / "step.json"))
    assert json.loads((tmp_path / "step.json").read_text(encoding="utf-8")) == found


@pytest.mark.parametrize("mode", ["forward", "reverse", "static", "dynamic"])
def test_walks(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(told(capsys, XOR, "--mode", mode, "--json"))
    assert found["mode"] == mode
    kinds = {one["kind"] for moment in found["moments"] for one in moment["numbers"]}
    assert ("tangent" in kinds) == (mode == "forward") and ("contribution" in kinds) == (mode == "reverse")


def test_what_made_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    g = ng.load(XOR)
    known = ng.cell(g, "answer", (0, 0), part="train")
    rows = list(csv.DictReader(io.StringIO(told(capsys, XOR, "--cell", "answer[0, 0]", "--csv"))))
    assert [float(one["product"]) for one in rows if one["kind"] == "term"] == pytest.approx(
        [one.product for one in known.terms])
    assert float(rows[-1]["product"]) == pytest.approx(known.value)
    found = json.loads(told(capsys, XOR, "--cell", "answer.out[0, 0]", "--json"))
    assert found["formula"] == known.formula and found["offset_name"] == "answer.bias"
    assert "8 products and the offset, added." in told(capsys, XOR, "--cell", "answer[0,0]")


def test_inside_a_recurrent(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    inner = ng.Graph()
    x, h = inner.add("Input", id="x", shape=(2,)), inner.add("State", state="h", shape=(2,))
    total = inner.add("Add", x, h, id="sum")
    inner.add("NextState", total, state="h")
    inner.add("Output", total, id="y")
    g = ng.Graph()
    g.define("Cell", inner)
    g.add("Recurrent", g.add("Input", id="x", shape=(3, 2)), definition="Cell", id="loop")
    file = tmp_path / "sum.ngraph"
    ng.save(g, file)
    found = json.loads(told(capsys, str(file), "--mode", "reverse", "--of", "loop.y", "--inside", "all", "--json"))
    assert {tuple(one["time"]) for one in found["moments"]} == {(), (1,), (2,), (3,)}
    cell = json.loads(told(capsys, str(file), "--cell", "loop/2/sum[0, 1]", "--json"))
    assert [one["port"] for one in cell["terms"]] == ["a", "b"]


@pytest.mark.parametrize(("words", "why"), [
    (("--mode", "sideways"), "--mode takes step, forward"), (("--csv", "--json"), "--csv or --json, not both"),
    (("--at", "900"), "there is no moment 900"), (("--out", "step.xlsx"), "--out takes a name with"),
    (("--inside", "answer"), "runs nothing over time"), (("--cell", "answer[0, 9]"), "there is no number at"),
    (("--cell", "answer[:, 0]"), "one number is meant"),
])
def test_what_cannot_be_is_said(words: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["step", XOR, *words]) in (1, 2)
    said = capsys.readouterr()
    assert why in " ".join((said.err + said.out).split())
