"""Two networks learn the same batches in lock-step, each as it would have alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import neuralgraph as ng
from neuralgraph.errors import ParameterError
from neuralgraph.lockstep import paired
from neuralgraph.training.control import Control
from neuralgraph.training.events import EpochEnded, Finished, Note, Started, Step, Stopped
from neuralgraph.training.store import Store


def iris() -> ng.Graph:
    g = ng.Graph()
    x = g.add("Dataset", name="iris")
    h = g.add("Tanh", g.add("Linear", x["x"], out_features=6, id="first"), id="bend")
    h = g.add("Dropout", h, p=0.3, id="drop")
    g.add("CrossEntropyLoss", g.add("Linear", h, out_features=3, id="last"), x["y"], id="loss")
    return g


def weights(run: Any) -> dict[str, torch.Tensor]:
    return dict(run.program.state_dict())


def same(one: Any, other: Any) -> bool:
    mine, yours = weights(one), weights(other)
    return mine.keys() == yours.keys() and all(torch.equal(mine[name], yours[name]) for name in mine)


PLAN = {"epochs": 4, "batch_size": 16, "seed": 2}


@pytest.mark.parametrize(("other", "alone"), [
    ({}, {}), ({"plan.lr": 0.05}, {"lr": 0.05}), ({"plan.optimizer": "SGD"}, {"optimizer": "SGD"}),
])
def test_each_learns_as_it_would_have_alone(other: dict[str, Any], alone: dict[str, Any]) -> None:
    graph = iris()
    both = ng.twins(graph, other, **PLAN)
    pairs = list(both)
    left, right = both.runs
    assert left is graph.run and same(left, ng.train(iris(), **PLAN)) and same(right, ng.train(iris(), **PLAN, **alone))
    assert same(left, right) is not bool(other)
    for side in ("left", "right"):
        told = [event for pair in pairs for event in getattr(pair, side)]
        assert isinstance(told[0], Started) and isinstance(told[-1], Finished)
        assert [event.epoch for event in told if isinstance(event, EpochEnded)] == [1, 2, 3, 4]
    assert not any(isinstance(event, Note) for pair in pairs for event in (*pair.left, *pair.right))


def test_parameters_types_and_initial_weights_may_differ() -> None:
    both = ng.twins(iris(), {"first.out_features": 9}, **PLAN)
    list(both)
    assert weights(both.runs[1])["first.weight"].shape == (9, 4)
    both = ng.twins(iris(), {"bend": "ReLU"}, **PLAN)
    list(both)
    assert both.right.graph.nodes["bend"].type == "ReLU" and not same(*both.runs)
    both = ng.twins(iris(), {"weights.seed": 5}, epochs=1, batch_size=200, lr=0.0, optimizer="SGD", seed=2)
    list(both)
    wanted = iris().session.compile(seed=5).state_dict()
    assert all(torch.equal(one, wanted[name]) for name, one in weights(both.runs[1]).items())
    assert not same(*both.runs)


def test_another_graph_takes_the_batches_of_the_first() -> None:
    other = iris()
    other.add("Linear", other["drop"], out_features=2, id="beside")
    ng.train(other, epochs=1, batch_size=5)
    both = ng.twins(iris(), other, **PLAN)
    list(both)
    right = both.runs[1]
    assert right is not None and right.moments.last == both.runs[0].moments.last  # type: ignore[union-attr]
    assert right.history["loss"] == ng.train(iris(), **PLAN).history["loss"]


def test_they_go_in_lock_step() -> None:
    control = Control()
    both = paired(iris().session, {"plan.lr": 0.1}, control=control)
    seen = []
    for event in both.events():
        left, right = both.runs
        if isinstance(event, Step) and left is not None and right is not None:
            seen.append(event.step)
            if event.step > 12:
                control.stop()
        if isinstance(event, Stopped):
            assert left is not None and right is not None
    left, right = both.runs
    assert seen and left is not None and right is not None
    assert left.checkpoint is not None and right.checkpoint is not None
    assert left.checkpoint.step == right.checkpoint.step
    assert "its twin has ended" in right.stop_reason


def test_different_rows_are_said() -> None:
    other = iris()
    digits = ng.Graph()
    x = digits.add("Dataset", name="wine")
    digits.add("CrossEntropyLoss", digits.add("Linear", x["x"], out_features=3), x["y"], id="loss")
    both = ng.twins(other, digits, **PLAN)
    notes = [event.message for pair in both for event in pair.left if isinstance(event, Note)]
    assert any("do not learn the same batches" in one and "rows" in one for one in notes)


def test_what_there_is_not_is_refused() -> None:
    for wrong in ({"nobody": "ReLU"}, {"bend": "Nothing"}, {"nobody.p": 1}, {"drop.p": 7}):
        with pytest.raises(ParameterError):
            ng.twins(iris(), wrong)


def test_kept_twins_know_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    list(ng.twins(iris(), {"plan.lr": 0.1}, store=True, **PLAN))
    names = {one.id: one.name for one in Store().runs()}
    assert names == {1: "twin of run 2", 2: "twin of run 1"}
    assert not any(event["kind"] == "paused" for id in names for event in Store().events(id)), "nobody paused them"
    assert all(one.state == "finished" for one in Store().runs())
