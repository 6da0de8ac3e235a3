"""What panels cost a run: steps a second with every dock open, each tab of the bottom one in front in turn."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.alive import _lengthen, _until
from tests.benchmarks.pictures import _rest

SECONDS, TURNS = 3.0, 3
LEAST = 0.95
TABS = ("plots", "samples", "views")


def docks() -> dict[str, Any]:
    """By the tab in front: steps a second over those with all docks closed, in turns that follow each other closely."""
    from PySide6.QtWidgets import QApplication

    from neuralgraph.resources import examples
    from neuralgraph.ui.settings import Settings
    from neuralgraph.ui.theme import Theme
    from neuralgraph.ui.window import MainWindow

    app = QApplication.instance() or QApplication([])
    settings = Settings(Path(tempfile.mkdtemp()) / "settings.json")
    window = MainWindow(Theme(), settings, file=examples() / "digits-mlp.ngraph", welcome=False)
    window.resize(1920, 1080)
    window.show()
    _until(app, lambda: hasattr(window, "bench") and window.bench.session.analysis is not None)
    bench = window.bench
    _lengthen(bench.session)
    _until(app, lambda: not bench.analysis.busy)
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
    bench.documents.may_close = lambda: True  # type: ignore[method-assign]
    window.close()
    return {"benchmark": "docks", "least": LEAST, "ratio": min(found.values()), **found}
