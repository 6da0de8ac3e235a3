"""A unit drawn as a nerve cell: dendrites, soma, axon, and the spikes that leave along it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuralgraph.figures.layout import Body, drawn
from neuralgraph.figures.marks import Box, Line, Mark, Rect, Spots, Text
from neuralgraph.figures.shown import Cell
from neuralgraph.figures.words import cut, spelled, width

ROW = 17.0
TRAIN = 62.0
"""The height of the spikes with their words."""
DRAWN = 100
"""So many steps are drawn, at most."""
LEAST = 64.0
"""A dendrite is at least so long."""
SPREAD = 2.1
"""So much of the soma, in radians, its dendrites end at."""
ROUND = np.linspace(0, 2 * np.pi, 48)


@drawn.register
def _cell(what: Cell, box: Box) -> Body:
    x, y, wide, high = box
    lines = _lines(what)
    tall = max(high - TRAIN, ROW * (len(lines) + 1), 96.0)
    soma = (x + wide * 0.6, y + tall / 2, max(min(tall * 0.24, wide * 0.085, 46.0), 21.0))
    marks, places = _dendrites(what, lines, (x, y, wide * 0.6, tall), soma)
    marks += _soma(what, soma) + _axon(what, soma, x + wide)
    train = (x, y + tall + 4, wide, TRAIN - 8)
    marks += _spikes(what, train)
    said = [f"{name}: {_product(one, weight)}" for name, one, weight, _ in lines]
    said += [f"sum {spelled(what.total)}, {what.function} {spelled(what.value)}",
             f"fires with a chance of {what.chance:.0%}; here in {what.spikes.mean():.0%} of {len(what.spikes)} steps"]
    places += [(soma[0] - soma[2], soma[1] - soma[2], 2 * soma[2], 2 * soma[2]), train]

    def at(px: float, py: float) -> int | None:
        return next((n for n, (left, top, w, h) in reversed(list(enumerate(places)))
                     if left <= px < left + w and top <= py < top + h), None)

    return marks, Spots(len(places), 1, places.__getitem__, at, said.__getitem__), y + tall + TRAIN


def _lines(what: Cell) -> list[tuple[str, float | None, float | None, float]]:
    """Name, input, weight and product of everything that is added up, the bias last."""
    found: list[tuple[str, float | None, float | None, float]] = [
        (name, x, w, x * w) for name, x, w in zip(what.names, what.inputs.tolist(), what.weights.tolist(), strict=True)]
    if what.rest is not None:
        found.append((what.rest[0], None, None, what.rest[1]))
    return [*found, ("bias", None, None, what.bias)]


def _product(one: float | None, weight: float | None) -> str:
    return f"{spelled(one)} × {spelled(weight)}" if one is not None and weight is not None else ""


def _dendrites(what: Cell, lines: list[tuple[str, float | None, float | None, float]], box: Box,
               soma: tuple[float, float, float]) -> tuple[list[Mark], list[Box]]:
    """A line from each input to the soma, as thick as it weighs: an arrow where it excites, a bar where it holds
    back."""
    x, y, wide, tall = box
    pitch = tall / len(lines)
    most = max((abs(product) for *_, product in lines), default=0.0) or 1.0
    named = min(max(width(name, 11, 500) for name, *_ in lines) + 6, wide * 0.3)
    told = max(width(_product(one, weight), 10) for _, one, weight, _ in lines) + 6
    counted = max(width(spelled(product, signed=True), 11, 600) for *_, product in lines) + 8
    told = told if named + told + counted < wide - soma[2] - LEAST else 0.0
    fine = min(1.0, (soma[2] + 4) * SPREAD / len(lines) / 11.0)
    marks: list[Mark] = []
    places: list[Box] = []
    for number, (name, one, weight, product) in enumerate(lines):
        middle = y + (number + 0.5) * pitch
        ink = "positive" if product > 0 else "negative" if product < 0 else "outline"
        marks.append(Text(x, middle + 4, cut(name, 11, named - 4, 500), "text", 11, 500))
        if told:
            marks.append(Text(x + named, middle + 4, _product(one, weight), "text2", 10))
        marks.append(Text(x + named + told + counted - 8, middle + 4, spelled(product, signed=True), "text", 11, 600,
                          "right"))
        start = np.array([x + named + told + counted, middle])
        angle = np.pi + (0.5 - (number + 0.5) / len(lines)) * SPREAD
        end = np.array([soma[0] + (soma[2] + 4) * np.cos(angle), soma[1] + (soma[2] + 4) * np.sin(angle)])
        share = np.linspace(0, 1, 24)[:, None]
        bend = np.stack([start + (end - start) * np.array([0.55, 0.0]), end - (end - start) * np.array([0.3, 0.25])])
        path = ((1 - share) ** 3 * start + 3 * (1 - share) ** 2 * share * bend[0]
                + 3 * (1 - share) * share**2 * bend[1] + share**3 * end)
        marks.append(Line(path, ink, 1.2 + 4.3 * fine * abs(product) / most))
        marks += _ending(path, ink, product, max(fine, 0.55))
        places.append((x, middle - pitch / 2, wide - soma[2], pitch))
    return marks, places


def _ending(path: NDArray[np.float64], ink: str, product: float, size: float) -> list[Mark]:
    along = path[-1] - path[-3]
    along = along / (np.linalg.norm(along) or 1.0)
    across, end = size * np.array([-along[1], along[0]]), path[-1]
    if product < 0:
        return [Line(np.stack([end + 6 * across, end - 6 * across]), ink, 3.2 * size)]
    if product > 0:
        back = end - 8 * size * along
        return [Line(np.stack([back + 5.5 * across, end + 2 * along, back - 5.5 * across]), ink, 1.0, (), ink)]
    return []


def _soma(what: Cell, soma: tuple[float, float, float]) -> list[Mark]:
    x, y, radius = soma
    ring = np.stack([x + radius * np.cos(ROUND), y + radius * np.sin(ROUND)], axis=1)
    size = 13.0 if radius >= 28 else 11.0
    return [Line(ring, "accent", 2.2, (), "accent_soft"),
            Text(x, y - 3, "sum", "text2", 10, 500, "middle"),
            Text(x, y + size, spelled(what.total), "text", size, 600, "middle")]


def _axon(what: Cell, soma: tuple[float, float, float], right: float) -> list[Mark]:
    x, y, radius = soma
    words = [cut(what.function, 11, right - x - radius - 12), spelled(what.value)]
    room = max(width(words[0], 11), width(words[1], 15, 600)) + 16
    left = right - room
    return [Line(np.array([(x + radius, y), (left, y)]), "accent", 3.0),
            Rect((left, y - 22, room, 44), "panel", "accent", 2.0, 8),
            Text(left + room / 2, y - 6, words[0], "text2", 11, 400, "middle"),
            Text(left + room / 2, y + 14, words[1], "text", 15, 600, "middle")]


def _spikes(what: Cell, box: Box) -> list[Mark]:
    x, y, wide, tall = box
    steps = what.spikes[:DRAWN]
    fired = (f"fires with a chance of σ(sum) = {what.chance:.2f}: {int(what.spikes.sum()):,} of {len(what.spikes):,} "
             "steps")
    base = y + tall
    marks: list[Mark] = [Text(x, y + 12, cut(fired, 11, wide, 500), "text2", 11, 500),
                         Line(np.array([(x, base), (x + wide, base)]), "outline", 1.2)]
    pitch = wide / max(len(steps), 1)
    for number in np.flatnonzero(steps):
        at = x + (number + 0.5) * pitch
        marks.append(Line(np.array([(at, base), (at, base - (tall - 22))]), "accent", min(max(pitch * 0.4, 1.0), 2.4)))
    return marks
