"""Networks with an energy learn by the one loop: Hebb, contrastive divergence, particles, stacks; true figures."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import neuralgraph as ng
from neuralgraph.compiler.blocks.boltzmann import DeepBoltzmannMachine
from neuralgraph.compiler.blocks.energy import all_states, coupling, energy
from neuralgraph.data.sources import deliver
from neuralgraph.graph.edits import ChangeNode, SetPlan
from neuralgraph.graph.plan import Optimizer, Plan, Stage, Step
from neuralgraph.nodes import CATALOG
from neuralgraph.training.run import Run

PAIR = np.array([[1, 1, -1, -1, 1], [1, -1, 1, -1, 1]], np.float32)
FOUR = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]], np.float32)


def memory(patterns: Any, **params: Any) -> tuple[ng.Graph, Run]:
    """Hebb's rule: one pass on the energy, from couplings of 0."""
    graph, units = ng.Graph(), patterns.shape[1]
    net = graph.add("Hopfield", graph.add("Input", id="x", shape=(units,)), id="memory", **params)
    graph.add("EnergyLoss", net["energy_in"], id="loss", reduction="sum")
    return graph, ng.train(graph, data={"x": patterns}, epochs=1, full_batch=True, optimizer="SGD", lr=1 / units,
                           validation=0)


def recalled(graph: ng.Graph, run: Run, cues: Any) -> Any:
    return ng.evaluate(graph, {"x": cues}, run=run)["memory.state"]


def test_hebb_is_one_step_on_the_energy() -> None:
    graph, run = memory(PAIR)
    weight = run.program.state_dict()["memory.weight"]
    wanted = PAIR.T @ PAIR / 5
    np.fill_diagonal(wanted, 0)
    assert np.allclose(weight, wanted, atol=1e-7)
    every = np.array(list(itertools.product([-1, 1], repeat=5)), np.float32)
    found = ng.evaluate(graph, {"x": every}, run=run)
    assert np.allclose(ng.evaluate(graph, {"x": PAIR}, run=run)["memory.energy"], -1.6)
    stable = every[(found["memory.state"] == every).all(1)]
    wanted_states = {tuple(one) for one in (*PAIR, *-PAIR)}
    assert {tuple(one) for one in stable} == wanted_states  # their negatives are remembered too
    assert (np.diff(found["memory.curve"], axis=1) <= 1e-6).all(), "the energy never rises"


def test_letters_are_recalled_from_three_flipped_pixels() -> None:
    letters = 2 * deliver(CATALOG["Dataset"](name="letters")).arrays["x"].reshape(3, 30).astype(np.float32) - 1
    graph, run = memory(letters)
    found = ng.evaluate(graph, {"x": letters}, run=run)
    assert np.allclose(found["memory.energy"], [-13.8333, -17.8333, -18.0333], atol=1e-4)
    assert (found["memory.state"] == letters).all()
    rng, right = np.random.default_rng(0), []
    for _ in range(40):
        cues = letters.copy()
        for row in cues:
            row[rng.choice(30, 3, replace=False)] *= -1
        right.append((recalled(graph, run, cues) == letters).all(1))
    assert np.mean(right) > 0.95


@pytest.mark.parametrize(("patterns", "least", "most"), [(5, 0.999, 1.0), (10, 0.95, 1.0), (30, 0.3, 0.75)])
def test_memory_breaks_down_above_its_capacity(patterns: int, least: float, most: float) -> None:
    stored = np.random.default_rng(patterns).choice([-1.0, 1.0], size=(patterns, 100)).astype(np.float32)
    graph, run = memory(stored, sweeps=20)
    assert least <= (recalled(graph, run, stored) * stored).mean() <= most


def test_a_mixture_of_three_is_a_memory_that_nobody_stored() -> None:
    stored = np.random.default_rng(1).choice([-1.0, 1.0], size=(5, 200)).astype(np.float32)
    graph, run = memory(stored)
    mixture = np.sign(stored[:3].sum(0))[None]
    assert (recalled(graph, run, mixture) * mixture).mean() > 0.9


def test_all_together_may_go_round_in_circles() -> None:
    graph = ng.Graph()
    net = graph.add("Hopfield", graph.add("Input", id="x", shape=(2,)), id="memory", order="together", sweeps=3)
    graph.add("Output", net["state"])
    graph.set_weights("memory", weight=[[0, 1], [1, 0]])
    assert ng.evaluate(graph, {"x": np.array([[1, -1]], np.float32)})["memory.state"].tolist() == [[-1, 1]]


