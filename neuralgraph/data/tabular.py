"""Tables as cells of text, from CSV, TSV and Parquet files. What is wrong is named by file, line and column."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from neuralgraph.errors import DataError

MOST = {
    "bytes": 1 << 28, "rows": 5_000_000, "columns": 10_000, "categories": 1_000, "cells": 50_000_000, "line": 500_000,
    "cell": 131_072,  # that of the csv module
}
PARQUET = (".parquet", ".pq")
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "bar": "|"}
ENCODINGS = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "windows-1252": "cp1252"}
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-"})
HEAD = 1 << 20
"""Bytes of a file larger than memory that tell what it is."""
KEPT_BYTES = 1 << 24
"""A smaller file is read once while its columns are chosen,"""
SETTLED = 200_000_000
"""if it was written more than so many nanoseconds ago: two writes in one tick of the clock look alike."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text; `lines` are their line numbers in the file, counted from 1 (`unit` "row": of a file without)."""

    file: str
    names: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    comma: bool
    """Numbers are written 0,5."""
    unit: str = "line"
    notes: tuple[str, ...] = ()
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """What was found out about its columns."""

    def wrong(self, message: str, at: int, column: int) -> DataError:
        line, name = self.lines[at], self.names[column]
        return DataError(f"{self.file}, {self.unit} {line}, column {name!r}: {message}", file=self.file, row=line,
                         column=name)


def _text(path: Path, encoding: str) -> str:
    try:
        size = path.stat().st_size
        if size > MOST["bytes"]:
            raise DataError(f"{path.name} has {size:,} bytes; at most {MOST['bytes']:,} are read.", file=str(path))
        data = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"There is no file {str(path)!r}.", file=str(path)) from None
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.", file=str(path)) from None
    return decoded(data, path.name, str(path), encoding, "table")


def decoded(data: bytes, name: str, file: str, encoding: str, what: str) -> str:
    """Bytes as letters, in the encoding that is said, or that their first bytes tell; a `DataError` names the line."""
    if encoding == "auto":
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        return data.decode(ENCODINGS[encoding])
    except UnicodeDecodeError as error:
        raise undecodable(name, file, data.count(b"\n", 0, error.start) + 1, encoding, what) from None


def undecodable(name: str, file: str, line: int, encoding: str, what: str) -> DataError:
    """A byte in this line that no letter of the encoding begins with."""
    said = {"utf-8": "UTF-8", "utf-16": "UTF-16", "windows-1252": "Windows-1252"}[encoding]
    return DataError(f"{name}, line {line}: a byte that is not {said}. Save the {what} as UTF-8, or say its "
                     "«encoding».", file=file, row=line)


def read_table(
    path: Path, header: str, separator: str, least: int = 2, encoding: str = "auto", decimal: str = "auto"
) -> Table:
    """The cells of a file with at least so many columns, every row of one length."""
    try:
        found = path.stat()
    except OSError:
        return _read_table(path, header, separator, least, encoding, decimal)
    if found.st_size > KEPT_BYTES or time.time_ns() - found.st_mtime_ns < SETTLED:
        return _read_table(path, header, separator, least, encoding, decimal)
    return _kept(path, header, separator, least, encoding, decimal, (found.st_mtime_ns, found.st_size))


@lru_cache(maxsize=2)
def _kept(path: Path, header: str, separator: str, least: int, encoding: str, decimal: str, stamp: object) -> Table:
    return _read_table(path, header, separator, least, encoding, decimal)


def _read_table(path: Path, header: str, separator: str, least: int, encoding: str, decimal: str) -> Table:
    if path.suffix.lower() in PARQUET:
        from neuralgraph.data.parquet import read_parquet

        return enough(read_parquet(path), least)
    table, _, _ = _as_table(path, _text(path, encoding), header, separator, decimal)
    return enough(table, least)


