"""Replayed steps against the usual way: the same numbers, bit for bit, and back to the usual way where they are not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.graph.plan import Optimizer, Plan, Schedule, Stage, Step
from neuralgraph.training.checkpoint import Checkpoint
from neuralgraph.training.control import Control
from neuralgraph.training.events import Changed, Event, Failed, Note
from neuralgraph.training.events import Step as Steps
from neuralgraph.training.loop import Loop, fit
from neuralgraph.training.traced import quick

ROWS, EPOCHS = 50, 14


@contextmanager
def soon(to_come: int = 1) -> Iterator[None]:
    """Replays take over after a few batches, however short the run."""
    with patch.object(quick, "TO_COME", to_come):
        yield


def drawn(*layers: tuple[str, dict[str, Any]], shape: tuple[int, ...] = (6,)) -> ng.Graph:
    g = ng.Graph()
    x, y = g.add("Input", shape=shape, id="x"), g.add("Input", shape=(), dtype="int64", classes=3, id="y")
    for kind, params in layers:
        made = g.add(kind, x, **params)
        x = made["output"] if kind in ("LSTM", "GRU") else made
    logits = g.add("Linear", x, out_features=3, id="logits")
    g.add("CrossEntropyLoss", logits, y, id="loss")
    g.add("Accuracy", logits, y, id="accuracy")
    return g


def mlp() -> ng.Graph:
    return drawn(("Linear", {"out_features": 8}), ("ReLU", {}), ("Linear", {"out_features": 8}), ("Tanh", {}))


NETWORKS = {
    "mlp": mlp,
    "dropout": lambda: drawn(("Linear", {"out_features": 8}), ("Dropout", {"p": 0.4}), ("GELU", {})),
    "norms": lambda: drawn(("Linear", {"out_features": 8}), ("BatchNorm1d", {}), ("LayerNorm", {}), ("SiLU", {})),
    "conv": lambda: drawn(("Conv2d", {"out_channels": 3, "kernel_size": 3}), ("BatchNorm2d", {}), ("ReLU", {}),
                          ("MaxPool2d", {"kernel_size": 2}), ("Flatten", {}), shape=(1, 8, 8)),
    "lstm": lambda: drawn(("LSTM", {"hidden_size": 5}), ("Flatten", {}), shape=(4, 3)),
    "gru": lambda: drawn(("GRU", {"hidden_size": 5, "num_layers": 2, "dropout": 0.2}), ("Flatten", {}), shape=(4, 3)),
    "attention": lambda: drawn(("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 8}), ("Flatten", {}),
                               shape=(4, 6)),
}


def plan(step: Step | None = None, **given: Any) -> Plan:
    made = Plan((Stage(EPOCHS, (step or Step(optimizer=Optimizer("Adam", 1e-2)),)),), 8, validation=0.0, seed=3)
    return replace(made, **given)


def loop_of(g: ng.Graph, plan: Plan, control: Control | None = None, resume: Checkpoint | None = None) -> Loop:
    session = g.session
    shape = tuple(session.graph.nodes["x"].params["shape"])
    rng = np.random.default_rng(0)
    data = {"x": rng.normal(size=(ROWS, *shape)).astype(np.float32), "y": rng.integers(0, 3, ROWS)}
    program = session.compile(seed=plan.seed)
    return Loop(program, session.feed(program, plan, data), plan, control or Control(), resume)


def heard(loop: Loop) -> tuple[list[float], list[Event]]:
    events = list(loop.events())
    return [one for event in events if isinstance(event, Steps) for one in event.losses.tolist()], events


def everything(loop: Loop) -> dict[str, Any]:
    stood = loop.checkpoint()
    found = {name: one.tolist() for name, one in loop.program.state_dict().items()}
    for number, updates in enumerate(stood.learners):
        for name, kept in updates.state.items():
            found.update({f"{number} {name} {key}": torch.as_tensor(one).tolist() for key, one in kept.items()})
    return found | {"random": {name: one.tolist() for name, one in loop.random.own.items()}}


def compared(g: ng.Graph, plan: Plan, *, replays: bool = True) -> None:
    usual = loop_of(g, plan)
    expected, _ = heard(usual)
    with soon():
        mine = loop_of(g, plan)
        losses, events = heard(mine)
    assert [one.message for one in events if isinstance(one, Note)] == []
    assert any(one.quick.replays for one in mine.learners) is replays, [one.quick.off for one in mine.learners]
    assert losses == expected and len(losses) >= EPOCHS * 3
    assert everything(mine) == everything(usual)
    assert mine.learners[0].gradient_norm() == usual.learners[0].gradient_norm()


@pytest.mark.parametrize("name", NETWORKS)
def test_is_the_usual_way(name: str) -> None:
    compared(NETWORKS[name](), plan())


@pytest.mark.parametrize(
    "optimizer",
    [
        Optimizer("SGD", 0.1),
        Optimizer("SGD", 0.1, {"momentum": 0.9, "weight_decay": 1e-3}),
        Optimizer("SGD", 0.1, {"momentum": 0.9, "nesterov": True}),
        Optimizer("Adam", 0.01, {"weight_decay": 1e-2}),
        Optimizer("Adam", 0.01, {"amsgrad": True}),
        Optimizer("AdamW", 0.01, {"beta1": 0.8, "beta2": 0.99}),
        Optimizer("RMSprop", 0.01),
        Optimizer("Adagrad", 0.05),
        Optimizer("NAdam", 0.01),
        Optimizer("Rprop", 0.01),
    ],
    ids=lambda one: f"{one.name} {dict(one.options)}",
)
def test_with_every_kind_of_optimiser(optimizer: Optimizer) -> None:
    compared(mlp(), plan(Step(optimizer=optimizer)))


@pytest.mark.parametrize(
    "step",
    [
        Step(clip=0.05),
        Step(clip_value=0.01),
        Step(l1=0.01),
        Step(schedule=Schedule("CosineAnnealingLR", warmup=5)),
        Step(every=2),
        Step(nodes=("logits",)),
    ],
    ids=["clip", "clip value", "l1", "schedule", "every second", "some nodes"],
)
def test_with_what_a_plan_can_say(step: Step) -> None:
    compared(mlp(), plan(step))


def test_two_steps_and_settings_of_nodes() -> None:
    g = mlp()
    two = Plan((Stage(EPOCHS, (Step(nodes=("logits",)), Step(nodes=("linear_*",), optimizer=Optimizer("SGD", 0.1)))),),
               8, validation=0.0)
    compared(g, two)


@pytest.mark.parametrize("given", [{"precision": "float64"}, {"ema": 0.9}, {"shuffle": False}], ids=str)
def test_with_what_holds_for_all(given: dict[str, Any]) -> None:
    compared(mlp(), plan(**given))


@pytest.mark.parametrize("given", [{"precision": "bfloat16"}], ids=str)
def test_some_go_the_usual_way(given: dict[str, Any]) -> None:
    compared(mlp(), plan(**given), replays=False)
    compared(mlp(), plan(Step(accumulate=2)), replays=False)


def test_beside_a_window_steps_are_replayed_as_well() -> None:
    """Whoever shares the processor asks for a turn after every batch, replayed or not."""
    control, turns = Control(), []
    control.courtesy = lambda: turns.append(loop.step)
    with soon():
        loop = loop_of(mlp(), plan(), control)
        heard(loop)
    assert loop.learners[0].quick.replays and turns == list(range(loop.step))


@pytest.mark.parametrize("optimizer", [Optimizer("Adam", 1e-2), Optimizer("SGD", 1e-2, {"momentum": 0.9})])
def test_each_size_of_batch_is_traced_once_however_long_the_run(optimizer: Optimizer) -> None:
    """The kernel for the smaller batch at the end of an epoch made that for the others stale, over and over again."""
    long = Plan((Stage(20, (Step(optimizer=optimizer),)),), 8, validation=0.0, seed=3)
    usual = loop_of(mlp(), long)
    expected, _ = heard(usual)
    made: list[int] = []
    original = quick.Quick._made

    def counted(self: quick.Quick, batch: Any) -> Any:
        made.append(len(batch[0]))
        return original(self, batch)

    with soon(), patch.object(quick.Quick, "_made", counted):
        loop = loop_of(mlp(), long)
        losses, _ = heard(loop)
    assert sorted(made) == [ROWS % 8, 8]
    assert losses == expected and everything(loop) == everything(usual)


def test_short_runs_are_not_traced() -> None:
    loop = loop_of(mlp(), plan())
    heard(loop)
    assert not loop.learners[0].quick.replays and not loop.learners[0].quick.off


def test_levers_and_a_pause_in_the_middle() -> None:
    """A rate changes at once; a penalty is in the trace, so it is made anew; a checkpoint goes on either way."""
    def run(to_come: int) -> tuple[list[float], dict[str, Any]]:
        control = Control()
        control.repeat(Changed(at, 0.0, name, 0.0, value) for at, name, value in (
            (30, "lr", 0.005), (40, "l1", 0.02), (55, "weight_decay", 0.1), (62, "momentum", 0.5)))
        with soon(to_come):
            loop = loop_of(mlp(), plan(), control)
            losses, _ = heard(loop)
        assert loop.learners[0].quick.replays == (to_come == 1)
        return losses, everything(loop)

    assert run(1) == run(10**9)


def test_goes_on_from_a_checkpoint() -> None:
    whole = loop_of(mlp(), plan())
    expected, _ = heard(whole)
    with soon():
        first = loop_of(mlp(), plan(), Control())
        losses: list[float] = []
        for event in first.events():
            losses += event.losses.tolist() if isinstance(event, Steps) else []
            if first.epoch == 6 and first.batch == 0:
                break
        assert first.learners[0].quick.replays
        kept = first.checkpoint()
        second = loop_of(mlp(), plan(), resume=kept)
        second.program.load_state_dict(first.program.state_dict())
        more, _ = heard(second)
    assert losses + more == expected
    assert everything(second) == everything(whole)


class _Counts(torch.nn.Module):
    """Does otherwise every time: a trace can't know."""

    def __init__(self, inside: torch.nn.Module) -> None:
        super().__init__()
        self.weight, self.bias, self.times = inside.weight, inside.bias, 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.times += 1
        return torch.nn.functional.linear(x, self.weight, self.bias) * (1 + self.times % 3)


