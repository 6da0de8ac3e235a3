"""The lines of a table that is larger than memory: where they lie, their numbers and their words, block by block."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from neuralgraph.data.delivery import Array
from neuralgraph.data.tabular import ENCODINGS, MISSING, Head, huge, number_of, ragged
from neuralgraph.errors import DataError

RUN = 1 << 22
"""Bytes of rows one after the other that are read at once."""
LARGEST = 3.4e38
GAP = "the value is missing. Fill it in, or set «missing» to skip rows or to fill the gaps."


@dataclass(frozen=True, slots=True)
class Odd:
    """A cell among numbers that is none: of which of the columns, in which line."""

    column: int
    line: int
    cell: str


@dataclass(slots=True)
class Found:
    """What a stretch of lines holds: where the rows are, their numbers (NaN in gaps), their words column by column."""

    starts: Array
    sizes: Array
    lines: Array
    values: Array
    words: list[list[str]]
    odd: list[Odd] = field(default_factory=list)


class Cells:
    """Lines as numbers of some columns and words of others. Quick where nothing is unusual."""

    def __init__(self, file: str, head: Head, columns: Sequence[int], words: Sequence[int]) -> None:
        self.file, self.columns, self.words = file, tuple(columns), tuple(words)
        self.names, self.comma, self.sign = head.table.names, head.table.comma, head.sign
        self.encoding = "utf-8" if head.encoding == "utf-8" else ENCODINGS[head.encoding]

    def found(self, data: bytes, offset: int, line: int, *, stop: bool) -> Found:
        """All rows of whole lines, which begin at `offset` with line number `line`; blank ones are none."""
        lines = data.split(b"\n")[:-1]
        sizes = np.fromiter(map(len, lines), np.int64, len(lines)) + 1
        starts = offset + np.cumsum(sizes) - sizes
        if not self._plain(data, lines):
            return self._slow(lines, starts, sizes, line, stop=stop)
        try:
            values = self._quick(data)
        except ValueError:
            return self._slow(lines, starts, sizes, line, stop=stop)
        if not (np.abs(values) < LARGEST).all():  # gaps written as nan, and what no number may be
            return self._slow(lines, starts, sizes, line, stop=stop)
        try:
            words = self._worded(data)
        except UnicodeDecodeError:
            return self._slow(lines, starts, sizes, line, stop=stop)
        return Found(starts, sizes, line + np.arange(len(lines)), values, words)

    def read(self, lines: Sequence[bytes]) -> Found:
        """Rows that were found before."""
        found = self.found(b"".join(lines), 0, 0, stop=False)
        if len(found.values) != len(lines) or found.odd:
            raise self.changed()
        return found

    def _worded(self, data: bytes) -> list[list[str]]:
        if not self.words:
            return []
        split = [one.split(self.sign) for one in data.decode(self.encoding).split("\n")[:-1]]
        return [[row[column].strip() for row in split] for column in self.words]

    def cell(self, line: bytes, column: int) -> str:
        """One cell as it is written."""
        return next(self._split([line]))[column]

    def _plain(self, data: bytes, lines: Sequence[bytes]) -> bool:
        """No quotes, no blank lines, in every line as many cells."""
        if b'"' in data or self.sign == " " or not data or any(not one.strip() for one in lines):
            return False
        numbers = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(numbers == 10)
        signs = np.searchsorted(np.flatnonzero(numbers == ord(self.sign)), ends)
        return bool((np.diff(signs, prepend=0) == len(self.names) - 1).all())

    def _quick(self, data: bytes) -> Array:
        if not self.columns:
            return np.zeros((data.count(b"\n"), 0))
        text = data.decode("latin-1")
        if self.comma:
            text = text.replace(",", ".")
        values: Array = np.loadtxt(text.split("\n")[:-1], np.float64, comments=None, delimiter=self.sign,
                                   usecols=self.columns, ndmin=2)
        return values

    def _split(self, lines: Sequence[bytes]) -> Iterator[list[str]]:
        texts = (one.decode(self.encoding) for one in lines)
        for row in csv.reader(texts, delimiter=self.sign, skipinitialspace=True, strict=True):
            yield [cell.strip() for cell in row]

    def _slow(self, lines: list[bytes], starts: Array, sizes: Array, line: int, *, stop: bool) -> Found:
        kept: list[int] = []
        values: list[list[float]] = []
        odd: list[Odd] = []
        words: list[list[str]] = [[] for _ in self.words]
        at = -1
        try:
            for at, row in enumerate(self._split(lines)):
                if not any(row):
                    continue
                if len(row) != len(self.names):
                    raise ragged(self.file, self.file, line + at, len(row), len(self.names))
                values.append([self._number(row[column], number, line + at, odd, stop=stop)
                               for number, column in enumerate(self.columns)])
                for column, one in zip(self.words, words, strict=True):
                    one.append(row[column])
                kept.append(at)
        except UnicodeDecodeError:
            raise DataError(f"{self.file}, line {line + at + 1}: a byte that is not {self.encoding}. Save the table as "
                            "UTF-8, or say its «encoding».", file=self.file, row=line + at + 1) from None
        except csv.Error as error:
            raise DataError(f"{self.file}, line {line + at + 1}: {error}. In a table that is larger than memory a row "
                            "is one line.", file=self.file, row=line + at + 1) from None
        table = np.array(values, np.float64).reshape(len(kept), len(self.columns))
        return Found(starts[kept], sizes[kept], line + np.array(kept, np.int64), table, words, odd)

    def _number(self, cell: str, number: int, line: int, odd: list[Odd], *, stop: bool) -> float:
        column = self.columns[number]
        if cell.lower() in MISSING:
            if stop:
                raise self.wrong(GAP, column, line)
            return float("nan")
        value = number_of(cell, self.comma)
        if value is None:
            odd.append(Odd(number, line, cell))
            return float("nan")
        if not abs(value) < LARGEST:
            raise self.wrong(huge(cell), column, line)
        return value

    def wrong(self, message: str, column: int, line: int) -> DataError:
        name = self.names[column]
        return DataError(f"{self.file}, line {line}, column {name!r}: {message}", file=self.file, row=line, column=name)

    def changed(self) -> DataError:
        return DataError(f"{self.file} has changed since it was looked through. Train afresh.", file=self.file)


def lines_at(path: Path, starts: Array, sizes: Array, rows: Array) -> Iterator[bytes]:
    """The lines of these rows, in their order; what lies side by side is read at once."""
    order = np.argsort(rows, kind="stable")
    found: list[bytes] = [b""] * len(rows)
    try:
        with path.open("rb", buffering=0) as file:
            at = 0
            while at < len(order):
                begin = end = int(starts[rows[order[at]]])
                until = at
                while until < len(order) and end - begin < RUN and starts[rows[order[until]]] <= end:
                    row = rows[order[until]]
                    end, until = int(starts[row] + sizes[row]), until + 1
                file.seek(begin)
                data = file.read(end - begin)
                for one in range(at, until):
                    row = rows[order[one]]
                    first = int(starts[row]) - begin
                    found[int(order[one])] = data[first : first + int(sizes[row])].rstrip(b"\n") + b"\n"
                at = until
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.", file=str(path)) from None
    yield from found
