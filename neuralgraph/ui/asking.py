"""Questions about the numbers of a network: answered by the run while there is one, else in a thread of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from time import monotonic, thread_time
from typing import Any

from PySide6.QtCore import QObject, Signal

from neuralgraph.errors import NeuralGraphError
from neuralgraph.session import Session
from neuralgraph.ui.bridge import AnalysisBridge, TrainingBridge

Question = Callable[[Any], Any]
"""Takes the program of the run that answers, or None where none is under way."""

PAINTED = 2.0
"""What an answer has painted afterwards costs about as much again as laying it out, where nobody measures it."""
BROKEN = "Something went wrong inside the program; the log says what."
"""What a panel shows in place of an answer that met an exception nobody foresaw."""


@dataclass(frozen=True, slots=True)
class _Raised:
    """An exception on its way to the GUI thread."""

    error: BaseException


class Asker(QObject):
    """One question at a time, the latest wins; `answered` brings what came, on the GUI thread.

    `failed` brings one sentence for the panel where there is no answer. What nobody foresaw goes to the log as well.
    A question that takes long may emit `reached` on its way, from its own thread.
    """

    answered = Signal(object)
    reached = Signal(object)
    failed = Signal(str)

    def __init__(self, bridge: TrainingBridge, parent: QObject, *, every: float = 0.3, share: float = 1.0,
                 painted: Callable[[], float] = lambda: 0.0) -> None:
        """No more than `share` of the time of a run under way goes into answers and into showing them.

        `painted` tells how many seconds of that painting took, once an answer had been delivered.
        """
        super().__init__(parent)
        self._bridge, self.every, self.share, self._painted = bridge, every, share, painted
        """Seconds between two questions to a run under way, at least."""
        self._took = self._delivered = 0.0
        """Seconds of the processor that the last answer took: where it was found, and here."""
        self._worker = AnalysisBridge(self)
        self._worker.done.connect(self._deliver)
        self._future: Future[Any] | None = None
        self._waiting: tuple[Session, Question] | None = None
        self._last = 0.0
        self._shown: Any = None
        bridge.ticked.connect(self.poll)

    @property
    def pause(self) -> float:
        """Seconds from one question to the next, so that answers stay within their share."""
        shown = max(PAINTED * self._delivered, self._delivered + self._painted())
        return max(self.every, (self._took + shown) / self.share)

    def ask(self, session: Session, question: Question) -> None:
        """Ask now, or when the run has answered what was asked before and enough time has passed."""
        self._waiting, now = None, monotonic()
        shown, before, self._shown = session.shown, self._shown, session.shown
        if self._bridge.running and shown is not None:  # a moment of the past: the run is not asked, nor held up
            self._future = None
            if shown is not before or now - self._last >= self.pause:
                self._last = now
                self._worker.ask(lambda graph: _held(question), session.graph)
            else:
                self._waiting = (session, question)
        elif self._bridge.running and self._bridge.control is not None:
            rests = self._bridge.control.state == "paused"  # and loses no time
            if self._future is None and (rests or now - self._last >= self.pause):
                self._last = now
                self._future = self._bridge.control.ask(lambda program: _timed(question, program))
            else:
                self._waiting = (session, question)
        else:
            self._future = None
            self._worker.ask(lambda graph: _held(question), session.graph)

    def hurry(self) -> None:
        """The next question is about something else, and need not wait for its turn."""
        self._last = 0.0

    def poll(self) -> None:
        """Look whether the run has answered; called some ten times a second while there is one."""
        future = self._future
        try:
            if future is not None and future.done():
                self._future = None
                if not future.cancelled():
                    error = future.exception()
                    self._deliver(future.result() if error is None else (_Raised(error), 0.0))
        finally:
            if self._future is None and self._waiting is not None:
                self.ask(*self._waiting)

    def close(self) -> None:
        self._worker.close()

    def _deliver(self, found: tuple[object, float]) -> None:
        answer, self._took = found
        if not isinstance(answer, _Raised):
            began = thread_time()
            self.answered.emit(answer)
            self._delivered = thread_time() - began
            return
        foreseen = isinstance(answer.error, NeuralGraphError)
        self.failed.emit(str(answer.error) if foreseen else BROKEN)
        if not foreseen:
            raise answer.error  # nobody catches it here: `Faults` writes it into the log, once a cause


def _timed(question: Question, program: Any) -> tuple[Any, float]:
    """The answer, and how much of the processor's time it took."""
    began = thread_time()
    return question(program), thread_time() - began


def _held(question: Question) -> tuple[Any, float]:
    """The answer of a network that no run is busy with, or what was raised."""
    try:
        return _timed(question, None)
    except Exception as error:
        return _Raised(error), 0.0
