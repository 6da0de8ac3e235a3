"""Exceptions that nobody caught, and what Qt complains of: told once per cause with a counter, the program lives on."""

from __future__ import annotations

import contextlib
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from neuralgraph.ui.panels.log import LogPanel

QUIET = ("propagateSizeHints",)
"""Words of Qt that say nothing about the program."""
FRAMES, LETTERS, SENTENCE = 40, 20_000, 300
"""How much of a traceback and of an exception's own words is kept."""
AFTERWARDS = ("last_exc", "last_type", "last_value", "last_traceback")
"""Where Python keeps an exception for a debugger."""


_listening: list[Faults] = []
"""One for every open document; the last one has the hooks."""


class Faults(QObject):
    """Takes over the hooks for what nobody catches, until `close`; PySide6 calls them for slots, timers and events.

    Where several documents are open, the one in front is told: the first whose `front` says so.

    `found` brings the plain sentence, the long form and the cause: kind and place, which entries are counted by.
    """

    found = Signal(str, str, str)

    def __init__(self, log: LogPanel, parent: QObject, front: Callable[[], bool] = lambda: True) -> None:
        super().__init__(parent)
        self._mine = self._caught, self._in_thread, self._in_the_end
        self._written: set[str] = set()
        self._front = front
        self.found.connect(lambda text, more, cause: log.say(text, "error", more, cause=cause))
        if _listening:
            _listening[-1]._give_back()
        _listening.append(self)
        self._take()

    def close(self) -> None:
        """Give the hooks back, where nobody has taken them since."""
        had = _listening[-1:] == [self]
        if self in _listening:
            _listening.remove(self)
        if had:
            self._give_back()
            if _listening:
                _listening[-1]._take()

    def _take(self) -> None:
        self._before = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._mine
        self._qt_before = qInstallMessageHandler(self._from_qt)

    def _give_back(self) -> None:
        for name, home, mine, before in zip(
                ("excepthook", "excepthook", "unraisablehook"), (sys, threading, sys), self._mine, self._before,
                strict=True):
            if getattr(home, name) == mine:
                setattr(home, name, before)
        qInstallMessageHandler(self._qt_before)

    def _caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        last = traceback.extract_tb(trace)[-1:]
        place = f"{Path(last[0].filename).name}, line {last[0].lineno}" if last else ""
        cause = f"{kind.__name__} {last[0].filename}:{last[0].lineno}" if last else kind.__name__
        more = shown(error)
        self._write(more, cause)
        self._tell(f"Something went wrong inside the program: {_words(error)}{f' ({place})' if place else ''}. Your "
                   "document is unharmed: you can go on, and save it. Copy the log if you want to report this.",
                   more, cause)
        _let_go(trace)

    def _in_thread(self, told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None and not isinstance(told.exc_value, SystemExit):
            self._caught(told.exc_type, told.exc_value, told.exc_traceback)

    def _in_the_end(self, told: Any) -> None:
        """An exception where none can be raised: in a destructor or a callback of C."""
        if isinstance(told.exc_value, BaseException):
            self._caught(told.exc_type, told.exc_value, told.exc_traceback)

    def _from_qt(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if any(word in text for word in QUIET) or kind == QtMsgType.QtDebugMsg:
            return
        self._write(f"Qt: {text}\n", f"Qt {text}")
        if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtWarningMsg):
            self._tell(f"The window system says: {text}", "", f"Qt {text}")

    def _tell(self, text: str, more: str, cause: str) -> None:
        with contextlib.suppress(RuntimeError):  # the window is already gone
            told = next((one for one in _listening if one._front()), self)
            told.found.emit(text, more, cause)

    def _write(self, text: str, cause: str) -> None:
        """On the terminal, once a cause: what fails in a painting fails many times a second."""
        if cause in self._written or sys.stderr is None:  # None: started without a terminal
            return
        if len(self._written) < LETTERS:
            self._written.add(cause)
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)


def shown(error: BaseException) -> str:
    """The traceback as it is shown and copied: bounded, the user's folder left out."""
    try:
        text = "".join(traceback.format_exception(error, limit=-FRAMES))
    except Exception:  # it cannot even say what it is
        text = f"{type(error).__name__}\n"
    cut = text if len(text) <= LETTERS else f"{text[:LETTERS]}…\n"
    return _without_home(cut)


def _without_home(text: str) -> str:
    return text.replace(str(Path.home()), "~")


def _words(error: BaseException) -> str:
    """What an exception says of itself, in one line."""
    try:
        text = _without_home(" ".join(str(error).split()))
    except Exception:
        text = ""
    text = text if len(text) <= SENTENCE else f"{text[:SENTENCE]}…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _let_go(trace: TracebackType | None) -> None:
    """Drop what the frames hold. A painter that lives on after its painting has failed takes the whole process down."""
    traceback.clear_frames(trace)
    for name in AFTERWARDS:
        if hasattr(sys, name):
            delattr(sys, name)
