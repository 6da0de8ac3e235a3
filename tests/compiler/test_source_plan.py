"""The exported training loop: what the plan asks for is in it, and it learns as the plan does."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import neuralgraph as ng
from neuralgraph.api import planned
from neuralgraph.graph.edits import SetPlan
from neuralgraph.spec.optimizers import OPTIMIZERS
from neuralgraph.spec.schedules import SCHEDULES
from tests.training.test_optimizers import CASES, IDS, learn, network, rate_of


def learns_the_same(**settings: Any) -> str:
    """The text, after it was run against the run of the program."""
    offsets = settings.get("optimizer") != "Muon"
    settings = {"epochs": 3, "batch_size": 50, "validation": 0.0, "lr": 0.05, **settings}
    graph = network(offsets)
    graph.session.edit(SetPlan(planned(graph.session.graph.plan, **settings)))
    text = ng.to_python(graph)
    assert all(len(line) <= 120 for line in text.splitlines())
    space: dict[str, Any] = {"__name__": "student"}
    exec(text, space)
    program = graph.session.compile()
    made = space["Network"]()
    made.load_state_dict(program.state_dict())
    feed = graph.session.feed(program, graph.session.graph.plan)
    space["train"](made, feed.train["data.x"], feed.train["data.y"])
    run = learn(network(offsets), **settings)
    for name, one in run.program.state_dict().items():
        assert torch.allclose(one, made.state_dict()[name], rtol=1e-4, atol=1e-5), name
    return text


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser(name: str) -> None:
    options = {"beta1": 0.8} if "beta1" in OPTIMIZERS[name].options else {}
    text = learns_the_same(optimizer=name, lr=rate_of(name), **options)
    assert f"torch.optim.{name}(" in text and ("betas=(0.8, 0.999)" in text) == bool(options)


@pytest.mark.parametrize(("name", "options", "by"), CASES, ids=IDS)
def test_every_schedule(name: str, options: dict[str, Any], by: str) -> None:
    text = learns_the_same(optimizer="SGD", momentum=0.5, schedule=name, schedule_options=options, by=by)
    assert f"lr_scheduler.{name}(" in text


@pytest.mark.parametrize("name", [one for one, recipe in SCHEDULES.items() if recipe.length])
def test_to_the_end(name: str) -> None:
    assert "=epochs" in learns_the_same(schedule=name, by="epoch")
    assert "epochs * -(-len(" in learns_the_same(schedule=name, by="step", warmup=3)
    assert "// (batch_size * 2)" in learns_the_same(schedule=name, by="step", accumulate=2, batch_size=20)


@pytest.mark.parametrize(("settings", "words"), [
    ({"clip": 0.1, "clip_value": 0.05}, "clip_grad_value_(network.parameters(), 0.05)"),
    ({"accumulate": 4, "batch_size": 20}, "# 4 batches make one step"), ({"warmup": 5}, "# warm-up"),
    ({"full_batch": True}, "batch_size=None"), ({"shuffle": False}, "torch.arange(len("),
    ({"optimizer": "LBFGS", "lr": 1.0, "clip": 5.0, "full_batch": True}, "def closure():"),
    ({"optimizer": "LBFGS", "lr": 0.5, "warmup": 2, "schedule": "StepLR"}, "loss = optimizer.step(closure)"),
], ids=str)  # fmt: skip
def test_the_rest(settings: dict[str, Any], words: str) -> None:
    assert words in learns_the_same(**settings)


def test_what_is_left_out_is_said() -> None:
    graph = network()
    graph.session.edit(SetPlan(planned(graph.session.graph.plan, ema=0.9, patience=3, precision="bfloat16")))
    text = ng.to_python(graph)
    assert "# Left to NeuralGraph: the mean of the weights (decay 0.9)." in text
    assert "computing in bfloat16" in text and "stop early" in text
    assert "Left to" not in ng.to_python(network())
