"""Tables of numbers that are larger than memory: looked through once, then read row by row while training.

One look finds where every row lies, that all cells are numbers, the gaps, and what is to be predicted, which is kept in
memory. What is read afterwards is, number for number, what the whole table would have given.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.data.columns import read_column, roles
from neuralgraph.data.delivery import Array, Delivery, classified, measured, sealed
from neuralgraph.data.encoding import laid
from neuralgraph.data.stored import Stored, marked
from neuralgraph.data.tabular import ENCODINGS, MISSING, MOST, PARQUET, Head, Table, head_of, number_of
from neuralgraph.errors import DataError
from neuralgraph.spec import Spec
from neuralgraph.spec.columns import Coding

if TYPE_CHECKING:
    from neuralgraph.data.coded import Wanted

BLOCK = 1 << 24
"""Bytes that are looked through at once."""
RUN = 1 << 22
"""Bytes of rows one after the other that are read at once."""
MOST_ROWS = 200_000_000
LARGEST = 3.4e38
MANY = f"at most {MOST['categories']:,} classes are told apart"
GAP = "the value is missing. Fill it in, or set «missing» to skip rows or to fill the gaps."
SKIP, MEAN = "skip rows", "mean"


def is_large(path: Path) -> bool:
    """It has more bytes than are taken into memory as a table."""
    try:
        return path.suffix.lower() not in PARQUET and path.stat().st_size > MOST["bytes"]
    except OSError:
        return False


def read_large(path: Path, wanted: Wanted, header: str, separator: str, encoding: str, decimal: str) -> Delivery:
    """x on the disk, y in memory; `DataError` names file, line and column of what is no number."""
    head = head_of(path, header, separator, encoding, decimal)
    plan = _planned(head, wanted)
    look = _Look(path, head, plan)
    look.through()
    return look.delivery(wanted)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Places of the columns that are learnt from and to be predicted; `words`: the target is told in words."""

    inputs: tuple[int, ...]
    goals: tuple[int, ...]
    words: bool
    missing: str
    mark: bool
    certain: bool
    """The target is a number, whatever it looks like."""
    notes: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        return self.inputs if self.words else (*self.inputs, *self.goals)


def _planned(head: Head, wanted: Wanted) -> _Plan:
    """What the first lines and the wishes say; of all lines it is seen later."""
    table = head.table
    used = roles(table, wanted.target, wanted.wishes)
    kinds = [wanted.wishes.get(name, ("auto", "auto"))[1] for name in table.names]
    goals = tuple(at for at, role in enumerate(used) if role == "target")
    if not goals:
        raise DataError(f"{table.file}: no column is to be predicted. Make one of them the target.", file=table.file)
    if "group" in used:
        raise _too_large(table, used.index("group"), "no column says which rows belong together")
    if wanted.missing not in ("stop", SKIP, MEAN):
        raise DataError(f"{table.file} is larger than is held in memory, so the {wanted.missing} of a column is not "
                        "known. Set «missing» to mean, or to skip rows.", file=table.file)
    inputs, notes = [], []
    for at in (one for one, role in enumerate(used) if role == "input"):
        kind = read_column(table, at, kinds[at]).kind
        if kind == "text":
            notes.append(f"The column {table.names[at]!r} was left out: as text.")
        elif kind != "number":
            raise _too_large(table, at, f"only numbers are learnt from, and it holds {_plural(kind)}")
        else:
            inputs.append(at)
    if not inputs:
        raise DataError(f"{table.file}: no column is left to learn from. Make one of them an input.", file=table.file)
    told = [kinds[at] in ("category", "text") or read_column(table, at, kinds[at]).values is None for at in goals]
    if any(told) and (len(goals) > 1 or wanted.task == "number"):
        raise _too_large(table, goals[told.index(True)], "only numbers are predicted so, and it holds words")
    certain = wanted.task == "number" or (wanted.task == "auto" and kinds[goals[0]] == "number")
    return _Plan(tuple(inputs), goals, told[0], wanted.missing, wanted.mark, certain, tuple(notes))


def _plural(kind: str) -> str:
    return {"category": "categories", "date": "dates"}.get(kind, kind)


def _too_large(table: Table, column: int, why: str) -> DataError:
    name = table.names[column]
    return DataError(f"{table.file} is larger than is held in memory ({MOST['bytes']:,} bytes). Of such a table {why}: "
                     f"the column {name!r}. Leave it out, or take a part of the table.", file=table.file, column=name)


@dataclass(slots=True)
class _Found:
    """What a stretch of lines holds: where the rows are, their numbers (NaN in gaps) and words."""

    starts: Array
    sizes: Array
    values: Array
    words: list[str] = field(default_factory=list)


