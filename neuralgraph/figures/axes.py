"""Axes: from numbers to pixels, with round ticks, hairlines and words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.figures.marks import Box, Line, Mark, Text
from neuralgraph.figures.words import cut, spelled, width

Array = NDArray[Any]
Range = tuple[float, float]
FIELD, PLANE = 64.0, 112.0
"""The field is never lower, however little room there is: of curves and bars; where both axes count as much."""
DOWN, ACROSS = 8, 10
"""So many ticks an axis has, at most about: upright, level."""


def span(values: Iterable[Array], *, log: bool = False, room: float = 0.04) -> Range:
    """From the least to the most of all that is finite, with some room; (0, 1) where there is nothing."""
    kept = [one[np.isfinite(one) & ((one > 0) if log else True)] for one in (np.asarray(v, float) for v in values)]
    kept = [one for one in kept if one.size]
    if not kept:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = float(min(one.min() for one in kept)), float(max(one.max() for one in kept))
    if log:
        return (low, high) if high > low else (low / 3, high * 3)
    if high == low:
        reach = abs(low) * 0.5 or 0.5
        return low - reach, high + reach
    return low - (high - low) * room, high + (high - low) * room


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers between two, at most about `most` of them."""
    if not high > low or not math.isfinite(high - low):
        return [low]
    rough = (high - low) / max(most, 1)
    ten = 10.0 ** math.floor(math.log10(rough))
    step = next(one * ten for one in (1, 2, 2.5, 5, 10) if one * ten >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Powers of ten between two; where there are not two of them, round numbers."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first < 1:
        return [one for one in ticks(low, high, most) if one > 0]
    step = max(1, math.ceil((last - first + 1) / max(most, 1)))
    return [10.0**n for n in range(first, last + 1, step)]


@dataclass(frozen=True)
class Axes:
    """The field in which numbers are drawn: `box` in pixels, ranges in numbers."""

    box: Box
    x_range: Range
    y_range: Range
    log_x: bool = False
    log_y: bool = False
    sides: Range = (-math.inf, math.inf)
    """How far to the left and to the right words may go."""

    def x(self, values: Any) -> Any:
        return self.box[0] + _share(values, self.x_range, self.log_x) * self.box[2]

    def y(self, values: Any) -> Any:
        return self.box[1] + (1 - _share(values, self.y_range, self.log_y)) * self.box[3]

    def points(self, x: Array, y: Array) -> Array:
        """(n, 2) pixels."""
        return np.stack([self.x(np.asarray(x, float)), self.y(np.asarray(y, float))], axis=1)

    def marks(self, x_label: str = "", y_label: str = "", *, x_ticks: bool = True, lines: bool = True,
              whole_x: bool = False) -> list[Mark]:
        """Hairlines, ticks and labels around the field; without `lines` nothing is drawn across it.

        With `whole_x` what is counted on the x-axis has no halves.
        """
        left, top, wide, high = self.box
        found: list[Mark] = []
        for value in self._ticks(self.y_range, self.log_y, _most(high, 36, DOWN)):
            at = float(self.y(value))
            found += [Line(np.array([(left, at), (left + wide, at)]) if lines else
                           np.array([(left - 4, at), (left, at)]), "hairline" if lines else "outline", 1),
                      Text(left - 6, at + 4, tick(value), "text2", 11, align="right")]
        base = top + high
        found.append(Line(np.array([(left, base), (left + wide, base)]), "outline", 1))
        if x_ticks:
            chosen = self._ticks(self.x_range, self.log_x, _most(wide, 64, ACROSS))
            halves = whole_x and not all(float(value).is_integer() for value in chosen)
            for value in _whole(self.x_range, len(chosen)) if halves else chosen:
                at = float(self.x(value))
                found += [Line(np.array([(at, base), (at, base + 4)]), "outline", 1),
                          Text(at, base + 16, tick(value), "text2", 11, align="middle")]
        if x_label:
            found.append(self._below(x_label, base + (31 if x_ticks else 16)))
        if y_label:
            found.append(Text(left - 6, top - 7, cut(y_label, 11, self.sides[1] - left + 6, 500), "text2", 11, 500))
        return found

    def _below(self, label: str, base: float) -> Text:
        """The name of the level axis: in the middle of the field, moved where it would go over an edge."""
        label = cut(label, 11, self.sides[1] - self.sides[0], 500)
        half = width(label, 11, 500) / 2
        middle = min(max(self.box[0] + self.box[2] / 2, self.sides[0] + half), self.sides[1] - half)
        return Text(middle, base, label, "text2", 11, 500, "middle")

    def end(self, x_label: str = "") -> float:
        """Where the words below the field end."""
        return self.box[1] + self.box[3] + (34 if x_label else 18)

    @staticmethod
    def _ticks(ends: Range, log: bool, most: int) -> list[float]:
        """Two at least, where that takes no more than a few more: one alone gives no scale."""
        found: list[float] = []
        for more in range(4):
            found = log_ticks(*ends, most + more) if log else ticks(*ends, most + more)
            if len(found) > 1:
                break
        return found


def axes(box: Box, x_range: Range, y_range: Range, *, x_label: str = "", y_label: str = "", log_x: bool = False,
         log_y: bool = False, x_ticks: bool = True, square: bool = False, least: float = FIELD) -> Axes:
    """Axes inside a box, with as much room at the sides as their words need; lower than the box where their field
    would be less than `least` high."""
    x, y, wide, high = box
    top = 18 if y_label else 6
    bottom = (18 if x_ticks else 4) + (16 if x_label else 0)
    inner = max(high - top - bottom, least)
    shown = Axes._ticks(y_range, log_y, _most(inner, 36, DOWN))
    left = 12 + max((width(tick(one), 11) for one in shown), default=0)
    field = (x + left, y + top, max(wide - left - 10, 20), inner)
    if square:
        side = min(field[2], field[3])
        field = (field[0] + (field[2] - side) / 2, field[1], side, side)
    return Axes(field, x_range, y_range, log_x, log_y, (x, x + wide))


def _most(room: float, each: float, most: int) -> int:
    """So many ticks suit this room."""
    return min(max(2, int(room / each)), most)


def _whole(ends: Range, most: int) -> list[float]:
    """Whole numbers between two, at most about so many."""
    step = max(1, math.ceil((ends[1] - ends[0]) / max(most, 1) - 1e-9))
    step = next((one for one in (1, 2, 5, 10) if one >= step), step)
    first = math.ceil(ends[0] / step - 1e-9) * step
    return [float(one) for one in range(first, math.floor(ends[1] + 1e-9) + 1, step)]


def tick(value: float) -> str:
    """A round number as short as it goes."""
    if value == 0:
        return "0"
    if abs(value) >= 1_000_000 or abs(value) < 0.001:
        mantissa, _, power = f"{value:.2g}".partition("e")
        if power:
            return f"{mantissa}e{int(power)}".replace("-", "−")
        return f"{value:,.0f}".replace("-", "−") if abs(value) >= 1 else spelled(value)
    return f"{value:,.6g}".replace("-", "−")


def _share(values: Any, ends: Range, log: bool) -> Any:
    values = np.asarray(values, dtype=float)
    if log:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.where(values > 0, np.log10(np.where(values > 0, values, 1)), np.nan)
        ends = math.log10(ends[0]), math.log10(ends[1])
    return (values - ends[0]) / ((ends[1] - ends[0]) or 1.0)
