"""t-SNE, step by step: every pair of rows is reckoned with, so it is for some hundred rows.

van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 2008; rates and phases are those of scikit-learn.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]
STEPS = 500
APART, EXAGGERATED = 250, 12.0
"""For so many steps neighbours pull so many times as hard, so that islands find together."""
EARLY, LATE = 0.5, 0.8
"""Momentum in both phases."""
FASTER, SLOWER, SLOWEST = 0.2, 0.8, 0.01
"""How the gain of a number grows while its slope keeps its sign, shrinks when it does not, and its least value."""
TINY = float(np.finfo(np.double).eps)
STILL, LOOKED = 1e-7, 50
"""Where the slope is no longer than this, nothing moves any more; looked at every so many steps."""
NEAR, TRIES = 1e-5, 100
"""How close the perplexity of each row has to come, in so many halvings."""


def positions(values: Plane, start: Plane, perplexity: float) -> Iterator[Plane]:
    """Where `values` (n, d) lie in the plane after each step, from `start` (n, 2); the same array, moved on."""
    wanted = together(values, perplexity)
    rate = max(len(values) / EXAGGERATED / 4, 50.0)
    place, moved, gains = start.astype(np.float64), np.zeros(start.shape), np.ones(start.shape)
    for step in range(STEPS):
        if step == APART:  # the second phase begins afresh where the first one ended
            moved, gains = np.zeros(start.shape), np.ones(start.shape)
        slope = gradient(wanted * EXAGGERATED if step < APART else wanted, place)
        gains = np.maximum(np.where(moved * slope < 0, gains + FASTER, gains * SLOWER), SLOWEST)
        moved = (EARLY if step < APART else LATE) * moved - rate * gains * slope
        place += moved
        yield place
        if step >= APART and (step + 1) % LOOKED == 0 and float(np.linalg.norm(gains * slope)) <= STILL:
            return


def together(values: Plane, perplexity: float) -> Plane:
    """n × n how likely two rows are neighbours: about `perplexity` of them for each row. Sums to 1."""
    shares = choices(values, perplexity)
    both = shares + shares.T
    return np.asarray(np.maximum(both / max(float(both.sum()), TINY), TINY))


def choices(values: Plane, perplexity: float) -> Plane:
    """n × n how likely each row is to choose another one as its neighbour, so that e^entropy is the perplexity."""
    away = _squares(values.astype(np.float64))
    count = len(values)
    own = np.eye(count, dtype=bool)
    away -= np.where(own, np.inf, away).min(axis=1)[:, None]  # the same shares, and no sum of them is 0
    low, high, sharp = np.zeros(count), np.full(count, np.inf), np.ones(count)
    for _ in range(TRIES):
        near = np.where(own, 0.0, np.exp(-np.maximum(away, 0.0) * sharp[:, None]))
        total = near.sum(axis=1)
        off = np.log(total) + sharp * (away * near).sum(axis=1) / total - np.log(perplexity)
        if (np.abs(off) <= NEAR).all():
            break
        wide = off > 0
        low, high = np.where(wide, sharp, low), np.where(wide, high, sharp)
        middle = (low + np.where(np.isinf(high), 0.0, high)) / 2
        sharp = np.where(np.abs(off) <= NEAR, sharp, np.where(np.isinf(high), sharp * 2, middle))
    return np.asarray(near / total[:, None])


def gradient(wanted: Plane, place: Plane) -> Plane:
    """The slope of the divergence between `wanted` and the neighbourhoods in the plane: (n, 2)."""
    near = 1.0 / (1.0 + _squares(place))
    np.fill_diagonal(near, 0.0)
    pull = (wanted - np.maximum(near / max(float(near.sum()), TINY), TINY)) * near
    return np.asarray(4.0 * (place * pull.sum(axis=1)[:, None] - pull @ place))


def divergence(wanted: Plane, place: Plane) -> float:
    """How much of the neighbourhoods `wanted` is lost in the plane: Kullback and Leibler's, in nats."""
    near = 1.0 / (1.0 + _squares(place))
    np.fill_diagonal(near, 0.0)
    found = np.maximum(near / max(float(near.sum()), TINY), TINY)
    return float((wanted * np.log(wanted / found))[~np.eye(len(place), dtype=bool)].sum())


def _squares(values: Plane) -> Plane:
    """The square of how far each row is from each."""
    size = (values * values).sum(axis=1)
    found = np.maximum(size[:, None] + size[None] - 2.0 * (values @ values.T), 0.0)
    np.fill_diagonal(found, 0.0)
    return np.asarray(found)
