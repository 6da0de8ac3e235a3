"""Learning rules of the books, each a loss in the one loop: perceptron, competition, adversaries, factors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.data.sources import deliver
from neuralgraph.graph.edits import ChangeNode, SetPlan
from neuralgraph.graph.plan import Optimizer, Plan, Stage, Step
from neuralgraph.nodes import CATALOG

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
ANSWERS = {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "NAND": (1, 1, 1, 0), "XOR": (0, 1, 1, 0)}


def perceptron(rows: Any, answers: Any, epochs: int = 20) -> tuple[list[float], list[float]]:
    """[offset, weights …] after Rosenblatt's rule, and the mistakes of every epoch."""
    graph = ng.Graph()
    score = graph.add("Linear", graph.add("Input", id="x", shape=(rows.shape[1],)), out_features=1, id="unit")
    graph.set_initial("unit", weight="zeros", bias="zeros")
    target = graph.add("Input", id="y", shape=(1,))
    graph.add("PerceptronLoss", score, target, id="loss")
    graph.add("Mistakes", score, target, id="mistakes")
    run = ng.train(graph, data={"x": rows, "y": np.array(answers, np.float32)[:, None]}, epochs=epochs, batch_size=1,
                   shuffle=False, optimizer="SGD", lr=1.0, validation=0, figure="mistakes", target=0.0)
    weights = run.program.state_dict()
    return [*weights["unit.bias"].tolist(), *weights["unit.weight"][0].tolist()], run.history["mistakes"]


@pytest.mark.parametrize(("name", "signs", "weights", "epochs", "mistakes"), [
    ("AND", True, [-1, 1, 1], 2, 1), ("OR", True, [1, 1, 1], 2, 3), ("NAND", True, [1, -1, -1], 2, 1),
    ("AND", False, [-4, 3, 2], 9, 18), ("OR", False, [-1, 2, 2], 6, 9), ("NAND", False, [4, -3, -2], 9, 18),
])  # fmt: skip
def test_the_perceptron_rule_is_rosenblatts(name: str, signs: bool, weights: list[float], epochs: int,
                                            mistakes: int) -> None:
    found, made = perceptron(2 * CORNERS - 1 if signs else CORNERS, ANSWERS[name])
    assert (found, len(made), sum(made)) == (weights, epochs, mistakes)


@pytest.mark.parametrize("signs", [True, False])
def test_xor_never_stops(signs: bool) -> None:
    found, made = perceptron(2 * CORNERS - 1 if signs else CORNERS, ANSWERS["XOR"])
    assert found == [0, 0, 0]
    assert made == [4.0] * 20


def test_xor_is_learnable_with_a_hand_made_feature() -> None:
    rows = 2 * CORNERS - 1
    found, made = perceptron(np.c_[rows, rows[:, 0] * rows[:, 1]], ANSWERS["XOR"])
    assert (found, sum(made)) == ([0, 0, 0, -4], 4)


def test_a_competitive_layer_finds_the_kinds_of_iris() -> None:
    graph = ng.Graph()
    flowers = graph.add("Standardize", graph.add("Dataset", name="iris")["x"])
    layer = graph.add("Competitive", flowers, id="layer")
    graph.add("EnergyLoss", layer["error"], id="loss", reduction="sum")
    kinds = deliver(CATALOG["Dataset"](name="iris")).arrays["y"]
    for seed in range(2):
        run = ng.train(graph, epochs=15, batch_size=1, optimizer="SGD", lr=0.1, validation=0, seed=seed,
                       schedule="LinearLR", schedule_options={"start_factor": 1.0, "end_factor": 0.01,
                                                              "total_iters": 15})
        winner = ng.evaluate(graph, run=run)["layer.winner"]
        assert sum(np.bincount(kinds[winner == unit]).max() for unit in set(winner)) / 150 >= 0.78


def test_a_map_lays_its_units_out_in_order() -> None:
    """A line of ten units along numbers from 0 to 1: neighbours on the map lie side by side."""
    graph = ng.Graph()
    layer = graph.add("Competitive", graph.add("Input", id="x", shape=(1,)), id="map", units=10, radius=3.0,
                      fading=100.0, start="random")
    graph.add("EnergyLoss", layer["error"], id="loss", reduction="sum")
    run = ng.train(graph, data={"x": np.random.default_rng(0).random((200, 1))}, epochs=3, batch_size=1,
                   optimizer="SGD", lr=0.2, validation=0)
    steps = np.diff(run.program.state_dict()["map.weight"][:, 0].numpy())
    assert (steps > 0).all() or (steps < 0).all()


