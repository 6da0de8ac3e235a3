"""Threads and the mailbox: latest wins, nothing lost, faults told, everything ended."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from neuralgraph.errors import RunError
from neuralgraph.graph.document import Graph
from neuralgraph.training.events import Event, Failed, Finished, Paused
from neuralgraph.ui.bridge import PATIENCE, AnalysisBridge, Courtesy, TrainingBridge
from neuralgraph.validation.analysis import Analysis


@pytest.fixture
def analysis(qapp: Any) -> Iterator[AnalysisBridge]:
    bridge = AnalysisBridge()
    yield bridge
    bridge.close()


@pytest.fixture
def training(qapp: Any) -> Iterator[TrainingBridge]:
    bridge = TrainingBridge()
    yield bridge
    bridge.close()


def test_only_the_latest_of_many_requests_is_analysed(qtbot: Any, analysis: AnalysisBridge) -> None:
    begun, gate, seen = threading.Event(), threading.Event(), []

    def slow(graph: Graph) -> Analysis:
        begun.set()
        gate.wait(5)
        seen.append(graph.title)
        return Analysis(graph)

    answers: list[Analysis] = []
    analysis.done.connect(answers.append)
    analysis.ask(slow, Graph(title="first"))
    assert begun.wait(5)
    for title in ("second", "third", "last"):
        analysis.ask(slow, Graph(title=title))
    gate.set()
    qtbot.waitUntil(lambda: len(answers) == 2, timeout=5000)
    assert seen == ["first", "last"]
    assert answers[-1].graph.title == "last"


def test_an_answer_arrives_on_the_gui_thread(qtbot: Any, analysis: AnalysisBridge) -> None:
    where: list[int] = []
    analysis.done.connect(lambda _answer: where.append(threading.get_ident()))
    analysis.ask(Analysis, Graph())
    qtbot.waitUntil(lambda: bool(where), timeout=5000)
    assert where == [threading.get_ident()]


def test_a_failing_analysis_is_told_and_the_next_one_works(qtbot: Any, analysis: AnalysisBridge) -> None:
    def broken(graph: Graph) -> Analysis:
        raise ValueError("no such thing")

    texts: list[str] = []
    answers: list[Analysis] = []
    analysis.failed.connect(texts.append)
    analysis.done.connect(answers.append)
    analysis.ask(broken, Graph())
    qtbot.waitUntil(lambda: bool(texts), timeout=5000)
    assert "no such thing" in texts[0]
    analysis.ask(Analysis, Graph())
    qtbot.waitUntil(lambda: bool(answers), timeout=5000)


class Levers:
    def __init__(self) -> None:
        self.stopped = threading.Event()

    def stop(self) -> None:
        self.stopped.set()


def test_events_come_in_order_in_few_batches(qtbot: Any, training: TrainingBridge) -> None:
    batches: list[list[Event]] = []
    training.events.connect(batches.append)
    with qtbot.waitSignal(training.ended, timeout=5000):
        training.start(lambda: (Paused(0, step) for step in range(5000)), Levers())
    steps = [event.step for batch in batches for event in batch]
    assert steps == list(range(5000))
    assert len(batches) < 20
    assert not training.running


def test_an_exception_ends_the_run_with_a_sentence(qtbot: Any, training: TrainingBridge) -> None:
    def run() -> Iterator[Event]:
        yield Paused(0, 1)
        raise RunError("The rate is too high.")

    seen: list[Event] = []
    training.events.connect(seen.extend)
    with qtbot.waitSignal(training.ended, timeout=5000):
        training.start(run, Levers())
    assert isinstance(seen[-1], Failed)
    assert seen[-1].message == "The rate is too high."


def test_close_stops_a_run_that_never_ends(qtbot: Any, training: TrainingBridge) -> None:
    levers = Levers()

    def run() -> Iterator[Event]:
        while not levers.stopped.is_set():
            time.sleep(0.001)
            yield Paused(0, 0)
        yield Finished(0, 0, 0.0, {}, "stopped")

    training.start(run, levers)
    training.close()
    assert levers.stopped.is_set()
    assert not training.running
    assert not [one for one in threading.enumerate() if one.name == "training"]


def test_one_run_at_a_time(qtbot: Any, training: TrainingBridge) -> None:
    levers = Levers()

    def run() -> Iterator[Event]:
        levers.stopped.wait(5)
        yield Paused(0, 0)

    training.start(run, levers)
    with pytest.raises(RuntimeError):
        training.start(lambda: iter(()), Levers())
    training.close()


def test_what_listens_to_the_event_loop_is_as_old_as_the_application(qapp: Any) -> None:
    """One a bridge was collected in another thread, now and then while the loop called it: a crash."""
    first, second = TrainingBridge(), TrainingBridge()
    assert first._courtesy is second._courtesy and first._courtesy.parent() is qapp
    kept = first._courtesy
    first.close()
    second.close()
    del first, second
    gc.collect()
    assert Courtesy.of_loop() is kept


def test_training_waits_while_a_timer_or_a_repaint_is_at_work(qtbot: Any) -> None:
    """What the dispatcher says of its waking came after the work it had done: training never waited for a repaint."""
    free: dict[str, bool] = {}
    courtesy = Courtesy.of_loop()

    class Painted(QWidget):
        def paintEvent(self, _event: QPaintEvent) -> None:
            free["repaint"] = courtesy._idle.is_set()

    widget = Painted()
    qtbot.addWidget(widget)
    timer = QTimer(widget)
    timer.timeout.connect(lambda: free.update(timer=courtesy._idle.is_set()))
    courtesy.attend()
    try:
        with qtbot.waitExposed(widget):
            widget.show()
        timer.start(5)
        qtbot.waitUntil(lambda: len(free) == 2)
        assert free == {"repaint": False, "timer": False}
        timer.stop()
        seen: list[float] = []

        def look() -> None:
            time.sleep(0.05)
            begun = time.perf_counter()
            courtesy.wait()
            seen.append(time.perf_counter() - begun)

        thread = threading.Thread(target=look)
        thread.start()
        qtbot.wait(200)
        thread.join()
        assert seen[0] < PATIENCE, "the loop had nothing to do"
    finally:
        courtesy.leave()
    qtbot.waitUntil(lambda: courtesy._idle.is_set())
