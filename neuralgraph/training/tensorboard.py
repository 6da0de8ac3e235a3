"""A kept run as a TensorBoard log: the same numbers, at their steps, at the moments when they were measured.

torch's own writer is used: https://docs.pytorch.org/docs/stable/tensorboard.html
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.errors import RunError
from neuralgraph.training.curve import WALL
from neuralgraph.training.kept import Kept
from neuralgraph.training.store import Curve, Store
from neuralgraph.training.told import OTHERS

MISSING = ("A TensorBoard log needs the extra «tensorboard», which is not installed. Install it with "
           "pip install \"neuralgraph[tensorboard]\", then export again. «Export CSV» needs nothing.")
PARTS = {"val_": "validation", "test_": "test"}


def write_tensorboard(store: Store, id: int, folder: Path) -> Path:
    """Write all numbers of a run under `folder`, in a folder of its own, which is returned. `RunError` says why not.

    Numbers of every batch and of validation share a chart: `loss/train`, `loss/validation`. One written before is
    replaced.
    """
    if missing():
        raise RunError(MISSING)
    kept, curves = store.get(id), store.curves(id)
    home = folder / f"run-{id}-{re.sub(r'[^A-Za-z0-9._-]+', '-', kept.called).strip('-.')[:60]}"
    mark = f".neuralgraph-{id}"
    try:
        home.mkdir(parents=True, exist_ok=True)
        for old in home.glob(f"events.out.tfevents.*{mark}"):
            old.unlink()
        with _writer(home, mark) as writer:
            for tag, step, value, at in numbers(store, kept, curves):
                writer.add_scalar(tag, value, step, walltime=at)
            for one in store.events(id):
                writer.add_text(one["kind"], one["text"], one["step"], walltime=one["at"])
    except OSError as error:
        raise RunError(f"The log cannot be written to {home}: {error.strerror or error}.") from None
    return home


def missing() -> bool:
    """The extra is not installed."""
    return find_spec("tensorboard") is None


@contextlib.contextmanager
def _writer(home: Path, mark: str) -> Iterator[Any]:
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(home), filename_suffix=mark)
    try:
        yield writer
    finally:
        writer.close()


def numbers(store: Store, kept: Kept, curves: dict[str, Curve]) -> Iterator[tuple[str, int, float, float]]:
    """Tag, step, value, and the moment in seconds since 1970 of every number of a run, curve by curve."""
    epochs = store.epochs(kept.id)
    moments = _moments(store, kept, epochs, curves)
    for name, (steps, values) in curves.items():
        if name != WALL:
            tag = name if name in OTHERS else f"{name}/train"
            for step, value, at in zip(steps.tolist(), values.tolist(), moments(steps).tolist(), strict=True):
                yield tag, step, value, at
    for one in epochs:
        (at,) = moments(np.array([one["step"]])).tolist()
        for name, value in one["figures"].items():
            yield _tag(name, name in curves), one["step"], float("nan") if value is None else float(value), at
    known = {name for one in epochs for name in one["figures"]}
    for name, value in kept.final.items():
        if name not in known and value is not None:
            yield _tag(name, False), kept.step, float(value), kept.ended or kept.started + kept.seconds


def _tag(name: str, drawn: bool) -> str:
    for start, part in PARTS.items():
        if name.startswith(start):
            return f"{name.removeprefix(start)}/{part}"
    return f"{name}/train, mean of the epoch" if drawn else f"{name}/train"


def _moments(
    store: Store, kept: Kept, epochs: list[dict[str, Any]], curves: dict[str, Curve]
) -> Callable[[NDArray[Any]], NDArray[np.float64]]:
    """A function from steps to when they were done: as noted while it ran, else from the seconds of the epochs."""
    known: list[tuple[float, float]] = [(0.0, kept.started)]
    if WALL in curves:
        steps, walls = curves[WALL]
        known += zip(steps.tolist(), walls.tolist(), strict=True)
        known += [(float(one["step"]), float(one["at"])) for one in store.events(kept.id)]
    else:
        known += [(float(one["step"]), kept.started + one["seconds"]) for one in epochs]
    if kept.ended is not None:  # seconds are counted from a little earlier on
        ended = kept.ended
        known = [(step, min(at, ended)) for step, at in known] + [(float(kept.step), ended)]
    places = sorted(known, key=lambda one: (one[1], one[0]))
    x = np.maximum.accumulate(np.array([one[0] for one in places]))
    y = np.array([one[1] for one in places])

    def at(steps: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(np.interp(np.asarray(steps, np.float64), x, y))

    return at
