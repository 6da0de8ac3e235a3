"""How the columns of a table become numbers: learnt from one table, done in the same way to any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from neuralgraph.data.columns import categories, read_column
from neuralgraph.data.delivery import Array
from neuralgraph.data.tabular import MISSING, MOST, Table
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
        return Coding(name, "category", values, 0.0 if missing in FILLED else None, mark)
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
        if one.fill is None and found.gaps.any():
            raise table.wrong("the value is missing. Fill it in, or leave the row out.", int(np.argmax(found.gaps)),
                              column)
        values = _places(table, column, one, found.gaps) if found.values is None else found.values
        parts.append(laid(one, values, found.gaps))
    return np.concatenate(parts, axis=1)


def laid(one: Coding, values: Array, gaps: Array) -> Array:
    """The features of a column, N × width: of numbers, or of places among the categories; whatever stands in gaps."""
    if one.kind == "category":
        hot = np.zeros((len(values), len(one.values)), np.float32)
        there = np.flatnonzero(~gaps)
        hot[there, values[there].astype(np.int64)] = 1.0
    else:
        filled = values if one.fill is None else np.where(gaps, one.fill, values)
        hot = filled.astype(np.float32)[:, None]
    return np.concatenate([hot, gaps.astype(np.float32)[:, None]], axis=1) if one.mark else np.asarray(hot)


def _places(table: Table, column: int, one: Coding, gaps: Array) -> Array:
    """The place of every text among the categories; 0 in the gaps."""
    place = {value: number for number, value in enumerate(one.values)}
    found = np.zeros(len(table.rows), np.int64)
    for at, row in enumerate(table.rows):
        number = place.get(row[column])
        if number is not None:
            found[at] = number
        elif not gaps[at]:
            known = ", ".join(one.values[:8]) + (", …" if len(one.values) > 8 else "")
            raise table.wrong(f"{row[column]!r} is no category that was learnt. There are: {known}.", at, column)
    return found


def whole_rows(table: Table, columns: Sequence[int], what: str = "a value") -> tuple[Table, list[str]]:
    """The rows in which nothing of these columns is missing, and what there is to say of the others."""
    keep = [at for at, row in enumerate(table.rows) if not any(row[one].lower() in MISSING for one in columns)]
    if not keep:
        raise DataError(f"{table.file}: every row lacks a value.", file=table.file)
    if len(keep) == len(table.rows):
        return table, []
    said = f"{len(table.rows) - len(keep):,} of {len(table.rows):,} rows were skipped: {what} is missing."
    known = {key: one.taken(keep) for key, one in table.memo.items()}
    return replace(table, rows=[table.rows[at] for at in keep], lines=[table.lines[at] for at in keep],
                   memo=known), [said]
