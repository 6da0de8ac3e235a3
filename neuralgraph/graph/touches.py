"""What somebody tries on a network by hand: numbers changed, units held, nodes skipped. Nothing of it is learnt."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from neuralgraph.errors import ParameterError
from neuralgraph.graph.frozen import FrozenDict

Place = tuple[int | None, ...]
"""An index of an array; None is all along that axis, and so are the axes that are missing at the end."""
MEAN: Literal["mean"] = "mean"
Level = float | Literal["mean"]
MOST = 100_000
"""So many places are touched, at most."""
_NAMED = re.compile(r"([A-Za-z_][\w.]*)?\s*(?:\[([^\]]*)\])?")


@dataclass(frozen=True, order=True, slots=True)
class Spot:
    """One place of a node: of its parameter, or of its output (the axis of the samples left out of `at`)."""

    node: str
    name: str
    at: Place = ()

    def __str__(self) -> str:
        inside = ", ".join(":" if one is None else str(one) for one in self.at)
        return f"{self.node} {self.name}[{inside}]" if self.at else f"{self.node} {self.name}"


@dataclass(frozen=True)
class Touches:
    """`numbers` of parameters, outputs `held` at a number or at their mean over the training rows, nodes `skipped`."""

    numbers: Mapping[Spot, float] = field(default_factory=dict)
    held: Mapping[Spot, Level] = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.numbers) + len(self.held) + len(self.skipped)

    def number(self, spot: Spot, value: float) -> Touches:
        """The same with a number of a parameter changed."""
        return Touches({**self.numbers, spot: _finite(spot, value)}, self.held, self.skipped)

    def hold(self, spot: Spot, level: Level) -> Touches:
        """The same with an output held."""
        return Touches(self.numbers, {**self.held, spot: level if level == MEAN else _finite(spot, level)},
                       self.skipped)

    def skip(self, node: str) -> Touches:
        """The same with a node that hands on what it gets."""
        return Touches(self.numbers, self.held, self.skipped | {node})

    def without(self, one: Spot | str) -> Touches:
        """The same with a place, or a skipped node, as it was."""
        return Touches({spot: value for spot, value in self.numbers.items() if spot != one},
                       {spot: value for spot, value in self.held.items() if spot != one}, self.skipped - {str(one)})

    @property
    def key(self) -> tuple[Any, ...]:
        """The same for the same touches."""
        return FrozenDict({str(spot): value for spot, value in self.numbers.items()}), \
            FrozenDict({str(spot): value for spot, value in self.held.items()}), self.skipped

    def said(self) -> str:
        """«3 numbers changed, 1 held, linear_1 skipped»."""
        parts = [_count(len(self.numbers), "changed") if self.numbers else "",
                 _count(len(self.held), "held") if self.held else "",
                 f"{', '.join(sorted(self.skipped))} skipped" if self.skipped else ""]
        return ", ".join(part for part in parts if part) or "nothing touched"


def named(text: str) -> tuple[str, Place]:
    """«weight[3, 2]» as a name and a place, «[3]» as that of an output without a name; `ParameterError` else."""
    found = _NAMED.fullmatch(text.strip())
    if found is None or not text.strip():
        raise ParameterError(f"{text!r} is no place. Write it as «weight[3, 2]», «bias[0]» or «[3]» for a unit.")
    try:
        inside = (found[2] or "").strip()
        at = tuple(None if part.strip() == ":" else int(part) for part in inside.split(",")) if inside else ()
    except ValueError:
        raise ParameterError(f"{text!r}: within the brackets stand whole numbers from 0, or «:» for all.") from None
    if any(one is not None and one < 0 for one in at):
        raise ParameterError(f"{text!r}: places are counted from 0 on.")
    return found[1] or "", at


def _finite(spot: Spot, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ParameterError(f"{spot} expects a finite number, not {value!r}.", parameter=spot.name)
    return float(value)


def _count(number: int, what: str) -> str:
    return f"{number:,} number{'s' if number != 1 else ''} {what}" if what == "changed" else f"{number:,} {what}"
