"""Replaying a traced step against the textbook loop: CPU time of a step once it replays, and the same numbers first."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
from torch import Tensor, nn

import neuralgraph as ng
from neuralgraph.graph.plan import Optimizer, Plan, Stage, Step
from neuralgraph.training import quick
from neuralgraph.training.control import Control
from neuralgraph.training.events import EpochEnded
from neuralgraph.training.events import Step as Steps
from neuralgraph.training.loop import Loop
from tests.benchmarks.training import Case, _cnn, _copy, _data, _digits, _drawn, _tiny, textbook

ROUNDS = 5
EPOCHS = {"tiny": 30, "digits": 12, "dropout": 12, "batchnorm": 12, "lstm": 16, "cnn": 2}
"""Few enough that nothing is learned by heart: gradients near zero are slow numbers on this processor."""
GOALS = {"tiny": 5.0, "digits": 4.0, "dropout": 2.0, "batchnorm": 4.0, "lstm": 1.5, "cnn": 0.95}


class _Last(nn.Module):
    """What an LSTM gives after the last moment."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 32, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.lstm(x)[0][:, -1]
        return found


def _dropout() -> Case:
    layers: list[tuple[str, dict[str, Any]]] = [
        ("Linear", {"out_features": 128}), ("ReLU", {}), ("Dropout", {"p": 0.2}), ("Linear", {"out_features": 64}),
        ("ReLU", {}), ("Dropout", {"p": 0.2}), ("Linear", {"out_features": 10})]
    hand = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 64), nn.ReLU(), nn.Dropout(0.2),
                         nn.Linear(64, 10))
    return Case(_drawn((64,), 10, layers), hand, *_data(1797, (64,), 10), 64, 4)


def _batchnorm() -> Case:
    layers: list[tuple[str, dict[str, Any]]] = [
        ("Linear", {"out_features": 128}), ("BatchNorm1d", {}), ("ReLU", {}), ("Linear", {"out_features": 64}),
        ("BatchNorm1d", {}), ("ReLU", {}), ("Linear", {"out_features": 10})]
    hand = nn.Sequential(nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 64), nn.BatchNorm1d(64),
                         nn.ReLU(), nn.Linear(64, 10))
    return Case(_drawn((64,), 10, layers), hand, *_data(1797, (64,), 10), 64, 4)


def _lstm() -> Case:
    g = ng.Graph()
    x, y = g.add("Input", shape=(8, 8), id="x"), g.add("Input", shape=(), dtype="int64", classes=10, id="y")
    last = g.add("Slice", g.add("LSTM", x, hidden_size=32)["output"], index=":, -1")
    g.add("CrossEntropyLoss", g.add("Linear", last, out_features=10), y, id="objective")
    hand = nn.Sequential(_Last(), nn.Linear(32, 10))
    return Case(g, hand, *_data(960, (8, 8), 10), 32, 3)


CASES = {"tiny": _tiny, "digits": _digits, "dropout": _dropout, "batchnorm": _batchnorm, "lstm": _lstm, "cnn": _cnn}


def learned(case: Case, epochs: int, *, replays: bool = True) -> tuple[list[float], float, bool]:
    """The losses, CPU seconds of a step in the second half, and whether steps were replayed by then."""
    session = case.graph.session
    program = session.compile(seed=0)
    _copy(program, case.hand)
    plan = Plan((Stage(epochs, (Step(optimizer=Optimizer("Adam", 1e-3)),)),), case.batch, validation=0.0)
    feed = session.feed(program, plan, {"x": case.x, "y": case.y})
    with patch.object(quick, "TO_COME", 40 if replays else 10**9):
        loop = Loop(program, feed, plan, Control(), None)
        losses: list[float] = []
        since, step = 0.0, 0
        for event in loop.events():
            if isinstance(event, Steps):
                losses.extend(event.losses.tolist())
            if isinstance(event, EpochEnded) and event.epoch == epochs // 2:
                since, step = time.process_time(), event.step
        seconds = (time.process_time() - since) / (loop.step - step)
    return losses, seconds, loop.learners[0].quick.replays


def measure(name: str) -> dict[str, Any]:
    """One case: the ratio of a step, the textbook loop's ÷ ours."""
    make, ratios, equal, replayed = CASES[name], [], True, False
    for turn in range(ROUNDS + 1):
        case = make()
        epochs = EPOCHS[name]
        if not turn:  # the check comes first, and warms up
            usual, _, _ = learned(case, epochs, replays=False)
            mine, _, replayed = learned(make(), epochs)
            equal = usual == mine
            continue
        _, fast, _ = learned(case, epochs)
        losses, slow = textbook(replace(case, epochs=min(epochs, 6)))
        ratios.append(slow / len(losses) / fast)
    assert equal, "the replayed losses are not those of the usual way"
    return {"benchmark": f"replayed {name}", "ratio": round(statistics.median(ratios), 2), "goal": GOALS[name],
            "min": round(min(ratios), 2), "max": round(max(ratios), 2), "replayed": replayed,
            "losses": "bit-equal to the usual way" if np.isfinite(usual).all() else "not finite"}


def replayed() -> None:
    """Every case, a line each."""
    import json

    for name in CASES:
        print(json.dumps(measure(name)), flush=True)
