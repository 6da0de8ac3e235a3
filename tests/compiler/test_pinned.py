"""Typed-in weights: they hold until a run changes them, and say so where they do not fit any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.errors import GraphError
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.validation.problem import Problem

X, Y = np.random.default_rng(0).normal(size=(12, 2)).astype("float32"), np.ones((12, 3), dtype="float32")


def network() -> ng.Graph:
    graph = ng.Graph()
    x, y = graph.add("Input", id="x", shape=(2,)), graph.add("Input", id="y", shape=(3,))
    graph.add("MSELoss", graph.add("Linear", x, out_features=3, id="it"), y, id="loss")
    return graph


def change(graph: ng.Graph, **fields: Any) -> None:
    graph.session.edit(ChangeNode(replace(graph.session.graph.nodes["it"], **fields)))


def problems(graph: ng.Graph) -> list[Problem]:
    return [one for one in ng.check(graph) if one.code == "pinned"]


def run(graph: ng.Graph, fresh: bool = True, epochs: int = 1) -> torch.Tensor:
    from neuralgraph.api import planned

    plan = planned(graph.session.graph.plan, epochs=epochs, lr=0.1, validation=0.0)
    for _ in graph.session.train(plan=plan, data={"x": X, "y": Y}, fresh=fresh):
        pass
    assert graph.session.run is not None and graph.session.run.failure is None
    return graph.session.run.program.state_dict()["it.bias"].clone()


def test_a_layer_that_changed_its_width_says_so_and_offers_to_unpin() -> None:
    graph = network()
    graph.set_weights("it", weight=[[1, 2], [3, 4], [5, 6]], bias=[1, 2, 3])
    assert not problems(graph)
    change(graph, params=FrozenDict({"out_features": 4}))
    first, second = problems(graph)
    assert first.message == "it: the typed-in weight has shape (3, 2), not (4, 2)."
    assert (first.severity, first.node, first.expected, first.received) == ("error", "it", "4 × 2", "3 × 2")
    assert [one.fixes[0].label for one in (first, second)] == ["Unpin weight", "Unpin bias"]
    assert first.fixes[0].edit is not None
    graph.session.edit(first.fixes[0].edit)
    assert [one.message for one in problems(graph)] == ["it: the typed-in bias has shape (3,), not (4,)."]
    assert set(graph.session.graph.nodes["it"].weights) == {"bias"}
    graph.session.undo()
    assert len(problems(graph)) == 2


@pytest.mark.parametrize(("weights", "words"), [
    ({"bias": ((1, 2), (3,))}, "rows of different lengths"), ({"bias": (1, 2, 1e39)}, r"holds 1e\+39"),
    ({"offset": (1,)}, "no weights called 'offset'; it has: weight, bias"), ({"bias": (1, 2, 10**400)}, "too large"),
])  # fmt: skip
def test_whatever_a_file_holds_is_a_problem_and_no_exception(weights: dict[str, Any], words: str) -> None:
    graph = network()
    change(graph, weights=FrozenDict(weights))
    found = problems(graph)
    assert len(found) == 1
    with pytest.raises(GraphError, match=words):
        ng.compile(graph)
    assert found[0].fixes[0].edit is not None
    graph.session.edit(found[0].fixes[0].edit)
    ng.compile(graph)


def test_a_node_without_weights_and_one_that_shares_cannot_use_them() -> None:
    graph = network()
    change(graph, type="ReLU", params=FrozenDict(), weights=FrozenDict({"weight": (1,)}))
    assert "it has: none" in problems(graph)[0].message
    graph = network()
    other = graph.add("Linear", graph["x"], out_features=3, id="other")
    graph.add("Output", other)
    change(graph, shares="other", weights=FrozenDict({"bias": (1, 2, 3)}))
    assert [(one.severity, one.fixes[0].label) for one in problems(graph)] == [("warning", "Unpin")]


@pytest.mark.parametrize("epochs", [1, 3])
def test_what_was_typed_in_after_a_run_holds_when_training_goes_on(epochs: int) -> None:
    graph = network()
    learnt = run(graph, epochs=epochs)
    seen = graph.session.weights("it")
    assert seen is not None and torch.equal(torch.tensor(seen.arrays["bias"], dtype=torch.float32), learnt)
    graph.set_weights("it", bias=[50, 60, 70])
    seen = graph.session.weights("it")
    assert seen is not None and seen.arrays["bias"].tolist() == [50, 60, 70]
    kept = graph.session.run.program.state_dict()["it.weight"] if graph.session.run else None
    assert kept is not None and torch.equal(torch.tensor(seen.arrays["weight"], dtype=torch.float32), kept)
    again = run(graph, fresh=False)
    assert (again > 45).all(), "it went on from what was typed in"
    assert (run(graph, fresh=False) < again).all(), "and from what it has learnt since"
    assert (run(graph) > 45).all()


def test_present_weights_read_back_exactly_and_large_ones_stay_out() -> None:
    graph = network()
    start = ng.compile(graph).state_dict()["it.weight"]
    seen = graph.session.weights("it")
    assert seen is not None and torch.equal(torch.tensor(seen.arrays["weight"]).float(), start)
    assert len(repr(float(seen.arrays["weight"][0, 0]))) <= 12, "as short as float32 is exact"
    graph.set_weights("it", **seen.arrays)
    assert torch.equal(ng.compile(graph).state_dict()["it.weight"], start)
    change(graph, params=FrozenDict({"out_features": 70_000}), weights=FrozenDict())
    seen = graph.session.weights("it")
    assert seen is not None and seen.shapes["weight"] == (70_000, 2) and set(seen.arrays) == {"bias"}
