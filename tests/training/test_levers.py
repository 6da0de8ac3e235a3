"""Levers besides those of the optimiser: marked, repeated, gone on with, all bit for bit."""

from __future__ import annotations

import random
from dataclasses import replace
from threading import Thread
from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph.errors import RunError
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.planning import planned
from neuralgraph.training.checkpoint_file import read_checkpoint, write_checkpoint
from neuralgraph.training.control import Control, Probe
from neuralgraph.training.events import Changed, Event, Finished, Note, Stopped
from neuralgraph.training.events import Step as Steps
from neuralgraph.training.loop import Loop

RNG = np.random.default_rng(0)
DATA = {"x": RNG.normal(size=(50, 4)).astype(np.float32), "y": RNG.normal(size=(50, 1)).astype(np.float32)}


def network() -> ng.Graph:
    g = ng.Graph()
    x, y = g.add("Input", shape=(4,), id="x"), g.add("Input", shape=(1,), id="y")
    h = g.add("Dropout", g.add("Tanh", g.add("Linear", x, out_features=6)), p=0.2, id="drop")
    out = g.add("Linear", h, out_features=1)
    g.add("MSELoss", out, y, id="near")
    g.add("L1Loss", out, y, id="far", weight=0.5)
    return g


def loop(control: Control, g: ng.Graph | None = None, resume: Any = None, **plan: Any) -> Loop:
    session = (g or network()).session
    chosen = planned(session.graph.plan, epochs=5, batch_size=8, validation=0.2, seed=1, **plan)
    program = session.compile(seed=1)
    return Loop(program, session.feed(program, chosen, DATA), chosen, control, resume)


def heard(one: Loop) -> tuple[list[float], list[Event]]:
    events = list(one.events())
    return [loss for event in events if isinstance(event, Steps) for loss in event.losses.tolist()], events


PULLED = [Changed(3, 0.0, "drop.p", 0.2, 0.6), Changed(9, 0.0, "far.weight", 0.5, 2.0),
          Changed(12, 0.0, "batch_size", 8.0, 20.0), Changed(13, 0.0, "lr", 1e-3, 0.01)]


def test_each_is_marked_and_changes_what_is_learned() -> None:
    plain, _ = heard(loop(Control()))
    losses, events = heard(loop(Control(replay=PULLED)))
    marks = [one for one in events if isinstance(one, Changed)]
    assert [(one.step, one.name, one.old, one.new) for one in marks] == [
        (one.step, one.name, one.old, one.new) for one in PULLED]
    assert losses[:3] == plain[:3] and losses[3] != plain[3]
    assert len(plain) == 25 and len(losses) == 3 * 5 + 2 * 2, "batches of 20 from the epoch after the change on"
    figures = next(one for one in events if isinstance(one, Finished)).final
    assert figures["loss"] == pytest.approx(figures["near"] + 2 * figures["far"])
    assert figures["val_loss"] == pytest.approx(figures["val_near"] + 2 * figures["val_far"])


def test_repeated_bit_for_bit() -> None:
    first, events = heard(loop(Control(replay=PULLED)))
    again, _ = heard(loop(Control(replay=[one for one in events if isinstance(one, Changed)])))
    assert first == again


@pytest.mark.parametrize("stop", [5, 11, 13, 15, 17])
def test_goes_on_bit_for_bit(stop: int, tmp_path: Any) -> None:
    """Stopped, written to a file, read, and gone on with: as if it had never stopped."""
    expected, _ = heard(loop(Control(replay=PULLED)))
    control = Control(replay=PULLED)
    one = loop(control)
    losses: list[float] = []
    count, learn = 0, one._learn

    def counting(batch: Any) -> None:
        nonlocal count
        learn(batch)
        count += 1
        if count == stop:
            control.stop()

    one._learn = counting  # type: ignore[method-assign]
    losses, events = heard(one)
    assert isinstance(events[-1], Stopped)
    write_checkpoint(tmp_path / "it.safetensors", one.program.checkpoint)
    kept, _ = read_checkpoint(tmp_path / "it.safetensors")
    two = loop(Control(replay=[change for change in PULLED if change.step >= stop]), resume=kept)
    more, events = heard(two)
    assert not [event.message for event in events if isinstance(event, Note)]
    assert losses + more == expected


def test_the_document_of_now_wins() -> None:
    """Who types another dropout after the run goes on with that one, not with the lever's."""
    control = Control(replay=[Changed(0, 0.0, "drop.p", 0.2, 0.6)])
    one = loop(control)
    list(one.events())
    kept = one.program.checkpoint
    same = loop(Control(), resume=kept)
    list(same._begin())
    assert same.program.live("drop", "p") == 0.6
    g = network()
    placed = g.session.graph.nodes["drop"]
    g.session.edit(ChangeNode(replace(placed, params=FrozenDict({"p": 0.1})), "Change p"))
    other = loop(Control(), g, resume=kept)
    list(other._begin())
    assert other.program.live("drop", "p") == 0.1


def test_what_cannot_be_is_told() -> None:
    control = Control(replay=[Changed(0, 0.0, name, 0.0, value) for name, value in (
        ("drop.p", 7.0), ("linear_1.out_features", 9.0), ("nowhere.p", 0.5))])
    _, events = heard(loop(control))
    notes = [one.message for one in events if isinstance(one, Note)]
    assert len(notes) == 3
    assert notes[0] == "drop.p stays as it is: p expects a number from 0 to 1, not 7.0."
    assert all("no such lever" in one for one in notes[1:])
    for name, value in (("batch_size", 0), ("batch_size", 2.5), ("nonsense", 1.0)):
        with pytest.raises(RunError):
            Control().set(name, value)


LEVERS = ("pause", "resume", "one_batch", "one_epoch", "set", "ask", "probe", "stop")


@pytest.mark.parametrize("seed", range(10))
def test_thirty_random_sequences_each(seed: int) -> None:
    """Levers pulled in any order from another thread: the run ends within two seconds of the word, and none waits."""
    rng = random.Random(seed)
    program = network().session
    chosen = planned(program.graph.plan, epochs=100_000, batch_size=8, validation=0.2)
    made = program.compile(seed=1)
    feed = program.feed(made, chosen, DATA)
    for _ in range(30):
        control, events = Control(), []
        run = Loop(made, feed, chosen, control, None)
        thread = Thread(target=lambda run=run, events=events: events.extend(run.events()))
        thread.start()
        asked = []
        for _ in range(rng.randrange(1, 12)):
            match rng.choice(LEVERS[:-1]):
                case "set":
                    control.set(*rng.choice([("lr", 0.01), ("drop.p", 0.4), ("batch_size", 16), ("far.weight", 2.0)]))
                case "ask":
                    asked.append(control.ask(lambda program: len(program.state_dict())))
                case "probe":
                    control.probe(rng.choice([Probe("drop"), None]))
                case lever:
                    getattr(control, lever)()
            if rng.random() < 0.3:
                thread.join(rng.random() * 0.003)
        control.stop()
        thread.join(2)
        assert not thread.is_alive(), "it hangs"
        control.close()
        assert isinstance(events[-1], Stopped)
        assert all(one.cancelled() or one.result(0) == 4 for one in asked)
