"""A run that broke is repeated from its last good snapshot: step, tensor, cause, and going on from there."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import neuralgraph as ng
from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.remedies import treated
from neuralgraph.training import safety
from neuralgraph.training.events import Event, Failed, Finished, Started, Step
from neuralgraph.training.faults import NotFinite

ROWS = 96


def chain(*nodes: tuple[str, dict[str, Any]], x: Any = None, width: int = 4) -> tuple[ng.Graph, dict[str, Any]]:
    """Nodes one behind the other between two Linears, with an MSELoss."""
    g = ng.Graph()
    data, y = g.add("Input", id="x", shape=(3,)), g.add("Input", id="y", shape=(2,))
    h = g.add("Linear", data, out_features=width, id="first")
    for type, params in nodes:
        h = g.add(type, h, **{"id": type.lower(), **params})
    g.add("MSELoss", g.add("Linear", h, out_features=2, id="last"), y, id="loss")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 3)) if x is None else x
    return g, {"x": np.asarray(x, np.float32), "y": rng.normal(size=(ROWS, 2)).astype(np.float32)}


def failure(graph: ng.Graph, data: dict[str, Any], **plan: Any) -> Failed:
    failed = list(ng.fit(graph, data=data, **{"epochs": 3, "validation": 0, **plan}))[-1]
    assert isinstance(failed, Failed)
    return failed


@pytest.mark.parametrize(("node", "params", "cause", "words"), [
    ("Log", {}, "domain", "are 0 or less"),
    ("Sqrt", {}, "domain", "are less than 0"),
    ("Rsqrt", {}, "domain", "are 0 or less"),
    ("Log1p", {}, "domain", "are -1 or less"),
    ("Asin", {}, "domain", "are not between -1 and 1"),
    ("Logit", {}, "domain", "are not between 0 and 1"),
    ("Pow", {"power": 0.5}, "domain", "are negative"),
    ("Exp", {}, "overflow", "exp of"),
    ("Sinh", {}, "overflow", "sinh of"),
])
def test_the_cause_is_named_with_its_numbers_and_a_clamp_mends_it(
    node: str, params: dict[str, Any], cause: str, words: str
) -> None:
    graph, data = chain((node, params), x=100 * np.random.default_rng(0).normal(size=(ROWS, 3)) + 60)
    failed = failure(graph, data, lr=1e-7)
    assert (failed.node, failed.tensor, failed.cause, failed.step) == (node.lower(), "output", cause, 1)
    assert words in failed.message and any(letter.isdigit() for letter in failed.message)
    clamp = failed.remedies[0]
    assert clamp.kind == "insert" and clamp.edit is not None
    before = graph.session.graph
    graph.session.edit(clamp.edit)
    assert isinstance(list(ng.fit(graph, data=data, epochs=1, validation=0, lr=1e-12, optimizer="SGD"))[-1], Finished)
    graph.session.undo()
    assert graph.session.graph.having(counters=before.counters) == before


def test_division_by_0_is_named() -> None:
    g = ng.Graph()
    x, y = g.add("Input", id="x", shape=(3,)), g.add("Input", id="y", shape=(3,))
    g.add("MSELoss", g.add("Div", g.add("Linear", x, out_features=3), x, id="share"), y, id="loss")
    rows = np.random.default_rng(0).normal(size=(ROWS, 3)).astype(np.float32)
    rows[:, 1] = 0
    failed = failure(g, {"x": rows, "y": rows})
    assert failed.node == "share" and failed.cause == "zero" and "divides by 0: 32 of 96" in failed.message


def test_a_root_that_is_infinitely_steep_at_0_is_named() -> None:
    graph, data = chain(("Square", {}), ("Sqrt", {}), x=np.zeros((ROWS, 3)))
    graph.set_weights("first", bias=[0.0] * 4)
    failed = failure(graph, data)
    assert (failed.node, failed.tensor, failed.cause, failed.step) == ("sqrt", "gradient", "zero", 1)
    assert "128 of 128 numbers of what comes in are 0" in failed.message and failed.remedies[0].kind == "insert"


def test_an_infinite_number_that_the_loss_does_not_show_is_found_where_it_came_up() -> None:
    """exp overflows, and a fraction of it is 0: the loss is a number, the gradient is none."""
    graph, data = chain(("Exp", {}), ("Reciprocal", {}), x=1000 * np.ones((ROWS, 3)))
    graph.set_weights("first", weight=[[1.0] * 3] * 4)
    failed = failure(graph, data)
    assert (failed.node, failed.tensor, failed.cause) == ("exp", "output", "overflow")


def test_a_mask_of_infinities_is_no_fault() -> None:
    """Softmax takes −∞ for what is not to be looked at; the fault lies elsewhere."""
    g = ng.Graph()
    x, y = g.add("Input", id="x", shape=(4,)), g.add("Input", id="y", shape=(4,))
    shares = g.add("Softmax", g.add("Add", g.add("Linear", x, out_features=4), g.add("Log", x, id="mask")))
    g.add("MSELoss", g.add("Log", g.add("Sub", shares, x), id="log"), y, id="loss")
    rows = (np.random.default_rng(0).random(size=(ROWS, 4)) > 0.5).astype(np.float32)
    rows[:, 0] = 1
    failed = failure(g, {"x": rows, "y": rows})
    assert (failed.node, failed.cause) == ("log", "domain")


def harmed(graph: ng.Graph, data: dict[str, Any], id: str, step: int, **plan: Any) -> tuple[Any, list[Event]]:
    """A run in which the module of `id` gives NaN in the batch of this number, however often that batch is learnt."""
    from neuralgraph.training.loop import fit

    session = graph.session
    planned = ng.api.planned(session.graph.plan, **{"validation": 0.0, "batch_size": 16, **plan})
    program = session.compile(seed=planned.seed, graph=session.graph.having(plan=planned))
    seen: list[Any] = []
    feed = session.feed(program, planned, data)
    order = torch.Generator().manual_seed(planned.seed)
    marks = [torch.randperm(ROWS, generator=order) for _ in range(planned.epochs)]
    per = ROWS // 16
    wanted = marks[(step - 1) // per][(step - 1) % per * 16:][:16]
    target = feed.train["x"][wanted]

    def look(_module: Any, given: Any) -> None:
        seen[:] = [given[0].shape == target.shape and bool((given[0] == target).all())]

    def act(_module: Any, _given: Any, out: Any) -> Any:
        return out * float("nan") if seen[0] else out

    handles = [program.root.first.register_forward_pre_hook(look), getattr(program.root, id).register_forward_hook(act)]
    events = list(fit(program, feed, planned))
    for one in handles:
        one.remove()
    return program, events


def test_the_step_is_the_right_one_after_many_with_chance_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety, "KEEP", 0.0)
    monkeypatch.setattr(safety, "SHARE", 1e9)
    monkeypatch.setattr("neuralgraph.training.loop.TELL", 0.0)
    for step in (1, 6, 7, 26, 60):
        graph, data = chain(("Dropout", {"p": 0.4}), ("BatchNorm1d", {"id": "norm"}))
        program, events = harmed(graph, data, "norm", step, epochs=10, momentum=0.9, optimizer="SGD", lr=1e-3)
        failed = events[-1]
        assert isinstance(failed, Failed) and (failed.step, failed.node) == (step, "norm"), failed
        assert program.checkpoint.step == step - 1, "the snapshot is the last one before"


def test_the_repetition_goes_as_the_run_went(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over epochs, with dropout, a schedule and a rate that was changed: the same weights stand before the bad step."""
    monkeypatch.setattr(safety, "KEEP", 1e9)
    from neuralgraph.training import replay

    weights: list[Any] = []
    real = replay.examine

    def noted(program: Any, learner: Any, batch: Any) -> Any:
        weights.append({name: one.clone() for name, one in program.state_dict().items()})
        return real(program, learner, batch)

    monkeypatch.setattr(replay, "examine", noted)
    graph, data = chain(("Dropout", {"p": 0.4}), ("BatchNorm1d", {"id": "norm"}))
    plan = {"epochs": 10, "lr": 1e-2, "schedule": "ExponentialLR", "ema": None}
    _, events = harmed(graph, data, "norm", 27, **plan)
    failed = events[-1]
    assert isinstance(failed, Failed) and failed.step == 27 and len(weights) == 2
    control = graph.session.control()
    control.one_batch()
    state: dict[str, Any] = {}
    for event in ng.fit(graph, data=data, control=control, validation=0, batch_size=16, **plan):
        if isinstance(event, Step) and event.step == 26:
            assert graph.session.program is not None
            state = {name: one.clone() for name, one in graph.session.program.state_dict().items()}
            control.stop()
        elif type(event).__name__ == "Paused":
            control.one_batch()
    assert state and all(torch.equal(one, weights[1][name]) for name, one in state.items())


