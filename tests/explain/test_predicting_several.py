"""Predicting with a network that looks at several sources, and targets that were brought to another scale."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.cli import main
from neuralgraph.compiler.blocks.projection import PCA
from neuralgraph.errors import DataError, RunError

RNG = np.random.default_rng(0)
LEFT, RIGHT = RNG.normal(size=(60, 2)).astype(np.float32), RNG.normal(size=(60, 3)).astype(np.float32)


def written(path: Path, x: np.ndarray, names: str, answer: Any = None) -> Path:
    rows = [names] + [",".join([*(f"{float(one):.6f}" for one in row), *([answer[at]] if answer is not None else [])])
                      for at, row in enumerate(x)]
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def twins(tmp_path: Path) -> ng.Graph:
    """Two tables read row by row; the right one says the class."""
    kinds = ["yes" if one > 0 else "no" for one in LEFT[:, 0] + RIGHT[:, 0]]
    written(tmp_path / "left.csv", np.concatenate([LEFT, LEFT[:, :1]], axis=1), "a,b,y")
    written(tmp_path / "right.csv", RIGHT, "p,q,r,kind", kinds)
    graph = ng.Graph()
    left = graph.add("Csv", path=str(tmp_path / "left.csv"), id="left")
    right = graph.add("Csv", path=str(tmp_path / "right.csv"), id="right")
    both = graph.add("Concat", left["x"], right["x"])
    out = graph.add("Linear", both, out_features=2, id="answer")
    graph.add("CrossEntropyLoss", out, right["y"], id="loss")
    ng.train(graph, epochs=30, batch_size=16, lr=0.05)
    ng.save(graph, tmp_path / "twins.ngraph")
    return graph


def test_each_source_is_given_its_own(twins: ng.Graph, tmp_path: Path) -> None:
    expected = twins.session.program.predict(left_x=LEFT, right_x=RIGHT).softmax(dim=1).numpy()
    by_array = ng.predict(twins, {"left": LEFT, "right": RIGHT})
    answer = by_array.answers[0]
    assert (answer.kind, answer.names) == ("classes", ("no", "yes"))
    np.testing.assert_allclose(answer.values, expected, atol=1e-6)
    files = ng.predict(twins, {"left": tmp_path / "left.csv", "right": str(tmp_path / "right.csv")})
    np.testing.assert_allclose(files.answers[0].values, expected, atol=1e-4)
    assert set(files.truth) == {"yes", "no"} and files.right == sum(
        one == other for one, other in zip(files.best, files.truth, strict=True))
    values = ng.predict(twins, {"left": {"a": 1, "b": 0}, "right": [{"p": 2, "q": 0, "r": 0}]})
    assert values.best == ("yes",) and len(values.inputs) == 1


def test_noise_beside_them_is_drawn() -> None:
    graph = ng.Graph()
    a, b = graph.add("Input", shape=(2,), id="a"), graph.add("Input", shape=(2,), id="b")
    noise = graph.add("Noise", shape=(2,), id="noise")
    graph.add("Output", graph.add("Add", graph.add("Add", a, b), noise))
    graph.session.program = ng.compile(graph)
    said = ng.predict(graph, {"a": np.ones((3, 2), np.float32), "b": np.ones((3, 2), np.float32)})
    assert len(said) == 3


@pytest.mark.parametrize(("given", "said"), [
    ({"left": LEFT}, "looks at left, right, and each needs to be given what it looks at; right got nothing"),
    ({"left": LEFT, "middle": RIGHT}, "there is no 'middle'"),
    ({"left": LEFT[:3], "right": RIGHT[:5]}, "different numbers of rows: left has 3, right has 5"),
    (LEFT, r"several sources \(left, right\)\. Give each its own: predict\(model, \{'left': …, 'right': …\}\), or "
           "left=FILE right=FILE"),
])
def test_what_does_not_fit_says_how_it_would(twins: ng.Graph, given: Any, said: str) -> None:
    with pytest.raises((RunError, DataError), match=said):
        ng.predict(twins, given)


def test_from_the_command_line(twins: ng.Graph, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = ng.save_model(twins, tmp_path / "twins.ngz")
    few = written(tmp_path / "few.csv", LEFT[:2], "a,b")
    others = written(tmp_path / "others.csv", RIGHT[:2], "p,q,r")
    assert main(["predict", str(model), f"left={few}", f"right={others}", "--json", "--allow-outside"]) == 0
    said = json.loads(capsys.readouterr().out)["predictions"]
    assert [one["answer"] for one in said] == list(ng.predict(twins, {"left": LEFT[:2], "right": RIGHT[:2]}).best)
    assert main(["predict", str(model), str(few)]) == 1
    assert "left=FILE right=FILE" in " ".join(capsys.readouterr().err.split())


def test_principal_components_are_undone() -> None:
    x = torch.from_numpy(RNG.normal(size=(50, 4)).astype(np.float32)) @ torch.diag(torch.tensor([3.0, 2.0, 1.0, 1e-3]))
    for whiten in (False, True):
        block = PCA(4, 4, whiten)
        block.fit(x)
        torch.testing.assert_close(block.undo(block(x)), x, atol=1e-4, rtol=1e-4)
        short = PCA(4, 3, whiten)
        short.fit(x)
        assert float((short.undo(short(x)) - x).abs().max()) < 0.01, "but for what was left out"


@pytest.mark.parametrize("scaled", [("PCA",), ("Standardize", "PCA"), ("Standardize",)])
def test_a_target_that_was_turned_is_told_in_its_own_unit(scaled: tuple[str, ...]) -> None:
    """The mean of what is learned is the mean of the data, in centimetres and kilograms."""
    target = np.stack([100 + 10 * LEFT[:, 0], 5000 - 300 * LEFT[:, 1]], axis=1).astype(np.float32)
    graph = ng.Graph()
    x = graph.add("Input", shape=(2,), id="x")
    y = graph.add("Input", shape=(2,), id="y")
    for kind in scaled:
        y = graph.add(kind, y, **({"n_components": 2} if kind == "PCA" else {}))
    out = graph.add("Linear", x, out_features=2, id="answer")
    graph.add("MSELoss", out, y, id="loss")
    ng.train(graph, data={"x": LEFT, "y": target}, epochs=200, optimizer="LBFGS", lr=1.0, full_batch=True,
             validation=0.0)
    answer = ng.predict(graph, LEFT).answers[0]
    np.testing.assert_allclose(answer.values, target, rtol=0.01)
