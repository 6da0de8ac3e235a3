"""Runs repeat: in a fresh process, and however they are paused, stopped and gone on with. Or the run says why not."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

import neuralgraph as ng
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.plan import Optimizer, Plan, Stage, Step
from neuralgraph.training.control import Control
from neuralgraph.training.events import Changed, Event, Finished, Paused, Started, Stopped
from neuralgraph.training.learner import Learner
from neuralgraph.training.loop import fit
from neuralgraph.training.run import Run
from tests.conftest import SCALE

WALKS = 20 * SCALE

ALONE = """
import hashlib, sys
import neuralgraph as ng
g = ng.load(sys.argv[1])
run = ng.train(g, epochs=2, seed=int(sys.argv[2]))
mark = hashlib.sha256(repr((run.losses, run.history)).encode())
for name, one in run.program.state_dict().items():
    mark.update(name.encode() + one.numpy().tobytes())
print(mark.hexdigest())
"""


@pytest.mark.parametrize("example", ["digits-cnn", "spiral"])
def test_the_same_seed_gives_the_same_bits_in_fresh_processes(example: str) -> None:
    def alone(seed: int) -> str:
        command = [sys.executable, "-c", ALONE, f"examples/{example}.ngraph", str(seed)]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout.strip()

    first = alone(3)
    assert len(first) == 64 and first == alone(3)
    assert first != alone(4)


def network(rng: random.Random) -> ng.Graph:
    """Two heads with a loss each, buffers, random numbers, metrics."""
    graph = ng.Graph()
    data = graph.add("Dataset", name="digits", id="data")
    x = graph.add("Standardize", graph.add("Flatten", data["x"]), id="standard")
    x = graph.add("Linear", x, out_features=12, id="hidden")
    x = graph.add("BatchNorm1d", x) if rng.random() < 0.5 else x
    x = graph.add("Dropout", graph.add("ReLU", x)) if rng.random() < 0.7 else graph.add("Tanh", x)
    for name in ("one", "two"):
        scores = graph.add("Linear", x, out_features=10, id=f"head_{name}")
        graph.add("CrossEntropyLoss", scores, data["y"], id=name)
    graph.add("Accuracy", scores, data["y"], id="accuracy")
    graph.add("ConfusionMatrix", scores, data["y"], id="confusion")
    return graph


def step(rng: random.Random, losses: tuple[str, ...] = ("*",), nodes: tuple[str, ...] = ("*",)) -> Step:
    name = rng.choice(["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
    options = {"momentum": 0.9} if name in ("SGD", "RMSprop") and rng.random() < 0.5 else {}
    optimizer = Optimizer(name, rng.choice([0.01, 0.003]), FrozenDict(options))
    return Step(losses, nodes, optimizer, rng.choice([0.0, 1e-4]), rng.choice([None, 0.5]), rng.choice([1, 1, 2]))


def a_plan(rng: random.Random) -> Plan:
    """One or two stages, of one or two steps."""
    stages = []
    for _ in range(rng.choice([1, 1, 2])):
        steps = (step(rng),) if rng.random() < 0.5 else (
            step(rng, ("one",), ("hidden", "head_one")), step(rng, ("two",), ("head_two",)))
        stages.append(Stage(rng.choice([1, 2]), steps))
    return Plan(tuple(stages), batch_size=rng.choice([64, 100, 128]), shuffle=rng.random() < 0.7,
                seed=rng.randrange(100))


def learn(graph: ng.Graph, plan: Plan, control: Control, act: Callable[[Event], object] = id,
          resume: Any = None) -> Run:  # fmt: skip
    document = graph.session.graph.having(plan=plan)
    program = graph.session.compile(seed=plan.seed, graph=document)
    run = Run(program)
    for event in fit(program, graph.session.feed(program, plan), plan, control, resume=resume):
        run.hear(event)
        act(event)
    assert run.failure is None, run.failure
    return run


def changes(rng: random.Random, steps: int) -> list[Changed]:
    """What is changed while running, and when."""
    found = [("lr", 0.002), ("weight_decay", 1e-3), ("momentum", 0.5), ("l1", 1e-3)]
    chosen = rng.sample(found, rng.choice([0, 2]))
    return [Changed(rng.randrange(steps), 0.0, name, 0.0, value) for name, value in chosen]


def broken_off(graph: ng.Graph, plan: Plan, levers: list[Changed], places: list[int]) -> Iterator[Run]:
    """The run in pieces: stopped after so many batches each, in between stepped and paused."""
    checkpoint, done = None, 0
    for place in [*places, None]:
        control = Control(replay=[one for one in levers if one.step >= done])
        if place is not None:
            control.one_batch()

        def act(event: Event, control: Control = control, place: int | None = place) -> None:
            if isinstance(event, Paused):
                control.one_batch() if event.step < (place or 0) else control.stop()

        run = learn(graph, plan, control, act, checkpoint)
        yield run
        checkpoint, done = run.checkpoint, place or done


def mark(weights: dict[str, torch.Tensor]) -> str:
    found = hashlib.sha256()
    for name, one in weights.items():
        found.update(name.encode() + one.numpy().tobytes())
    return found.hexdigest()


def walk(seed: int) -> tuple[Run, list[Run]]:
    """The unbroken run of a random graph and plan, and the same in pieces."""
    rng = random.Random(seed)
    graph, plan = network(rng), a_plan(rng)
    steps = plan.epochs * -(-1438 // plan.batch_size)
    levers = changes(rng, steps)
    whole = learn(graph, plan, Control(replay=levers))
    places = sorted(rng.sample(range(1, steps), rng.choice([1, 2, 3])))
    return whole, list(broken_off(graph, plan, levers, places))


@pytest.mark.parametrize("seed", range(WALKS))
def test_stopped_anywhere_and_gone_on_with_it_is_the_unbroken_run(seed: int) -> None:
    whole, pieces = walk(seed)
    assert [loss for piece in pieces for loss in piece.losses] == whole.losses
    history = {name: [value for piece in pieces for value in piece.history.get(name, ())] for name in whole.history}
    assert history == whole.history
    last = pieces[-1]
    assert mark(last.program.state_dict()) == mark(whole.program.state_dict())
    assert all((last.tables[name] == table).all() for name, table in whole.tables.items())
    assert all("stays out" in note for piece in pieces for note in piece.notes)


def test_a_step_asked_for_at_the_end_ends_the_run() -> None:
    graph, plan = network(random.Random(3)), Plan((Stage(1, (Step(),)),), batch_size=512)
    control = Control()
    control.one_batch()
    learn(graph, plan, control, lambda event: control.one_batch() if isinstance(event, Paused) else None)


def test_a_lever_pulled_between_two_stages_is_one_of_the_second() -> None:
    """Seed 52 of the walks found it: who stood still there had it set on the optimiser that was over."""
    graph = network(random.Random(3))
    plan = Plan((Stage(1, (Step(),)), Stage(1, (Step(),))), batch_size=512)
    control = Control()
    control.one_epoch()

    def act(event: Event) -> None:
        if isinstance(event, Paused):
            control.set("lr", 0.0)
            control.resume()

    run = learn(graph, plan, control, act)
    assert [(one.step, one.new) for one in run.changes] == [(3, 0.0)]
    assert run.losses == learn(graph, plan, Control(replay=run.changes)).losses


def test_a_learner_that_forgets_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The canary: what the optimiser remembers is not given back."""
    monkeypatch.setattr(Learner, "restore", lambda self, saved: True)
    found = [walk(seed) for seed in range(4)]
    assert any(mark(pieces[-1].program.state_dict()) != mark(whole.program.state_dict()) for whole, pieces in found)