def test_clamped_units_are_interpreted_by_the_others() -> None:
    weight = np.zeros((5, 5))
    for i, j, w in [(0, 1, 3), (1, 2, -4), (0, 2, 2), (2, 3, 3), (3, 4, -1), (2, 4, -1), (1, 3, -1)]:
        weight[i, j] = weight[j, i] = w
    graph = ng.Graph()
    held = graph.add("Cast", graph.add("Constant", value=(1, 1, 0, 0, 0)), dtype="bool")
    x = graph.add("Input", id="x", shape=(5,))
    net = graph.add("Hopfield", x, held, id="memory", units="0 and 1")
    graph.add("Output", net["state"])
    graph.set_weights("memory", weight=weight)
    every = np.array(list(itertools.product([0, 1], repeat=5)), np.float32)
    found = ng.evaluate(graph, {"x": every})
    assert (found["memory.state"][:, :2] == every[:, :2]).all()
    costs = dict(zip(map(tuple, every.astype(int)), found["memory.energy_in"], strict=True))
    assert [costs[one] for one in ((0, 0, 1, 1, 0), (1, 0, 1, 1, 0), (0, 1, 1, 0, 1), (1, 1, 0, 0, 0))] == [
        -3, -5, 5, -3]
    best = {seen: found["memory.energy"][(every[:, :2] == seen).all(1)].min()
            for seen in ((0, 0), (0, 1), (1, 0), (1, 1))}
    assert best == {(0, 0): -3, (0, 1): 0, (1, 0): -5, (1, 1): -3}


# -- Boltzmann machines ----------------------------------------------------------------------------------------------


def divergence(log_p: Tensor, rows: Any) -> float:
    """KL of the rows, all equally likely, from a distribution over all states of their units."""
    places = (torch.as_tensor(rows).long() << torch.arange(rows.shape[1])).sum(1)
    return float((-np.log(len(rows)) - log_p[places]).mean())


def machine(steps: int, lr: float, **params: Any) -> tuple[Run, float]:
    graph = ng.Graph()
    net = graph.add("BoltzmannMachine", graph.add("Input", id="x", shape=(4,)), id="net", **params)
    graph.add("EnergyLoss", net["energy"], net["energy_sample"], id="loss")
    run = ng.train(graph, data={"x": FOUR}, epochs=steps, full_batch=True, optimizer="SGD", lr=lr, validation=0)
    weight, bias = (run.program.state_dict()[f"net.{name}"] for name in ("weight", "bias"))
    states = all_states(7, weight)
    log_p = torch.log_softmax(-energy(states, coupling(weight), bias), 0).reshape(8, 16).logsumexp(0)
    return run, divergence(log_p, FOUR)


def test_a_boltzmann_machine_learns_four_rows_exactly() -> None:
    run, kl = machine(700, 0.4, phase="exact")
    assert kl < 0.3
    assert run.final["loss"] == pytest.approx(kl + np.log(4), abs=2e-3), "its loss is the negative log-likelihood"


def test_particles_stand_in_for_all_states() -> None:
    _, untrained = machine(1, 0.0, phase="exact")
    run, kl = machine(500, 0.1)
    assert untrained > 1.3
    assert kl < 0.9
    particles = run.program.state_dict()["net.particles"]
    assert particles.shape == (50, 7)
    assert set(particles.unique().tolist()) == {0, 1}


def test_particles_live_on_while_training_alone() -> None:
    graph = ng.Graph()
    net = graph.add("BoltzmannMachine", graph.add("Input", id="x", shape=(4,)), id="net")
    graph.add("EnergyLoss", net["energy"], net["energy_sample"], id="loss")
    program = ng.compile(graph)
    before = program.state_dict()["net.particles"].clone()
    inputs = {"x": torch.tensor(FOUR)}
    with program.quiet():
        program.trace(inputs)
    assert torch.equal(program.state_dict()["net.particles"], before)
    program.trace(inputs)
    assert not torch.equal(program.state_dict()["net.particles"], before)


def test_gibbs_sampling_reaches_the_distribution() -> None:
    rng = np.random.RandomState(0)
    weight = rng.randn(6, 6)
    weight = np.triu(weight, 1) + np.triu(weight, 1).T
    bias = 0.5 * rng.randn(6)
    graph = ng.Graph()
    net = graph.add("BoltzmannMachine", graph.add("Input", id="x", shape=(6,)), id="net", hidden=0, particles=10_000,
                    sweeps=60)
    graph.add("Output", net["sample"])
    graph.set_weights("net", weight=weight, bias=bias)
    sample = ng.evaluate(graph, {"x": np.zeros((1, 6), np.float32)})["net.sample"]
    states = all_states(6, torch.zeros(1, dtype=torch.float64))
    wanted = torch.softmax(-energy(states, torch.tensor(weight), torch.tensor(bias)), 0).numpy()
    places = (sample.astype(int) << np.arange(6)).sum(1)
    assert np.abs(np.bincount(places, minlength=64) / 10_000 - wanted).sum() / 2 < 0.06


def test_annealing_finds_the_largest_cut() -> None:
    links = np.triu(np.random.RandomState(3).rand(14, 14) < 0.4, 1).astype(float)
    links += links.T
    assert links.sum() / 2 == 40
    graph = ng.Graph()
    net = graph.add("BoltzmannMachine", graph.add("Input", id="x", shape=(14,)), id="net", hidden=0, particles=30,
                    sweeps=60, hot=5.0, cold=0.1)
    graph.add("Output", net["energy_sample"])
    graph.set_weights("net", weight=-2 * links, bias=links.sum(0))
    cuts = -ng.evaluate(graph, {"x": np.zeros((1, 14), np.float32)})["net.energy_sample"]
    assert cuts.max() == 31
    assert (cuts == 31).mean() >= 0.6


