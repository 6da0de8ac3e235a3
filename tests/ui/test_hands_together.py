"""What shows the network, used together: the slider, a hand in it, a step taken apart, pictures on the wires."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.touches import Spot
from neuralgraph.training.store import Store
from neuralgraph.ui.window import MainWindow


@pytest.fixture
def trained(window: Any, qtbot: QtBot) -> MainWindow:
    """A window whose run is over."""
    one: MainWindow = window("xor")
    one.bench.training.toggle()
    qtbot.waitUntil(lambda: one.bench.bridge.running, timeout=60_000)
    qtbot.waitUntil(lambda: one.bench.time.session.moments.last > 60, timeout=60_000)
    one.bench.training.stop()
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=60_000)
    return one


def at(qtbot: QtBot, one: MainWindow, step: int) -> None:
    one.bench.time.bar.slider.go(step)
    qtbot.waitUntil(lambda: one.bench.session.moment == step, timeout=20_000)


def touched(qtbot: QtBot, one: MainWindow, spot: Spot, value: float) -> Any:
    """The desk, when what comes of it is said."""
    desk = next(made.touch for made in one.bench.views._made if hasattr(made, "touch"))
    desk.hand.change(spot, value, learns=True)
    qtbot.waitUntil(lambda: desk._outcome is not None and spot in desk._outcome.touches.numbers, timeout=20_000)
    return desk


def test_what_a_touch_comes_to_is_that_of_the_moment_that_is_shown(qtbot: QtBot, trained: MainWindow) -> None:
    bench = trained.bench
    desk = touched(qtbot, trained, Spot("hidden", "weight", (1, 1)), 4.0)
    now = desk._outcome
    at(qtbot, trained, 5)
    qtbot.waitUntil(lambda: desk._outcome is not None and desk._outcome.before != now.before, timeout=20_000)
    wanted = bench.session.touch()
    assert wanted is not None and desk._outcome.before == wanted.before and desk._outcome.after == wanted.after
    before = bench.session.program
    desk.bar.buttons["keep"].click()
    assert bench.session.program is before and bench.session.touches and "Go back to now" in desk.bar.more.text()
    bench.time.back()
    qtbot.waitUntil(lambda: desk._outcome is not None and desk._outcome.before == now.before, timeout=20_000)
    assert desk.bar.more.text().find("Go back to now") < 0, "that was said of another moment"


def test_another_drawing_lets_go_of_what_no_longer_fits_and_says_so(qtbot: QtBot, trained: MainWindow) -> None:
    bench = trained.bench
    bench.views.show_node("hidden")
    at(qtbot, trained, 5)
    units = bench.session.shown.program.part("hidden").weight.shape[0]  # type: ignore[union-attr]
    desk = touched(qtbot, trained, Spot("hidden", "weight", (units - 1, 1)), 4.0)
    qtbot.waitUntil(lambda: desk._array.shape == (units, 2), timeout=20_000)
    node = bench.session.graph.nodes["hidden"]
    bench.session.edit(ChangeNode(replace(node, params=FrozenDict({**node.params, "out_features": units - 1}))))
    qtbot.waitUntil(lambda: desk._array.shape == (units - 1, 2), timeout=20_000)
    qtbot.waitUntil(lambda: "places along axis 0" in desk.bar.more.text(), timeout=20_000)
    bench.undo()
    qtbot.waitUntil(lambda: "places along axis 0" not in desk.bar.more.text(), timeout=20_000)
    assert bench.session.moment == 5 and desk._outcome.touches.numbers


def test_where_a_kept_run_takes_the_bar_nobody_shows_the_moment_of_before(
    qtbot: QtBot, trained: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = trained.bench
    boundary: Any = bench.docks.bottom.open("boundary")
    qtbot.waitUntil(lambda: boundary._plane.region is not None, timeout=20_000)
    at(qtbot, trained, 5)
    direct = bench.session.region()
    assert direct is not None
    qtbot.waitUntil(lambda: np.array_equal(boundary._plane.region.score, direct.score), timeout=20_000)
    bench.runs.show()
    boundary = bench.docks.bottom.open("boundary")
    kept = Store().runs()
    monkeypatch.setattr(type(bench.runs), "chosen", property(lambda _self: kept[:1]))
    bench.runs.commands.steps()
    assert bench.session.past_id == kept[0].id and bench.session.moment is None
    now = bench.session.region()
    assert now is not None
    qtbot.waitUntil(lambda: np.array_equal(boundary._plane.region.score, now.score), timeout=20_000)
