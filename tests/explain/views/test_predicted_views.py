"""Residuals, fits, learned functions and forecasts, computed a second time by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

import neuralgraph as ng
from neuralgraph.errors import ParameterError, RunError
from neuralgraph.explain.scoring import fit
from neuralgraph.figures.shown import Board, Curves, Distribution, Points
from neuralgraph.figures.words import spelled
from neuralgraph.resources import examples
from tests.explain.drawn_views import forecast


@pytest.fixture(scope="module")
def diabetes() -> tuple[ng.Graph, np.ndarray, np.ndarray, np.ndarray]:
    """A regression whose target is scaled for learning: rows of the validation part, what it says, what is true."""
    graph = ng.load(examples() / "diabetes.ngraph")
    run = ng.train(graph, epochs=3)
    rows = graph.session._rows(run.program)
    assert rows is not None
    assert rows.target is not None
    chosen = rows.split.validation
    said = run.program.predict(x=np.array(rows.arrays["patients.x"][chosen]))
    return graph, chosen, run.program.part("scaled_target").undo(said).numpy()[:, 0], rows.target[chosen][:, 0]


def test_how_near_numbers_come() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(5, 3, 80)
    said = true + rng.normal(0, 1, 80)
    found = fit(said, true)
    assert found.r2 == pytest.approx(r2_score(true, said))
    assert found.mae == pytest.approx(mean_absolute_error(true, said))
    assert found.rmse == pytest.approx(root_mean_squared_error(true, said))
    assert found.plain == pytest.approx(root_mean_squared_error(true, np.full(80, true.mean())))
    assert np.isnan(fit(said, np.ones(80)).r2)


def test_predicted_against_true_in_the_unit_of_the_data(
    diabetes: tuple[ng.Graph, np.ndarray, np.ndarray, np.ndarray]
) -> None:
    graph, rows, said, true = diabetes
    shown = ng.inspect(graph, "predicted-true", part="validation")
    assert isinstance(shown, Points)
    assert np.allclose(shown.xy[:, 0], true)
    assert np.allclose(shown.xy[:, 1], said, rtol=1e-4)
    assert shown.keys == tuple(rows.tolist())
    assert f"R² {r2_score(true, said):.3f}" in shown.note
    assert f"RMSE {spelled(root_mean_squared_error(true, said))}." in shown.note


def test_residuals_and_how_often(diabetes: tuple[ng.Graph, np.ndarray, np.ndarray, np.ndarray]) -> None:
    graph, _, said, true = diabetes
    shown = ng.inspect(graph, "residuals", part="validation")
    assert isinstance(shown, Board)
    points, counts = shown.parts
    assert isinstance(points, Points)
    assert isinstance(counts, Distribution)
    assert np.allclose(points.xy, np.stack([said, true - said], axis=1), rtol=1e-3, atol=1e-2)
    assert counts.counts.sum() == len(true)
    assert np.isclose(counts.edges[0], -counts.edges[-1])
    assert np.isclose(counts.edges[-1], np.abs(true - said).max(), rtol=1e-4)


def line_of(folder: Path) -> ng.Graph:
    """y = 3x − 2 by one Linear whose weights are typed in as 2 and 1."""
    x = np.linspace(-1, 1, 40)
    path = folder / "line.csv"
    path.write_text("x,y\n" + "".join(f"{a:.6f},{3 * a - 2:.6f}\n" for a in x), encoding="utf-8")
    graph = ng.Graph()
    data = graph.add("Csv", path=str(path), target="y", id="data")
    graph.add("MSELoss", graph.add("Linear", data["x"], out_features=1, id="line"), data["y"], id="loss")
    graph.set_weights("line", weight=[[2.0]], bias=[1.0])
    return graph


def test_the_learned_function_of_one_input(tmp_path: Path) -> None:
    shown = ng.inspect(line_of(tmp_path), "learned-function")
    assert isinstance(shown, Board)
    function, left = shown.parts
    assert isinstance(function, Points)
    assert isinstance(left, Points)
    curve = function.curves[0]
    assert np.allclose(curve.y, 2 * curve.x + 1, atol=1e-5)
    assert np.allclose(function.xy[:, 1], 3 * function.xy[:, 0] - 2, atol=1e-4)
    assert np.allclose(left.xy[:, 1], (3 * left.xy[:, 0] - 2) - (2 * left.xy[:, 0] + 1), atol=1e-4)
    assert curve.x[0] < -1
    assert curve.x[-1] > 1


def test_other_inputs_are_held_at_their_mean_or_at_the_sample() -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="iris", id="data")
    graph.add("CrossEntropyLoss", graph.add("Linear", data["x"], out_features=3, id="logits"), data["y"], id="loss")
    program = ng.compile(graph, seed=0)
    x = np.array(graph.session._rows(program).arrays["data.x"])  # type: ignore[union-attr]
    name = graph.session._rows(program).features[2]  # type: ignore[union-attr]
    for others, base in (("mean", x.mean(axis=0)), ("sample", x[7])):
        shown = ng.inspect(graph, "learned-function", x=name, others=others, sample=7)
        assert isinstance(shown, Curves)
        row = np.array(base, np.float32)[None].repeat(len(shown.curves[0].x), axis=0)
        row[:, 2] = shown.curves[0].x
        present = graph.session._present()
        assert present is not None
        logits = present.predict(x=row).double().numpy()
        chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        assert np.allclose(np.stack([one.y for one in shown.curves], axis=1), chances, atol=1e-5)
    with pytest.raises(ParameterError, match="There is no input «girth»"):
        ng.inspect(graph, "learned-function", x="girth")


def test_a_forecast_is_held_against_persistence() -> None:
    graph = forecast()
    run = ng.train(graph, epochs=5, validation=0.2)
    shown = ng.inspect(graph, "forecast", part="validation")
    assert isinstance(shown, Curves)
    rows = graph.session._rows(run.program)
    assert rows is not None
    assert rows.target is not None
    chosen = rows.split.validation
    true, last = rows.target[chosen][:, 0], rows.target[chosen - 1][:, 0]
    said = run.program.predict(x=np.array(rows.arrays["data.x"][chosen])).numpy()[:, 0]
    for curve, wanted in zip(shown.curves, (true, said, last), strict=True):
        assert np.allclose(curve.y, wanted, atol=1e-5)
        assert np.array_equal(curve.x, chosen)
    ours, theirs = (root_mean_squared_error(true, one) for one in (said, last))
    assert f"RMSE {spelled(ours)}, of persistence {spelled(theirs)}" in shown.note
    with pytest.raises(RunError, match="no axis of time"):
        ng.inspect(examples() / "diabetes.ngraph", "forecast")


def test_a_forecast_is_of_the_answer_that_is_learned() -> None:
    graph = ng.load(examples() / "23-forecast.ngraph")
    ng.train(graph, epochs=5)
    shown = graph.session.view("forecast")
    assert isinstance(shown, Curves)
    by_name = {one.name: one.y for one in shown.curves}
    assert not np.allclose(by_name["forecast"], by_name["persistence"]), "«as now» is the other loss"
    assert "nearer than persistence" in shown.note and "0% nearer" not in shown.note.replace("0 %", "0%")
