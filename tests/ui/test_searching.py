"""The search dialogue: ranges ticked into the document, trials told while they go, the best as a new document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt

from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.planning import planned
from neuralgraph.graph.ranges import marked, parse
from neuralgraph.recipes import recipe
from neuralgraph.studies import Trial
from neuralgraph.tokens import DARK, LIGHT
from neuralgraph.ui.search.choices import candidates
from neuralgraph.ui.search.plots import ends_of, place
from neuralgraph.ui.searching import BUSY, goals
from neuralgraph.ui.window import MainWindow

pytest.importorskip("optuna", reason="searching needs the extra «tune»")
Open = Callable[..., MainWindow]


def opened(window: Open, epochs: int = 2) -> tuple[MainWindow, Any, Any]:
    one = window("xor")
    session = one.bench.session
    session.edit(SetPlan(planned(session.graph.plan, epochs=epochs)))
    one.bench.searching.show()
    dialog = one.bench.searching.dialog
    assert dialog is not None
    return one, dialog, session


def tick(dialog: Any, target: str, text: str) -> None:
    item = dialog.choices.rows[target]
    item.setText(3, text)
    item.setCheckState(0, Qt.CheckState.Checked)


def test_enter_in_a_field_presses_no_button(window: Open, qtbot: Any) -> None:
    _, dialog, _ = opened(window)
    dialog.take.setEnabled(True)
    wanted: list[Any] = []
    dialog.best_wanted.connect(wanted.append)
    dialog.count.setFocus()
    qtbot.waitUntil(lambda: dialog.focusWidget() is dialog.count, timeout=5000)
    dialog.count.selectAll()
    qtbot.keyClicks(dialog.count, "7")
    qtbot.keyClick(dialog.count, Qt.Key.Key_Return)
    assert dialog.isVisible() and wanted == [] and dialog.count.value() == 7


def test_a_search_goes_on_while_the_window_lives_and_its_best_opens(window: Open, qtbot: Any) -> None:
    one, dialog, session = opened(window)
    before = session.graph
    assert not dialog.go.isEnabled() and "Tick" in dialog.said.text()
    tick(dialog, "plan.lr", "0.001..0.5:log")
    dialog.count.set_value(4)
    dialog.go.click()
    assert marked(session.graph) == {"plan.lr": "0.001..0.5:log"} and one.bench.searching.bridge.running
    qtbot.waitUntil(lambda: not one.bench.searching.bridge.running, timeout=60000)
    assert [trial.state for trial in dialog.trials.values()] == ["done"] * 4
    assert dialog.table.topLevelItemCount() == 4 and "all 4 trials are done" in dialog.said.text()
    assert len(dialog.history.getPlotItem().listDataItems()) == 2
    assert len(dialog.parallel.getPlotItem().listDataItems()) == 2 + 4
    assert dialog.resumed == "" and dialog.which.count() >= 2
    session.undo()
    assert session.graph == before
    best = dialog.best
    found: list[Any] = []
    one.bench.documents.take = found.append  # type: ignore[method-assign]
    dialog.take.click()
    assert found[0].graph.plan.optimizer.lr == best.values["plan.lr"] and found[0].path is None
    dialog.which.setCurrentIndex(dialog.which.count() - 1)
    assert dialog.go.text() == "Go on" and not dialog.choices.isEnabled()
    dialog.count.set_value(1)
    dialog.go.click()
    qtbot.waitUntil(lambda: not one.bench.searching.bridge.running, timeout=60000)
    assert len(dialog.trials) == 5
    dialog.close()
    assert one.bench.searching.dialog is None


def test_a_series_over_seeds_is_shown_when_it_ends(window: Open, qtbot: Any) -> None:
    one = window("xor")
    session = one.bench.session
    session.edit(recipe(session.analyse(), session.catalog, "Several seeds"))
    session.edit(SetPlan(planned(session.graph.plan, epochs=2)))
    one.bench.searching.show()
    dialog = one.bench.searching.dialog
    assert dialog is not None
    dialog.count.set_value(3)
    dialog.go.click()
    qtbot.waitUntil(lambda: not one.bench.searching.bridge.running, timeout=60000)
    assert sorted(trial.values["plan.seed"] for trial in dialog.trials.values()) == [0, 1, 2]
    assert one.bench.docks.bottom.isVisible() and one.bench.docks.open_tab("views").cards[0].view == "over-seeds"
    dialog.close()


def test_several_trials_run_at_once_up_to_a_core_for_each(window: Open, qtbot: Any,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neuralgraph.ui.search.dialog.processors", lambda: 3)
    one, dialog, _ = opened(window)
    assert dialog.jobs.isEnabled() and dialog.jobs.value() == 1 and "Up to 3 at once" in dialog.meaning.text()
    dialog.jobs.step(+10)
    assert dialog.jobs.value() == 3 and "3 trials at the same time" in dialog.meaning.text()
    dialog.jobs.step(-1)
    tick(dialog, "plan.lr", "0.001..0.5:log")
    dialog.count.set_value(3)
    said: list[str] = []
    before = dialog.say
    dialog.say = lambda text: (said.append(text), before(text))
    dialog.go.click()
    qtbot.waitUntil(lambda: not dialog.jobs.isEnabled(), timeout=30000)
    qtbot.waitUntil(lambda: not one.bench.searching.bridge.running, timeout=120000)
    assert any("2 trials at once." in text for text in said)
    assert [trial.state for trial in dialog.trials.values()] == ["done"] * 3 and dialog.jobs.isEnabled()


def test_one_core_runs_one_trial_after_the_other(window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neuralgraph.ui.search.dialog.processors", lambda: 1)
    _, dialog, _ = opened(window)
    assert not dialog.jobs.isEnabled() and "this computer has one core" in dialog.meaning.text()


def test_it_can_be_stopped_and_closed_at_any_time(window: Open, qtbot: Any) -> None:
    one, dialog, _ = opened(window, epochs=200_000)
    tick(dialog, "plan.lr", "0.001..0.5:log")
    dialog.go.click()
    qtbot.waitUntil(lambda: bool(dialog.trials), timeout=30000)
    assert dialog.go.text() == "Stop"
    dialog.go.click()
    qtbot.waitUntil(lambda: not one.bench.searching.bridge.running, timeout=20000)
    assert "the search was stopped" in dialog.said.text() and dialog.trials[0].state == "broken off"
    dialog.go.click()
    qtbot.waitUntil(lambda: one.bench.searching.bridge.running, timeout=5000)
    dialog.close()
    qtbot.waitUntil(lambda: not one.bench.searching.bridge.running, timeout=20000)


def test_one_thing_trains_at_a_time(window: Open, qtbot: Any) -> None:
    one, dialog, _ = opened(window, epochs=200_000)
    tick(dialog, "plan.lr", "0.001..0.5:log")
    one.bench.training.toggle()
    dialog.go.click()
    assert dialog.said.text() == BUSY and not one.bench.searching.bridge.running
    one.bench.training.stop()
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=20000)
    dialog.close()


def test_what_is_no_range_is_said_at_once(window: Open) -> None:
    _, dialog, _ = opened(window)
    tick(dialog, "plan.lr", "fast")
    assert not dialog.go.isEnabled() and "is no range" in dialog.said.text()
    dialog.close()


def test_every_suggested_range_can_be_searched(window: Open) -> None:
    from neuralgraph.graph.ranges import checked

    session = window("digits-mlp").bench.session
    there = candidates(session.graph, session.catalog)
    assert {"plan.lr", "plan.batch_size"} < {one.target for one in there} and len(there) > 4
    for one in there:
        checked(session.graph, session.catalog, {one.target: one.like})
    assert goals(session)[0].startswith("val_")


def test_a_failure_is_said(window: Open, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one, dialog, _ = opened(window)
    tick(dialog, "plan.lr", "0.001..0.5:log")
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    dialog.go.click()
    qtbot.waitUntil(lambda: not one.bench.searching.bridge.running, timeout=20000)
    assert "pip install" in dialog.said.text()
    dialog.close()


def test_the_dialogue_follows_the_theme(window: Open) -> None:
    one, dialog, _ = opened(window)
    one.theme.set_tokens(DARK)
    assert dialog.history.tokens is DARK and dialog.parallel.tokens is DARK
    assert DARK.text2 in dialog.said.styleSheet()
    one.theme.set_tokens(LIGHT)
    assert LIGHT.text2 in dialog.said.styleSheet()


def test_places_on_the_axes() -> None:
    assert place(parse("1..100:log"), 10) == pytest.approx(0.5) and place(parse("0..4"), 1) == 0.25
    assert place(parse("a|b|c"), "b") == 0.5 and ends_of(parse("a|b|c")) == ("a", "c")
    assert Trial(0, {}).state == ""


def test_where_no_trial_is_yet_it_says_how_to_begin(window: Open, qtbot: Any) -> None:
    _, dialog, _ = opened(window)
    for page, said in enumerate(dialog.empty):
        dialog.tabs.setCurrentIndex(page)
        assert said.isVisible() and "press Search" in said.text()
    dialog.show_trials([Trial(1, {"plan.learning_rate": 0.1}, "done", 0.5)])
    assert all(one.isHidden() for one in dialog.empty)
