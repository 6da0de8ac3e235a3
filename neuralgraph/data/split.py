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
    own_test: int = 0, groups: Array | None = None,
) -> Split:
    """Divide rows 0 … rows−1 by `method`: "random", "stratified" (each class in proportion), "grouped" or "ordered".

    `validation` and `test` are a fraction (< 1) or a number of rows; a fraction above 0 gives at least one row. In
    "ordered" the first rows train, then validation, then test. In "grouped" rows of one group stay together, so that
    the parts come as near to their sizes as whole groups allow. The last `own_test` rows are the source's own test set:
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
        case "grouped":
            return _grouped(pool, held, tested, seed, groups, rows)
        case _:
            raise DataError(f"There is no split {method!r}. There are: random, stratified, grouped, ordered.")
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


def _grouped(pool: int, held: int, tested: int, seed: int, groups: Array | None, rows: int) -> Split:
    if groups is None or len(groups) != rows:
        raise DataError("A split by groups needs to know which rows belong together; these data do not say. Name a "
                        "column or array of groups in the data node, or split at random instead.")
    kinds, members, sizes = np.unique(groups[:pool], return_inverse=True, return_counts=True)
    wanted = [part for part in (tested, held) if part]
    if len(kinds) < 1 + len(wanted):
        raise DataError(f"There are {len(kinds)} groups for {1 + len(wanted)} parts, and no group is divided. Keep "
                        "fewer parts, or split at random instead.")
    order = np.random.default_rng(seed).permutation(len(kinds))
    parts, at = [], 0
    for number, part in enumerate(wanted):
        ends = np.cumsum(sizes[order[at:]])
        most = len(order) - at - (len(wanted) - number)  # at least one group is left for every other part
        taken = 1 + int(np.argmin(np.abs(ends[:most] - part)))
        parts.append(np.flatnonzero(np.isin(members, order[at : at + taken])).astype(np.int64))
        at += taken
    train = np.flatnonzero(np.isin(members, order[at:])).astype(np.int64)
    empty = np.zeros(0, np.int64)
    test = parts.pop(0) if tested else empty
    return _parts(train, parts.pop(0) if held else empty, test, pool, rows)


def told(method: str, seed: int, *, in_time: bool = False, own_test: int = 0) -> str:
    """In words, how rows are divided; `in_time`: whatever was wished, for the rows follow one another."""
    match method:
        case "ordered":
            words = "in their order: the first train, the last are kept apart"
            words += ", for they follow one another in time" if in_time else ""
        case "stratified":
            words = f"at random, every class in proportion (seed {seed})"
        case "grouped":
            words = f"at random, whole groups together (seed {seed})"
        case _:
            words = f"at random (seed {seed})"
    return words + (f"; the last {own_test:,} rows are the test set that comes with the data" if own_test else "")


def _share(sizes: Array, wanted: int) -> Array:
    """`wanted` rows shared out in proportion to `sizes`, each within one of its exact share (largest remainders)."""
    total = int(sizes.sum())
    given = sizes * wanted // total
    rest = sizes * wanted % total
    extra = wanted - int(given.sum())
    given[np.argsort(-rest, kind="stable")[:extra]] += 1
    return given
