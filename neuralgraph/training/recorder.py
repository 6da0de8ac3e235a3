"""Keeps a run while it goes: hears its events, and writes them into the run store without getting in its way.

Figures are written several times a second, weights and checkpoints every few seconds and at the end, so seldom that all
of it takes about a fiftieth of the time. What cannot be written is said once; training goes on.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import torch

from neuralgraph.errors import NeuralGraphError, RunError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.file import dumps
from neuralgraph.training.broadcast import Broadcast
from neuralgraph.training.checkpoint import Checkpoint
from neuralgraph.training.curve import WALL, GrowingCurve
from neuralgraph.training.events import (
    Changed,
    EpochEnded,
    Event,
    Failed,
    Finished,
    Hint,
    Note,
    Paused,
    Snapshot,
    Started,
    Step,
    Stopped,
)
from neuralgraph.training.files import Files
from neuralgraph.training.fingerprint import fingerprint, otherwise, versions
from neuralgraph.training.kept import FAILED, FINISHED, INTERRUPTED, RUNNING, STOPPED, Kept
from neuralgraph.training.store import Store, now, text, transaction, why
from neuralgraph.training.thinning import make_room
from neuralgraph.training.told import told

if TYPE_CHECKING:
    from neuralgraph.compiler.program import Program
    from neuralgraph.data.feed import Feed
    from neuralgraph.training.control import Control
    from neuralgraph.training.run import Run

BEAT, LATEST = 0.25, 0.8
"""Seconds between two writings of figures, at least and, where the disk is slow, at most."""
FIRST, EVERY = 1.0, 3.0
"""Seconds until the first checkpoint, and between two."""
SHARE = 0.02
"""So much of the time may go into files."""
RETRY = 10.0
"""Seconds until what failed is tried again."""
BEGUN = ("rows", "validation_rows", "test_rows", "parameters", "losses", "metrics", "processes", "job", "split")
RATE, NORM, SPEED = "learning rate", "gradient norm", "samples per second"


@dataclass(frozen=True, eq=False)
class Subject:
    """What is kept: the document with the plan of this run, its program, rows and file, and what it goes on from."""

    graph: Graph
    program: Program
    feed: Feed
    document: str = ""
    resume: Run | None = None


class Recorder:
    """Writes one run. `run` gets its number."""

    def __init__(self, store: Store, subject: Subject, control: Control, run: Run) -> None:
        self.store, self.subject, self.control, self.run = store, subject, control, run
        self.notes: list[str] = []
        """What is to be said, and is not yet."""
        self._db: sqlite3.Connection | None = None
        self._lock: IO[bytes] | None = None
        self._files = Files(Path())
        self._live: Broadcast | None = None
        self._met = False
        """The run has begun, whether it could be kept or not."""
        self._curves: dict[str, GrowingCurve] = {}
        self._rows: list[tuple[str, tuple[Any, ...]]] = []
        self._row: dict[str, Any] = {}
        self._trouble = False
        self._beat_at = self._keep_at = 0.0
        self._per_epoch = 1
        self._spent = 0.0

    # -- hearing ----------------------------------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        """Take in the next event. It comes from the thread that trains, while that stands still."""
        if isinstance(event, Failed) and not self._met:
            self._begin(self._never_started())
        if not isinstance(event, Started) and self._db is None:
            return
        if self._live is not None:
            self._live.hear(event, self._spent)
        match event:
            case Started():
                self._begin(event)
            case Step():
                self._step(event)
            case EpochEnded():
                self._epoch(event)
            case Changed():
                said = f"{event.name} {event.old:g} → {event.new:g}"
                self._event(event.step, "changed", said, name=event.name, old=event.old, new=event.new)
                self._flush()
                self._keep_at = 0.0
            case Note():
                self._event(event.step, "note", event.message)
            case Hint():
                ways = [one.label for one in event.remedies]
                self._event(event.step, "hint", event.message, name=event.kind, node=event.node, value=event.value,
                            remedies=ways)
            case Paused() if not self.control.led:
                self._event(event.step, "paused", "paused")
                self._flush()
                if perf_counter() >= self._keep_at:
                    self._keep()
            case Stopped():
                self._end(STOPPED, event.step, event.reason, self.subject.program.checkpoint)
            case Finished():
                self._row["final"] = {**self._row.get("final", {}), **event.final}
                self._end(FINISHED, event.step, event.reason, self.subject.program.checkpoint)
            case Failed():
                where = f" ({event.node})" if event.node else ""
                ways = [one.label for one in event.remedies]
                state = INTERRUPTED if event.interrupted else FAILED
                self._end(state, event.step, f"{event.message}{where}",
                          None if event.interrupted else self.subject.program.checkpoint,
                          hint=event.hint, node=event.node, tensor=event.tensor, cause=event.cause, remedies=ways)
            case Snapshot() | _:
                pass

    def close(self) -> None:
        """Whoever listened has gone, or all has been said: nothing more comes."""
        if self._db is not None:
            self._end(INTERRUPTED, self._row.get("step", 0), "nobody listened any more", None)

    # -- beginning --------------------------------------------------------------------------------------------------

    def _never_started(self) -> Started:
        """What there would have been to say of a run that failed before its first batch."""
        subject = self.subject
        plan, feed = subject.graph.plan, subject.feed
        size = feed.rows if plan.full_batch else plan.batch_size
        return Started(plan.epochs, -(-feed.rows // max(size, 1)), feed.rows, feed.validation_rows, feed.test_rows,
                       subject.program.device, plan.seed, 0, tuple(subject.program.losses),
                       tuple(subject.program.metrics))

    def _begin(self, event: Started) -> None:
        self._met = True
        try:
            self.notes += make_room(self.store)
            self._db = self.store.connect()
            before = self._earlier()
            id = before.id if before is not None and self._continues(before) else self._made(event, before)
            self._files, self.run.id = Files(self.store.folder_of(id)), id
            again = before is not None and id == before.id
            if before is not None and again:
                self._take_up(before, event)
            self._curve(WALL).add(np.array([event.start_step]), np.array([now()]))
            facts = {"title": self.subject.graph.title[:200], "document": self.subject.document}
            earlier = told(self.store, id, event.start_step) if again else ()
            self._live = Broadcast(self.store.folder_of(id), id, event, facts, now(), earlier)
            self._live.write(now())
        except (NeuralGraphError, sqlite3.Error, OSError) as error:
            said = str(error) if isinstance(error, NeuralGraphError) else why(error)
            self.notes.append(f"This run is not kept. {said} Training goes on.")
            self._let_go()
        self.notes += self.store.notes
        self.store.notes.clear()
        self._per_epoch = max(event.steps_per_epoch, 1)
        self._beat_at, self._keep_at = perf_counter() + BEAT, perf_counter() + FIRST

    def _earlier(self) -> Kept | None:
        resume = self.subject.resume
        return self.store.get(resume.id) if resume is not None and resume.id is not None else None

    def _continues(self, before: Kept) -> bool:
        """It is the same run that goes on: nothing of document and plan is otherwise, and it had not ended."""
        apart = self.subject.resume is not None and self.subject.resume.apart
        if before.state not in (INTERRUPTED, STOPPED) or apart:
            return False
        earlier, graph = self.store.graph(before.id), self.subject.graph
        if not earlier.computes(graph) or earlier.plan != graph.plan:
            return False
        self._lock = self.store.claim(before.id)
        return self._lock is not None

    def _facts(self, event: Started) -> dict[str, Any]:
        return {
            "state": RUNNING, "epochs": event.epochs, "steps_per_epoch": event.steps_per_epoch, "seed": event.seed,
            "device": event.device, "threads": torch.get_num_threads(), "data": fingerprint(self.subject.feed),
            "versions": json.dumps(versions()), "begun": json.dumps({name: getattr(event, name) for name in BEGUN}),
        }

    def _made(self, event: Started, before: Kept | None) -> int:
        graph = self.subject.graph
        values = {
            **self._facts(event), "document": self.subject.document, "started": now(), "graph": dumps(graph),
            "title": graph.title or Path(self.subject.document).stem, "epoch": event.start_epoch,
            "step": event.start_step, "parent": before.id if before is not None else None,
        }
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        db = self._db
        assert db is not None
        # the lock is taken before anybody can see the run: else it would look like one that was interrupted
        with transaction(db):
            made = db.execute(f"INSERT INTO runs ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
            id = int(made.lastrowid or 0)
            self._lock = self.store.claim(id)
        return id

    def _take_up(self, before: Kept, event: Started) -> None:
        """Forget what came after the checkpoint: it is learned once more."""
        db, id, resume = self._db, before.id, self.subject.resume
        assert db is not None and resume is not None
        facts = self._facts(event)
        epoch, step = event.start_epoch, event.start_step
        for name, ((steps, values), stride) in self.store.strides(id).items():
            curve = GrowingCurve(name, steps, values, stride, written=len(values))
            curve.cut(step)
            self._curves[name] = curve
        with transaction(db):
            names = ", ".join(f"{name} = ?" for name in facts)
            db.execute(f"UPDATE runs SET {names}, reason = '', ended = NULL, epoch = ?, step = ? WHERE id = ?",  # noqa: S608
                       (*facts.values(), epoch, step, id))
            db.execute("DELETE FROM epochs WHERE run = ? AND epoch > ?", (id, epoch))
            db.execute("DELETE FROM events WHERE run = ? AND (step > ? OR step = ? AND kind = 'changed')",
                       (id, step, step))
        self._files.take_up(before.best, epoch, step)
        self._row, self._spent = {"final": dict(resume.final)}, before.seconds
        self._event(step, "resumed", f"went on from step {step:,}")
        told = resume.checkpoint is not None and "data" in resume.checkpoint.facts  # then the loop says so
        reasons = otherwise(("" if told else before.data, facts["data"]), before.versions, versions())
        if reasons:
            self.notes.append(f"Not bit for bit what the unbroken run would have been: {'; '.join(reasons)}.")

    # -- figures ----------------------------------------------------------------------------------------------------

    def _step(self, event: Step) -> None:
        count = max(event.batches, len(event.losses))
        steps = np.arange(event.step - count + 1, event.step + 1, dtype=np.int64)
        for name, values in event.curves.items():
            self._curve(name or "loss").add(steps[event.places.get(name, slice(None))], values)
        self._row |= {"epoch": event.epoch, "step": event.step, "seconds": self._seconds(event.seconds)}
        moment = perf_counter()
        if moment >= self._beat_at:
            here = np.array([event.step], dtype=np.int64)
            for name, value in ((RATE, event.lr), (NORM, event.gradient_norm), (SPEED, event.rate), (WALL, now())):
                if np.isfinite(value):
                    self._curve(name).add(here, np.array([value]))
            self._flush()
        if moment >= self._keep_at:
            self._keep()

    def _epoch(self, event: EpochEnded) -> None:
        figures = {name: float(value) for name, value in event.figures.items() if np.ndim(value) == 0}
        row = (self.run.id, event.epoch, event.step, self._seconds(event.seconds), text(figures))
        self._rows.append(("INSERT OR REPLACE INTO epochs VALUES (?, ?, ?, ?, ?)", row))
        self._row |= {"epoch": event.epoch, "step": event.step, "seconds": self._seconds(event.seconds)}
        self._row["final"] = {**self._row.get("final", {}), **figures}
        self._files.judge(figures, event.epoch, event.step, self.subject.program.state_dict)
        if perf_counter() >= self._beat_at:
            self._flush()

    def _seconds(self, spent: float) -> float:
        """Of this run in all, also where it goes on."""
        return spent + self._spent

    def _curve(self, name: str) -> GrowingCurve:
        if name not in self._curves:
            self._curves[name] = GrowingCurve(name)
        return self._curves[name]

    def _event(self, step: int, kind: str, said: str, **data: Any) -> None:
        row = (self.run.id, step, step / self._per_epoch, now(), kind, said, json.dumps(data))
        self._rows.append(("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", row))

    def _flush(self, **more: Any) -> None:
        """Write what has come since the last time; where that fails it is kept for the next."""
        begun = perf_counter()
        self._attempt(lambda: self._write(more))
        over = perf_counter()
        self._beat_at = over + (RETRY if self._trouble else min(max(BEAT, (over - begun) / SHARE), LATEST))

    def _write(self, more: dict[str, Any]) -> None:
        db, rows = self._db, tuple(self._rows)
        assert db is not None
        values = {name: text(one) if isinstance(one, dict) else one for name, one in {**self._row, **more}.items()}
        for curve in self._curves.values():
            curve.settle()
        with transaction(db):
            for statement, row in rows:
                db.execute(statement, row)
            for curve in self._curves.values():
                curve.write(db, self.run.id or 0)
            if values:
                names = ", ".join(f"{name} = ?" for name in values)
                db.execute(f"UPDATE runs SET {names} WHERE id = ?", (*values.values(), self.run.id))  # noqa: S608
        del self._rows[: len(rows)]
        for curve in self._curves.values():
            curve.confirm()
        if self._live is not None:
            self._live.write(now())

    # -- weights ----------------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        """A checkpoint, the best weights, now and then a snapshot; figures before, so that none can be missing."""
        if self.control.stand is None:
            return
        begun = perf_counter()
        self._flush()
        checkpoint = self.control.stand()
        self._attempt(lambda: self._files.keep(checkpoint))
        self._attempt(lambda: self._files.moments(self.run.moments.now))
        self._row["best"] = self._files.written
        over = perf_counter()
        self._keep_at = over + max(RETRY if self._trouble else EVERY, (over - begun) / SHARE)

    # -- the end ----------------------------------------------------------------------------------------------------

    def _end(self, state: str, step: int, reason: str, checkpoint: Checkpoint | None, **more: Any) -> None:
        """Everything that is left to write, and the lock is free."""
        self._event(step, state, reason, **more)
        if self._live is not None:
            self._live.ended(state, step, reason, self._row.get("final", {}), now())
        if checkpoint is not None or state == FAILED:
            self._attempt(lambda: self._files.last(checkpoint, self.subject.program.state_dict()))
            self._attempt(lambda: self._files.moments(self.run.moments.now))
            self._row["best"] = self._files.written
        self._flush(state=state, reason=reason, ended=now())
        self._let_go()

    def _let_go(self) -> None:
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
        if self._lock is not None:
            self._lock.close()
        self._db = self._lock = self._live = None

    def _attempt(self, work: Callable[[], None]) -> None:
        """Do it; where the disk says no, say so once and go on."""
        try:
            work()
        except (RunError, sqlite3.Error, OSError) as error:
            if not self._trouble:
                said = str(error) if isinstance(error, RunError) else why(error)
                self.notes.append(f"This run cannot be kept at present. {said} Training goes on, and it is tried again "
                                  f"every {RETRY:.0f} seconds.")
            self._trouble = True
        else:
            self._trouble = False


def recorded(events: Iterator[Event], recorder: Recorder) -> Iterator[Event]:
    """The same events, kept on their way, with the notes of who keeps them. The first and the last stay what they are.
    """
    try:
        for event in events:
            recorder.hear(event)
            if isinstance(event, Started):
                yield event
            yield from _said(recorder)
            if not isinstance(event, Started):
                yield event
    finally:
        recorder.close()


def _said(recorder: Recorder) -> Iterator[Event]:
    notes, recorder.notes = recorder.notes, []
    for message in notes:
        note = Note(recorder._row.get("step", 0), message)
        recorder.hear(note)
        yield note
