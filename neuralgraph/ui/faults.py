"""Exceptions that nobody caught: they go to the log and leave the program alive."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Signal

from neuralgraph.ui.panels.log import LogPanel


class Faults(QObject):
    """Takes over `sys.excepthook` until `close`: PySide6 calls it for slots, timers and events."""

    _found = Signal(str, str)

    def __init__(self, log: LogPanel, parent: QObject) -> None:
        super().__init__(parent)
        self._before = sys.excepthook
        self._found.connect(lambda text, more: log.say(text, "error", more))
        self._mine = self._caught
        sys.excepthook = self._mine

    def close(self) -> None:
        if sys.excepthook is self._mine:
            sys.excepthook = self._before

    def _caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before(kind, error, trace)
            return
        more = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(more)
        self._found.emit(f"Something went wrong inside the program: {error or kind.__name__}", more)
