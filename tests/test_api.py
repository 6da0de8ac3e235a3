"""The public API of the design, used as the design writes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.errors import GraphError, ParameterError, RunError, UnknownNodeError


def digits() -> ng.Graph:
    g = ng.Graph()
    data = g.add("Dataset", name="digits")
    x = g.add("Flatten", data["x"])
    x = g.add("Linear", x, out_features=32)
    x = g.add("ReLU", x)
    logits = g.add("Linear", x, out_features=10, id="logits")
    g.add("CrossEntropyLoss", logits, data["y"], id="loss")
    g.add("Accuracy", logits, data["y"], id="accuracy")
    return g


def test_the_design_page_example(tmp_path: Path) -> None:
    g = digits()
    assert ng.check(g) == ()
    assert ng.shapes(g)["linear_1"] == {"out": ng.api.Spec(("N", 32))}  # type: ignore[attr-defined]
    table = ng.summary(g)
    assert table.parameters == 64 * 32 + 32 + 32 * 10 + 10
    assert {row.id: row.flops for row in table.rows}["logits"] == 2 * 32 * 10
    run = ng.train(g, epochs=3, batch_size=32, optimizer="Adam", lr=1e-3, seed=0, validation=0.2)
    assert set(run.history) >= {"loss", "val_loss", "accuracy", "val_accuracy"}
    assert all(len(series) == 3 for series in run.history.values())
    assert run.final["loss"] == run.history["loss"][-1] < run.history["loss"][0]
    again = ng.train(g, epochs=3, batch_size=32, optimizer="Adam", lr=1e-3, seed=0, validation=0.2)
    assert again.history == run.history

    ng.save(g, tmp_path / "digits.ngraph")
    assert ng.load(tmp_path / "digits.ngraph").session.graph == g.session.graph
    ng.save_weights(run, tmp_path / "digits.safetensors")
    program = ng.compile(g, seed=9)
    program.load_weights(tmp_path / "digits.safetensors")
    x = np.zeros((2, 1, 8, 8), np.float32)
    assert np.array_equal(program.predict(x=x), run.program.predict(x=x))
    longer = ng.train(g, resume=run, epochs=5)
    assert len(longer.history["loss"]) >= 2


def test_training_on_arrays() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(64, 3)).astype(np.float32)
    labels = features @ np.array([[1.0], [-2.0], [0.5]], np.float32)
    g = ng.Graph()
    x = g.add("Input", shape=(3,), id="input_1")
    y = g.add("Input", shape=(1,), id="target")
    g.add("MSELoss", g.add("Linear", x, out_features=1, id="fit"), y, id="error")
    run = ng.train(g, data={"input_1": features, "target": labels}, epochs=60, lr=0.1, validation=0)
    assert run.final["loss"] < 1e-3
    assert np.allclose(run.program.state_dict()["fit.weight"].numpy(), [[1.0, -2.0, 0.5]], atol=0.05)


def test_evaluate_and_gradients_of_a_worked_example() -> None:
    g = ng.Graph()
    b, c, two = (g.add("Constant", value=v, id=i) for v, i in ((2.0, "b"), (1.0, "c"), (2.0, "two")))
    a = g.add("Mul", g.add("Add", b, c, id="d"), g.add("Add", c, two, id="e"), id="a")
    g.add("Output", a, id="result")
    assert float(ng.evaluate(g)["a"]) == 9.0


def test_gradients_by_both_modes() -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(3,), id="x")
    g.add("Sum", g.add("Mul", x, x, id="square"), id="total")
    values = {"x": [[1.0, 2.0, 3.0]]}
    reverse = ng.gradients(g, of="total", inputs=values)
    assert reverse["x"].tolist() == [[2.0, 4.0, 6.0]]
    forward = ng.gradients(g, of="total", inputs=values, mode="forward")
    assert np.allclose(forward["x"], reverse["x"])
    assert np.allclose(forward["square"], reverse["square"])


def test_handles_and_ports_say_what_is_wrong() -> None:
    g = ng.Graph()
    data = g.add("Dataset", name="iris")
    with pytest.raises(UnknownNodeError, match="2 outputs"):
        g.add("Linear", data)
    with pytest.raises(UnknownNodeError, match="no output 'z'"):
        data["z"]
    with pytest.raises(UnknownNodeError, match="node type 'Dense9'"):
        g.add("Dense9")
    with pytest.raises(ParameterError, match="out_features expects a whole number of at least 1"):
        g.add("Linear", data["x"], out_features=0)
    with pytest.raises(UnknownNodeError, match="takes 1 input, not more"):
        g.add("ReLU", data["x"], data["x"])
    with pytest.raises(ParameterError, match="no training setting 'epoch'"):
        ng.train(g, epoch=3)


def test_variadic_ports_fill_in_order_and_one_source_may_feed_two() -> None:
    g = ng.Graph()
    x = g.add("Input", shape=(2,), id="x")
    both = g.add("Concat", x, x, id="both")
    g.add("Output", both)
    assert ng.shapes(g)["both"]["out"].shape == ("N", 4)


def test_a_graph_with_problems_does_not_compile() -> None:
    g = ng.Graph()
    g.add("ReLU")
    with pytest.raises(GraphError) as caught:
        ng.compile(g)
    assert caught.value.problems[0].code == "open_input"


def test_a_graph_without_a_loss_cannot_be_trained() -> None:
    g = ng.Graph()
    data = g.add("Dataset", name="iris")
    g.add("Linear", data["x"], out_features=3)
    with pytest.raises((GraphError, RunError), match="loss"):
        ng.train(g)


def test_the_value_of_a_number_that_is_learned_can_be_asked_for() -> None:
    graph = ng.Graph()
    x = graph.add("Parameter", id="x", shape=(1,))
    graph.set_weights("x", value=[3.0])
    graph.add("EnergyLoss", graph.add("Square", x, id="square"))
    assert ng.evaluate(graph)["square"].tolist() == [9.0]