def test_going_on_from_before_with_a_lower_rate_ends_well() -> None:
    graph, data = chain(("Tanh", {}))
    plan = ng.api.planned(graph.session.graph.plan, lr=1e6, optimizer="SGD", epochs=4, validation=0.0)
    graph.session.edit(SetPlan(plan))
    failed = list(graph.session.train(data=data))[-1]
    assert isinstance(failed, Failed) and failed.cause == "rate"
    run = graph.session.run
    assert run is not None and run.checkpoint is not None and run.failure is failed
    for _ in range(8):
        way = next(one for one in failed.remedies if one.kind == "rate")
        graph.session.edit(SetPlan(treated(graph.session.graph.plan, way), way.label))
        events = list(graph.session.train(data=data, fresh=False))
        started = events[0]
        assert isinstance(started, Started) and started.start_step == run.checkpoint.step
        if isinstance(events[-1], Finished):
            break
    assert isinstance(events[-1], Finished) and graph.session.graph.plan.optimizer.lr < 1e6


def test_where_it_cannot_be_repeated_the_old_way_still_names_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neuralgraph.training.replay.PATIENCE", -1.0)
    graph, data = chain(("Log", {}))
    failed = failure(graph, data)
    assert failed.node == "log" and failed.remedies


# -- memory ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nth", range(12))
def test_out_of_memory_at_the_nth_allocation(nth: int) -> None:
    """Any node, forwards or backwards: caught, the largest tensors named, nothing held, and the next run works."""
    graph, data = chain(*((kind, {"id": f"{kind.lower()}_{at}"}) for at in range(2) for kind in ("Tanh", "Sigmoid")),
                        width=64)
    session = graph.session
    plan = ng.api.planned(session.graph.plan, epochs=2, validation=0.0, batch_size=32)
    program = session.compile(graph=session.graph.having(plan=plan))
    count, held = [0], []

    def allocate(_module: Any, _given: Any, out: Any) -> None:
        count[0] += 1
        held.append(weakref.ref(out))
        if count[0] > nth:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")

    modules = list(program.root.children())
    handles = [one.register_forward_hook(allocate) for one in modules]
    from neuralgraph.training.loop import fit

    failed = list(fit(program, session.feed(program, plan, data), plan))[-1]
    for one in handles:
        one.remove()
    assert isinstance(failed, Failed) and failed.cause == "memory" and failed.node is not None
    assert "first (32 × 64: 8.19 kB)" in failed.message, failed.message
    assert [one.label for one in failed.remedies] == ["Batches of 16"]
    gc.collect()
    assert not [one for one in held if one() is not None], "the values of the broken batch are gone"
    assert all(one.grad is None for one in program.root.parameters())
    half = treated(plan, failed.remedies[0])
    assert half.batch_size == 16 and replace(half, batch_size=32) == plan
    assert isinstance(list(fit(program, session.feed(program, half, data), half))[-1], Finished)


def test_one_row_cannot_be_halved() -> None:
    from neuralgraph.graph.remedies import smaller

    plan = ng.api.planned(ng.Graph().session.graph.plan, batch_size=1)
    assert smaller(plan, 1) is None


def test_the_way_out_is_part_of_the_failure() -> None:
    error = NotFinite("a", "b", "c", step=4)
    assert (error.hint, error.node, error.step) == ("b", "c", 4)
