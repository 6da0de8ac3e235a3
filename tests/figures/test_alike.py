"""Two figures on the same scales."""

from __future__ import annotations

import numpy as np

from neuralgraph.figures.alike import alike
from neuralgraph.figures.shown import Bars, Board, Curve, Curves, Grid, Pictures, Surface


def test_colours_hold_the_numbers_of_both() -> None:
    small, large = Grid(np.array([[0.5, -0.1]])), Grid(np.array([[1.0, -3.0]]))
    one, other = alike(small, large)
    assert isinstance(one, Grid) and isinstance(other, Grid)
    assert one.limits == other.limits == (-3.0, 3.0)
    assert np.array_equal(one.values, small.values)
    positive = alike(Grid(np.array([[1.0, 2.0]]), "viridis"), Grid(np.array([[0.0, 1.0]]), "viridis"))
    assert [each.limits for each in positive if isinstance(each, Grid)] == [(0.0, 2.0), (0.0, 2.0)]


def test_axes_hold_the_numbers_of_both() -> None:
    def curves(x: list[float], y: list[float]) -> Curves:
        return Curves((Curve("loss", np.array(x), np.array(y)),))

    one, other = alike(curves([0, 10], [1, float("nan")]), curves([0, 20], [-1, 0.5]))
    assert isinstance(one, Curves) and isinstance(other, Curves)
    assert one.x_range == other.x_range == (0, 20) and one.y_range == other.y_range == (-1, 1)
    a, b = alike(Bars(np.array([1.0, 2.0])), Bars(np.array([-4.0]), spread=np.array([1.0])))
    assert isinstance(a, Bars) and isinstance(b, Bars) and a.y_range == b.y_range == (-5.0, 2.0)
    c, d = alike(Surface(np.array([[0.0, 1.0]]), (0, 1), (0, 1)), Surface(np.array([[0.5, 7.0]]), (0, 1), (0, 1)))
    assert isinstance(c, Surface) and isinstance(d, Surface) and c.z_range == d.z_range == (0.0, 7.0)


def test_boards_part_by_part_and_others_as_they_are() -> None:
    one = alike(Board((Grid(np.ones((1, 1))),)), Board((Grid(5 * np.ones((1, 1))),)))[0]
    assert isinstance(one, Board) and isinstance(one.parts[0], Grid) and one.parts[0].limits == (-5.0, 5.0)
    picture, grid = Pictures(np.ones((1, 2, 2))), Grid(np.ones((1, 1)))
    assert alike(picture, grid) == (picture, grid)
