"""What the columns of a table hold: numbers, dates, categories or running text; found out, or as somebody says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neuralgraph.data.dates import days_of, month_first
from neuralgraph.data.delivery import Array
from neuralgraph.data.tabular import MISSING, MOST, Table, huge, number_of, short
from neuralgraph.errors import DataError
from neuralgraph.spec.columns import Column

NAMES = 20
"""More different texts than this, and more than one for every two rows, are names or remarks, not categories."""
LISTED = 12
"""So many categories or cells of a column are shown."""
Wishes = Mapping[str, tuple[str, str]]
"""Role and kind by the name of the column."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A column as it was understood. `values` are numbers with NaN in the gaps; None of texts."""

    kind: str
    values: Array | None
    gaps: Array
    notes: tuple[str, ...] = ()
    month_first: bool = False

    def taken(self, rows: Sequence[int]) -> Read:
        """The same for some of the rows."""
        values = None if self.values is None else self.values[rows]
        return replace(self, values=values, gaps=self.gaps[rows])


def read_column(table: Table, column: int, wish: str, month_first: bool | None = None) -> Read:
    """The column as the kind that is wished; a `DataError` names the cell that is not of that kind.

    `month_first` says how 3/4/2026 is meant; else the column tells.
    """
    key = (column, wish, month_first)
    if key not in table.memo:
        table.memo[key] = _read(table, column, wish, month_first)
    found = table.memo[key]
    assert isinstance(found, Read)
    order = found.month_first if found.kind == "date" else None
    table.memo.setdefault((column, found.kind, order), found)  # asked for by its kind, it is the same
    return found


def _read(table: Table, column: int, wish: str, order: bool | None) -> Read:
    cells = [row[column] for row in table.rows]
    gaps = np.array([cell.lower() in MISSING for cell in cells])
    if wish in ("auto", "number"):
        numbers = _numbers(table, column, gaps, sure=wish == "number")
        if numbers is not None:
            return Read("number", numbers, gaps)
    if wish in ("auto", "date"):
        found = _dates(table, column, gaps, order, sure=wish == "date")
        if found is not None:
            return found
    if wish == "auto":
        different = len({cell for cell, gap in zip(cells, gaps, strict=True) if not gap})
        names = different > NAMES and different * 2 > len(cells) - int(gaps.sum())
        wish = "text" if names or different > MOST["categories"] else "category"
    return Read(wish, None, gaps)


def _numbers(table: Table, column: int, gaps: Array, *, sure: bool) -> Array | None:
    """NaN in the gaps; None where it is text; an error where a few cells of a column of numbers are not."""
    values = [None if gap else number_of(row[column], table.comma)
              for row, gap in zip(table.rows, gaps, strict=True)]
    bad = [at for at, value in enumerate(values) if value is None and not gaps[at]]
    at = next((at for at, value in enumerate(values) if value is not None and not abs(value) < 3.4e38), None)
    if at is not None:
        raise table.wrong(huge(table.rows[at][column]), at, column)
    if not bad:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    odd = [at for at in bad if number_of(table.rows[at][column], not table.comma) is not None]
    if len(odd) == len(bad):
        raise table.wrong(other_sign(table.rows[bad[0]][column], comma=table.comma), bad[0], column)
    if sure or len(bad) * 4 < len(values) - int(gaps.sum()):
        raise table.wrong(no_number(table.rows[bad[0]][column]), bad[0], column)
    return None


def _dates(table: Table, column: int, gaps: Array, order: bool | None, *, sure: bool) -> Read | None:
    """Days since the start of 2000; None where it is no column of dates."""
    cells = [row[column] for row in table.rows]
    told = month_first([cell for cell, gap in zip(cells, gaps, strict=True) if not gap]) if order is None else order
    days = [None if gap else days_of(cell, month_first=bool(told)) for cell, gap in zip(cells, gaps, strict=True)]
    bad = [at for at, day in enumerate(days) if day is None and not gaps[at]]
    if bad and (sure or len(bad) * 4 < len(cells) - int(gaps.sum())):
        raise table.wrong(no_date(cells[bad[0]]), bad[0], column)
    if bad or (gaps.all() and not sure):
        return None
    name = table.names[column]
    notes = [f"The dates of {name!r} became days since the start of 2000."]
    if told is None:
        notes.append(f"The dates of {name!r} were read with the day first: none of them tells.")
    values = np.array([np.nan if day is None else day for day in days])
    return Read("date", values, gaps, tuple(notes), bool(told))


def other_sign(cell: str, *, comma: bool) -> str:
    """A number with the decimal sign that the table does not use."""
    here, there = ("a decimal comma", "a point") if comma else ("a decimal point", "a comma")
    return (f"{short(cell)} is written with {there}, but numbers of this table have {here}. Use one sign, and none "
            "between thousands.")


def no_number(cell: str) -> str:
    """Words among numbers."""
    return (f"{short(cell)} is not a number, like the others there. Correct it, leave it empty (a missing value), or "
            "make the column a category.")


def no_date(cell: str) -> str:
    """Something else among dates, or a day that no calendar has."""
    return (f"{short(cell)} is no date such as 2026-11-21 or 21.11.2026. Correct it, leave it empty (a missing value), "
            "or leave the column out.")


def categories(table: Table, column: int) -> Counter[str]:
    """How often each text stands in a column, gaps aside, in the order of their names."""
    counted = Counter(row[column] for row in table.rows if row[column].lower() not in MISSING)
    return Counter({name: counted[name] for name in sorted(counted)})


def roles(table: Table, target: str, wishes: Wishes) -> list[str]:
    """input, target or left out for every column; `target` counts where no column is wished for."""
    from neuralgraph.data.tabular import column_of

    stray = next((name for name, wish in wishes.items() if name not in table.names and wish[0] == "target"), None)
    if stray is not None:
        column_of(table, stray)
    found = [wishes.get(name, ("auto", "auto"))[0] for name in table.names]
    usual = column_of(table, target) if "target" not in found else -1
    return ["input" if role == "auto" and at != usual else "target" if role == "auto" else role
            for at, role in enumerate(found)]


def listed(table: Table, target: str, wishes: Wishes) -> tuple[Column, ...]:
    """Every column as a form shows it; what cannot be used says so, and the others are shown all the same."""
    used = roles(table, target, wishes)
    return tuple(_listed(table, at, used[at], wishes.get(name, ("auto", "auto"))[1])
                 for at, name in enumerate(table.names))


def _listed(table: Table, column: int, role: str, wish: str) -> Column:
    trouble = ""
    try:
        kind = read_column(table, column, wish).kind
    except DataError as error:
        kind, trouble = "number" if wish == "auto" else wish, str(error)
    counted = categories(table, column)
    missing = len(table.rows) - counted.total()
    if kind == "text" and role == "input":
        role = "left out"
    seen = list(counted) if kind == "category" else [
        one for one in dict.fromkeys(row[column] for row in table.rows[:LISTED]) if one in counted]
    shown = tuple(one if len(one) <= 40 else f"{one[:39]}…" for one in seen[:LISTED])
    return Column(table.names[column], role, kind, wish, shown, len(counted), missing, trouble)
