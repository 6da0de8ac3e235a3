"""Index text as in numpy, `:, 1:`, read without running it."""

from __future__ import annotations

import re
from types import EllipsisType
from typing import TypeAlias

from neuralgraph.errors import ParameterError

Index: TypeAlias = int | slice | EllipsisType
"""One entry of an index: a position, a range, or `...`."""

LARGEST = 2**31 - 1
_NUMBER = r"\s*(-?\d{1,10})?\s*"
_ENTRY = re.compile(rf"{_NUMBER}(?:(:){_NUMBER}(?:(:){_NUMBER})?)?")


def parse(text: str, parameter: str = "index") -> tuple[Index, ...]:
    """`":, 1:"` → `(slice(None), slice(1, None))`; a `ParameterError` that shows the entry it cannot read."""
    entries = tuple(_entry(part, parameter) for part in text.split(","))
    if len(entries) > 16 or sum(one is Ellipsis for one in entries) > 1:
        raise ParameterError(f"{parameter} takes at most 16 entries and one «...».", parameter=parameter)
    return entries


def _entry(text: str, parameter: str) -> Index:
    if text.strip() == "...":
        return Ellipsis
    found = _ENTRY.fullmatch(text)
    if found is None or not text.strip():
        raise ParameterError(
            f"{parameter} expects entries like «:», «1:», «0:3», «-1» or «...», not «{text.strip()[:30]}».",
            parameter=parameter)
    start, colon, stop, _, step = found.groups()
    numbers = [None if one is None else int(one) for one in (start, stop, step)]
    if any(one is not None and abs(one) > LARGEST for one in numbers):
        raise ParameterError(f"{parameter} has a number that is too large.", parameter=parameter)
    if colon is None:
        return int(start)
    if step is not None and int(step) < 1:
        raise ParameterError(f"{parameter} has a step of {step}; steps are 1 or more.", parameter=parameter)
    return slice(*numbers)
