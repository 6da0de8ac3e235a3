"""What panels cost a run: steps a second with every dock open, each tab of the bottom one in front in turn."""

from __future__ import annotations

import statistics
import time
from typing import Any

from tests.benchmarks.alive import _until, closed, opened
from tests.benchmarks.pictures import _rest

SECONDS, TURNS = 3.0, 3
LEAST = 0.95
TABS = ("plots", "samples", "views")


def docks() -> dict[str, Any]:
    """By the tab in front: steps a second over those with all docks closed, in turns that follow each other closely."""
    app, window = opened("digits-mlp", 1920, 1080)
    bench = window.bench
    bench.canvas.scene.select(["hidden"])
    steps = [0]
    bench.bridge.events.connect(lambda events: steps.extend(one.step for one in events if hasattr(one, "step")))
    bench.training.toggle()
    _until(app, lambda: steps[-1] > 500)  # replays have taken over
    _rest(app, 3.0)
    found = {}
    for tab in TABS:
        rates: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(2 * TURNS):
            on = turn % 2 == 0
            bench.docks.show_all(on)
            if on:
                bench.docks.open_tab(tab)
            _rest(app, 0.7)
            step, began = max(steps), time.perf_counter()
            _rest(app, SECONDS)
            rates[on].append((max(steps) - step) / (time.perf_counter() - began))
        found[tab] = round(statistics.median(rates[True]) / statistics.median(rates[False]), 3)
    closed(window)
    return {"benchmark": "docks", "least": LEAST, "ratio": min(found.values()), **found}
