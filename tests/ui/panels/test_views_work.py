"""Views that take long: something true comes first, it says how far it is, and it can be stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from neuralgraph.figures.shown import Grid
from neuralgraph.figures.sofar import SoFar
from neuralgraph.resources import examples
from neuralgraph.session import Session
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.panels import views_card, views_work
from neuralgraph.ui.panels.views_panel import ViewsPanel
from neuralgraph.ui.panels.views_work import STOPPED, TRAINING, Errand
from neuralgraph.ui.theme import Theme


def grid(number: float) -> Grid:
    return Grid(np.full((2, 2), number))


class Slow:
    """A view of 25 pieces of work, each of which waits for a word; it stands in for all views of a session."""

    def __init__(self, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go, self.asked = Event(), list[str]()
        self.done = 0
        monkeypatch.setattr(session, "view", self.view)

    def view(self, name: str, node: str, options: Any, *, stop: Callable[[], bool], so_far: Callable[[SoFar], None],
             **_: Any) -> Grid:
        self.asked.append(name)
        if name != "loss-landscape":
            return grid(-1.0)
        for self.done in range(1, 26):
            so_far(SoFar(grid(float(self.done)), self.done, 25))
            if stop():
                break
            if self.done >= 3:
                self.go.wait(20 if not self.go.is_set() else 0)
            if stop():
                break
        return grid(float(self.done))


@pytest.fixture
def opened(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ViewsPanel, Slow]]:
    session, bridge = Session.open(examples() / "xor.ngraph"), TrainingBridge()
    panel = ViewsPanel(session, bridge, Theme())
    slow = Slow(session, monkeypatch)
    qtbot.addWidget(panel)
    panel.resize(900, 260)
    panel.show()
    yield panel, slow
    slow.go.set()
    panel.close_view()
    bridge.close()
    panel.close()


def number(card: Any) -> float:
    return float(card.pad.shown.values[0, 0]) if isinstance(card.pad.shown, Grid) else float("nan")


def test_it_shows_what_it_has_and_says_how_far_it_is(opened: tuple[ViewsPanel, Slow], qtbot: QtBot) -> None:
    panel, slow = opened
    card = panel.cards[0]
    card.show_view("loss-landscape")
    qtbot.waitUntil(lambda: number(card) == 3.0, timeout=60_000)
    assert card.work.isVisible() and card.work.said.text() == "Still at work: 3 of 25"
    slow.go.set()
    qtbot.waitUntil(lambda: number(card) == 25.0 and not card.work.isVisible(), timeout=60_000)


def test_stopped_it_keeps_what_it_has_and_can_look_again(opened: tuple[ViewsPanel, Slow], qtbot: QtBot) -> None:
    panel, slow = opened
    card = panel.cards[0]
    card.show_view("loss-landscape")
    qtbot.waitUntil(lambda: number(card) == 3.0, timeout=60_000)
    QTest.mouseClick(card.work.act, Qt.MouseButton.LeftButton)
    slow.go.set()
    qtbot.waitUntil(lambda: card.work.said.text() == "Stopped: 3 of 25", timeout=60_000)
    assert number(card) == 3.0 and card.work.isVisible()
    assert card.work.act.toolTip() == "Look again, to the end"
    QTest.mouseClick(card.work.act, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: number(card) == 25.0 and not card.work.isVisible(), timeout=60_000)


def test_another_view_need_not_wait_for_it(opened: tuple[ViewsPanel, Slow], qtbot: QtBot) -> None:
    panel, slow = opened
    card = panel.cards[0]
    card.show_view("loss-landscape")
    qtbot.waitUntil(lambda: number(card) == 3.0, timeout=60_000)
    errand = Errand(lambda: card._wish, lambda errand, one: None)
    assert not errand.dropped
    card.show_view("node-table")
    assert errand.dropped
    slow.go.set()
    qtbot.waitUntil(lambda: number(card) == -1.0, timeout=60_000)
    assert slow.done == 3 and not card.work.isVisible()


def test_changed_numbers_begin_it_anew_and_hidden_it_ends(opened: tuple[ViewsPanel, Slow], qtbot: QtBot) -> None:
    panel, slow = opened
    card = panel.cards[0]
    card.show_view("loss-landscape")
    qtbot.waitUntil(lambda: number(card) == 3.0, timeout=60_000)
    before = slow.asked.count("loss-landscape")
    panel.weights_changed()
    slow.go.set()
    qtbot.waitUntil(lambda: number(card) == 25.0, timeout=60_000)
    assert slow.asked.count("loss-landscape") == before + 1
    slow.go.clear()
    panel.weights_changed()
    qtbot.waitUntil(lambda: number(card) == 3.0, timeout=60_000)
    errand = Errand(lambda: card._wish, lambda errand, one: None)
    assert not errand.stop()
    panel.hide()
    assert errand.dropped and errand.stop()


def test_no_figure_stands_for_long_under_the_name_of_another_view(
    opened: tuple[ViewsPanel, Slow], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, _ = opened
    card = panel.cards[0]
    card.show_view("node-table")
    qtbot.waitUntil(lambda: number(card) == -1.0 and card._pictured == "node-table", timeout=60_000)
    qtbot.wait(views_card.SOON + 50)
    assert card._stack.currentWidget() is card._scroll
    asks: list[int] = []
    monkeypatch.setattr(card, "ask", lambda: asks.append(1))  # an answer that does not come
    card.show_view("progress")
    assert asks and card._stack.currentWidget() is card._scroll
    qtbot.waitUntil(lambda: card._stack.currentWidget() is card.notice, timeout=5000)
    assert card.notice.title.text() == "Looking …"


def test_all_that_a_view_costs_counts(opened: tuple[ViewsPanel, Slow], qtbot: QtBot) -> None:
    panel, _ = opened
    card = panel.cards[0]
    card.show_view("node-table")
    qtbot.waitUntil(lambda: number(card) == -1.0 and card.pad.spent > 0, timeout=60_000)
    card._asker._took, card._asker._delivered, card.pad.spent = 0.1, 0.05, 0.2
    assert card._asker.pause == pytest.approx((0.1 + 0.05 + 0.2) / views_card.SHARE)
    panel.new_card()
    errand = Errand(lambda: card._wish, lambda errand, one: None)
    card._arrived((errand, "node-table", None, grid(-1.0)))
    assert card.pad.spent < 0.2  # of the new figure nothing is painted yet
    card._asker._took, card._asker._delivered, card.pad.spent = 0.1, 0.05, 0.2
    assert card._asker.pause == pytest.approx(2 * (0.1 + 0.05 + 0.2) / views_card.SHARE)


def test_what_began_before_a_run_does_not_go_on_beside_it(opened: tuple[ViewsPanel, Slow], qtbot: QtBot,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    panel, slow = opened
    card = panel.cards[0]
    card.show_view("loss-landscape")
    qtbot.waitUntil(lambda: number(card) == 3.0, timeout=60_000)
    errand = Errand(lambda: card._wish, lambda errand, one: None)
    errand.hear(SoFar(grid(1.0), 1, 25))
    run = SimpleNamespace(running=True, control=SimpleNamespace(state="running", ask=lambda question: None))
    monkeypatch.setattr(card, "_bridge", run)
    monkeypatch.setattr(card._asker, "_bridge", run)
    card.ask()
    assert errand.enough and errand.stop() and not errand.dropped
    again = Errand(lambda: card._wish, lambda errand, one: None)
    card.ask()  # events of the run: the question that it answers goes on
    assert not again.enough
    run.control.state = "paused"
    card.ask()
    assert again.enough
    slow.go.set()


# -- when it ends ----------------------------------------------------------------------------------------------------


WISH: list[Any] = ["what", 0]


def sent(control: Any = None) -> Errand:
    WISH[:] = ["what", 0]
    made = Errand(lambda: (WISH[0], WISH[1]), lambda errand, one: None)
    made.begin(control)
    return made


def test_something_is_shown_before_anything_ends_it() -> None:
    one = sent()
    WISH[1] = 1
    assert one.enough and not one.stop()
    one.hear(SoFar(grid(1.0), 1, 25))
    assert one.stop() and one.cut == STOPPED and one.partial is one.last
    other = sent()
    WISH[0] = "something else"
    assert other.dropped and other.stop()


def test_a_run_waits_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    now, control = [50.0], SimpleNamespace(state="running")
    monkeypatch.setattr(views_work, "perf_counter", lambda: now[0])
    one = sent(control)
    one.hear(SoFar(grid(1.0), 1, 25))
    assert not one.stop()
    now[0] += views_work.MOMENT + 0.01
    assert one.stop() and one.cut == TRAINING
    control.state = "paused"
    rests = sent(control)
    rests.hear(SoFar(grid(1.0), 1, 25))
    now[0] += 60.0
    assert not rests.stop()
    control.state = "running"
    assert rests.stop(), "whoever lets the run go on does not wait for a figure"
    whole = sent(control)
    whole.hear(SoFar(grid(1.0), 25, 25))
    now[0] += 60.0
    assert whole.stop() and whole.partial is None
