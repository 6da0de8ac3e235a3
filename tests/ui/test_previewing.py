"""The switch of the live pictures: what is chosen is shown, remembered, told, and gives way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QMenu

from neuralgraph.ui.commands import COMMANDS
from neuralgraph.ui.live import EVERY, SHARE, Wish
from neuralgraph.ui.panels.inspector import Inspector
from neuralgraph.ui.settings import Settings
from neuralgraph.ui.window import MainWindow

Opened = Callable[..., MainWindow]


def pictures(window: MainWindow) -> Any:
    return window.bench.canvas.scene.wire_pictures


def ready(window: MainWindow, qtbot: Any, what: str = "weights") -> None:
    qtbot.waitUntil(lambda: pictures(window).what == what and bool(pictures(window).looks), timeout=20000)


def test_the_weights_are_there_from_the_start_with_what_they_mean(window: Opened, qtbot: Any) -> None:
    one = window("xor")
    ready(one, qtbot)
    assert pictures(one).looks.keys() == {("hidden", "x"), ("answer", "x")}
    one.bench.canvas.zoom_reset()
    legend = one.bench.canvas.view.legend
    assert pictures(one).boxes and not legend.isHidden() and legend.text == "Weights"
    assert one.bench.actions["previews_weights"].isChecked() and one.bench.actions["previews_cards"].isChecked()


def test_every_choice_is_a_command_and_is_remembered(window: Opened, qtbot: Any) -> None:
    one = window("xor")
    ready(one, qtbot)
    bench = one.bench
    names = [command.id for command in COMMANDS if command.method.startswith("previewing.")]
    assert names == ["previews_cards", "previews_off", "previews_values", "previews_weights", "previews_gradients"]
    for what in ("values", "gradients"):
        bench.actions[f"previews_{what}"].trigger()
        ready(one, qtbot, what)
        assert Settings(bench.settings.file).text("previews_wires") == what
        assert [id for id in names[1:] if bench.actions[id].isChecked()] == [f"previews_{what}"]
    assert ("loss", "input") in pictures(one).looks and ("accuracy", "input") not in pictures(one).looks
    bench.actions["previews_off"].trigger()
    qtbot.waitUntil(lambda: not pictures(one).looks, timeout=20000)
    assert bench.canvas.view.legend.isHidden()
    bench.settings.put("previews_wires", "rubbish")
    assert bench.previewing.on_wires == "weights"


def test_cards_without_pictures_are_small_and_come_back(window: Opened, qtbot: Any) -> None:
    one = window("xor")
    scene = one.bench.canvas.scene
    qtbot.waitUntil(lambda: scene.previews.keys() >= {"hidden", "loss"}, timeout=20000)
    tall = scene.cards["hidden"].height
    one.bench.actions["previews_cards"].trigger()
    qtbot.waitUntil(lambda: not scene.previews, timeout=20000)
    assert scene.cards["hidden"].height < tall and not one.bench.live.wish.cards
    one.bench.actions["previews_cards"].trigger()
    qtbot.waitUntil(lambda: scene.cards["hidden"].height == tall, timeout=20000)


def test_pictures_give_way_and_the_next_room_knows_it(window: Opened, qtbot: Any) -> None:
    one = window("xor")
    ready(one, qtbot)
    one.bench.canvas.zoom_reset()
    one.bench.previewing.give_way(True)
    assert not pictures(one).shown and one.bench.live.wish.wires == "off"
    one.bench.rooms.show_session(one.bench.session)
    assert not pictures(one).shown and one.bench.previewing.on_wires == "weights"
    one.bench.previewing.give_way(False)
    ready(one, qtbot)
    one.bench.canvas.zoom_reset()
    assert pictures(one).shown


def test_cards_and_wires_show_the_sample_of_the_inspector(window: Opened, qtbot: Any) -> None:
    one = window("digits-cnn")
    ready(one, qtbot)
    one.bench.previewing.values()
    ready(one, qtbot, "values")
    inspector = one.bench.docks.lower.findChild(Inspector)
    one.bench.canvas.select(("conv2d_1",))
    inspector._look_at("all", 5, False)
    qtbot.waitUntil(lambda: one.bench.live.of == (5, 1797), timeout=20000)
    assert one.bench.session.row == 5
    assert one.bench.canvas.view.legend.text == "Values of sample 6"
    assert pictures(one).looks["confusion", "target"].preview.names == ("5",)
    assert one.bench.previewing.tip("conv2d_1") == "For sample 6 of 1,797."
    assert one.bench.previewing.tip("digits") == "From sample 6 of 1,797 on."


def test_a_picture_says_under_the_pointer_what_it_is(
    window: Opened, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = window("xor")
    ready(one, qtbot)
    one.bench.canvas.zoom_reset()
    told: list[str] = []
    monkeypatch.setattr("neuralgraph.ui.canvas_area.QToolTip.showText", lambda _at, text, _home: told.append(text))
    view, canvas = one.bench.canvas.view, one.bench.canvas
    at = view.mapFromScene(pictures(one).boxes["hidden", "x"].center())
    canvas.eventFilter(view.viewport(), QHelpEvent(QHelpEvent.Type.ToolTip, at, QPoint(0, 0)))
    assert told[0].startswith("The weights that this wire meets, each as a line") and "Norm 1." in told[0]
    canvas.eventFilter(view.viewport(), QHelpEvent(
        QHelpEvent.Type.ToolTip, view.mapFromScene(canvas.scene.node_rect("answer").center()), QPoint(0, 0)))
    assert "plane of the two features" in told[1]
    canvas.eventFilter(view.viewport(), QHelpEvent(QHelpEvent.Type.ToolTip, QPoint(2, 2), QPoint(0, 0)))
    assert told[2] == ""


def test_the_legend_offers_the_other_things(window: Opened, qtbot: Any) -> None:
    one = window("xor")
    ready(one, qtbot)
    one.bench.canvas.view.legend.wanted.emit()
    menu = next(found for found in one.bench.canvas.findChildren(QMenu) if found.isVisible())
    assert [action.text() for action in menu.actions()] == [
        "On wires: nothing", "On wires: values", "On wires: weights", "On wires: gradients"]
    menu.close()


def test_dear_looks_come_less_often_and_calm_ones_too(window: Opened, qtbot: Any) -> None:
    one = window("xor")
    ready(one, qtbot)
    live, asked = one.bench.live, []

    class Levers:
        def ask(self, question: Any) -> Any:
            from concurrent.futures import Future

            answer: Future[Any] = Future()
            asked.append(question)
            answer.set_result((live._session.glance(live._session.graph), 2.0))
            return answer

    one.bench.bridge.control = Levers()
    live._last = 0.0
    live.feed(())
    assert len(asked) == 1
    live._tick()  # the answer is here, and says that it took two seconds
    assert live._spent == 2.0 and len(asked) == 1
    live._last -= EVERY + 1
    live.feed(())
    assert len(asked) == 1, "a second is not enough"
    live._last -= 2.0 / SHARE
    live.feed(())
    assert len(asked) == 2
    one.bench.bridge.control = None
    one.bench.settings.put("reduce_motion", True)
    one.bench.previewing.apply()
    assert live.wish == Wish(True, "weights", True)


def test_where_nothing_is_to_be_seen_the_run_is_not_asked(window: Opened, qtbot: Any) -> None:
    one = window("xor")
    ready(one, qtbot)
    live, asked = one.bench.live, []

    class Levers:
        def ask(self, question: Any) -> Any:
            asked.append(question)

    one.bench.bridge.control = Levers()
    for wish, count in ((Wish(False, "off"), 0), (Wish(False, "values"), 1), (Wish(True, "off"), 2)):
        live.wish, live._last, live._asked = wish, 0.0, None
        live.feed(())
        assert len(asked) == count
    one.bench.bridge.control, live._asked = None, None


def test_while_it_learns_the_weights_on_the_wires_change(window: Opened, qtbot: Any) -> None:
    one = window("xor")
    ready(one, qtbot)
    first = pictures(one).looks["hidden", "x"].preview.values.copy()
    one.bench.training.toggle()
    qtbot.waitUntil(lambda: bool((pictures(one).looks["hidden", "x"].preview.values != first).any()), timeout=20000)
    one.bench.training.stop()
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=20000)


def test_a_run_that_stands_still_shows_what_is_chosen_now(window: Opened, qtbot: Any) -> None:
    one = window("xor")
    ready(one, qtbot)
    one.bench.training.one_batch()
    qtbot.waitUntil(lambda: one.bench.training.state.phase == "paused", timeout=20000)
    one.bench.previewing.values()
    ready(one, qtbot, "values")
    one.bench.live.show_row(2)
    qtbot.waitUntil(lambda: one.bench.live.of == (2, 4), timeout=20000)
    one.bench.training.stop()
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=20000)


def test_inside_a_module_its_own_wires_speak(window: Opened, qtbot: Any) -> None:
    one = window("digits-blocks")
    ready(one, qtbot)
    one.bench.rooms.show_path("blocks/0")
    ready(one, qtbot)
    assert ("conv1", "x") in pictures(one).looks and ("stem", "x") not in pictures(one).looks
