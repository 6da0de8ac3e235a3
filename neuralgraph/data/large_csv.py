"""Tables that are larger than memory: looked through once, then read row by row while training.

One look finds where every row lies, what the columns hold, their categories and gaps, and what is to be predicted,
which is kept in memory. What is read afterwards is, number for number, what the whole table would have given.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.data.columns import read_column, roles
from neuralgraph.data.delivery import Array, Delivery
from neuralgraph.data.encoding import laid
from neuralgraph.data.large_cells import Cells, Found, lines_at
from neuralgraph.data.large_columns import Again, Dates, Days, Kind, Numbers, Words, first_gap
from neuralgraph.data.large_target import answered, groups_of
from neuralgraph.data.stored import Stored, marked
from neuralgraph.data.tabular import MOST, PARQUET, Head, Table, head_of, number_of
from neuralgraph.errors import DataError
from neuralgraph.spec.columns import Coding

if TYPE_CHECKING:
    from neuralgraph.data.coded import Wanted

BLOCK = 1 << 22
"""Bytes that are looked through at once."""
MOST_ROWS = 200_000_000
SKIP, MEAN = "skip rows", "mean"


def is_large(path: Path) -> bool:
    """It has more bytes than are taken into memory as a table."""
    try:
        return path.suffix.lower() not in PARQUET and path.stat().st_size > MOST["bytes"]
    except OSError:
        return False


def read_large(path: Path, wanted: Wanted, header: str, separator: str, encoding: str, decimal: str) -> Delivery:
    """x on the disk, y in memory; `DataError` names file, line and column of what cannot be learnt from."""
    head = head_of(path, header, separator, encoding, decimal)
    kinds: dict[int, Kind] = {}
    while True:
        look = Look(path, head, planned(head.table, wanted, kinds))
        try:
            look.through()
            return look.delivery(wanted)
        except Again as found:  # of another kind than it began
            if found.column in kinds and kinds[found.column].name == found.kind.name == "words":
                raise AssertionError("a column cannot be settled") from None
            kinds[found.column] = found.kind


@dataclass(frozen=True, slots=True)
class Plan:
    """Columns by what they are for, with their kinds; those of text are left out."""

    inputs: dict[int, Kind]
    goals: dict[int, Kind]
    groups: dict[int, Kind]
    missing: str
    mark: bool
    certain: bool
    """The target is a number, whatever it looks like."""
    notes: tuple[str, ...] = ()

    @property
    def used(self) -> dict[int, Kind]:
        return {**self.inputs, **self.goals, **self.groups}


def planned(table: Table, wanted: Wanted, known: dict[int, Kind]) -> Plan:
    """What the first lines and the wishes say; `known` is what all lines have told since."""
    used = roles(table, wanted.target, wanted.wishes)
    wishes = [wanted.wishes.get(name, ("auto", "auto"))[1] for name in table.names]
    if "target" not in used:
        raise DataError(f"{table.file}: no column is to be predicted. Make one of them the target.", file=table.file)
    if wanted.missing not in ("stop", SKIP, MEAN):
        raise DataError(f"{table.file} is larger than is held in memory, so the {wanted.missing} of a column is not "
                        "known. Set «missing» to mean, or to skip rows.", file=table.file)
    notes = [f"There is no column {name!r} any more, which was to be {' '.join(wish).replace('auto', '').strip()}."
             for name, wish in wanted.wishes.items() if name not in table.names]
    inputs: dict[int, Kind] = {}
    for at in (one for one, role in enumerate(used) if role == "input"):
        kind = known.get(at) or _kind(table, at, wishes[at])
        if kind.name == "text":
            why = "as text" if wishes[at] == "text" else "its texts are too many to be categories to learn from"
            notes.append(f"The column {table.names[at]!r} was left out: {why}.")
        else:
            inputs[at] = kind
    if not inputs:
        raise DataError(f"{table.file}: no column is left to learn from. Make one of them an input.", file=table.file)
    goals = {at: known.get(at) or _goal(table, at, wishes[at], wanted.task)
             for at, role in enumerate(used) if role == "target"}
    goals = {at: Kind("classes", kind.sure) if kind.name in ("words", "text") else kind for at, kind in goals.items()}
    first = next(iter(goals))
    certain = wanted.task == "number" or (wanted.task == "auto" and wishes[first] == "number")
    if goals[first].name == "classes" and wanted.task == "number" and len(goals) == 1:
        raise table.wrong(f"{table.rows[0][first]!r} is not a number to predict.", 0, first)
    groups = {at: Kind("group", True) for at, role in enumerate(used) if role == "group"}
    return Plan(inputs, goals, groups, wanted.missing, wanted.mark, certain, tuple(notes))


def _kind(table: Table, column: int, wish: str) -> Kind:
    """As the first lines look, where nobody says."""
    if wish in ("category", "text"):
        return Kind("words" if wish == "category" else "text", True)
    if wish != "auto":
        found = read_column(table, column, wish)
        return Kind(wish, True, found.month_first)
    found = read_column(table, column, "auto")
    return Kind({"category": "words", "text": "words"}.get(found.kind, found.kind), False, found.month_first)


def _goal(table: Table, column: int, wish: str, task: str) -> Kind:
    if wish in ("category", "text") or (
            task == "class" and all(number_of(row[column], table.comma) is None for row in table.rows)):
        return Kind("classes", True)
    return _kind(table, column, wish)


def too_large(table: Table, column: int, why: str) -> DataError:
    """What cannot be known of a table that is not held."""
    name = table.names[column]
    return DataError(f"{table.file} is larger than is held in memory ({MOST['bytes']:,} bytes). Of such a table {why}: "
                     f"the column {name!r}. Leave it out, or take a part of the table.", file=table.file, column=name)


@dataclass(slots=True)
class Kept:
    """The rows that are learnt from, block by block."""

    starts: list[Array] = field(default_factory=list)
    sizes: list[Array] = field(default_factory=list)
    answers: list[list[Array]] = field(default_factory=list)
    groups: list[list[Array]] = field(default_factory=list)
    rows: int = 0
    skipped: int = 0


class Look:
    """Goes through the file once."""

    def __init__(self, path: Path, head: Head, plan: Plan) -> None:
        self.path, self.head, self.plan = path, head, plan
        used = plan.used
        self.cells = Cells(path.name, head, [at for at, kind in used.items() if kind.name == "number"],
                           [at for at, kind in used.items() if kind.name != "number"])
        self.numbers = Numbers(self.cells, [used[at] for at in self.cells.columns])
        self.worded = {at: self._column(at, used[at]) for at in self.cells.words}
        self.kept = Kept()
        self.marks = marked([path])

    def _column(self, at: int, kind: Kind) -> Words | Dates:
        if kind.name == "date":
            return Dates(self.cells, at, kind)
        return Words(self.cells, at, kind, MOST["rows" if kind.name == "group" else "categories"])

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
        self._settle()

    def _settle(self) -> None:
        """All of it was seen: the columns are what they are."""
        self.numbers.settle()
        for one in self.worded.values():
            one.settle()
        if self.plan.missing == "stop":
            first_gap(tuple(self.worded.values()))
        if not self.kept.rows:
            raise DataError(f"{self.path.name}: every row lacks a value.", file=str(self.path))

    def _take(self, data: bytes, offset: int, line: int) -> None:
        found = self.cells.found(data, offset, line, stop=self.plan.missing == "stop")
        self.numbers.see(found.values, found.odd)
        columns: dict[int, Array] = dict(zip(self.cells.columns, found.values.T, strict=True))
        for at, texts in zip(self.cells.words, found.words, strict=True):
            columns[at] = self.worded[at].see(texts, found.lines)
        whole = self._whole(columns, len(found.starts))
        self.numbers.keep(found.values[whole])
        columns = {at: one[whole] for at, one in columns.items()}
        for at, column in self.worded.items():
            column.keep(columns[at])
        kept = self.kept
        kept.starts.append(found.starts[whole])
        kept.sizes.append(found.sizes[whole])
        kept.answers.append([columns[at] for at in self.plan.goals])
        kept.groups.append([columns[at] for at in self.plan.groups])
        kept.rows += int(whole.sum())
        kept.skipped += int((~whole).sum())
        if kept.rows > MOST_ROWS:
            raise DataError(f"{self.path.name} is too large: at most {MOST_ROWS:,} rows are read.", file=str(self.path))

    def _whole(self, columns: dict[int, Array], rows: int) -> Array:
        """The rows without a gap that matters."""
        whole = np.ones(rows, bool)
        for at, one in columns.items():
            if self.plan.missing != MEAN or at not in self.plan.inputs:
                whole &= ~np.isnan(one) if one.dtype.kind == "f" else one >= 0
        return whole

    # -- what came ----------------------------------------------------------------------------------------------------

    def delivery(self, wanted: Wanted) -> Delivery:
        notes: list[str] = []
        coding = tuple(self._coding(notes))
        starts, sizes = np.concatenate(self.kept.starts), np.concatenate(self.kept.sizes)
        x = self._stored(starts, sizes, coding)
        size = self.path.stat().st_size
        said = [f"{self.kept.rows:,} rows of {self.path.name} ({size / 1e9:.1f} GB) stay on the disk and are read "
                "while training.", *self.plan.notes]
        if self.kept.skipped:
            what = "a value" if self.plan.missing != MEAN else (
                "what is to be predicted, or its group," if self.plan.groups else "what is to be predicted")
            said.append(f"{self.kept.skipped:,} of {self.kept.skipped + self.kept.rows:,} rows were skipped: {what} is "
                        "missing.")
        names = tuple(name for one in coding for name in one.features)
        answers = [np.concatenate(parts) for parts in zip(*self.kept.answers, strict=True)]
        done = answered(self, x, answers, names, [*said, *notes], wanted, (starts, sizes))
        return replace(done, coding=coding, table=self.head.table.names, groups=groups_of(self.kept.groups),
                       marks=lambda: marked([self.path]), marked=self.marks)

    def _coding(self, notes: list[str]) -> Iterator[Coding]:
        for at, kind in self.plan.inputs.items():
            name = self.head.table.names[at]
            one = self.worded.get(at)
            if isinstance(one, Words):
                yield self._categories(one, name, notes)
                continue
            if one is not None:
                gaps, total = one.gaps, one.sum
                notes += one.notes(name)
            else:
                place = self.cells.columns.index(at)
                gaps, total = int(self.numbers.gaps[place]), float(self.numbers.sums[place])
            known = self.kept.rows - gaps
            if not known:
                raise too_large(self.head.table, at, "a column needs a value")
            fill = total / known if self.plan.missing == MEAN else None
            if gaps and fill is not None:
                notes.append(f"{gaps:,} missing values of {name!r} became {fill:.6g}, the mean of all rows there are, "
                             "those that validate and test among them.")
            yield Coding(name, kind.name, (), fill, self.plan.mark and bool(gaps), kind.month_first)

    def _categories(self, one: Words, name: str, notes: list[str]) -> Coding:
        values, gaps = tuple(one.values), self.kept.rows - int(one.kept.sum())
        many = f"{len(values)} columns, one for each category" if len(values) > 1 else "1 column: all rows are alike"
        notes.append(f"The column {name!r} became {many}.")
        if gaps:
            notes.append(f"{gaps:,} missing values of {name!r} are in none of its categories.")
        return Coding(name, "category", values, 0.0 if self.plan.missing == MEAN else None,
                      self.plan.mark and gaps > 0)

    def _stored(self, starts: Array, sizes: Array, coding: tuple[Coding, ...]) -> Array:
        inputs = self.plan.inputs
        cells = Cells(self.path.name, self.head, [at for at, kind in inputs.items() if kind.name == "number"],
                      [at for at, kind in inputs.items() if kind.name != "number"])
        columns = [Read(cells, at, one) for at, one in zip(inputs, coding, strict=True)]
        width = sum(len(one.features) for one in coding)

        def read(rows: Array) -> Array:
            found = cells.read(list(lines_at(self.path, starts, sizes, rows)))
            return np.concatenate([one.features(found) for one in columns], axis=1)

        return Stored((len(starts), width), lambda: nullcontext(read), lambda: marked([self.path])).as_array()


class Read:
    """One column of rows that are read again."""

    def __init__(self, cells: Cells, column: int, coding: Coding) -> None:
        self.cells, self.coding = cells, coding
        self.number = coding.kind == "number"
        self.place = (cells.columns if self.number else cells.words).index(column)
        self.places = {one: at for at, one in enumerate(coding.values)}
        self.days = Days(month_first=coding.month_first)

    def features(self, found: Found) -> Array:
        """N × width."""
        if self.number:
            values = found.values[:, self.place]
        elif self.coding.kind == "date":
            values = self.days.of(found.words[self.place])
        else:
            get = self.places.get
            values = np.array([get(one, -1) for one in found.words[self.place]], np.float64)
            values[values < 0] = np.nan
        gaps = np.isnan(values)
        if self.coding.fill is None and gaps.any():
            raise self.cells.changed()
        return laid(self.coding, values, gaps)