def test_what_a_trace_cannot_know_is_noticed() -> None:
    g = mlp()
    loop = loop_of(g, plan())
    training = loop.program.training
    training.add_module("logits", _Counts(training.get_submodule("logits")))
    with soon():
        _, events = heard(loop)
    assert not loop.learners[0].quick.replays
    assert [one.message for one in events if isinstance(one, Note)] == [
        "Steps go the usual way, not replayed from a trace: its losses are not the same bit for bit."]


@pytest.mark.parametrize("what", ["losses", "gradients", "weights and running figures", "random numbers"])
def test_a_wrong_replay_is_noticed(what: str) -> None:
    """A canary for every comparison: what is spoilt is named, and nothing of it is left."""
    original = quick.Replay.__call__

    def spoilt(self: Any, batch: Any) -> Any:
        heard = original(self, batch)
        match what:
            case "losses":
                return heard[0] + 1e-6, heard[1], heard[2]
            case "gradients":
                loop.learners[0].quick._places[0].view(-1)[0] += 1e-4
            case "random numbers":
                torch.rand(1)
            case _:
                next(one for name, one in loop.program.root.named_buffers() if "mean" in name)[0] += 1e-3
        return heard

    usual = loop_of(NETWORKS["norms"](), plan())
    expected, _ = heard(usual)
    loop = loop_of(NETWORKS["norms"](), plan())
    with soon(), patch.object(quick.Replay, "__call__", spoilt):
        losses, events = heard(loop)
    assert losses == expected
    assert everything(loop) == everything(usual)
    (note,) = [one.message for one in events if isinstance(one, Note)]
    assert f"its {what} are not the same" in note


