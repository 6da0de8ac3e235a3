"""Painting points: tools, classes, values; every stroke one step to undo; bounded."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from neuralgraph.graph.document import Placed
from neuralgraph.graph.edits import AddNode
from neuralgraph.spec.param import MOST_POINTS
from neuralgraph.ui.panels.paint_pad import APART, RADIUS
from neuralgraph.ui.panels.points_field import PointsField

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def pad(window: Any, qtbot: Any) -> tuple[Any, PointsField]:
    bench = window().bench
    bench.session.edit(AddNode(Placed("painted_1", "PaintedPoints")))
    bench.canvas.select(("painted_1",))
    field = bench.properties.sheet.form.fields["points"]
    field.pad.resize(240, 240)
    return bench, field


def at(field: PointsField, x: float, y: float) -> QPoint:
    return field.pad.pixel(x, y).toPoint()


def stroke(field: PointsField, *way: tuple[float, float]) -> None:
    QTest.mousePress(field.pad, LEFT, Qt.KeyboardModifier.NoModifier, at(field, *way[0]))
    for one in way[1:]:
        QTest.mouseMove(field.pad, at(field, *one))
    QTest.mouseRelease(field.pad, LEFT, Qt.KeyboardModifier.NoModifier, at(field, *way[-1]))


def points(bench: Any) -> tuple[tuple[float, float, float], ...]:
    return bench.session.graph.nodes["painted_1"].params.get("points", ())


def test_a_click_sets_a_point_of_the_chosen_class(pad: Any) -> None:
    bench, field = pad
    stroke(field, (2.0, -3.0))
    field.classes.button(1).click()
    stroke(field, (-1.0, 4.0))
    (x, y, kind), other = points(bench)
    assert (x, y) == pytest.approx((2.0, -3.0), abs=0.06) and (kind, other[2]) == (0.0, 1.0)
    assert field.said.text() == "2 points"
    QTest.keyClick(field.pad, Qt.Key.Key_0)
    stroke(field, (0.0, 0.0))
    assert points(bench)[-1][2] == 0.0


def test_every_stroke_is_one_step_and_undo_and_clear_are_there(pad: Any) -> None:
    bench, field = pad
    stroke(field, (-5.0, 0.0), (-3.0, 0.0), (0.0, 0.0), (3.0, 0.0))
    first = points(bench)
    assert len(first) == 4
    assert all(math.dist(one[:2], two[:2]) >= APART for one, two in itertools.pairwise(first))
    stroke(field, (0.0, 5.0))
    field.undo.click()
    assert points(bench) == first and field.said.text() == "4 points"
    field.clear.click()
    assert points(bench) == () and not field.clear.isEnabled()
    bench.undo()
    assert points(bench) == first
    bench.undo()
    assert points(bench) == ()
    bench.redo()
    assert points(bench) == first == tuple(field.pad.points)


def test_spray_lays_points_around_and_erase_takes_them_away(pad: Any) -> None:
    bench, field = pad
    field.tools.button(1).click()
    stroke(field, (0.0, 0.0), (0.1, 0.0), (0.0, 0.1))
    assert len(points(bench)) >= 9
    assert all(math.dist(one[:2], (0, 0)) <= RADIUS + 0.3 for one in points(bench))
    field.tools.button(2).click()
    stroke(field, *[(x / 5, y / 5) for x in range(-6, 7) for y in range(-6, 7)])
    assert points(bench) == ()


def test_at_the_edge_and_when_it_is_full(pad: Any) -> None:
    bench, field = pad
    field.tools.button(1).click()
    stroke(field, (5.9, 5.9))
    assert all(-6 <= part <= 6 for one in points(bench) for part in one[:2])
    field.tools.button(0).click()
    field.pad.points = [(0.0, 0.0, 0.0)] * MOST_POINTS
    stroke(field, (1.0, 1.0))
    assert len(field.pad.points) == MOST_POINTS
    assert "5,000 points are the most" in field.said.text()


def test_escape_gives_a_stroke_up(pad: Any) -> None:
    bench, field = pad
    QTest.mousePress(field.pad, LEFT, Qt.KeyboardModifier.NoModifier, at(field, 1.0, 1.0))
    QTest.keyClick(field.pad, Qt.Key.Key_Escape)
    QTest.mouseRelease(field.pad, LEFT, Qt.KeyboardModifier.NoModifier, at(field, 1.0, 1.0))
    assert points(bench) == () and field.pad.points == []


def test_numbers_and_more_classes_follow_the_parameters(pad: Any) -> None:
    bench, field = pad
    form = bench.properties.sheet.form
    form.fields["classes"].edited.emit(6)
    assert [field.classes.button(kind).isHidden() for kind in range(6)] == [False] * 6
    form.fields["task"].edited.emit("number")
    assert field.classes.button(0).isHidden() and not field.number.isHidden()
    field.number.typed.emit(-0.5)
    field.number.set_value(-0.5)
    stroke(field, (1.0, 1.0))
    assert points(bench)[0][2] == -0.5
    assert not field.grab().isNull()
