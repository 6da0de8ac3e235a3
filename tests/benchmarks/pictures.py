"""What the live pictures cost: a run in the window with all of them against none, and frames of a large canvas."""

from __future__ import annotations

import statistics
import time
from typing import Any

from tests.benchmarks.alive import _until, closed, opened
from tests.benchmarks.canvas import _graph, _timed

TURNS, SECONDS = 4, 5.0
LEAST = 0.95


def pictures() -> dict[str, Any]:
    """Steps per second of processor time with cards and wires live over those without; frames in ms."""
    shares = {f"{name} {what}": _share(name, what) for name, what in (
        ("digits-cnn", "gradients"), ("digits-mlp", "weights"), ("digits-mlp", "values"))}
    return {"benchmark": "pictures", "least": LEAST, "ratio": min(shares.values()), **shares, **_frames()}


def _share(example: str, what: str) -> float:
    """Turns with and without follow each other closely: what else the machine does meets both."""
    app, window = opened(example, 1920, 1080)
    bench, settings = window.bench, window.settings
    bench.canvas.zoom_reset()
    steps = [0]
    bench.bridge.events.connect(lambda events: steps.extend(one.step for one in events if hasattr(one, "step")))
    bench.training.toggle()
    _until(app, lambda: steps[-1] > 50)
    rates: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(2 * TURNS):
        on = turn % 2 == 0
        settings.put("previews_cards", on)
        settings.put("previews_wires", what if on else "off")
        bench.previewing.apply()
        bench.live.again()
        _rest(app, 0.5)
        step, began = max(steps), time.process_time()
        _rest(app, SECONDS)
        rates[on].append((max(steps) - step) / (time.process_time() - began))
    closed(window)
    return round(statistics.median(a / b for a, b in zip(rates[True], rates[False], strict=True)), 3)


def _rest(app: Any, seconds: float) -> None:
    end = time.perf_counter() + seconds
    _until(app, lambda: time.perf_counter() > end)


def _frames() -> dict[str, float]:
    """A thousand nodes, a picture on every wire: CPU ms of a frame at 100 % and from afar, and to place them all."""
    from types import SimpleNamespace

    import numpy as np
    from PySide6.QtWidgets import QApplication

    from neuralgraph.nodes import CATALOG
    from neuralgraph.tokens import LIGHT
    from neuralgraph.ui.canvas.previews import Preview
    from neuralgraph.ui.canvas.scene import CanvasScene
    from neuralgraph.ui.canvas.view import CanvasView
    from neuralgraph.ui.canvas.wire_painting import WireLook

    app = QApplication.instance() or QApplication([])
    scene = CanvasScene(SimpleNamespace(graph=_graph(), catalog=CATALOG), LIGHT)  # type: ignore[arg-type]
    view = CanvasView(scene)
    view.resize(1440, 900)
    view.show()
    view.actual_size()

    def show(version: int) -> None:
        values = np.random.default_rng(version).standard_normal(24)
        scene.wire_pictures.show("weights", {
            end: WireLook(Preview("strip", values, (), version), 1.0 + k % 7) for k, end in enumerate(scene.wires)})

    began = time.process_time()
    show(0)
    placed = time.process_time() - began
    app.processEvents()
    bar = view.horizontalScrollBar()
    near = _timed(app, lambda k: bar.setValue(bar.value() + 9))
    fresh = _timed(app, lambda k: show(k + 1))
    view.fit()
    far = _timed(app, lambda k: bar.setValue(bar.value() + 7 * (-1) ** k))
    view.close()
    return {"pictures": len(scene.wire_pictures.boxes), "place_ms": round(1e3 * placed, 1), "pan_at_100_ms": near,
            "new_numbers_ms": fresh, "pan_ms": far}
