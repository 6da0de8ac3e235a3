"""A picture above a matrix: each column stands below the middle of what it was found in."""

from __future__ import annotations

import numpy as np
import pytest

from neuralgraph.figures.draw import draw
from neuralgraph.figures.lined import Lined
from neuralgraph.figures.marks import Picture
from neuralgraph.figures.shown import Grid, Pictures


def lined(pixels: int, sees: int, places: int) -> Lined:
    rng = np.random.default_rng(0)
    strip = Pictures(rng.random((1, 8, pixels)), across=1, title="The strip: 0 1 2")
    names = tuple(str(n) for n in range(10))
    return Lined((strip, Grid(rng.random((10, places)), "viridis", (0, 1), row_names=names, x_label="place")),
                 sees=sees, title="How likely", note="Read from left to right.")


@pytest.mark.parametrize(("pixels", "sees", "places"), [(24, 8, 17), (40, 8, 17), (40, 8, 33), (9, 8, 2), (11, 1, 11)])
@pytest.mark.parametrize(("wide", "high"), [(640, 420), (500, 260), (320, 300), (280, 200), (1400, 900)])
def test_every_place_lies_below_the_middle_of_its_window(
    pixels: int, sees: int, places: int, wide: int, high: int,
) -> None:
    what = lined(pixels, sees, places)
    made = draw(what, wide, high)
    strip, matrix = [one.box for one in made.marks if isinstance(one, Picture)][:2]
    pixel = strip[2] / pixels
    assert strip[3] == pytest.approx(8 * pixel)  # its pixels are squares
    assert strip[1] + strip[3] <= matrix[1]
    stride = (pixels - sees) / (places - 1)
    for place in range(places):
        window = strip[0] + (place * stride + sees / 2) * pixel
        assert matrix[0] + (place + 0.5) * matrix[2] / places == pytest.approx(window)
    assert strip[0] >= -0.01 and strip[0] + strip[2] <= made.width + 0.01
    assert matrix[0] + matrix[2] <= made.width + 0.01


def test_the_picture_and_each_number_can_be_read_out() -> None:
    what = lined(24, 8, 17)
    made = draw(what, 640, 420)
    strip = next(one.box for one in made.marks if isinstance(one, Picture))
    assert made.spots.count == 1 + 10 * 17
    assert made.spots.at(strip[0] + 3, strip[1] + 3) == 0 and made.spots.said(0) == "The strip: 0 1 2"
    assert what.csv().count("\n") > 10


def test_where_nothing_slides_the_two_stand_one_below_the_other() -> None:
    draw(lined(8, 8, 3), 400, 300)
    made = draw(lined(8, 8, 1), 400, 300)
    strip, matrix = [one.box for one in made.marks if isinstance(one, Picture)][:2]
    assert strip[1] + strip[3] < matrix[1]
