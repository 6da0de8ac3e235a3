"""Figures as plain values, marks, SVG and PNG: the numbers come through, and stay where they belong."""

from __future__ import annotations

import csv
import io
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from neuralgraph.figures import shown
from neuralgraph.figures.axes import Axes, log_ticks, span, ticks
from neuralgraph.figures.draw import draw
from neuralgraph.figures.layout import suited
from neuralgraph.figures.marks import Drawing, Line, Picture, Rect, Text, colour, pixels
from neuralgraph.figures.outline import borders
from neuralgraph.figures.png import png
from neuralgraph.figures.svg import svg
from neuralgraph.figures.words import cut, lines, spelled, width
from neuralgraph.tokens import DARK, LIGHT

RANDOM = np.random.default_rng(0)
NAN = np.nan
KINDS = (
    shown.Grid(RANDOM.normal(size=(3, 5)), row_names=("a", "b", "c"), x_label="in", y_label="out", title="t", note="n"),
    shown.Grid(RANDOM.normal(size=(7, 3, 3)), tile_names=tuple("abcdefg")),
    shown.Grid(RANDOM.random((4, 6)), "viridis", extent=(0, 1, -2, 2), x_label="x"),
    shown.Pictures(RANDOM.random((5, 4, 4)), tuple("abcde"), heat=RANDOM.random((5, 4, 4)), wrong=(True, False)),
    shown.Pictures(RANDOM.random((2, 4, 4, 3))),
    shown.Bars(np.array([1.0, -2.0, NAN]), ("a", "b", "c"), np.array([0.1, 0.2, 0.3])),
    shown.Bars(np.array([1e-6, 1.0]), log=True),
    shown.Distribution(np.array([1, 5, 2]), np.arange(4.0)),
    shown.Distribution(np.array([[1, 5], [2, 2]]), np.arange(3.0), ("real", "generated")),
    shown.Curves((shown.Curve("a", np.arange(3.0), np.array([1.0, NAN, 3.0])),
                  shown.Curve("b", np.arange(9.0), np.ones(9), True)), log_y=True, at=((1.0, "here"),)),
    shown.Points(RANDOM.normal(size=(9, 2)), np.arange(9) % 3, ("x", "y", "z"),
                 area=shown.Area(np.ones((5, 5)), (-1, 1, -1, 1), 3)),
    shown.Surface(RANDOM.normal(size=(6, 7)), (0, 1), (0, 2), points=RANDOM.random((3, 3)), path=RANDOM.random((4, 3))),
    shown.Table(("node", "n"), (("a", 1), ("b", 2.5)), total=("", 3.5), marked=frozenset({0})),
    shown.Words(("not", "bad"), np.array([0.2, 0.9])),
    shown.Figures((("Accuracy", 0.9, "of 9 rows"),)),
    shown.Cell(("a", "b"), np.array([1.0, -1.0]), np.array([0.5, 0.0]), -0.2, 0.3, "Sigmoid", 0.57,
               RANDOM.random(60) < 0.57, 0.57, ("3 others", 0.1)),
    shown.Grid(RANDOM.random((2, 3)), "grey", scale=False, pen=shown.Pen("start", "010101")),
    shown.Table(("x", "wanted"), (("1", "no"), ("2", "yes")), pen=shown.Pen("wanted", "01", column=1)),
)


@pytest.mark.parametrize("what", KINDS, ids=lambda one: type(one).__name__)
def test_every_kind_is_drawn_written_and_read(what: Any) -> None:
    drawing = draw(what, 400, 300)
    root = ElementTree.fromstring(svg(drawing, DARK))
    assert len(list(root.iter())) > len(drawing.marks) / 2
    image = Image.open(io.BytesIO(png(drawing, scale=1)))
    assert image.size == (400, round(drawing.height))
    assert len(image.getcolors(1 << 20) or ()) > 4
    spots = drawing.spots
    for number in range(spots.count):
        assert spots.said(number)
    assert list(csv.reader(io.StringIO(what.csv())))


def test_a_board_is_all_of_its_parts_and_reads_each() -> None:
    drawing = draw(shown.Board(KINDS[:3]), 900, 300)
    assert drawing.spots.count == 15 + 63 + 24
    assert drawing.spots.said(15).startswith("a [0, 0]")
    for number in (0, 14, 15, 77, 78, 101):
        x, y, wide, high = drawing.spots.box(number)
        assert drawing.spots.at(x + wide / 2, y + high / 2) == number
    assert [suited(2, 3.0), suited(2, 0.7), suited(1, 1), suited(4, 1.6)] == [2, 1, 1, 2]


