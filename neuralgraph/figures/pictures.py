"""Images side by side."""

from __future__ import annotations

import numpy as np

from neuralgraph.figures.colours import ends
from neuralgraph.figures.grids import GAP
from neuralgraph.figures.layout import Body, drawn
from neuralgraph.figures.marks import Box, Mark, Picture, Rect, Spots, Text
from neuralgraph.figures.shown import Pictures
from neuralgraph.figures.words import cut, width

LEGIBLE = 90.0
"""Words below a picture may make it so wide."""


@drawn.register
def _pictures(what: Pictures, box: Box) -> Body:
    count = len(what.images)
    if not count:
        return [Text(box[0], box[1] + 12, "There is nothing to show.", "text2", 12)], Spots(), box[1] + 18
    rows, columns = what.images.shape[1:3]
    named = max((width(one, 11) for one in what.row_names), default=-8.0) + 8
    whole = max(1, min(what.across, count))
    across = min(whole, _readable(what, box[2] - named, count))
    caption = 15.0 if what.captions else 0.0
    rows_of = max(len(what.row_names), 1)
    down = rows_of * -(-whole // across) if what.row_names else -(-count // across)
    wide = min((box[2] - named - GAP * (across - 1)) / across, 160.0)
    fitting = ((box[3] - GAP * (down - 1)) / down - caption) * columns / rows
    read = 28.0 if across == 1 else max(28.0, min(_said_in(what), LEGIBLE))
    wide = max(min(wide, fitting), min(wide, read))
    tall = wide * rows / columns
    places: list[Box] = []
    for n in range(count):  # where rows have names and do not fit, all of them go on below
        row, column = divmod(n, whole if what.row_names else across)
        row, column = (column // across * rows_of + row, column % across) if what.row_names else (row, column)
        places.append((box[0] + named + column * (wide + GAP), box[1] + row * (tall + caption + GAP), wide, tall))
    low, high = what.limits or ends(np.asarray(what.images, float), "grey")
    marks: list[Mark] = []
    spare = box[2] - named - wide if across == 1 else 2.0
    for number, place in enumerate(places):
        marks += _picture(what, number, place, low, high, spare)
    for row, name in enumerate(what.row_names):
        marks += [Text(box[0], places[n][1] + tall / 2 + 4, name, "text2", 11)
                  for n in range(row * whole, min((row + 1) * whole, count), across)]

    def at(x: float, y: float) -> int | None:
        return next((n for n, (left, top, w, h) in enumerate(places)
                     if left <= x < left + w and top <= y < top + h + caption), None)

    spots = Spots(count, across, places.__getitem__, at,
                  lambda n: what.captions[n] if n < len(what.captions) else f"picture {n + 1}",
                  lambda n: what.keys[n] if n < len(what.keys) else None)
    return marks, spots, max(one[1] for one in places) + tall + caption


def _said_in(what: Pictures) -> float:
    more = width("× ", 11) if any(what.wrong) else 0.0
    return max((width(one, 11) for one in what.captions), default=0.0) + more


def _readable(what: Pictures, room: float, count: int) -> int:
    """So many pictures in a row that what stands below each can be read."""
    return max(1, min(count, int((room + GAP) / (min(_said_in(what), LEGIBLE) + GAP)))) if what.captions else count


def _picture(what: Pictures, number: int, place: Box, low: float, high: float, spare: float) -> list[Mark]:
    """A picture and what stands below it, which may go over its sides by `spare`."""
    image = np.asarray(what.images[number], float)
    x, y, wide, tall = place
    if image.ndim == 3:
        pixels = np.clip((image - low) / ((high - low) or 1) * 255, 0, 255).astype(np.uint8)
        marks: list[Mark] = [Picture(place, pixels)]
    else:
        marks = [Picture(place, image, "grey", low, high)]
    if what.heat is not None and np.isfinite(what.heat[number]).any():
        marks.append(Picture(place, what.heat[number], "viridis", 0.0, 1.0, True, 1.0, 0.55))
    bad = number < len(what.wrong) and what.wrong[number]
    marks.append(Rect(place, "", "error" if bad else "outline", 2 if bad else 1))
    if number < len(what.captions):
        text = ("× " if bad else "") + what.captions[number]
        text = cut(text, 11, wide + spare)
        middle = max(wide, width(text, 11)) / 2 if spare > 2 else wide / 2
        marks.append(Text(x + middle, y + tall + 11, text, "error" if bad else "text2", 11, align="middle"))
    return marks
