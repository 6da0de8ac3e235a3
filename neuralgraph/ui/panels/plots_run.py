"""What a run has told so far, as curves. Eats training events; no Qt."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from neuralgraph.training.events import Changed, EpochEnded, Event, Failed, Finished, Started, Step, Stopped
from neuralgraph.ui.panels.plot_data import AXES, Floats, Track, spelled

LOSS, RATE, NORM = "loss", "learning rate", "gradient norm"
AHEAD, LEAST = 1.3, 10.0
"""A running plot shows so much more than there is, and at least so many epochs: a thousand planned ones leave the first
three a line at the edge."""
SHARES = frozenset({"Accuracy", "TopKAccuracy", "Precision", "Recall", "F1", "Specificity"})
"""Metric types that are a share of a whole, written in per cent."""


@dataclass
class Figure:
    """Everything about one quantity: what training says, what validation says, and how to write it."""

    name: str
    title: str
    percent: bool = False
    train: Track = field(default_factory=Track)
    validation: Track = field(default_factory=Track)

    def at(self, axis: str, place: float) -> float | None:
        """What was known at a place: of validation, where there is any; None before the first number."""
        track = self.validation if len(self.validation) else self.train
        found = track.at(axis, place)
        return None if np.isnan(found) else found

    def spell(self, value: float) -> str:
        """A value as the legend says it."""
        if not np.isfinite(value):
            return "–"
        return f"{100 * value:.1f} %".replace("-", "−") if self.percent else spelled(value)


class RunCurves:
    """The curves of one run by name: `loss`, every loss node of several, metrics, learning rate, gradient norm."""

    def __init__(self, weight: float = 0.9, titles: Mapping[str, tuple[str, bool]] | None = None,
                 name: str = "") -> None:
        self.name = name
        """What it is called, where it is not the run under way."""
        self.kind = ""
        """How it is drawn behind another one, where that is not as a ghost."""
        self.figures: dict[str, Figure] = {LOSS: Figure(LOSS, "Loss", train=Track(weight))}
        self.changes: list[Changed] = []
        self.started: Started | None = None
        self.over = False
        self.seconds = 0.0
        self._before = 0.0  # what earlier runs took, where this one goes on
        self._weight = weight
        self._titles = dict(titles or {})
        self._heard: dict[Track, list[tuple[Floats, dict[str, Floats]]]] = {}
        """What the events of one telling said, by track: put there together, which is far cheaper."""

    def feed(self, events: Iterable[Event]) -> None:
        for event in events:
            match event:
                case Started():
                    self.started, self.over, self._before = event, False, self.seconds
                case Step():
                    self._step(event)
                case EpochEnded():
                    self._epoch(event)
                case Changed():
                    self.changes.append(event)
                case Stopped() | Finished() | Failed():
                    self.over = True
        for track, parts in self._heard.items():
            values = np.concatenate([numbers for numbers, _ in parts])
            track.append(values, **{axis: np.concatenate([here[axis] for _, here in parts]) for axis in AXES})
        self._heard.clear()

    @property
    def empty(self) -> bool:
        return not any(len(one.train) or len(one.validation) for one in self.figures.values())

    def end(self, axis: str) -> float:
        """Where the axis ends: at the last number; while it runs some way ahead of it, up to what is planned."""
        last = max((float(t.x(axis)[-1]) for t in self._tracks() if len(t)), default=0.0)
        if self.started is None or axis == "time":
            return last
        if self.over:
            return last
        epoch = 1.0 if axis == "epoch" else float(self.started.steps_per_epoch)
        return max(last, min(self.started.epochs * epoch, max(LEAST * epoch, AHEAD * last)))

    def until(self, step: int) -> RunCurves:
        """The same up to a step: a run that goes on from there is drawn behind it."""
        cut = RunCurves(self._weight, self._titles)
        cut.started, cut.changes = self.started, [one for one in self.changes if one.step < step]
        cut.figures = {name: Figure(one.name, one.title, one.percent, one.train.until(step), one.validation.until(step))
                       for name, one in self.figures.items()}
        times = [float(track.x("time")[-1]) for track in cut._tracks() if len(track)]
        cut.seconds = max(times, default=0.0)
        return cut

    def set_weight(self, weight: float) -> None:
        """How strongly curves of single batches are smoothed. Numbers of whole epochs are drawn as they are."""
        self._weight = weight
        for name, figure in self.figures.items():
            if self.smoothed(name):
                figure.train.set_weight(weight)

    def smoothed(self, name: str) -> bool:
        """Whether its training curve is one number a batch."""
        return name == LOSS or (self.started is not None and name in self.started.losses)

    def place(self, change: Changed, axis: str) -> float:
        """Where a change of settings stands on an axis."""
        return self.stands(change.step, axis, otherwise=change.epoch)

    def stands(self, step: int, axis: str, otherwise: float = 0.0) -> float:
        """Where a step stands on an axis."""
        if axis == "time":
            track = self.figures[LOSS].train
            return float(np.interp(step, track.x("step"), track.x("time"))) if len(track) else 0.0
        return float(step) if axis == "step" else self._epoch_at(step, otherwise)

    def _tracks(self) -> Iterable[Track]:
        for figure in self.figures.values():
            yield figure.train
            yield figure.validation

    def _epoch_at(self, step: float, otherwise: float) -> float:
        if self.started is not None and self.started.steps_per_epoch:
            return step / self.started.steps_per_epoch
        return float(otherwise)

    def _figure(self, name: str) -> Figure:
        if name not in self.figures:
            title, percent = self._titles.get(name, (name.replace("_", " ").capitalize(), "accuracy" in name))
            weight = self._weight if self.smoothed(name) else 0.0
            self.figures[name] = Figure(name, title, percent, train=Track(weight))
        return self.figures[name]

    def _step(self, event: Step) -> None:
        count = max(event.batches, len(event.losses))
        seconds = self._before + event.seconds
        if count:
            steps = np.arange(event.step - count + 1, event.step + 1, dtype=np.float64)
            places = self._places(steps, np.linspace(self.seconds, seconds, count + 1)[1:])
            for name, losses in event.curves.items():
                known = event.places.get(name, slice(None))
                here = {axis: values[known] for axis, values in places.items()}
                self._hear(self._figure(name or LOSS).train, np.asarray(losses, dtype=np.float64), here)
        self.seconds = max(self.seconds, seconds)
        here = self._places(np.array([float(event.step)]), np.array([seconds]))
        if event.lr > 0:
            self._hear(self._figure(RATE).train, np.array([event.lr]), here)
        if np.isfinite(event.gradient_norm):
            self._hear(self._figure(NORM).train, np.array([event.gradient_norm]), here)

    def _epoch(self, event: EpochEnded) -> None:
        self.seconds = max(self.seconds, self._before + event.seconds)
        here = self._places(np.array([float(event.step)]), np.array([self.seconds]), otherwise=event.epoch)
        for name, value in event.figures.items():
            figure, track = name, "train"
            if name.startswith("val_"):
                figure, track = name.removeprefix("val_"), "validation"
            if name.startswith("test_") or (track == "train" and self.smoothed(figure)):
                continue
            if np.ndim(value) == 0:
                self._hear(getattr(self._figure(figure), track), np.array([float(value)]), here)

    def _hear(self, track: Track, values: Floats, here: dict[str, Floats]) -> None:
        self._heard.setdefault(track, []).append((values, here))

    def _places(self, steps: Floats, seconds: Floats, otherwise: float = 0.0) -> dict[str, Floats]:
        epochs = np.array([self._epoch_at(step, otherwise) for step in steps]) if len(steps) < 2 else (
            steps / max(self.started.steps_per_epoch, 1) if self.started else steps)
        return dict(zip(AXES, (epochs, steps, seconds), strict=True))


def as_csv(curves: Mapping[str, tuple[Track, bool]], axis: str) -> str:
    """Every number of the given curves, one a row: curve, x, value. The flag takes the smoothed numbers.

    Numbers are written so that reading them gives the very same float64; a gap is an empty field.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["curve", "seconds" if axis == "time" else axis, "value"])
    for name, (track, smoothed) in curves.items():
        for x, y in zip(track.x(axis).tolist(), track.values(smoothed=smoothed).tolist(), strict=True):
            rows.writerow([name, repr(x), "" if y != y else repr(y)])
    return out.getvalue()
