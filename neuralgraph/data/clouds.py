"""Points in the plane drawn from a seed, and small pictures: moons, blobs, rings, bars and stripes, edges."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from neuralgraph.data.delivery import Array, Delivery, classified

Rng = np.random.Generator
Points = tuple[Array, Array, tuple[str, ...]]
ON_RING, RADIUS, SPREAD = 8, 2.0, 0.1
SIDE, BARS_SIDE = 9, 3


def cloud(name: str, samples: int, noise: float, seed: int, *, as_number: bool = False) -> Delivery:
    """Points with two features; the same arguments draw the same points."""
    points, labels, names = _CLOUDS[name](np.random.default_rng(seed), samples, noise)
    return classified(points, labels, names, as_number=as_number, x_label="point", feature_names=("x1", "x2"))


def _shares(samples: int, classes: int) -> Array:
    """Class numbers in equal shares."""
    return np.arange(samples) * classes // samples


def _round(angle: Array, radius: Array | float) -> Array:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _moons(rng: Rng, n: int, noise: float) -> Points:
    """Two half circles that reach into each other."""
    labels = _shares(n, 2)
    points = _round(rng.uniform(0.0, np.pi, n), 1.0)
    points[labels == 1] = np.array([1.0, 0.5]) - points[labels == 1]
    return points + noise * rng.standard_normal((n, 2)), labels, ("0", "1")


def _blobs(rng: Rng, n: int, noise: float) -> Points:
    """Three round clouds at the corners of a triangle."""
    labels = _shares(n, 3)
    centres = _round(np.pi / 2 + labels * 2 * np.pi / 3, 3.0)
    return centres + (0.6 + 4.0 * noise) * rng.standard_normal((n, 2)), labels, ("0", "1", "2")


def _ring(rng: Rng, n: int, noise: float) -> Points:
    """Eight small clouds on a circle: what a generator has to find, all of them."""
    labels = _shares(n, ON_RING)
    centres = _round(labels * 2 * np.pi / ON_RING, RADIUS)
    names = tuple(str(one) for one in range(ON_RING))
    return centres + (SPREAD + noise) * rng.standard_normal((n, 2)), labels, names


def _rings(rng: Rng, n: int, noise: float) -> Points:
    """Three thin rings, one in the other."""
    labels = _shares(n, 3)
    radius = 1.0 + 1.5 * labels + (0.1 + noise) * rng.standard_normal(n)
    return _round(rng.uniform(0.0, 2 * np.pi, n), radius), labels, ("0", "1", "2")


_CLOUDS: dict[str, Callable[[Rng, int, float], Points]] = {
    "moons": _moons, "blobs": _blobs, "ring": _ring, "rings": _rings,
}  # fmt: skip


def bars_and_stripes(*, as_number: bool = False) -> Delivery:
    """All 14 bitmaps of 3 × 3 that consist of whole columns (bars) or whole rows (stripes); blank and full are both."""
    bars, stripes = [], []
    for bits in product((0, 1), repeat=BARS_SIDE):
        if 0 < sum(bits) < BARS_SIDE:
            bars.append(np.tile(bits, (BARS_SIDE, 1)))
            stripes.append(np.tile(bits, (BARS_SIDE, 1)).T)
    both = [np.zeros((BARS_SIDE, BARS_SIDE)), np.ones((BARS_SIDE, BARS_SIDE))]
    x = np.array([*bars, *stripes, *both]).reshape(-1, BARS_SIDE * BARS_SIDE)
    labels = np.repeat([0, 1, 2], [len(bars), len(stripes), len(both)])
    pixels = tuple(f"pixel {row},{column}" for row in range(BARS_SIDE) for column in range(BARS_SIDE))
    return classified(x, labels, ("bars", "stripes", "both"), label="pattern", as_number=as_number, x_label="bitmap",
                      feature_names=pixels)


def edges(samples: int, noise: float, seed: int, *, as_number: bool = False) -> Delivery:
    """Grey 9 × 9 images, half dark and half light, with the edge lying or standing anywhere."""
    rng = np.random.default_rng(seed)
    labels = _shares(samples, 2)
    light = np.arange(SIDE)[None, :] >= rng.integers(2, SIDE - 1, samples)[:, None]
    light ^= rng.integers(0, 2, samples).astype(bool)[:, None]
    images = np.where(light, 0.8, 0.2)[:, None, None, :].repeat(SIDE, axis=2)
    images[labels == 0] = images[labels == 0].swapaxes(2, 3)
    images = np.clip(images + noise * rng.standard_normal(images.shape), 0.0, 1.0)
    return classified(images, labels, ("lying", "standing"), label="edge", as_number=as_number, x_label="image")
