"""Clipping, gathering, means of weights, precision, stop rules: held against loops by hand, and gone on with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import neuralgraph as ng
from neuralgraph.api import planned
from neuralgraph.errors import ParameterError
from neuralgraph.graph.difference import difference
from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.file import dumps, loads
from neuralgraph.graph.plan import Optimizer, Plan, Schedule, Stage, Step, Stop
from neuralgraph.training.control import Control
from neuralgraph.training.events import Event, Failed, Finished, Snapshot
from neuralgraph.training.metrics import evaluate
from tests.training.test_optimizers import BATCHES, EPOCHS, by_hand, learn, network, pieces, same

SGD: dict[str, Any] = {"optimizer": "SGD", "momentum": 0.9}


def sgd(root: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(root.parameters(), lr=0.05, momentum=0.9, fused=True)


def clip(made: Any, root: Any) -> None:
    torch.nn.utils.clip_grad_value_(root.parameters(), 0.05)
    torch.nn.utils.clip_grad_norm_(root.parameters(), 0.1)


def test_clipping_is_torchs_by_value_then_by_norm() -> None:
    run = learn(network(), clip=0.1, clip_value=0.05, **SGD)
    losses, _, weights = by_hand(network(), sgd, update=clip)
    assert run.losses == losses
    same(run, weights)
    assert run.losses != learn(network(), clip=0.1, **SGD).losses


@pytest.mark.parametrize("batch", [10, 20])
def test_gathered_batches_are_one_batch(batch: int) -> None:
    """150 rows: the last 100 (or 110) of 140 do not fill up, and count by their rows all the same."""
    graph = network()
    settings: dict[str, Any] = {"lr": 0.05, "epochs": 4, "validation": 0.0, **SGD}
    large = ng.train(graph, batch_size=4 * batch, **settings).program.state_dict()
    small = ng.train(graph, batch_size=batch, accumulate=4, **settings).program.state_dict()
    assert all(torch.allclose(one, small[name], rtol=1e-4, atol=1e-6) for name, one in large.items())
    assert not torch.equal(ng.train(graph, batch_size=batch, **settings).program.state_dict()["hidden.weight"],
                           large["hidden.weight"])


def test_each_step_of_a_plan_gathers_its_own() -> None:
    """What another step computes of the same loss in between does not get into what this one gathers."""
    graph = network()
    own = Step(nodes=("hidden",), optimizer=Optimizer("SGD", 0.05), accumulate=3)
    other = Step(nodes=("logits",), optimizer=Optimizer("SGD", 0.0))
    found = []
    for steps in ((own,), (own, other)):
        plan = replace(Plan(), stages=(Stage(2, steps),), batch_size=10, validation=0.0)
        graph.session.edit(SetPlan(plan))
        found.append(ng.train(graph).program.state_dict())
    assert all(torch.equal(one, found[1][name]) for name, one in found[0].items())


@pytest.mark.parametrize("settings", [
    {"accumulate": 2}, {"accumulate": 5, "schedule": "OneCycleLR"}, {"ema": 0.8}, {"ema": 0.8, "accumulate": 2},
    {"precision": "bfloat16"}, {"precision": "float16"}, {"full_batch": True}, {"clip_value": 0.01, "clip": 0.02},
    {"patience": 1, "best": True}, {"batch_size": 1, "shuffle": False},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("place", [1, 4, 6])
def test_they_go_on_as_if_never_stopped(settings: dict[str, Any], place: int) -> None:
    settings = {"epochs": 8} | settings if settings.get("full_batch") else settings
    settings = {"validation": 0.2, **SGD, **settings}
    whole = learn(network(), **settings)
    first, rest = pieces(network(), place, **settings)
    assert first.losses + rest.losses == whole.losses and not rest.notes
    assert {name: first.history.get(name, []) + one for name, one in rest.history.items()} == whole.history
    same(rest, whole.program.state_dict())
    assert rest.best is not None and whole.best is not None and rest.best.step == whole.best.step
    assert all((one == whole.best.weights[name]).all() for name, one in rest.best.weights.items())


def test_the_mean_of_weights_is_torchs_and_the_plain_ones_go_on() -> None:
    made: list[Any] = []

    def average(optimizer: Any, root: Any) -> None:
        if not made:
            made.append(AveragedModel(root, multi_avg_fn=get_ema_multi_avg_fn(0.7)))
            optimizer.register_step_post_hook(lambda *_: made[0].update_parameters(root))

    graph = network()
    run = learn(graph, ema=0.7, **SGD)
    losses, _, weights = by_hand(graph, sgd, update=average)
    assert run.losses == losses, "what learns is plain"
    same(run, {name: one.detach() for name, one in made[0].module.state_dict().items()})
    assert run.checkpoint is not None
    assert all(torch.equal(one, run.checkpoint.weights[name]) for name, one in weights.items())


def test_the_mean_of_weights_is_what_is_checked() -> None:
    graph = network()
    plan = planned(graph.session.graph.plan, validation=0.2, batch_size=50)
    run = learn(graph, ema=0.9, validation=0.2, **SGD)
    feed = graph.session.feed(run.program, plan)
    assert run.final["val_loss"] == evaluate(run.program, feed.validation, batch_size=50).figures["loss"]


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_autocast_is_torchs(precision: str) -> None:
    graph = network()
    run = learn(graph, precision=precision, **SGD)
    program = graph.session.compile()
    plan = planned(graph.session.graph.plan, validation=0.0)
    feed, root = graph.session.feed(program, plan), program.root
    made, scaler = sgd(root), torch.amp.GradScaler("cpu", enabled=precision == "float16")
    generator, losses = torch.Generator().manual_seed(0), []
    x, y = feed.train["data.x"], feed.train["data.y"]
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(x), generator=generator).split(50):
            made.zero_grad()
            with torch.autocast("cpu", dtype=getattr(torch, precision)):
                loss = torch.nn.functional.cross_entropy(root.logits(torch.tanh(root.hidden(x[rows]))), y[rows])
            scaler.scale(loss).backward()
            scaler.unscale_(made)
            scaler.step(made)
            scaler.update()
            losses.append(loss.item())
    assert run.losses == losses and losses != learn(graph, **SGD).losses
    same(run, {name: one.detach() for name, one in root.state_dict().items()})
    assert all(one.dtype == torch.float32 for one in run.program.root.parameters())


def test_a_full_batch_is_all_rows_and_online_is_one_by_one() -> None:
    assert learn(network(), full_batch=True, epochs=5).losses == learn(network(), batch_size=150, epochs=5).losses
    online = learn(network(), batch_size=1, shuffle=False, epochs=1, lr=0.0, optimizer="SGD").losses
    assert len(online) == 150 and online == learn(
        network(), batch_size=1, shuffle=False, epochs=1, lr=0.0, optimizer="SGD", seed=0).losses
    program = network().session.compile()
    whole = learn(network(), batch_size=50, shuffle=False, epochs=1, lr=0.0, optimizer="SGD").losses
    assert program is not None and sum(online[:50]) / 50 == pytest.approx(whole[0], rel=1e-4)


def until(act: Callable[[Event], object] = id, **settings: Any) -> tuple[Any, list[Event]]:
    events: list[Event] = []

    def hear(event: Event) -> None:
        events.append(event)
        act(event)

    return learn(network(), Control(), hear, **{"epochs": 40, "validation": 0.2, **SGD, **settings}), events


def test_it_ends_where_a_figure_does_not_get_better() -> None:
    run, events = until(figure="val_loss", patience=2, min_delta=0.02)
    assert isinstance(events[-1], Finished) and 3 < run.epochs < 40
    seen, reference, waited = run.history["val_loss"], float("inf"), 0
    for number, value in enumerate(seen, start=1):
        reference, waited = (value, 0) if value < reference - 0.02 else (reference, waited + 1)
        assert (waited > 2) == (number == run.epochs)
    assert "val_loss has not got better by more than 0.02 for 3 epochs; the best was" in run.stop_reason


def test_it_ends_at_a_target_and_in_time() -> None:
    run, _ = until(target=0.5)
    assert run.history["val_loss"][-1] <= 0.5 < run.history["val_loss"][-2] and "the target was 0.5" in run.stop_reason
    late, _ = until(seconds=0.1, epochs=10**6)
    assert late.stop_reason == "the 0.1 seconds of the plan are over" and late.seconds < 20
    assert late.checkpoint is not None


def test_the_best_weights_are_kept_and_given_back_where_that_is_asked_for() -> None:
    settings = {"lr": 1.0, "epochs": 12}
    run, events = until(best=True, **settings)
    plain, _ = until(**settings)
    history = plain.history["val_loss"]
    at = history.index(min(history))
    assert at < len(history) - 1, "the last epoch would prove nothing"
    assert run.best is not None and plain.best is not None and run.best.epoch == at + 1 == plain.best.epoch
    assert [one.kind for one in events if isinstance(one, Snapshot)] == ["best", "last"]
    assert run.final["val_loss"] == min(history) and plain.final["val_loss"] == history[-1]
    for name, one in run.program.state_dict().items():
        assert torch.equal(one, torch.as_tensor(plain.best.weights[name]))
    plain.program.load_state_dict(plain.best.weights)
    same(run, plain.program.state_dict())
    assert run.checkpoint is not None and not torch.equal(run.checkpoint.weights["hidden.weight"],
                                                          run.program.state_dict()["hidden.weight"])


def test_what_is_better_is_known_of_metrics() -> None:
    graph = network()
    data, logits = graph["data"], graph["logits"]
    graph.add("Accuracy", logits, data["y"], id="hits")
    events = list(ng.fit(graph, epochs=30, lr=0.05, figure="val_hits", target=0.6))
    assert isinstance(events[-1], Finished) and "val_hits reached 0." in events[-1].reason
    turned = list(ng.fit(graph, epochs=30, lr=0.05, figure="val_hits", better="lower", target=0.99))
    assert isinstance(turned[-1], Finished) and turned[-1].epoch == 1


@pytest.mark.parametrize(("settings", "words"), [
    ({"figure": "val_joy"}, "'val_joy', which is no figure of this run. There are: loss, val_loss"),
    ({"figure": "val_loss", "validation": 0.0}, "no figure of this run"),
])  # fmt: skip
def test_a_figure_that_is_not_there_is_said_at_once(settings: dict[str, Any], words: str) -> None:
    last = list(ng.fit(network(), epochs=2, **settings))[-1]
    assert isinstance(last, Failed) and words in last.message and last.step == 0


@pytest.mark.parametrize(("settings", "words"), [
    ({"patience": -1}, "patience expects a whole number"), ({"ema": 1.0}, "ema expects"),
    ({"accumulate": 0}, "accumulate expects"), ({"clip_value": 0.0}, "clip_value expects"),
    ({"precision": "int8"}, "precision expects one of float32"), ({"by": "month"}, "by expects one of usual"),
    ({"speed": 1}, "no training setting 'speed'. There are: epochs, optimizer, lr, schedule"),
])  # fmt: skip
def test_a_wrong_setting_is_named(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        planned(Plan(), **settings)
    assert words in str(caught.value)


def test_they_are_a_part_of_the_document_only_where_they_are_set() -> None:
    plain = network().session.graph
    assert not {"schedule", "ema", "stop", "accumulate", "full_batch", "clip_value"} & set(json.dumps(
        json.loads(dumps(plain))["plan"]).replace('"', " ").split())
    plan = planned(plain.plan, schedule="CosineAnnealingLR", warmup=5, by="step", clip_value=1, accumulate=2, ema=0.9,
                   full_batch=True, patience=3, target=1, best=True, precision="bfloat16", optimizer="NAdam")
    own = plain.having(plan=plan)
    assert loads(dumps(own)).graph == own and dumps(loads(dumps(own)).graph) == dumps(own)
    step = plan.stages[0].steps[0]
    assert (step.schedule, plan.stop) == (Schedule("CosineAnnealingLR", warmup=5, by="step"),
                                          Stop(patience=3, target=1.0, best=True))
    said = difference(plain, own)
    assert {"accumulate default → 2", "full batch default → on", "ema default → 0.9"} <= set(said)
    assert EPOCHS * BATCHES == 9


def test_seeds_give_a_spread() -> None:
    graph = network()
    spread = ng.train_seeds(graph, 3, epochs=2, validation=0.2, lr=0.05)
    assert spread.seeds == (0, 1, 2) and len({one["loss"] for one in spread.finals}) == 3
    low, middle, high = spread.figures["val_loss"]
    values = sorted(one["val_loss"] for one in spread.finals)
    assert (low, middle, high) == (values[0], values[1], values[2])
    assert spread.finals[1] == ng.train(graph, epochs=2, validation=0.2, lr=0.05, seed=1).final
    with pytest.raises(ParameterError, match="n expects"):
        ng.train_seeds(graph, 0)
