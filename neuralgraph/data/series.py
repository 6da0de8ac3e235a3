"""Windows over a table whose rows follow one another in time: what was is the input, what comes is to be predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuralgraph.data.columns import no_number
from neuralgraph.data.delivery import Array, Delivery, sealed
from neuralgraph.data.split import count
from neuralgraph.data.tabular import MISSING, Table, column_of, huge, number_of, read_table
from neuralgraph.errors import DataError
from neuralgraph.spec import Spec
from neuralgraph.spec.columns import Coding

MOST_CATEGORIES = 20
"""A column with more different texts is a name or a date, not a category."""
MOST_CELLS = 250_000_000


@dataclass(frozen=True, slots=True)
class Columns:
    """The table as numbers, one row for each moment; NaN where a value is missing."""

    values: Array
    coding: tuple[Coding, ...]
    target: Array
    label: str
    notes: list[str]


def read_series(
    path: Path, *, target: str, columns: str, window: int, horizon: int, predict: str, stride: int, missing: str,
    test: float, header: str, separator: str, encoding: str = "auto", decimal: str = "auto",
) -> Delivery:
    """x N × window × columns and y N × 1 (the value `horizon` steps on) or N × horizon (all values until then)."""
    table = read_table(path, header, separator, 1, encoding, decimal)
    found = _columns(table, target, columns, missing)
    length = len(found.values)
    starts = np.arange(0, length - window - horizon + 1, stride)
    if not len(starts):
        raise DataError(f"{path.name} has {length:,} rows, too few for a window of {window} and {horizon} steps to "
                        f"predict. Choose a window of at most {max(1, length - horizon)}.", file=str(path))
    ahead = np.arange(horizon) if predict == "every step" else np.array([horizon - 1])
    cells = len(starts) * (window * found.values.shape[1] + len(ahead))
    if cells > MOST_CELLS:
        raise DataError(
            f"{len(starts):,} windows of {window} × {found.values.shape[1]} numbers are {cells:,} numbers; at most "
            f"{MOST_CELLS:,} are held. Choose a larger stride, a shorter window or fewer columns.", file=str(path))
    x = found.values[starts[:, None] + np.arange(window)]
    y = found.target[starts[:, None] + window + ahead]
    whole = np.isfinite(x).all(axis=(1, 2)) & np.isfinite(y).all(axis=1)
    if not whole.any():
        raise DataError(f"{path.name}: every window lacks a value. Choose a shorter window, or set «missing» to carry "
                        "forward.", file=str(path))
    notes = [*table.notes, *found.notes]
    if not whole.all():
        notes.append(f"{int((~whole).sum()):,} of {len(whole):,} windows were left out: a value is missing.")
    x, y = x[whole], y[whole]
    specs = {"x": Spec(("N", window, x.shape[2]), "float32", None, "window"),
             "y": Spec(("N", len(ahead)), "float32", None, found.label)}
    names = tuple(name for one in found.coding for name in one.features)
    return sealed(Delivery(specs, {"x": x, "y": y}, len(x), (), names, count(test, len(x), "test"), tuple(notes),
                           ordered=True, coding=found.coding, table=table.names))


def _columns(table: Table, target: str, wanted: str, missing: str) -> Columns:
    goal = column_of(table, target)
    chosen = range(len(table.names)) if wanted.strip() in ("", "all") else [
        column_of(table, one.strip()) for one in wanted.split(",")]
    parts: list[Array] = []
    coding: list[Coding] = []
    notes: list[str] = []
    for column in dict.fromkeys(chosen):
        numbers = _numbers(table, column, missing, notes)
        if numbers is not None:
            parts.append(numbers[:, None])
            coding.append(Coding(table.names[column], "number"))
        elif column != goal:
            _category(table, column, missing, parts, coding, notes)
    answer = _numbers(table, goal, missing, [])
    if answer is None:
        raise table.wrong(f"{table.rows[0][goal]!r} is not a number to predict. Choose another target.", 0, goal)
    if not parts:
        raise DataError(f"{table.file}: no column of numbers is left to look at.", file=table.file)
    if len(answer) * sum(one.shape[1] for one in parts) > MOST_CELLS:
        raise DataError(f"{table.file} makes more than {MOST_CELLS:,} numbers. Choose fewer columns.", file=table.file)
    values = np.concatenate(parts, axis=1).astype(np.float32)
    return Columns(values, tuple(coding), answer.astype(np.float32), table.names[goal], notes)


def _numbers(table: Table, column: int, missing: str, notes: list[str]) -> Array | None:
    """The column as numbers, NaN where one is missing; None where it is text."""
    cells = [row[column] for row in table.rows]
    values = [None if cell.lower() in MISSING else number_of(cell, table.comma) for cell in cells]
    gaps = [at for at, cell in enumerate(cells) if cell.lower() in MISSING]
    bad = [at for at, value in enumerate(values) if value is None and cells[at].lower() not in MISSING]
    if len(bad) * 4 >= max(1, len(cells) - len(gaps)):
        return None
    if bad:
        raise table.wrong(no_number(cells[bad[0]]), bad[0], column)
    if gaps and missing == "stop":
        raise table.wrong("the value is missing. Fill it in, or set «missing» to skip windows or carry forward.",
                          gaps[0], column)
    found = np.array([np.nan if value is None else value for value in values])
    beyond = np.flatnonzero(np.abs(found) >= 3.4e38)
    if len(beyond):
        raise table.wrong(huge(cells[beyond[0]]), int(beyond[0]), column)
    return carried(found, table.names[column], notes) if missing == "carry forward" and gaps else found


def carried(values: Array, name: str, notes: list[str]) -> Array:
    """Every gap takes the last value before it; what is missing at the very start stays missing."""
    there = np.isfinite(values)
    last = np.maximum.accumulate(np.where(there, np.arange(len(values)), -1))
    filled = np.where(last >= 0, values[np.maximum(last, 0)], np.nan)
    notes.append(f"{int((~there & (last >= 0)).sum()):,} missing values of {name!r} became the last one before.")
    return filled


def _category(
    table: Table, column: int, missing: str, parts: list[Array], coding: list[Coding], notes: list[str]
) -> None:
    """One column for each text; a column of dates or names is left out, and said."""
    cells = [row[column] for row in table.rows]
    gap = next((at for at, cell in enumerate(cells) if cell.lower() in MISSING), None)
    if gap is not None and missing == "stop":
        raise table.wrong("the value is missing. Fill it in, or leave this column out.", gap, column)
    values: Sequence[str] = sorted({cell for cell in cells if cell.lower() not in MISSING})
    name = table.names[column]
    if len(values) > MOST_CATEGORIES:
        notes.append(f"The column {name!r} was left out: {len(values):,} different texts, such as a date, are no "
                     "numbers to learn from.")
        return
    place = {value: at for at, value in enumerate(values)}
    coded = np.zeros((len(cells), len(values)), np.float32)
    for at, cell in enumerate(cells):
        coded[at, place.get(cell, 0)] = cell in place
    parts.append(coded)
    coding.append(Coding(name, "category", tuple(values)))
    notes.append(f"The column {name!r} became {len(values)} columns, one for each text.")