def test_a_wrong_label_names_the_node() -> None:
    """Found by a replay, told as the usual way tells it."""
    g = mlp()
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, ROWS)
    session = g.session
    chosen = plan(shuffle=False)
    program = session.compile(seed=3)
    feed = session.feed(program, chosen, {"x": rng.normal(size=(ROWS, 6)).astype(np.float32), "y": labels})
    with soon():
        found: list[Event] = []
        for event in fit(program, feed, chosen, Control()):
            found.append(event)
            if getattr(event, "epoch", 0) == 10:
                feed.train["y"][ROWS - 20] = 17
    assert isinstance(found[-1], Failed)
    assert found[-1].node == "loss", found[-1]


class _Sum(torch.nn.Module):
    """The gradient of its weight is the same at every step."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([1.0, 2.0]))

    def forward(self, x: torch.Tensor) -> Any:
        total = self.weight.sum() + x.mean()
        return total, (total,), ()


def test_a_gradient_that_never_changes_is_written_anew() -> None:
    """Clipping works in place: what was shrunk at one step must not stay small at the next."""
    step, batch = _Sum(), (torch.ones(3),)
    places = [torch.zeros(2)]
    replay = quick.Replay(quick.trace(step, [step.weight], lambda total, _: total, batch), batch, places)
    for _ in range(3):
        assert float(replay(batch)[0]) == 4.0
        assert places[0].tolist() == [1.0, 1.0]
        places[0].mul_(0.1)
