"""The levers of a run: pulled from any thread, read by the loop at batch edges."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition
from typing import Any, Literal

from numpy.typing import NDArray

from neuralgraph.errors import RunError
from neuralgraph.training.events import Changed

State = Literal["running", "paused", "stopping"]
Until = Literal["end", "batch", "epoch"]

WEIGHTS, ACTIVATIONS, GRADIENTS = "weights", "activations", "gradients"
EVERYTHING = frozenset({WEIGHTS, ACTIVATIONS, GRADIENTS})

BATCH_SIZE = "batch_size"
RANGES: Mapping[str, tuple[float, float]] = {
    "lr": (0.0, math.inf), "momentum": (0.0, 1.0), "weight_decay": (0.0, math.inf), "l1": (0.0, math.inf),
}
"""The levers of an optimiser. Others are the batch size, and parameters of nodes as `dropout_1.p`."""


@dataclass(frozen=True)
class Probe:
    """What an inspector wants to see of a node, at most 10 times a second, as `Reading` events.

    `sample` holds rows by source key, for the activations; gradients are those of the last batch.
    """

    node: str
    sample: Mapping[str, NDArray[Any]] | None = None
    what: frozenset[str] = EVERYTHING


@dataclass(frozen=True)
class Orders:
    """What was asked for since the loop last looked."""

    changes: tuple[tuple[str, float], ...] = ()
    questions: tuple[tuple[Callable[[Any], Any], Future[Any]], ...] = ()
    probe: Probe | None = None
    """A probe that is new since then."""


@dataclass
class Control:
    """Thread-safe; every call returns at once. `state` says what was asked for; the loop follows at a batch edge.

    `replay` repeats the changes of an earlier run at the same batches.
    """

    replay: Iterable[Changed] = ()
    pending: bool = field(default=False, init=False)
    """Something waits for the loop. Read without the lock, once a batch."""
    courtesy: Callable[[], object] | None = field(default=None, init=False)
    """Called after every batch: lets whoever shares the processor have a turn."""
    led: bool = field(default=False, init=False)
    """Another run says when each batch is learned: that it stands still between two is no pause to tell of."""
    watched: Probe | None = field(default=None, init=False)
    """What the inspector looks at now."""
    stand: Callable[[], Any] | None = field(default=None, init=False)
    """A checkpoint of where the run stands: for who hears a `Step`, `EpochEnded` or `Paused`, before the next event."""

    def __post_init__(self) -> None:
        self._edge = Condition()
        self._state: State = "running"
        self._until: Until = "end"
        self._count, self._reason = 1, ""
        self._changes: list[tuple[str, float]] = []
        self.planned: dict[str, float] = {}
        """What the plan asks for now, where it was changed meanwhile."""
        self._questions: list[tuple[Callable[[Any], Any], Future[Any]]] = []
        self._over = False
        self._fresh: Probe | None = None
        self._due = sorted(((one.step, one.name, one.new) for one in self.replay), key=lambda one: one[0])
        self.next_due: float = self._due[0][0] if self._due else math.inf

    def repeat(self, changes: Iterable[Changed]) -> None:
        """Repeat these changes at the same batches: before the run begins."""
        self._due = sorted([*self._due, *((one.step, one.name, one.new) for one in changes)], key=lambda one: one[0])
        self.next_due = self._due[0][0] if self._due else math.inf

    # -- levers -----------------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        return self._state

    def pause(self) -> None:
        """Stand still at the next batch edge."""
        self._order("paused")

    def resume(self) -> None:
        """Go on."""
        self._order("running")

    def one_batch(self) -> None:
        """Learn one batch, then stand still."""
        self._order("running", "batch")

    def one_epoch(self) -> None:
        """Learn to the end of this epoch, then stand still."""
        self._order("running", "epoch")

    def epochs(self, count: int) -> None:
        """Learn to the end of this epoch and so many less one after it, then stand still."""
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise RunError(f"How many epochs more expects a whole number of at least 1, not {count!r}.")
        self._order("running", "epoch", count=count)

    def stop(self, reason: str = "stopped by you") -> None:
        """End the run at the next batch edge; the weights are kept."""
        self._order("stopping", reason=reason)

    def set(self, name: str, value: float, *, planned: bool = False) -> None:
        """Change "lr", "momentum", "weight_decay" or "l1" from the next batch on; recorded as `Changed`.

        "batch_size" holds from the next epoch on. Parameters of nodes that may change are called as `dropout_1.p` and
        `loss_1.weight`; what a node does not take is told as a `Note`.

        Where the plan has a schedule, "lr" is the rate that it starts from, and all of it follows in proportion.

        `planned`: because the plan was changed. Who goes on later with another plan then follows that.
        """
        if name not in RANGES and name != BATCH_SIZE and "." not in name:
            raise RunError(f"{name!r} cannot be changed while running. These can: {', '.join((*RANGES, BATCH_SIZE))}, "
                           "and parameters of nodes, as dropout_1.p.")
        low, high = RANGES.get(name, (1.0, math.inf) if name == BATCH_SIZE else (-math.inf, math.inf))
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise RunError(f"{name} expects a finite number, not {value!r}.")
        if not low <= value <= high or (name == "momentum" and value == high):
            words = "a number from 0 to below 1" if high == 1 else f"a number of at least {low:g}"
            raise RunError(f"{name} expects {words}, not {value!r}.")
        if name == BATCH_SIZE and value != int(value):
            raise RunError(f"{name} expects a whole number, not {value!r}.")
        with self._edge:
            self._changes.append((name, float(value)))
            if planned:
                self.planned[name] = float(value)
            self._wake()

    def probe(self, request: Probe | None) -> None:
        """Look at a node from now on; None looks at nothing."""
        with self._edge:
            self.watched = self._fresh = request
            if request is not None:
                self._wake()

    def ask(self, question: Callable[[Any], Any]) -> Future[Any]:
        """Have `question(program)` called once at the next batch edge, also while paused, in the thread that trains.

        The future brings the answer or the exception; it is cancelled where the run ends first.
        """
        answer: Future[Any] = Future()
        with self._edge:
            if self._over:
                answer.cancel()
                return answer
            self._questions.append((question, answer))
            self._wake()
        return answer

    def _order(self, state: State, until: Until = "end", reason: str = "", count: int = 1) -> None:
        with self._edge:
            if self._state == "stopping":
                return
            self._state, self._until, self._reason, self._count = state, until, reason, count
            self._wake()

    def _wake(self) -> None:
        self.pending = True
        self._edge.notify_all()

    # -- for the loop -----------------------------------------------------------------------------------------------

    @property
    def reason(self) -> str:
        """Why it is to stop."""
        return self._reason

    def take(self) -> Orders:
        """Everything that waits, once. `pending` stays up while every batch has to be looked at."""
        with self._edge:
            orders = Orders(tuple(self._changes), tuple(self._questions), self._fresh)
            self._changes, self._questions, self._fresh = [], [], None
            self.pending = self._state != "running" or self._until == "batch"
            return orders

    def due(self, step: int) -> tuple[tuple[str, float], ...]:
        """The replayed changes that act after `step` batches."""
        now = tuple((name, value) for at, name, value in self._due if at <= step)
        self._due = self._due[len(now):]
        self.next_due = self._due[0][0] if self._due else math.inf
        return now

    def learned(self, *, epoch_ended: bool) -> None:
        """A batch was learned: one_batch, one_epoch and epochs are fulfilled here."""
        with self._edge:
            if self._until == "epoch" and epoch_ended:
                self._count -= 1
                epoch_ended = self._count < 1
            if self._state == "running" and (self._until == "batch" or (self._until == "epoch" and epoch_ended)):
                self._state, self._until = "paused", "end"
                self.pending = True

    def wait(self, most: float | None = None) -> None:
        """Sleep until there is a word, or for so many seconds."""
        with self._edge:
            while self._state == "paused" and not (self._changes or self._questions or self._fresh is not None):
                if not self._edge.wait(most):
                    return

    def close(self) -> None:
        """The run is over: nobody answers any more."""
        with self._edge:
            self._over, self.stand = True, None
            waiting, self._questions = self._questions, []
        for _, answer in waiting:
            answer.cancel()