def test_maxout_can_be_relu_and_the_size_of_a_number() -> None:
    for weight, wanted in (([[1], [0]], [0, 0, 0, 1, 2]), ([[1], [-1]], [2, 1, 0, 1, 2])):
        graph = ng.Graph()
        unit = graph.add("Maxout", graph.add("Input", id="x", shape=(1,)), out_features=1, bias=False, id="unit")
        graph.add("Output", unit)
        graph.set_weights("unit", weight=weight)
        found = ng.evaluate(graph, {"x": np.array([[-2], [-1], [0], [1], [2]], np.float32)})["unit"]
        assert found[:, 0].tolist() == wanted
    assert ng.summary(graph).parameters == 2


def test_the_forward_filter_believes_in_rain() -> None:
    graph = ng.Graph()
    net = graph.add("HMM", graph.add("Input", id="x", shape=(2,), dtype="int64", classes=2), id="net")
    graph.add("Output", net["belief"])
    graph.set_weights("net", start_weight=[0, 0], transition_weight=np.log([[0.7, 0.3], [0.3, 0.7]]),
                      emission_weight=np.log([[0.9, 0.1], [0.2, 0.8]]))
    found = ng.evaluate(graph, {"x": np.array([[0, 0]])})["net.belief"]
    assert np.allclose(found, [[[0.818181818, 0.181818182], [0.883357041, 0.116642959]]], atol=1e-6)


def test_a_hidden_markov_model_learns_from_what_it_sees() -> None:
    rng = np.random.default_rng(0)
    state, seen = rng.integers(0, 2, 200), []
    for _ in range(12):
        state = np.where(rng.random(200) < 0.95, state, 1 - state)
        seen.append(np.where(rng.random(200) < 0.9, state, 1 - state))
    graph = ng.Graph()
    net = graph.add("HMM", graph.add("Input", id="x", shape=(12,), dtype="int64", classes=2), id="net")
    graph.add("EnergyLoss", net["energy"], id="loss")
    run = ng.train(graph, data={"x": np.stack(seen, 1)}, epochs=30, batch_size=50, lr=0.1, validation=0)
    assert run.history["loss"][0] > 8.0 > 7.5 > run.final["loss"]
    stays = torch.softmax(run.program.state_dict()["net.transition_weight"], 1).diagonal()
    assert (stays > 0.8).all()


def pair(width: int = 1) -> ng.Graph:
    """A generator and a discriminator that sees real and made rows with the same weights."""
    graph = ng.Graph()
    real = graph.add("Input", id="real", shape=(width,))
    noise = graph.add("RandnLike", graph.add("Expand", real, shape=(8,)), id="noise")
    made = graph.add("Linear", graph.add("Tanh", graph.add("Linear", noise, out_features=16, id="g_in")),
                     out_features=width, id="g_out")
    judged = []
    for rows, twin in ((real, ""), (made, "_twin")):
        hidden = graph.add("LeakyReLU", graph.add("Linear", rows, out_features=32, id=f"d_in{twin}"))
        judged.append(graph.add("Linear", hidden, out_features=1, id=f"d_out{twin}"))
    for id in ("d_in", "d_out"):
        placed = graph.session.graph.nodes[f"{id}_twin"]
        graph.session.edit(ChangeNode(replace(placed, shares=id), "Share"))
    yes, no = (graph.add("FullLike", judged[0], fill_value=value) for value in (1.0, 0.0))
    graph.add("BCEWithLogitsLoss", judged[0], yes, id="tells_real")
    graph.add("BCEWithLogitsLoss", judged[1], no, id="tells_made")
    graph.add("BCEWithLogitsLoss", judged[1], yes, id="fools")
    adam = Optimizer("Adam", 1e-3)
    steps = (Step(("tells_*",), ("d_*",), adam), Step(("fools",), ("g_*",), adam))
    graph.session.edit(SetPlan(Plan((Stage(60, steps),), batch_size=128, validation=0), "Alternate"))
    return graph


def test_adversaries_take_turns() -> None:
    rows = 4 + 1.25 * np.random.default_rng(0).standard_normal((6400, 1)).astype(np.float32)
    graph = pair()
    assert not ng.check(graph)
    run = ng.train(graph, data={"real": rows})
    assert 3.5 < ng.evaluate(graph, {"real": rows}, run=run)["g_out"].mean() < 4.5
    assert run.final["tells_real"] + run.final["tells_made"] == pytest.approx(1.386, abs=0.15)


