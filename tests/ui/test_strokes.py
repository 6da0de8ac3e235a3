"""Curves in pieces look as Qt would draw them as paths, and are cut where they should be."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QLineF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from neuralgraph.tokens import LIGHT
from neuralgraph.ui.panels.plots_key import pen
from neuralgraph.ui.strokes import MOST, OVERLAP, pieces, solid

DASHED = ("validation", "ghost", "ghost twin", "ghost 2")


def curve() -> tuple[Any, Any]:
    x = np.linspace(5, 395, 300)
    return x, 60 + 40 * np.cos(x / 30) * np.exp(-x / 200)


def length(lines: list[QLineF]) -> float:
    return sum(one.length() for one in lines)


def test_a_solid_line_is_every_step_between_two_numbers(qapp: Any) -> None:
    x, y = curve()
    y[100] = np.nan
    y[200] = np.inf
    found = pieces(x, y, QPen(QColor("black"), 2.2))
    assert len(found) == 299 - 4
    assert (found[0].x1(), found[0].y2()) == (x[0], y[1])
    assert not [one for one in found if one.x1() < x[100] < one.x2() or one.x1() < x[200] < one.x2()]


@pytest.mark.parametrize("kind", DASHED)
def test_dashes_have_the_length_of_the_pattern(qapp: Any, kind: str) -> None:
    made = pen(LIGHT, kind)
    pattern = np.asarray(made.dashPattern()) * made.widthF()
    found = pieces(np.array([0.0, 300.0]), np.array([10.0, 10.0]), made)
    assert [one.length() for one in found[: len(pattern) // 2]] == pytest.approx(pattern[::2])
    assert found[1].x1() - found[0].x2() == pytest.approx(pattern[1])
    x, y = curve()
    whole = length(pieces(x, y, QPen(QColor("black"), 2)))
    found = pieces(x, y, made)
    overlaps = sum(1 for a, b in pairwise(found) if b.x1() < a.x2())
    on = length(found) - 2 * OVERLAP * overlaps
    assert on / whole == pytest.approx(pattern[::2].sum() / pattern.sum(), abs=0.03)


def test_no_dash_goes_over_a_gap(qapp: Any) -> None:
    x = np.array([0.0, 10, 20, 200, 210, 220])
    y = np.zeros(6)
    y[2] = np.nan
    found = pieces(x, y, pen(LIGHT, "validation"))
    assert found and not [one for one in found if one.x2() > 10 and one.x1() < 200]


@pytest.mark.parametrize("count", (0, 1))
def test_a_point_or_nothing_is_no_line(qapp: Any, count: int) -> None:
    for one in (QPen(QColor("black"), 2.2), pen(LIGHT, "validation")):
        assert pieces(np.zeros(count), np.zeros(count), one) == []
        assert pieces(np.full(5, np.nan), np.zeros(5), one) == []


def test_a_wild_curve_has_no_more_dashes_than_fit(qapp: Any) -> None:
    wild = np.random.default_rng(0).uniform(0, 1e6, 1000)
    assert len(pieces(np.arange(1000.0), wild, pen(LIGHT, "validation"))) < MOST + 1000


@pytest.mark.parametrize("kind", ("train", *DASHED))
def test_it_looks_as_a_path_does(qapp: Any, kind: str) -> None:
    """Nearly all ink lies where Qt's own stroker puts it; pieces that lie upon each other are a shade stronger."""
    x, y = curve()
    made, images = pen(LIGHT, kind), []
    for of_path in (True, False):
        image = QImage(400, 120, QImage.Format.Format_Grayscale8)
        image.fill(255)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if of_path:
            painter.setPen(made)
            painter.drawPath(pg.arrayToQPath(x, y))
        else:
            painter.setPen(solid(made))
            painter.drawLines(pieces(x, y, made))
        painter.end()
        images.append(255.0 - np.array(image.constBits(), np.float64).reshape(120, image.bytesPerLine())[:, :400])
    path, cut = images
    assert 0.95 < cut.sum() / path.sum() < 1.22
    assert np.abs(cut - path).sum() / path.sum() < 0.25


def test_a_number_far_out_of_sight_takes_no_dashes_from_those_that_are_seen(qapp: Any) -> None:
    x, y = curve()
    made = pen(LIGHT, "validation")
    usual = length(pieces(x, y, made))
    y[150] = -1e9  # a loss that jumped once
    seen = [one for one in pieces(x, y, made) if min(one.y1(), one.y2()) > 0]
    assert length(seen) == pytest.approx(usual, rel=0.05)
    for part in (0, 130), (170, 390):
        assert [one for one in seen if part[0] < one.x1() < part[1]], "the curve is still there on both sides"
    assert max(b.x1() - a.x2() for a, b in pairwise(seen)) < 12, "with gaps as they were"
