"""The bar of time: dragging back shows another moment everywhere, while a run goes on and after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from neuralgraph.training.store import Store
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Store()


@pytest.fixture
def trained(qtbot: Any, window: Open) -> MainWindow:
    """A window whose run is over: xor learns all rows at once, so that a step is an epoch."""
    from dataclasses import replace

    from neuralgraph.graph.edits import SetPlan

    one = window("xor")
    plan = one.bench.session.graph.plan
    stage = replace(plan.stages[0], epochs=150)
    one.bench.session.edit(SetPlan(replace(plan, stages=(stage,)), "Epochs"))
    one.bench.training.toggle()
    qtbot.waitUntil(lambda: one.bench.bridge.running, timeout=60000)
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=60000)
    return one


def at(qtbot: Any, one: MainWindow, step: int) -> None:
    """Drag there, and wait until this very step is shown."""
    one.bench.time.bar.slider.go(step)
    qtbot.waitUntil(lambda: one.bench.session.moment == step, timeout=20000)


def test_nothing_to_wind_back_no_bar(window: Open) -> None:
    one = window("xor")
    assert not one.bench.time.bar.isVisible() and not one.bench.actions["time_play"].isEnabled()


def test_the_bar_comes_with_the_run(trained: MainWindow) -> None:
    bar = trained.bench.time.bar
    assert bar.isVisible() and (bar.slider.minimum(), bar.slider.maximum(), bar.slider.value()) == (0, 150, 150)
    assert bar.where.text() == "now: step 150" and not bar.now.isEnabled() and not bar.branch.isEnabled()
    assert bar.slider.kept[:20] == tuple(range(20))


def test_a_moment_is_shown_everywhere_and_there_is_a_way_back(qtbot: Any, trained: MainWindow) -> None:
    bench = trained.bench
    plots: Any = bench.docks.bottom.open("plots")
    boundary: Any = bench.docks.bottom.open("boundary")
    qtbot.waitUntil(lambda: boundary._plane.region is not None, timeout=20000)
    now = boundary._plane.region.score.copy()
    loss = next(id for id, placed in bench.session.graph.nodes.items() if "Loss" in placed.type)
    last = plots.run.figures["loss"].at("step", 150)
    at(qtbot, bench.window, 20)
    qtbot.waitUntil(lambda: not np.array_equal(boundary._plane.region.score, now), timeout=20000)
    direct = bench.session.region(bench.session.at(20))
    assert direct is not None
    qtbot.waitUntil(lambda: np.array_equal(boundary._plane.region.score, direct.score), timeout=20000)
    assert bench.status.moment.label.text() == "shown: step 20 of 150" and bench.status.now.isVisible()
    assert bench.time.bar.where.text() == "step 20 of 150" and bench.time.bar.now.isEnabled()
    assert plots.moment == 20
    then = plots.run.figures["loss"].at("step", 20)
    assert then is not None and last is not None and then > last
    bench.docks.bottom.open("plots")
    qtbot.waitUntil(lambda: bool(plots.legend("left")), timeout=5000)
    assert plots.legend("left")["train"] == plots.run.figures["loss"].spell(then)
    assert plots.views["left"].lines.content.cursor == pytest.approx(plots.run.stands(20, plots.axis))
    assert loss in bench.canvas.scene.nodes
    bench.docks.bottom.open("boundary")
    bench.status.now.click()
    assert bench.session.moment is None and plots.moment is None and not bench.status.moment.isVisible()
    qtbot.waitUntil(lambda: np.array_equal(boundary._plane.region.score, now), timeout=20000)


def test_keys_go_step_by_step(qtbot: Any, trained: MainWindow) -> None:
    slider, session = trained.bench.time.bar.slider, trained.bench.session
    slider.setFocus()
    for key, held, step in (
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 0), (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 1),
        (Qt.Key.Key_PageUp, Qt.KeyboardModifier.NoModifier, 8), (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, 7),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier, 8),
    ):
        QTest.keyClick(slider, key, held)
        qtbot.waitUntil(lambda step=step: session.moment == step, timeout=20000)
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert session.moment is None
    trained.bench.actions["time_back"].trigger()
    qtbot.waitUntil(lambda: session.moment == 149, timeout=20000)
    trained.bench.actions["time_now"].trigger()
    assert session.moment is None


def test_the_film_runs_to_the_end_and_can_be_held(qtbot: Any, trained: MainWindow) -> None:
    bench = trained.bench
    bench.time.film.set_speed(100)
    bench.time.play()
    assert bench.time.film.on
    seen: set[int] = set()
    qtbot.waitUntil(lambda: bool(seen.add(bench.session.moment) or len(seen) > 5), timeout=20000)
    bench.time.play()
    assert not bench.time.film.on and bench.session.moment is not None
    bench.time.play()
    qtbot.waitUntil(lambda: not bench.time.film.on, timeout=60000)
    assert bench.session.moment is None


def test_a_run_goes_on_while_its_past_is_shown(qtbot: Any, window: Open) -> None:
    one = window("spiral")
    bench = one.bench
    bench.training.toggle()
    bar = bench.time.bar  # a hand drags no further than that
    qtbot.waitUntil(lambda: bar.isVisible() and bar.slider.maximum() > 60, timeout=60000)
    at(qtbot, one, 7)
    before = bench.session.moments.last
    qtbot.waitUntil(lambda: bench.session.moments.last > before + 30, timeout=60000)
    assert bench.session.moment == 7 and bench.bridge.running
    assert bench.time.bar.slider.value() == 7 and bench.time.bar.slider.maximum() > 60
    bench.time.back()
    qtbot.waitUntil(lambda: bench.time.bar.slider.value() == bench.time.bar.slider.maximum(), timeout=5000)
    bench.training.stop()
    qtbot.waitUntil(lambda: not bench.bridge.running, timeout=20000)


def test_training_on_makes_a_run_of_its_own(qtbot: Any, trained: MainWindow, store: Store) -> None:
    bench = trained.bench
    first = bench.session.run
    at(qtbot, trained, 40)
    bench.time.train_on()
    qtbot.waitUntil(lambda: bench.session.run is not first and not bench.bridge.running, timeout=60000)
    young, old = store.runs()
    assert young.parent == old.id and young.id != old.id and (old.step, young.step) == (150, 150)
    assert bench.session.moment is None
    moments = bench.session.moments
    assert [(one.start, one.end) for one in moments.stretches] == [(0, 40), (40, 150)]
    plots: Any = bench.docks.bottom.page("plots")
    steps = plots.run.figures["loss"].train.x("step")
    assert steps.tolist() == list(range(1, 151)) and len(plots.pinned) == 1
    assert first is not None and all(  # nothing was changed, so it is the same run once more
        np.array_equal(one.numpy(), bench.session.program.state_dict()[name].numpy())  # type: ignore[union-attr]
        for name, one in first.program.state_dict().items())


def test_a_reset_and_another_run_show_what_is_now(qtbot: Any, trained: MainWindow) -> None:
    bench = trained.bench
    at(qtbot, trained, 5)
    bench.training.reset()
    assert bench.session.moment is None and not bench.time.bar.isVisible() and not bench.status.moment.isVisible()


def test_the_bar_is_there_for_a_presenter(qtbot: Any, trained: MainWindow) -> None:
    bench = trained.bench
    bench.presenter.enter()
    qtbot.waitUntil(lambda: bench.time.bar.isVisible(), timeout=5000)
    small = bench.theme.px(36)
    assert bench.time.bar.height() > small and bench.time.bar.where.font().pixelSize() >= bench.theme.px(27)
    stage = bench.window.centre.currentWidget()
    qtbot.waitUntil(lambda: getattr(bench.window.centre.currentWidget(), "plane", None) is not None, timeout=20000)
    stage = bench.window.centre.currentWidget()
    now = stage.plane.region.score.copy()  # type: ignore[attr-defined]
    at(qtbot, trained, 3)
    qtbot.waitUntil(lambda: not np.array_equal(stage.plane.region.score, now), timeout=20000)  # type: ignore[attr-defined]
    bench.presenter.leave()
    assert bench.time.bar.maximumHeight() == small


def test_a_long_repetition_is_offered_and_can_be_given_up(
    qtbot: Any, trained: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neuralgraph.ui import time_travel

    bench, session = trained.bench, trained.bench.session
    (stretch,) = session.moments.stretches
    stretch.moments = (stretch.moments[0], stretch.moments[-1])
    stretch.seconds = 1e6
    bench.time.bar.slider.go(100)
    qtbot.waitUntil(lambda: bench.status.repeat.isVisible(), timeout=20000)
    assert "Repeat 100 batches" in bench.status.repeat.text() and session.moment == 0
    assert bench.status.moment.label.text() == "shown: step 0 of 150, nearest to 100"
    assert bench.time.bar.where.text() == "step 0 of 150 …"
    bench.status.repeat.click()
    qtbot.waitUntil(lambda: session.moment == 100, timeout=20000)
    assert not bench.status.repeat.isVisible()
    monkeypatch.setattr(time_travel, "LONG", 1e9)
    bench.time._ask(exact=True)
    bench.time.back()
    qtbot.wait(300)
    assert session.moment is None


def test_weights_of_a_step_are_saved(
    qtbot: Any, trained: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PySide6.QtWidgets import QFileDialog
    from safetensors.torch import load_file

    file = tmp_path / "twelve.safetensors"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    at(qtbot, trained, 12)
    trained.bench.actions["time_save"].trigger()
    wanted = trained.bench.session.at(12).state_dict()
    assert all(np.array_equal(one.numpy(), wanted[name].numpy()) for name, one in load_file(file).items())


def test_a_kept_run_is_wound_back_in_the_document_that_is_open(
    qtbot: Any, window: Open, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    import neuralgraph as ng

    graph = ng.load("examples/xor.ngraph")
    ng.train(graph, epochs=30, store=True)
    one = window("xor")
    bench = one.bench
    bench.runs.show()
    panel = bench.runs.panel
    assert panel is not None
    qtbot.waitUntil(lambda: bool(panel.table.runs.known), timeout=20000)
    monkeypatch.setattr(type(bench.runs), "chosen", property(lambda _self: store.runs()))
    bench.actions.enable("runs_steps", True)
    bench.actions["runs_steps"].trigger()
    assert bench.time.bar.isVisible() and bench.time.bar.where.text().startswith("step 30 of 30")
    qtbot.waitUntil(lambda: bench.session.moment == 30, timeout=20000)  # its network, not the document's own
    learned = bench.session.shown.program.state_dict()
    fresh = bench.session.compile().state_dict()
    assert any(not np.array_equal(learned[name], fresh[name]) for name in fresh)
    at(qtbot, one, 12)
    plots: Any = bench.docks.bottom.page_of("plots")
    assert len(plots.run.figures["loss"].train) == 30 and plots.moment == 12
    at(qtbot, one, 30)
    bench.time.train_on()
    qtbot.waitUntil(lambda: bench.session.run is not None and not bench.bridge.running, timeout=60000)
    assert store.runs()[0].parent == 1


def test_a_run_that_is_followed_is_wound_back_too(qtbot: Any, window: Open, store: Store) -> None:
    import neuralgraph as ng
    from neuralgraph.ui import follow

    ng.train(ng.load("examples/xor.ngraph"), epochs=30, store=True)
    ng.train(ng.load("examples/iris.ngraph"), epochs=3, store=True)
    one = window("xor")
    bench = one.bench
    assert follow.RECALL > 1
    bench.runs.follower.begin(1)
    qtbot.waitUntil(lambda: bench.session.past_id == 1, timeout=20000)
    at(qtbot, one, 4)
    bench.runs.follower.stop()
    assert bench.session.moment is None and not bench.session.moments and not bench.time.bar.isVisible()
    bench.runs.follower.begin(2)
    strip = bench.runs.follower._strip
    assert strip is not None
    qtbot.waitUntil(lambda: "finished" in strip.words.text(), timeout=20000)
    assert bench.session.past_id is None  # another drawing learned that one
    bench.runs.follower.stop()
