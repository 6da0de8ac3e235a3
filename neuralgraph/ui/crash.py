"""What is noted when the program ends by accident: a local report that its user reads before anything is done with it.

Nothing is ever sent. A report is open and locked while its window lives, and goes with a clean end.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import platform
import sys
import time
from pathlib import Path

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

import neuralgraph
from neuralgraph.graph.lock import hold
from neuralgraph.ui.controls import button, words
from neuralgraph.ui.theme import Theme

SUFFIX = ".crash"
RULE = "-- what happened --\n"
MOST = 200_000
"""Letters of a report that are shown."""


class Report:
    """The report of this process: the system's last words go into it."""

    def __init__(self, folder: Path) -> None:
        self._file: Path | None = None
        self._handle = -1
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = folder / f"{time.time_ns():x}-{os.getpid()}{SUFFIX}"
            self._handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            return  # without a place for it there is no report; the program works all the same
        self._file = file
        hold(self._handle)
        os.write(self._handle, _head().encode())
        faulthandler.enable(self._handle, all_threads=True)

    def end(self) -> None:
        """The program ends as it should."""
        if self._file is None:
            return
        faulthandler.disable()
        os.close(self._handle)
        self._file.unlink(missing_ok=True)
        self._file = None


def left(folder: Path) -> list[Path]:
    """Reports of processes that are gone, the latest first. Those that say nothing are taken away."""
    found = []
    for file in sorted(folder.glob(f"*{SUFFIX}"), reverse=True):
        with contextlib.suppress(OSError):
            handle = os.open(file, os.O_RDWR)
            free = hold(handle)
            os.close(handle)
            if not free:
                continue
            if read(file).partition(RULE)[2].strip():
                found.append(file)
            else:
                file.unlink(missing_ok=True)
    return found


def read(file: Path) -> str:
    """A report as it is shown: the name of the user's folder is left out."""
    with file.open(encoding="utf-8", errors="replace") as opened:
        return opened.read(MOST).replace(str(Path.home()), "~")


def _head() -> str:
    return (f"NeuralGraph {neuralgraph.__version__}, Python {platform.python_version()}, Qt {qVersion()}\n"
            f"{platform.system()} {platform.release()}, {platform.machine()}, {sys.byteorder}-endian\n"
            f"started {time.strftime('%Y-%m-%d %H:%M:%S')}\n{RULE}")


class ReportDialog(QDialog):
    """The text of the latest report, to read, to copy, to delete."""

    def __init__(self, parent: QWidget, theme: Theme, files: list[Path]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Crash reports")
        self._files = list(files)
        px = theme.px
        box = QVBoxLayout(self)
        box.setContentsMargins(px(20), px(16), px(20), px(16))
        box.setSpacing(px(10))
        self.title = words(theme, "", 17, 600)
        box.addWidget(self.title)
        about = "It stays on this computer. Copy it into a message if you want to report it."
        box.addWidget(words(theme, about, 13, 400, "text2"))
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setFont(theme.code_font())
        self.view.setAccessibleName("Report")
        box.addWidget(self.view, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button("Close", clicked=self.reject))
        self.delete = button("Delete", clicked=self._delete)
        self.copy = button("Copy", kind="primary", clicked=self._copy)
        row.addWidget(self.delete)
        row.addWidget(self.copy)
        box.addLayout(row)
        self.resize(px(720), px(440))
        self._show()

    def _show(self) -> None:
        there = bool(self._files)
        self.title.setText("NeuralGraph ended by accident" if there else "No crash reports")
        self.view.setPlainText(read(self._files[0]) if there else "Nothing was noted.")
        self.delete.setEnabled(there)
        self.copy.setEnabled(there)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.view.toPlainText())

    def _delete(self) -> None:
        self._files.pop(0).unlink(missing_ok=True)
        self._show()
