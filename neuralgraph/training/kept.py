"""A run that was kept, as the run store tells of it. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RUNNING, INTERRUPTED, STOPPED, FINISHED, FAILED = "running", "interrupted", "stopped", "finished", "failed"
CHECKPOINT, LAST, BEST = "checkpoint.safetensors", "last.safetensors", "best.safetensors"


@dataclass(frozen=True)
class Kept:
    """What is known of a run without its curves. Times are seconds since 1970; `final` the last figures by name.

    `state` is "running", "interrupted", "stopped", "finished" or "failed", `reason` says why in words. `data` is a
    fingerprint of the rows it learned from. `best` says which epoch was the best and by which figure. `parent` is the
    run whose weights it began with.
    """

    id: int
    name: str
    note: str
    pinned: bool
    document: str
    title: str
    parent: int | None
    state: str
    reason: str
    started: float
    ended: float | None
    seconds: float
    epoch: int
    epochs: int
    step: int
    steps_per_epoch: int
    seed: int
    device: str
    threads: int
    data: str
    thinned: bool
    folder: Path
    versions: Mapping[str, str] = field(default_factory=dict)
    begun: Mapping[str, Any] = field(default_factory=dict)
    """Rows of each part, number of parameters, losses and metrics."""
    final: Mapping[str, float | None] = field(default_factory=dict)
    best: Mapping[str, Any] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """Its name, or what it can be called."""
        return self.name or f"{self.title or 'Untitled'}, run {self.id}"

    @property
    def computed_on(self) -> str:
        """On what it learned: «cpu, 1 thread, 2 processes»."""
        parts = [self.device, f"{self.threads} thread{'s' * (self.threads != 1)}"]
        count = self.begun.get("processes", 1)
        return ", ".join([*parts, f"{count} processes"] if count > 1 else parts)

    @property
    def files(self) -> dict[str, Path]:
        """Its weights, as far as they are there: "last", "best", "checkpoint", and snapshots by their step."""
        found = {name.partition(".")[0]: self.folder / name for name in (LAST, BEST, CHECKPOINT)}
        found |= {one.stem: one for one in sorted(self.folder.glob("step-*.safetensors"))}
        return {name: path for name, path in found.items() if path.is_file()}

    @property
    def broken_off(self) -> bool:
        """It never ended, and can go on where it was."""
        return self.state == INTERRUPTED and self.epoch < self.epochs and (self.folder / CHECKPOINT).is_file()