@pytest.mark.parametrize(("phase", "epochs", "rate"), [("data", 400, 0.5), ("particles", 1500, 0.1),
                                                       ("exact", 400, 0.5)])
def test_an_rbm_learns_bars_and_stripes(phase: str, epochs: int, rate: float) -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="bars_and_stripes")
    net = graph.add("RBM", graph.add("Flatten", data["x"]), id="net", hidden=16, phase=phase, k=2)
    graph.add("EnergyLoss", net["energy"], net["energy_sample"], id="loss")
    graph.set_initial("net", weight="normal", weight_std=0.1)
    rows = np.array(deliver(CATALOG["Dataset"](name="bars_and_stripes")).arrays["x"].reshape(14, 9))

    def kl(program: Any) -> float:
        part = program.part("net")
        with torch.no_grad():
            return divergence(torch.log_softmax(-part.free_energy(all_states(9, part.weight)), 0), rows)

    assert kl(ng.compile(graph)) > 3.0
    assert kl(ng.train(graph, epochs=epochs, full_batch=True, optimizer="SGD", lr=rate, validation=0).program) < 1.5


def test_odd_and_even_layers_of_a_deep_machine_are_free_of_each_other() -> None:
    rng = np.random.RandomState(5)
    first, second = rng.randn(3, 2), rng.randn(2, 2)
    graph = ng.Graph()
    net = graph.add("DeepBoltzmannMachine", graph.add("Input", id="x", shape=(3,)), id="net", layers=(2, 2),
                    mean_field=100)
    graph.add("Output", net["hidden"])
    graph.set_weights("net", weight_1=first.T, weight_2=second.T)
    found = ng.evaluate(graph, {"x": np.array([[1, 0, 1]], np.float32)})["net.hidden"]
    assert np.allclose(found, [[0.486465055, 0.770341722, 0.426097531, 0.367740322]], atol=1e-6)
    part = ng.compile(graph).part("net")
    assert isinstance(part, DeepBoltzmannMachine)
    given = [torch.zeros(1, 3), torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2)]
    down, up = torch.sigmoid(part.field(given, 0)), torch.sigmoid(part.field(given, 2))
    assert np.allclose(down.detach(), [[0.608551477, 0.919143865, 0.527375058]], atol=1e-6)
    assert np.allclose(up.detach(), [[0.287156937, 0.356259417]], atol=1e-6)


# -- a stack, layer by layer -----------------------------------------------------------------------------------------


def shared(graph: ng.Graph, id: str, owner: str) -> None:
    placed = graph.session.graph.nodes[id]
    graph.session.edit(ChangeNode(replace(placed, shares=owner), "Share"))


def test_a_deep_belief_net_is_a_plan_of_stages() -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="digits")
    x = graph.add("Flatten", data["x"], id="x")
    low = graph.add("RBM", x, id="low", hidden=100, draw="hidden")
    high = graph.add("RBM", low["hidden"], id="high", hidden=40, draw="hidden", dream=300)
    for net in (low, high):
        graph.add("EnergyLoss", net["energy"], net["energy_sample"], id=f"{net.id}_loss")
    logits = graph.add("Linear", high["hidden"], out_features=10, id="read")
    graph.add("CrossEntropyLoss", logits, data["y"], id="label")
    graph.add("Accuracy", logits, data["y"], id="accuracy")
    graph.add("Output", graph.add("RBM", x, id="back", hidden=100, draw="hidden", down=high["visible"])["visible"])
    graph.add("Output", graph.add("RBM", x, id="dreamt", hidden=100, draw="hidden", down=high["sample"])["visible"])
    shared(graph, "back", "low")
    shared(graph, "dreamt", "low")
    rule = Optimizer("SGD", 0.1)
    stages = (Stage(15, (Step(("low_loss",), ("low",), rule),)), Stage(15, (Step(("high_loss",), ("high",), rule),)),
              Stage(25, (Step(("label",), ("read",), Optimizer("Adam", 0.02)),)))
    graph.session.edit(SetPlan(Plan(stages, batch_size=20, validation=497), "Plan"))
    assert not ng.check(graph)
    run = ng.train(graph)
    assert run.final["val_accuracy"] >= 0.9
    found = ng.evaluate(graph, run=run)
    pictures, dreams = found["x"], found["dreamt.visible"][:100]
    assert ((found["low.visible"] - pictures) ** 2).mean() < 0.03
    assert ((found["back.visible"] - pictures) ** 2).mean() < 0.05

    def nearest(rows: Any) -> float:
        return float(np.sqrt(((rows[:, None] - pictures[None]) ** 2).sum(-1)).min(1).mean())

    assert nearest(dreams) < nearest(np.random.default_rng(0).random(dreams.shape)) / 2