def stopped(graph: ng.Graph, plan: Plan) -> Run:
    return next(broken_off(graph, plan, [], [30]))


def test_what_cannot_be_the_same_is_said() -> None:
    rng = random.Random(0)
    graph, plan = network(rng), Plan((Stage(2, (Step(),)),), batch_size=64)
    checkpoint = stopped(graph, plan).checkpoint
    other = learn(graph, replace(plan, batch_size=32, seed=1), Control(), resume=checkpoint)
    assert len(other.notes) == 1 and "batch size 64 → 32" in other.notes[0] and "seed 0 → 1" in other.notes[0]
    kinds = replace(plan, stages=(Stage(2, (Step(optimizer=Optimizer("Adagrad")),)),))
    assert "Adagrad starts afresh" in learn(graph, kinds, Control(), resume=checkpoint).notes[0]
    graph.session.edit(_wider(graph))
    assert "fresh weights in head_one" in learn(graph, plan, Control(), resume=checkpoint).notes[0]


def _wider(graph: ng.Graph) -> Any:
    node = graph.session.graph.nodes["head_one"]
    return ChangeNode(replace(node, params=node.params.having(out_features=11)))


def test_a_lever_that_the_optimiser_has_not_is_said() -> None:
    graph = network(random.Random(1))
    plan = Plan((Stage(1, (Step(optimizer=Optimizer("Adagrad")),)),))
    run = learn(graph, plan, Control(replay=[Changed(1, 0.0, "momentum", 0.0, 0.5)]))
    assert run.notes == ["momentum stays out: Adagrad has no such setting."] and not run.changes


