"""Sequences drawn from a seed: signals whose next term is to be told, and a bit that is to be kept in mind."""

from __future__ import annotations

import math

import numpy as np

from neuralgraph.data.delivery import Array, Delivery, classified, sealed
from neuralgraph.spec import Spec

STEP = 0.3
"""Radians from one term of the sine to the next."""


def signal(name: str, samples: int, noise: float, seed: int, length: int) -> Delivery:
    """Windows of `length` terms (N × length × 1) and the term after each (N × 1), in the order of time."""
    terms = _terms(name, samples + length) + noise * np.random.default_rng(seed).standard_normal(samples + length)
    windows = np.lib.stride_tricks.sliding_window_view(terms[:-1], length)[:samples]
    arrays: dict[str, Array] = {"x": windows[:, :, None], "y": terms[length:length + samples, None]}
    specs = {"x": Spec(("N", length, 1), "float32", None, "window"), "y": Spec(("N", 1), "float32", None, "next term")}
    return sealed(Delivery(specs, arrays, samples, (), (name.replace("_", " "),), ordered=True))


def _terms(name: str, count: int) -> Array:
    steps = STEP * np.arange(count)
    if name == "sine":
        return np.asarray(np.sin(steps))
    if name == "two_tone":  # the tones never meet in one period
        return np.asarray(np.sin(steps) + 0.5 * np.sin(steps * math.sqrt(5.0) / 2.0))
    terms = np.empty(count)
    now = 0.3
    for at in range(count):  # the logistic map in chaos: x ← 4x(1 − x)
        terms[at] = now
        now = 4.0 * now * (1.0 - now)
    return terms


def latch(samples: int, noise: float, seed: int, length: int, *, as_number: bool = False) -> Delivery:
    """The first term is +1 or −1, chance follows: at the end the sign of the first is to be told (N × length × 1)."""
    rng = np.random.default_rng(seed)
    bits = rng.permutation(np.arange(samples) % 2)
    terms = (0.1 + noise) * rng.standard_normal((samples, length))
    terms[:, 0] = 2.0 * bits - 1.0
    return classified(terms[:, :, None], bits, ("−", "+"), label="sign", as_number=as_number, x_label="sequence",
                      feature_names=("term",))
