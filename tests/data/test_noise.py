"""Noise as rows of data: the same seed the same numbers, as many rows as the others, never too many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.api import planned
from neuralgraph.data.noise import noise
from neuralgraph.data.sources import deliver, describe
from neuralgraph.errors import DataError
from neuralgraph.nodes import CATALOG


def rows(**given: Any) -> Any:
    return deliver(CATALOG["Noise"](**given)).arrays["x"]


@pytest.mark.parametrize(("distribution", "mean", "spread"), [
    ("normal", 0.0, 1.0), ("uniform", 0.5, 0.2887), ("bernoulli", 0.25, 0.433)])
def test_draws_what_it_says(distribution: str, mean: float, spread: float) -> None:
    got = rows(distribution=distribution, shape=(5, 4), p=0.25)
    assert got.shape == (1000, 5, 4) and got.dtype == np.float32
    assert float(got.mean()) == pytest.approx(mean, abs=0.02)
    assert float(got.std()) == pytest.approx(spread, abs=0.02)


def test_the_same_seed_gives_the_same_numbers_whoever_drew_before() -> None:
    first = noise("normal", (3,), 7)
    np.random.default_rng(1).random(5)
    assert np.array_equal(first.arrays["x"], noise("normal", (3,), 7).arrays["x"])
    assert not np.array_equal(first.arrays["x"], noise("normal", (3,), 8).arrays["x"])
    assert np.array_equal(first.arrays["x"], noise("normal", (3,), 7, 2000).arrays["x"][:1000])


def test_scale_and_shift_come_last() -> None:
    assert np.allclose(rows(scale=3.0, shift=1.0), 3 * rows() + 1)


def test_what_it_says_is_what_it_delivers() -> None:
    node = CATALOG["Noise"](shape=(2, 3))
    assert describe(node) == deliver(node).specs


def test_has_as_many_rows_as_the_data_beside_it_and_leaves_their_parts_alone() -> None:
    graph = ng.Graph()
    data, extra = graph.add("Dataset", name="iris", id="data"), graph.add("Noise", shape=(2,), id="extra")
    scores = graph.add("Linear", graph.add("Concat", extra, data["x"]), out_features=3)
    graph.add("CrossEntropyLoss", scores, data["y"], id="loss")
    program = graph.session.compile()
    plan = planned(graph.session.graph.plan, split="stratified")
    feed = graph.session.feed(program, plan)
    assert set(feed.train) == {"extra", "data.x", "data.y"}
    assert feed.rows + feed.validation_rows == 150
    assert ng.train(graph, epochs=1).history["loss"]
    looks = graph.session.looks(graph.session.graph)
    assert "linear_1" in looks, "the cards of a network that noise feeds show something too"


def test_alone_it_is_enough_to_learn_from() -> None:
    graph = ng.Graph()
    latent = graph.add("Noise", shape=(4,), samples=96)
    graph.add("MSELoss", graph.add("Linear", latent, out_features=4, id="copy"), latent, id="loss")
    run = ng.train(graph, epochs=30, lr=0.05)
    assert run.history["loss"][-1] < 0.05 * run.history["loss"][0]
    assert run.history["loss"] == ng.train(graph, epochs=30, lr=0.05).history["loss"]


def test_rows_that_do_not_go_together_are_said() -> None:
    graph = ng.Graph()
    data, extra = graph.add("Dataset", name="iris"), graph.add("Noise", shape=(2,), samples=10)
    graph.add("CrossEntropyLoss", graph.add("Linear", graph.add("Concat", data["x"], extra), out_features=3), data["y"])
    with pytest.raises(DataError, match="different numbers of rows"):
        graph.session.feed(graph.session.compile(), graph.session.graph.plan)


def test_too_much_is_refused_before_it_is_drawn() -> None:
    graph = ng.Graph()
    graph.add("Noise", shape=(2**20, 2**20), id="huge")
    (problem,) = [one for one in ng.check(graph) if one.severity == "error"]
    assert problem.node == "huge" and "more than 1 GiB" in problem.message
    with pytest.raises(DataError, match="more than 1 GiB"):
        noise("normal", (1000,), 0, 10_000_000)
