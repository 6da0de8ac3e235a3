"""Nothing leaks: documents come and go, and no thread, timer, widget, item or QObject stays behind."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QGraphicsItem

from neuralgraph.resources import examples
from neuralgraph.ui.window import MainWindow
from tests.conftest import SCALE

DOCUMENTS = 100 * SCALE


def census(window: MainWindow) -> dict[str, int]:
    """What there is now, after the garbage is gone."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
    app = QApplication.instance()
    assert app is not None
    return {
        "objects of the window": len(window.findChildren(QObject)),
        "timers": sum(one.isActive() for one in app.findChildren(QTimer)) + sum(
            one.isActive() for one in window.findChildren(QTimer)),
        "threads": threading.active_count(),
        "items": sum(issubclass(type(one), QGraphicsItem) for one in gc.get_objects()),
        "top-level widgets": len(QApplication.topLevelWidgets()),
    }  # fmt: skip


def test_a_hundred_documents_come_and_go(qtbot: Any, window: Callable[..., MainWindow]) -> None:
    one = window("xor")
    bench = one.bench
    files = sorted(examples().glob("*.ngraph"))

    def visit(count: int, pause: int = 1) -> None:
        for number in range(count):
            assert bench.documents.open(files[number % len(files)])
            qtbot.wait(pause)

    def settle() -> None:
        assert bench.documents.open(examples() / "01-tensors.ngraph")  # a lesson that is put away keeps its step
        qtbot.wait(50)
        assert bench.documents.open(examples() / "xor.ngraph")
        qtbot.waitUntil(lambda: not bench.analysis.busy, timeout=20000)
        qtbot.waitUntil(lambda: not any(timer.isActive() for timer in one.findChildren(QTimer)), timeout=20000)
        qtbot.wait(150)
        qtbot.waitUntil(lambda: not any(timer.isActive() for timer in one.findChildren(QTimer)), timeout=20000)

    visit(2 * len(files), 300)  # what is kept on purpose is filled: the engine, data, shapes
    settle()
    before, memory = census(one), psutil.Process().memory_info().rss
    visit(DOCUMENTS)
    settle()
    after = census(one)
    more = {name: (before[name], count) for name, count in after.items() if count > before[name]}
    assert not more, more
    assert psutil.Process().memory_info().rss - memory < 80 * 2**20


LEAKS = {
    "thread": "import threading, time\n"
              "threading.Thread(target=time.sleep, args=(5,), name='left', daemon=True).start()",
    "timer": "from PySide6.QtCore import QTimer, QCoreApplication\n"
             "t = QTimer(QCoreApplication.instance()); t.start(1000)",
    "widget": "from PySide6.QtWidgets import QWidget\nglobal kept; kept = QWidget(); kept.show()",
}


@pytest.mark.parametrize("kind", [*LEAKS, "nothing"])
def test_the_fixture_notices_what_a_test_leaves_behind(tmp_path: Path, kind: str) -> None:
    """The canary: a test that leaks fails, one that does not passes."""
    body = "\n    ".join(LEAKS.get(kind, "pass").splitlines())
    root = Path(__file__).parents[1]
    (tmp_path / "conftest.py").write_text((root / "conftest.py").read_text())
    (tmp_path / "test_leak.py").write_text(f"def test_it(qapp):\n    {body}\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "--rootdir", str(tmp_path),
         str(tmp_path)], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert (done.returncode == 0) == (kind == "nothing"), done.stdout[-1500:]
    if kind != "nothing":
        assert "left" in done.stdout or "QTimer" in done.stdout or "QWidget" in done.stdout or "timer" in done.stdout
