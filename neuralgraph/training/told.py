"""What a kept run told, as events once more: plots show it as they showed it then. Loads no torch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from neuralgraph.training.curve import WALL
from neuralgraph.training.events import EpochEnded, Event, Started, Step
from neuralgraph.training.store import Curve, Store

OTHERS = ("learning rate", "gradient norm", "samples per second", WALL)
"""Curves of the run store that are not losses."""


def told(store: Store, id: int, until: int | None = None) -> Iterator[Event]:
    """Its beginning, its steps as far as they were kept, its epochs; up to so many batches."""
    kept, curves = store.get(id), store.curves(id)
    end = kept.step if until is None else until
    begun: dict[str, Any] = dict(kept.begun)
    yield Started(kept.epochs, kept.steps_per_epoch, begun.get("rows", 0), begun.get("validation_rows", 0),
                  begun.get("test_rows", 0), kept.device, kept.seed, begun.get("parameters", 0),
                  tuple(begun.get("losses", ())), tuple(begun.get("metrics", ())), split=begun.get("split", ""))
    epochs = [one for one in store.epochs(id) if one["step"] <= end]
    ended = {one["step"]: one for one in epochs}
    for first, last in pairwise(sorted({0, *ended, end})):
        one = ended.get(last)
        epoch = one["epoch"] - 1 if one else last // max(kept.steps_per_epoch, 1)
        seconds = one["seconds"] if one else kept.seconds
        yield _step(curves, first, last, epoch, last - epoch * kept.steps_per_epoch, seconds)
        if one:
            figures = {name: float("nan") if value is None else value for name, value in one["figures"].items()}
            yield EpochEnded(one["epoch"], last, figures, {}, seconds)


def _step(curves: dict[str, Curve], first: int, last: int, epoch: int, within: int, seconds: float) -> Step:
    """All that was kept of the batches after `first` up to `last`."""
    values, places = {}, {}
    for name, (steps, numbers) in curves.items():
        span = slice(*np.searchsorted(steps, (first, last), side="right"))
        key = "" if name == "loss" else name
        values[key], places[key] = numbers[span], (steps[span] - first - 1).astype(np.intp)
    rate, norm = (float(values[name][-1]) if len(values.get(name, ())) else float("nan") for name in OTHERS[:2])
    parts = {name: one for name, one in values.items() if name and name not in OTHERS}
    return Step(epoch, last, within, values.get("", np.zeros(0)), parts, 0.0 if rate != rate else rate, norm,
                seconds=seconds, places={name: places[name] for name in ("", *parts) if name in places},
                batches=last - first)
