"""Recipes: the plan that a learning rule asks for, made for the graph that is there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.errors import GraphError
from neuralgraph.graph.file import dumps, loads
from neuralgraph.recipes import RECIPES
from neuralgraph.training.events import Hint
from tests.training.test_learning_rules import CORNERS, pair


def logic() -> ng.Graph:
    graph = ng.Graph()
    score = graph.add("Linear", graph.add("Input", id="x", shape=(2,)), out_features=1, id="unit")
    target = graph.add("Input", id="y", shape=(1,))
    graph.add("PerceptronLoss", score, target, id="loss")
    graph.add("Mistakes", score, target, id="mistakes")
    return graph


def memory() -> ng.Graph:
    graph = ng.Graph()
    net = graph.add("Hopfield", graph.add("Input", id="x", shape=(5,)), id="memory")
    graph.add("EnergyLoss", net["energy_in"], id="loss")
    return graph


def stack() -> ng.Graph:
    graph = ng.Graph()
    data = graph.add("Dataset", name="bars_and_stripes")
    low = graph.add("RBM", graph.add("Flatten", data["x"]), id="low", hidden=6, phase="exact")
    high = graph.add("RBM", low["hidden"], id="high", hidden=4)
    for net in (low, high):
        graph.add("EnergyLoss", net["energy"], net["energy_sample"], id=f"{net.id}_loss")
    read = graph.add("Linear", high["hidden"], out_features=3, id="read")
    graph.add("CrossEntropyLoss", read, data["y"], id="label")
    return graph


def clusters() -> ng.Graph:
    graph = ng.Graph()
    layer = graph.add("Competitive", graph.add("Dataset", name="iris")["x"], id="layer")
    graph.add("EnergyLoss", layer["error"], id="loss")
    return graph


FITTING = {"Perceptron rule": logic, "Hebb": memory, "Contrastive divergence (CD-k)": stack,
           "Persistent particles (PCD)": stack, "Layer by layer (greedy)": stack, "Adversaries in turn (GAN)": pair,
           "Competitive": clusters, "Several seeds": memory}


def steps(graph: ng.Graph) -> list[list[tuple[tuple[str, ...], tuple[str, ...], str, float]]]:
    return [[(one.losses, one.nodes, one.optimizer.name, one.optimizer.lr) for one in stage.steps]
            for stage in graph.session.graph.plan.stages]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_fits_its_graph_is_undone_in_one_step_and_lies_in_the_file(name: str) -> None:
    graph = FITTING[name]()
    session = graph.session
    before = dumps(session.graph)
    graph.recipe(name)
    after = dumps(session.graph)
    assert after != before
    assert dumps(loads(after).graph) == after
    session.history.undo()
    assert dumps(session.graph) == before
    session.history.redo()
    assert dumps(session.graph) == after
    assert not [one for one in ng.check(graph) if one.severity == "error"]


@pytest.mark.parametrize("name", [one for one in RECIPES if one != "Several seeds"])
def test_a_recipe_says_what_the_graph_lacks(name: str) -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="iris")
    graph.add("CrossEntropyLoss", graph.add("Linear", data["x"], out_features=3), data["y"])
    before = dumps(graph.session.graph)
    with pytest.raises(GraphError, match=r"there is none|[Ww]ire|needs"):
        graph.recipe(name)
    assert dumps(graph.session.graph) == before


def test_an_unknown_recipe_is_named() -> None:
    with pytest.raises(GraphError, match="no recipe 'Alchemy'"):
        ng.Graph().recipe("Alchemy")


def test_the_perceptron_rule_to_the_letter() -> None:
    graph = logic()
    graph.recipe("Perceptron rule")
    data = {"x": 2 * CORNERS - 1, "y": np.array([[0], [0], [0], [1]], np.float32)}
    run = ng.train(graph, data=data)
    weights = run.program.state_dict()
    assert (weights["unit.bias"].tolist(), weights["unit.weight"].tolist()) == ([-1], [[1, 1]])
    assert sum(run.history["mistakes"]) == 1 and len(run.history["mistakes"]) == 2


def test_hebb_to_the_letter() -> None:
    graph = memory()
    graph.recipe("Hebb")
    patterns = np.array([[1, 1, -1, -1, 1], [1, -1, 1, -1, 1]], np.float32)
    run = ng.train(graph, data={"x": patterns})
    wanted = patterns.T @ patterns / 5
    np.fill_diagonal(wanted, 0)
    assert np.allclose(run.program.state_dict()["memory.weight"], wanted)


def test_dreams_begin_at_the_data_or_live_on() -> None:
    graph = stack()
    graph.recipe("Contrastive divergence (CD-k)")
    params = graph.session.graph.nodes
    assert [params[id].params.get("phase", "data") for id in ("low", "high")] == ["data", "data"]
    graph.recipe("Persistent particles (PCD)")
    params = graph.session.graph.nodes
    assert [params[id].params["phase"] for id in ("low", "high")] == ["particles"] * 2
    assert steps(graph) == [[(("low_loss", "high_loss"), ("low", "high"), "SGD", 0.05)]]


def test_layer_by_layer_teaches_each_once() -> None:
    graph = stack()
    graph.recipe("Layer by layer (greedy)")
    assert steps(graph) == [[(("low_loss",), ("low",), "SGD", 0.1)], [(("high_loss",), ("high",), "SGD", 0.1)],
                            [(("label",), ("read",), "Adam", 0.001)]]
    run = ng.train(graph, epochs=2, validation=0)
    assert set(run.final) >= {"label"}
    fresh: dict[str, Any] = ng.compile(graph).state_dict()
    learnt = run.program.state_dict()
    assert not torch.equal(learnt["low.weight"], fresh["low.weight"])
    assert not torch.equal(learnt["read.weight"], fresh["read.weight"])


def test_adversaries_are_told_apart_by_what_they_want() -> None:
    graph = pair()
    graph.recipe("Adversaries in turn (GAN)")
    assert steps(graph) == [[(("tells_real", "tells_made"), ("d_in", "d_out"), "Adam", 0.001),
                             (("fools",), ("g_in", "g_out"), "Adam", 0.001)]]


def test_several_seeds_are_what_a_search_tries() -> None:
    graph = memory()
    graph.recipe("Several seeds")
    assert dict(graph.session.graph.plan.search) == {"seed": "0..19"}


def test_nobody_is_told_that_the_numbers_of_stages_rise_or_fall() -> None:
    """The loss of a stage is another one than that of the stage before; validation adds up all of them."""
    graph = stack()
    graph.recipe("Layer by layer (greedy)")
    told = [event.kind for event in ng.fit(graph) if isinstance(event, Hint)]
    assert not set(told) & {"over-fitting", "rate too high", "loss at chance"}
