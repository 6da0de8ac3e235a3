"""How weights start: as asked, the same every time, kept in files, and said where it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import neuralgraph as ng
from neuralgraph.errors import ParameterError
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.spec.initial import METHODS, OWN, PLAIN


def linear(**initial: object) -> ng.Graph:
    graph = ng.Graph()
    x, y = graph.add("Input", id="x", shape=(40,)), graph.add("Input", id="y", shape=(30,))
    graph.add("MSELoss", graph.add("Linear", x, out_features=30, id="it"), y, id="loss")
    if initial:
        graph.set_initial("it", **initial)
    return graph


def weights(graph: ng.Graph, seed: int = 0) -> torch.Tensor:
    return graph.session.compile(seed=seed).state_dict()["it.weight"]


@pytest.mark.parametrize("method", [one for one in METHODS if one != OWN])
def test_weights_start_as_torch_starts_them(method: str) -> None:
    got = weights(linear(weight=method))
    assert not torch.equal(got, weights(linear()))
    spread = {"zeros": 0.0, "ones": 0.0, "constant": 0.0, "uniform": 0.1 / 3**0.5, "normal": 0.1, "trunc_normal": 0.1,
              "xavier_uniform": (2 / 70) ** 0.5, "xavier_normal": (2 / 70) ** 0.5, "kaiming_uniform": (2 / 40) ** 0.5,
              "kaiming_normal": (2 / 40) ** 0.5, "orthogonal": (1 / 40) ** 0.5}[method]
    assert got.std().item() == pytest.approx(spread, rel=0.1, abs=1e-6)
    assert torch.equal(got, weights(linear(weight=method))), "the same seed starts the same"
    if method == "orthogonal":
        assert torch.allclose(got @ got.T, torch.eye(30), atol=1e-5)


def test_knobs_and_offsets_and_files(tmp_path: Path) -> None:
    graph = linear(weight="normal", weight_std=0.5, weight_mean=3.0, bias="constant", bias_value=0.25)
    state = graph.session.compile().state_dict()
    assert state["it.weight"].mean().item() == pytest.approx(3.0, abs=0.1)
    assert state["it.weight"].std().item() == pytest.approx(0.5, rel=0.1)
    assert torch.equal(state["it.bias"], torch.full((30,), 0.25))
    ng.save(graph, tmp_path / "started.ngraph")
    assert torch.equal(weights(ng.load(tmp_path / "started.ngraph")), state["it.weight"])


def test_a_norm_keeps_its_factor_where_only_matrices_can_start_so() -> None:
    graph = ng.Graph()
    x = graph.add("Input", id="x", shape=(6,))
    graph.add("Output", graph.add("LayerNorm", x, id="norm"))
    graph.set_initial("norm", weight="xavier_uniform")
    assert torch.equal(graph.session.compile().state_dict()["norm.weight"], torch.ones(6))


@pytest.mark.parametrize(("initial", "words"), [
    ({"weight": "magic"}, "cannot start as 'magic'"),
    ({"bias": "orthogonal"}, "bias cannot start as 'orthogonal'"),
    ({"weight": "normal", "weight_std": -1.0}, "at least 0"),
    ({"weight": "uniform", "weight_low": 2.0}, "at most weight.high"),
    ({"weight": "normal", "weight_gain": 2.0}, "no number 'gain'"),
    ({"weight": "normal", "weight_std": float("nan")}, "expects a number"),
    ({"colour": "red"}, "no 'colour'"),
])  # fmt: skip
def test_what_cannot_be_is_refused_and_in_a_file_a_problem(initial: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words.replace("(", r"\(")):
        linear(**initial)
    graph = linear()
    placed = graph.session.graph.nodes["it"]
    named = {key.replace("_", ".", 1): value for key, value in initial.items()}
    from dataclasses import replace

    graph.session.edit(ChangeNode(replace(placed, initialiser=FrozenDict(named))))
    problem = next(one for one in graph.session.analyse().problems if one.code == "initial")
    assert words in problem.message and problem.fixes[0].edit is not None
    graph.session.edit(problem.fixes[0].edit)
    assert not [one for one in graph.session.analyse().problems if one.code == "initial"]


def test_offsets_have_only_ways_that_need_no_width() -> None:
    assert set(PLAIN) < set(METHODS)
