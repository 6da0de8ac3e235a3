"""Numbers as people write them, in fields that never fight the hand."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from neuralgraph.ui.controls import LIVE, NumberField, SizeField, number, spelled
from neuralgraph.ui.theme import Theme


@pytest.mark.parametrize(("text", "value"), [
    ("0.001", 0.001), ("0,001", 0.001), ("1e-3", 0.001), (" 12 ", 12.0), ("−3", -3.0), ("", None), ("abc", None),
    ("1e999", None), ("nan", None), ("1,2,3", None),
])
def test_numbers(text: str, value: float | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize("value", [0.001, 1e-5, 32, 3.0, 0.1, 123456.0])
def test_what_a_field_shows_reads_back(value: float) -> None:
    assert number(spelled(value)) == value


def field(qtbot: Any, **options: Any) -> NumberField:
    made = NumberField(Theme(), **options)
    qtbot.addWidget(made)
    made.show()
    return made


def test_typing_tells_only_what_the_parameter_takes(qtbot: Any) -> None:
    box = field(qtbot, whole=True, low=1, high=64)
    box.set_value(8)
    told: list[object] = []
    box.typed.connect(told.append)
    box.selectAll()
    qtbot.keyClicks(box, "640")
    assert told == [6, 64]
    assert box.property("wrong")
    box.editingFinished.emit()
    assert box.text() == "64"
    assert not box.property("wrong")


def test_half_a_number_is_not_told_to_a_run(qtbot: Any) -> None:
    above = QWidget()
    qtbot.addWidget(above)
    box = NumberField(Theme(), low=1e-12, parent=above)
    box.set_value(0.002)
    above.show()
    told: list[object] = []
    box.typed.connect(told.append)
    above.setProperty(LIVE, True)
    box.selectAll()
    qtbot.keyClicks(box, "1e-3")
    assert told == [] and box.unsaid
    box.editingFinished.emit()
    assert told == [1e-3] and not box.unsaid
    box.editingFinished.emit()
    box.step(1)
    assert told == [1e-3, 2e-3], "arrows act at once, and nothing is told twice"
    above.setProperty(LIVE, False)
    box.selectAll()
    qtbot.keyClicks(box, "5")
    assert told[2:] == [5.0]


def test_showing_a_value_says_nothing(qtbot: Any) -> None:
    box = field(qtbot)
    told: list[object] = []
    box.typed.connect(told.append)
    box.set_value(0.5)
    assert told == []


@pytest.mark.parametrize(("start", "key", "end"), [
    (0.001, Qt.Key.Key_Up, 0.002), (0.001, Qt.Key.Key_Down, 0.0009), (0.5, Qt.Key.Key_Up, 0.6),
])
def test_arrows_step_by_the_size_of_the_number(qtbot: Any, start: float, key: Qt.Key, end: float) -> None:
    box = field(qtbot)
    box.set_value(start)
    qtbot.keyClick(box, key)
    assert box.value() == pytest.approx(end, rel=1e-9)


def test_an_empty_field_is_none_where_that_is_allowed(qtbot: Any) -> None:
    box = field(qtbot, empty="none")
    box.set_value(3)
    told: list[object] = []
    box.typed.connect(told.append)
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    assert told == [None]


def test_sizes_take_one_number_or_one_per_axis(qtbot: Any) -> None:
    box = SizeField(Theme(), whole=True, low=1)
    qtbot.addWidget(box)
    box.set_value((3, 5))
    assert box.text() == "3, 5"
    told: list[object] = []
    box.typed.connect(told.append)
    qtbot.keyClick(box, Qt.Key.Key_Up)
    box.selectAll()
    qtbot.keyClicks(box, "7")
    assert told == [(4, 6), 7]
