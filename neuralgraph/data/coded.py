"""From the columns of a table to numbers: features side by side, one or several targets, gaps filled or left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from neuralgraph.data.columns import Wishes, categories, read_column, roles
from neuralgraph.data.delivery import Array, Delivery, classified, measured, sealed
from neuralgraph.data.encoding import FILLED, encoded, learnt, whole_rows
from neuralgraph.data.large_csv import is_large, read_large
from neuralgraph.data.tabular import MISSING, MOST, Table, head_of, number_of, read_table
from neuralgraph.errors import DataError
from neuralgraph.spec import Spec
from neuralgraph.spec.columns import Choice, Coding, Column, wishes

FEW = 20
"""A whole-number target with at most so many values is a class."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a table is to be understood: the target, the wishes for columns, and what becomes of gaps."""

    target: str = "-1"
    wishes: Wishes = field(default_factory=dict)
    task: str = "auto"
    missing: str = "stop"
    mark: bool = False


def read_csv(
    path: Path, *, target: str = "-1", header: str = "auto", separator: str = "auto", task: str = "auto",
    missing: str = "stop", columns: Iterable[Choice] = (), mark: bool = False, encoding: str = "auto",
    decimal: str = "auto",
) -> Delivery:
    """Features and targets of a table: numbers as they are, dates as days, texts as one column per category.

    A table that is larger than memory stays on the disk. A `DataError` names file, line and column of what
    cannot be used.
    """
    wanted = Wanted(target, wishes(columns), task, missing, mark)
    if is_large(path):
        return read_large(path, wanted, header, separator, encoding, decimal)
    return coded(read_table(path, header, separator, 2, encoding, decimal), wanted)


def columns_in(
    path: Path, *, target: str = "-1", header: str = "auto", separator: str = "auto",
    columns: Iterable[Choice] = (), encoding: str = "auto", decimal: str = "auto", **_: object,
) -> tuple[Column, ...]:
    """What the columns of a file are, for a form."""
    from neuralgraph.data.columns import listed

    if is_large(path):  # the first rows tell
        return listed(head_of(path, header, separator, encoding, decimal).table, target, wishes(columns))
    return listed(read_table(path, header, separator, 2, encoding, decimal), target, wishes(columns))


def coded(table: Table, wanted: Wanted) -> Delivery:
    """x and y of a table; `DataError` says what cannot be used, and where."""
    used = roles(table, wanted.target, wanted.wishes)
    notes = list(table.notes)
    known = set(table.names)
    notes += [f"There is no column {name!r} any more, which was to be {' '.join(wish).replace('auto', '').strip()}."
              for name, wish in wanted.wishes.items() if name not in known]
    kinds = [wanted.wishes.get(name, ("auto", "auto"))[1] for name in table.names]
    goals = [at for at, role in enumerate(used) if role == "target"]
    inputs = [at for at, role in enumerate(used) if role == "input"]
    if not goals:
        raise DataError(f"{table.file}: no column is to be predicted. Make one of them the target.", file=table.file)
    for at in (*inputs, *goals):  # gaps of columns of text do not matter: they are left out
        if at in inputs and read_column(table, at, kinds[at]).kind == "text":
            used[at] = "left out"
            notes.append(_as_text(table, at, kinds[at]))
    inputs = [at for at in inputs if used[at] == "input"]
    if not inputs:
        why = "".join(f" {one}" for one in notes if "was left out" in one)
        raise DataError(f"{table.file}: no column is left to learn from.{why} Make one of them an input, as a number "
                        "or a category.", file=table.file)
    kin = [at for at, role in enumerate(used) if role == "group"]
    table, more = _complete(table, [*inputs, *goals, *kin], [*goals, *kin], wanted.missing,
                            "what is to be predicted, or its group," if kin else "what is to be predicted")
    coding, said = learnt(table, {at: kinds[at] for at in inputs}, wanted.missing, mark=wanted.mark)
    notes += more + said
    found = _delivered(table, goals, kinds, wanted.task, encoded(table, coding), coding, notes)
    return replace(found, coding=coding, table=table.names, groups=_groups(table, used))


def _groups(table: Table, used: list[str]) -> Array | None:
    """A number for the group of every row, of one or several columns together; a gap is an error, or a skipped row."""
    columns = [at for at, role in enumerate(used) if role == "group"]
    if not columns:
        return None
    number: dict[tuple[str, ...], int] = {}
    return np.array([number.setdefault(tuple(row[at] for at in columns), len(number)) for row in table.rows], np.int64)


