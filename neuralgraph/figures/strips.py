"""Strips: a dot for every run, one strip for every figure, with its least, median and greatest in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuralgraph.figures.axes import span, tick, ticks
from neuralgraph.figures.layout import Body, drawn
from neuralgraph.figures.marks import Box, Dots, Line, Mark, Spots, Text
from neuralgraph.figures.shown import Strips
from neuralgraph.figures.words import cut, minus, width

ROW, HEAD, AXIS = 70.0, 20.0, 18.0
DOT, REACH = 9.0, 13.0
"""A dot is so wide; dots are shifted by at most so much where they would lie on one another."""


@drawn.register
def _strips(what: Strips, box: Box) -> Body:
    x, y, wide, high = box
    row = min(max(high / max(len(what.names), 1), ROW), 1.6 * ROW)
    marks: list[Mark] = []
    places: list[tuple[int, int, float, float]] = []
    for figure, name in enumerate(what.names):
        top = y + figure * row
        marks += _headed(what, figure, name, (x, top, wide, HEAD))
        found, dots = _strip(what.values[:, figure], what.marks(figure), (x + 8, top + HEAD, wide - 16, row - HEAD))
        marks += found
        places += [(figure, run, *dots[run]) for run in range(len(dots)) if np.isfinite(dots[run]).all()]
    return marks, _spots(what, places), y + row * len(what.names)


def _headed(what: Strips, figure: int, name: str, box: Box) -> list[Mark]:
    """The name of a figure, and its three numbers in words: beside it, or cut to what there is room for."""
    x, y, wide, _ = box
    low, middle, high = (minus(f"{one:.4g}") for one in what.marks(figure))
    said = f"min {low} · median {middle} · max {high}"
    if width(said, 11) > wide - 90:
        said = f"{low} · {middle} · {high}"
    room = wide - width(said, 11) - 12
    return [Text(x, y + 13, cut(name, 12, max(room, 40), 600), "text", 12, 600),
            Text(x + wide, y + 13, said, "text2", 11, align="right")]


def _strip(values: NDArray[np.float64], three: tuple[float, float, float], box: Box
           ) -> tuple[list[Mark], NDArray[np.float64]]:
    """The axis of a strip, its dots, and their places; ends and middle are lines of their own."""
    x, y, wide, high = box
    base = y + high - AXIS
    middle = (y + base) / 2
    low, top = span([values], room=0.06)

    def across(value: float) -> float:
        return x + wide * (value - low) / (top - low)

    marks: list[Mark] = [Line(np.array([(x, base), (x + wide, base)]), "outline", 1)]
    for one in ticks(low, top, max(2, int(wide / 72))):
        at = across(one)
        marks += [Line(np.array([(at, base), (at, base + 4)]), "outline", 1),
                  Text(at, base + 15, tick(one), "text2", 10.5, align="middle")]
    if np.isfinite(three[1]):
        tall = (base - y) / 2
        for value, reach, ink, thick in ((three[0], tall / 2, "text2", 1.2), (three[2], tall / 2, "text2", 1.2),
                                         (three[1], tall, "text", 2.0)):
            at = across(value)
            marks.append(Line(np.array([(at, middle - reach), (at, middle + reach)]), ink, thick))
    dots = _apart(np.array([across(one) for one in values.tolist()]), middle)
    kept = dots[np.isfinite(dots).all(1)]
    if len(kept):
        marks.append(Dots(kept, np.ones(len(kept), np.int64)))
    return marks, dots


def _apart(across: NDArray[np.float64], middle: float) -> NDArray[np.float64]:
    """Places of dots: those that would lie on one another go above and below in turn."""
    places = np.stack([across, np.full(len(across), middle)], 1)
    laid: list[tuple[float, float]] = []
    for at in np.argsort(across, kind="stable"):
        if not np.isfinite(across[at]):
            continue
        steps = [0.0, *(sign * n * DOT * 1.1 for n in (1, 2) for sign in (-1, 1))]
        near = [lift for place, lift in laid if abs(place - across[at]) < DOT]
        lift = next((one for one in steps if all(abs(one - other) > 1 for other in near)), 0.0)
        laid.append((float(across[at]), lift))
        places[at, 1] += max(-REACH, min(REACH, lift))
    return places


def _spots(what: Strips, places: list[tuple[int, int, float, float]]) -> Spots:
    """Every dot says its run and its number."""
    points = np.array([(x, y) for _, _, x, y in places]).reshape(-1, 2)

    def at(x: float, y: float) -> int | None:
        if not len(points):
            return None
        away = np.hypot(points[:, 0] - x, points[:, 1] - y)
        nearest = int(away.argmin())
        return nearest if away[nearest] <= DOT else None

    def said(number: int) -> str:
        figure, run, _, _ = places[number]
        return f"{what.runs[run]}: {what.names[figure]} {minus(f'{what.values[run, figure]:.6g}')}"

    def box(number: int) -> Box:
        _, _, x, y = places[number]
        return x - DOT / 2, y - DOT / 2, DOT, DOT

    def key(number: int) -> int | None:
        run = places[number][1]
        return what.keys[run] if run < len(what.keys) else None

    return Spots(len(places), max(len(what.runs), 1), box, at, said, key)
