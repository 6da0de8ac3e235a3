"""What a figure is made of: lines, boxes, dots, words and pictures at places in pixels; colours by their role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from neuralgraph.figures.colours import DARK_INK, LIGHT_INK, Map, Pixels, coloured, rgb, table
from neuralgraph.figures.words import seen
from neuralgraph.tokens import Tokens

Ink: TypeAlias = str
"""A role of `Tokens` ("text2"), "series:1", "kind:3" for a class, "signed:0.4" for a place on a map,
"on:viridis:0.7" for what can be read on the colour at a share of one; "" is nothing. "…@0.3" lets
the ground through."""
Box: TypeAlias = tuple[float, float, float, float]
"""x, y, width and height."""


@dataclass(frozen=True, eq=False)
class Line:
    """A line through `points` (n, 2); NaN is a gap. With `fill` it is closed and filled."""

    points: NDArray[Any]
    ink: Ink = "text"
    width: float = 1.2
    dash: tuple[float, ...] = ()
    fill: Ink = ""


@dataclass(frozen=True, eq=False)
class Rect:
    """A box with round corners."""

    box: Box
    fill: Ink = ""
    ink: Ink = ""
    width: float = 1.2
    radius: float = 0.0


@dataclass(frozen=True, eq=False)
class Dots:
    """Samples at `points` (n, 2): shape and colour by kind, with a white rim; `size` 1 is 9 px across."""

    points: NDArray[Any]
    kinds: NDArray[Any]
    size: float = 1.0


@dataclass(frozen=True, eq=False)
class Text:
    """Words whose baseline begins, is centred or ends at (x, y); `turn` is in degrees, clockwise."""

    x: float
    y: float
    text: str
    ink: Ink = "text2"
    size: float = 11.0
    weight: int = 400
    align: Literal["left", "middle", "right"] = "left"
    turn: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", seen(self.text))  # no typeface sets the end of a line


@dataclass(frozen=True, eq=False)
class Picture:
    """`values` (rows, columns) on a map between two ends, or (rows, columns, 3) bytes; row 0 on top.

    On the map "classes" they are numbers of classes. `strength` below 1 mixes it with the ground.
    """

    box: Box
    values: NDArray[Any]
    map: Map | Literal["classes"] = "signed"
    low: float = -1.0
    high: float = 1.0
    smooth: bool = False
    strength: float = 1.0
    cover: float = 1.0
    """Below 1 what is under it shines through."""


Mark: TypeAlias = Line | Rect | Dots | Text | Picture


@dataclass(frozen=True, eq=False)
class Spots:
    """The places of a figure that can be read out, `across` in a row. Functions of the number of a spot."""

    count: int = 0
    across: int = 1
    box: Callable[[int], Box] = field(default=lambda _: (0.0, 0.0, 0.0, 0.0))
    at: Callable[[float, float], int | None] = field(default=lambda _x, _y: None)
    said: Callable[[int], str] = field(default=lambda _: "")
    key: Callable[[int], int | None] = field(default=lambda _: None)
    keys: Callable[[int], tuple[int, ...]] = field(default=lambda _: ())
    """All that a spot stands for, where it is several."""
    entry: Callable[[int], int | None] = field(default=lambda _: None)
    """Which entry of a `Pen` it is, where a hand may change it."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure of so many pixels. `height` can be more than was offered: it scrolls then."""

    width: float
    height: float
    marks: tuple[Mark, ...] = ()
    spots: Spots = field(default_factory=Spots)


def magnified(drawing: Drawing, by: float) -> Drawing:
    """The same drawing `by` times as large, in all its parts."""
    if by == 1:
        return drawing
    spots = drawing.spots
    return Drawing(drawing.width * by, drawing.height * by, tuple(_magnified(one, by) for one in drawing.marks),
                   replace(spots, box=lambda spot: _times(spots.box(spot), by),
                           at=lambda x, y: spots.at(x / by, y / by)))