class _Look:
    """Goes through the file once."""

    def __init__(self, path: Path, head: Head, plan: _Plan) -> None:
        self.path, self.head, self.plan = path, head, plan
        self.cells = Cells(path.name, head, plan.numbers, plan.goals[0] if plan.words else None)
        self.starts: list[Array] = []
        self.sizes: list[Array] = []
        self.goals: list[Array] = []
        self.places: dict[str, int] = {}
        self.rows = self.skipped = 0
        self.sums, self.gaps = np.zeros(len(plan.inputs)), np.zeros(len(plan.inputs), np.int64)
        self.marks = marked([path])

    def through(self) -> None:
        try:
            with self.path.open("rb") as file:
                file.seek(self.head.start)
                line, offset, rest = self.head.line, self.head.start, b""
                while block := file.read(BLOCK):
                    data = rest + block
                    cut = data.rfind(b"\n") + 1
                    rest, passed = data[cut:], data.count(b"\n", 0, cut)
                    if len(rest) > 4 * MOST["line"]:
                        raise DataError(f"{self.path.name}, line {line + passed}: longer than {MOST['line']:,} "
                                        "characters.", file=str(self.path))
                    self._take(data[:cut], offset, line)
                    line, offset = line + passed, offset + cut
                if rest:
                    self._take(rest + b"\n", offset, line)
        except OSError as error:
            raise DataError(f"{self.path.name} cannot be read: {error.strerror or error}.",
                            file=str(self.path)) from None
        if not self.rows:
            raise DataError(f"{self.path.name}: every row lacks a value.", file=str(self.path))

    def _take(self, data: bytes, offset: int, line: int) -> None:
        found = self.cells.found(data, offset, line, stop=self.plan.missing == "stop")
        known, count = ~np.isnan(found.values), len(self.plan.inputs)
        whole = np.logical_and.reduce(known[:, count if self.plan.missing == MEAN else 0 :], axis=1)
        if self.plan.words:
            whole &= np.array([one.lower() not in MISSING for one in found.words], bool)
        inputs = found.values[whole, :count]
        self.sums += np.nansum(inputs, axis=0)
        self.gaps += np.isnan(inputs).sum(axis=0)
        self.starts.append(found.starts[whole])
        self.sizes.append(found.sizes[whole])
        self.skipped += int((~whole).sum())
        self.rows += int(whole.sum())
        if self.plan.words:
            self.goals.append(self._numbered([one for one, kept in zip(found.words, whole, strict=True) if kept]))
        else:
            self.goals.append(found.values[whole, count:])
        if self.rows > MOST_ROWS:
            raise DataError(f"{self.path.name} is too large: at most {MOST_ROWS:,} rows are read.", file=str(self.path))

    def _numbered(self, words: Sequence[str]) -> Array:
        found = np.array([self.places.setdefault(one, len(self.places)) for one in words], np.int64)
        if len(self.places) > MOST["categories"]:
            raise _too_large(self.head.table, self.plan.goals[0], MANY)
        return found

    # -- what came ----------------------------------------------------------------------------------------------------

    def delivery(self, wanted: Wanted) -> Delivery:
        starts, sizes = np.concatenate(self.starts), np.concatenate(self.sizes)
        coding = tuple(self._coding())
        x = self._stored(starts, sizes, coding)
        names = tuple(name for one in coding for name in one.features)
        table, size = self.head.table, self.path.stat().st_size
        notes = [f"{self.rows:,} rows of {self.path.name} ({size / 1e9:.1f} GB) stay on the disk and are read while "
                 "training.", *self.plan.notes, *self._said(coding)]
        done = self._answered(x, np.concatenate(self.goals), names, tuple(notes), wanted, starts, sizes)
        return replace(done, coding=coding, table=table.names, marks=lambda: marked([self.path]), marked=self.marks)

    def _coding(self) -> Iterator[Coding]:
        for at, place in enumerate(self.plan.inputs):
            known = self.rows - int(self.gaps[at])
            if not known:
                raise _too_large(self.head.table, place, "a column needs a value")
            fill = float(self.sums[at] / known) if self.plan.missing == MEAN else None
            mark = self.plan.mark and bool(self.gaps[at])
            yield Coding(self.head.table.names[place], "number", (), fill, mark, False)

    def _said(self, coding: Sequence[Coding]) -> Iterator[str]:
        if self.skipped:
            what = "what is to be predicted" if self.plan.missing == MEAN else "a value"
            yield (f"{self.skipped:,} of {self.skipped + self.rows:,} rows were skipped: {what} is missing.")
        for one, gaps in zip(coding, self.gaps, strict=True):
            if gaps and one.fill is not None:
                yield (f"{int(gaps):,} missing values of {one.name!r} became {one.fill:.6g}, the mean of all rows "
                       "there are, those that validate and test among them.")

    def _stored(self, starts: Array, sizes: Array, coding: Sequence[Coding]) -> Array:
        cells = Cells(self.path.name, self.head, self.plan.inputs, None)
        width = sum(len(one.features) for one in coding)

        def read(rows: Array) -> Array:
            lines = list(_lines(self.path, starts, sizes, rows))
            values = cells.read(lines)
            gaps = np.isnan(values)
            return np.concatenate([laid(one, values[:, at], gaps[:, at]) for at, one in enumerate(coding)], axis=1)

        return Stored((len(starts), width), lambda: nullcontext(read), lambda: marked([self.path])).as_array()

    def _answered(self, x: Array, y: Array, names: tuple[str, ...], notes: tuple[str, ...], wanted: Wanted,
                  starts: Array, sizes: Array) -> Delivery:
        from neuralgraph.data.coded import FEW

        label = ", ".join(self.head.table.names[at] for at in self.plan.goals)
        if self.plan.words:
            sorted_names = sorted(self.places)
            order = np.array([sorted_names.index(one) for one in self.places])
            return classified(x, order[y], tuple(sorted_names), label=label, feature_names=names, notes=notes)
        if y.shape[1] > 1:
            specs = {"x": Spec(("N", x.shape[1]), "float32", None, "features"),
                     "y": Spec(("N", y.shape[1]), "float32", None, label)}
            return sealed(Delivery(specs, {"x": x, "y": y.astype(np.float32)}, len(y), (), names, 0, notes))
        values, first, places = np.unique(y[:, 0], return_index=True, return_inverse=True)
        whole = len(values) <= FEW and bool((values == np.round(values)).all())
        if self.plan.certain or (wanted.task == "auto" and not whole):
            return measured(x, y.astype(np.float32), label=label, feature_names=names, notes=notes)
        if len(values) > MOST["categories"]:
            raise _too_large(self.head.table, self.plan.goals[0], MANY)
        written = [self.cells.cell(line, self.plan.goals[0]) for line in _lines(self.path, starts, sizes, first)]
        return classified(x, places.reshape(-1), tuple(written), label=label, feature_names=names, notes=notes)


