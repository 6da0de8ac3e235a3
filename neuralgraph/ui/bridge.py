"""Between the window and what takes long: worker threads, a mailbox, the timers. No other place in ui has either."""

from __future__ import annotations

import gc
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError
from threading import Condition, Thread
from threading import Event as Flag
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QAbstractEventDispatcher, QCoreApplication, QEvent, QObject, QTimer, Signal

from neuralgraph.errors import NeuralGraphError, RunError

if TYPE_CHECKING:
    from neuralgraph.graph.document import Graph
    from neuralgraph.training.events import Event

TURN = 0.0005
"""Seconds after which the thread that trains lets the window have its turn; Python's own 5 ms make it stutter."""
PATIENCE = 0.1
"""Seconds that the thread that trains waits, between two batches, for a window that is at work."""
PATIENT = 5.0
"""Seconds that a save waits for the next batch edge of a run."""
TICK = 100
"""Milliseconds between two looks into the mailbox: 10 Hz."""


def later(milliseconds: int, what: Callable[[], object], home: QObject) -> QTimer:
    """Call `what` once, later, unless `home` is gone by then."""
    timer = QTimer(home)
    timer.setSingleShot(True)
    timer.timeout.connect(what)
    timer.timeout.connect(timer.deleteLater)
    timer.start(milliseconds)
    return timer


