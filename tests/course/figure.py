"""A figure of the course: what is measured, with how many seeds, what the reference has, and what must hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, pstdev
from typing import Literal

Of = Literal["min", "median", "max", "sum", "deviation"]
FOLDS: Mapping[Of, Callable[[Sequence[float]], float]] = {
    "min": min, "median": median, "max": max, "sum": sum, "deviation": pstdev,
}


@dataclass(frozen=True)
class Bound:
    """What must hold over seeds: `least` ≤ fold ≤ `most`; with `beside`, the fold in that of another row's numbers."""

    of: Of
    least: float | None = None
    most: float | None = None
    beside: str = ""

    def holds(self, values: Sequence[float], others: Mapping[str, Sequence[float]]) -> bool:
        found = FOLDS[self.of](values)
        if self.beside:
            return found >= (self.least or 0.0) * FOLDS[self.of](others[self.beside])
        return (self.least is None or found >= self.least) and (self.most is None or found <= self.most)

    def words(self, row: Row, count: int) -> str:
        if self.beside:
            return f"{self.of} ≥ {self.least:g} × that of «{self.beside}»"
        name = f"of {count}" if self.of == "sum" else self.of
        shown = str if self.of == "sum" else row.shown
        if self.least is not None and self.most is not None:
            return f"{name} {shown(self.least)} … {shown(self.most)}"
        return f"{name} ≥ {shown(self.least)}" if self.least is not None else f"{name} ≤ {shown(self.most or 0)}"


@dataclass(frozen=True)
class Row:
    """One figure of a case; `key` is its name in what the case measures, `entry` that of the reference.

    `show` is how a number of it is written: "percent", "number", or "seeds" where it is 1 for a seed that succeeds.
    """

    key: str
    what: str
    entry: str
    reference: str
    bounds: tuple[Bound, ...]
    show: Literal["percent", "number", "seeds"] = "number"

    def shown(self, value: float | None) -> str:
        if value is None:
            return "-"
        return f"{100 * value:.1f} %" if self.show == "percent" else f"{value:.3g}"

    def found(self, values: Sequence[float]) -> str:
        if self.show == "seeds":
            return f"{int(sum(values))} of {len(values)}"
        return " / ".join(self.shown(FOLDS[one](values)) for one in ("min", "median", "max"))

    def holds(self, found: Mapping[str, Sequence[float]]) -> bool:
        return all(bound.holds(found[self.key], found) for bound in self.bounds)


@dataclass(frozen=True)
class Case:
    """What one training with each seed shows: `measure(seed)` gives a number for the key of every row."""

    name: str
    example: str
    how: str
    measure: Callable[[int], Mapping[str, float]]
    rows: tuple[Row, ...]
    seeds: int = 5


def least(value: float, of: Of = "min") -> tuple[Bound, ...]:
    return (Bound(of, least=value),)


def most(value: float, of: Of = "max") -> tuple[Bound, ...]:
    return (Bound(of, most=value),)


def between(low: float, high: float, of: Of = "median") -> tuple[Bound, ...]:
    return (Bound(of, low, high),)


def always(low: float, high: float) -> tuple[Bound, ...]:
    """Every seed lies there."""
    return Bound("min", least=low), Bound("max", most=high)
