"""Tables from CSV files. What is wrong is named by file, line and column; nothing is mended in silence."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuralgraph.data.delivery import Array, Delivery, classified, measured
from neuralgraph.errors import DataError

MOST = {
    "bytes": 1 << 28, "rows": 5_000_000, "columns": 10_000, "categories": 1_000, "cells": 50_000_000, "line": 100_000,
}
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "bar": "|"}
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-"})
FEW = 20
"""A whole-number target with at most so many values is a class."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text; `lines` are their line numbers in the file, counted from 1."""

    file: str
    names: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    comma: bool
    """Numbers are written 0,5."""

    def wrong(self, message: str, at: int, column: int) -> DataError:
        line, name = self.lines[at], self.names[column]
        return DataError(f"{self.file}, line {line}, column {name!r}: {message}", file=self.file, row=line, column=name)


def read_csv(
    path: Path, *, target: str = "-1", header: str = "auto", separator: str = "auto", task: str = "auto",
    missing: str = "stop",
) -> Delivery:
    """Features and target of a table: numbers as they are, text as one column per category.

    A `DataError` names file, line and column of what cannot be used.
    """
    table = read_table(path, header, separator)
    column = column_of(table, target)
    table, notes = _complete(table, missing)
    features, names, coded = _features(table, column)
    y, classes = _answers(table, column, task)
    notes += coded
    label = table.names[column]
    if classes is None:
        return measured(features, y, label=label, feature_names=names, notes=tuple(notes))
    return classified(features, y, classes, label=label, feature_names=names, notes=tuple(notes))


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MOST["bytes"]:
            raise DataError(f"{path.name} has {size:,} bytes; at most {MOST['bytes']:,} are read.", file=str(path))
        data = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"There is no file {str(path)!r}.", file=str(path)) from None
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.", file=str(path)) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path.name}, line {line}: a byte that is not UTF-8. Save the table as UTF-8.",
                        file=str(path), row=line) from None


def read_table(path: Path, header: str, separator: str, least: int = 2) -> Table:
    """The cells of a file with at least so many columns, every row of one length."""
    text = _text(path)
    if "\0" in text:
        raise DataError(f"{path.name} is not a text file.", file=str(path))
    rows: list[list[str]] = []
    lines: list[int] = []
    too_long = next((n for n, line in enumerate(text.splitlines(), 1) if len(line) > MOST["line"]), None)
    if too_long is not None:
        raise DataError(f"{path.name}, line {too_long}: longer than {MOST['line']:,} characters.", file=str(path),
                        row=too_long)
    sign = _separator(text[: 1 << 20]) if separator == "auto" else SEPARATORS[separator]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, skipinitialspace=True, strict=True)
    before = 0
    try:
        for row in reader:
            first, before = before + 1, reader.line_num
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                lines.append(first)
            if len(rows) > MOST["rows"] + 1 or len(row) > MOST["columns"]:
                raise DataError(f"{path.name} is too large: at most {MOST['rows']:,} rows and {MOST['columns']:,} "
                                "columns are read.", file=str(path), row=first)
    except csv.Error as error:
        raise DataError(f"{path.name}, line {reader.line_num}: {error}.", file=str(path), row=reader.line_num) from None
    if not rows:
        raise DataError(f"{path.name} is empty.", file=str(path))
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(rows[0]):
            raise DataError(f"{path.name}, line {line}: {len(row)} cells, but the first line has {len(rows[0])}.",
                            file=str(path), row=line)
    comma = sign != "," and _writes_commas(rows)
    named = header == "yes" or (header == "auto" and _is_header(rows, comma))
    names = tuple(rows[0]) if named else tuple(f"column {n}" for n in range(len(rows[0])))
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{path.name}: two columns are called {twice!r}.", file=str(path), row=lines[0], column=twice)
    table = Table(path.name, names, rows[named:], lines[named:], comma)
    if len(names) < least or not table.rows:
        needs = "at least two columns and a row: features and what to predict" if least > 1 else "at least a row"
        raise DataError(f"{path.name} needs {needs}.", file=str(path))
    return table


def _separator(text: str) -> str:
    """The sign that splits the first lines into equally many cells, the most of them."""
    head = [line for line in text.splitlines()[:20] if line.strip()]
    best, most = ",", 0
    for sign in (",", ";", "\t", "|", " "):
        counts = {len(row) for row in csv.reader(head, delimiter=sign, skipinitialspace=True)}
        cells = min(counts, default=1)
        if len(counts) == 1 and cells > most and cells > 1:
            best, most = sign, cells
    if ";" in text and best == "," and all(";" in line for line in head):
        return ";"
    return best


def _writes_commas(rows: Sequence[Sequence[str]]) -> bool:
    cells = [cell for row in rows[:50] for cell in row]
    return any(number_of(cell, True) is not None and "," in cell for cell in cells) and not any(
        number_of(cell, False) is not None and "." in cell for cell in cells)


def _is_header(rows: Sequence[Sequence[str]], comma: bool) -> bool:
    """Text above numbers."""
    if len(rows) < 2:
        return False
    first = [number_of(cell, comma) is None for cell in rows[0]]
    second = [number_of(cell, comma) is None and cell.lower() not in MISSING for cell in rows[1]]
    return all(first) and (not all(second) or (len(set(rows[0])) == len(rows[0]) and rows[0] not in rows[1:50]))


def number_of(cell: str, comma: bool) -> float | None:
    """What a cell says, or None where it is no number."""
    try:
        value = float(cell.replace(",", ".") if comma else cell)
    except ValueError:
        return None
    return value if "_" not in cell else None


