"""A lesson in the window: it opens with its example, acts, points, checks, turns its pages, and begins anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from neuralgraph.lessons.course import lessons
from neuralgraph.lessons.lesson import Do, Point, Question, Screen
from neuralgraph.spec.initial import refusal
from neuralgraph.ui.lessons.parts import Asked, Checked, widget_of
from neuralgraph.ui.theme import Theme
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


def begun(window: Open, qtbot: QtBot) -> Any:
    bench = window("13-letters").bench
    qtbot.waitUntil(lambda: bench.guide.on, timeout=5000)
    return bench


def test_an_example_opens_with_its_lesson_and_other_documents_without(window: Open, qtbot: QtBot) -> None:
    bench = begun(window, qtbot)
    panel = bench.guide.panel
    assert panel.lesson.number == 13 and panel.place.text() == f"1 of {len(panel.lesson.screens)}"
    assert not bench.docks.shown("left")
    bench.guide.close()
    assert bench.docks.shown("left") and not bench.guide.on
    plain = window("xor").bench
    qtbot.wait(50)
    assert not plain.guide.on


def test_keys_turn_the_pages(window: Open, qtbot: QtBot) -> None:
    panel = begun(window, qtbot).guide.panel
    panel.setFocus()
    QTest.keyClick(panel, Qt.Key.Key_Right)
    assert panel.at == 1 and panel.title.text() == panel.lesson.screens[1].title
    QTest.keyClick(panel, Qt.Key.Key_Left)
    QTest.keyClick(panel, Qt.Key.Key_Left)
    assert panel.at == 0
    for _ in panel.lesson.screens:
        panel.forward()
    assert not panel.isVisible()


def test_it_acts_in_the_window_and_begins_anew(window: Open, qtbot: QtBot) -> None:
    bench = begun(window, qtbot)
    hands, before = bench.guide._hands, bench.session.graph
    hands.do(Do("set", ("plan.epochs", "3"), ""))
    assert bench.session.graph.plan.stages[0].epochs == 3
    node = next(id for id, one in before.nodes.items() if one.type == "Linear")
    hands.do(Do("set", (f"{node}.out_features", "7"), ""))
    assert bench.session.graph.nodes[node].params["out_features"] == 7
    hands.do(Do("set", (f"{node}.initial", "uniform 0 1"), ""))
    begins = bench.session.graph.nodes[node].initialiser
    assert (begins["weight"], begins["weight.low"], begins["bias.high"]) == ("uniform", 0, 1)
    assert not refusal(begins)
    hands.do(Do("set", (f"{node}.initial", "own"), ""))
    assert not bench.session.graph.nodes[node].initialiser
    hands.do(Do("set", ("nobody.size", "7"), ""))  # said in the log, not raised
    hands.do(Do("panel", ("views",), ""))
    assert bench.docks.bottom.current() == "views"
    hands.do(Do("select", (node,), ""))
    assert bench.canvas.scene.selected_ids() == (node,)
    bench.guide.panel.go(2)
    bench.guide.restart()
    assert bench.session.graph.computes(before) and bench.guide.panel.at == 0
    bench.undo()
    assert bench.session.graph.nodes[node].params["out_features"] == 7


def test_a_ring_shows_what_is_meant_and_goes(window: Open, qtbot: QtBot, monkeypatch: Any) -> None:
    monkeypatch.setattr("neuralgraph.ui.lessons.pointing.STAYS", 30)
    bench = begun(window, qtbot)
    node = next(iter(bench.session.graph.nodes))
    for place in (Point("node", node, ""), Point("train", "", ""), Point("panel", "plots", "")):
        bench.guide._hands.point(place)
        ring = bench.guide._hands._ring
        assert ring.isVisible() and ring._around.width() > 10
        assert not bench.window.grab().isNull()
    qtbot.waitUntil(lambda: not ring.isVisible(), timeout=3000)


def test_the_panels_below_are_high_enough_for_views_while_a_lesson_is_on(window: Open, qtbot: QtBot) -> None:
    one = window("13-letters")
    one.resize(1440, 860)
    bench = one.bench
    dock = bench.docks._docks["bottom"]
    qtbot.waitUntil(lambda: bench.guide.on and dock.height() > 0.3 * one.height(), timeout=5000)
    before, raised = bench.docks._low, dock.height()
    bench.guide.close()
    qtbot.waitUntil(lambda: dock.height() < raised, timeout=5000)
    assert abs(dock.height() - before) <= 2
    one.resizeDocks([dock], [round(0.5 * one.height())], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: dock.height() > 0.45 * one.height(), timeout=5000)
    bench.guide.toggle()
    qtbot.wait(200)
    assert dock.height() > 0.45 * one.height(), "what somebody made higher stays so"


def test_the_height_of_a_lesson_is_not_that_of_the_next_start(window: Open, qtbot: QtBot) -> None:
    one = window("13-letters")
    dock = one.bench.docks._docks["bottom"]
    qtbot.waitUntil(lambda: one.bench.guide.on and dock.height() > 0.3 * one.height(), timeout=5000)
    before = one.bench.docks._low
    one.bench.presenter.enter()
    one.bench.presenter.leave()
    qtbot.wait(50)
    assert dock.height() > 0.3 * one.height(), "the lesson is still on"
    one.bench.docks.save()
    one.bench.settings.save()
    again = window("xor").bench.docks
    qtbot.waitUntil(lambda: abs(again._docks["bottom"].height() - before) <= 2, timeout=5000)
    one.bench.settings.put("layout_low", 1e300)
    assert one.bench.docks.restore()
    qtbot.wait(20)


def test_a_menu_gets_a_ring_of_its_own(window: Open, qtbot: QtBot) -> None:
    bench = begun(window, qtbot)
    pointed = [(part.name, lesson.name) for lesson in lessons() for screen in lesson.screens for part in screen.parts
               if isinstance(part, Point) and part.place == "menu"]
    for name, lesson in [*pointed, ("File", "")]:
        bench.guide._hands.point(Point("menu", name, ""))
        assert bench.guide._hands._ring._around.width() < 120, (name, lesson)


def test_a_walk_begins_with_a_ring_around_the_buttons_that_go_on(window: Open, qtbot: QtBot) -> None:
    bench = begun(window, qtbot)
    if bench.guide.panel._pointed:  # the step points at something itself, when it is shown
        qtbot.waitUntil(lambda: bench.guide._hands._ring is not None, timeout=5000)
    bench.guide._hands._ring = None
    bench.guide._hands.do(Do("walk", ("step",), ""))
    qtbot.waitUntil(lambda: bench.guide._hands._ring is not None, timeout=5000)
    controls = bench.docks.bottom.page_of("step").controls
    corner = controls.play.mapTo(bench.window, controls.play.rect().center())
    assert bench.guide._hands._ring._around.contains(corner.x(), corner.y())


def test_a_walk_is_of_what_the_lesson_speaks_of_and_begins_anew(window: Open, qtbot: QtBot) -> None:
    bench = window("04-reverse-sweep").bench
    qtbot.waitUntil(lambda: bench.guide.on and bench.session.analysis is not None, timeout=20_000)
    for of in ("result", "slow", "result"):
        bench.guide._hands.do(Do("walk", ("reverse", of), ""))
        panel = bench.docks.bottom.page_of("step")
        qtbot.waitUntil(lambda panel=panel: panel.apart is not None, timeout=20_000)
        assert panel.controls.of.currentText() == of and panel.controls.at == 0
        assert of in {one.node for one in panel.apart.moments}
        panel.go(3)


def test_conditions_get_their_tick_while_it_trains(window: Open, qtbot: QtBot) -> None:
    bench = begun(window, qtbot)
    panel = bench.guide.panel
    at = next(n for n, one in enumerate(panel.lesson.screens) if any(c.what == "epochs" for c in one.checks))
    panel.go(at)
    assert not panel.done
    bench.guide._hands.do(Do("train", (), ""))
    number = next(n for n, c in enumerate(panel.lesson.screens[at].checks) if c.what == "epochs")
    qtbot.waitUntil(lambda: panel._checks[number].met, timeout=30_000)
    bench.training.stop()
    qtbot.waitUntil(lambda: bench.training.state.phase == "idle", timeout=10_000)
    panel.go(at - 1)
    panel.go(at)
    assert panel._checks[number].met, "what was reached stays reached"


def test_every_part_of_every_lesson_becomes_a_widget(qtbot: QtBot) -> None:
    theme = Theme()
    screens: list[Screen] = [screen for one in lessons() for screen in one.screens]
    for screen in screens:
        for part in screen.parts:
            made = widget_of(part, theme, lambda _: None, lambda _: None)
            qtbot.addWidget(made)
            made.resize(280, 100)
            assert made.sizeHint().isValid() or isinstance(made, Checked)


def test_a_question_says_whether_and_why(qtbot: QtBot) -> None:
    question = next(part for one in lessons() for screen in one.screens for part in screen.parts
                    if isinstance(part, Question))
    asked = Asked(question, Theme())
    qtbot.addWidget(asked)
    wrong = next(n for n, one in enumerate(question.answers) if not one.right)
    right = next(n for n, one in enumerate(question.answers) if one.right)
    asked.buttons[wrong].click()
    assert "Not quite." in asked._why.text() and not asked.right
    asked.buttons[right].click()
    assert "Right." in asked._why.text() and asked.right


def test_why_an_answer_is_right_is_seen_without_scrolling(window: Open, qtbot: QtBot) -> None:
    one = window("01-tensors")
    one.resize(1024, 600)
    qtbot.waitUntil(lambda: one.bench.guide.on, timeout=5000)
    panel = one.bench.guide.panel
    panel.go(len(panel.lesson.screens) - 1)
    asked = panel.findChild(Asked)
    seen = panel._area.viewport()
    qtbot.wait(100)
    assert panel._area.verticalScrollBar().maximum() > 0
    for button in reversed(asked.buttons):
        button.click()
        qtbot.waitUntil(lambda: seen.rect().contains(asked._why.geometry().translated(asked.mapTo(seen, QPoint(0, 0)))),
                        timeout=3000)


def test_the_ring_of_a_step_goes_with_it(window: Open, qtbot: QtBot) -> None:
    bench = window("01-tensors").bench
    qtbot.waitUntil(lambda: bench.guide._hands._ring is not None and bench.guide._hands._ring.isVisible(),
                    timeout=5000)
    assert bench.guide.panel._pointed
    bench.guide.panel.go(1)
    assert not bench.guide.panel._pointed and not bench.guide._hands._ring.isVisible()


def test_what_a_lesson_puts_away_is_there_when_the_program_starts_again(window: Open, qtbot: QtBot) -> None:
    bench = begun(window, qtbot)
    assert not bench.docks.shown("left")
    bench.docks.save()
    bench.settings.save()
    again = window("xor").bench
    assert again.docks.shown("left") and again.docks.shown("right")
    again.docks.toggle_left()
    again.docks.save()
    again.settings.save()
    assert not window("xor").bench.docks.shown("left"), "what a hand has hidden stays hidden"


def test_a_table_is_set_row_by_row_and_pointing_moves_nothing_in_sight(window: Open, qtbot: QtBot) -> None:
    bench = window("07-logic").bench
    qtbot.waitUntil(lambda: bench.guide.on, timeout=5000)
    before = bench.session.graph
    for text in ("0, 0; 0, 1; 1, 0; 1, 1", "-1, -1; -1, 1; 1, -1; 1, 1"):
        bench.guide._hands.do(Do("set", ("pairs.value", text), ""))
        rows = bench.session.graph.nodes["pairs"].params["value"]
        assert [list(row) for row in rows] == [[float(one) for one in row.split(",")] for row in text.split(";")]
    assert bench.session.graph.computes(before)
    qtbot.wait(100)
    bench.canvas.fit()
    stood = bench.canvas.view.mapToScene(0, 0)
    for node in bench.session.graph.nodes:
        bench.guide._hands.point(Point("node", node, ""))
    assert bench.canvas.view.mapToScene(0, 0) == stood


def test_a_problem_that_a_lesson_makes_gets_its_tick_when_it_is_found(window: Open, qtbot: QtBot) -> None:
    bench = window("01-tensors").bench
    qtbot.waitUntil(lambda: bench.guide.on, timeout=5000)
    panel = bench.guide.panel
    panel.go(next(n for n, one in enumerate(panel.lesson.screens) if any(c.what == "graph" for c in one.checks)))
    bench.guide._hands.do(Do("set", ("row.value", "5, 6, 7"), ""))
    qtbot.waitUntil(lambda: panel._checks[0].met, timeout=5000)


def test_the_first_view_of_a_lesson_is_of_its_node(window: Open, qtbot: QtBot) -> None:
    bench = window("01-tensors").bench
    qtbot.waitUntil(lambda: bench.guide.on, timeout=5000)
    bench.guide._hands.do(Do("view", ("activations", "turned"), ""))
    assert bench.docks.bottom.page_of("views").cards[0].node == "turned"


def test_in_a_narrow_window_the_properties_go_but_for_steps_that_point_at_them(window: Open, qtbot: QtBot) -> None:
    one = window("14-breast-cancer")
    one.resize(1024, 768)
    bench = one.bench
    qtbot.waitUntil(lambda: bench.guide.on, timeout=5000)
    bench.guide._arrive()
    assert not bench.docks.shown("right")
    panel = bench.guide.panel
    at = next(n for n, screen in enumerate(panel.lesson.screens)
              if any(isinstance(part, Point) and part.place == "properties" for part in screen.parts))
    panel.go(at)
    assert bench.docks.shown("right")
    bench.guide.close()
    assert bench.docks.shown("right") and bench.docks.shown("left")


def test_a_lesson_that_was_closed_goes_on_where_it_was(window: Open, qtbot: QtBot) -> None:
    bench = begun(window, qtbot)
    panel = bench.guide.panel
    panel.go(2)
    panel._met[2, 0] = True
    assert bench.actions._actions["lesson"].isChecked()
    bench.guide.toggle()
    assert not bench.guide.on and not bench.actions._actions["lesson"].isChecked()
    bench.guide.toggle()
    assert bench.guide.on and panel.at == 2 and panel._met == {(2, 0): True}
    panel.go(len(panel.lesson.screens) - 1)
    panel.forward()
    bench.guide.toggle()
    assert bench.guide.on and panel.at == 0 and not panel._met, "after the last step it begins anew"
    plain = window("xor").bench
    plain.guide.toggle()
    assert not plain.guide.on and "has no lesson" in plain.log.text()


def test_no_step_of_any_lesson_is_wider_than_its_panel(window: Open, qtbot: QtBot) -> None:
    panel = begun(window, qtbot).guide.panel
    for lesson in lessons():
        panel.open(lesson)
        for at in range(len(lesson.screens)):
            panel.go(at)
            page = panel._area.widget()
            assert page.minimumSizeHint().width() <= panel._area.viewport().width(), (lesson.name, at)
