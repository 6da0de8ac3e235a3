"""Strips: a dot for every run, on an axis of its own for every figure."""

from __future__ import annotations

import numpy as np

from neuralgraph.figures.draw import draw
from neuralgraph.figures.marks import Dots, Text
from neuralgraph.figures.shown import Strips

VALUES = np.array([[0.9, 3.0], [0.8, np.nan], [0.9, 5.0], [0.9, 4.0]])
SHOWN = Strips(VALUES, ("val_accuracy", "loss"), ("seed 0", "seed 1", "seed 2", "seed 3"), (7, 8, 9, 10))


def test_least_median_and_greatest_are_named_beside_each_strip() -> None:
    assert SHOWN.marks(0) == (0.8, 0.9, 0.9) and SHOWN.marks(1) == (3, 4, 5)
    said = [one.text for one in draw(SHOWN, 640, 440).marks if isinstance(one, Text)]
    assert "min 0.8 · median 0.9 · max 0.9" in said and "min 3 · median 4 · max 5" in said
    narrow = [one.text for one in draw(SHOWN, 200, 440).marks if isinstance(one, Text)]
    assert "3 · 4 · 5" in narrow


def test_every_run_has_a_dot_and_none_lies_on_another() -> None:
    drawing = draw(SHOWN, 640, 440)
    dots = [one.points for one in drawing.marks if isinstance(one, Dots)]
    assert [len(one) for one in dots] == [4, 3], "a run without a figure has no dot in its strip"
    away = np.hypot(*(dots[0][:, None] - dots[0][None]).transpose(2, 0, 1))
    assert away[~np.eye(4, dtype=bool)].min() > 8
    spots = drawing.spots
    assert spots.count == 7 and spots.said(1) == "seed 1: val_accuracy 0.8" and spots.key(1) == 8
    for number in range(spots.count):
        x, y, wide, high = spots.box(number)
        assert spots.at(x + wide / 2, y + high / 2) == number
    assert spots.at(-50, -50) is None


def test_one_run_and_none() -> None:
    alone = Strips(VALUES[:1], SHOWN.names, SHOWN.runs[:1])
    assert draw(alone, 300, 200).spots.count == 2 and draw(alone, 300, 200).spots.key(0) is None
    nothing = Strips(np.full((2, 1), np.nan), ("loss",), ("seed 0", "seed 1"))
    assert draw(nothing, 300, 200).spots.count == 0 and nothing.csv().splitlines()[-1].startswith("max,nan")


def test_the_table_holds_the_runs_and_the_three_numbers() -> None:
    assert SHOWN.csv().splitlines() == [
        "run,val_accuracy,loss", "seed 0,0.9,3.0", "seed 1,0.8,nan", "seed 2,0.9,5.0", "seed 3,0.9,4.0",
        "min,0.8,3.0", "median,0.9,4.0", "max,0.9,5.0"]
