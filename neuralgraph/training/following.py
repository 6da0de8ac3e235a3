"""Follows a run that another process, perhaps on another machine, writes: reads what its `live.jsonl` has grown by.

Nothing there is trusted: it is data, read in bounded pieces, and a line that is not what it should be ends it with a
sentence. Loads no torch.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from neuralgraph.errors import RunError
from neuralgraph.training.broadcast import FILE, FORMAT
from neuralgraph.training.events import (
    Changed,
    EpochEnded,
    Event,
    Failed,
    Finished,
    Note,
    Paused,
    Started,
    Step,
    Stopped,
)
from neuralgraph.training.kept import FAILED, FINISHED, INTERRUPTED, RUNNING, STOPPED
from neuralgraph.training.store import Store, held

PIECE, LONGEST = 2**22, 2**26
"""Bytes read at once, and of one line at most."""
FIRST = 2**16
"""Bytes of the first line at most."""
QUIET = 15.0
"""So many seconds without a word, then it is said."""
PAUSED = "paused"
GONE = "The process that trained it has ended without a word"


@dataclass
class Standing:
    """What is known of the run now. `state` is "running", "paused", or how it ended; `silent` seconds without a word.
    """

    run: int = 0
    title: str = ""
    document: str = ""
    host: str = ""
    state: str = RUNNING
    reason: str = ""
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps_per_epoch: int = 0
    seconds: float = 0.0
    loss: float = float("nan")
    figures: dict[str, float] = field(default_factory=dict)
    left: tuple[float, float] | None = None
    silent: float = 0.0
    here: bool = True
    """It is written on this machine."""

    @property
    def over(self) -> bool:
        return self.state not in (RUNNING, PAUSED)

    @property
    def trouble(self) -> str:
        """What is wrong with who writes, in words; "" where nothing is."""
        if self.state == INTERRUPTED:
            return self.reason
        if self.state != RUNNING or self.silent < QUIET:
            return ""
        if self.here:
            return f"No word for {self.silent:.0f} s. Its process is there: one batch takes long, or it is held up."
        return (f"No word from {self.host or 'the other machine'} for {self.silent:.0f} s. One batch takes long there, "
                "or the process has ended without a word, or the disk is not reached.")


class Follower:
    """Looks when asked to, at most as often as one likes. `standing` is what is known after the last look."""

    def __init__(self, file: Path, clock: Callable[[], float] = monotonic) -> None:
        self.file, self._clock = file, clock
        self.standing = Standing()
        self._life = ""
        self._forget()

    def _forget(self) -> None:
        self._offset, self._number, self._rest = 0, 0, b""
        self._heard = self._clock()

    def look(self) -> list[Event]:
        """What was told since the last look; a `Started` first where the run began, or began once more."""
        if self.standing.over:
            return []
        found = self._news()
        if found:
            self._heard = self._clock()
        self.standing.silent = self._clock() - self._heard
        if not self.standing.over and self.standing.here and not held(self.file.parent):
            found += self._news()  # it may have ended between the two looks
            if not self.standing.over:
                found.append(self._gone())
        return found

    def _gone(self) -> Event:
        now = self.standing
        now.state, now.silent = INTERRUPTED, 0.0
        now.reason = (f"{GONE}, in epoch {min(now.epoch + 1, now.epochs)} of {now.epochs} after {now.step:,} steps. "
                      "What it had kept is there")
        return Stopped(now.epoch, now.step, now.reason)

    # -- reading ----------------------------------------------------------------------------------------------------

    def _news(self) -> list[Event]:
        try:
            with self.file.open("rb") as file:
                first = file.readline(FIRST)
                if len(first) == FIRST:
                    raise RunError(f"{self.file} is not what a run writes for its followers.")
                if first.endswith(b"\n") and (life := self._life_of(first)) != self._life:
                    self._forget()
                    self._life = life
                if not self._life:
                    return []
                file.seek(self._offset)
                return self._lines(file)
        except FileNotFoundError:
            if self._life:
                raise RunError(f"{self.file} is gone: the run was deleted, or its disk is away.") from None
            raise RunError(f"There is nothing to follow in {self.file.parent}: it has no {FILE}.") from None
        except OSError as error:
            raise RunError(f"{self.file} cannot be read: {error.strerror or error}. Is its disk there?") from None

    def _lines(self, file: Any) -> list[Event]:
        found: list[Event] = []
        while piece := file.read(PIECE):
            self._offset += len(piece)
            *whole, self._rest = (self._rest + piece).split(b"\n")
            if len(self._rest) > LONGEST:
                raise self._damaged()
            for line in whole:
                self._number += 1
                try:
                    event = self._event(json.loads(line))
                except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OverflowError):
                    raise self._damaged() from None
                found += event
        return found

    def _damaged(self) -> RunError:
        return RunError(f"{self.file} is damaged at line {self._number}: it cannot be followed any further. "
                        "«neuralgraph runs show» tells what the run store has of it.")

    def _life_of(self, first: bytes) -> str:
        try:
            head = json.loads(first)
            version, life = int(head["format"]), str(head["life"])
        except (ValueError, TypeError, KeyError):
            raise RunError(f"{self.file} is not what a run writes for its followers.") from None
        if version > FORMAT:
            raise RunError(f"{self.file} was written by a newer NeuralGraph. It cannot be followed here.")
        return life

    def _event(self, line: dict[str, Any]) -> list[Event]:
        """What a line says; nothing where it is of a later version."""
        if line["kind"] == "epochs":
            return [self._epoch(*row) for row in line["rows"]]
        found = self._said(line)
        return [found] if found is not None else []

    def _said(self, line: dict[str, Any]) -> Event | None:
        now, kind = self.standing, line["kind"]
        if kind != "begun" and now.state == PAUSED:
            now.state = RUNNING
        match kind:
            case "begun":
                return self._begun(line)
            case "step":
                return self._step(line)
            case "changed":
                return Changed(int(line["step"]), float(line["epoch"]), str(line["name"]), float(line["old"]),
                               float(line["new"]))
            case "note":
                return Note(int(line["step"]), str(line["text"]))
            case "paused":
                now.state, now.left = PAUSED, None
                return Paused(int(line["epoch"]), int(line["step"]))
            case "ended":
                return self._ended(line)
        return None

    def _epoch(self, epoch: Any, step: Any, seconds: Any, given: Any) -> EpochEnded:
        now, figures = self.standing, {str(name): _number(one) for name, one in given.items()}
        now.state = RUNNING
        now.epoch, now.step, now.seconds = int(epoch), max(int(step), now.step), _number(seconds)
        now.figures.update(figures)
        return EpochEnded(now.epoch, int(step), figures, {}, now.seconds)

    def _begun(self, line: dict[str, Any]) -> Started:
        losses, metrics = (tuple(str(one) for one in line[name]) for name in ("losses", "metrics"))
        host = str(line["host"])
        self.standing = Standing(
            int(line["run"]), str(line.get("title", "")), str(line.get("document", "")), host,
            epochs=int(line["epochs"]), steps_per_epoch=int(line["steps_per_epoch"]), here=host == platform.node())
        return Started(
            self.standing.epochs, self.standing.steps_per_epoch, int(line["rows"]), int(line["validation_rows"]),
            int(line["test_rows"]), str(line["device"]), int(line["seed"]), int(line["parameters"]), losses, metrics)

    def _step(self, line: dict[str, Any]) -> Step:
        now, step, batches = self.standing, int(line["step"]), int(line["batches"])
        places, values = {}, {}
        for name, (at, numbers) in line["curves"].items():
            places[name] = np.asarray(at, np.int64) - (step - batches + 1)
            values[name] = np.array([_number(one) for one in numbers], np.float64)
            if len(values[name]) != len(places[name]):
                raise ValueError
        losses = values.pop("", np.zeros(0))
        left = line["left"]
        now.epoch, now.step, now.seconds = int(line["epoch"]), step, _number(line["seconds"])
        now.left = (float(left[0]), float(left[1])) if left is not None else None
        if len(losses):
            now.loss = float(losses[-1])
        return Step(now.epoch, step, int(line["within"]), losses, values, _number(line["lr"]), _number(line["norm"]),
                    _number(line["rate"]), now.seconds, now.left,
                    {name: one.astype(np.intp) for name, one in places.items()}, batches)

    def _ended(self, line: dict[str, Any]) -> Event:
        now, step = self.standing, int(line["step"])
        now.state, now.reason, now.left = str(line["state"]), str(line["reason"]), None
        now.figures.update({str(name): _number(one) for name, one in line["final"].items()})
        now.step = max(now.step, step)
        match now.state:
            case "finished":
                return Finished(now.epoch, step, now.seconds, dict(now.figures), now.reason)
            case "failed":
                return Failed(now.epoch, step, now.reason)
        return Stopped(now.epoch, step, now.reason)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def located(path: Path | None = None, run: int | None = None) -> Path:
    """The file to follow: of a run of this user's store or of another one, of a run's folder, or that file itself.

    Without a number the newest run that is under way, else the newest. `RunError` says what was looked for.
    """
    if path is None:
        store = Store()
        if run is None:
            found = store.runs(most=50)
            if not found:
                raise RunError("No runs are kept yet. Start one, or say where its folder is.")
            run = next((one.id for one in found if one.state == RUNNING), found[0].id)
        store.get(run)
        return _there(store.folder_of(run))
    if path.name == FILE:
        return _there(path.parent)
    if not path.is_dir():
        raise RunError(f"{path} is not there, or is not a folder. Name the folder of a run, or of a run store.")
    if (path / FILE).is_file():
        return path / FILE
    if run is not None:
        return _there(path / str(run))
    try:
        homes = sorted((one for one in path.iterdir() if one.name.isdigit() and (one / FILE).is_file()),
                       key=lambda one: int(one.name), reverse=True)
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror or error}.") from None
    if not homes:
        raise RunError(f"There is no run to follow in {path}. Name the folder of a run, or of a run store.")
    return next((one for one in homes[:50] if held(one)), homes[0]) / FILE


def _there(home: Path) -> Path:
    if not (home / FILE).is_file():
        raise RunError(f"There is nothing to follow in {home}: it has no {FILE}. A run has one from its first second "
                       "on, and runs of earlier versions have none.")
    return home / FILE


__all__ = ["FAILED", "FINISHED", "INTERRUPTED", "PAUSED", "QUIET", "RUNNING", "STOPPED", "Follower", "Standing",
           "located"]
