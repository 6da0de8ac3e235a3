"""Questions that meet an exception: the panel says so, and the log has what nobody foresaw."""

from __future__ import annotations

from typing import Any

import pytest

from neuralgraph.errors import NeuralGraphError
from neuralgraph.session import Session
from neuralgraph.ui.asking import BROKEN, Asker
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.panels.confusion import ConfusionPanel
from neuralgraph.ui.theme import Theme


@pytest.fixture
def asker(qtbot: Any) -> Any:
    bridge = TrainingBridge()
    made = Asker(bridge, bridge)
    yield made
    made.close()
    bridge.close()


def test_words_for_people_reach_the_panel(asker: Asker, qtbot: Any) -> None:
    def refused(_program: Any) -> None:
        raise NeuralGraphError("There are no classes.")

    with qtbot.waitSignal(asker.failed, timeout=5000) as told:
        asker.ask(Session(), refused)
    assert told.args == ["There are no classes."]


def test_what_nobody_foresaw_is_said_and_raised_for_the_log(asker: Asker, qtbot: Any) -> None:
    def broken(_program: Any) -> None:
        raise KeyError("linear_7")

    with qtbot.captureExceptions() as raised, qtbot.waitSignal(asker.failed, timeout=5000) as told:
        asker.ask(Session(), broken)
    assert told.args == [BROKEN]
    assert [kind for kind, *_ in raised] == [KeyError]


def test_a_panel_without_an_answer_says_so_and_recovers(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bridge = TrainingBridge()
    panel = ConfusionPanel(Session(), bridge, Theme())
    qtbot.addWidget(panel)

    def refused(*_: Any) -> None:
        raise NeuralGraphError("The data cannot be read.")

    monkeypatch.setattr(panel, "question", refused)
    panel.show()
    qtbot.waitUntil(lambda: panel._notice.title.text() == "No answer came", timeout=5000)
    assert panel._notice.hint.text() == "The data cannot be read."
    monkeypatch.setattr(panel, "question", lambda *_: None)
    panel.clear()
    qtbot.waitUntil(lambda: panel._notice.title.text() == panel.empty[0], timeout=5000)
    panel.close_view()
    bridge.close()


def test_dear_answers_come_less_often_but_another_wish_at_once(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import Future

    from neuralgraph.ui import asking

    class Levers:
        state, asked = "running", 0

        def ask(self, question: Any) -> Any:
            self.asked += 1
            answer: Future[Any] = Future()
            answer.set_result(question(None))
            return answer

    bridge, levers = TrainingBridge(), Levers()
    made = Asker(bridge, bridge, every=0.1, share=0.02)
    clock = iter(range(100))
    monkeypatch.setattr(asking, "thread_time", lambda: next(clock) * 0.01)  # every look at it is 10 ms later
    now = [100.0]
    monkeypatch.setattr(asking, "monotonic", lambda: now[0])
    monkeypatch.setattr(TrainingBridge, "running", True)
    bridge.control = levers
    made.ask(Session(), lambda _program: None)
    made.poll()  # 10 ms in the run, 10 ms here and as much again for painting: every 1.5 s
    now[0] += 1.4
    made.ask(Session(), lambda _program: None)
    assert levers.asked == 1
    made.hurry()
    made.poll()
    assert levers.asked == 2
    now[0] += 1.6
    made.poll()
    made.ask(Session(), lambda _program: None)
    assert levers.asked == 3
    made.close()
