"""Touching in the inspector: which number a spot is, changing it by hand, the bar, keeping, and a run in between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from neuralgraph.graph.touches import Spot, Touches
from neuralgraph.resources import examples
from neuralgraph.session import Session
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.panels.filters import view_of
from neuralgraph.ui.panels.inspector import Inspector
from neuralgraph.ui.panels.touch_bar import answer_of, figures_of, short
from neuralgraph.ui.panels.touch_desk import TouchDesk
from neuralgraph.ui.panels.touch_places import Places
from neuralgraph.ui.theme import Theme


@pytest.mark.parametrize(("shape", "topic", "channel"), [
    ((), "weights", 0), ((7,), "weights", 0), ((130,), "activations", 0), ((4, 9), "weights", 0),
    ((6, 2, 3), "weights", 1), ((40, 3, 3, 3), "weights", 2), ((5, 2, 3, 4, 5), "weights", 1),
    ((16, 8, 8), "activations", 0), ((5, 4), "activations", 0), ((3, 4, 5, 6), "activations", 2),
])
def test_a_spot_is_the_number_that_it_shows(shape: tuple[int, ...], topic: Any, channel: int) -> None:
    array = np.random.default_rng(0).normal(size=shape)
    shown = np.asarray(view_of(array, topic, channel).values)
    places = Places(shape, topic, channel)
    cells = shown.reshape((1,) * (3 - shown.ndim) + shown.shape)
    found = 0
    for tile, row, column in np.ndindex(cells.shape):
        place = places.of(tile, row, column)
        if place is None:
            assert cells[tile, row, column] == 0, "only the end of a wrapped row shows nothing"
            continue
        assert array[place] == cells[tile, row, column]
        assert places.around(place) == [((tile, row, column), (tile, row, column))]
        found += 1
    assert found == min(array.size, cells.size)


def test_a_whole_unit_is_framed_once_a_tile() -> None:
    assert Places((4, 3, 3), "activations", 0).around((2,)) == [((2, 0, 0), (2, 2, 2))]
    assert Places((5, 4), "activations", 0).around((None, 1)) == [((0, 0, 1), (0, 4, 1))]
    assert Places((40, 3, 3), "activations", 0).around((39,)) == [], "it is not among those that are drawn"
    assert Places((4, 3), "weights", 0).around((4, 0)) == [], "the array was larger when it was touched"
    assert Places((4,), "weights", 0).around((1, 2)) == []


@pytest.fixture(scope="module")
def trained() -> Session:
    session = Session.open(examples() / "digits-cnn.ngraph")
    from neuralgraph.graph.planning import planned

    list(session.train(plan=planned(session.graph.plan, epochs=1)))
    return session


@pytest.fixture
def panel(trained: Session, qtbot: QtBot) -> Iterator[Inspector]:
    trained.touches = Touches()
    bridge = TrainingBridge()
    one = Inspector(trained, bridge, Theme())
    one.touch.touched.connect(one.weights_changed)
    qtbot.addWidget(one)
    one.resize(300, 800)
    one.show()
    yield one
    trained.touches = Touches()
    one.close_view()
    bridge.close()
    one.close()


def look(panel: Inspector, qtbot: QtBot, node: str, tab: int) -> TouchDesk:
    panel.show_node(node)
    qtbot.waitUntil(lambda: panel._seen is not None and panel._seen.reading.node == node, timeout=20_000)
    panel._tabs.setCurrentIndex(tab)
    return panel.touch


def press(panel: Inspector, spot: tuple[int, int], *, twice: bool = False) -> None:
    figure = panel.page.heat if panel.page.heat.isVisible() else panel.page.bars
    at = figure.box(spot).center().toPoint()
    (QTest.mouseDClick if twice else QTest.mouseClick)(figure, Qt.MouseButton.LeftButton, pos=at)


def test_a_weight_is_typed_and_the_loss_is_said(panel: Inspector, trained: Session, qtbot: QtBot) -> None:
    desk = look(panel, qtbot, "logits", 0)
    assert not desk.row.isVisible() and not desk.bar.isVisible()
    before = panel.page.heat.geometry()
    press(panel, (3, 2), twice=True)
    assert desk.row.isVisible() and desk.row.name.text() == "[3, 2]" and desk.row.field.hasFocus()
    assert panel.page.heat.geometry() == before, "what is looked at stays where it is"
    QTest.keyClicks(desk.row.field, "7.5")
    qtbot.waitUntil(lambda: desk._outcome is not None and desk.bar.isVisible(), timeout=10_000)
    qtbot.waitUntil(lambda: float(desk._array[3, 2]) == 7.5, timeout=10_000)
    assert trained.touches.numbers == {Spot("logits", "weight", (3, 2)): 7.5}
    assert desk.bar.what.text().startswith("1 number changed: loss ") and "accuracy" in desk.bar.what.text()
    assert desk.bar.more.text().startswith("This sample: 0 (")
    assert panel.page.heat.framed == (((3, 2), (3, 2)),)
    assert not np.isclose(trained.program.state_dict()["logits.weight"][3, 2].item(), 7.5), "the weights stay"
    desk.bar.buttons["undo"].click()
    assert not trained.touches and not desk.hand.can_undo
    qtbot.waitUntil(lambda: float(desk._array[3, 2]) != 7.5, timeout=10_000)
    assert not desk.bar.isVisible() and panel.page.heat.framed == ()


def test_the_field_says_the_number_that_is_there_while_somebody_is_in_it(panel: Inspector, trained: Session,
                                                                         qtbot: QtBot) -> None:
    desk = look(panel, qtbot, "logits", 0)
    press(panel, (1, 2), twice=True)
    row, was = desk.row, desk.row.field.value()
    row.field.setFocus()
    QTest.keyClicks(row.field, "5.25")
    qtbot.waitUntil(lambda: desk._outcome is not None and float(desk._array[1, 2]) == 5.25, timeout=10_000)
    assert row.field.text() == "5.25", "whoever types is not disturbed"
    desk.hand.put_back_all()
    qtbot.waitUntil(lambda: row.field.value() == was, timeout=10_000)


def test_a_drag_and_the_slider_are_one_step_each(panel: Inspector, trained: Session, qtbot: QtBot) -> None:
    desk = look(panel, qtbot, "logits", 0)
    heat, start = panel.page.heat, panel.page.heat.box((1, 5)).center().toPoint()
    QTest.mousePress(heat, Qt.MouseButton.LeftButton, pos=start)
    for up in (10, 20, 30):
        QTest.mouseMove(heat, start - QPoint(0, up))
    spot = Spot("logits", "weight", (1, 5))
    dragged = trained.touches.numbers[spot]
    assert dragged > float(trained.program.state_dict()["logits.weight"][1, 5])
    QTest.mouseRelease(heat, Qt.MouseButton.LeftButton, pos=start)
    press(panel, (2, 6))
    desk.row.slider.setValue(100)
    desk.row.slider.setValue(200)
    assert len(trained.touches.numbers) == 2
    desk.hand.undo()
    assert trained.touches.numbers == {spot: dragged}
    desk.hand.undo()
    assert not trained.touches


def test_a_unit_is_held_from_the_menu(panel: Inspector, trained: Session, qtbot: QtBot) -> None:
    desk = look(panel, qtbot, "relu_1", 1)
    heat = panel.page.heat
    press(panel, (1, 2))
    menu = QMenu(heat)
    desk._offer(menu, heat, QPointF(-1, -1))
    rows = {one.text(): one for one in menu.actions()}
    assert {"Change this number", "Hold unit 0 at 0", "Hold unit 0 at its mean"} <= rows.keys()
    rows["Hold unit 0 at 0"].trigger()
    assert trained.touches.held == {Spot("relu_1", "out", (0,)): 0.0}
    qtbot.waitUntil(lambda: not desk._array[0].any() and desk._outcome is not None, timeout=10_000)
    assert desk.bar.what.text().startswith("1 held: loss")
    assert len(heat.framed) == 1
    assert not desk.bar.buttons["keep"].isVisible(), "what is held is no weight"
    assert desk._of_chosen() and desk.row.undone.isEnabled()
    desk.row.undone.click()
    assert not trained.touches
    menu.deleteLater()


def test_an_input_can_be_painted_over(panel: Inspector, trained: Session, qtbot: QtBot) -> None:
    desk = look(panel, qtbot, "digits", 1)
    press(panel, (0, 0))
    desk.row.typed.emit(1.0)
    assert trained.touches.held == {Spot("digits", "x", (0, 0, 0)): 1.0}
    qtbot.waitUntil(lambda: float(desk._array[0, 0, 0]) == 1.0, timeout=10_000)


def test_gradients_are_looked_at_only(panel: Inspector, qtbot: QtBot) -> None:
    desk = look(panel, qtbot, "logits", 2)
    assert panel.page.heat.isVisible() and not panel.page.heat.pliable
    press(panel, (0, 0), twice=True)
    assert not desk.row.isVisible()


def test_keeping_and_taking_back(panel: Inspector, trained: Session, qtbot: QtBot) -> None:
    desk, old = look(panel, qtbot, "logits", 0), trained.program
    press(panel, (0, 0))
    desk.row.typed.emit(3.0)
    desk.bar.buttons["keep"].click()
    assert trained.program is not old and not trained.touches
    assert desk.bar.what.text() == "Kept 1 number as the weights; training goes on from them."
    assert desk.bar.buttons["take_back"].isVisible() and not desk.bar.buttons["back"].isVisible()
    desk.bar.buttons["take_back"].click()
    assert trained.program is old and len(trained.touches) == 1


class Control:
    """A run that goes on, or stands still."""

    state = "running"


def test_while_a_run_goes_on_nothing_is_touched(panel: Inspector, trained: Session, qtbot: QtBot,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    desk = look(panel, qtbot, "logits", 0)
    press(panel, (0, 0))
    desk.row.typed.emit(3.0)
    qtbot.waitUntil(lambda: desk._outcome is not None, timeout=10_000)
    control = Control()
    monkeypatch.setattr(TrainingBridge, "running", property(lambda _self: True))
    desk.hand._bridge.control = control
    monkeypatch.setattr(desk.hand._asker, "ask", lambda *_: None)
    monkeypatch.setattr(panel._asker, "ask", lambda *_: None)
    desk.hand.follow()
    assert not trained.touches and "waits until it stands still" in desk.bar.what.text()
    assert not desk.row.isEnabled() or not desk.row.isVisible()
    desk.hand.change(Spot("logits", "weight", (0, 1)), 1.0, learns=True)
    assert not trained.touches and desk.bar.what.text() == "The run goes on. Pause it to touch its numbers."
    desk.hand.keep()
    assert "Pause it" in desk.bar.what.text()
    control.state = "paused"
    desk.hand.follow()
    assert len(trained.touches) == 1
    desk.hand.keep()
    assert "Stop it, then keep" in desk._said and len(trained.touches) == 1
    desk.hand._bridge.control = None


def test_a_reset_puts_everything_back(panel: Inspector, trained: Session, qtbot: QtBot) -> None:
    desk = look(panel, qtbot, "logits", 0)
    press(panel, (0, 0))
    desk.row.typed.emit(3.0)
    qtbot.waitUntil(desk.bar.isVisible, timeout=10_000)
    panel.clear()
    assert not trained.touches and not desk.hand.can_undo and not desk.bar.isVisible()


def test_words_of_the_bar(trained: Session) -> None:
    trained.touches = Touches()
    found = trained.touch(trained.spots({"logits": {"bias[5]": 50.0}}), place=2)
    assert found is not None
    assert figures_of(found).startswith("loss ") and " → " in figures_of(found) and "accuracy" in figures_of(found)
    assert "→ 5 (100 %), it is 2" in answer_of(found)
    assert (short(-0.25), short(0), short(1234.5)) == ("−0.250", "0.000", "1.23e+03")
