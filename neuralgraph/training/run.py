"""What is left of a run: its curves, its end, its program and the checkpoint to go on from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from neuralgraph.training.checkpoint import Checkpoint
from neuralgraph.training.events import (
    Changed,
    EpochEnded,
    Event,
    Failed,
    Finished,
    Hint,
    Note,
    Snapshot,
    Started,
    Step,
    Stopped,
)
from neuralgraph.training.moments import Moments


@dataclass(eq=False)
class Run:
    """Folds events into figures. `history` holds one number an epoch by name; `final` the last of each.

    `losses` are the total losses of all batches, `tables` the confusion matrices of the last epoch.
    """

    program: Any
    history: dict[str, list[float]] = field(default_factory=dict)
    final: dict[str, float] = field(default_factory=dict)
    tables: dict[str, Any] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    changes: list[Changed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)
    """What kept it from learning well, with the number behind."""
    stop_reason: str = ""
    seconds: float = 0.0
    failure: Failed | None = None
    checkpoint: Checkpoint | None = None
    best: Snapshot | None = None
    """The weights of the best epoch: `run.program.load_state_dict(run.best.weights)`."""
    seed: int = 0
    device: str = "cpu"
    id: int | None = None
    """Its number in the run store, where it is kept."""
    moments: Moments = field(default_factory=Moments)
    """Where it stood while it learned, to be wound back to."""
    apart: bool = False
    """Who goes on with it begins a run of its own: it was wound back."""

    @property
    def epochs(self) -> int:
        """How many epochs were finished."""
        return len(self.history.get("loss", ()))

    def hear(self, event: Event) -> None:
        """Take in the next event."""
        match event:
            case Started():
                self.seed, self.device = event.seed, event.device
            case Step():
                self.losses.extend(event.losses.tolist())
                self.seconds = event.seconds
                self.moments.reached(event.step)
            case EpochEnded():
                for name, value in event.figures.items():
                    self.history.setdefault(name, []).append(value)
                self.final.update(event.figures)
                self.tables.update(event.tables)
                self.seconds = event.seconds
            case Changed():
                self.changes.append(event)
                if self.moments.now is not None:
                    self.moments.now.changes.append(event)
            case Note():
                self.notes.append(event.message)
            case Hint():
                self.hints.append(event)
            case Snapshot() if event.kind == "best":
                self.best = event
            case Snapshot():
                self.checkpoint = getattr(self.program, "checkpoint", None)
            case Finished():
                self.final.update(event.final)
                self.stop_reason, self.seconds = event.reason, event.seconds
                self.checkpoint = getattr(self.program, "checkpoint", None)  # it knows that the test part was used
            case Stopped():
                self.stop_reason = event.reason
            case Failed():
                self.failure, self.stop_reason = event, event.message
                self.checkpoint = getattr(self.program, "checkpoint", None)  # the last good snapshot
            case _:
                pass


def collect(events: Iterable[Event], program: Any) -> Run:
    """The run that these events tell of."""
    run = Run(program)
    for event in events:
        run.hear(event)
    return run
