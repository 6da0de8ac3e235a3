"""Presenter mode: everything small goes, large parts come, and everything comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtTest import QTest

from neuralgraph.errors import RunError
from neuralgraph.resources import examples
from neuralgraph.ui.presenter import VALUE, WORDS, ZOOM, caps
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]
CTRL, ALT, NONE = (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier,
                   Qt.KeyboardModifier.NoModifier)


def test_a_small_network_is_shown_neuron_by_neuron(window: Open, qtbot: Any) -> None:
    one = window("spiral")
    one.resize(1024, 768)
    presenter = one.bench.presenter
    presenter.toggle()
    qtbot.waitUntil(lambda: one.centre.currentWidget() is presenter._stage, timeout=10000)
    assert presenter.bar is not None and presenter.bar.isVisible() and presenter.bar.height() == 72
    assert not one.row.isVisible() and not one.bar.isVisible() and not one.statusBar().isVisible()
    assert not any(one.bench.docks.shown(name) for name in ("left", "right", "bottom"))
    name, value = presenter.bar.numbers[1]
    assert name.font().pixelSize() == WORDS >= 27 and value.font().pixelSize() == VALUE
    stage = presenter._stage
    assert stage is not None and stage.plane._box().width() >= 380
    columns = stage.units.columns()
    assert [len(one) for one in columns] == [2, 10, 10]
    assert all(stage.units.rect().contains(tile.toRect()) for tiles in columns for tile in tiles)
    shot = stage.grab().toImage()
    inks = {QColor(shot.pixel(x, y)).name() for x in range(0, shot.width(), 3) for y in range(0, shot.height(), 3)}
    assert len(inks) > 50


def test_leaving_brings_everything_back(window: Open, qtbot: Any) -> None:
    one = window("digits-mlp")
    shown = [name for name in ("left", "right", "bottom") if one.bench.docks.shown(name)]
    one.bench.presenter.toggle()
    qtbot.waitUntil(lambda: one.bench.canvas.view.zoom >= ZOOM, timeout=5000)
    assert one.centre.currentWidget() is one.bench.canvas
    one.bench.presenter.toggle()
    assert one.row.isVisible() and one.bar.isVisible() and one.statusBar().isVisible()
    assert [name for name in ("left", "right", "bottom") if one.bench.docks.shown(name)] == shown
    assert one.bench.presenter.bar is not None and not one.bench.presenter.bar.isVisible()


@pytest.mark.parametrize("following", [True, False])
def test_leaving_shows_the_canvas_as_it_was_looked_at(window: Open, qtbot: Any, following: bool) -> None:
    one = window("digits-cnn")
    qtbot.wait(50)
    view = one.bench.canvas.view
    if following:
        view.follow()
    else:
        view.following = False
        view.zoom_to(0.83)
        view.verticalScrollBar().setValue(41)
        view.horizontalScrollBar().setValue(137)
    before = view.sight()
    one.bench.presenter.toggle()
    qtbot.waitUntil(lambda: view.zoom >= ZOOM, timeout=5000)
    view.zoom_to(3.0)
    one.bench.presenter.toggle()
    qtbot.waitUntil(lambda: view.sight() == before, timeout=5000)
    qtbot.wait(100)
    assert view.sight() == before, "and so it stays"


def test_leaving_with_another_document_shows_all_of_it(window: Open, qtbot: Any) -> None:
    one = window("digits-cnn")
    one.bench.canvas.view.zoom_to(0.3)
    one.bench.presenter.toggle()
    assert one.bench.documents.open(examples() / "xor.ngraph")
    one.bench.presenter.toggle()
    qtbot.waitUntil(lambda: one.bench.canvas.view.following, timeout=5000)


def test_the_large_buttons_train(window: Open, qtbot: Any) -> None:
    one = window("xor")
    one.bench.presenter.toggle()
    bar = one.bench.presenter.bar
    assert bar is not None
    bar.step.click()
    qtbot.waitUntil(lambda: one.bench.training.state.phase == "paused", timeout=20000)
    assert bar.train.text().strip() == "Resume" and bar.numbers[0][1].text() == "1"
    one.bench.training.stop()
    qtbot.waitUntil(lambda: one.bench.training.state.phase == "idle", timeout=20000)


def test_pressed_keys_are_shown_but_not_what_is_typed(window: Open, qtbot: Any) -> None:
    one = window("xor")
    one.bench.presenter.toggle()
    keys = one.bench.presenter.keys
    assert keys is not None and keys._shown == ("Ctrl", "↵") and keys.isVisible()
    QTest.keyClick(one, Qt.Key.Key_F, CTRL)
    assert keys._shown == ("Ctrl", "F")
    one.bench.presenter.toggle()
    assert not keys.isVisible()

    def named(key: Qt.Key, held: Qt.KeyboardModifier) -> tuple[str, ...]:
        return caps(QKeyEvent(QEvent.Type.KeyPress, key, held))

    assert named(Qt.Key.Key_Control, CTRL) == () and named(Qt.Key.Key_A, NONE) == ()
    assert named(Qt.Key.Key_P, CTRL | ALT) == ("Ctrl", "Alt", "P") and named(Qt.Key.Key_F6, NONE) == ("F6",)


def test_escape_lets_go_first_and_leaves_then(window: Open, qtbot: Any) -> None:
    one = window("digits-mlp")
    presenter = one.bench.presenter
    presenter.toggle()
    one.bench.canvas.select(("hidden",))
    QTest.keyClick(one.bench.canvas.view, Qt.Key.Key_Escape)
    qtbot.wait(20)
    assert presenter.on
    one.bench.canvas.scene.select(())
    QTest.keyClick(one.bench.canvas.view, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not presenter.on, timeout=2000)


def test_why_there_is_no_answer_is_said(window: Open, qtbot: Any, monkeypatch: Any) -> None:
    """What the panels say of a question that failed, the last row of the room reads too."""
    one = window("spiral")
    presenter, session = one.bench.presenter, one.bench.session
    presenter.toggle()
    qtbot.waitUntil(lambda: one.centre.currentWidget() is presenter._stage, timeout=10000)
    words = "The weights were learnt by another drawing. Train again."

    def refuses(program: Any) -> Any:
        raise RunError(words)

    monkeypatch.setattr(session, "region", refuses)
    presenter.look()
    assert presenter.bar is not None
    bar = presenter.bar
    qtbot.waitUntil(lambda: bar.trouble.text() == words, timeout=10000)
    assert one.centre.currentWidget() is one.bench.canvas
    presenter.look()
    qtbot.wait(300)
    assert [entry.text for entry in one.bench.log.entries].count(words) == 1
    monkeypatch.undo()
    presenter.look()
    qtbot.waitUntil(lambda: one.centre.currentWidget() is presenter._stage, timeout=10000)
    assert not bar.trouble.text()
