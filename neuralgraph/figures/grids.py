"""Numbers as colours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.figures.axes import PLANE, axes
from neuralgraph.figures.colours import ends, pooled
from neuralgraph.figures.layout import Body, drawn
from neuralgraph.figures.marks import Box, Dots, Line, Mark, Picture, Rect, Spots, Text
from neuralgraph.figures.outline import borders
from neuralgraph.figures.shown import Grid
from neuralgraph.figures.words import cut, spelled, width

Array = NDArray[Any]
GAP, BAR = 4.0, 32.0
CELL, LARGE = 34.0, 240.0
"""A cell is at most so large; a matrix of a few may be so large as a whole."""
READABLE, SMALL = 30.0, 8
"""The cells of a matrix of so few rows and columns may be so large that its numbers can be read in a flat room."""
UPRIGHT = 13.0
"""Columns of a small matrix are at least so wide where their names stand upright above them."""
NAMED, WORD, TURNED, SLIVER = 6, 96.0, 84.0, 9.0
"""Of so few columns each is as wide as its name, if that is no wider than this; upright names are cut at the last."""
FEW, LEAST = 24, 11.0
"""Of a matrix of at most so many rows and columns each cell is so large, and what does not fit is scrolled to."""
LONG, STRETCH = 3, 4.0
"""A matrix that is so many times as long as wide is no picture: its cells may be so many times as wide as high."""
PIXELS = 512
"""A picture is drawn with at most so many rows and columns."""


@drawn.register
def _grid(what: Grid, box: Box) -> Body:
    values = np.asarray(what.values, dtype=float)
    if not values.size:
        return [Text(box[0], box[1] + 12, "There is nothing to show.", "text2", 12)], Spots(), box[1] + 18
    low, high = what.limits or ends(values, what.map)
    inner = (box[0], box[1], box[2], max(box[3] - (BAR if what.scale else 0), 20))
    if values.ndim == 3:
        marks, spots, bottom = _tiles(what, values, inner, low, high)
    elif what.extent is not None:
        marks, spots, bottom = _over_axes(what, values, inner, low, high)
    else:
        marks, spots, bottom = _matrix(what, values, inner, low, high)
    if not what.scale:
        return marks, spots, bottom
    marks += colour_bar((box[0], bottom + 8, min(box[2], 360), 16), what.map, low, high, whole=what.whole,
                        label=what.bar)
    return marks, spots, bottom + BAR


def colour_bar(box: Box, which: str, low: float, high: float, *, whole: bool = False, soft: float = 1.0,
               label: str = "") -> list[Mark]:
    """A strip with what its ends stand for, and zero in the middle of a signed map; `soft` below 1 is paler.

    `label` says below it what the numbers are.
    """
    signed = which == "signed"
    middle = (low + high) / 2
    words = [f"{one:,.0f}" if whole else spelled(float(one), signed=signed and low < 0) for one in (low, high)]
    left, right = (width(one, 11) + 8 for one in words)
    x, y, wide = box[0] + left, box[1], max(box[2] - left - right, 20)
    strip = np.linspace(low, high, 128)[None]
    marks: list[Mark] = [
        Text(box[0], y + 10, words[0], "text2", 11), Text(x + wide + 8, y + 10, words[1], "text2", 11),
        Picture((x, y + 1, wide, 10), middle + (strip - middle) * soft, which, low, high),  # type: ignore[arg-type]
        Rect((x, y + 1, wide, 10), "", "outline", 1)]
    if signed:
        said = "0" if abs(middle) < 1e-6 * (high - low) else spelled(middle)
        marks.append(Text(x + wide / 2, y + 21, said, "text2", 10, align="middle"))
    if label:
        marks.append(Text(x, y + 22, cut(label, 10, wide / 2 - 16 if signed else wide), "text2", 10, 500))
    return marks


def _matrix(what: Grid, values: Array, box: Box, low: float, high: float) -> Body:
    rows, columns = values.shape
    x, y, wide, high_ = box
    left = min(max((width(one, 11) for one in what.row_names), default=-8) + 8, wide / 3)
    widest = max((width(one, 11) for one in what.column_names), default=0.0)
    most = max(CELL, min(LARGE / max(rows, columns), 72.0))
    named = widest + 8 if columns <= NAMED and widest + 8 <= min((wide - left - 16) / columns, WORD) else 0.0
    least = _least(what, values)
    pitch = max(_cell(rows, columns, wide - left, high_ - 34, most, least)[0], named)
    if columns <= FEW and pitch - 2 < widest:  # room for an upright name above each
        least, pitch = max(least, UPRIGHT), max(pitch, min(UPRIGHT, (wide - left - 16) / columns))
    turned = widest > pitch - 2 and pitch >= 12
    names = what.column_names
    if turned and columns > NAMED and high_ - min(widest, TURNED) - 24 < rows * SLIVER:  # nothing else would be left
        names, turned = (), False
    top = (min(widest, TURNED) + 8 if turned else 18.0) if names else 0.0
    x, y = x + left + (16 if what.y_label else 0), y + top + (16 if what.x_label else 0)
    wide, high_ = wide - (x - box[0]), high_ - (y - box[1])
    across, down = _cell(rows, columns, wide, high_, most, least)
    beside = bool(what.y_label) and width(what.y_label + " →", 11, 500) > down * rows  # too long to stand at the side
    if beside and not what.x_label:
        y, high_ = y + 16, high_ - 16
        across, down = _cell(rows, columns, wide, high_, most, least)
    across = max(across, named)
    field = (x, y, across * columns, down * rows)
    marks: list[Mark] = [Picture(field, pooled(values, PIXELS, PIXELS), what.map, low, high, what.smooth)]
    drawn_on = what.pen is not None and not what.pen.picks
    marks += _numbers(what, values, field, low, high) + _cells(values, field, "outline" if drawn_on else "panel@0.55")
    for row, name in _spread(what.row_names, down):
        marks.append(Text(x - 6, y + (row + 0.5) * down + 4, cut(name, 11, left), "text2", 11, align="right"))
    step = max(1, int(np.ceil((13 if turned else widest + 6) / max(across, 1))))
    for column, name in enumerate(names):
        at = x + (column + 0.5) * across
        if column % step == 0:
            short = cut(name, 11, top - 8 if turned else across * step)
            marks.append(Text(at + 4, y - 5, short, "text2", 11, turn=-90) if turned else
                         Text(max(at, box[0] + width(short, 11) / 2), y - 6, short, "text2", 11, align="middle"))
    if what.x_label:
        marks.append(Text(x, box[1] + 11, what.x_label + " →", "text2", 11, 500))
    if what.y_label and not beside:
        marks.append(Text(box[0] + 3, y, what.y_label + " →", "text2", 11, 500, turn=90))
    elif what.y_label:
        after = width(what.x_label + " →", 11, 500) + 16 if what.x_label else 0.0
        marks.append(Text(x + after, box[1] + 11, "↓ " + what.y_label, "text2", 11, 500))
    marks += _frames(what, field, rows, columns)
    said = _sayer(what)
    spots = cells_of(field, rows, columns, lambda row, column: said(0, row, column))
    if what.pen is not None:
        marks.append(Rect(field, "", "outline", 1.5))
        spots = replace(spots, entry=lambda spot: spot)
    return marks, _behind(spots, what.behind) if what.behind else spots, y + down * rows


def _least(what: Grid, values: Array) -> float:
    """What the cells of a small matrix are at least: where its numbers can be read then, large enough for them."""
    if max(values.shape) > FEW:
        return 0.0
    words = max(width(_brief(what, one), 10) for one in values.ravel().tolist()) + 3
    return max(words, 20.0) if max(values.shape) <= SMALL and words <= READABLE else LEAST


def _cell(rows: int, columns: int, wide: float, tall: float, most: float, least: float) -> tuple[float, float]:
    """The width and height of a cell: a square, unless that leaves no more than a thread of the matrix."""
    across, down = min(wide / columns, most), min(tall / rows, most)
    cell = max(min(across, down), min(across, least))
    if cell < 3:
        return across, down
    if max(rows, columns) < LONG * min(rows, columns):
        return cell, cell
    return min(across, cell * STRETCH), min(down, cell * STRETCH)


def _behind(spots: Spots, keys: tuple[tuple[int, ...], ...]) -> Spots:
    """Cells that stand for several things each: the first of them is the key."""
    def said(spot: int) -> str:
        count = len(keys[spot])
        more = "" if not count else "; click to look at it" if count == 1 else "; click to look at one after the other"
        return spots.said(spot) + more

    return replace(spots, said=said, key=lambda spot: next(iter(keys[spot]), None), keys=keys.__getitem__)


def _over_axes(what: Grid, values: Array, box: Box, low: float, high: float) -> Body:
    """A matrix whose edges stand for numbers: row 0 at the bottom."""
    assert what.extent is not None
    rows, columns = values.shape
    left, right, bottom, top = what.extent
    found = axes(box, (left, right), (bottom, top), x_label=what.x_label, y_label=what.y_label, least=PLANE)
    marks: list[Mark] = [Picture(found.box, pooled(values, PIXELS, PIXELS)[::-1], what.map, low, high, what.smooth)]
    marks += _slopes(what, values, found.box)
    if what.path is not None and len(what.path):
        walk = found.points(what.path[:, 0], what.path[:, 1])
        marks += [Line(walk, "panel", 5.5), Line(walk, "text", 2.2), Dots(walk[-1:], np.ones(1, int), 0.9)]
    marks += found.marks(what.x_label, what.y_label, lines=False)

    def said(row: int, column: int) -> str:
        x = left + (column + 0.5) / columns * (right - left)
        y = top - (row + 0.5) / rows * (top - bottom)
        return f"{what.x_label or 'x'} {spelled(x)}, {what.y_label or 'y'} {spelled(y)}: " \
               f"{_number(what, values[rows - 1 - row, column])}"

    return marks, cells_of(found.box, rows, columns, said), max(box[1] + box[3], found.end(what.x_label))


def _slopes(what: Grid, values: Array, box: Box) -> list[Mark]:
    """Lines along which a grid over axes has the numbers of `levels`."""
    x, y, wide, tall = box
    rows, columns = values.shape
    marks: list[Mark] = []
    for level in what.levels:
        pieces = borders(np.nan_to_num(values - level, nan=1e30, posinf=1e30, neginf=-1e30), 2)
        if pieces:
            ends = np.array([[one, other, (np.nan, np.nan)] for one, other in pieces], float).reshape(-1, 2)
            ends = np.stack([x + (ends[:, 0] + 0.5) / columns * wide, y + tall - (ends[:, 1] + 0.5) / rows * tall], 1)
            marks.append(Line(ends, "on:viridis:0@0.7", 1.2))
    return marks


def _tiles(what: Grid, values: Array, box: Box, low: float, high: float) -> Body:
    count, rows, columns = values.shape
    caption, named = (15.0, max(width(one, 11) for one in what.tile_names)) if what.tile_names else (0.0, 0.0)
    across, wide, tall = _packed(count, what.aspect or rows / max(columns, 1), box, caption, what.across)
    fitting = min(count, what.across or count, int((box[2] + GAP) // (named + GAP)))
    if caption and count <= NAMED and wide < named and fitting == (what.across or fitting) > 0:
        wide, tall, across = named, named * tall / wide, fitting  # so large that its name can be read
    if caption and wide < min(named, 28.0):  # words that nobody could read: the pointer says them
        caption = 0.0
        across, wide, tall = _packed(count, what.aspect or rows / max(columns, 1), box, caption, what.across)
    places = [(box[0] + n % across * (wide + GAP), box[1] + n // across * (tall + caption + GAP), wide, tall)
              for n in range(count)]
    marks: list[Mark] = []
    written = [_numbers(what, values[number], place, low, high) for number, place in enumerate(places)]
    spelled_out = all(written) and what.map != "grey"
    for number, place in enumerate(places):
        marks.append(Picture(place, pooled(values[number], 256, 256), what.map, low, high, what.smooth))
        if min(wide / columns, tall / rows) >= 5 and what.map != "grey":
            marks += [*_cells(values[number], place), *(written[number] if spelled_out else ())]
        if caption and number < len(what.tile_names):
            marks.append(Text(place[0] + wide / 2, place[1] + tall + 11, cut(what.tile_names[number], 11, wide + 2),
                              "text2", 11, align="middle"))
    said = _sayer(what)
    each = rows * columns

    def at(x: float, y: float) -> int | None:
        for number, (left, top, w, h) in enumerate(places):
            if left <= x < left + w and top <= y < top + h:
                return number * int(each) + int((y - top) / h * rows) * int(columns) + int((x - left) / w * columns)
        return None

    def where(spot: int) -> Box:
        left, top, w, h = places[spot // each]
        row, column = divmod(spot % each, columns)
        return left + column * w / columns, top + row * h / rows, w / columns, h / rows

    spots = Spots(count * each, columns, where, at,
                  lambda spot: said(spot // each, *divmod(spot % each, columns)),
                  lambda spot: what.keys[spot // each] if spot // each < len(what.keys) else None)
    return marks, spots, max((one[1] + one[3] for one in places), default=box[1]) + caption


def _packed(count: int, shape: float, box: Box, caption: float, fixed: int = 0) -> tuple[int, float, float]:
    """How many tiles in a row, and their width and height, so that they are as large as they can be in the box.

    `fixed` says how many in a row.
    """
    best = (1, 0.0)
    for across in (fixed,) if fixed else range(1, count + 1):
        down = -(-count // across)
        wide = min((box[2] - GAP * (across - 1)) / across,
                   ((box[3] - GAP * (down - 1)) / down - caption) / max(shape, 1e-6), 180.0)
        if wide > best[1] + 0.5:
            best = (across, wide)
    wide = max(best[1], 12.0)
    across = fixed or best[0] if fixed or best[1] >= 12 else max(1, int((box[2] + GAP) / (12 + GAP)))
    return across, wide, wide * shape


# -- the parts of a grid ---------------------------------------------------------------------------------------------


def cells_of(field: Box, rows: int, columns: int, said: Any, key: Any = None) -> Spots:
    """The cells of a matrix as spots; `said(row, column)`."""
    x, y, wide, high = field

    def at(px: float, py: float) -> int | None:
        if not (x <= px < x + wide and y <= py < y + high):
            return None
        return int((py - y) / high * rows) * columns + int((px - x) / wide * columns)

    def where(spot: int) -> Box:
        row, column = divmod(spot, columns)
        return x + column * wide / columns, y + row * high / rows, wide / columns, high / rows

    return Spots(rows * columns, columns, where, at, lambda spot: said(*divmod(spot, columns)),
                 (lambda spot: key(*divmod(spot, columns))) if key else lambda _: None)


def _numbers(what: Grid, values: Array, field: Box, low: float, high: float) -> list[Mark]:
    """The numbers themselves, where the cells have room for them."""
    rows, columns = values.shape
    wide, tall = field[2] / columns, field[3] / rows
    if wide < 20 or tall < 14 or rows * columns > 900 or (what.pen is not None and not what.pen.picks):
        return []
    words = [[_brief(what, one) for one in row] for row in values.tolist()]
    if max(width(one, 10) for row in words for one in row) > wide - 2:
        return []
    found: list[Mark] = []
    for row in range(rows):
        for column in range(columns):
            value = values[row, column]
            share = (value - low) / ((high - low) or 1) if np.isfinite(value) else 0.5
            ink = f"on:{what.map}:{share:.3f}"
            found.append(Text(field[0] + (column + 0.5) * wide, field[1] + (row + 0.5) * tall + 4, words[row][column],
                              ink, 10, 500, "middle"))
    return found


def _brief(what: Grid, value: float) -> str:
    if what.whole or (float(value).is_integer() and abs(value) < 10_000):
        return f"{value:,.0f}".replace("-", "−")
    return f"{value:.2g}".replace("-", "−")


def _number(what: Grid, value: float) -> str:
    return f"{value:,.0f}" if what.whole else spelled(float(value), signed=what.map == "signed")


def _cells(values: Array, field: Box, ink: str = "panel@0.55") -> list[Mark]:
    """Fine lines between the cells, where they are large enough."""
    rows, columns = values.shape
    x, y, wide, high = field
    if min(wide / columns, high / rows) < 6:
        return []
    downs = [np.array([(x + n * wide / columns, y), (x + n * wide / columns, y + high)]) for n in range(1, columns)]
    acrosses = [np.array([(x, y + n * high / rows), (x + wide, y + n * high / rows)]) for n in range(1, rows)]
    return [Line(one, ink, 1) for one in (*downs, *acrosses)]


def _frames(what: Grid, field: Box, rows: int, columns: int) -> list[Mark]:
    x, y, wide, high = field
    across, down = wide / columns, high / rows
    places = [(x + column * across, y + row * down, across, down) for row, column in what.marked]
    places += [(x + column * across, y + row * down, broad * across, tall * down)
               for row, column, tall, broad in what.boxes]
    return [*(Rect(one, "", "panel", 4.5, 2) for one in places), *(Rect(one, "", "accent", 2.2, 2) for one in places)]


def _spread(names: tuple[str, ...], pitch: float) -> list[tuple[int, str]]:
    """Of names that stand too close only every second, third, …"""
    step = max(1, int(np.ceil(13 / max(pitch, 0.1))))
    return [(n, name) for n, name in enumerate(names) if n % step == 0]


def _sayer(what: Grid) -> Any:
    def said(tile: int, row: int, column: int) -> str:
        values = what.values[tile] if what.values.ndim == 3 else what.values
        rows = what.row_names[row] if row < len(what.row_names) else str(row)
        columns = what.column_names[column] if column < len(what.column_names) else str(column)
        name = what.tile_names[tile] + " " if tile < len(what.tile_names) else \
            f"{tile} " if what.values.ndim == 3 else ""
        number = _number(what, values[row, column])
        if not name and what.x_label and what.y_label and what.row_names and what.column_names:
            return f"{what.y_label} {rows}, {what.x_label} {columns}: {number}"
        return f"{name}[{rows}, {columns}] = {number}"
    return said
