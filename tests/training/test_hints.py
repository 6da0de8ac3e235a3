"""Every hint: a small real training that brings it, and one that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.graph.document import Edge
from neuralgraph.graph.edits import Connect
from neuralgraph.training.events import Event, Failed, Hint
from neuralgraph.training.hints import RULES

Made = tuple[ng.Graph, dict[str, Any], dict[str, Any]]
RNG = np.random.default_rng


def classifier(
    x: Any, y: Any, *, classes: int = 2, act: str = "ReLU", depth: int = 1, width: int = 16, soft: bool = False,
    **plan: Any,
) -> Made:
    g = ng.Graph()
    data, target = g.add("Input", id="x", shape=x.shape[1:]), g.add("Input", id="y", shape=(), dtype="int64")
    h = data
    for number in range(depth):
        h = g.add(act, g.add("Linear", h, out_features=width, id=f"layer_{number}"), id=f"act_{number}")
    h = g.add("Linear", h, out_features=classes, id="last")
    h = g.add("Reshape", g.add("Softmax", h), shape=(2,)) if soft else h
    g.add("CrossEntropyLoss", h, target, id="loss")
    return g, {"x": x.astype(np.float32), "y": y.astype(np.int64)}, {"epochs": 6, "validation": 0.25, **plan}


def told(made: Made) -> list[Hint]:
    graph, data, plan = made
    events: list[Event] = list(ng.fit(graph, data=data, **plan))
    assert not isinstance(events[-1], Failed), events[-1]
    return [one for one in events if isinstance(one, Hint)]


def blobs(rows: int = 240, *, share: float = 0.5, scale: float = 1.0) -> tuple[Any, Any]:
    rng = RNG(0)
    y = (np.arange(rows) >= rows * share).astype(int)
    return (rng.normal(size=(rows, 4)) + 2 * y[:, None]) * scale, y


def well(**more: Any) -> Made:
    """Two clouds that are learnt without any trouble."""
    return classifier(*blobs(), **{"lr": 1e-2, **more})


def noise(**more: Any) -> Made:
    """Labels that have nothing to do with the rows."""
    rng = RNG(1)
    return classifier(rng.normal(size=(96, 20)), rng.integers(0, 2, size=96), **more)


def dead() -> Made:
    g, data, plan = well()
    g.set_weights("layer_0", bias=[-100.0] * 12 + [0.0] * 4)
    return g, data, plan


def doubled() -> Made:
    x, y = blobs(120)
    return classifier(np.concatenate([x, x]), np.concatenate([y, y]), lr=1e-2)


def numbers(scale: float = 1.0, **plan: Any) -> Made:
    g = ng.Graph()
    x, y = g.add("Input", id="x", shape=(3,)), g.add("Input", id="y", shape=(1,))
    h = g.add("Tanh", g.add("Linear", x, out_features=8, id="first"))
    g.add("MSELoss", g.add("Linear", h, out_features=1, id="last"), y, id="loss")
    rng = RNG(2)
    data = {"x": rng.normal(size=(160, 3)).astype(np.float32)}
    data["y"] = (scale * data["x"].sum(axis=1, keepdims=True)).astype(np.float32)
    return g, data, {"epochs": 5, "validation": 0.2, "optimizer": "SGD", "lr": 1e-2, **plan}


BRINGS: dict[str, Callable[[], Made]] = {
    "imbalance": lambda: classifier(*blobs(share=0.9), lr=1e-2),
    "leakage": doubled,
    "softmax before the loss": lambda: well(soft=True),
    "dead units": dead,
    "saturated units": lambda: classifier(*blobs(scale=300.0), act="Tanh", lr=1e-4),
    "vanishing gradients": lambda: well(act="Sigmoid", depth=7, lr=1e-4),
    "exploding gradients": lambda: numbers(1e5, lr=1e-9),
    "loss at chance": lambda: well(act="Sigmoid", depth=5, optimizer="SGD", lr=1e-4, epochs=12),
    "rate too high": lambda: numbers(lr=0.6, epochs=6),
    "over-fitting": lambda: noise(lr=1e-2, width=64, epochs=40),
}


def test_every_rule_has_a_training_that_brings_it() -> None:
    assert len(BRINGS) == len(RULES)


@pytest.mark.parametrize("kind", BRINGS)
def test_a_hint_comes_where_it_belongs_with_its_number_and_once(kind: str) -> None:
    hints = told(BRINGS[kind]())
    mine = [one for one in hints if one.kind == kind]
    assert mine, f"only {[one.kind for one in hints]}"
    assert len({(one.kind, one.node) for one in hints}) == len(hints)
    assert any(letter.isdigit() for letter in mine[0].message) and np.isfinite(mine[0].value)


@pytest.mark.parametrize("made", [well, numbers, lambda: well(act="Tanh", depth=2), lambda: well(act="LeakyReLU")])
def test_a_training_that_goes_well_brings_none(made: Callable[[], Made]) -> None:
    assert [one.message for one in told(made())] == []


def test_the_numbers_are_those_that_were_there() -> None:
    hint = next(one for one in told(dead()) if one.kind == "dead units")
    assert hint.node == "act_0" and hint.value >= 12 / 16
    assert "of 16 units" in hint.message and "180 rows" in hint.message
    hint = next(one for one in told(BRINGS["imbalance"]()) if one.kind == "imbalance")
    assert hint.node == "y" and 0.85 < hint.value < 0.95 and "class 0" in hint.message
    hint = next(one for one in told(doubled()) if one.kind == "leakage")
    graph, data, plan = doubled()
    feed = graph.session.feed(graph.session.compile(), ng.api.planned(graph.session.graph.plan, **plan), data)
    known = {tuple(row) for row in feed.train["x"].tolist()}
    same = sum(tuple(row) in known for row in feed.validation["x"].tolist())
    assert hint.message.startswith(f"{same} of 60 validation rows") and same > 20


def test_a_hint_with_a_remedy_carries_it() -> None:
    kinds = {kind: {way.kind for one in told(BRINGS[kind]()) if one.kind == kind for way in one.remedies}
             for kind in ("rate too high", "exploding gradients", "over-fitting", "dead units")}
    assert kinds["rate too high"] == kinds["exploding gradients"] == {"rate", "clip"}
    assert kinds["over-fitting"] == {"best"} and kinds["dead units"] == {"rate"}


def test_a_softmax_too_many_can_be_wired_past() -> None:
    graph, data, plan = well(lr=1e-2)
    soft = graph.add("Softmax", graph["last"], id="soft")
    graph.session.edit(Connect(Edge(soft.id, "out", "loss", "input")))
    hint = next(one for one in told((graph, data, plan)) if one.kind == "softmax before the loss")
    assert hint.node == "loss" and [one.label for one in hint.remedies] == ["Bypass soft"]
    edit = hint.remedies[0].edit
    assert edit is not None
    graph.session.edit(edit)
    assert not [one for one in told((graph, data, plan)) if one.kind == "softmax before the loss"]


def test_looking_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from neuralgraph.training import doctor

    def losses() -> list[float]:
        graph, data, plan = well(epochs=3)
        return [float(one) for event in ng.fit(graph, data=data, **plan) for one in getattr(event, "losses", ())
                if not isinstance(one, str)]

    with monkeypatch.context() as patch:
        patch.setattr(doctor, "FIRST", 0.0)
        patch.setattr(doctor, "EVERY", 0.0)
        patch.setattr(doctor, "SHARE", 1e9)
        often = losses()
    with monkeypatch.context() as patch:
        patch.setattr(doctor.Doctor, "look", lambda _self: iter(()))
        assert losses() == often


@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_label_out_of_range_is_named_before_the_first_batch(part: str) -> None:
    graph, data, plan = well()
    feed = graph.session.feed(graph.session.compile(), ng.api.planned(graph.session.graph.plan, **plan), data)
    row = int(getattr(feed.split, part)[3])
    data["y"][row] = 7
    events = list(ng.fit(graph, data=data, **plan))
    failed = events[-1]
    assert isinstance(failed, Failed) and failed.node == "loss" and failed.cause == "labels" and failed.step == 0
    assert f"row {row} of y (counted from 0) holds 7" in failed.message and "classes 0 … 1" in failed.message
    data["y"][row] = -100  # left out on purpose
    assert not isinstance(list(ng.fit(graph, data=data, **plan))[-1], Failed)


def test_targets_for_yes_and_no_are_between_0_and_1() -> None:
    g = ng.Graph()
    x, y = g.add("Input", id="x", shape=(3,)), g.add("Input", id="y", shape=(1,))
    g.add("BCEWithLogitsLoss", g.add("Linear", x, out_features=1), y, id="loss")
    data = {"x": RNG(0).normal(size=(40, 3)).astype(np.float32), "y": np.zeros((40, 1), np.float32)}
    data["y"][5:20] = 1
    assert not isinstance(list(ng.fit(g, data=data, epochs=1))[-1], Failed)
    data["y"][11] = -1
    failed = list(ng.fit(g, data=data, epochs=1))[-1]
    assert isinstance(failed, Failed) and "row 11 of y" in failed.message and "holds -1" in failed.message
