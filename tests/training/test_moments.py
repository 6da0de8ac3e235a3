"""A run wound back to any of its steps is the run that was stopped there, bit for bit."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import neuralgraph as ng
from neuralgraph.api import planned as planned_by
from neuralgraph.errors import RunError
from neuralgraph.graph.edits import SetPlan
from neuralgraph.training import moments as kept
from neuralgraph.training.control import Control
from neuralgraph.training.events import Changed, Paused, Started
from neuralgraph.training.moments import Moments, Stretch
from neuralgraph.training.rewinding import GivenUp, Rewind
from neuralgraph.training.store import Store

ROWS, EPOCHS = 44, 4
"""With batches of 8 and no validation: 6 batches an epoch, the last one smaller."""
Weights = dict[str, torch.Tensor]


def data(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(size=(ROWS, 3)).astype(np.float32), "y": rng.normal(size=(ROWS, 2)).astype(np.float32)}


def net(*middle: tuple[str, dict[str, Any]]) -> ng.Graph:
    g = ng.Graph()
    x, y = g.add("Input", id="x", shape=(3,)), g.add("Input", id="y", shape=(2,))
    h = g.add("Linear", x, out_features=5, id="first")
    for type, params in middle:
        h = g.add(type, h, id=type.lower(), **params)
    g.add("MSELoss", g.add("Linear", h, out_features=2, id="last"), y, id="loss")
    return g


CASES: dict[str, tuple[Callable[[], ng.Graph], dict[str, Any], list[Changed]]] = {
    "sgd": (lambda: net(("Tanh", {})), {"optimizer": "SGD", "lr": 0.05}, []),
    "momentum": (lambda: net(("ReLU", {})), {"optimizer": "SGD", "lr": 0.05, "momentum": 0.9}, []),
    "adam and dropout": (lambda: net(("ReLU", {}), ("Dropout", {"p": 0.4})), {"optimizer": "Adam", "lr": 0.01}, []),
    "batch norm": (lambda: net(("BatchNorm1d", {}), ("ReLU", {})), {"optimizer": "AdamW", "lr": 0.01}, []),
    "levers": (lambda: net(("Dropout", {"p": 0.3})), {"optimizer": "SGD", "lr": 0.05, "momentum": 0.5}, [
        Changed(4, 0.0, "lr", 0.05, 0.2), Changed(9, 0.0, "momentum", 0.5, 0.8), Changed(9, 0.0, "lr", 0.2, 0.01),
        Changed(12, 0.0, "dropout.p", 0.3, 0.7), Changed(15, 0.0, "batch_size", 8, 16)]),
    "schedule and clipping": (lambda: net(("ReLU", {})), {
        "optimizer": "Adam", "lr": 0.05, "schedule": "CosineAnnealingLR", "clip": 0.1, "accumulate": 4}, []),
    "mean of the weights": (lambda: net(("ReLU", {})), {"optimizer": "SGD", "lr": 0.05, "ema": 0.8}, []),
    "float64": (lambda: net(("Dropout", {"p": 0.2})), {"optimizer": "RMSprop", "lr": 0.01, "precision": "float64"}, []),
    "plateau": (lambda: net(("Tanh", {})), {
        "optimizer": "SGD", "lr": 0.2, "validation": 0.2, "schedule": "ReduceLROnPlateau",
        "schedule_options": {"patience": 0, "factor": 0.3}}, []),
}


def plan(name: str) -> dict[str, Any]:
    return {"epochs": EPOCHS, "batch_size": 8, "validation": 0, "seed": 3, **CASES[name][1]}


def planned(graph: ng.Graph, **settings: Any) -> ng.Graph:
    """The same with this plan in its document."""
    graph.session.edit(SetPlan(planned_by(graph.session.graph.plan, **settings), "Plan"))
    return graph


def copy(program: Any) -> Weights:
    return {key: one.clone() for key, one in program.state_dict().items()}


@cache
def trained(name: str) -> tuple[ng.Graph, Any]:
    graph = CASES[name][0]()
    for _ in ng.fit(graph, data=data(), control=Control(replay=CASES[name][2]), **plan(name)):
        pass
    return graph, graph.session.run


@cache
def stopped(name: str, step: int) -> Weights:
    """The weights of a fresh run that is stopped after so many batches."""
    graph, control = CASES[name][0](), Control(replay=CASES[name][2])
    for event in ng.fit(graph, data=data(), control=control, **plan(name)):
        if isinstance(event, Started | Paused):
            learned = event.step if isinstance(event, Paused) else 0
            control.stop() if learned == step else control.one_batch()
    run = graph.session.run
    assert run is not None and run.checkpoint is not None and run.checkpoint.step == step
    return copy(run.program)


def same(one: Weights, other: Weights) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("every", [1, 7])
def test_any_step_is_the_run_that_was_stopped_there(name: str, every: int) -> None:
    _, run = trained(name)
    if every > 1:  # little was kept, so that most steps are learned once more
        only = run.moments.now.until(10**9)
        thin = Stretch(only.graph, only.plan, only.device, make=only.make, rows=only.rows, fresh=True)
        thin.start, thin.end, thin.facts, thin.changes = only.start, only.end, only.facts, only.changes
        thin.moments = only.moments[::every]
        rewind = Rewind(Moments((thin,)))
    else:
        rewind = Rewind(run.moments)

    @given(st.integers(0, run.moments.last))
    @settings(max_examples=12)
    def holds(step: int) -> None:
        shown = rewind.at(step)
        assert shown.exact and not shown.note and same(copy(shown.program), stopped(name, step))

    holds()


def test_two_weights_differ_where_the_run_moved() -> None:
    """So that the tests above can fail."""
    graph, _ = trained("sgd")
    assert not same(copy(graph.session.at(5)), copy(graph.session.at(6)))
    assert not same(stopped("levers", 20), stopped("sgd", 20))


def test_every_step_at_first_then_ever_rarer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "SECONDS", 60.0)
    graph = net(("Tanh", {}))
    run = ng.train(graph, data=data(), epochs=100, batch_size=8, validation=0, optimizer="SGD")
    steps = run.moments.steps
    assert run.moments.last == steps[-1] == 600 and steps[:60] == tuple(range(60))
    gaps = np.diff(steps)
    assert gaps[-10:].min() >= 10 and len(steps) < 200
    assert all(gap <= max(1, math.ceil(kept.GAP * step)) for gap, step in zip(gaps, steps, strict=False))


def test_the_budget_of_bytes_holds_and_both_ends_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 400_000)
    monkeypatch.setattr(kept, "SECONDS", 60.0)
    graph = net(("Tanh", {}))
    run = ng.train(graph, data=data(), epochs=100, batch_size=8, validation=0, optimizer="Adam")
    assert sum(one.bytes for one in run.moments.stretches) <= 400_000
    steps = run.moments.steps
    assert steps[0] == 0 and steps[-1] == 600 and 4 < len(steps) < 60
    assert graph.session.rewind().at(301).exact


def test_weights_that_are_too_large_are_learned_again_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 10)
    name = "adam and dropout"
    graph = CASES[name][0]()
    run = ng.train(graph, data=data(), **plan(name))
    assert run.moments.steps == () and run.moments
    assert same(copy(graph.session.at(7)), stopped(name, 7))


def test_the_share_of_the_time_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "SECONDS", 0.0)
    monkeypatch.setattr(kept, "SHARE", 0.0)
    run = ng.train(net(("Tanh", {})), data=data(), epochs=3, batch_size=8, validation=0)
    assert run.moments.steps == (0, 18)


def test_other_data_is_said_and_the_nearest_kept_step_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "SECONDS", 0.0)
    monkeypatch.setattr(kept, "SHARE", 0.0)
    given = data()
    graph = net(("Tanh", {}))
    run = ng.train(graph, data=given, epochs=3, batch_size=8, validation=0)
    given["x"][:] += 1
    gc.collect()  # the rows that were learned are gone, and are taken again
    shown = graph.session.rewind().at(5)
    assert (shown.step, shown.wanted) == (0, 5) and "the data is not what it was" in shown.note
    with pytest.raises(RunError, match=r"Step 5 cannot be repeated exactly .*data.* step 0"):
        graph.session.at(5)
    assert same(copy(graph.session.at(run.moments.last)), copy(run.program))


def test_another_device_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "SECONDS", 0.0)
    monkeypatch.setattr(kept, "SHARE", 0.0)
    graph = net(("Tanh", {}))
    run = ng.train(graph, data=data(), epochs=2, batch_size=8, validation=0)
    stretch = run.moments.now
    assert stretch is not None
    stretch.device = "cuda"
    if torch.cuda.is_available():
        pytest.skip("this computer has such a device")
    shown = graph.session.rewind().at(5)
    assert shown.step == 0 and "learned on cuda" in shown.note


def test_steps_that_there_are_not_are_refused() -> None:
    graph, run = trained("sgd")
    for step in (-1, run.moments.last + 1):
        with pytest.raises(RunError, match=f"knows its steps 0 to {run.moments.last}"):
            graph.session.at(step)
    with pytest.raises(RunError, match="Train it once more"):
        ng.Graph().session.at(0)


def test_a_repetition_can_be_given_up_and_tells_how_far_it_is() -> None:
    _, run = trained("sgd")
    only = run.moments.now
    bare = Stretch(only.graph, only.plan, only.device, make=only.make, rows=only.rows, fresh=True)
    bare.start, bare.end, bare.facts = 0, only.end, only.facts
    rewind, told = Rewind(Moments((bare,))), []
    assert rewind.cost(20)[0] == 20
    with pytest.raises(GivenUp):
        rewind.at(20, going=lambda: len(told) < 5, progress=lambda done, of: told.append((done, of)))
    assert told == [(done, 20) for done in range(1, 6)]
    assert rewind.at(20, progress=lambda done, of: told.append((done, of))).exact and told[-1] == (20, 20)


def test_a_run_that_goes_on_keeps_its_past() -> None:
    settings_of = {"epochs": 4, "batch_size": 8, "validation": 0}
    graph, control = planned(net(("Dropout", {"p": 0.3})), **settings_of), Control()
    for event in ng.fit(graph, data=data(), control=control):
        if isinstance(event, Started):
            control.one_batch()
        elif isinstance(event, Paused):
            control.stop() if event.step == 8 else control.one_batch()
    first = graph.session.run
    ng.train(graph, data=data(), resume=first)
    moments = graph.session.moments
    assert (moments.first, moments.last) == (0, 24) and len(moments.stretches) == 2
    whole = net(("Dropout", {"p": 0.3}))
    ng.train(whole, data=data(), **settings_of)
    for step in (0, 3, 7, 8, 9, 17, 24):
        assert same(copy(graph.session.at(step)), copy(whole.session.at(step))), step


def test_going_on_from_a_moment_is_the_same_run_and_a_run_of_its_own() -> None:
    _, run = trained("adam and dropout")
    for step in (0, 6, 9, 12):
        shown = Rewind(run.moments).at(step, go_on=True)
        assert shown.checkpoint is not None and shown.checkpoint.step == step
        other = planned(net(("ReLU", {}), ("Dropout", {"p": 0.4})), **plan("adam and dropout"))
        other.session.run, other.session.program = run, run.program
        branch = other.session.branch(shown)
        assert branch.apart
        again = ng.train(other, data=data(), resume=branch)
        assert again.checkpoint is not None and again.checkpoint.step == 24
        assert same(copy(again.program), copy(run.program)), step
        assert again.history["loss"][-1] == run.history["loss"][-1], step
        assert other.session.moments.first == 0 and same(copy(other.session.at(3)), stopped("adam and dropout", 3))


def test_what_is_shown_is_what_views_see() -> None:
    graph = ng.load("examples/xor.ngraph")
    ng.train(graph, epochs=30)
    session = graph.session
    assert session.moment is None and session.moments.last == 30
    now = session.region()
    session.moment = 3
    then = session.region()
    assert session.moment == 3 and now is not None and then is not None
    assert not np.array_equal(now.score, then.score)
    direct = session.region(session.at(3))
    assert direct is not None and np.array_equal(then.score, direct.score)
    session.moment = None
    back = session.region()
    assert back is not None and np.array_equal(back.score, now.score)
    session.moment = 3
    ng.train(graph, epochs=2)
    assert session.moment is None and session.moments.last == 2


def test_a_drawing_that_was_changed_since_takes_the_weights_of_the_moment() -> None:
    graph = ng.load("examples/xor.ngraph")
    ng.train(graph, epochs=30)
    session = graph.session
    first = next(id for id, one in session.graph.nodes.items() if one.type == "Linear")
    graph.add("Noise", id="beside")  # computes otherwise now
    session.moment = 2
    then = session._present()
    session.moment = 20
    later = session._present()
    assert then is not None and later is not None and then is not session.shown.program  # type: ignore[union-attr]
    one, two = (program.state_dict()[f"{first}.weight"] for program in (then, later))
    assert not torch.equal(one, two)


# -- kept on the disk ---------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Store()


def iris(epochs: int = 6) -> ng.Graph:
    g = ng.Graph()
    x = g.add("Dataset", name="iris")
    h = g.add("Dropout", g.add("ReLU", g.add("Linear", x["x"], out_features=6, id="first")), p=0.2)
    g.add("CrossEntropyLoss", g.add("Linear", h, out_features=3, id="last"), x["y"], id="loss")
    return planned(g, epochs=epochs, batch_size=16, seed=1)


def test_a_kept_run_is_wound_back_later(store: Store) -> None:
    graph = iris()
    run = ng.train(graph, store=True)
    assert run.id is not None and list(store.folder_of(run.id).glob("moments-*.safetensors"))
    other = iris()
    assert other.session.recall(run.id) == ()
    moments = other.session.moments
    assert moments.steps == run.moments.steps and (moments.first, moments.last) == (0, run.moments.last)
    for step in (0, 3, 8, 25, run.moments.last - 1, run.moments.last):
        assert same(copy(ng.at(run, step)), copy(other.session.at(step))), step
        assert same(copy(ng.at(run, step)), copy(ng.at(run.id, step))), step
    other.session.moment = 3
    assert other.session._present() is other.session.shown.program  # type: ignore[union-attr]
    assert other.session._learnt_program() is other.session.shown.program  # type: ignore[union-attr]
    other.session.moment = None
    with pytest.raises(RunError, match="no trained weights"):
        other.session._learnt_program()


def test_levers_are_in_a_kept_run_too(store: Store) -> None:
    graph = iris()
    for _ in ng.fit(graph, store=True, control=Control(replay=[Changed(11, 0.0, "lr", 0.0, 0.5)])):
        pass
    run = graph.session.run
    assert run is not None and run.id is not None
    found = iris()
    found.session.recall(run.id)
    (stretch,) = found.session.moments.stretches
    stretch.moments = stretch.moments[:1]
    assert same(copy(found.session.at(30)), copy(ng.at(run, 30)))


def test_a_run_that_went_on_from_another_knows_its_parent(store: Store) -> None:
    graph = iris()
    first = ng.train(graph, store=True)
    shown = graph.session.rewind().at(10, go_on=True)
    young = ng.train(graph, resume=graph.session.branch(shown), store=True)
    assert young.id != first.id and store.get(young.id or 0).parent == first.id
    assert store.get(first.id or 0).step == first.moments.last  # it stays as it is
    other = iris()
    other.session.recall(young.id or 0)
    assert [one.start for one in other.session.moments.stretches] == [0, 10]
    for step in (2, 10, 13, young.moments.last):
        assert same(copy(other.session.at(step)), copy(ng.at(first, step))), step
    assert same(copy(young.program), copy(first.program))


def test_damage_is_named_and_the_rest_is_there(store: Store) -> None:
    run = ng.train(iris(), store=True)
    (path,) = store.folder_of(run.id or 0).glob("moments-*.safetensors")
    whole = path.read_bytes()
    path.write_bytes(whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:])
    found = iris()
    found.session.recall(run.id or 0)
    broken = 0
    for moment in found.session.moments.stretches[0].moments:
        try:
            moment.read()
        except RunError as error:
            broken += 1
            assert "is damaged: the numbers of" in str(error)
    assert broken == 1
    path.write_bytes(whole[:100])
    (told,) = iris().session.recall(run.id or 0)
    assert "not a whole .safetensors file" in told
    assert same(copy(ng.at(run.id or 0, 20)), copy(ng.at(run, 20)))  # learned once more from the very start


def test_the_disk_holds_what_it_may(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from neuralgraph.training import moment_files, recorder

    monkeypatch.setattr(moment_files, "MOST_BYTES", 300_000)
    monkeypatch.setattr(recorder, "EVERY", 0.0)
    monkeypatch.setattr(recorder, "FIRST", 0.0)
    monkeypatch.setattr(recorder, "SHARE", 10.0)
    run = ng.train(iris(60), store=True)
    found = iris(60)
    found.session.recall(run.id or 0)
    moments = found.session.moments
    assert sum(one.bytes for one in moments.stretches[0].moments) <= 300_000
    assert moments.first == 0 and moments.last == run.moments.last and len(moments.steps) > 3
    assert same(copy(found.session.at(200)), copy(ng.at(run, 200)))


def test_a_run_that_was_thrown_away_says_so(store: Store) -> None:
    run = ng.train(iris(), store=True)
    for path in store.folder_of(run.id or 0).glob("*.safetensors"):
        path.unlink()
    assert same(copy(ng.at(run.id or 0, 5)), copy(ng.at(run, 5)))
    with pytest.raises(RunError, match="There is no run 99"):
        ng.at(99, 0)
