"""What nodes give: equal to the forward pass by hand, laid out by what it is."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.errors import RunError
from neuralgraph.figures.shown import Bars, Board, Curves, Distribution, Figures, Grid, Pictures
from neuralgraph.resources import examples
from neuralgraph.session import Session


@lru_cache(maxsize=8)
def opened(name: str) -> Session:
    session = Session.open(examples() / f"{name}.ngraph")
    session.program = session.compile()
    return session


def digits() -> torch.Tensor:
    session = opened("digits-cnn")
    return torch.tensor(session._rows(session.program).arrays["digits.x"])  # type: ignore[union-attr,arg-type]


def convolved(x: torch.Tensor) -> torch.Tensor:
    state = opened("digits-cnn").program.state_dict()  # type: ignore[union-attr]
    return torch.nn.functional.conv2d(x, state["conv2d_1.weight"], state["conv2d_1.bias"], padding=1).relu()


def test_a_sample_is_a_picture_maps_or_bars() -> None:
    session = opened("digits-cnn")
    picture = session.view("activations", "digits", place=5)
    assert isinstance(picture, Pictures)
    np.testing.assert_array_equal(picture.images[0], digits()[5, 0])
    maps = session.view("activations", "relu_1", place=5)
    assert isinstance(maps, Grid) and maps.map == "viridis" and maps.values.shape == (16, 8, 8)
    np.testing.assert_allclose(maps.values, convolved(digits()[5:6])[0], atol=1e-6)
    bars = session.view("activations", "logits", place=5)
    assert isinstance(bars, Bars) and bars.names == tuple(map(str, range(10)))
    np.testing.assert_allclose(bars.values, session.program.predict(x=digits()[5:6])[0], atol=1e-6)  # type: ignore[union-attr]
    label = session.view("activations", "digits", {"output": "y"}, place=5)
    assert isinstance(label, Figures) and label.rows == (("digit", "5", ""),)


def test_a_part_and_a_place_in_it_are_the_same_sample_everywhere() -> None:
    session = opened("digits-cnn")
    rows = session._rows(session.program)  # type: ignore[arg-type]
    assert rows is not None
    row = int(rows.split.validation[3])
    shown = session.view("activations", "digits", part="validation", place=3)
    np.testing.assert_array_equal(shown.images[0], digits()[row, 0])  # type: ignore[union-attr]


def test_what_flows_is_told_in_figures() -> None:
    shown = opened("digits-cnn").view("flow", "relu_1", place=5)
    assert isinstance(shown, Board) and isinstance(shown.parts[0], Figures)
    said = {name: value for name, value, _ in shown.parts[0].rows}
    value = convolved(digits()[5:6])[0].double().numpy()
    assert said["shape"] == "16 × 8 × 8"
    assert said["least"] == pytest.approx(value.min(), abs=1e-6)
    assert said["mean"] == pytest.approx(value.mean(), abs=1e-6)
    assert said["length"] == pytest.approx(np.linalg.norm(value), rel=1e-6)
    assert said["zeros"] == f"{(value == 0).mean():.0%}"


def test_numbers_that_are_not_finite_are_counted_not_hidden() -> None:
    g = ng.Graph()
    source = g.add("Constant", value=((-1.0, 4.0),), id="source")
    g.add("Log", source, id="log")
    program = ng.compile(g)
    with pytest.raises(RunError, match="no sample to look at"):
        g.session.view("flow", "log", program=ng.compile(_without_rows()))
    shown = g.session.view("flow", "log", program=program)
    assert isinstance(shown, Board)
    said = {name: value for name, value, _ in shown.parts[0].rows}  # type: ignore[attr-defined]
    assert said["not finite"] == 1 and said["least"] == pytest.approx(np.log(4.0))


def _without_rows() -> ng.Graph:
    g = ng.Graph()
    g.add("Log", g.add("Input", shape=(2,), id="source"), id="log")
    return g


def test_many_rows_have_a_mean_and_a_deviation_for_each_unit() -> None:
    session = opened("digits-cnn")
    shown = session.view("unit-spread", "relu_1", {"rows": 100}, part="train")
    assert isinstance(shown, Board)
    spread, units = shown.parts
    assert isinstance(spread, Distribution) and isinstance(units, Bars) and units.spread is not None
    rows = session._rows(session.program)  # type: ignore[arg-type]
    assert rows is not None
    value = convolved(digits()[torch.as_tensor(rows.split.train[:100])]).double().numpy()
    np.testing.assert_allclose(units.values, value.mean(axis=(0, 2, 3)), atol=1e-6)
    np.testing.assert_allclose(units.spread, value.std(axis=(0, 2, 3)), atol=1e-6)
    assert spread.counts.sum() == value.size
    wide = session.view("unit-spread", "flatten_1")
    assert isinstance(wide, Board) and isinstance(wide.parts[1], Curves)


def test_units_of_a_sequence_are_features_and_of_a_convolution_channels() -> None:
    transformer, g = opened("digits-transformer"), ng.Graph()
    shown = transformer.view("unit-spread", "embed")
    assert len(shown.parts[1].values) == 32  # type: ignore[union-attr]
    g.add("ReLU", g.add("Conv1d", g.add("Noise", shape=(3, 9), id="noise"), out_channels=5, id="conv"), id="relu")
    program = ng.compile(g)
    shown = g.session.view("unit-spread", "relu", program=program)
    assert len(shown.parts[1].values) == 5  # type: ignore[union-attr]


def test_states_of_a_recurrent_layer_are_those_of_the_sample() -> None:
    g = ng.Graph()
    rows = g.add("Squeeze", g.add("Dataset", name="digits", id="data")["x"], dim=1, id="rows")
    g.add("LSTM", rows, hidden_size=6, num_layers=2, id="lstm")
    program = ng.compile(g)
    x = torch.tensor(g.session._rows(program).arrays["data.x"][7:8, 0])  # type: ignore[union-attr]
    with torch.no_grad():
        output, (h, _) = program.part("lstm")(x)  # type: ignore[misc]
    steps = g.session.view("activations", "lstm", place=7, program=program)
    np.testing.assert_allclose(steps.values, output[0], atol=1e-6)  # type: ignore[union-attr]
    last = g.session.view("activations", "lstm", {"output": "h_n"}, place=7, program=program)
    np.testing.assert_allclose(last.values, h[:, 0], atol=1e-6)  # type: ignore[union-attr]


def test_a_module_shows_what_it_gives() -> None:
    session = opened("digits-transformer")
    inside = session.view("activations", "encoder/2/add", place=2)
    around = session.view("activations", "encoder", place=2)
    np.testing.assert_array_equal(inside.values, around.values)  # type: ignore[union-attr]
