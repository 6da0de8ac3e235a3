"""Exceptions that nobody caught, and what Qt complains of: told once per cause with a counter, the program lives on."""

from __future__ import annotations

import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from neuralgraph.ui.panels.log import LogPanel

QUIET = ("propagateSizeHints",)
"""Words of Qt that say nothing about the program."""


class Faults(QObject):
    """Takes over the hooks for what nobody catches, until `close`; PySide6 calls them for slots, timers and events.

    `found` brings the plain sentence, the long form and the cause: kind and place, which entries are counted by.
    """

    found = Signal(str, str, str)

    def __init__(self, log: LogPanel, parent: QObject) -> None:
        super().__init__(parent)
        self._before = sys.excepthook, threading.excepthook, sys.unraisablehook
        self._mine = self._caught, self._in_thread, self._in_the_end
        self.found.connect(lambda text, more, cause: log.say(text, "error", more, cause=cause))
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._mine
        self._qt_before = qInstallMessageHandler(self._from_qt)

    def close(self) -> None:
        """Give the hooks back, where nobody has taken them since."""
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
        more = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(more)
        last = traceback.extract_tb(trace)[-1:] if trace is not None else []
        cause = f"{kind.__name__} {last[0].filename}:{last[0].lineno}" if last else kind.__name__
        self.found.emit(
            f"Something went wrong inside the program: {error or kind.__name__}. Your document is safe; going on is "
            "possible.", more, cause)

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
        sys.stderr.write(f"Qt: {text}\n")
        if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtWarningMsg):
            self.found.emit(f"The window system says: {text}", "", f"Qt {text}")