def test_each_adversary_moves_its_own_nodes_alone() -> None:
    graph = pair()
    rows = np.random.default_rng(0).standard_normal((128, 1)).astype(np.float32)
    plan = graph.session.graph.plan
    fresh = {name: one.clone() for name, one in ng.compile(graph).state_dict().items()}
    for which, mine in ((0, "d_"), (1, "g_")):
        step = plan.stages[0].steps[which]
        graph.session.edit(SetPlan(replace(plan, stages=(Stage(1, (step,)),)), "One"))
        after = ng.train(graph, data={"real": rows}).program.state_dict()
        assert {name.partition("_")[0] + "_" for name, one in after.items() if not torch.equal(one, fresh[name])} == {
            mine}


@pytest.mark.parametrize("strength", [0.5, 2.0])
def test_a_reversed_gradient_teaches_the_opposite_before_it_and_the_same_behind(strength: float) -> None:
    rows = np.random.default_rng(0).standard_normal((32, 2)).astype(np.float32)
    moved: dict[bool, dict[str, Any]] = {}
    for turned in (False, True):
        graph = ng.Graph()
        x = graph.add("Linear", graph.add("Input", id="x", shape=(2,)), out_features=3, id="features")
        if turned:
            x = graph.add("GradientReversal", x, strength=strength, id="turn")
        graph.add("BCEWithLogitsLoss", graph.add("Linear", x, out_features=1, id="tells"),
                  graph.add("Input", id="y", shape=(1,)), id="loss")
        data = {"x": rows, "y": (rows[:, :1] > 0).astype(np.float32)}
        before = {name: one.clone() for name, one in ng.compile(graph).state_dict().items()}
        after = ng.train(graph, data=data, epochs=1, full_batch=True, optimizer="SGD", lr=0.1, validation=0)
        moved[turned] = {name: one - before[name] for name, one in after.program.state_dict().items()}
        slopes = [ng.gradients(graph, of="loss", inputs=data, mode=mode) for mode in ("reverse", "forward")]
        assert np.allclose(slopes[0]["features"], slopes[1]["features"], atol=1e-6)
    for name, step in moved[False].items():
        factor = -strength if name.startswith("features") else 1.0
        assert torch.allclose(moved[True][name], factor * step, atol=1e-6), name


def test_factors_of_a_tensor_are_found_at_its_rank() -> None:
    rng = np.random.RandomState(0)
    a, b, c = rng.randn(6, 2), rng.randn(5, 2), rng.randn(4, 2)
    whole = np.einsum("ir,jr,kr->ijk", a, b, c)
    places = np.stack(np.meshgrid(*map(np.arange, whole.shape), indexing="ij"), -1).reshape(-1, 3)
    errors = []
    for rank in (1, 2):
        graph = ng.Graph()
        tables = [graph.add("Embedding", graph.add("Input", id=id, shape=(), dtype="int64", classes=size),
                            num_embeddings=size, embedding_dim=rank)
                  for id, size in zip("ijk", whole.shape, strict=True)]
        product = graph.add("Mul", graph.add("Mul", tables[0], tables[1]), tables[2])
        graph.add("MSELoss", graph.add("Sum", product, dim=(1,)), graph.add("Input", id="y", shape=()), id="loss")
        data = {**dict(zip("ijk", places.T, strict=True)), "y": whole.reshape(-1)}
        run = ng.train(graph, data=data, epochs=800, full_batch=True, lr=0.05, validation=0)
        errors.append(np.sqrt(run.final["loss"] / (whole**2).mean()))
    assert errors[0] == pytest.approx(0.2672, abs=2e-3)
    assert errors[1] < 1e-3


def test_ratings_are_filled_in_by_two_tables() -> None:
    rng = np.random.RandomState(1)
    ratings = rng.randn(40, 3) @ rng.randn(3, 30)
    seen = rng.rand(40, 30) < 0.5
    people, films = np.nonzero(seen)
    graph = ng.Graph()
    rows = [graph.add("Embedding", graph.add("Input", id=id, shape=(), dtype="int64", classes=size),
                      num_embeddings=size, embedding_dim=3) for id, size in (("who", 40), ("what", 30))]
    guess = graph.add("Sum", graph.add("Mul", *rows), dim=(1,), id="guess")
    graph.add("MSELoss", guess, graph.add("Input", id="y", shape=()), id="loss")
    run = ng.train(graph, data={"who": people, "what": films, "y": ratings[seen]}, epochs=600, full_batch=True, lr=0.05,
                   validation=0)
    who, what = np.nonzero(~seen)
    unseen = ng.evaluate(graph, {"who": who, "what": what, "y": ratings[~seen]}, run=run)["guess"]
    assert ((unseen - ratings[~seen]) ** 2).mean() < 0.3
