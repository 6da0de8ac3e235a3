"""A drawn cell that runs without an input: to a fixed point, in a circle, in chaos; and what it needs for that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from drawn_cells import errors

import neuralgraph as ng
from neuralgraph.compiler.source import to_python
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.module_edits import Within
from neuralgraph.graph.unrolling import unroll


def alone(weight: np.ndarray, steps: int = 200, **params: object) -> ng.Graph:
    """h ← tanh(J h) from what is wired in."""
    size = len(weight)
    cell = ng.Graph()
    h = cell.add("State", id="h", state="h", shape=(size,), initial="wired")
    after = cell.add("Tanh", cell.add("Linear", h, out_features=size, bias=False, id="pull"), id="after")
    cell.set_weights("pull", weight=weight)
    cell.add("NextState", after, state="h", id="h_next")
    cell.add("Output", after, id="y")
    graph = ng.Graph()
    start = graph.add("Input", id="start", shape=(size,))
    graph.define("Cell", cell)
    net = graph.add("Recurrent", start, definition="Cell", id="net", free_steps=steps, **params)
    graph.add("Output", net["y"], id="seen")
    return graph


def path(weight: np.ndarray, start: np.ndarray, steps: int = 200) -> np.ndarray:
    return ng.evaluate(alone(weight, steps), {"start": np.asarray(start, np.float32)})["net.y"]


def chance(gain: float, size: int = 100) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((size, size)) * gain / np.sqrt(size)


def test_two_fixed_points_attract() -> None:
    found = path(np.array([[2.0]]), [[0.1], [-0.1]])
    assert found.shape == (2, 200, 1)
    assert np.allclose(found[:, -1, 0], [0.957504024, -0.957504024], atol=1e-3)


def test_a_turn_that_grows_goes_round_in_a_circle() -> None:
    turn = 1.5 * np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    wave = path(turn, [[0.1, 0.0]], 600)[0, 200:, 0]
    crossings = np.nonzero((wave[:-1] < 0) & (wave[1:] >= 0))[0]
    assert abs(np.diff(crossings).mean() - 13.142857) < 0.5
    assert 0.85 < wave.max() < 0.95


def test_small_gains_die_out_and_large_ones_are_chaos() -> None:
    start = np.random.default_rng(1).standard_normal((1, 100))
    near = np.vstack((start, start + 1e-4))
    quiet, wild = path(chance(0.5), near), path(chance(4.0), near)
    assert np.abs(quiet[:, -1]).max() < 1e-6
    away = np.linalg.norm(wild[1] - wild[0], axis=1)
    growth = np.log(away[12] / away[0]) / 12  # before it is as large as the attractor
    assert 0.1 < growth < 0.8
    assert 0.8 < np.sqrt((wild[:, 100:] ** 2).mean()) < 0.95


def test_its_python_computes_the_same() -> None:
    program = ng.compile(alone(chance(1.5, 5), 7))
    space: dict[str, object] = {"__name__": "exported"}
    exec(compile(to_python(program), "exported.py", "exec"), space)
    network = space["Network"]()  # type: ignore[operator]
    network.load_state_dict(program.state_dict())
    start = torch.rand(3, 5)
    assert torch.equal(network(start), program.module(start)["seen"])


def test_it_can_be_unrolled() -> None:
    graph = alone(chance(1.5, 4), 3)
    start = np.random.default_rng(0).random((2, 4)).astype(np.float32)
    before = ng.evaluate(graph, {"start": start})["net.y"]
    session = graph.session
    made = unroll(session.graph, session.catalog, "net", {})
    assert isinstance(made, tuple)
    session.edit(made[0])
    assert not errors(graph)
    assert np.allclose(ng.evaluate(graph, {"start": start})["seen"], before, atol=1e-6)


def test_it_says_what_it_needs() -> None:
    said = [one.message for one in errors(alone(np.eye(2), 0))]
    assert len(said) == 1 and "with an Input" in said[0]
    graph = alone(np.eye(2))
    session = graph.session
    state = session.graph.modules["Cell"].nodes["h"]
    changed = replace(state, params=state.params.having(initial="zero"))
    session.edit(Within("Cell", ChangeNode(changed)))
    said = [one.message for one in errors(graph) if one.node == "net"]
    assert any("whose start is wired" in one for one in said)


def test_it_learns_where_to_go() -> None:
    """The weights are learnt from the path alone: a unit that should settle at 0.5."""
    graph = alone(np.array([[2.0]]), 30, output="last")
    graph.add("MSELoss", graph["net"]["y"], graph.add("Input", id="goal", shape=(1,)), id="loss")
    data = {"start": np.full((4, 1), 0.3, np.float32), "goal": np.full((4, 1), 0.5, np.float32)}
    run = ng.train(graph, data=data, epochs=100, full_batch=True, optimizer="Adam", lr=0.02, validation=0)
    assert run.final["loss"] < 1e-4
