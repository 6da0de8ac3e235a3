"""A figure inside a box: title above, note below; each kind registers what stands between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import singledispatch

from neuralgraph.figures import shown
from neuralgraph.figures.marks import Box, Mark, Spots, Text
from neuralgraph.figures.words import cut, lines, minus

Body = tuple[list[Mark], Spots, float]
"""Marks, what can be read, and where the lowest of them ends."""
LEAST = 84.0
"""No figure is drawn lower than this."""
SPARE = 24.0
"""Figures that leave more of their room than this hand it to those that fill theirs."""
GOLDEN = 1.6
"""The width of a figure to its height, where there is a choice."""


def framed(what: shown.Shown, box: Box) -> Body:
    """A figure with its title and its note inside a box."""
    x, y, wide, high = box
    marks: list[Mark] = []
    for line in _headed(what.title, wide):
        marks.append(Text(x, y + 13, line, "text", 13, 600))
        y, high = y + 17, high - 17
    if what.title:
        y, high = y + 5, high - 5
    notes = lines(minus(what.note), 11, wide) if what.note else []
    room = 15.0 * len(notes) + (4 if notes else 0)
    body, spots, bottom = drawn(what, (x, y, wide, max(high - room, LEAST)))
    marks += body
    for number, line in enumerate(notes):
        marks.append(Text(x, bottom + 15 + 15 * number, line, "text2", 11))
    return marks, spots, bottom + room


def _headed(title: str, wide: float) -> list[str]:
    """The title in at most two lines."""
    found = lines(minus(title), 13, wide, 600)
    return [cut(one, 13, wide, 600) for one in [*found[:1], " ".join(found[1:])] if one]


@singledispatch
def drawn(what: shown.Shown, box: Box) -> Body:
    """Marks of a kind of figure inside a box."""
    raise TypeError(f"no drawing for {type(what).__name__}")


@drawn.register
def _(what: shown.Board, box: Box) -> Body:
    x, y, wide, high = box
    gap, across = what.spacing, what.across or suited(len(what.parts), wide / max(high, 1))
    rows = [what.parts[first : first + across] for first in range(0, len(what.parts), across)]
    shares = what.shares if len(what.shares) == len(rows) else (1.0,) * len(rows)
    sides = what.shares if len(what.shares) == across else (1.0,) * across
    room = max(high - gap * (len(rows) - 1), LEAST)
    places = [(wide - gap * (across - 1)) * side / sum(sides) for side in sides]
    talls = [room * share / sum(shares) for share in shares]
    built = _stacked(rows, (x, y), places, talls, gap)
    spare = [tall - used for tall, used in zip(talls, built[2], strict=True)]
    if len(rows) > 1 and sum(max(one, 0.0) for one in spare) > SPARE and any(one < SPARE for one in spare):
        fuller = [tall for tall, left in zip(talls, spare, strict=True) if left < SPARE]
        given = max(room - sum(built[2]), 0.0)
        talls = [tall + given * tall / sum(fuller) if left < SPARE else max(tall - left, 1.0)
                 for tall, left in zip(talls, spare, strict=True)]
        built = _stacked(rows, (x, y), places, talls, gap)
    marks, spots, used = built
    return marks, joined(spots), y + sum(used) + gap * (len(rows) - 1)


def _stacked(rows: Sequence[Sequence[shown.Shown]], corner: tuple[float, float], places: Sequence[float],
             talls: Sequence[float], gap: float) -> tuple[list[Mark], list[Spots], list[float]]:
    """Rows of figures one below the other: marks, what can be read, and the height that each row takes."""
    x, y = corner
    marks: list[Mark] = []
    spots: list[Spots] = []
    used: list[float] = []
    for row, tall in zip(rows, talls, strict=True):
        ends, left = [y], x
        headed = any(one.title for one in row)
        for each, one in zip(places, row, strict=False):
            lower = 22.0 if headed and not one.title else 0.0  # beside a figure with a title
            found, readable, bottom = framed(one, (left, y + lower, each, tall - lower))
            left += each + gap
            marks += found
            spots.append(readable)
            ends.append(bottom)
        used.append(max(ends) - y)
        y = max(ends) + gap
    return marks, spots, used


def suited(count: int, shape: float) -> int:
    """How many of `count` figures stand in a row of a room of this shape (width ÷ height), so that none is a strip."""
    return min(range(1, count + 1), default=1,
               key=lambda across: abs(math.log(shape * -(-count // across) / across / GOLDEN)))


def joined(parts: Sequence[Spots]) -> Spots:
    """The spots of several figures as those of one, one after the other."""
    parts = [one for one in parts if one.count]
    if len(parts) == 1:
        return parts[0]
    starts = [sum(one.count for one in parts[:n]) for n in range(len(parts))]

    def of(number: int) -> tuple[Spots, int]:
        part = max(n for n, start in enumerate(starts) if start <= number)
        return parts[part], number - starts[part]

    def at(x: float, y: float) -> int | None:
        for one, start in zip(parts, starts, strict=True):
            found = one.at(x, y)
            if found is not None:
                return start + found
        return None

    def asked(name: str) -> Callable[[int], object]:
        def answer(number: int) -> object:
            part, inside = of(number)
            return getattr(part, name)(inside)
        return answer

    return Spots(sum(one.count for one in parts), 1, asked("box"), at, asked("said"), asked("key"), asked("keys"),  # type: ignore[arg-type]
                 asked("entry"))  # type: ignore[arg-type]
