"""One curve of a run, as the run store keeps it: thinned beyond a bound, written in blocks."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MOST = 16384
"""So many numbers a curve at most; beyond, every other one is dropped."""
BLOCK = 128
"""Numbers in one row of the database."""
WALL = "wall time"
"""The curve that says when: seconds since 1970, several times a second."""
Steps = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass
class GrowingCurve:
    """Numbers that were really measured, one in `stride` of those that came; `seen` counts all of them."""

    name: str
    steps: Steps = field(default_factory=lambda: np.empty(0, np.int64))
    values: Floats = field(default_factory=lambda: np.empty(0))
    stride: int = 1
    seen: int = 0
    written: int = 0
    """So many of them are in the database as they are now."""
    _new: list[tuple[Steps, Floats]] = field(default_factory=list)
    _afresh: bool = False

    def add(self, steps: Steps, values: Floats) -> None:
        """The next numbers, and after how many batches each was measured."""
        first = -self.seen % self.stride
        self.seen += len(values)
        if first < len(values):
            self._new.append((steps[first :: self.stride], values[first :: self.stride].astype(np.float64)))

    def settle(self) -> None:
        """Take in what has come, and thin it where that is too much."""
        if not self._new:
            return
        self.steps = np.concatenate([self.steps, *(steps for steps, _ in self._new)])
        self.values = np.concatenate([self.values, *(values for _, values in self._new)])
        self._new = []
        while len(self.values) > MOST:
            self.steps, self.values = self.steps[::2].copy(), self.values[::2].copy()
            self.stride *= 2
            self._afresh = True

    def cut(self, step: int) -> None:
        """Forget what came after so many batches."""
        kept = int(np.searchsorted(self.steps, step, side="right"))
        dropped = len(self.steps) - kept
        self.steps, self.values = self.steps[:kept], self.values[:kept]
        self.seen = kept * self.stride
        self._afresh = self._afresh or dropped > 0

    def write(self, db: sqlite3.Connection, run: int) -> None:
        """Bring the database up to date, inside a transaction; `confirm` once that has been committed."""
        self.settle()
        if self._afresh:
            db.execute("DELETE FROM curves WHERE run = ? AND name = ?", (run, self.name))
        first = 0 if self._afresh else self.written // BLOCK
        for number in range(first, -(-len(self.values) // BLOCK)):
            span = slice(number * BLOCK, (number + 1) * BLOCK)
            row = (run, self.name, number, self.stride, self.steps[span].tobytes(), self.values[span].tobytes())
            db.execute("INSERT OR REPLACE INTO curves VALUES (?, ?, ?, ?, ?, ?)", row)

    def confirm(self) -> None:
        """What was written is there to stay."""
        self.written, self._afresh = len(self.values), False
