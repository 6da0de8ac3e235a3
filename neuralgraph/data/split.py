"""Which rows train, which validate, which test."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuralgraph.data.delivery import Array
from neuralgraph.errors import DataError

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers (int64, ascending) of the three parts; together every row exactly once."""

    train: Rows
    validation: Rows
    test: Rows


def split_rows(
    rows: int, *, validation: float, test: float, method: str, seed: int, labels: Array | None = None,
    own_test: int = 0,
) -> Split:
    """Divide rows 0 … rows−1 by `method`: "random", "stratified" (each class in proportion) or "ordered".

    `validation` and `test` are a fraction (< 1) or a number of rows; a fraction above 0 gives at least one row. In
    "ordered" the first rows train, then validation, then test. The last `own_test` rows are the source's own test set:
    they are always the test part, and `test` then takes no more. Raises `DataError` where too little is left.
    """
    if not 0 <= own_test <= rows:
        raise DataError(f"The source says that {own_test} of its {rows} rows are for testing.")
    pool = rows - own_test
    held = count(validation, pool, "validation")
    tested = 0 if own_test else count(test, pool, "test")
    if pool - held - tested < 1:
        raise DataError(
            f"No row is left to train on: of {pool} rows, {held} validate and {tested} test. Make those parts smaller.")
    match method:
        case "ordered":
            order = np.arange(pool, dtype=np.int64)
        case "random":
            order = np.random.default_rng(seed).permutation(pool).astype(np.int64)
        case "stratified":
            return _stratified(pool, held, tested, seed, labels, rows)
        case _:
            raise DataError(f"There is no split {method!r}. There are: random, stratified, ordered.")
    first, second = pool - held - tested, pool - tested
    return _parts(order[:first], order[first:second], order[second:], pool, rows)


def count(part: float, rows: int, name: str) -> int:
    """How many of `rows` rows a fraction (< 1) or a number of rows means."""
    if isinstance(part, bool) or not math.isfinite(part) or part < 0:
        raise DataError(f"{name} expects a fraction from 0 to 1 or a number of rows, not {part!r}.")
    if part >= 1:
        if not float(part).is_integer():
            raise DataError(f"{name} expects a fraction below 1 or a whole number of rows, not {part!r}.")
        return int(part)
    return max(1, math.floor(part * rows + 0.5)) if part > 0 else 0


def _parts(train: Rows, validation: Rows, test: Rows, pool: int, rows: int) -> Split:
    own = np.arange(pool, rows, dtype=np.int64)
    return Split(np.sort(train), np.sort(validation), np.sort(np.concatenate([test, own])))


def _stratified(pool: int, held: int, tested: int, seed: int, labels: Array | None, rows: int) -> Split:
    if labels is None or labels.ndim != 1:
        raise DataError("A stratified split needs class labels; these data have none. Split at random instead.")
    if len(labels) != rows:
        raise DataError(f"There are {len(labels)} labels for {rows} rows.")
    rng = np.random.default_rng(seed)
    classes, sizes = np.unique(labels[:pool], return_counts=True)
    parts = 1 + bool(held) + bool(tested)
    few = sizes < parts
    if few.any():
        which, size = classes[few][0], int(sizes[few][0])
        raise DataError(
            f"Class {which} has {size} row{'s' * (size != 1)}, too few for {parts} parts. Split at random, or use no "
            "validation part.")
    to_hold, to_test = _share(sizes, held), _share(sizes, tested)
    left = sizes - to_hold - to_test
    if (left < 1).any():
        raise DataError(f"Class {classes[left < 1][0]} would have no row left to train on. Make the parts smaller.")
    train, validation, test = [], [], []
    for one, hold, take in zip(classes, to_hold, to_test, strict=True):
        members = rng.permutation(np.flatnonzero(labels[:pool] == one)).astype(np.int64)
        validation.append(members[:hold])
        test.append(members[hold : hold + take])
        train.append(members[hold + take :])
    return _parts(np.concatenate(train), np.concatenate(validation), np.concatenate(test), pool, rows)


def _share(sizes: Array, wanted: int) -> Array:
    """`wanted` rows shared out in proportion to `sizes`, each within one of its exact share (largest remainders)."""
    total = int(sizes.sum())
    given = sizes * wanted // total
    rest = sizes * wanted % total
    extra = wanted - int(given.sum())
    given[np.argsort(-rest, kind="stable")[:extra]] += 1
    return given
