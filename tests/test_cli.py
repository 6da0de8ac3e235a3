"""The command line: what it prints, and how it exits."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import neuralgraph as ng
from neuralgraph.cli import main


@pytest.fixture
def document(tmp_path: Path) -> Path:
    g = ng.Graph()
    data = g.add("Dataset", name="iris")
    logits = g.add("Linear", data["x"], out_features=3)
    g.add("CrossEntropyLoss", logits, data["y"])
    g.add("Accuracy", logits, data["y"], id="accuracy")
    ng.save(g, tmp_path / "iris.ngraph")
    return tmp_path / "iris.ngraph"


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def test_check(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(document), "--json"]) == 0
    assert printed(capsys)["problems"] == []
    assert main(["check", str(document)]) == 0
    assert "No problems" in capsys.readouterr().out


def test_check_of_a_graph_with_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(4,))
    wide = g.add("Linear", x, out_features=10**9)
    g.add("Output", g.add("Linear", wide, out_features=10**9))
    ng.save(g, tmp_path / "wide.ngraph")
    assert main(["check", str(tmp_path / "wide.ngraph"), "--json"]) == 1
    problems = printed(capsys)["problems"]
    assert isinstance(problems, list)
    assert problems[0]["code"] == "budget_exceeded"


def test_train(document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = tmp_path / "iris.safetensors"
    assert main(["train", str(document), "--epochs", "5", "--seed", "0", "--json", "--weights", str(weights)]) == 0
    found = printed(capsys)
    assert found["epochs"] == 5
    assert set(found) >= {"final", "epochs", "stop_reason", "seconds"}
    assert weights.stat().st_size > 0
    assert main(["train", str(document), "--epochs", "2"]) == 0
    assert re.search(r"epoch 2 .*val_loss", capsys.readouterr().err)


def test_a_test_part_is_kept_apart_and_its_figures_are_told(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", str(document), "--epochs", "2", "--validation", "0.1", "--test", "30", "--no-keep"]
    assert main(words) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "105 train, 15 validate, 30 test, at the very end" in said
    assert main([*words, "--json"]) == 0
    final = printed(capsys)["final"]
    assert isinstance(final, dict)
    assert f"On the test part: loss {final['test_loss']:.4g}, accuracy {final['test_accuracy']:.4g}." in said.replace(
        f"cross_entropy_loss_1 {final['test_cross_entropy_loss_1']:.4g}, ", "")


def test_what_reading_the_data_did_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "gaps.csv"
    table.write_text("a,b,kind\n" + "".join(f"{'' if at % 7 == 0 else at},{at},same\n" for at in range(40)))
    filled, alike = "missing values of 'a' became", "Every row has the same 'kind'"
    assert main(["train", str(table), "--epochs", "1", "--no-keep"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert said.count(filled) == said.count(alike) == 1 and said.index(alike) < said.index("epoch 1")
    assert main(["train", str(table), "--epochs", "1", "--no-keep", "--json"]) == 0
    notes = printed(capsys)["notes"]
    assert isinstance(notes, list) and len(notes) == 1 and filled in notes[0] and alike in notes[0]
    assert main(["check", str(table)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.count(filled) == 1


def test_a_run_says_that_there_are_warnings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    g = ng.Graph()
    data = g.add("Dataset", name="iris")
    g.add("CrossEntropyLoss", g.add("Softmax", g.add("Linear", data["x"], out_features=3)), data["y"])
    ng.save(g, tmp_path / "twice.ngraph")
    assert main(["train", str(tmp_path / "twice.ngraph"), "--epochs", "1", "--no-keep"]) == 0
    assert "1 warning, told by: neuralgraph check" in " ".join(capsys.readouterr().err.split())


def test_summary_nodes_and_examples(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", str(document), "--json"]) == 0
    found = printed(capsys)
    assert found["parameters"] == 15
    assert main(["nodes", "dense", "--json"]) == 0
    nodes = printed(capsys)["nodes"]
    assert isinstance(nodes, list)
    assert nodes[0]["type"] == "Linear"
    assert main(["examples", "--json"]) == 0
    assert printed(capsys)["examples"]


def test_export_writes_python(document: Path, tmp_path: Path) -> None:
    assert main(["export", str(document), "--to", str(tmp_path / "iris.py")]) == 0
    compile((tmp_path / "iris.py").read_text(encoding="utf-8"), "iris.py", "exec")


@pytest.mark.parametrize("text", ["", "{", '{"format": 1, "nodes": [{}]}', '{"format": 99}'])
def test_a_broken_file_is_one_sentence_and_exit_1(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.ngraph"
    broken.write_text(text, encoding="utf-8")
    assert main(["check", str(broken)]) == 1
    assert "broken.ngraph cannot be opened" in " ".join(capsys.readouterr().err.split())
    assert main(["train", str(tmp_path / "absent.ngraph"), "--json"]) == 1
    assert "absent" in str(printed(capsys)["error"])


def test_bad_usage_is_exit_2(document: Path) -> None:
    assert main(["train", str(document), "--epochs", "none"]) == 2
    assert main(["dance"]) == 2


def test_it_says_its_version_and_where_it_keeps_things(capsys: pytest.CaptureFixture[str]) -> None:
    from neuralgraph import __main__, places

    assert __main__.main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"neuralgraph {ng.__version__}"
    assert __main__.main(["--paths", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["paths"]
    assert {name: one["path"] for name, one in said.items()} == {
        name: str(path) for name, path in places.listed().items()}
    assert __main__.main(["--paths"]) == 0
    out = capsys.readouterr().out
    assert all(name in out and one["path"] in out for name, one in said.items())
