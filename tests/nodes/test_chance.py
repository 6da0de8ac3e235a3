"""Nodes that draw random numbers: what they draw, when, and that a run with them repeats bit for bit."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import neuralgraph as ng
from neuralgraph.api import planned
from neuralgraph.training.control import Control
from neuralgraph.training.events import Paused
from neuralgraph.training.loop import fit
from neuralgraph.training.run import Run
from tests.nodes.alone import alone, complaint, values

ROWS = torch.full((4000, 5), 0.3)


def drawn(kind: str, seed: int = 0, training: bool = True, x: torch.Tensor = ROWS, **params: Any) -> torch.Tensor:
    made = alone(kind, {"x": x}, **params)
    made.root.train(training)
    torch.manual_seed(seed)
    return values(made, {"x": x})[0]


DRAWS: dict[str, dict[str, Any]] = {
    "GaussianNoise": {"std": 2.0}, "Bernoulli": {}, "RandnLike": {"mean": 3.0, "std": 0.5},
    "RandLike": {"low": -1.0, "high": 3.0}, "Multinomial": {"num_samples": 5},
}


@pytest.mark.parametrize(("kind", "mean", "spread"), [
    ("GaussianNoise", 0.3, 2.0), ("Bernoulli", 0.3, 0.4583), ("RandnLike", 3.0, 0.5), ("RandLike", 1.0, 1.1547),
    ("Multinomial", 2.0, 1.4142),
])
def test_draws_what_it_says(kind: str, mean: float, spread: float) -> None:
    got = drawn(kind, **DRAWS[kind]).double()
    assert float(got.mean()) == pytest.approx(mean, abs=0.05)
    assert float(got.std()) == pytest.approx(spread, abs=0.03)


@pytest.mark.parametrize("kind", DRAWS)
def test_follows_the_random_state(kind: str) -> None:
    assert torch.equal(drawn(kind, 1, **DRAWS[kind]), drawn(kind, 1, **DRAWS[kind]))
    assert not torch.equal(drawn(kind, 1, **DRAWS[kind]), drawn(kind, 2, **DRAWS[kind]))


def test_noise_is_added_in_training_alone() -> None:
    assert torch.equal(drawn("GaussianNoise", training=False, std=2.0), ROWS)
    assert not torch.equal(drawn("Bernoulli", training=False), drawn("Bernoulli", 1, training=False))


def test_coins_are_0_or_1_and_certain_ones_certain() -> None:
    assert set(drawn("Bernoulli").unique().tolist()) == {0.0, 1.0}
    sure = torch.tensor([[0.0, 1.0]])
    assert torch.equal(drawn("Bernoulli", x=sure), sure)


def test_draws_without_putting_back_are_all_there_is() -> None:
    got = drawn("Multinomial", num_samples=5, replacement=False)
    assert torch.equal(got.sort(1).values, torch.arange(5).expand(4000, 5))
    assert "at least 6 weights" in complaint("Multinomial", {"x": ROWS}, num_samples=6, replacement=False)


def test_no_gradient_passes_what_is_detached() -> None:
    for kind, slope in (("Detach", None), ("Identity", 1.0)):
        x = torch.ones(2, 3, requires_grad=True)
        (out,) = values(alone(kind, {"x": x}), {"x": x}, grad=True)
        total = (out + 2 * x).sum()
        (grad,) = torch.autograd.grad(total, x)
        assert torch.equal(grad, torch.full((2, 3), 2.0 + (slope or 0.0)))


def noisy() -> ng.Graph:
    """A network with every kind of chance in it, a data node of noise among them."""
    graph = ng.Graph()
    data = graph.add("Dataset", name="iris", id="data")
    extra = graph.add("Noise", shape=(2,), distribution="uniform", id="extra")
    x = graph.add("GaussianNoise", graph.add("Concat", data["x"], extra), std=0.2)
    hidden = graph.add("Sigmoid", graph.add("Linear", x, out_features=6, id="hidden"))
    coin = graph.add("Sub", graph.add("Bernoulli", graph.add("Detach", hidden)), graph.add("Detach", hidden))
    hidden = graph.add("Add", graph.add("Dropout", hidden), coin)
    hidden = graph.add("Mul", hidden, graph.add("RandLike", hidden, low=0.5, high=1.5))
    scores = graph.add("Linear", graph.add("Add", hidden, graph.add("RandnLike", hidden)), out_features=3, id="logits")
    graph.add("CrossEntropyLoss", scores, data["y"], id="loss")
    graph.add("Accuracy", scores, data["y"], id="accuracy")
    return graph


def learn(seed: int, pieces: tuple[int, ...] = ()) -> Run:
    """A whole run, or one that is stopped after so many batches and gone on with."""
    session = noisy().session
    plan = planned(session.graph.plan, epochs=3, seed=seed, batch_size=16)
    checkpoint, run = None, None
    for place in (*pieces, None):
        program = session.compile(seed=seed, graph=session.graph.having(plan=plan))
        run, control = Run(program), Control()
        if place is not None:
            control.one_batch()
        for event in fit(program, session.feed(program, plan), plan, control, resume=checkpoint):
            run.hear(event)
            if isinstance(event, Paused):
                control.one_batch() if event.step < (place or 0) else control.stop()
        assert run.failure is None, run.failure
        checkpoint = run.checkpoint
    assert run is not None
    return run


def test_a_run_full_of_chance_repeats_bit_for_bit() -> None:
    torch.manual_seed(1)
    one = learn(5)
    torch.manual_seed(2)  # the rest of the program has a state of its own
    torch.rand(7)
    two = learn(5)
    assert one.losses == two.losses and one.history == two.history
    assert one.losses != learn(6).losses
    assert all(torch.equal(a, b) for a, b in zip(one.program.state_dict().values(), two.program.state_dict().values(),
                                                 strict=True))


def test_a_run_full_of_chance_goes_on_as_if_unbroken() -> None:
    whole, broken = learn(5), learn(5, (7, 11))
    assert whole.history["loss"][-1] == broken.history["loss"][-1]
    assert whole.final == broken.final
    assert all(torch.equal(a, b) for a, b in zip(whole.program.state_dict().values(),
                                                 broken.program.state_dict().values(), strict=True))


def test_evaluating_draws_the_same_every_time_and_disturbs_nobody() -> None:
    graph = noisy()
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one = ng.evaluate(graph)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(5)
    two = ng.evaluate(graph)
    assert all((one[name] == two[name]).all() for name in one)
    slopes, again = ng.gradients(graph, "loss"), ng.gradients(graph, "loss")
    assert all((slopes[name] == again[name]).all() for name in slopes)


def test_predicting_draws_the_same_every_time_and_disturbs_nobody() -> None:
    graph = ng.Graph()
    x = graph.add("Input", shape=(5,), id="x")
    graph.add("Output", graph.add("RandnLike", graph.add("Dropout", x)), id="noise")
    program = ng.compile(graph, seed=4)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one = program.predict(x=ROWS)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(5)
    assert torch.equal(program.predict(x=ROWS), one)
    assert not torch.equal(ng.compile(graph, seed=5).predict(x=ROWS), one)
