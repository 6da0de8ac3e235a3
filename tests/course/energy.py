"""Networks with an energy: what a Hopfield network recalls, where it breaks, and how a Boltzmann machine learns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import neuralgraph as ng
from neuralgraph.compiler.blocks.energy import all_states, coupling, energy
from neuralgraph.training.run import Run
from tests.course.documents import opened, trained
from tests.course.figure import Case, Row, least, most

FOUR = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]], np.float32)
Floats = NDArray[np.float32]


def _flipped(rng: np.random.Generator, rows: Floats, count: int) -> Floats:
    """So many units of every row turned round."""
    found = rows.copy()
    for row in found:
        row[rng.choice(len(row), count, replace=False)] *= -1
    return found


def _memory(patterns: Floats) -> tuple[ng.Graph, Run]:
    """The network of the example for patterns of any width: one pass of Hebb."""
    graph, units = ng.Graph(), patterns.shape[1]
    net = graph.add("Hopfield", graph.add("Input", id="x", shape=(units,)), id="memory", sweeps=20)
    graph.add("EnergyLoss", net["energy_in"], id="loss", reduction="sum")
    return graph, ng.train(graph, data={"x": patterns}, epochs=1, full_batch=True, optimizer="SGD", lr=1 / units,
                           validation=0)


def recall(seed: int) -> Mapping[str, float]:
    """The three letters of the example, forty times with pixels turned round."""
    graph = opened("28-hopfield")
    run = trained(graph, seed)
    letters = ng.evaluate(graph, run=run)["signs"].reshape(3, 30).astype(np.float32)
    memory, learned = _memory(letters)
    rng, found = np.random.default_rng(seed), {}
    for count in (0, 3, 4, 6):
        right = [(ng.evaluate(memory, {"x": _flipped(rng, letters, count)}, run=learned)["memory.state"] == letters)
                 .all(1).mean() for _ in range(40)]
        found[str(count)] = float(np.mean(right))
    return found


def _overlap(seed: int, units: int, count: int) -> float:
    """How like the stored patterns it is what the network settles to from them with a tenth turned round."""
    rng = np.random.default_rng(1000 * seed + count)
    stored = rng.choice([-1.0, 1.0], size=(count, units)).astype(np.float32)
    graph, run = _memory(stored)
    settled = ng.evaluate(graph, {"x": _flipped(rng, stored, units // 10)}, run=run)["memory.state"]
    return float((settled * stored).mean())


def capacity(seed: int) -> Mapping[str, float]:
    found = {f"100 {count}": _overlap(seed, 100, count) for count in (5, 10, 15, 20, 30)}
    return {**found, **{f"400 {count}": _overlap(seed, 400, count) for count in (40, 50, 80)}}


def boltzmann(seed: int) -> Mapping[str, float]:
    return {"exact": _machine(seed, 1500, 0.2, phase="exact"),
            "particles": _machine(seed, 3000, 0.05, phase="particles", particles=50)}


def _machine(seed: int, steps: int, lr: float, **params: Any) -> float:
    """Four visible units and three hidden ones learn four rows; how far their probabilities are then, in nats."""
    graph = ng.Graph()
    net = graph.add("BoltzmannMachine", graph.add("Input", id="x", shape=(4,)), id="net", hidden=3, **params)
    graph.add("EnergyLoss", net["energy"], net["energy_sample"], id="loss")
    run = ng.train(graph, data={"x": FOUR}, epochs=steps, full_batch=True, optimizer="SGD", lr=lr, validation=0,
                   seed=seed)
    weight, bias = (run.program.state_dict()[f"net.{name}"] for name in ("weight", "bias"))
    states = all_states(7, weight)
    log_p = torch.log_softmax(-energy(states, coupling(weight), bias), 0).reshape(8, 16).logsumexp(0)
    places = (torch.as_tensor(FOUR).long() << torch.arange(4)).sum(1)
    return float((-np.log(4) - log_p[places]).mean())


CASES = (
    Case("recall", "28", "its three letters, each 40 times", recall, (
        Row("0", "recalled, no pixel wrong", "H04", "100 %", least(1.0), "percent"),
        Row("3", "recalled, 3 pixels wrong", "H04", "100 %", least(0.95), "percent"),
        Row("4", "recalled, 4 pixels wrong", "H04", "99.2 %", least(0.95), "percent"),
        Row("6", "recalled, 6 pixels wrong", "H04", "92.5 %", least(0.8), "percent"))),
    Case("capacity", "28", "patterns by chance, a tenth of each turned round", capacity, (
        Row("100 5", "overlap, 100 units, 5 patterns", "H02", "1.000", least(0.99)),
        Row("100 10", "overlap, 100 units, 10 patterns", "H02", ".990", least(0.95, "median")),
        Row("100 15", "overlap, 100 units, 15 patterns", "H02", ".921", least(0.8, "median")),
        Row("100 20", "overlap, 100 units, 20 patterns", "H02", ".744", most(0.9, "median")),
        Row("100 30", "overlap, 100 units, 30 patterns", "H02", ".505", most(0.65, "median")),
        Row("400 40", "overlap, 400 units, 40 patterns", "H03", "1.000", least(0.97)),
        Row("400 50", "overlap, 400 units, 50 patterns", "H03", ".979", least(0.9, "median")),
        Row("400 80", "overlap, 400 units, 80 patterns", "H03", ".547", most(0.7, "median")))),
    Case("boltzmann", "29", "4 visible and 3 hidden units, four rows; 1,500 exact steps, 3,000 with particles",
         boltzmann, (
             Row("exact", "divergence, all states", "H08", "1.386 → .0312 / .0313 / .0315", most(0.05)),
             Row("particles", "divergence, 50 particles", "H08", ".097 / .099 / .110", most(0.3)))),
)