def _as_table(path: Path, text: str, header: str, separator: str, decimal: str) -> tuple[Table, str, bool]:
    """The cells of a text, the sign between them, and whether the first line names the columns."""
    rows, lines, sign = _cells(path, text, separator)
    comma = decimal == "comma" or (decimal == "auto" and sign != "," and _writes_commas(rows))
    named = header == "yes" or (header == "auto" and _is_header(rows, comma))
    names = tuple(rows[0]) if named else tuple(f"column {n}" for n in range(len(rows[0])))
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        which = " and ".join(str(at) for at, name in enumerate(names, 1) if name == twice)
        raise DataError(f"{path.name}, line {lines[0]}: two columns are called {twice!r}, the columns {which}. Each "
                        "needs a name of its own: rename one, or set «header» to no where this line holds numbers.",
                        file=str(path), row=lines[0], column=twice)
    return Table(path.name, names, rows[named:], lines[named:], comma), sign, named


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file that is larger than memory: its first rows, and where in bytes and lines rows begin."""

    table: Table
    sign: str
    encoding: str
    start: int
    line: int


def head_of(path: Path, header: str, separator: str, encoding: str, decimal: str) -> Head:
    """What its first lines say."""
    try:
        with path.open("rb") as file:
            data = file.read(HEAD)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.", file=str(path)) from None
    if encoding == "utf-16" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{path.name} is larger than is held in memory, and written as UTF-16. Save it as UTF-8.",
                        file=str(path))
    data = data[: data.rfind(b"\n") + 1] or data
    table, sign, _ = _as_table(path, decoded(data, path.name, str(path), encoding, "table"), header, separator, decimal)
    enough(table, 2)
    before = table.lines[0] - 1
    start = 0
    for _ in range(before):
        start = data.index(b"\n", start) + 1
    if not before and data.startswith(b"\xef\xbb\xbf"):
        start = 3
    return Head(table, sign, "utf-8" if encoding == "auto" else encoding, start, table.lines[0])


def enough(table: Table, least: int) -> Table:
    """The table, where it has so many columns and a row."""
    if len(table.names) < least or not table.rows:
        needs = "at least two columns and a row: features and what to predict" if least > 1 else "at least a row"
        columns, rows = len(table.names), len(table.rows)
        held = f"{columns:,} column{'s' * (columns != 1)} and {rows:,} row{'s' * (rows != 1)}"
        then = ("Add rows, or set «header» to no where the first line is a row." if not rows else
                "Choose the separator that stands between its cells, or another file.")
        raise DataError(f"{table.file} needs {needs}; it holds {held}. {then}", file=table.file)
    return table


def _cells(path: Path, text: str, separator: str) -> tuple[list[list[str]], list[int], str]:
    """Rows of cells, all of one length, with their line numbers and the sign between."""
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(f"{path.name} is not a text file: line {line} holds a zero byte. A table as text was expected; "
                        "save it as CSV (UTF-8) in the program that it comes from.", file=str(path), row=line)
    if text[:200].lstrip().lower().startswith(("<!doctype html", "<html")):
        raise DataError(f"{path.name} is a page of the web, not a table: what was fetched may be a message that the "
                        "file is not there. Open it in a browser, and save the table itself.", file=str(path))
    rows: list[list[str]] = []
    lines: list[int] = []
    too_long = next((n for n, line in enumerate(text.splitlines(), 1) if len(line) > MOST["line"]), None)
    if too_long is not None:
        raise DataError(f"{path.name}, line {too_long}: longer than {MOST['line']:,} characters, which no table of "
                        f"{MOST['columns']:,} columns needs. Is it a table with a line for every row?", file=str(path),
                        row=too_long)
    try:
        sign = _separator(text[: 1 << 20]) if separator == "auto" else SEPARATORS[separator]
    except csv.Error:  # a cell that is too long, with whatever sign: it is named below
        sign = ","
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
        raise unquoted(path.name, str(path), before + 1, str(error), sign) from None
    if not rows:
        raise DataError(f"{path.name} is empty: it holds no line with a cell. A table with features and what to "
                        "predict was expected; save it again, or choose another file.", file=str(path))
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(rows[0]):
            raise ragged(path.name, str(path), line, len(row), len(rows[0]))
    return rows, lines, sign


def ragged(name: str, file: str, line: int, cells: int, wanted: int) -> DataError:
    """A row of another length than the first."""
    return DataError(f"{name}, line {line}: {cells} cells, but the first line has {wanted}. Complete the row or delete "
                     "it; a cell that holds the separator itself stands in quotation marks.", file=file, row=line)


def unquoted(name: str, file: str, line: int, why: str, sign: str) -> DataError:
    """Quotation marks that do not pair in the row that begins at this line."""
    if "unexpected end of data" in why:
        what = "a quotation mark opens here and none closes it up to the end of the file. Close it, or take it away"
    elif "expected after" in why:
        shown = {"\t": "a tab", " ": "a space"}.get(sign, f"{sign!r}")
        what = (f"after a closing quotation mark {shown} or the end of the line was expected, but the cell goes on. "
                "Write a quotation mark within a cell twice (\"\")")
    elif "field limit" in why:
        what = (f"longer than {MOST['cell']:,} characters in one cell. Shorten it; or where a quotation mark opens and "
                "none closes it, take it away")
    else:
        what = f"{why}. Mend the line"
    return DataError(f"{name}, line {line}: {what}.", file=file, row=line)


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
    """Text above numbers, or with nothing below."""
    if len(rows) < 2:
        return all(number_of(cell, comma) is None for cell in rows[0])
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


def short(cell: str) -> str:
    """A cell as a message shows it."""
    return repr(cell if len(cell) <= 40 else f"{cell[:39]}…")


def huge(cell: str) -> str:
    """A number beyond what single precision holds."""
    return (f"{short(cell)} is not a number that can be learned from: at most 3.4e38. Correct it, leave it empty, or "
            "leave the column out.")


def cell_of(value: Any) -> str:
    """A plain value as it stands in a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(float(value))
    return value.isoformat(" ") if hasattr(value, "hour") else value.isoformat() if hasattr(value, "year") \
        else str(value).strip()


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
