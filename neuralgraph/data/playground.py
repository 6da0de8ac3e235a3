"""Points in the plane after the six data sets of TensorFlow Playground (playground.tensorflow.org).

x1 and x2 lie between about −6 and 6; the classes are 0 (orange there) and 1 (blue).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neuralgraph.data.delivery import Array, Delivery, classified, measured

Points = tuple[Array, Array]
FEATURES = ("x1", "x2")
REGRESSION = ("plane", "gauss_regression")
# centres of the hills (+1) and hollows (−1) of gauss_regression
_HILLS = np.array([(x, y) for y in (2.5, -2.5) for x in (-4.0, 0.0, 4.0)])
_SIGNS = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])


def playground(name: str, samples: int, noise: float, seed: int, *, as_number: bool = False) -> Delivery:
    """Draw `samples` points; the same arguments draw the same points."""
    points, target = _DRAW[name](np.random.default_rng(seed), samples, noise)
    if name in REGRESSION:
        return measured(points, target, label="value", x_label="point", feature_names=FEATURES)
    return classified(points, target, ("0", "1"), as_number=as_number, x_label="point", feature_names=FEATURES)


def _polar(radius: Array, angle: Array) -> Array:
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)


def _circle(rng: np.random.Generator, n: int, noise: float) -> Points:
    inner = n - n // 2
    radius = np.concatenate([rng.uniform(0.0, 2.5, inner), rng.uniform(3.5, 5.0, n - inner)])
    points = _polar(radius, rng.uniform(0.0, 2 * np.pi, n))
    moved = points + noise * rng.uniform(-5.0, 5.0, (n, 2))
    return points, np.linalg.norm(moved, axis=1) < 2.5


def _xor(rng: np.random.Generator, n: int, noise: float) -> Points:
    points = rng.uniform(-5.0, 5.0, (n, 2))
    points += np.where(points > 0, 0.3, -0.3)
    moved = points + noise * rng.uniform(-5.0, 5.0, (n, 2))
    return points, moved.prod(axis=1) >= 0


def _gauss(rng: np.random.Generator, n: int, noise: float) -> Points:
    labels = np.arange(n) < n - n // 2
    centres = np.where(labels, 2.0, -2.0)[:, None]
    variance = 0.5 + 7.0 * noise
    return centres + np.sqrt(variance) * rng.standard_normal((n, 2)), labels


def _spiral(rng: np.random.Generator, n: int, noise: float) -> Points:
    first = n - n // 2
    along = np.concatenate([np.arange(first) / first, np.arange(n - first) / max(n - first, 1)])
    labels = np.arange(n) < first
    points = _polar(5.0 * along, 3.5 * np.pi * along + np.where(labels, 0.0, np.pi))
    return points + noise * rng.uniform(-1.0, 1.0, (n, 2)), labels


def _plane(rng: np.random.Generator, n: int, noise: float) -> Points:
    points = rng.uniform(-6.0, 6.0, (n, 2))
    moved = points + noise * rng.uniform(-6.0, 6.0, (n, 2))
    return points, moved.sum(axis=1) / 10.0


def _hills(rng: np.random.Generator, n: int, noise: float) -> Points:
    points = rng.uniform(-6.0, 6.0, (n, 2))
    moved = points + noise * rng.uniform(-6.0, 6.0, (n, 2))
    far = np.linalg.norm(moved[:, None] - _HILLS, axis=2)
    height = _SIGNS * np.clip(1.0 - far / 2.0, 0.0, 1.0)
    return points, height[np.arange(n), np.abs(height).argmax(axis=1)]


_DRAW: dict[str, Callable[[np.random.Generator, int, float], Points]] = {
    "circle": _circle,
    "xor": _xor,
    "gauss": _gauss,
    "spiral": _spiral,
    "plane": _plane,
    "gauss_regression": _hills,
}
