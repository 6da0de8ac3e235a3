"""Samples with other numbers in them: typed in by hand for one sample, or held for all of them alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from neuralgraph.compiler.program import Program
from neuralgraph.errors import DataError
from neuralgraph.graph.touches import Spot

Typed = Mapping[tuple[int, Spot], float]
"""By row of the data (by place in the batch where there are no rows) and spot of a source: its `at` is in the sample.
"""


def changed(program: Program, arrays: dict[str, Any], rows: tuple[int, ...], typed: Typed) -> dict[str, Any]:
    """The arrays by source key with what is held at a source by hand, then with what was typed.

    What is typed for a row that is not among them waits. `DataError` for a number that cannot stand there.
    """
    held: Mapping[Spot, float] = getattr(program, "levels", {})
    if not (typed or held):
        return arrays
    keys = {(id, output): key for key, (id, output, _) in program.sources.items()}
    found = dict(arrays)
    for spot, level in held.items():
        key = keys.get((spot.node, spot.name))
        if key in found:
            found[key] = np.array(found[key])
            found[key][(slice(None), *(slice(None) if one is None else one for one in spot.at))] = level
    for (row, spot), value in typed.items():
        key = keys.get((spot.node, spot.name))
        if key not in found:
            continue
        place = rows.index(row) if row in rows else row if not rows and row < len(found[key]) else None
        if place is None:
            continue
        _fits(program, spot, found[key].shape[1:], value)
        found[key] = np.array(found[key])
        found[key][(place, *spot.at)] = value
    return found


def _fits(program: Program, spot: Spot, shape: tuple[int, ...], value: float) -> None:
    what = f"{spot.node}.{spot.name}{list(spot.at) if spot.at else ''}"
    if len(spot.at) != len(shape) or any(one is None or not 0 <= one < size
                                         for one, size in zip(spot.at, shape, strict=True)):
        raise DataError(f"There is no number {what}: a sample is {' × '.join(map(str, shape)) or 'a single number'}.")
    spec = program.inference.specs[spot.node][spot.name]
    if not math.isfinite(value):
        raise DataError(f"{what} takes a finite number, not {value}.")
    if spec.dtype.startswith("float"):
        return
    top = 1 if spec.dtype == "bool" else spec.classes - 1 if spec.classes else None
    if value != round(value) or (top is not None and not 0 <= value <= top):
        among = f"from 0 to {top}" if top is not None else "without a fraction"
        raise DataError(f"{what} takes a whole number {among}, not {value:g}.")
