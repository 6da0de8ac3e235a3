"""What a run tells those who follow it from elsewhere: a file in its folder that only grows, one JSON object a line.

A follower needs nothing but to read that file, also on another machine: the locks of a database do not reach over a
shared disk. The first line says what the run is, the last one how it ended. Loads no torch.
"""

from __future__ import annotations

import json
import os
import platform
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.training.events import Changed, EpochEnded, Event, Note, Paused, Started, Step

FILE, FORMAT = "live.jsonl", 1
FULL = 16384
"""So many numbers of a curve, then every other one, then every fourth: the file of a long run stays small."""
BEGUN = ("epochs", "steps_per_epoch", "rows", "validation_rows", "test_rows", "device", "seed", "parameters", "losses",
         "metrics")


class Broadcast:
    """Gathers what is told and appends it when asked to. `earlier` is what the run told before it was broken off."""

    def __init__(self, home: Path, run: int, begun: Started, facts: Mapping[str, Any], now: float,
                 earlier: Iterable[Event] = ()) -> None:
        self.file = home / FILE
        self._curves: dict[str, list[tuple[NDArray[np.int64], NDArray[np.float64]]]] = {}
        self._counts: dict[str, tuple[int, int]] = {}
        self._step: dict[str, Any] | None = None
        self._epochs: list[tuple[int, int, float, Mapping[str, float]]] = []
        self._lines: list[dict[str, Any]] = []
        self._length = 0
        """So much of the file is known to be good."""
        self._say("begun", format=FORMAT, life=uuid.uuid4().hex, run=run, host=platform.node(), process=os.getpid(),
                  at=now, **facts, **{name: getattr(begun, name) for name in BEGUN})
        for event in earlier:
            self.hear(event, 0.0)

    def hear(self, event: Event, spent: float) -> None:
        """Take in the next event; `spent` seconds went by before the run was taken up."""
        match event:
            case Step():
                self._learned(event, spent)
            case EpochEnded():
                self._epochs.append((event.epoch, event.step, event.seconds + spent, event.figures))
            case Changed():
                self._say("changed", step=event.step, epoch=event.epoch, name=event.name, old=event.old, new=event.new)
            case Note():
                self._say("note", step=event.step, text=event.message)
            case Paused():
                self._say("paused", epoch=event.epoch, step=event.step)
            case _:
                pass

    def ended(self, state: str, step: int, reason: str, final: Mapping[str, Any], now: float) -> None:
        """The last line."""
        self._say("ended", state=state, step=step, reason=reason, final=dict(final), at=now)

    def write(self, now: float) -> None:
        """Append what has come; half a line of an earlier attempt is written over. `OSError` where that fails."""
        self._close(now)
        if not self._lines:
            return
        text = "".join(map(_line, self._lines))
        # one open and close a time: on a network disk others see a file as it was when it was last closed
        self.file.touch()
        with self.file.open("r+b") as file:
            file.seek(self._length)
            file.write(text.encode())
            file.truncate()
        self._length += len(text.encode())
        self._lines = []

    def _say(self, kind: str, **values: Any) -> None:
        self._close(None)
        self._lines.append({"kind": kind, **values})

    def _learned(self, event: Step, spent: float) -> None:
        """All such events between two writings become one line: epochs may be shorter than a hundredth of a second."""
        count = max(event.batches, len(event.losses))
        steps = np.arange(event.step - count + 1, event.step + 1, dtype=np.int64)
        several = event.parts if len(event.parts) > 1 else {}
        for name, values in {"": event.losses, **several}.items():
            self._curves.setdefault(name, []).append(self._thinned(name, steps[event.places.get(name, slice(None))],
                                                                   np.asarray(values, np.float64)))
        before = self._step["batches"] if self._step is not None else 0
        self._step = {
            "kind": "step", "epoch": event.epoch, "step": event.step, "within": event.step_in_epoch,
            "batches": before + count, "seconds": event.seconds + spent, "lr": event.lr, "norm": event.gradient_norm,
            "rate": event.rate, "left": list(event.remaining) if event.remaining is not None else None,
        }

    def _thinned(self, name: str, steps: NDArray[np.int64], values: NDArray[np.float64]
                 ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        seen, told = self._counts.get(name, (0, 0))
        stride = 1 << min(told // FULL, 40)
        first = -seen % stride
        kept = slice(first, None, stride)
        self._counts[name] = seen + len(values), told + len(values[kept])
        return steps[kept], values[kept]

    def _close(self, now: float | None) -> None:
        """What has come of steps and epochs, as lines: the steps first."""
        self._close_step(now)
        if self._epochs:
            rows = [[epoch, step, seconds, {name: float(one) for name, one in figures.items() if np.ndim(one) == 0}]
                    for epoch, step, seconds, figures in self._epochs]
            self._epochs = []
            self._lines.append({"kind": "epochs", "rows": rows})

    def _close_step(self, now: float | None) -> None:
        if self._step is None:
            return
        line, self._step = self._step, None
        line["curves"] = {name: [np.concatenate([one[0] for one in parts]).tolist(),
                                 np.concatenate([one[1] for one in parts]).tolist()]
                          for name, parts in self._curves.items()}
        if now is not None:
            line["at"] = now
        self._curves = {}
        self._lines.append(line)


def _line(value: dict[str, Any]) -> str:
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")) + "\n"
    except ValueError:  # a number that is none
        return json.dumps(_plain(value), allow_nan=False, separators=(",", ":")) + "\n"


def _plain(value: Any) -> Any:
    """As JSON has it: null stands for what is no number."""
    match value:
        case dict():
            return {str(name): _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case float() if value - value != 0:
            return None
    return value
