"""A picture exactly above what was found along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuralgraph.figures.colours import ends
from neuralgraph.figures.layout import Body, drawn, framed, joined
from neuralgraph.figures.marks import Box, Mark, Picture, Rect, Spots, Text
from neuralgraph.figures.shown import Board, Grid, Pictures
from neuralgraph.figures.words import cut

SHARE = 0.36
"""The picture takes at most so much of the height: where it would be higher, both become narrower."""
GAP = 6.0


@dataclass(frozen=True, eq=False)
class Lined(Board):
    """Two parts: one picture, and a matrix with a column for each place of a window that slides along it.

    `sees` is how many columns of the picture the window is wide. Column 0 of the matrix stands for the window at the
    left edge, the last column for that at the right edge: each is drawn below the middle of what it stands for.
    """

    sees: float = 1.0


@drawn.register
def _lined(what: Lined, box: Box) -> Body:
    picture, grid = what.parts
    assert isinstance(picture, Pictures) and isinstance(grid, Grid)
    x, y, wide, high = box
    places, (tall, across) = grid.values.shape[1], picture.images.shape[1:3]
    if places < 2 or what.sees >= across:  # nothing slides
        return drawn.dispatch(Board)(what, box)
    stride = (across - what.sees) / (places - 1)
    over = max(what.sees / stride - 1, 0.0) / 2  # so many columns of the matrix it sticks out on each side
    head = 22.0 if picture.title else 0.0
    named = _field(framed(grid, box)[0])[0] - x
    column = min(SHARE * high * stride / tall, (wide - named) / (places + over), wide / (places + 2 * over))
    lead = max(over * column - named, 0.0)
    for _ in range(3):  # cells that come out smaller for want of height leave room for a lower picture, and more height
        top = y + head + tall * column / stride + GAP
        marks, spots, bottom = framed(grid, (x + lead, top, named + column * places, max(high - (top - y), 1.0)))
        column = _field(marks)[2] / places
        lead += max(x - (_field(marks)[0] - over * column), 0.0)
    pixel = column / stride
    spot = (_field(marks)[0] - over * column, y + head, across * pixel, tall * pixel)
    title = [Text(x, y + 13, cut(picture.title, 13, wide, 600), "text", 13, 600)] if head else []
    seen = Spots(1, 1, lambda _: spot, lambda px, py: 0 if _inside(spot, px, py) else None, lambda _: picture.title)
    return [*title, *_picture(picture, spot), *marks], joined([seen, spots]), bottom


def _inside(box: Box, x: float, y: float) -> bool:
    return box[0] <= x < box[0] + box[2] and box[1] <= y < box[1] + box[3]


def _field(marks: list[Mark]) -> Box:
    """Where the matrix itself is."""
    return next(one.box for one in marks if isinstance(one, Picture))


def _picture(what: Pictures, place: Box) -> list[Mark]:
    image = np.asarray(what.images[0], float)
    low, high = what.limits or ends(image, "grey")
    if image.ndim == 3:
        image = np.clip((image - low) / ((high - low) or 1) * 255, 0, 255).astype(np.uint8)
        return [Picture(place, image), Rect(place, "", "outline", 1)]
    return [Picture(place, image, "grey", low, high), Rect(place, "", "outline", 1)]