def test_train_after_stop_goes_on_in_a_session() -> None:
    """What the window does: Stop, then Train, then Train again after the end."""
    graph = network(random.Random(2))
    session, plan = graph.session, Plan((Stage(2, (Step(),)),), batch_size=128)
    whole = learn(graph, plan, Control()).losses
    control = session.control()
    control.one_epoch()
    told = []
    for event in session.train(control=control, plan=plan):
        told.append(event)
        if isinstance(event, Paused):
            control.stop()
    assert isinstance(told[-1], Stopped) and session.run is not None
    first = session.run.losses
    events = list(session.train(plan=plan, fresh=False))
    begun = events[0]
    assert isinstance(begun, Started)
    assert (begun.start_epoch, begun.start_step, begun.epochs) == (1, len(first), 2)
    assert isinstance(events[-1], Finished) and first + session.run.losses == whole
    again = list(session.train(plan=plan, fresh=False))
    assert isinstance(again[0], Started) and (again[0].start_epoch, again[0].epochs) == (2, 4)


def test_other_documents_do_not_disturb_the_random_numbers_of_a_run() -> None:
    """Found in review: networks that are made for previews in another thread drew from the run's numbers."""
    graph = ng.Graph()
    data = graph.add("Dataset", name="digits", id="data")
    x = graph.add("Dropout", graph.add("Linear", graph.add("Flatten", data["x"]), out_features=16))
    graph.add("CrossEntropyLoss", graph.add("Linear", x, out_features=10), data["y"])
    plan = Plan((Stage(6, (Step(),)),), batch_size=32)
    quiet = learn(graph, plan, Control()).losses
    over = threading.Event()
    spiral = ng.load("examples/spiral.ngraph")

    def elsewhere() -> None:
        while not over.is_set():
            spiral.session.compile(seed=1)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    loud = learn(graph, plan, Control()).losses
    over.set()
    thread.join(20)
    assert loud == quiet


def test_half_an_epoch_of_another_graph_is_not_counted() -> None:
    graph = network(random.Random(4))
    plan = Plan((Stage(2, (Step(),)),), batch_size=64)
    checkpoint = stopped(graph, plan).checkpoint
    for id in ("head_one", "head_two"):
        node = graph.session.graph.nodes[id]
        graph.session.edit(ChangeNode(replace(node, params=node.params.having(out_features=12))))
    run = learn(graph, plan, Control(), resume=checkpoint)
    assert "the figures of this epoch count from here on" in run.notes[0]
    assert all(len(values) == 1 for values in run.history.values())


def test_momentum_that_comes_later_has_its_buffers() -> None:
    graph, plan = network(random.Random(5)), Plan((Stage(1, (Step(optimizer=Optimizer("RMSprop")),)),), batch_size=64)
    checkpoint = stopped(graph, replace(plan, stages=(Stage(2, plan.stages[0].steps),))).checkpoint
    later = Optimizer("RMSprop", options=FrozenDict({"momentum": 0.9}))
    learn(graph, Plan((Stage(2, (Step(optimizer=later),)),), batch_size=64), Control(), resume=checkpoint)


def test_a_plan_changed_while_running_and_taken_back_later_is_followed() -> None:
    graph, plan = network(random.Random(6)), Plan((Stage(1, (Step(),)),), batch_size=64)
    control = Control()
    control.one_batch()
    seen = []

    def act(event: Event) -> None:
        if isinstance(event, Paused) and not seen:
            seen.append(event)
            control.set("lr", 1e-6, planned=True)
            control.one_batch()
        elif isinstance(event, Paused):
            control.stop()

    first = learn(graph, plan, control, act)
    rates = []
    learn(graph, plan, Control(), lambda event: rates.append(event.lr) if hasattr(event, "lr") else None,
          first.checkpoint)
    assert set(rates) == {plan.optimizer.lr}