def test_csv_holds_exactly_the_numbers() -> None:
    values = RANDOM.normal(size=(3, 5)).astype(np.float64)
    rows = list(csv.reader(io.StringIO(shown.Grid(values).csv())))
    assert np.array_equal(np.array(rows, float), values)
    curve = shown.Curves((shown.Curve("a, b", np.arange(3.0), values[0, :3]),))
    found = list(csv.reader(io.StringIO(curve.csv())))
    assert [row[0] for row in found[1:]] == ["a, b"] * 3
    assert np.array_equal(np.array([row[2] for row in found[1:]], float), values[0, :3])


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 9))
def test_ticks_are_round_few_and_inside(low: float, reach: float, most: int) -> None:
    high = low + reach
    found = ticks(low, high, most)
    slack = reach * 1e-6 + abs(low) * 1e-9
    assert all(low - slack <= one <= high + slack for one in found) and len(found) <= most + 2
    assert found == sorted(found)


@given(st.floats(-8, 7), st.floats(0.1, 12))
def test_log_ticks_are_positive(low: float, reach: float) -> None:
    assert all(one > 0 for one in log_ticks(10**low, 10 ** (low + reach)))


@settings(max_examples=50, deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)),
              elements=st.floats(allow_nan=True, allow_infinity=True, width=32)))
def test_no_number_breaks_a_figure(values: Any) -> None:
    for what in (shown.Grid(values), shown.Bars(values[0]), shown.Pictures(values[None]),
                 shown.Curves((shown.Curve("a", np.arange(len(values[0]) * 1.0), values[0]),)),
                 shown.Surface(values, (0, 1), (0, 1))):
        drawing = draw(what, 300, 200)
        for mark in drawing.marks:
            if isinstance(mark, Rect | Picture):
                assert np.isfinite(mark.box).all()
            if isinstance(mark, Text):
                assert np.isfinite((mark.x, mark.y)).all()
        svg(drawing)


def test_axes_put_numbers_where_they_belong() -> None:
    linear = Axes((10, 20, 100, 50), (0, 10), (0, 1))
    assert (float(linear.x(5)), float(linear.y(1)), float(linear.y(0))) == (60, 20, 70)
    log = Axes((0, 0, 100, 100), (1, 100), (1, 100), True, True)
    assert float(log.x(10)) == 50 and np.isnan(float(log.y(0)))
    assert span([np.array([1.0, NAN, 3.0])], room=0) == (1, 3)
    assert span([np.zeros(0)]) == (0, 1)


def test_inks_are_roles_of_the_theme() -> None:
    assert colour(LIGHT, "text") == (23, 32, 44, 1.0)
    assert colour(DARK, "series:0@0.5")[3] == 0.5
    assert np.abs(np.array(colour(LIGHT, "signed:0")[:3]) - (243, 244, 246)).max() <= 2
    assert colour(LIGHT, "on:viridis:0.0")[:3] == (255, 255, 255)
    assert colour(LIGHT, "on:viridis:1.0")[:3] == (16, 22, 30)
    mixed = pixels(Picture((0, 0, 1, 1), np.array([[1.0]]), strength=0.0), DARK)
    assert tuple(mixed[0, 0]) == colour(DARK, "panel")[:3]


def test_words_are_cut_and_numbers_spelled() -> None:
    assert cut("activation", 11, 1000) == "activation"
    assert cut("activation", 11, 30).endswith("…") and width(cut("activation", 11, 30), 11) <= 30
    assert " ".join(lines("one two three four", 11, 60)) == "one two three four"
    assert [spelled(one) for one in (0.0, -0.5, 1234, 12345.6, 1e-9, NAN, "a")] == [
        "0", "−0.50", "1,234", "12,346", "1e−09", "not a number", "a"]


def test_svg_holds_words_as_words_and_nothing_that_xml_forbids() -> None:
    text = svg(Drawing(10, 10, (Text(0, 5, "a<b & \x00\ud800c"), Line(np.array([(0, 0), (1, NAN), (2, 2)])))))
    assert "a<b & c" in "".join(ElementTree.fromstring(text).itertext())


def test_borders_lie_between_signs() -> None:
    pieces = borders(np.array([[-1.0, 1.0], [-1.0, 1.0]]), 2)
    assert [sorted(one) for one in pieces] == [[(0.5, 0.0), (0.5, 1.0)]]


def test_the_numbers_of_a_small_matrix_can_be_read_in_a_low_panel() -> None:
    texts = [one.text for one in draw(shown.Grid(np.arange(9.0).reshape(3, 3)), 400, 90).marks if isinstance(one, Text)]
    assert [f"{n}" for n in range(9)] == texts[:9]
