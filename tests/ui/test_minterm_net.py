"""The wanted column is painted in the window, and becomes a network as one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from neuralgraph.figures.painting import pen_of
from neuralgraph.figures.shown import Table
from neuralgraph.ui.window import MainWindow


def entry(pad: Any, number: int) -> QPoint:
    """The middle of an entry that can be painted."""
    return pad.box((number, 0)).center().toPoint()  # type: ignore[no-any-return]


def opened(window: Callable[..., MainWindow], qtbot: QtBot) -> tuple[Any, Any]:
    bench = window("07-logic").bench
    panel: Any = bench.docks.open_tab("views")
    panel.show_view("truth-table")
    card = panel.cards[0]
    qtbot.waitUntil(lambda: isinstance(card.pad.shown, Table), timeout=60_000)
    return bench, card


def test_the_wanted_column_is_clicked_and_dragged(window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    bench, card = opened(window, qtbot)
    pad = card.pad
    assert card.act.isVisible() and card.act.text() == "Build the minterm net"
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=entry(pad, 1))
    QTest.mouseMove(pad, entry(pad, 2))
    pen = pen_of(pad.shown)
    assert pen is not None and pen.text == "0110", "what is painted is seen before the answer comes"
    assert card.options.get("truth-table") is None
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=entry(pad, 2))
    assert card.options["truth-table"] == {"wanted": "0110"}
    qtbot.waitUntil(lambda: "No single unit" in pad.shown.note, timeout=60_000)
    pad.setFocus()
    pad.read((0, 0))
    QTest.keyClick(pad, Qt.Key.Key_Space)
    assert card.options["truth-table"] == {"wanted": "1110"}
    QTest.keyClick(pad, Qt.Key.Key_Delete)
    assert card.options["truth-table"] == {"wanted": ""}
    qtbot.waitUntil(lambda: pen_of(pad.shown).text == "????", timeout=60_000)  # type: ignore[union-attr]
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=entry(pad, 0))
    QTest.mouseMove(pad, entry(pad, 3))  # a fast hand
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=entry(pad, 3))
    assert card.options["truth-table"] == {"wanted": "1111"}
    bench.documents.may_close = lambda: True


def test_the_net_is_built_and_taken_back(window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    bench, card = opened(window, qtbot)
    before = bench.session.graph
    bench.actions["minterms"].trigger()
    assert bench.session.graph is before, "nothing is wanted yet"
    for row in (1, 2):
        QTest.mouseClick(card.pad, Qt.MouseButton.LeftButton, pos=entry(card.pad, row))
    card.act.click()
    made = set(bench.session.graph.nodes) - set(before.nodes)
    assert {bench.session.graph.nodes[one].type for one in made} == {"Linear", "Sign", "Output"} and len(made) == 5
    output = next(one for one in made if bench.session.graph.nodes[one].type == "Output")
    qtbot.waitUntil(lambda: card.pad.shown.title == f"Truth table of {output}", timeout=60_000)
    assert "4 of 4 are right." in card.pad.shown.note
    bench.undo()
    assert set(bench.session.graph.nodes) == set(before.nodes)
