"""A hand in a figure: cells are painted in one stroke, or one of them is chosen while the hand moves."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from neuralgraph.figures.shown import Board, Grid, Pen, Shown
from neuralgraph.ui.panels.figure_pad import Pad
from neuralgraph.ui.theme import Theme


@pytest.fixture
def pad(qtbot: QtBot) -> Pad:
    made = Pad(Theme())
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


def told(pad: Pad, shown: Shown) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    pad.painted.connect(lambda option, text: found.append((option, text)))
    pad.set_shown(shown)
    return found


def cell(pad: Pad, row: int, column: int) -> QPoint:
    return pad.box((row, column)).center().toPoint()


def test_a_stroke_sets_every_cell_that_it_crosses_and_is_told_once(pad: Pad) -> None:
    found = told(pad, Grid(np.full((3, 4), -1.0), "grey", (-1, 1), scale=False, pen=Pen("start", "0" * 12)))
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=cell(pad, 1, 0))
    QTest.mouseMove(pad, cell(pad, 1, 3))
    assert not found and isinstance(pad.shown, Grid) and pad.shown.values[1].tolist() == [1, 1, 1, 1]
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=cell(pad, 1, 3))
    assert found == [("start", "000011110000")] and not pad.painting
    QTest.mouseClick(pad, Qt.MouseButton.LeftButton, pos=cell(pad, 1, 2))
    assert found[-1] == ("start", "000011010000")
    QTest.mouseClick(pad, Qt.MouseButton.RightButton, pos=cell(pad, 0, 0))
    assert len(found) == 2


def test_a_cell_that_is_chosen_is_told_while_the_hand_moves(pad: Pad) -> None:
    found = told(pad, Grid(np.arange(12.0).reshape(3, 4), marked=((0, 0),), pen=Pen("place", "0", picks=True)))
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=cell(pad, 2, 1))
    assert found == [("place", "9")] and not pad.painting
    assert isinstance(pad.shown, Grid) and pad.shown.marked == ((2, 1),)
    QTest.mouseMove(pad, cell(pad, 2, 2))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=cell(pad, 2, 2))
    assert found == [("place", "9"), ("place", "10")]
    assert pad.at == (2, 2), "what is read out goes along"


def test_beside_figures_that_nobody_may_change(pad: Pad) -> None:
    still = Grid(np.zeros((2, 2)))
    found = told(pad, Board((still, Grid(np.zeros((2, 2)), scale=False, pen=Pen("start", "0000", values=(0.0, 1.0)))),
                            across=2))
    pad.setFocus()
    for number in range(8):
        pad.read(divmod(number, pad.grid()[1]))
        QTest.keyClick(pad, Qt.Key.Key_Space)
    assert [text for _, text in found] == ["1000", "1100", "1110", "1111"]
    assert isinstance(pad.shown, Board) and isinstance(pad.shown.parts[0], Grid)
    assert not pad.shown.parts[0].values.any()
    QTest.keyClick(pad, Qt.Key.Key_Delete)
    assert found[-1] == ("start", "")
