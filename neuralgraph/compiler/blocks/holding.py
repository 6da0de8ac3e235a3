"""A value of which some places are held at a number."""

from __future__ import annotations

from torch import Tensor


def held(value: Tensor, at: tuple[int | None, ...], level: float) -> Tensor:
    """`value` (N, …) with the places `at` behind the axis of the samples at `level`; None is all along an axis."""
    kept = value.clone()
    kept[(slice(None), *(slice(None) if one is None else one for one in at))] = level
    return kept
