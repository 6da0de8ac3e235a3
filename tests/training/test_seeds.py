"""Training with several seeds on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import neuralgraph as ng
from neuralgraph.cli import main
from tests.training.test_optimizers import network


def test_the_command_line_gives_the_spread(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "iris.ngraph"
    graph = network()
    ng.save(graph, path)
    assert main(["train", str(path), "--seeds", "3", "--epochs", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    spread = ng.train_seeds(graph, 3, epochs=2)
    assert found["seeds"] == [0, 1, 2] and found["runs"] == list(spread.finals)
    assert tuple(found["final"]["val_loss"].values()) == spread.figures["val_loss"]
    assert main(["train", str(path), "--seeds", "2", "--epochs", "1"]) == 0
    said = capsys.readouterr().out
    assert "of 2 seeds" in said and "median" in said and "val_loss" in said
    assert main(["train", str(path), "--seeds", "2", "--weights", str(tmp_path / "w.safetensors")]) == 2


def test_a_run_that_fails_names_its_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = network()
    ng.save(graph, tmp_path / "iris.ngraph")
    assert main(["train", str(tmp_path / "iris.ngraph"), "--seeds", "2", "--optimizer", "Muon"]) == 1
    assert "Seed 0" in capsys.readouterr().err
