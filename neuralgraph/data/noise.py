"""Random numbers as rows of data, drawn once from a seed."""

from __future__ import annotations

import math

import numpy as np

from neuralgraph.data.delivery import Array, Delivery, sealed
from neuralgraph.errors import DataError
from neuralgraph.spec import Spec

ALONE = 1_000
"""Rows where nobody says how many."""
MOST = 2**28
"""The most numbers that are drawn: 1 GiB."""


def noise_spec(shape: tuple[int, ...]) -> Spec:
    """What comes out; a `DataError` where not even the rows of a single graph would fit."""
    if math.prod(shape) * ALONE > MOST:
        raise DataError(f"Noise of {' × '.join(map(str, shape))} is too large: {ALONE:,} rows take more than 1 GiB. "
                        "Choose a smaller shape.")
    return Spec(("N", *shape), "float32", None, "noise")


def noise(
    distribution: str, shape: tuple[int, ...], seed: int, samples: int | None = None, p: float = 0.5,
    scale: float = 1.0, shift: float = 0.0,
) -> Delivery:
    """Draw the rows; the same arguments draw the same numbers. `DataError` where they are more than 1 GiB."""
    spec, rows = noise_spec(shape), samples or ALONE
    if rows * math.prod(shape) > MOST:
        raise DataError(f"{rows:,} rows of noise of {' × '.join(map(str, shape))} take more than 1 GiB. Choose a "
                        "smaller shape or fewer rows.")
    drawn = _draw(np.random.default_rng(seed), distribution, (rows, *shape), p)
    if (scale, shift) != (1.0, 0.0):
        drawn = scale * drawn + shift
    return sealed(Delivery({"x": spec}, {"x": drawn.astype(np.float32)}, rows))


def _draw(rng: np.random.Generator, distribution: str, shape: tuple[int, ...], p: float) -> Array:
    match distribution:
        case "normal":
            return rng.standard_normal(shape, dtype=np.float32)
        case "uniform":
            return rng.random(shape, dtype=np.float32)
        case _:
            return (rng.random(shape, dtype=np.float32) < p).astype(np.float32)
