"""Tables, words on coloured grounds, and a few large numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuralgraph.figures.grids import cells_of
from neuralgraph.figures.layout import Body, drawn, joined
from neuralgraph.figures.marks import Box, Line, Mark, Rect, Spots, Text
from neuralgraph.figures.shown import Figures, Table, Words
from neuralgraph.figures.words import cut, lines, spelled, width

ROW, HEAD, PAD = 22.0, 24.0, 10.0
WORD = 60.0
"""A column of words is at least so wide, or as wide as its words."""
BETWEEN = 12.0


@drawn.register
def _table(what: Table, box: Box) -> Body:
    rows = [*what.rows, *([what.total] if what.total else [])]
    cells = [[spelled(one) for one in row] for row in rows]
    wides = [PAD + max([width(head, 11, 600), *(width(row[n], 12) for row in cells if n < len(row))])
             for n, head in enumerate(what.columns)]
    most = box[2]
    right = [any(isinstance(row[n], int | float) and not isinstance(row[n], bool) for row in rows if n < len(row))
             for n in range(len(wides))]
    if sum(wides) > most:
        shrunk = [one if number else min(one, max(most / len(wides), WORD))
                  for one, number in zip(wides, right, strict=True)]
        fitting = _fitting(shrunk, most)
        if fitting < len(wides):
            return _continued(what, box, fitting)
        spare = max(most - sum(shrunk), 0.0)
        lack = [one - less for one, less in zip(wides, shrunk, strict=True)]
        wides = [less + (spare * one / sum(lack) if sum(lack) else 0)
                 for less, one in zip(shrunk, lack, strict=True)]
    starts = [box[0] + sum(wides[:n]) for n in range(len(wides))]
    x, y, wide = box[0], box[1], sum(wides)
    marks: list[Mark] = [_cell(head, starts[n], wides[n], y + 15, right=right[n], size=11, weight=600, ink="text2")
                         for n, head in enumerate(what.columns)]
    marks.append(Line(np.array([(x, y + HEAD - 2), (x + wide, y + HEAD - 2)]), "outline", 1))
    for number, row in enumerate(cells):
        top = y + HEAD + number * ROW
        last = bool(what.total) and number == len(cells) - 1
        if number in what.marked:
            marks.append(Rect((x, top, wide, ROW - 2), "accent_soft", "", 0, 4))
        if last:
            marks.append(Line(np.array([(x, top), (x + wide, top)]), "outline", 1))
        if what.pen is not None and not last:
            column = what.pen.column
            marks.append(Rect((starts[column] - 4, top + 1, max(wides[column] - 3, 1), ROW - 4), "", "outline", 1, 4))
        for n, text in enumerate(row):
            marks.append(_cell(text, starts[n], wides[n], top + 15, right=right[n], size=12,
                               weight=600 if last else 400, ink="text"))
    field = (x, y + HEAD, max(wide, 1.0), max(ROW * len(cells), 1.0))

    def said(row: int, column: int) -> str:
        value = rows[row][0] if rows[row] else ""
        heads = zip(what.columns[1:], cells[row][1:], strict=False)
        return f"{spelled(value)}: " + ", ".join(f"{head} {text}" for head, text in heads)

    spots = cells_of(field, len(cells), 1, said, lambda row, _: what.keys[row] if row < len(what.keys) else None) \
        if cells else Spots()
    if what.pen is not None:
        spots = replace(spots, entry=lambda spot: spot if spot < len(what.rows) else None)
    return marks, spots, y + HEAD + ROW * len(cells)


def _fitting(wides: list[float], most: float) -> int:
    """So many columns fit side by side: at least two, so that there is an end to it."""
    return max(sum(sum(wides[: n + 1]) <= most + 0.5 for n in range(len(wides))), min(2, len(wides)))


def _continued(what: Table, box: Box, fitting: int) -> Body:
    """A table that is too wide: the columns that do not fit stand below, behind the first one again."""
    marks: list[Mark] = []
    spots: list[Spots] = []
    bottom, pen = box[1], what.pen
    for columns in (range(fitting), (0, *range(fitting, len(what.columns)))):
        part = replace(what, columns=tuple(what.columns[n] for n in columns),
                       rows=tuple(tuple(row[n] for n in columns if n < len(row)) for row in what.rows),
                       total=tuple(what.total[n] for n in columns if n < len(what.total)),
                       pen=replace(pen, column=columns.index(pen.column))
                       if pen is not None and pen.column in columns else None)
        found, readable, end = _table(part, (box[0], bottom, box[2], box[3]))
        marks += found
        spots.append(readable)
        bottom = end + BETWEEN
    return marks, joined(spots), bottom - BETWEEN


def _cell(text: str, x: float, wide: float, base: float, *, right: bool, size: float, weight: int, ink: str) -> Text:
    text = text if width(text, size, weight) <= wide - 4 else text.replace(" × ", "×")
    shown = cut(text, size, wide - 4, weight)
    return Text(x + wide - PAD + 2 if right else x + 2, base, shown, ink, size, weight, "right" if right else "left")


@drawn.register
def _words(what: Words, box: Box) -> Body:
    x, y = box[0], box[1] + 4
    marks: list[Mark] = []
    places: list[Box] = []
    weights = np.nan_to_num(np.asarray(what.weights, float))
    most = float(np.abs(weights).max(initial=0)) or 1.0
    numbers = [spelled(weight, signed=what.signed) if what.signed else "" for weight in weights.tolist()]
    pitch = 30.0 + (13 if what.signed else 0)  # with its number below each word the colour is not all there is
    for word, weight, number in zip(what.words, weights.tolist(), numbers, strict=True):
        wide = max(width(word, 13), width(number, 10)) + 10
        if x + wide > box[0] + box[2] and x > box[0]:
            x, y = box[0], y + pitch
        share = weight / most
        place = (x, y, wide, 24.0)
        marks += [Rect(place, f"signed:{share:.3f}", "", 0, 4),
                  Text(x + wide / 2, y + 16, word, f"on:signed:{(share + 1) / 2:.3f}", 13, align="middle"),
                  *([Text(x + wide / 2, y + 35, number, "text2", 10, align="middle")] if number else ())]
        places.append(place)
        x += wide + 3

    def at(px: float, py: float) -> int | None:
        return next((n for n, (left, top, w, h) in enumerate(places)
                     if left <= px < left + w and top <= py < top + h), None)

    spots = Spots(len(places), 1, places.__getitem__, at,
                  lambda n: f"{what.words[n]}: {spelled(float(weights[n]), signed=what.signed)}")
    return marks, spots, y + pitch - 2


@drawn.register
def _figures(what: Figures, box: Box) -> Body:
    across = max(1, min(len(what.rows), int(box[2] / 140)))
    each = box[2] / across
    told = [lines(words, 11, each - 8)[:2] for _, _, words in what.rows]
    pitch = 68.0 if all(len(one) < 2 for one in told) else 82.0
    marks: list[Mark] = []
    places: list[Box] = []
    for number, (name, value, _) in enumerate(what.rows):
        x, y = box[0] + number % across * each, box[1] + number // across * pitch
        marks += [Text(x, y + 12, cut(name, 11, each - 8, 500), "text2", 11, 500),
                  Text(x, y + 36, cut(spelled(value, digits=what.digits), 20, each - 8, 600), "text", 20, 600),
                  *(Text(x, y + 53 + 14 * line, cut(words, 11, each - 8), "text2", 11)
                    for line, words in enumerate(told[number]))]
        places.append((x, y, each, pitch - 8))

    def at(px: float, py: float) -> int | None:
        return next((n for n, (left, top, w, h) in enumerate(places)
                     if left <= px < left + w and top <= py < top + h), None)

    def said(n: int) -> str:
        name, value, words = what.rows[n]
        return f"{name}: {spelled(value, digits=what.digits)}" + (f" ({words})" if words else "")

    return marks, Spots(len(places), across, places.__getitem__, at, said), \
        box[1] + pitch * -(-len(what.rows) // across)
