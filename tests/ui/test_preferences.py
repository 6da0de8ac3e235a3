"""Preferences act at once, are kept, and go back to their defaults; keys do not fight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QKeySequence, QWheelEvent
from PySide6.QtWidgets import QApplication

from neuralgraph.ui.controls import Choice, Switch
from neuralgraph.ui.preferences import PREFERENCES, PreferencesDialog, apply, chosen
from neuralgraph.ui.settings import Settings
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


def dialog(window: MainWindow) -> PreferencesDialog:
    window.show_preferences()
    return window.findChildren(PreferencesDialog)[-1]


def choose(shown: PreferencesDialog, key: str, value: str) -> None:
    field = shown.fields[key]
    assert isinstance(field, Choice)
    one = next(one for one in PREFERENCES if one.key == key)
    index = [name for name, _ in one.choices].index(value)
    field.setCurrentIndex(index)
    field.activated.emit(index)


def test_each_acts_at_once_and_is_kept(window: Open, qtbot: Any) -> None:
    one = window("xor")
    one.resize(2400, 1500)
    bench, shown = one.bench, dialog(one)
    choose(shown, "theme", "dark")
    assert bench.theme.tokens.dark
    choose(shown, "scale", "1.5")
    assert bench.theme.scale == 1.5
    assert bench.canvas.view is not None and bench.canvas.view.pill.size() == QSize(213, 48)
    bench.canvas.fit()
    qtbot.waitUntil(lambda: 1.0 < bench.canvas.view.zoom <= 1.5, timeout=2000)
    switch = shown.fields["reduce_motion"]
    assert isinstance(switch, Switch)
    switch.click()
    assert bench.canvas.scene.motion.reduced
    choose(shown, "wheel", "touchpad")
    assert bench.canvas.view is not None and bench.canvas.view.wheel == "touchpad"
    kept = Settings(bench.settings.file)
    keys = ("theme", "scale", "reduce_motion", "wheel")
    assert [chosen(kept, key) for key in keys] == ["dark", "1.5", True, "touchpad"]
    bench.documents.open(bench.session.folder / "spiral.ngraph")  # type: ignore[operator]
    assert bench.canvas.scene.motion.reduced and bench.canvas.view.wheel == "touchpad"
    shown.reset.click()
    assert bench.theme.scale == 1.0 and not bench.canvas.scene.motion.reduced and bench.canvas.view.wheel == "auto"
    kept = Settings(bench.settings.file)
    assert [chosen(kept, one.key) for one in PREFERENCES] == [one.default for one in PREFERENCES]


def turn(window: MainWindow, pixels: QPoint) -> float:
    view = window.bench.canvas.view
    assert view is not None
    before = view.zoom
    middle = QPointF(view.viewport().rect().center())
    view.wheelEvent(QWheelEvent(middle, view.mapToGlobal(middle), pixels, QPoint(0, 120), Qt.MouseButton.NoButton,
                                Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False))
    return view.zoom / before


def test_a_wheel_zooms_or_scrolls_as_is_set(window: Open) -> None:
    one = window("xor")
    view = one.bench.canvas.view
    assert view is not None
    assert turn(one, QPoint()) > 1 and turn(one, QPoint(0, 10)) == 1
    view.wheel = "mouse"
    assert turn(one, QPoint(0, 10)) > 1
    view.wheel = "touchpad"
    assert turn(one, QPoint()) == 1


def test_a_key_can_be_another_one_and_is_shown_everywhere(window: Open) -> None:
    one = window("xor")
    actions, shown = one.bench.actions, dialog(one)
    shown.keys["train"].setKeySequence(QKeySequence("Ctrl+J"))
    assert actions["train"].shortcuts() == [QKeySequence("Ctrl+J")]
    assert "J" in actions.keys_of("train")
    two = window("xor")
    assert two.bench.actions["train"].shortcuts() == [QKeySequence("Ctrl+J")]
    shown.reset.click()
    assert QKeySequence("Ctrl+Return") in actions["train"].shortcuts()
    assert Settings(one.bench.settings.file).table("keys") == {}


def test_a_key_that_is_taken_is_refused_with_its_owner(window: Open) -> None:
    one = window("xor")
    actions, shown = one.bench.actions, dialog(one)
    shown.keys["train"].setKeySequence(QKeySequence("Ctrl+S"))
    assert "«Save»" in shown.trouble.text()
    assert actions["train"].shortcuts()[0] == QKeySequence("Ctrl+Return")
    assert shown.keys["train"].keySequence() == QKeySequence("Ctrl+Return")
    shown.keys["save"].setKeySequence(QKeySequence())
    shown.keys["train"].setKeySequence(QKeySequence("Ctrl+S"))
    assert actions["train"].shortcuts() == [QKeySequence("Ctrl+S")] and shown.trouble.text() == ""


def test_without_the_welcome_screen_an_empty_canvas_opens(qtbot: Any, window: Open) -> None:
    one = window("xor")
    one.bench.settings.put("welcome", False)
    one.bench.settings.save()
    two = window("", welcome=True)
    assert two.centre.currentWidget() is two.bench.canvas
    assert QApplication.instance() is not None


def test_threads_are_for_runs_and_shown(qtbot: Any, window: Any) -> None:
    one = window("xor")
    assert one.bench.training.threads is None
    one.bench.settings.put("threads", "1")
    apply(one.bench)
    assert one.bench.training.threads == 1
    assert one.bench.status.device.label.text() == "CPU, 1 thread"
    one.bench.settings.put("threads", "nonsense")
    apply(one.bench)
    assert one.bench.training.threads is None
