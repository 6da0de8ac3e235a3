"""The weights of one run in its folder: a checkpoint, the last and the best, and snapshots on a thinning schedule."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from neuralgraph.compiler.weights import write_weights
from neuralgraph.training.checkpoint import Checkpoint, copied
from neuralgraph.training.checkpoint_file import write_checkpoint
from neuralgraph.training.kept import BEST, CHECKPOINT, LAST
from neuralgraph.training.moment_files import MomentFiles
from neuralgraph.training.moments import Stretch

SNAPSHOTS, SNAPSHOT_BYTES = 8, 64 * 2**20
"""So many earlier weights are kept, where they are not larger than this."""


class Files:
    """Writes them, each all or nothing. `written` says what the best weights on the disk are."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.written: dict[str, Any] = {}
        self._best: dict[str, Any] = {}
        self._weights: dict[str, Tensor] | None = None
        self._moments, self._stride = 0, 1

    def take_up(self, best: Mapping[str, Any], epoch: int, step: int) -> None:
        """Forget what came after this epoch and step."""
        if best.get("epoch", epoch + 1) <= epoch:
            self.written, self._best = dict(best), dict(best)
        for path in self._snapshots():
            if int(path.stem.partition("-")[2]) > step:
                path.unlink(missing_ok=True)

    def judge(self, figures: Mapping[str, float], epoch: int, step: int, weights: Callable[[], Any]) -> None:
        """Remember the weights of an epoch that is the best so far: by validation loss, where there is one."""
        by = "val_loss" if "val_loss" in figures else "loss"
        value = figures.get(by, float("nan"))
        if value == value and (self._best.get("by") != by or value < self._best["value"]):
            self._best = {"by": by, "value": value, "epoch": epoch, "step": step}
            self._weights = copied(weights())

    def keep(self, checkpoint: Checkpoint, *, snapshot: bool = True) -> None:
        """The best weights first: a checkpoint never knows of any that are not there."""
        self._write_best()
        write_checkpoint(self.home / CHECKPOINT, checkpoint, {"best": self._best})
        size = sum(one.nbytes for one in checkpoint.weights.values())
        if snapshot and size <= SNAPSHOT_BYTES:
            self._snapshot(checkpoint)

    def moments(self, stretch: Stretch | None) -> None:
        """Those that were kept since the last time, to be wound back to when the run is opened later."""
        if stretch is not None:
            MomentFiles(self.home).write(stretch)

    def last(self, checkpoint: Checkpoint | None, weights: Mapping[str, Tensor]) -> None:
        """At the end of a run; without a checkpoint where it failed."""
        if checkpoint is not None:
            self.keep(checkpoint, snapshot=False)
        else:
            self._write_best()
        write_weights(self.home / LAST, weights)

    def _write_best(self) -> None:
        if self._weights is not None:
            write_weights(self.home / BEST, self._weights, {"best": json.dumps(self._best)})
            self._weights, self.written = None, self._best

    def _snapshot(self, checkpoint: Checkpoint) -> None:
        self._moments += 1
        if (self._moments - 1) % self._stride:
            return
        write_weights(self.home / f"step-{checkpoint.step:09d}.safetensors", checkpoint.weights)
        earlier = self._snapshots()
        if len(earlier) > SNAPSHOTS:
            self._stride *= 2
            for one in earlier[1::2]:
                one.unlink(missing_ok=True)

    def _snapshots(self) -> list[Path]:
        return sorted(self.home.glob("step-*.safetensors"))
