"""A crash leaves a report on this computer; a clean end and a living window leave none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from neuralgraph import places
from neuralgraph.ui.crash import ReportDialog, left, read
from neuralgraph.ui.window import MainWindow

CRASH = """
import faulthandler, sys
from pathlib import Path
from neuralgraph.ui.crash import Report
report = Report(Path(sys.argv[1]))
match sys.argv[2]:
    case "crash":
        faulthandler._sigsegv()
    case "end":
        report.end()
    case "kill":
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
    case "wait":
        print("waiting", flush=True)
        sys.stdin.read()
"""


def run(folder: Path, how: str) -> None:
    subprocess.run([sys.executable, "-c", CRASH, str(folder), how], capture_output=True, timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_crash_is_noted_and_an_end_is_not(tmp_path: Path) -> None:
    for how in ("end", "kill"):
        run(tmp_path, how)
        assert left(tmp_path) == [] and list(tmp_path.iterdir()) == [], how
    run(tmp_path, "crash")
    (file,) = left(tmp_path)
    text = read(file)
    assert "Segmentation fault" in text and text.startswith("NeuralGraph ")
    assert str(Path.home()) not in text


def test_the_report_of_a_living_window_is_left_alone(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", CRASH, str(tmp_path), "wait"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdin is not None
    assert child.stdout.readline() == b"waiting\n"
    (file,) = tmp_path.iterdir()
    with file.open("a") as opened:
        opened.write("Fatal")
    assert left(tmp_path) == []
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    assert left(tmp_path) == [file]


def test_it_is_offered_read_copied_and_deleted(
    qtbot: Any, window: Callable[..., MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(places, "reports", lambda: tmp_path / "reports")
    run(tmp_path / "reports", "crash")
    one = window("xor")
    assert "ended by accident" in one.bench.canvas.offer.said
    qtbot.mouseClick(one.bench.canvas.offer.buttons[0], Qt.MouseButton.LeftButton)
    dialog = one.findChild(ReportDialog)
    assert dialog is not None and "Segmentation fault" in dialog.view.toPlainText()
    qtbot.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    assert "Segmentation fault" in QGuiApplication.clipboard().text()
    qtbot.mouseClick(dialog.delete, Qt.MouseButton.LeftButton)
    assert list((tmp_path / "reports").iterdir()) == []
    assert dialog.title.text() == "No crash reports" and not dialog.delete.isEnabled()
