"""The loop on real graphs: exact, repeatable, in hand at every batch edge."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix

import neuralgraph as ng
from neuralgraph.api import planned
from neuralgraph.training.control import Control, Probe
from neuralgraph.training.events import Changed, Event, Failed, Finished, Paused, Reading, Step, Stopped
from neuralgraph.training.loop import fit
from neuralgraph.training.metrics import evaluate
from neuralgraph.training.run import Run

Act = Callable[[Event], None]


def network(dropout: bool = True) -> ng.Graph:
    graph = ng.Graph()
    data = graph.add("Dataset", name="digits", id="data")
    x = graph.add("Flatten", data["x"])
    x = graph.add("ReLU", graph.add("Linear", x, out_features=16, id="hidden"))
    x = graph.add("Dropout", x) if dropout else x
    x = graph.add("Linear", x, out_features=10, id="logits")
    graph.add("CrossEntropyLoss", x, data["y"], id="loss")
    graph.add("Accuracy", x, data["y"], id="accuracy")
    graph.add("ConfusionMatrix", x, data["y"], id="confusion")
    return graph


def ready(graph: ng.Graph, **settings: Any) -> tuple[Any, Any, Any]:
    session = graph.session
    plan = planned(session.graph.plan, **{"epochs": 3, "lr": 0.01, **settings})
    program = session.compile(seed=plan.seed, graph=session.graph.having(plan=plan))
    return program, session.feed(program, plan), plan


def learn(graph: ng.Graph, control: Control | None = None, *, act: Act | None = None, resume: Any = None,
          **settings: Any) -> tuple[Run, list[Event]]:  # fmt: skip
    """A whole run; `act` hears every event before the loop goes on."""
    program, feed, plan = ready(graph, **settings)
    run, events = Run(program), []
    for event in fit(program, feed, plan, control, resume=resume):
        run.hear(event)
        events.append(event)
        if act is not None:
            act(event)
    return run, events


def same(one: Run, other: Run) -> None:
    assert one.losses == other.losses
    assert one.history == other.history
    mine, theirs = one.program.state_dict(), other.program.state_dict()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


@pytest.fixture(scope="module")
def whole() -> Run:
    """An unbroken run of three epochs."""
    run, events = learn(network())
    assert isinstance(events[-1], Finished)
    return run


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_losses_are_those_of_a_loop_written_by_hand(name: str) -> None:
    options = {"momentum": 0.9} if name == "SGD" else {}
    run, _ = learn(network(dropout=False), epochs=2, optimizer=name, **options)
    program, feed, plan = ready(network(dropout=False), epochs=2, optimizer=name, **options)
    hidden, logits = program.root.hidden, program.root.logits
    optimizer = getattr(torch.optim, name)([*hidden.parameters(), *logits.parameters()], lr=0.01, fused=True, **options)
    x, y = feed.train["data.x"].flatten(1), feed.train["data.y"]
    generator = torch.Generator().manual_seed(plan.seed)
    losses = []
    for _ in range(2):
        for rows in torch.randperm(len(x), generator=generator).split(plan.batch_size):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(logits(torch.relu(hidden(x[rows]))), y[rows])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert run.losses == losses
    assert torch.equal(run.program.state_dict()["logits.weight"], logits.weight)


def test_the_same_seed_gives_the_same_run_and_another_seed_another(whole: Run) -> None:
    same(learn(network())[0], whole)
    assert learn(network(), seed=1)[0].losses != whole.losses


def test_history_has_one_number_an_epoch(whole: Run) -> None:
    assert {"loss", "val_loss", "accuracy", "val_accuracy"} <= set(whole.history)
    assert all(len(values) == 3 for values in whole.history.values())
    assert whole.final["val_accuracy"] == whole.history["val_accuracy"][-1]


def test_metrics_are_those_of_scikit_learn() -> None:
    run, _ = learn(network(), test=0.1)
    feed = ready(network(), test=0.1)[1]
    scores = run.program.predict(x=feed.test["data.x"])
    guess, truth = scores.argmax(1).numpy(), feed.test["data.y"].numpy()
    judged = evaluate(run.program, feed.test)
    assert run.final["test_accuracy"] == pytest.approx(float((guess == truth).mean()), abs=1e-7)
    assert np.array_equal(judged.tables["confusion"], confusion_matrix(truth, guess, labels=range(10)))
    expected = torch.nn.functional.cross_entropy(scores, feed.test["data.y"]).item()
    assert judged.figures["loss"] == pytest.approx(expected, rel=1e-6)


def test_evaluation_changes_nothing(whole: Run) -> None:
    program, feed, _ = ready(network())
    program.root.train()
    before = {name: one.clone() for name, one in program.state_dict().items()}
    drawn = torch.get_rng_state()
    evaluate(program, feed.train)
    assert all(torch.equal(one, before[name]) for name, one in program.state_dict().items())
    assert torch.equal(drawn, torch.get_rng_state())
    assert all(module.training for module in program.root.modules())


def test_a_run_leaves_the_random_numbers_of_others_alone() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    learn(network(), epochs=1)
    assert torch.equal(before, torch.get_rng_state())


def test_one_batch_one_epoch_pause_and_resume_change_no_number(whole: Run) -> None:
    control = Control()
    control.one_batch()
    orders = [control.one_batch, control.one_epoch, control.one_batch, control.resume]
    places: list[tuple[int, int]] = []

    def act(event: Event) -> None:
        if isinstance(event, Paused):
            places.append((event.epoch, event.step))
            orders.pop(0)()

    run, events = learn(network(), control, act=act)
    per_epoch = len(run.losses) // 3
    assert places == [(0, 1), (0, 2), (1, per_epoch), (1, per_epoch + 1)]
    assert isinstance(events[-1], Finished)
    same(run, whole)


def test_stop_keeps_the_weights_and_the_rest_can_be_learned_later(whole: Run) -> None:
    control = Control()
    control.one_batch()
    left = 5

    def act(event: Event) -> None:
        nonlocal left
        if isinstance(event, Paused):
            left -= 1
            control.one_batch() if left else control.stop("enough")

    first, events = learn(network(), control, act=act)
    assert isinstance(events[-1], Stopped) and first.stop_reason == "enough"
    assert len(first.losses) == 5 and first.checkpoint is not None
    rest, _ = learn(network(), resume=first.checkpoint)
    assert first.losses + rest.losses == whole.losses
    assert rest.history == whole.history
    mine, theirs = rest.program.state_dict(), whole.program.state_dict()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_a_changed_rate_is_recorded_and_can_be_replayed() -> None:
    control = Control()
    control.one_batch()

    def act(event: Event) -> None:
        if isinstance(event, Paused):
            control.set("lr", 0.5)
            control.resume()

    run, _ = learn(network(), control, act=act)
    assert [(one.step, one.name, one.old, one.new) for one in run.changes] == [(1, "lr", 0.01, 0.5)]
    again, events = learn(network(), Control(replay=run.changes))
    same(again, run)
    assert [one for one in events if isinstance(one, Changed)] == run.changes


def test_probes_see_the_node_and_change_no_number(whole: Run) -> None:
    control = Control()
    control.one_batch()
    sample = {"data.x": np.ones((1, 1, 8, 8), np.float32)}
    readings: list[Reading] = []

    def act(event: Event) -> None:
        if isinstance(event, Paused) and not readings:
            control.probe(Probe("logits", sample))
        elif isinstance(event, Reading):
            readings.append(event)
            control.resume()

    run, _ = learn(network(), control, act=act)
    assert readings[0].weights["weight"].shape == readings[0].gradients["weight"].shape == (10, 16)
    assert readings[0].activations["out"].shape == (1, 10)
    same(run, whole)


def test_a_pause_answers_from_another_thread_without_working() -> None:
    control, told, stood = Control(), [], threading.Event()
    control.one_batch()

    def work() -> None:
        for event in fit(*ready(network()), control):
            told.append(event)
            if isinstance(event, Paused):
                stood.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert stood.wait(20)
    names = control.ask(lambda program: tuple(program.state_dict())).result(20)
    broken = control.ask(lambda program: 1 / 0)
    assert isinstance(broken.exception(20), ZeroDivisionError)
    control.set("lr", 0.2)
    control.stop()
    thread.join(20)
    assert not thread.is_alive() and isinstance(told[-1], Stopped)
    assert "logits.weight" in names
    assert sum(len(one.losses) for one in told if isinstance(one, Step)) == 1
    assert control.ask(lambda program: 1).cancelled()


def test_frozen_weights_stay(whole: Run) -> None:
    from dataclasses import replace

    from neuralgraph.graph.edits import ChangeNode

    graph = network()
    node = graph.session.graph.nodes["hidden"]
    graph.session.edit(ChangeNode(replace(node, frozen=True)))
    before = ready(graph)[0].state_dict()
    after = learn(graph)[0].program.state_dict()
    assert torch.equal(before["hidden.weight"], after["hidden.weight"])
    assert not torch.equal(before["logits.weight"], after["logits.weight"])


def test_numbers_that_are_not_finite_end_the_run_at_once() -> None:
    _, events = learn(network(dropout=False), optimizer="SGD", lr=1e30)
    failed = events[-1]
    assert isinstance(failed, Failed) and failed.epoch == 0
    assert failed.node in {"hidden", "logits"} and "rate" in failed.hint
    assert not [one for one in events if isinstance(one, Step) and not np.isfinite(one.losses).all()]


def test_an_exception_in_the_graph_names_its_node() -> None:
    graph = ng.Graph()
    words = graph.add("Input", id="words", shape=(3,), dtype="int64")
    truth = graph.add("Input", id="truth", shape=(12,))
    table = graph.add("Embedding", words, num_embeddings=5, embedding_dim=4, id="table")
    graph.add("MSELoss", graph.add("Flatten", table), truth, id="loss")
    data = {"words": np.full((8, 3), 7), "truth": np.zeros((8, 12), np.float32)}
    failed = list(ng.fit(graph, data=data, epochs=1))[-1]
    assert isinstance(failed, Failed) and failed.node == "table"


def test_what_an_optimiser_does_not_know_is_said() -> None:
    failed = learn(network(), optimizer="Adam", momentum=0.5)[1][-1]
    assert isinstance(failed, Failed) and "'momentum'" in failed.message and "beta1" in failed.message


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_every_optimiser_learns(name: str) -> None:
    run, _ = learn(network(dropout=False), optimizer=name)
    assert run.history["loss"][-1] < run.history["loss"][0]


def test_several_losses_are_told_by_name_even_one_that_is_called_loss() -> None:
    graph = network(dropout=False)
    data = graph.session.graph.nodes["data"]
    assert data.id == "data"
    graph.add("CrossEntropyLoss", graph["logits"], graph["data"]["y"], id="second", weight=0.5)
    run, events = learn(graph, epochs=1)
    steps = [one for one in events if isinstance(one, Step)]
    assert all(set(one.parts) == {"loss", "second"} for one in steps)
    parts = {name: np.concatenate([one.parts[name] for one in steps]) for name in ("loss", "second")}
    assert np.allclose(run.losses, parts["loss"] + 0.5 * parts["second"], rtol=1e-6)
    assert set(run.history) == {"loss", "second", "accuracy"} | {f"val_{one}" for one in ("loss", "second", "accuracy")}
    assert run.history["loss"][0] == pytest.approx(np.average(run.losses, weights=sizes(len(run.losses))), rel=1e-6)


def sizes(count: int) -> list[int]:
    return [32] * (count - 1) + [1438 - 32 * (count - 1)]
