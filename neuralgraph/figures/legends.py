"""Legends: what each line or dot stands for, in as many rows above the field as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuralgraph.figures.marks import Box, Dots, Line, Mark, Text
from neuralgraph.figures.words import cut, width

ROW = 18.0
"""The height of a row of a legend."""
MOST = 3
"""So many rows, at most."""
Ink = tuple[str, tuple[float, ...]]


def places(wides: Sequence[float], room: float) -> list[tuple[float, int]]:
    """Where entries of these widths stand, as (x, row); as many as the rows hold."""
    found: list[tuple[float, int]] = []
    x, row = 0.0, 0
    for wide in wides:
        if x and x + wide > room:
            x, row = 0.0, row + 1
        if row == MOST:
            break
        found.append((x, row))
        x += wide
    return found


def height(wides: Sequence[float], room: float) -> float:
    """What a legend takes of the figure; 0 for none."""
    return ROW * (1 + max((row for _, row in places(wides, room)), default=-1))


def line_widths(names: Sequence[str]) -> list[float]:
    """Room for a short line and a name each."""
    return [width(name, 11) + 40 for name in names]


def legend_of(names: Sequence[str], inks: Sequence[Ink], box: Box) -> list[Mark]:
    """A short line of each curve with its name, above the field."""
    marks = list[Mark]()
    found = places(line_widths(names), box[2] + 12)
    for (left, row), name, (ink, dash) in zip(found, names, inks, strict=False):
        x, y = box[0] + 4 + left, box[1] + 11 + row * ROW
        marks += [Line(np.array([(x, y - 4), (x + 20, y - 4)]), ink, 2.2, dash),
                  Text(x + 25, y, cut(name, 11, box[2] - 30), "text2", 11)]
    return marks + _rest(len(names) - len(found), box)


def kind_names(names: Sequence[str], present: Sequence[int]) -> list[str]:
    """The names of the classes that are there; the first of bare numbers or letters says what they are."""
    bare = all(len(names[kind]) < 3 for kind in present)
    return [f"class {names[kind]}" if bare and not place else names[kind] for place, kind in enumerate(present)]


def kind_widths(names: Sequence[str]) -> list[float]:
    """Room for a dot and a name each."""
    return [width(name, 11) + 28 for name in names]


def legend_of_kinds(names: Sequence[str], present: Sequence[int], box: Box) -> list[Mark]:
    """A dot of each class with its name, above the field."""
    marks, spelled = list[Mark](), kind_names(names, present)
    found = places(kind_widths(spelled), box[2] + 8)
    for (left, row), name, kind in zip(found, spelled, present, strict=False):
        x, y = box[0] + 10 + left, box[1] + 11 + row * ROW
        marks += [Dots(np.array([(x, y - 4.0)]), np.array([kind]), 0.85),
                  Text(x + 9, y, cut(name, 11, box[2] - 20), "text2", 11)]
    return marks + _rest(len(present) - len(found), box)


def _rest(count: int, box: Box) -> list[Mark]:
    return [Text(box[0] + box[2], box[1] - 7, f"{count} more", "text2", 11, align="right")] if count > 0 else []
