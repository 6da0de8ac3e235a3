"""Dates as numbers: days since the first of January 2000, with the time of day as a fraction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

START = datetime(2000, 1, 1)
_TIME = r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*(?:Z|([+-]\d{2}):?(\d{2}))?"
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?" + _TIME)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4})" + _TIME)


def days_of(cell: str, *, month_first: bool = False) -> float | None:
    """What a cell says, or None where it is no date: 2026-11-21, 2026-11, 21.11.2026, 21/11/2026, with 13:05:00."""
    if found := _YEAR_FIRST.fullmatch(cell):
        year, month, day, *rest = found.groups()
    elif found := _YEAR_LAST.fullmatch(cell):
        one, sign, two, year, *rest = found.groups()
        day, month = (two, one) if month_first and sign != "." else (one, two)
    else:
        return None
    hour, minute, second, over, past = rest
    try:
        moment = datetime(int(year), int(month), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0))
        if over:
            ahead = timedelta(hours=int(over), minutes=int(past) * (-1 if over[0] == "-" else 1))
            moment -= ahead
    except (ValueError, OverflowError):
        return None
    return (moment - START).total_seconds() / 86_400


def date_of(days: float) -> str:
    """The same the other way: 2026-11-21, with 13:05:00 where it is not midnight; "" where no calendar reaches."""
    try:
        moment = START + timedelta(seconds=round(days * 86_400))
    except (OverflowError, ValueError):
        return ""
    return moment.isoformat(" ") if moment.hour or moment.minute or moment.second else moment.date().isoformat()


def month_first(cells: Sequence[str]) -> bool | None:
    """Whether 3/4/2026 is in March here; None where no cell tells."""
    found = [one for cell in cells if (one := _YEAR_LAST.fullmatch(cell)) and one[2] != "."]
    if any(int(one[1]) > 12 for one in found):
        return False
    if any(int(one[3]) > 12 for one in found):
        return True
    return None if found else False
