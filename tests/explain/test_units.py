"""A small network neuron by neuron: the numbers are those of the network, and other networks are left alone."""

from __future__ import annotations

import numpy as np
import torch

import neuralgraph as ng
from neuralgraph.explain.units import MOST_UNITS, SIDE
from neuralgraph.resources import examples


def test_tiles_and_wires_are_the_networks_own_numbers() -> None:
    session = ng.load(examples() / "spiral.ngraph").session
    units = session.units()
    program = session._present()
    assert units is not None and program is not None
    assert [(one.node, one.title, one.count) for one in units.layers] == [
        ("hidden_1", "Tanh", 32), ("hidden_2", "Tanh", 32)]
    first, second = units.layers
    assert first.maps.shape == (MOST_UNITS, SIDE, SIDE) and np.abs(first.maps).max() <= 1
    weights = program.root.hidden_1.weight.detach()
    assert np.array_equal(first.weights, weights[:MOST_UNITS].numpy())
    assert second.weights.shape == (MOST_UNITS, MOST_UNITS)
    rows = session._rows(program)
    assert rows is not None
    points = rows.arrays["spiral.x"]
    low, high = points.min(axis=0), points.max(axis=0)
    corner = torch.tensor(low - (high - low) * 0.12)
    value = torch.tanh(program.root.hidden_1(corner)).detach().numpy()[:MOST_UNITS]
    sign = np.sign(first.maps[:, 0, 0])
    assert np.array_equal(sign, np.sign(value))


def test_two_scores_answer_by_their_difference() -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="xor", id="data")
    hidden = graph.add("ReLU", graph.add("Linear", data["x"], out_features=3, id="hidden"))
    graph.add("CrossEntropyLoss", graph.add("Linear", hidden, out_features=2, id="scores"), data["y"])
    units, program = graph.session.units(), graph.session._present()
    assert units is not None and program is not None
    weight = program.root.scores.weight.detach().numpy()
    assert np.allclose(units.answer, weight[1] - weight[0])


def test_what_is_no_small_chain_of_two_features_is_left_alone() -> None:
    for name in ("iris", "digits-cnn", "digits-residual"):
        assert ng.load(examples() / f"{name}.ngraph").session.units() is None