class Cells:
    """Lines as numbers: `columns` of them, and one column of words. Quick where nothing is unusual."""

    def __init__(self, file: str, head: Head, columns: Sequence[int], words: int | None) -> None:
        self.file, self.columns, self.words = file, tuple(columns), words
        self.names, self.comma, self.sign = head.table.names, head.table.comma, head.sign
        self.encoding = "utf-8" if head.encoding == "utf-8" else ENCODINGS[head.encoding]

    def found(self, data: bytes, offset: int, line: int, *, stop: bool) -> _Found:
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
        words = [] if self.words is None else [
            one.split(self.sign)[self.words].strip() for one in data.decode(self.encoding).split("\n")[:-1]]
        return _Found(starts, sizes, values, words)

    def read(self, lines: Sequence[bytes]) -> Array:
        """The numbers of rows that were found before."""
        data = b"".join(lines)
        try:
            if self._plain(data, lines):
                values = self._quick(data)
                if len(values) == len(lines) and (np.abs(values) < LARGEST).all():
                    return values
        except ValueError:
            pass
        found = self._slow(list(lines), np.zeros(len(lines)), np.zeros(len(lines)), 0, stop=False)
        if len(found.values) != len(lines):
            raise self._changed()
        return found.values

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

    def _slow(self, lines: list[bytes], starts: Array, sizes: Array, line: int, *, stop: bool) -> _Found:
        kept, values, words = [], [], []
        at = -1
        try:
            for at, row in enumerate(self._split(lines)):
                if not any(row):
                    continue
                if len(row) != len(self.names):
                    raise DataError(f"{self.file}, line {line + at}: {len(row)} cells, but the first line has "
                                    f"{len(self.names)}.", file=self.file, row=line + at)
                values.append([self._number(row[column], column, line + at, stop=stop) for column in self.columns])
                words.append(self._word(row[self.words], line + at, stop=stop) if self.words is not None else "")
                kept.append(at)
        except UnicodeDecodeError:
            raise DataError(f"{self.file}, line {line + at + 1}: a byte that is not {self.encoding}. Save the table as "
                            "UTF-8, or say its «encoding».", file=self.file, row=line + at + 1) from None
        except csv.Error as error:
            raise DataError(f"{self.file}, line {line + at + 1}: {error}. In a table that is larger than memory a row "
                            "is one line.", file=self.file, row=line + at + 1) from None
        table = np.array(values, np.float64).reshape(len(kept), len(self.columns))
        return _Found(starts[kept], sizes[kept], table, words)

    def _number(self, cell: str, column: int, line: int, *, stop: bool) -> float:
        if cell.lower() in MISSING:
            if stop:
                raise self._wrong(GAP, column, line)
            return float("nan")
        value = number_of(cell, self.comma)
        if value is None:
            raise self._wrong(f"{cell!r} is not a number, like the others there. In a table that is larger than memory "
                              "only columns of numbers are learnt from.", column, line)
        if not abs(value) < LARGEST:
            raise self._wrong(f"{cell!r} is not a number that can be learned from: at most 3.4e38.", column, line)
        return value

    def _word(self, cell: str, line: int, *, stop: bool) -> str:
        if stop and cell.lower() in MISSING:
            assert self.words is not None
            raise self._wrong(GAP, self.words, line)
        return cell

    def _wrong(self, message: str, column: int, line: int) -> DataError:
        name = self.names[column]
        return DataError(f"{self.file}, line {line}, column {name!r}: {message}", file=self.file, row=line, column=name)

    def _changed(self) -> DataError:
        return DataError(f"{self.file} has changed since it was looked through. Train afresh.", file=self.file)


def _lines(path: Path, starts: Array, sizes: Array, rows: Array) -> Iterator[bytes]:
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