class Pulse(QObject):
    """Beats every so many milliseconds from `start` until `stop`."""

    beat = Signal()

    def __init__(self, milliseconds: int, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(milliseconds)
        self._timer.timeout.connect(self.beat)

    def start(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def set_every(self, milliseconds: int) -> None:
        self._timer.setInterval(milliseconds)

    @property
    def on(self) -> bool:
        return self._timer.isActive()


class Rest(QObject):
    """Calls `what` once nobody has nudged it for so many milliseconds."""

    def __init__(self, milliseconds: int, what: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(milliseconds)
        self._timer.timeout.connect(what)

    def nudge(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()


class AnalysisBridge(QObject):
    """Analyses documents in a thread. While one is under way only the latest waits; answers come on the GUI thread."""

    done = Signal(object)
    failed = Signal(str)
    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._edge = Condition()
        self._wanted: tuple[Callable[[Any], object], Graph | None] | None = None
        self._closing = False
        self._busy = False
        self._thread: Thread | None = None
        self._arrived.connect(self._deliver)

    @property
    def busy(self) -> bool:
        """Something is being analysed or waits for it."""
        return self._busy or self._wanted is not None

    def ask(self, analyse: Callable[[Any], object], graph: Graph | None) -> None:
        """Have `analyse(graph)` done, whatever it answers; a request that still waits is dropped."""
        with self._edge:
            self._wanted = (analyse, graph)
            if self._thread is None and not self._closing:
                self._thread = Thread(target=self._work, name="analysis", daemon=True)
                self._thread.start()
            self._edge.notify()

    def close(self) -> None:
        """End the thread; waits for what it is doing."""
        with self._edge:
            self._closing = True
            self._wanted = None
            self._edge.notify()
        if self._thread is not None:
            self._thread.join(20)

    def _work(self) -> None:
        while True:
            with self._edge:
                while self._wanted is None and not self._closing:
                    self._edge.wait()
                if self._closing or self._wanted is None:
                    return
                analyse, graph = self._wanted
                self._wanted, self._busy = None, True
            answer: object
            try:
                answer = analyse(graph)
            except Exception:
                answer = traceback.format_exc()
            self._busy = False
            if not self._closing:
                self._arrived.emit(answer)

    def _deliver(self, answer: object) -> None:
        if self._closing:  # it came while the window closed
            return
        if isinstance(answer, str):
            self.failed.emit(answer)
        else:
            self.done.emit(answer)


class Courtesy(QObject):
    """Knows whether the window's event loop is at work, so that training can wait for it between two batches.

    Both share Python's lock, and every call of Qt gives it away: without this a repaint waits hundreds of times.
    Where a run is under way every event that arrives says «at work», and the loop says when it will block: what the
    dispatcher itself says of its waking comes before the work on one system and after it on another.
    There is one for the loop, as old as the application: one a bridge could be collected in another thread while the
    loop calls it.
    """

    @classmethod
    def of_loop(cls) -> Courtesy:
        """That of the application, made at first need."""
        app = QCoreApplication.instance()
        found = app.findChild(cls) if app is not None else None
        return found if found is not None else cls(app)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._idle = Flag()
        self._idle.set()
        self._runs = 0
        loop = QAbstractEventDispatcher.instance()
        if loop is not None:
            loop.aboutToBlock.connect(self._blocks)  # a method of a QObject: let go of when it dies

    def attend(self) -> None:
        """A run begins: look at the events. Each call has its `leave`."""
        self._runs += 1
        app = QCoreApplication.instance()
        if self._runs == 1 and app is not None:
            app.installEventFilter(self)

    def leave(self) -> None:
        """A run is over."""
        self._runs -= 1
        app = QCoreApplication.instance()
        if not self._runs and app is not None:
            app.removeEventFilter(self)
            self._idle.set()

    def eventFilter(self, _watched: QObject, _event: QEvent) -> bool:
        """The window is at work until its loop blocks again."""
        self._idle.clear()
        return False

    def _blocks(self) -> None:
        self._idle.set()

    def wait(self) -> None:
        """Return when the window has nothing to do, at most `PATIENCE` later."""
        if not self._idle.is_set():
            self._idle.wait(PATIENCE)


class TrainingBridge(QObject):
    """Runs an event generator in a thread and hands its events over some ten times a second.

    `events` brings a list of events, at most once a tick. `control` is that of the run under way.
    """

    events = Signal(object)
    started = Signal()
    ended = Signal()
    _running: ClassVar[list[TrainingBridge]] = []
    """Those of all open documents whose run is under way: one at a time on a device."""
    _calm: ClassVar[float] = 0.0
    """How often threads take turns while nothing is trained."""
    failed = Signal(str)
    ticked = Signal()
    """The mailbox was looked into, half a tick ago: also while the run stands still. What is painted for an answer has
    its own turn, beside that for the events."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.control: Any = None
        self._mailbox: deque[Event | str | None] = deque()
        self._thread: Thread | None = None
        self.device = self.title = ""
        """Where the run under way computes, and the document that it belongs to."""
        self._courtesy = Courtesy.of_loop()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._drain)
        self._between = QTimer(self)
        self._between.setSingleShot(True)
        self._between.setInterval(TICK // 2)
        self._between.timeout.connect(self.ticked)

    @property
    def polite(self) -> Callable[[], object]:
        """Waits until the window has nothing to do: for another thread that computes beside it."""
        return self._courtesy.wait

    @property
    def running(self) -> bool:
        """A run is under way, perhaps paused."""
        return self._timer.isActive()

    def before(self, device: str) -> TrainingBridge | None:
        """The run of another document that is under way on this device: one here has to wait for its end."""
        return next((one for one in self._running if one is not self and one.device == device), None)

    def start(self, make: Callable[[], Iterable[Any]], control: Any, device: str = "cpu", title: str = "") -> None:
        """Iterate over `make()` in a thread. One run at a time."""
        if self.running:
            raise RuntimeError("a run is under way")
        self.device, self.title = device, title
        self.control = control
        control.courtesy = self._courtesy.wait
        self._mailbox.clear()
        if not self._running:
            TrainingBridge._calm = sys.getswitchinterval()
        self._running.append(self)
        self._courtesy.attend()
        self._thread = Thread(target=self._work, args=(make,), name="training", daemon=True)
        self._timer.start()
        sys.setswitchinterval(TURN)
        gc.freeze()  # the engine's million objects stay: looking through them for garbage holds the window up 0.2 s
        self._thread.start()
        self.started.emit()

    def pull(self, lever: str, *arguments: Any, **named: Any) -> None:
        """Pull a lever of the run: `pause`, `resume`, `one_batch`, `one_epoch`, `stop`, `set`, `probe`."""
        if self.control is not None and self.running:
            getattr(self.control, lever)(*arguments, **named)

    def at_rest(self, make: Callable[[Any], Any]) -> Any:
        """`make` called while no weight changes, with where a run under way stands: at its next batch edge."""
        control = self.control
        if not self.running or control is None:
            return make(None)
        answer = control.ask(lambda _program: make(control.stand() if control.stand is not None else None))
        try:
            return answer.result(PATIENT)
        except (TimeoutError, CancelledError):
            raise RunError("Training is busy with a long step. Pause it, then try again.") from None

    def probe(self, request: Any) -> None:
        """What an inspector wants to see."""
        self.pull("probe", request)

    def close(self) -> None:
        """Stop the run, wait for its thread, hand over what it still had to say. `ended` follows, as after any run."""
        if not self.running:
            return
        if self._thread is not None and self._thread.is_alive():
            self.pull("stop")
            self._thread.join(20)
        self._drain()
        if self.running:  # it did not answer
            self._over()

    def _work(self, make: Callable[[], Iterable[Event]]) -> None:
        from neuralgraph.training.events import Failed  # brings numpy: not before the first paint

        try:
            for event in make():
                self._mailbox.append(event)
        except NeuralGraphError as error:
            self._mailbox.append(Failed(0, 0, str(error)))
        except Exception as error:
            self._mailbox.append(traceback.format_exc())
            self._mailbox.append(Failed(0, 0, f"Training stopped: {error}", "The log says where."))
        self._mailbox.append(None)

    def _over(self) -> None:
        self._timer.stop()
        self._between.stop()
        if self in self._running:
            self._running.remove(self)
            self._courtesy.leave()
            if not self._running:
                sys.setswitchinterval(self._calm)
        if self._thread is not None:
            self._thread.join(5)
        self._thread = self.control = None
        self.ended.emit()

    def _drain(self) -> None:
        found: list[Event] = []
        over = False
        while self._mailbox:
            match self._mailbox.popleft():
                case None:
                    over = True
                case str() as text:
                    self.failed.emit(text)
                case event:
                    found.append(event)
        if found:
            self.events.emit(found)
        if over:
            self.ticked.emit()
            self._over()
        elif not self._between.isActive():
            self._between.start()


class Pace(QObject):
    """Calls `what` when nudged, at once but never more often than every `least` milliseconds; the last nudge counts."""

    def __init__(self, least: int, what: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._what, self._again = what, False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(least)
        self._timer.timeout.connect(self._due)

    def nudge(self) -> None:
        """Something is new."""
        if self._timer.isActive():
            self._again = True
        else:
            self._timer.start()
            self._what()

    def stop(self) -> None:
        """Nothing that still waits is called."""
        self._timer.stop()
        self._again = False

    def _due(self) -> None:
        if self._again:
            self._again = False
            self.nudge()
