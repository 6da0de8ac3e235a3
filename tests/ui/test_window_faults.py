"""What nobody catches: told once per cause with a counter, and the window lives on with its document journalled."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, QRectF, Signal, qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGraphicsItem, QPushButton, QWidget

from neuralgraph.graph.edits import Describe
from neuralgraph.ui.bridge import later
from neuralgraph.ui.faults import Faults
from neuralgraph.ui.panels.log import LogPanel
from neuralgraph.ui.theme import Theme
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


@pytest.fixture
def log(qtbot: Any) -> Iterator[LogPanel]:
    panel = LogPanel(Theme())
    qtbot.addWidget(panel)
    home = QObject()
    faults = Faults(panel, home)
    yield panel
    faults.close()


def fail() -> None:
    raise ValueError("seven is not a colour")


class Painted(QWidget):
    def paintEvent(self, _event: object) -> None:
        fail()


PAINTS = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QWidget
from neuralgraph.ui.faults import Faults
from neuralgraph.ui.panels.log import LogPanel
from neuralgraph.ui.theme import Theme

class Painted(QWidget):
    def paintEvent(self, _event):
        painter = QPainter(self)
        painter.drawLine(0, 0, 9, 9)
        raise ValueError("half a picture")

app = QApplication([])
log = LogPanel(Theme())
faults = Faults(log, log)
one = Painted()
one.show()
for after in (100, 200):
    QTimer.singleShot(after, one.update)
QTimer.singleShot(400, app.quit)
app.exec()
print([entry.count for entry in log.entries if "half a picture" in entry.text], len(log.entries))
"""


def test_a_painting_that_fails_halfway_takes_nothing_down() -> None:
    """Its painter must not live on in the traceback: Qt ends a process that drops a device under a painter."""
    done = subprocess.run([sys.executable, "-c", PAINTS], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "[3] 1\n"), done.stderr
    assert done.stderr.count("Traceback") == 1, "the terminal is told once"


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")

    def __bool__(self) -> bool:
        raise ValueError("no truth")


def test_an_exception_of_any_shape_is_told(log: LogPanel, capfd: Any) -> None:
    def deep() -> None:
        deep()

    errors: list[BaseException] = []
    for kind in (Unspeakable(), ValueError("a\nb" * 100_000), MemoryError(), ExceptionGroup("two", [ValueError("x")])):
        errors.append(kind)
    try:
        deep()
    except RecursionError as error:
        errors.append(error)
    for error in errors:
        sys.excepthook(type(error), error, error.__traceback__)
    assert len(log.entries) == len(errors)
    assert all(len(entry.text) < 700 and len(entry.more) < 21_000 for entry in log.entries)
    assert [entry.text.partition(": ")[2].split(".")[0].split(":")[0].split(" (")[0] for entry in log.entries] == [
        "Unspeakable", "ValueError", "MemoryError", "ExceptionGroup", "RecursionError"]
    capfd.readouterr()


def test_without_a_terminal_it_is_told_all_the_same(log: LogPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    error = ValueError(f"{Path.home()}/secret")
    sys.excepthook(ValueError, error, None)
    assert "~/secret" in log.entries[0].text and "~/secret" in log.entries[0].more


class Drawn(QGraphicsItem):
    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, 400, 400)

    def paint(self, *_: object) -> None:
        fail()


class Emitter(QObject):
    pressed = Signal()


def test_a_slot_a_timer_a_painting_and_a_thread_may_fail(qtbot: Any, window: Open, capfd: Any) -> None:
    one = window("xor")
    bench = one.bench
    emitter, button = Emitter(), QPushButton()
    qtbot.addWidget(button)
    emitter.pressed.connect(fail)
    emitter.pressed.emit()
    later(0, fail, one)
    painted = Painted(one)
    painted.resize(40, 40)
    painted.show()
    item = Drawn()
    bench.canvas.scene.addItem(item)
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    errors = lambda: [entry for entry in bench.log.entries if entry.level == "error"]  # noqa: E731
    qtbot.waitUntil(lambda: sum(entry.count for entry in errors()) >= 5, timeout=5000)
    assert len(errors()) == 1, "one cause, one line"
    assert "seven is not a colour" in errors()[0].line and "×)" in errors()[0].line
    painted.hide()
    bench.canvas.scene.removeItem(item)
    bench.session.edit(Describe("still alive", ""))
    assert bench.keeping._journal is not None and bench.keeping._journal.flush()
    capfd.readouterr()


def test_the_worker_may_fail(qtbot: Any, window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    one = window("xor")
    monkeypatch.setattr(one.bench.session, "train", lambda **_: fail())
    one.bench.training.toggle()
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=5000)
    assert any("seven is not a colour" in entry.text + entry.more for entry in one.bench.log.entries)
    assert one.bench.training.state.phase == "idle"


def test_each_cause_has_its_line_and_can_be_copied(log: LogPanel, qtbot: Any, capfd: Any) -> None:
    emitter = Emitter()
    emitter.pressed.connect(fail)
    for _ in range(300):
        emitter.pressed.emit()
    try:
        int("x")
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert [entry.count for entry in log.entries] == [300, 1]
    log.copy()
    text = QGuiApplication.clipboard().text()
    assert "(300×)" in text and "Traceback" in text and "invalid literal" in text
    capfd.readouterr()


def test_what_qt_complains_of_is_told(log: LogPanel, qtbot: Any, capfd: Any) -> None:
    qWarning("a pixmap is null")
    qWarning("a pixmap is null")
    assert [(entry.line, entry.level) for entry in log.entries] == [
        ("The window system says: a pixmap is null  (2×)", "error")]
    capfd.readouterr()


def test_the_hooks_are_given_back(qtbot: Any) -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    panel = LogPanel(Theme())
    qtbot.addWidget(panel)
    faults = Faults(panel, panel)
    assert sys.excepthook != before[0]
    faults.close()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