def _magnified(mark: Mark, by: float) -> Mark:
    match mark:
        case Line():
            return replace(mark, points=np.asarray(mark.points, float) * by, width=mark.width * by)
        case Rect():
            return replace(mark, box=_times(mark.box, by), width=mark.width * by, radius=mark.radius * by)
        case Dots():
            return replace(mark, points=np.asarray(mark.points, float) * by, size=mark.size * by)
        case Text():
            return replace(mark, x=mark.x * by, y=mark.y * by, size=mark.size * by)
        case Picture():
            return replace(mark, box=_times(mark.box, by))


def _times(box: Box, by: float) -> Box:
    x, y, wide, high = box
    return x * by, y * by, wide * by, high * by


KINDS = ("negative", "positive", "series:0", "series:1", "series:2", "series:3")
"""The colours of classes, in order; shapes tell them apart as well."""
SHAPES: tuple[NDArray[Any], ...] = (
    np.array([(0, -5.2), (5, 4), (-5, 4)]),
    np.array([(4.4 * np.sin(a), -4.4 * np.cos(a)) for a in np.linspace(0, 2 * np.pi, 20, endpoint=False)]),
    np.array([(-4, -4), (4, -4), (4, 4), (-4, 4)]),
    np.array([(0, -5.4), (5.4, 0), (0, 5.4), (-5.4, 0)]),
    np.array([(0, 5.2), (5, -4), (-5, -4)]),
    np.array([(-1.7, -5), (1.7, -5), (1.7, -1.7), (5, -1.7), (5, 1.7), (1.7, 1.7), (1.7, 5), (-1.7, 5), (-1.7, 1.7),
              (-5, 1.7), (-5, -1.7), (-1.7, -1.7)]),
    np.array([(5.4 * np.sin(a), -5.4 * np.cos(a)) for a in np.linspace(0, 2 * np.pi, 5, endpoint=False)]),
    np.array([((5.8 if n % 2 == 0 else 2.5) * np.sin(a), (-5.8 if n % 2 == 0 else -2.5) * np.cos(a))
              for n, a in enumerate(np.linspace(0, 2 * np.pi, 10, endpoint=False))]),
)
"""Outlines of the dots of each class, around their middle."""


def shape(kind: int) -> NDArray[Any]:
    """The outline of the dots of a class."""
    return SHAPES[kind % len(SHAPES)]


def colour(tokens: Tokens, ink: Ink) -> tuple[int, int, int, float]:
    """Red, green, blue (0 … 255) and how much it covers (0 … 1) in a theme."""
    ink, _, share = ink.partition("@")
    return (*_solid(tokens, ink.strip()), float(share) if share else 1.0)


def _solid(tokens: Tokens, ink: str) -> tuple[int, int, int]:
    role, _, place = ink.partition(":")
    match role:
        case "series":
            return rgb(tokens.series[int(place) % len(tokens.series)])
        case "kind":
            return _solid(tokens, KINDS[int(place) % len(KINDS)])
        case "signed":
            return _at(tokens, "signed", (float(place) + 1) / 2)
        case "viridis":
            return _at(tokens, "viridis", float(place))
        case "on":
            which, _, share = place.partition(":")
            ground = np.array(_at(tokens, which, float(share)), float)
            return rgb(DARK_INK if ground @ (0.299, 0.587, 0.114) > 128 else LIGHT_INK)
        case _:
            return rgb(str(getattr(tokens, role)))


def _at(tokens: Tokens, which: str, share: float) -> tuple[int, int, int]:
    red, green, blue = table(tokens, which)[int(np.clip(share * 511, 0, 511))]  # type: ignore[arg-type]
    return int(red), int(green), int(blue)


def pixels(what: Picture, tokens: Tokens) -> Pixels:
    """The picture as (rows, columns, 3) bytes in a theme."""
    if what.values.ndim == 3:
        found = np.asarray(what.values, np.uint8)
    elif what.map == "classes":
        inks = np.array([_solid(tokens, one) for one in KINDS], np.uint8)
        found = inks[np.asarray(what.values, np.int64) % len(KINDS)]
    else:
        found = coloured(np.asarray(what.values, float), tokens, what.map, what.low, what.high)
    if what.strength < 1:
        ground = np.array(rgb(tokens.panel), float)
        found = np.asarray(ground + (found - ground) * what.strength, np.uint8)
    return np.ascontiguousarray(found)
