"""A unit as a nerve cell: its sum against numpy, its spikes against the rate of a sigmoid."""

from __future__ import annotations

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.errors import RunError
from neuralgraph.figures.draw import draw
from neuralgraph.figures.marks import Text
from neuralgraph.figures.shown import Cell
from neuralgraph.resources import examples


def unit(z: float) -> ng.Graph:
    """A unit whose sum is z: 1 · z / 2 − 1 · (−z) / 2."""
    graph = ng.Graph()
    x = graph.add("Constant", value=[[1.0, -1.0]], id="given")
    graph.add("Sigmoid", graph.add("Linear", x, out_features=1, bias=False, id="unit"), id="says")
    graph.set_weights("unit", weight=[[z / 2, -z / 2]])
    return graph


@pytest.mark.parametrize(("z", "rate"), [(-2.0, 0.119202922022), (0.0, 0.5), (1.0, 0.73105857863),
                                         (3.0, 0.952574126822)])
def test_it_fires_as_often_as_a_sigmoid_says(z: float, rate: float) -> None:
    """N04 of the reference: 20,000 steps, ± 0.012."""
    shown = ng.inspect(unit(z), "neuron", "unit", steps=20_000)
    assert isinstance(shown, Cell)
    assert shown.total == pytest.approx(z) and shown.chance == pytest.approx(rate)
    assert shown.function == "Sigmoid" and shown.value == pytest.approx(rate, abs=1e-6)
    assert shown.spikes.mean() == pytest.approx(rate, abs=0.012)
    again = ng.inspect(unit(z), "neuron", "unit", steps=20_000)
    assert isinstance(again, Cell) and np.array_equal(again.spikes, shown.spikes)
    other = ng.inspect(unit(z), "neuron", "unit", steps=20_000, seed=1)
    assert isinstance(other, Cell) and not np.array_equal(other.spikes, shown.spikes)


def test_what_comes_in_adds_up_also_what_is_not_drawn() -> None:
    graph = ng.load(examples() / "digits-mlp.ngraph")
    shown = ng.inspect(graph, "neuron", "hidden", unit=3, sample=7)
    assert isinstance(shown, Cell) and shown.rest is not None
    assert len(shown.names) == 9 and shown.rest[0] == "55 others"
    program = ng.compile(graph)
    weight, bias = (program.state_dict()[f"hidden.{one}"].numpy().astype(float) for one in ("weight", "bias"))
    x = np.asarray(graph.session._rows(program).arrays["digits.x"][7], float).ravel()  # type: ignore[union-attr]
    products = weight[3] * x
    assert shown.total == pytest.approx(products.sum() + bias[3], abs=1e-6)
    drawn = float((shown.inputs * shown.weights).sum())
    assert drawn + shown.rest[1] + shown.bias == pytest.approx(shown.total, abs=1e-6)
    assert np.abs(shown.inputs * shown.weights).min() >= np.sort(np.abs(products))[-9] - 1e-9
    assert shown.value == pytest.approx(max(shown.total, 0.0), abs=1e-5) and shown.function == "ReLU"


def test_signs_are_told_by_words_and_ends_not_by_colour_alone() -> None:
    shown = ng.inspect(unit(3.0), "neuron", "unit")
    for size in ((240, 160), (300, 220), (640, 440)):
        words = [mark.text for mark in draw(shown, *size).marks if isinstance(mark, Text)]
        assert "+1.50" in words and any("chance of σ(sum) = 0.95" in one for one in words)
    assert "Bar: inhibits" in shown.note


def test_only_units_that_add_up_have_a_cell() -> None:
    graph = ng.load(examples() / "digits-cnn.ngraph")
    with pytest.raises(RunError, match="Only a Linear has units"):
        ng.inspect(graph, "neuron", "conv2d_1")
