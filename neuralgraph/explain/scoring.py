"""Numbers that say how good answers are: areas under curves, calibration, shares of what is explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def ratio(part: float, whole: float) -> float:
    """0 where there is nothing to divide by."""
    return float(part) / float(whole) if whole else 0.0


def _counted(score: Array, true: Array) -> tuple[Array, Array]:
    """Hits and false alarms for every threshold from the highest score down; equal scores come together."""
    order = np.argsort(-score, kind="stable")
    score, true = score[order], np.asarray(true, bool)[order]
    last = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
    hits = np.cumsum(true)[last]
    return hits, 1 + last - hits


def roc(score: Array, true: Array) -> tuple[Array, Array]:
    """The share of false alarms and the share of what is found, from (0, 0) to (1, 1)."""
    hits, alarms = _counted(score, true)
    return np.append(0.0, alarms / max(int(alarms[-1]), 1)), np.append(0.0, hits / max(int(hits[-1]), 1))


def precision_recall(score: Array, true: Array) -> tuple[Array, Array]:
    """Recall and precision for every threshold, from the highest score down."""
    hits, alarms = _counted(score, true)
    return hits / max(int(hits[-1]), 1), hits / (hits + alarms)


def area_under(score: Array, true: Array) -> float:
    """The area under the ROC curve; NaN where there is only one kind of row."""
    true = np.asarray(true, bool)
    if true.all() or not true.any():
        return float("nan")
    x, y = roc(score, true)
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


def bins_of(sure: Array, right: Array, bins: int) -> tuple[Array, Array, Array, float]:
    """Even steps of sureness 0 … 1: how many rows, how sure on average, how many right, and the calibration error."""
    place = np.clip((np.asarray(sure, float) * bins).astype(np.int64), 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    some = np.maximum(counts, 1)
    mean = np.bincount(place, weights=np.asarray(sure, float), minlength=bins) / some
    share = np.bincount(place, weights=np.asarray(right, float), minlength=bins) / some
    return counts, mean, share, float(np.abs(mean - share) @ counts / max(int(counts.sum()), 1))


@dataclass(frozen=True)
class Fit:
    """How near numbers come: R² (the share of the spread that is explained), mean absolute and root mean squared error.

    `plain` is the RMSE of always answering the mean.
    """

    r2: float
    mae: float
    rmse: float
    plain: float


def fit(said: Array, true: Array) -> Fit:
    """For two columns of numbers."""
    said, true = np.asarray(said, float), np.asarray(true, float)
    error = said - true
    spread = float(((true - true.mean()) ** 2).mean())
    square = float((error**2).mean())
    return Fit(1 - square / spread if spread else float("nan"), float(np.abs(error).mean()), square**0.5, spread**0.5)
