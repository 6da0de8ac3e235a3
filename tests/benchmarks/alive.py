"""Is the window alive while it trains? The lateness of a 60 Hz tick in the window's thread, for ten seconds."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

SECONDS = 10.0
TICK = 17
"""Milliseconds between two ticks."""


def alive() -> dict[str, Any]:
    """Percentiles of how late a tick comes, in ms, with the digits MLP training and its plots and pictures live."""
    from PySide6.QtCore import Qt, QTimer

    app, window = opened("digits-mlp", 1440, 900)
    window.bench.training.toggle()
    _until(app, lambda: window.bench.training.state.step > 0)
    late: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        late.append(max(0.0, 1000 * (now - last) - TICK))
        last = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start(TICK)
    began = time.perf_counter()
    _until(app, lambda: time.perf_counter() - began > SECONDS)
    timer.stop()
    epochs = window.bench.training.state.epoch
    closed(window)
    late.sort()
    p99 = late[int(0.99 * len(late))]
    return {"benchmark": "alive", "ticks": len(late), "p50_ms": round(late[len(late) // 2], 1), "p99_ms": round(p99, 1),
            "most_ms": round(late[-1], 1), "epochs": epochs, "ceiling_ms": 16, "ratio": round(p99 / 16, 2)}


def opened(example: str, width: int, height: int) -> tuple[Any, Any]:
    """The application, and a window on an example that would learn for ever."""
    from PySide6.QtWidgets import QApplication

    from neuralgraph.resources import examples
    from neuralgraph.ui.settings import Settings
    from neuralgraph.ui.theme import Theme
    from neuralgraph.ui.window import MainWindow

    app = QApplication.instance() or QApplication([])
    settings = Settings(Path(tempfile.mkdtemp()) / "settings.json")
    window = MainWindow(Theme(), settings, file=examples() / f"{example}.ngraph", welcome=False)
    window.resize(width, height)
    window.show()
    _until(app, lambda: hasattr(window, "bench") and window.bench.session.analysis is not None)
    _lengthen(window.bench.session)
    _until(app, lambda: not window.bench.analysis.busy)
    return app, window


def closed(window: Any) -> None:
    """Unasked, whatever it learns."""
    window.bench.documents.may_close = lambda: True
    window.close()


def _until(app: Any, done: Any, seconds: float = 60.0) -> None:
    """A real event loop, as the program has one, until `done()`."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, look = QEventLoop(), QTimer()
    end = time.perf_counter() + seconds
    look.timeout.connect(lambda: loop.quit() if done() or time.perf_counter() > end else None)
    look.start(20)
    loop.exec()
    look.stop()
    if not done():
        raise TimeoutError("the window did not get there")


def _lengthen(session: Any) -> None:
    from dataclasses import replace

    from neuralgraph.graph.edits import SetPlan

    plan = session.graph.plan
    session.edit(SetPlan(replace(plan, stages=(replace(plan.stages[0], epochs=100_000),))))
