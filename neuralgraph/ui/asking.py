"""Questions about the numbers of a network: answered by the run while there is one, else in a thread of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic
from typing import Any

from PySide6.QtCore import QObject, Signal

from neuralgraph.session import Session
from neuralgraph.ui.bridge import AnalysisBridge, TrainingBridge

Question = Callable[[Any], Any]
"""Takes the program of the run that answers, or None where none is under way."""


class Asker(QObject):
    """One question at a time, the latest wins; `answered` brings what came, on the GUI thread."""

    answered = Signal(object)

    def __init__(self, bridge: TrainingBridge, parent: QObject, *, every: float = 0.3) -> None:
        super().__init__(parent)
        self._bridge, self._every = bridge, every
        self._worker = AnalysisBridge(self)
        self._worker.done.connect(self.answered)
        self._future: Future[Any] | None = None
        self._waiting: tuple[Session, Question] | None = None
        self._last = 0.0
        bridge.ticked.connect(self.poll)

    def ask(self, session: Session, question: Question) -> None:
        """Ask now, or when the run has answered what was asked before and enough time has passed."""
        self._waiting = None
        if self._bridge.running and self._bridge.control is not None:
            now = monotonic()
            if self._future is None and now - self._last >= self._every:
                self._last = now
                self._future = self._bridge.control.ask(question)
            else:
                self._waiting = (session, question)
        else:
            self._future = None
            self._worker.ask(lambda graph: question(None), session.graph)

    def poll(self) -> None:
        """Look whether the run has answered; called some twelve times a second while there is one."""
        future = self._future
        if future is not None and future.done():
            self._future = None
            if not future.cancelled() and future.exception() is None:
                self.answered.emit(future.result())
        if self._future is None and self._waiting is not None:
            self.ask(*self._waiting)

    def close(self) -> None:
        self._worker.close()
