"""Sets drawn from a seed: they repeat with it, and hold what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.data.comments import BAD, GOOD, NOT, TOXIC
from neuralgraph.data.sources import deliver
from neuralgraph.nodes import CATALOG
from neuralgraph.nodes.data import CLOUDS, DRAWN, SEQUENCES


def drawn(name: str, **settings: Any) -> Any:
    return deliver(CATALOG["Dataset"](name=name, **settings))


@pytest.mark.parametrize("name", [*CLOUDS, *SEQUENCES, *DRAWN])
@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_the_same_seed_draws_the_same(name: str, noise: float) -> None:
    first, again, other = (drawn(name, noise=noise, seed=seed, samples=60) for seed in (1, 1, 2))
    assert first is again or all(np.array_equal(first.arrays[one], again.arrays[one]) for one in "xy")
    assert first.rows == 60
    repeats = name in ("sine", "two_tone", "logistic_map") and not noise
    assert repeats == np.array_equal(first.arrays["x"], other.arrays["x"])
    assert np.array_equal(first.arrays["x"], drawn(name, noise=noise, seed=1, samples=60).arrays["x"])


def test_clouds_lie_where_they_should() -> None:
    ring = drawn("ring", samples=800)
    far = np.linalg.norm(ring.arrays["x"], axis=1)
    assert abs(far.mean() - 2.0) < 0.05 and ring.specs["y"].classes == 8
    assert np.bincount(ring.arrays["y"]).tolist() == [100] * 8
    rings = drawn("rings")
    radius = np.linalg.norm(rings.arrays["x"], axis=1)
    assert [round(float(radius[rings.arrays["y"] == one].mean()), 1) for one in range(3)] == [1.0, 2.5, 4.0]
    moons = drawn("moons").arrays["x"]
    assert (moons.min(axis=0).round(1) == [-1.0, -0.5]).all() and (moons.max(axis=0).round(1) == [2.0, 1.0]).all()


def test_bars_and_stripes_are_fourteen() -> None:
    found = drawn("bars_and_stripes")
    assert len({tuple(one) for one in found.arrays["x"].astype(int)}) == found.rows == 14
    for x, y in zip(found.arrays["x"].reshape(-1, 3, 3), found.arrays["y"], strict=True):
        columns, rows = (x == x[0]).all(), (x == x[:, :1]).all()
        assert (columns, rows) == {0: (True, False), 1: (False, True), 2: (True, True)}[int(y)]


def test_edges_lie_or_stand() -> None:
    found = drawn("edges", samples=40)
    for x, y in zip(found.arrays["x"][:, 0], found.arrays["y"], strict=True):
        across, down = (x == x[:, :1]).all(), (x == x[:1]).all()
        assert (across, down) == ((True, False) if y == 0 else (False, True))


def test_signals_tell_their_next_term() -> None:
    chaos = drawn("logistic_map", length=3)
    assert chaos.arrays["x"].shape == (500, 3, 1) and chaos.ordered
    last = chaos.arrays["x"][:, -1].astype(np.float64)
    assert chaos.arrays["y"] == pytest.approx(4 * last * (1 - last), abs=1e-5)
    sine = drawn("sine", length=2)
    taps = np.linalg.lstsq(sine.arrays["x"][:, :, 0], sine.arrays["y"][:, 0], rcond=None)[0]
    assert taps == pytest.approx([-1.0, 2 * np.cos(0.3)], abs=1e-4)
    tones = drawn("two_tone", samples=400)
    persistence = ((tones.arrays["x"][-100:, -1] - tones.arrays["y"][-100:]) ** 2).mean()
    assert 0.06 < persistence < 0.12
    kept = drawn("latch", length=40)
    assert ((kept.arrays["x"][:, 0, 0] > 0) == (kept.arrays["y"] == 1)).all()


def test_made_up_texts_follow_their_rules() -> None:
    reviews = drawn("sentiment", samples=300)
    for x, y in zip(reviews.arrays["x"], reviews.arrays["y"], strict=True):
        said = [reviews.tokens[one] for one in x]
        votes = [(word in GOOD) != (before in NOT) for before, word in zip(["", *said], said, strict=False)
                 if word in GOOD + BAD]
        assert len(votes) == 3 and (sum(votes) > 1) == bool(y)
    comments = drawn("toxicity", samples=300)
    assert comments.specs["y"].shape == ("N", 3) and 0.2 < comments.arrays["y"].mean() < 0.5
    for x, y in zip(comments.arrays["x"], comments.arrays["y"], strict=True):
        said = [comments.tokens[one] for one in x]
        for words, answer in zip(TOXIC.values(), y, strict=True):
            assert bool(answer) == any(word in words and before not in NOT
                                       for before, word in zip(["", *said], said, strict=False))
    wrong = (drawn("sentiment", samples=300, noise=0.3).arrays["y"] != reviews.arrays["y"]).mean()
    assert 0.2 < wrong < 0.4


def test_three_answers_at_once_are_learnt() -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="toxicity", samples=600)
    x = graph.add("Embedding", data["x"], num_embeddings=100, embedding_dim=16)
    x = graph.add("Linear", graph.add("GRU", x, hidden_size=16)["output"], out_features=3)
    graph.add("BCEWithLogitsLoss", graph.add("Amax", x, dim=(1,)), data["y"], id="cost")
    run = ng.train(graph, epochs=6, batch_size=32, optimizer="Adam", lr=2e-2, seed=0, validation=0.2)
    assert run.history["val_loss"][-1] < 0.3
