"""The window stays alive while it trains: hands everywhere at once, and the levers of a run in any order."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psutil
from PySide6.QtCore import QTimer

from neuralgraph.graph.edits import ChangeNode, Describe, Move, SetPlan
from neuralgraph.ui.window import MainWindow
from tests.conftest import SCALE

SECONDS, LEVERS = 6.0 * SCALE, 300 * SCALE
LATEST = 1.0
"""Seconds that an event may come late."""


def for_ever(window: MainWindow) -> None:
    session = window.bench.session
    stage = replace(session.graph.plan.stages[0], epochs=100_000)
    session.edit(SetPlan(replace(session.graph.plan, stages=(stage,))))


class Pulse:
    """How late the events of the window come."""

    def __init__(self, window: MainWindow) -> None:
        self.latest, self._last = 0.0, time.perf_counter()
        self._timer = QTimer(window)
        self._timer.timeout.connect(self._beat)
        self._timer.start(20)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.latest = max(self.latest, now - self._last - 0.02)
        self._last = now

    def stop(self) -> float:
        self._timer.stop()
        return self.latest


def test_hands_are_busy_while_it_trains(qtbot: Any, window: Callable[..., MainWindow], capfd: Any) -> None:
    one = window("digits-mlp")
    bench, rng = one.bench, random.Random(0)
    for_ever(one)
    qtbot.waitUntil(lambda: not bench.analysis.busy, timeout=20000)
    bench.training.toggle()
    qtbot.waitUntil(lambda: bench.training.state.step > 0, timeout=20000)

    def pan() -> None:
        bar = bench.canvas.view.horizontalScrollBar()  # type: ignore[union-attr]
        bar.setValue(bar.value() + rng.randint(-60, 60))

    def edit() -> None:
        bench.session.edit(Move((("hidden", 8.0 * rng.randint(0, 90), 8.0 * rng.randint(0, 40)),)))

    def rename() -> None:
        node = bench.session.graph.nodes["relu_1"]
        bench.session.edit(ChangeNode(replace(node, title=f"step {rng.randint(0, 999)}")))

    acts: list[Callable[[], object]] = [
        pan, edit, rename, bench.undo, bench.redo,
        lambda: bench.canvas.select((rng.choice(list(bench.session.graph.nodes)),)),
        lambda: bench.canvas.select(()),
        one.dark, one.light,
        lambda: one.resize(1000 + rng.randint(0, 400), 700 + rng.randint(0, 200)),
        bench.canvas.zoom_in, bench.canvas.zoom_out, bench.canvas.fit,
        lambda: bench.docks.bottom.open(rng.choice(
            ["plots", "problems", "try", "samples", "confusion", "outline", "log"])),
        lambda: bench.training.set_rate(10 ** rng.uniform(-4, -2)),
    ]  # fmt: skip
    for act in acts:
        act()
        qtbot.wait(40)
    memory, pulse, end = psutil.Process().memory_info().rss, Pulse(one), time.monotonic() + SECONDS
    count = 0
    while time.monotonic() < end:
        rng.choice(acts)()
        count += 1
        qtbot.wait(20)
    assert bench.bridge.running and count > 20 * SCALE
    assert pulse.stop() < LATEST
    assert not [entry for entry in bench.log.entries if entry.level == "error"]
    assert psutil.Process().memory_info().rss - memory < 150 * 2**20
    step = bench.training.state.step, bench.training.state.epoch
    qtbot.waitUntil(lambda: (bench.training.state.step, bench.training.state.epoch) != step, timeout=5000)
    capfd.readouterr()


def test_the_levers_of_a_run_in_any_order(qtbot: Any, window: Callable[..., MainWindow]) -> None:
    one = window("xor")
    bench, rng = one.bench, random.Random(1)
    for_ever(one)
    qtbot.waitUntil(lambda: not bench.analysis.busy, timeout=20000)
    training = bench.training
    levers = [training.toggle, training.one_batch, training.one_epoch, training.stop, training.reset, training.toggle,
              lambda: training.set_rate(0.01), lambda: bench.session.edit(Describe(str(rng.random()), ""))]
    longest = 0.0
    for _ in range(LEVERS):
        began = time.perf_counter()
        rng.choice(levers)()
        longest = max(longest, time.perf_counter() - began)
        qtbot.wait(rng.choice((0, 1, 5, 15)))
    assert longest < 2.0
    training.stop()
    qtbot.waitUntil(lambda: not bench.bridge.running, timeout=5000)
    training.reset()
    training.toggle()
    qtbot.waitUntil(lambda: training.state.step > 0 or training.state.epoch > 1, timeout=10000)
    training.stop()
    qtbot.waitUntil(lambda: not bench.bridge.running, timeout=5000)
    assert not [entry for entry in bench.log.entries if entry.level == "error"]
