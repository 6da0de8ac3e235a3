"""`neuralgraph predict`, `train` and `export` with trained models."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from neuralgraph.cli import main
from neuralgraph.resources import examples

ROWS = "width,height,kind\n" + "\n".join(f"{n},{40 - n},{'cat' if n < 20 else 'dog'}" for n in range(40)) + "\n"


def run(capsys: Any, *words: object, code: int = 0) -> str:
    """What a command prints; its exit code is checked."""
    found = main([str(one) for one in words])
    said = capsys.readouterr()
    assert found == code, said.out + said.err
    return str(said.out if code == 0 else said.out + said.err)


def loaded(text: str) -> Any:
    assert text.count("\n") == 1
    return json.loads(text)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    import neuralgraph as ng

    (tmp_path / "pets.csv").write_text(ROWS)
    graph = ng.Graph()
    data = graph.add("Csv", path=str(tmp_path / "pets.csv"), id="pets")
    x = graph.add("Linear", graph.add("Standardize", data["x"]), out_features=2, id="logits")
    graph.add("CrossEntropyLoss", x, data["y"], id="loss")
    ng.save(graph, tmp_path / "pets.ngraph")
    return tmp_path


def test_a_document_that_was_trained_here_predicts(pets: Path, capsys: Any) -> None:
    assert "has no trained weights here" in run(capsys, "predict", pets / "pets.ngraph", pets / "pets.csv", code=1)
    found = loaded(run(capsys, "train", pets / "pets.ngraph", "--epochs", 30, "--lr", 0.1, "--optimizer", "Adam",
                       "--weights", pets / "w.safetensors", "--ngz", pets / "pets.ngz", "--json"))
    newest = loaded(run(capsys, "predict", pets / "pets.ngraph", pets / "pets.csv", "--json"))
    assert newest["right"] >= 38
    first = newest["predictions"][0]
    assert first["answer"] == first["truth"] == "cat"
    assert first["input"] == "line 2"
    assert set(first["probabilities"]) == {"cat", "dog"}
    for more in (("--run", found["run"]), ("--weights", pets / "w.safetensors")):
        assert loaded(run(capsys, "predict", pets / "pets.ngraph", pets / "pets.csv", "--json", *more))[
            "predictions"] == newest["predictions"]
    assert loaded(run(capsys, "predict", pets / "pets.ngz", pets / "pets.csv", "--json"))[
        "predictions"] == newest["predictions"]


def test_a_table_and_a_csv(pets: Path, capsys: Any) -> None:
    run(capsys, "train", pets / "pets.ngraph", "--epochs", 1, "--ngz", pets / "pets.ngz", "--json")
    said = run(capsys, "predict", pets / "pets.ngz", pets / "pets.csv")
    assert "line 2" in said
    assert "of 40 are what the table says" in said
    assert "Wrote 40 answers" in run(capsys, "predict", pets / "pets.ngz", pets / "pets.csv", "--csv", pets / "o.csv")
    rows = list(csv.reader((pets / "o.csv").read_text().splitlines()))
    assert rows[0] == ["input", "answer", "p(cat)", "p(dog)", "truth"]
    assert len(rows) == 41
    assert abs(float(rows[1][2]) + float(rows[1][3]) - 1) < 1e-4


def test_a_model_is_trained_on_and_exported_from_a_run(pets: Path, capsys: Any) -> None:
    whole = loaded(run(capsys, "train", pets / "pets.ngraph", "--epochs", 5, "--json"))
    half = loaded(run(capsys, "train", pets / "pets.ngraph", "--epochs", 3, "--ngz", pets / "a.ngz", "--json"))
    later = loaded(run(capsys, "train", pets / "a.ngz", "--epochs", 2, "--json"))
    assert later["final"] == whole["final"] != half["final"]
    assert loaded(run(capsys, "export", pets / "pets.ngraph", "--ngz", pets / "b.ngz", "--run", half["run"], "--json"))[
        "path"].endswith("b.ngz")
    again = loaded(run(capsys, "train", pets / "b.ngz", "--epochs", 2, "--json"))
    assert again["final"] == whole["final"]
    assert "No problems" in run(capsys, "check", pets / "a.ngz")
    assert loaded(run(capsys, "summary", pets / "a.ngz", "--json"))["parameters"] == 6


def test_images_of_digits(tmp_path: Path, capsys: Any) -> None:
    run(capsys, "train", examples() / "digits-mlp.ngraph", "--epochs", 1, "--ngz", tmp_path / "d.ngz", "--json")
    Image.fromarray(np.full((40, 30), 255, np.uint8)).save(tmp_path / "empty.png")
    said = run(capsys, "predict", tmp_path / "d.ngz", tmp_path / "empty.png")
    assert "empty.png" in said
    assert "the likeliest" in said
    found = loaded(run(capsys, "predict", tmp_path / "d.ngz", tmp_path / "empty.png", "--json"))
    assert len(found["predictions"][0]["probabilities"]) == 10


def test_text_is_written_as_it_comes(tmp_path: Path, capsys: Any) -> None:
    import neuralgraph as ng
    from tests.explain.test_generating import taught

    graph = taught(tmp_path, epochs=2)
    ng.save_model(graph, tmp_path / "w.ngz")
    wanted = ng.generate(graph, 20, prompt="the ", temperature=0.5, seed=7)
    words = ("predict", tmp_path / "w.ngz", "--generate", 20, "--prompt", "the ", "--temperature", 0.5, "--seed", 7)
    assert run(capsys, *words) == f"the {wanted}\n"
    found = loaded(run(capsys, *words, "--json"))
    assert (found["text"], found["seed"]) == (wanted, 7)


@pytest.mark.parametrize("words", [(), ("x.csv", "--generate", "5"), ("--text", "a", "--generate", "5")])
def test_one_thing_at_a_time(words: tuple[str, ...], pets: Path, capsys: Any) -> None:
    run(capsys, "predict", pets / "pets.ngraph", *words, code=2)


def test_bad_usage_and_bad_files_are_said(pets: Path, capsys: Any) -> None:
    run(capsys, "export", pets / "pets.ngraph", "--weights", "w.safetensors", code=2)
    (pets / "bad.ngz").write_bytes(b"PK nonsense")
    assert "no trained model" in run(capsys, "predict", pets / "bad.ngz", pets / "pets.csv", code=1)
    said = loaded(run(capsys, "predict", pets / "bad.ngz", pets / "pets.csv", "--json", code=1))
    assert said["error"]["kind"] == "DocumentError"
    run(capsys, "train", pets / "pets.ngraph", "--epochs", 1, "--json")
    assert "run 999" in run(capsys, "predict", pets / "pets.ngraph", pets / "pets.csv", "--run", 999, code=1).lower()
