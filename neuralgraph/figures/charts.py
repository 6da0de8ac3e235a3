"""Bars, distributions, curves and points over axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.figures.axes import FIELD, PLANE, Axes, axes, span
from neuralgraph.figures.grids import BAR, colour_bar
from neuralgraph.figures.layout import Body, drawn
from neuralgraph.figures.legends import height, kind_names, kind_widths, legend_of, legend_of_kinds, line_widths
from neuralgraph.figures.marks import Box, Dots, Line, Mark, Picture, Rect, Spots, Text
from neuralgraph.figures.outline import borders, hearts
from neuralgraph.figures.shown import Area, Bars, Curve, Curves, Distribution, Points
from neuralgraph.figures.words import cut_path, spelled, width

Array = NDArray[Any]
DASHES: tuple[tuple[float, ...], ...] = ((), (4, 2.4), (1.5, 2.5), (8, 3))
SOFT, TINT = 0.4, 0.35
"""The ground under samples is painted at most so far up the map, or so much of it, so that they stand out."""
WRITTEN = 16
"""So many bars have their numbers written at their ends, at most."""
TALL = 84.0
"""… in figures that are at least so high."""
LONGEST = 96.0
"""Upright names below bars take at most so much."""
OPEN, LATER = 8.0, "not looked at yet"
"""How high the empty box of a bar is that is not known yet, and what is said of it."""
NEAR = 12.0
"""The pointer reads a point that is not farther away, in pixels."""


@drawn.register
def _bars(what: Bars, box: Box) -> Body:
    if any(what.bad) and what.names:
        marked = zip(what.names, (*what.bad, *(False,) * len(what.names)), strict=False)
        what = replace(what, names=tuple(f"! {name}" if bad else name for name, bad in marked))
    values = np.asarray(what.values, dtype=float)
    count = len(values)
    spread = np.zeros(count) if what.spread is None else np.asarray(what.spread, float)
    finite = [values[np.isfinite(values)] - spread[np.isfinite(values)],
              values[np.isfinite(values)] + spread[np.isfinite(values)]]
    low, high = what.y_range or _reach(what, finite)
    turned = bool(what.names) and max(width(one, 11) for one in what.names) > box[2] / max(count, 1) - 4
    room = min(max((width(one, 11) for one in what.names), default=0), LONGEST) if turned else 0.0
    below = room + 4 if turned else 16.0 if count > 1 or what.names else 0.0
    inner = (box[0], box[1], box[2], box[3] - below)
    written = _written(what, values, box[2]) if inner[3] >= TALL else []
    if written and what.y_range is None and not what.log:
        low, high = _with_words(low, high, inner[3])
    found = axes(inner, (-0.5, count - 0.5), (low, high), x_label=what.x_label, y_label=what.y_label, log_y=what.log,
                 x_ticks=False)
    x, y, wide, tall = found.box
    pitch = wide / max(count, 1)
    marks = found.marks("", what.y_label, x_ticks=False)
    zero = float(found.y(low if what.log else 0.0))
    for number, value in enumerate(values.tolist()):
        if np.isfinite(value) and not (what.log and value <= 0):
            top = float(found.y(value))
            ink = "positive" if value >= 0 else "negative"
            ink = "warning" if number < len(what.bad) and what.bad[number] else ink if what.signed else "series:0"
            thick = max(min(pitch * 0.72, 48.0), 1.0)
            marks.append(Rect((x + (number + 0.5) * pitch - thick / 2, min(top, zero), thick, max(abs(top - zero), 1)),
                              ink))
            if what.spread is not None:
                marks += _whisker(found, number, value, float(spread[number]))
            if written:
                end = float(found.y(value + (spread[number] if value >= 0 else -spread[number])))
                base = end - 4 if value >= 0 else end + 12
                if all(not -5 < base - float(found.y(line)) < 13 for line, _ in what.lines):
                    marks.append(Text(x + (number + 0.5) * pitch, base, written[number], "text2", 10, 500, "middle"))
        elif what.later:
            thick = max(min(pitch * 0.72, 48.0), 1.0)
            marks.append(Rect((x + (number + 0.5) * pitch - thick / 2, zero - OPEN / 2, thick, OPEN), "", "outline", 1))
    marks += _held_against(what, found) + (
        _names(what.names, found, pitch, turned, room) if what.names else _counted(count, found, pitch))
    bottom = max(box[1] + box[3], y + tall + below + (20 if what.x_label else 4))
    if what.x_label:
        marks.append(Text(x + wide / 2, bottom - 2, what.x_label, "text2", 11, 500, "middle"))

    def said(number: int) -> str:
        name = what.names[number] if number < len(what.names) else str(number)
        if what.later and not np.isfinite(values[number]):
            return f"{name}: {LATER}"
        more = f" ± {spelled(float(spread[number]))}" if what.spread is not None else ""
        return f"{name}: {spelled(float(values[number]), signed=what.signed)}{more}"

    spots = Spots(count, count or 1, lambda n: (x + n * pitch, y, pitch, tall),
                  lambda px, py: int((px - x) / pitch) if x <= px < x + wide and y <= py < y + tall + 20 else None,
                  said)
    return marks, spots, bottom


def _written(what: Bars, values: Array, room: float) -> list[str]:
    """The numbers of a few bars, where each has room for its own: what is 0 can be seen then, too."""
    words = ["" if what.later and not np.isfinite(one) else spelled(float(one)) for one in values]
    pitch = (room - 60) / max(len(words), 1)
    return words if len(words) <= WRITTEN and all(width(one, 10) < pitch - 4 for one in words) else []


def _with_words(low: float, high: float, room: float) -> tuple[float, float]:
    """The ends of an axis with room for a word at the end of a bar."""
    more = (high - low) * 12 / max(room - 40, 40)
    return (low - more if low < 0 else low), (high + more if high > 0 else high)


def _counted(count: int, found: Axes, pitch: float) -> list[Mark]:
    """Numbers under bars without names, as many as there is room for."""
    step = next(one for one in (1, 2, 5, 10, 20, 25, 50, 100, count + 1)
                if one * pitch > width(str(count), 11) + 8 or one > count)
    x, y, _, tall = found.box
    return [Text(x + (n + 0.5) * pitch, y + tall + 15, str(n), "text2", 11, align="middle")
            for n in range(0, count, step) if count > 1]


def _reach(what: Bars, finite: list[Array]) -> tuple[float, float]:
    """From zero; on a logarithmic axis from a power of ten below all bars, so that the least one can be seen too."""
    if not what.log:
        low, high = span([*finite, np.zeros(1)], room=0.06)
        return (0.0 if low > -1e-12 or np.asarray(what.values).min(initial=0) >= 0 else low), high
    low, high = span([*finite, np.array([at for at, _ in what.lines])], log=True)
    return float(10.0 ** np.floor(np.log10(low * 0.8))), high * 1.15


def _held_against(what: Bars, found: Axes) -> list[Mark]:
    x, y, wide, _ = found.box
    marks: list[Mark] = []
    right = x + wide
    for value, words in what.lines:
        if found.y_range[0] <= value <= found.y_range[1]:
            at, left = float(found.y(value)), right - width(words, 11) - 26
            marks += [Line(np.array([(x, at), (x + wide, at)]), "text", 1.4, (1.5, 2.5)),
                      Line(np.array([(left, y - 11), (left + 20, y - 11)]), "text", 1.4, (1.5, 2.5)),
                      Text(right, y - 7, words, "text2", 11, 500, "right")]
            right = left - 12
    return marks


def _whisker(found: Axes, number: int, value: float, spread: float) -> list[Mark]:
    at = float(found.x(number))
    ends = [float(found.y(value - spread)), float(found.y(value + spread))]
    return [Line(np.array([(at, ends[0]), (at, ends[1])]), "text", 1.2),
            *(Line(np.array([(at - 3, end), (at + 3, end)]), "text", 1.2) for end in ends)]


def _names(names: tuple[str, ...], found: Axes, pitch: float, turned: bool, room: float) -> list[Mark]:
    x, y, _, tall = found.box
    step = max(1, int(np.ceil(13 / max(pitch, 0.1)))) if turned else 1
    marks: list[Mark] = []
    for number, name in enumerate(names):
        if number % step:
            continue
        at = x + (number + 0.5) * pitch
        marks.append(Text(at + 4, y + tall + 8, cut_path(name, 11, room), "text2", 11, align="right", turn=-90)
                     if turned else Text(at, y + tall + 15, name, "text2", 11, align="middle"))
    return marks


@drawn.register
def _distribution(what: Distribution, box: Box) -> Body:
    counts, edges = np.atleast_2d(np.asarray(what.counts, float)), np.asarray(what.edges, float)
    if counts.size == 0 or len(edges) < 2:
        return [Text(box[0], box[1] + 12, "There is nothing to count.", "text2", 12)], Spots(), box[1] + 18
    legend = height(line_widths(what.names), box[2] + 12)
    inner = (box[0], box[1] + legend, box[2], box[3] - legend)
    found = axes(inner, (float(edges[0]), float(edges[-1])), (0.0, float(counts.max()) * 1.05 or 1.0),
                 x_label=what.x_label)
    marks = found.marks(what.x_label)
    zero = float(found.y(0))
    for number, row in enumerate(counts):
        if len(counts) == 1:
            marks += [_bar(found, edges, n, float(one), zero) for n, one in enumerate(row) if one]
        else:
            stairs = np.stack([np.repeat(edges, 2)[1:-1], np.repeat(row, 2)], axis=1)
            points = np.concatenate([[(edges[0], 0)], stairs, [(edges[-1], 0)]])
            marks.append(Line(found.points(points[:, 0], points[:, 1]), f"series:{number}", 2, DASHES[number % 4],
                              f"series:{number}@0.18"))
    marks += legend_of(what.names, [(f"series:{n}", DASHES[n % 4]) for n in range(len(what.names))], box)
    columns = counts.shape[1]

    def said(n: int) -> str:
        ends = f"from {spelled(float(edges[n]))} to {spelled(float(edges[n + 1]))}"
        if len(counts) == 1:
            return f"{counts[0, n]:,.0f} {ends}"
        return f"{ends}: " + ", ".join(f"{name} {row[n]:,.4g}" for name, row in zip(what.names, counts, strict=False))

    return marks, _columns(found, columns, lambda n: (float(found.x(edges[n])), float(found.x(edges[n + 1]))), said), \
        max(box[1] + box[3], found.end(what.x_label))


def _bar(found: Axes, edges: Array, number: int, count: float, zero: float) -> Mark:
    left, right, top = float(found.x(edges[number])), float(found.x(edges[number + 1])), float(found.y(count))
    middle = (edges[number] + edges[number + 1]) / 2
    ink = "outline" if edges[number] < 0 < edges[number + 1] else "positive" if middle > 0 else "negative"
    gap = 1.0 if right - left > 4 else 0.0
    return Rect((left, min(top, zero - 1), max(right - left - gap, 1), max(zero - top, 1)), ink)


@drawn.register
def _curves(what: Curves, box: Box) -> Body:
    names = [one.name for one in what.curves if one.name]
    legend = height(line_widths(names), box[2] + 12) if len(names) > 1 or (names and not what.title) else 0.0
    inner = (box[0], box[1] + legend, box[2], box[3] - legend)
    bands = [one.band.reshape(-1) for one in what.curves if one.band is not None]
    x_range = what.x_range or span([one.x for one in what.curves], log=what.log_x, room=0)
    y_range = what.y_range or span([*(one.y for one in what.curves), *bands], log=what.log_y)
    found = axes(inner, x_range, y_range, x_label=what.x_label, y_label=what.y_label, log_x=what.log_x,
                 log_y=what.log_y, square=what.square)
    whole = all(np.array_equal(one.x, np.round(one.x)) for one in what.curves)
    marks = found.marks(what.x_label, what.y_label, whole_x=whole and x_range[1] - x_range[0] >= 1)
    if what.diagonal:
        marks.append(_diagonal(found))
    inks = [(("ghost" if one.ghost else f"series:{n}"), _dash(one, n)) for n, one in enumerate(what.curves)]
    for one, (ink, dash) in zip(what.curves, inks, strict=True):
        marks += _curve(found, one, ink, dash)
    for value, text in what.at:
        at = float(found.x(value))
        room = found.box[0] + found.box[2] + 10 - at - width(text, 11) > 4
        marks += [Line(np.array([(at, found.box[1]), (at, found.box[1] + found.box[3])]), "text2", 1.2, (1.5, 2.5)),
                  Text(at + (4 if room else -4), found.box[1] + 11, text, "text2", 11, 400,
                       "left" if room else "right")]
    marks += legend_of(tuple(names), [inks[n] for n, one in enumerate(what.curves) if one.name], box) if legend else []
    return marks, _along(found, what), max(box[1] + box[3], found.end(what.x_label))


def _dash(one: Curve, number: int) -> tuple[float, ...]:
    """Never colour alone: of sixteen curves no two have the same colour and the same dashes."""
    return (1.5, 2.5) if one.ghost else DASHES[1] if one.dashed else DASHES[(number + number // 4) % 4]


def _curve(found: Axes, one: Curve, ink: str, dash: tuple[float, ...]) -> list[Mark]:
    marks: list[Mark] = []
    if one.band is not None:
        around = np.concatenate([found.points(one.x, one.band[0]), found.points(one.x, one.band[1])[::-1]])
        marks.append(Line(around, "", 0, (), f"{ink}@0.18"))
    points = found.points(one.x, one.y)
    marks.append(Line(points, ink, 2.2 if len(points) < 2000 else 1.4, dash))
    if one.dots:
        marks += [Rect((float(x) - 3, float(y) - 3, 6, 6), ink, "panel", 1, 3)
                  for x, y in points[np.isfinite(points).all(axis=1)][:500]]
    return marks


def _along(found: Axes, what: Curves) -> Spots:
    """Read the curves at the numbers of the longest one: the value of every curve there."""
    longest = max(what.curves, key=lambda one: len(one.x), default=None)
    if longest is None or not len(longest.x):
        return Spots()
    places = np.asarray(found.x(longest.x), float)

    def said(n: int) -> str:
        x = float(longest.x[n])
        values = []
        for one in what.curves:
            near = int(np.argmin(np.abs(np.asarray(one.x, float) - x))) if len(one.x) else -1
            if near >= 0:
                values.append(f"{one.name} {spelled(float(one.y[near]))}".strip())
        return f"{what.x_label or 'x'} {spelled(x)}: " + ", ".join(values)

    def at(px: float, py: float) -> int | None:
        x, y, wide, tall = found.box
        inside = x - 4 <= px <= x + wide + 4 and y <= py <= y + tall
        return int(np.nanargmin(np.abs(places - px))) if inside else None

    return Spots(len(places), len(places), lambda n: (float(places[n]) - 1, found.box[1], 2, found.box[3]), at, said)


@drawn.register
def _points(what: Points, box: Box) -> Body:
    kinds = np.zeros(len(what.xy), int) if what.kinds is None else np.asarray(what.kinds, int)
    present = [n for n in range(len(what.names)) if (kinds == n).any()] if what.names else []
    legend = height(kind_widths(kind_names(what.names, present)), box[2] + 8)
    limits = what.area.limits if what.area is not None else None
    inner = (box[0], box[1] + legend, box[2], box[3] - legend - (BAR if limits else 0))
    xs, ys = [what.xy[:, 0], *(one.x for one in what.curves)], [what.xy[:, 1], *(one.y for one in what.curves)]
    if what.area is not None:
        left, right, bottom, top = what.area.extent
        x_range, y_range = (left, right), (bottom, top)
    else:
        x_range, y_range = span(xs, room=0.06), span(ys, room=0.06)
        if what.diagonal:
            x_range = y_range = (min(x_range[0], y_range[0]), max(x_range[1], y_range[1]))
    found = axes(inner, x_range, y_range, x_label=what.x_label, y_label=what.y_label,
                 square=what.square or what.diagonal,
                 least=PLANE if what.area is not None or not what.curves else FIELD)
    bottom = max(inner[1] + inner[3], found.end(what.x_label))
    marks = _ground(what.area, found) if what.area is not None else []
    if what.x_label or what.y_label or what.area is not None:
        marks += found.marks(what.x_label, what.y_label, lines=what.area is None)
    else:  # what has no name has no unit either
        marks.append(Rect(found.box, "", "hairline", 1))
    if what.diagonal:
        marks.append(_diagonal(found))
    places = found.points(what.xy[:, 0], what.xy[:, 1])
    size = float(np.clip(found.box[3] / 400, 0.45, 1.0)) * (1.0 if len(places) < 400 else 0.7)
    marks.append(Dots(places, kinds if what.kinds is not None else np.ones(len(places), int), size))
    for number, one in enumerate(what.curves):  # what was learned lies over what it was learned from
        marks += [Line(found.points(one.x, one.y), "panel", 5), *_curve(found, one, f"series:{number}",
                                                                        _dash(one, number))]
    for place, text in zip(places, what.labels, strict=False):
        marks.append(Text(float(place[0]) + 8, float(place[1]) + 4, text, "text", 11, 500))
    marks += _called(what.area, what.names, found) if what.area is not None else []
    marks += legend_of_kinds(what.names, present, box)
    if limits is not None:
        marks += colour_bar((box[0], bottom + 8, min(box[2], 360), 16), "signed", *limits, soft=SOFT)
        bottom += BAR

    def at(px: float, py: float) -> int | None:
        if not len(places):
            return None
        away = np.hypot(*(places - (px, py)).T)
        near = int(np.nanargmin(away)) if np.isfinite(away).any() else -1
        return near if near >= 0 and away[near] <= NEAR else None

    def said(n: int) -> str:
        name = what.names[kinds[n]] + ": " if what.kinds is not None and 0 <= kinds[n] < len(what.names) else ""
        return f"{name}{what.x_label or 'x'} {spelled(float(what.xy[n, 0]))}, " \
               f"{what.y_label or 'y'} {spelled(float(what.xy[n, 1]))}"

    return marks, Spots(len(places), 1, lambda n: (float(places[n, 0]) - 6, float(places[n, 1]) - 6, 12, 12), at, said,
                        lambda n: what.keys[n] if n < len(what.keys) else None), max(box[1] + box[3], bottom)


def _ground(area: Area, found: Axes) -> list[Mark]:
    x, y, wide, tall = found.box
    values = np.asarray(area.values, float)
    rows, columns = values.shape
    if area.classes <= 2:
        marks: list[Mark] = [Picture(found.box, values[::-1] * SOFT, "signed", -1.0, 1.0, True)]
    else:
        marks = [Picture(found.box, values[::-1].astype(np.int64), "classes", 0, area.classes, False, TINT)]
    pieces = borders(values, area.classes)
    if pieces:
        ends = np.array([[one, other, (np.nan, np.nan)] for one, other in pieces], float).reshape(-1, 2)
        ends = np.stack([x + ends[:, 0] / (columns - 1) * wide, y + tall - ends[:, 1] / (rows - 1) * tall], axis=1)
        size = float(np.clip(tall / 400, 0.4, 1.0))
        marks += [Line(ends, "panel", 7 * size), Line(ends, "text", 3.4 * size)]
    return marks


def _called(area: Area, names: tuple[str, ...], found: Axes) -> list[Mark]:
    """The name of each of several classes where its area is thickest: colours repeat, and are not all there is."""
    x, y, wide, tall = found.box
    marks: list[Mark] = []
    if not 2 < area.classes <= len(names):
        return marks
    rows, columns = np.asarray(area.values).shape
    for kind, row, column, depth in hearts(np.asarray(area.values), area.classes):
        room = width(names[kind], 11, 600) + 10
        if min(depth * tall / rows, depth * wide / columns) < 7 or room > wide / 2:
            continue
        at = min(max(x + (column + 0.5) / columns * wide, x + room / 2), x + wide - room / 2)
        base = y + tall - (row + 0.5) / rows * tall
        marks += [Rect((at - room / 2, base - 9, room, 18), "panel@0.85", "", 0, 4),
                  Text(at, base + 4, names[kind], "text", 11, 600, "middle")]
    return marks


def _diagonal(found: Axes) -> Mark:
    low = max(found.x_range[0], found.y_range[0])
    high = min(found.x_range[1], found.y_range[1])
    return Line(found.points(np.array([low, high]), np.array([low, high])), "ghost", 1.5, (1.5, 2.5))


def _columns(found: Axes, count: int, ends: Callable[[int], tuple[float, float]], said: Callable[[int], str]) -> Spots:
    _, y, _, tall = found.box
    edges = np.array([ends(n)[0] for n in range(count)] + [ends(count - 1)[1]])

    def at(px: float, py: float) -> int | None:
        place = int(np.searchsorted(edges, px, side="right")) - 1
        return place if 0 <= place < count and y <= py <= y + tall + 16 else None

    return Spots(count, count, lambda n: (float(edges[n]), y, float(edges[n + 1] - edges[n]), tall), at, said)