def _as_text(table: Table, column: int, kind: str) -> str:
    name, many = table.names[column], len(categories(table, column))
    why = "as text" if kind == "text" else f"{many:,} different texts are no categories to learn from"
    return f"The column {name!r} was left out: {why}."


def _complete(
    table: Table, columns: list[int], goals: list[int], missing: str, what: str
) -> tuple[Table, list[str]]:
    """The rows without a gap that matters, or an error at the first that has one; a filled gap does not matter."""
    if missing == "stop":
        for at, row in enumerate(table.rows):
            gap = next((column for column in columns if row[column].lower() in MISSING), None)
            if gap is not None:
                raise table.wrong("the value is missing. Fill it in, or set «missing» to skip rows or to fill the "
                                  "gaps.", at, gap)
    if missing in FILLED:
        return whole_rows(table, goals, what)
    return whole_rows(table, columns)


def _delivered(
    table: Table, goals: list[int], kinds: list[str], task: str, x: Array, coding: Iterable[Coding], notes: list[str]
) -> Delivery:
    names = tuple(name for one in coding for name in one.features)
    label = ", ".join(table.names[at] for at in goals)
    if len(goals) > 1:
        y = np.stack([_number_or_yes(table, at, kinds[at], notes) for at in goals], axis=1)
        specs = {"x": Spec(("N", x.shape[1]), "float32", None, "features"),
                 "y": Spec(("N", len(goals)), "float32", None, label)}
        return sealed(Delivery(specs, {"x": x, "y": y}, len(x), (), names, 0, tuple(notes)))
    y, classes = _answers(table, goals[0], kinds[goals[0]], task, notes)
    if classes is None:
        return measured(x, y, label=label, feature_names=names, notes=tuple(notes))
    return classified(x, y, classes, label=label, feature_names=names, notes=tuple(notes))


def _number_or_yes(table: Table, column: int, kind: str, notes: list[str]) -> Array:
    """One of several targets: numbers, or 0 and 1 for two texts."""
    found = read_column(table, column, kind)
    notes += found.notes
    if found.values is not None:
        return found.values
    values = list(categories(table, column))
    if len(values) > 2:
        raise table.wrong(f"{len(values):,} different texts. Several columns to predict have to hold numbers, or two "
                          "texts each. Predict this one alone.", 0, column)
    notes.append(f"{table.names[column]!r} is 1 for {values[-1]!r} and 0 for {values[0]!r}.")
    return np.array([row[column] == values[-1] for row in table.rows], np.float32)


def _answers(
    table: Table, column: int, kind: str, task: str, notes: list[str]
) -> tuple[Array, tuple[str, ...] | None]:
    """The target: class numbers with their names, or numbers."""
    texts = kind in ("category", "text") or (task == "class" and _all_text(table, column))
    found = None if texts else read_column(table, column, kind)
    numbers = found.values if found is not None else None
    if numbers is None and task == "number":
        raise table.wrong(f"{table.rows[0][column]!r} is not a number to predict.", 0, column)
    whole = numbers is not None and bool((numbers == np.round(numbers)).all()) and len(np.unique(numbers)) <= FEW
    certain = kind in ("number", "date") or (found is not None and found.kind == "date")
    if found is not None and numbers is not None and (task == "number" or (task == "auto" and (certain or not whole))):
        notes += found.notes
        return numbers.astype(np.float32), None
    cells = [row[column] for row in table.rows]
    if numbers is not None:  # 1 and 1.0 are one class, called as it is written first
        first: dict[float, str] = {}
        cells = [first.setdefault(float(value), cell) for value, cell in zip(numbers, cells, strict=True)]
    values = sorted(set(cells), key=lambda cell: (number_of(cell, table.comma) or 0.0, cell))
    if len(values) > MOST["categories"]:
        raise table.wrong(f"{len(values):,} different classes; at most {MOST['categories']:,} are taken.", 0, column)
    place = {value: number for number, value in enumerate(values)}
    if len(values) == 1:
        notes.append(all_alike(table.names[column], values[0]))
    return np.array([place[cell] for cell in cells], dtype=np.int64), tuple(values)


def all_alike(name: str, value: str) -> str:
    """What is to be predicted has one class only."""
    return (f"Every row has the same {name!r}, {value!r}: there is nothing to tell apart. Choose another column to "
            "predict, or add rows of another class.")


def _all_text(table: Table, column: int) -> bool:
    return all(number_of(row[column], table.comma) is None for row in table.rows)