def _held(value: float) -> bool:
    """A float32 can hold it."""
    return abs(value) < 3.4e38


def column_of(table: Table, target: str) -> int:
    """The place of a column, by its name or its number; a `DataError` lists what there is."""
    if target in table.names:
        return table.names.index(target)
    try:
        index = int(target)
    except ValueError:
        index = len(table.names)
    if not -len(table.names) <= index < len(table.names):
        names = ", ".join(table.names[:12]) + (", …" if len(table.names) > 12 else "")
        raise DataError(f"{table.file} has no column {target!r}. It has: {names}.", file=table.file, column=target)
    return index % len(table.names)


def _complete(table: Table, missing: str) -> tuple[Table, list[str]]:
    """The rows without a missing value, or an error at the first that has one."""
    keep: list[int] = []
    for at, row in enumerate(table.rows):
        gap = next((column for column, cell in enumerate(row) if cell.lower() in MISSING), None)
        if gap is None:
            keep.append(at)
        elif missing == "stop":
            raise table.wrong("the value is missing. Fill it in, or set «missing» to skip rows.", at, gap)
    skipped = len(table.rows) - len(keep)
    if not keep:
        raise DataError(f"{table.file}: every row lacks a value.", file=table.file)
    notes = [f"{skipped:,} of {len(table.rows):,} rows were skipped: a value is missing."] if skipped else []
    rows, lines = [table.rows[at] for at in keep], [table.lines[at] for at in keep]
    return Table(table.file, table.names, rows, lines, table.comma), notes


def _numbers(table: Table, column: int) -> Array | None:
    """The column as numbers; None where it is text; an error where a few cells of a column of numbers are not."""
    values = [number_of(row[column], table.comma) for row in table.rows]
    bad = [at for at, value in enumerate(values) if value is None]
    huge = next((at for at, value in enumerate(values) if value is not None and not _held(value)), None)
    if huge is not None:
        raise table.wrong(f"{table.rows[huge][column]!r} is not a number that can be learned from: at most 3.4e38.",
                          huge, column)
    if not bad:
        return np.array(values, dtype=np.float64)
    odd = [at for at in bad if number_of(table.rows[at][column], not table.comma) is not None]
    if len(odd) == len(bad):
        signs = ("a decimal comma", "a point") if table.comma else ("a decimal point", "a comma")
        raise table.wrong(f"{table.rows[bad[0]][column]!r} is written with {signs[1]}, but numbers of this table have "
                          f"{signs[0]}. Use one sign.", bad[0], column)
    if len(bad) * 4 < len(values):
        raise table.wrong(f"{table.rows[bad[0]][column]!r} is not a number, like the others there.", bad[0], column)
    return None


def _features(table: Table, target: int) -> tuple[Array, tuple[str, ...], list[str]]:
    columns: list[Array] = []
    names: list[str] = []
    coded: list[str] = []
    for column, name in enumerate(table.names):
        if column == target:
            continue
        numbers = _numbers(table, column)
        if numbers is not None:
            columns.append(numbers[:, None])
            names.append(name)
            continue
        cells = [row[column] for row in table.rows]
        values = sorted(set(cells))
        if len(values) > MOST["categories"]:
            raise DataError(f"{table.file}: the column {name!r} holds {len(values):,} different texts; at most "
                            f"{MOST['categories']:,} become categories. Leave it out.", file=table.file, column=name)
        place = {value: number for number, value in enumerate(values)}
        width = sum(one.shape[1] for one in columns) + len(values)
        if width * len(cells) > MOST["cells"]:
            raise DataError(
                f"{table.file}: one column for each category of {name!r} makes {width:,} columns; "
                f"at most {MOST['cells']:,} cells are held.", file=table.file, column=name)
        columns.append(np.eye(len(values), dtype=np.float32)[[place[cell] for cell in cells]])
        names += [f"{name} = {value}" for value in values]
        many = f"{len(values)} columns, one for each category" if len(values) > 1 else "1 column: all rows are alike"
        coded.append(f"The column {name!r} became {many}.")
    return np.concatenate(columns, axis=1).astype(np.float32), tuple(names), coded


def _answers(table: Table, column: int, task: str) -> tuple[Array, tuple[str, ...] | None]:
    """The target: class numbers with their names, or numbers."""
    numbers = None if task == "class" and _all_text(table, column) else _numbers(table, column)
    if numbers is None and task == "number":
        raise table.wrong(f"{table.rows[0][column]!r} is not a number to predict.", 0, column)
    whole = numbers is not None and bool((numbers == np.round(numbers)).all()) and len(np.unique(numbers)) <= FEW
    if numbers is not None and (task == "number" or (task == "auto" and not whole)):
        return numbers.astype(np.float32), None
    cells = [row[column] for row in table.rows]
    if numbers is not None:  # 1 and 1.0 are one class, called as it is written first
        first: dict[float, str] = {}
        cells = [first.setdefault(float(value), cell) for value, cell in zip(numbers, cells, strict=True)]
    values = sorted(set(cells), key=lambda cell: (number_of(cell, table.comma) or 0.0, cell))
    if len(values) > MOST["categories"]:
        raise table.wrong(f"{len(values):,} different classes; at most {MOST['categories']:,} are taken.", 0, column)
    place = {value: number for number, value in enumerate(values)}
    return np.array([place[cell] for cell in cells], dtype=np.int64), tuple(values)


def _all_text(table: Table, column: int) -> bool:
    return all(number_of(row[column], table.comma) is None for row in table.rows)
