"""What the columns of a table that is larger than memory turn out to hold, while its lines go by.

What they are is settled by all cells, as in memory; the first lines only tell what to try first. Where they were wrong,
`Again` says what the column is, and the table is looked through once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuralgraph.data.columns import NAMES, no_date, no_number, other_sign
from neuralgraph.data.dates import days_of, month_first
from neuralgraph.data.delivery import Array
from neuralgraph.data.large_cells import GAP, Cells, Odd
from neuralgraph.data.tabular import MISSING, number_of

REMEMBERED = 100_000
MONTH_FIRST = "1/13/2000"


@dataclass(frozen=True, slots=True)
class Kind:
    """number, date, words or text; whether somebody said so; of dates, whether 3/4/2026 is in March."""

    name: str
    sure: bool = False
    month_first: bool = False


class Again(Exception):
    """The column at this place is of another kind than the first lines tell."""

    def __init__(self, column: int, kind: Kind) -> None:
        super().__init__(column)
        self.column, self.kind = column, kind


class Numbers:
    """All columns of numbers together: their sums, gaps, and the cells that are none."""

    def __init__(self, cells: Cells, kinds: Sequence[Kind]) -> None:
        self.cells, self.kinds = cells, kinds
        count = len(kinds)
        self.sums, self.gaps = np.zeros(count), np.zeros(count, np.int64)
        self.known, self.odd, self.signs = (np.zeros(count, np.int64) for _ in range(3))
        self.first: dict[int, Odd] = {}

    def see(self, values: Array, odd: Sequence[Odd]) -> None:
        """Of all rows."""
        self.known += (~np.isnan(values)).sum(axis=0)
        for one in odd:
            self.first.setdefault(one.column, one)
            self.odd[one.column] += 1
            self.signs[one.column] += number_of(one.cell, not self.cells.comma) is not None
            if self.kinds[one.column].sure:
                self._wrong(one)

    def keep(self, values: Array) -> None:
        """Of the rows that are learnt from."""
        self.sums += np.nansum(values, axis=0)
        self.gaps += np.isnan(values).sum(axis=0)

    def settle(self) -> None:
        for column, one in sorted(self.first.items()):
            if self.signs[column] == self.odd[column]:
                raise self.cells.wrong(other_sign(one.cell, comma=self.cells.comma), self.cells.columns[column],
                                       one.line)
            if self.odd[column] * 4 < self.odd[column] + self.known[column]:
                self._wrong(one)
            raise Again(self.cells.columns[column], Kind("words"))

    def _wrong(self, one: Odd) -> None:
        raise self.cells.wrong(no_number(one.cell), self.cells.columns[one.column],
                               one.line)


class Words:
    """A column of texts: which there are, how often, and where each stands first."""

    def __init__(self, cells: Cells, column: int, kind: Kind, most: int) -> None:
        self.cells, self.column, self.kind, self.most = cells, column, kind, most
        self.places: dict[str, int] = {}
        self.lines: list[int] = []
        self.counts, self.kept = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self.gap = 0

    def see(self, texts: Sequence[str], lines: Array) -> Array:
        """Their numbers in the order in which they come; -1 in the gaps."""
        found = np.empty(len(texts), np.int64)
        places = self.places
        for at, text in enumerate(texts):
            number = places.get(text)
            if number is None:
                number = -1 if text.lower() in MISSING else len(self.lines)
                if number < 0:
                    self.gap = self.gap or int(lines[at])
                else:
                    self.lines.append(int(lines[at]))
                    places[text] = number
            found[at] = number
        if len(self.lines) > self.most:
            self._many()
        self.counts = self._added(self.counts, found)
        return found

    def keep(self, numbers: Array) -> None:
        """Of the rows that are learnt from."""
        self.kept = self._added(self.kept, numbers)

    @property
    def values(self) -> list[str]:
        """The texts of the rows that are learnt from, by their names."""
        return sorted(one for one, number in self.places.items() if self.kept[number])

    def _added(self, counts: Array, numbers: Array) -> Array:
        found = np.bincount(numbers[numbers >= 0], minlength=len(self.lines))
        found[: len(counts)] += counts
        return found

    def _many(self) -> None:
        if self.kind.sure or self.kind.name == "classes":
            raise self.cells.wrong(f"more than {self.most:,} different texts; at most {self.most:,} are told apart. "
                                   "Leave the column out.", self.column, self.lines[self.most])
        raise Again(self.column, Kind("text"))

    def settle(self) -> None:
        """Where nobody said that they are words, they may be numbers, dates or names."""
        if self.kind.sure:
            return
        known = int(self.counts.sum())
        comma = self.cells.comma
        numbers = {one: number_of(one, comma) is not None for one in self.places}
        if self._nearly(numbers, known, "number"):
            odd = next(one for one, fine in numbers.items() if not fine)
            signs = all(number_of(one, not comma) is not None for one, fine in numbers.items() if not fine)
            raise self.cells.wrong(other_sign(odd, comma=comma) if signs else
                                   no_number(odd), self.column, self._line(odd))
        order = month_first(list(self.places))
        dates = {one: days_of(one, month_first=bool(order)) is not None for one in self.places}
        if self._nearly(dates, known, "date", month_first=bool(order)):
            odd = next(one for one, fine in dates.items() if not fine)
            raise self.cells.wrong(no_date(odd), self.column, self._line(odd))
        different = len(self.places)
        if self.kind.name == "words" and different > NAMES and different * 2 > known:
            raise Again(self.column, Kind("text"))

    def _line(self, text: str) -> int:
        return self.lines[self.places[text]]

    def _nearly(self, fine: dict[str, bool], known: int, kind: str, *, month_first: bool = False) -> bool:
        """All but a few are; where all are, the column is looked at as that."""
        bad = sum(int(self.counts[self.places[one]]) for one, is_fine in fine.items() if not is_fine)
        if not bad and known:
            raise Again(self.column, Kind(kind, False, month_first))
        return bool(bad) and bad * 4 < known


class Dates:
    """A column of dates, as days."""

    def __init__(self, cells: Cells, column: int, kind: Kind) -> None:
        self.cells, self.column, self.kind = cells, column, kind
        self.days = Days(month_first=kind.month_first)
        self.sum, self.gaps, self.known, self.bad, self.gap = 0.0, 0, 0, 0, 0
        self.first: tuple[str, int] | None = None
        self._tells: list[bool] = [False, False, False]

    def see(self, texts: Sequence[str], lines: Array) -> Array:
        """NaN in the gaps."""
        found = self.days.of(texts)
        for at in np.flatnonzero(np.isnan(found)).tolist():
            if texts[at].lower() in MISSING:
                self.gap = self.gap or int(lines[at])
            else:
                self.first = self.first or (texts[at], int(lines[at]))
                self.bad += 1
        self.known += int((~np.isnan(found)).sum())
        different = [one for one in set(texts) if one.lower() not in MISSING]
        told, day = month_first(different), month_first([*different, MONTH_FIRST]) is False
        self._tells = [a or b for a, b in zip(self._tells, (day, told is True, told is None), strict=True)]
        return found

    def keep(self, days: Array) -> None:
        self.sum += float(np.nansum(days))
        self.gaps += int(np.isnan(days).sum())

    @property
    def told(self) -> bool | None:
        """Whether 3/4/2026 is in March here; None where no cell tells."""
        day, month, some = self._tells
        return False if day else True if month else None if some else False

    def settle(self) -> None:
        if bool(self.told) != self.kind.month_first:
            raise Again(self.column, Kind("date", self.kind.sure, bool(self.told)))
        if self.first is not None:
            if not self.kind.sure and self.bad * 4 >= self.bad + self.known:
                raise Again(self.column, Kind("words"))
            raise self.cells.wrong(no_date(self.first[0]), self.column, self.first[1])

    def notes(self, name: str) -> list[str]:
        said = [f"The dates of {name!r} became days since the start of 2000."]
        if self.told is None:
            said.append(f"The dates of {name!r} were read with the day first: none of them tells.")
        return said


class Days:
    """Days of cells, some of which are remembered."""

    def __init__(self, *, month_first: bool) -> None:
        self.month_first = month_first
        self._known: dict[str, float] = {}

    def of(self, texts: Sequence[str]) -> Array:
        """NaN where a cell is no date."""
        return np.array([self._day(one) for one in texts], np.float64)

    def _day(self, text: str) -> float:
        found = self._known.get(text)
        if found is None:
            day = None if text.lower() in MISSING else days_of(text, month_first=self.month_first)
            found = float("nan") if day is None else day
            if len(self._known) < REMEMBERED:
                self._known[text] = found
        return found


def first_gap(columns: Sequence[Words | Dates]) -> None:
    """Stops at the first line that lacks a value in one of these."""
    there = [one for one in columns if one.gap]
    if there:
        one = min(there, key=lambda one: one.gap)
        raise one.cells.wrong(GAP, one.column, one.gap)
