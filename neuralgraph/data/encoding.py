"""How the columns of a table become numbers: learnt from one table, done in the same way to any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from neuralgraph.data.columns import categories, read_column
from neuralgraph.data.delivery import Array
from neuralgraph.data.tabular import MOST, Table
from neuralgraph.errors import DataError
from neuralgraph.spec.columns import Coding

FILLED = ("mean", "median")


def learnt(
    table: Table, kinds: Mapping[int, str], missing: str, *, mark: bool
) -> tuple[tuple[Coding, ...], list[str]]:
    """The coding of these columns (their places, with the kinds that are wished), and what there is to say of it."""
    found: list[Coding] = []
    notes: list[str] = []
    width = 0
    for column, wish in kinds.items():
        one = _learnt(table, column, wish, missing, mark, notes)
        found.append(one)
        width += len(one.features)
        if width * len(table.rows) > MOST["cells"]:
            raise DataError(f"{table.file}: with {one.name!r} there are {width:,} columns of numbers; at most "
                            f"{MOST['cells']:,} cells are held. Leave columns out.", file=table.file, column=one.name)
    return tuple(found), notes


def _learnt(table: Table, column: int, wish: str, missing: str, mark: bool, notes: list[str]) -> Coding:
    found = read_column(table, column, wish)
    name, gaps = table.names[column], int(found.gaps.sum())
    mark = mark and gaps > 0
    notes += found.notes
    if found.values is None:
        values = tuple(categories(table, column))
        if len(values) > MOST["categories"]:
            raise DataError(f"{table.file}: the column {name!r} holds {len(values):,} different texts; at most "
                            f"{MOST['categories']:,} become categories. Leave it out.", file=table.file, column=name)
        many = f"{len(values)} columns, one for each category" if len(values) > 1 else "1 column: all rows are alike"
        notes.append(f"The column {name!r} became {many}.")
        if gaps:
            notes.append(f"{gaps:,} missing values of {name!r} are in none of its categories.")
        return Coding(name, "category", values, mark=mark)
    if found.gaps.all() and gaps:
        raise DataError(f"{table.file}: the column {name!r} has no value at all. Leave it out.", file=table.file,
                        column=name)
    fill = None
    if missing in FILLED:
        fill = float(np.nanmean(found.values) if missing == "mean" else np.nanmedian(found.values))
    if gaps and fill is not None:
        notes.append(f"{gaps:,} missing values of {name!r} became {fill:.6g}, the {missing} of all rows there are, "
                     "those that validate and test among them.")
    return Coding(name, found.kind, (), fill, mark, found.month_first)


def encoded(table: Table, coding: Sequence[Coding]) -> Array:
    """The columns of a table that has them all, as float32 N × features.

    A `DataError` names line and column of a gap that is not to be filled, of what is of another kind, and of a
    category that was not learnt.
    """
    parts: list[Array] = []
    for one in coding:
        if one.name not in table.names:
            raise DataError(f"{table.file} has no column {one.name!r}, which was learnt from.", file=table.file,
                            column=one.name)
        column = table.names.index(one.name)
        found = read_column(table, column, one.kind, one.month_first if one.kind == "date" else None)
        parts.append(_hot(table, column, one, found.gaps) if found.values is None
                     else _measured(table, column, one, found.values, found.gaps))
        if one.mark:
            parts.append(found.gaps.astype(np.float32)[:, None])
    return np.concatenate(parts, axis=1)


def _measured(table: Table, column: int, one: Coding, values: Array, gaps: Array) -> Array:
    if gaps.any():
        if one.fill is None:
            raise table.wrong("the value is missing. Fill it in, or leave the row out.", int(np.argmax(gaps)), column)
        values = np.where(gaps, one.fill, values)
    return np.asarray(values.astype(np.float32)[:, None])


def _hot(table: Table, column: int, one: Coding, gaps: Array) -> Array:
    place = {value: number for number, value in enumerate(one.values)}
    hot = np.zeros((len(table.rows), len(one.values)), np.float32)
    for at, row in enumerate(table.rows):
        number = place.get(row[column])
        if number is not None:
            hot[at, number] = 1.0
        elif not gaps[at]:
            known = ", ".join(one.values[:8]) + (", …" if len(one.values) > 8 else "")
            raise table.wrong(f"{row[column]!r} is no category that was learnt. There are: {known}.", at, column)
    return hot
