"""Weights typed into a table: numbers as people write them, blocks from a spreadsheet, pinned in one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

import neuralgraph as ng
from neuralgraph.errors import DocumentError
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.limits import LIMITS, Limit
from neuralgraph.session import Session
from neuralgraph.ui.controls import NumberField
from neuralgraph.ui.panels.weights_dialog import WeightsDialog
from neuralgraph.ui.panels.weights_table import exact, parsed, shown
from neuralgraph.ui.theme import Theme
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]
Make = Callable[..., WeightsDialog]


def session(kernel: int = 0) -> Session:
    graph = ng.Graph()
    x = graph.add("Input", id="x", shape=(2, 5, 5) if kernel else (2,))
    kind, given = ("Conv2d", {"out_channels": 3, "kernel_size": kernel}) if kernel else ("Linear", {"out_features": 3})
    graph.add("Output", graph.add(kind, x, id="it", **given))
    return graph.session


@pytest.fixture
def dialog(qtbot: Any) -> Iterator[Make]:
    made: list[WeightsDialog] = []

    def build(on: Session) -> WeightsDialog:
        one = WeightsDialog(None, on, on.weights("it"), Theme())
        one.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(one)
        made.append(one)
        one.show()
        return one

    yield build
    for one in made:
        one.reject()


def typed(table: Any, row: int, column: int, text: str) -> None:
    """As a hand does it: a cell, the keys, Enter."""
    table.setCurrentIndex(table.numbers.index(row, column))
    table.edit(table.currentIndex())
    editor = next(one for one in table.findChildren(QLineEdit) if one.isVisible())
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.qWait(0)  # Qt takes the cell a moment later
    assert table.state() != table.State.EditingState


def select(table: Any, top: int, left: int, bottom: int, right: int) -> None:
    from PySide6.QtCore import QItemSelection

    model = table.numbers
    block = QItemSelection(model.index(top, left), model.index(bottom, right))
    table.selectionModel().select(block, QItemSelectionModel.SelectionFlag.ClearAndSelect)


@pytest.mark.parametrize(("text", "block"), [
    ("1\t2,5\n3\t1e-3\n", [[1, 2.5], [3, 0.001]]), ("1;0,5", [[1, 0.5]]), ("1,2,3\n4,5,6", [[1, 2, 3], [4, 5, 6]]),
    ("0,5", [[0.5]]), ("0.1,0.2", [[0.1, 0.2]]), ("[[1, 2],\n [3, 4]]", None), ("1 −2\r\n3 4", [[1, -2], [3, 4]]),
    ("[1, 2]", [[1, 2]]), ("0,5 0,25", [[0.5, 0.25]]), ("7", [[7]]),
])  # fmt: skip
def test_blocks_are_read_as_spreadsheets_and_files_write_them(text: str, block: list[list[float]] | None) -> None:
    found = parsed(text)
    assert found == block if block is not None else isinstance(found, str)


@pytest.mark.parametrize(("text", "words"), [
    ("", "no numbers"), ("1\t2\nx\t4", "Row 2, column 1 of what you paste is «x»"), ("1\t2\n3", "different lengths"),
    ("1\t", "«»"), ("nan", "no number"), ("1e39", "no number"),
])  # fmt: skip
def test_what_is_no_block_is_said(text: str, words: str) -> None:
    found = parsed(text)
    assert isinstance(found, str) and words in found


def test_numbers_are_short_in_a_cell_and_whole_in_its_tip() -> None:
    assert (shown(-0.00071237), shown(3.0), exact(3.0), exact(0.1)) == ("−0.0007124", "3", "3", "0.1")


def test_typing_pins_in_one_step_and_is_taken_back(dialog: Make) -> None:
    on = session()
    start = on.compile().state_dict()["it.weight"].clone()
    one = dialog(on)
    assert (one.table.numbers.rowCount(), one.table.numbers.columnCount()) == (3, 2)
    typed(one.table, 0, 0, "0,5")
    assert (one.table.currentIndex().row(), one.table.currentIndex().column()) == (1, 0), "Enter goes down"
    typed(one.table, 1, 1, "-1e-3")
    typed(one.table, 2, 1, "much")
    assert "«much» is no number" in one.said.text()
    assert one.pin.text() == "Pin weight" and not on.graph.nodes["it"].weights
    one.pin.click()
    got = on.compile().state_dict()["it.weight"]
    assert got[0, 0] == 0.5 and float(got[1, 1]) == pytest.approx(-1e-3)
    assert got[0, 1] == start[0, 1] and got[2, 1] == start[2, 1], "what was not typed stays as it was, to the bit"
    assert set(on.graph.nodes["it"].weights) == {"weight"} and on.history.undo_label == "Pin weight of it"
    on.undo()
    assert not on.graph.nodes["it"].weights


def test_blocks_are_pasted_and_copied(dialog: Make) -> None:
    on = session()
    one = dialog(on)
    table = one.table
    select(table, 1, 0, 1, 0)
    QGuiApplication.clipboard().setText("1\t2\n3,5\t4\n")
    QTest.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert table.numbers.array[1:].tolist() == [[1, 2], [3.5, 4]]
    select(table, 1, 0, 2, 1)
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "1\t2\n3.5\t4"
    select(table, 2, 0, 2, 0)
    assert not table.paste("1 2\n3 4") and "room for 1 × 2" in one.said.text()
    select(table, 0, 0, 2, 1)
    assert table.paste("7") and (table.numbers.array == 7).all(), "one number fills the selection"
    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert not table.numbers.array.any()


def test_offsets_are_one_row_and_more_axes_are_slices(dialog: Make) -> None:
    on = session(kernel=2)
    one = dialog(on)
    assert [field.high for field in one._fields] == [2, 1]
    one._fields[0].set_value(2)
    one._fields[1].step(1)
    typed(one.table, 1, 0, "9")
    assert one.arrays["weight"][2, 1, 1, 0] == 9
    one.which.setCurrentIndex(1)
    one.which.activated.emit(1)
    assert (one.name, one.table.numbers.rowCount(), one.table.numbers.columnCount()) == ("bias", 1, 3)
    typed(one.table, 0, 2, "8")
    assert one.pin.text() == "Pin weight and bias"
    one.pin.click()
    assert on.compile().state_dict()["it.bias"][2] == 8 and on.compile().state_dict()["it.weight"][2, 1, 1, 0] == 9
    on.undo()
    assert not on.graph.nodes["it"].weights, "one step"


def test_pinned_ones_are_marked_and_can_be_unpinned(dialog: Make) -> None:
    on = session()
    dialog(on).pin.click()
    one = dialog(on)
    assert one.unpin.isVisible()
    one.unpin.click()
    assert not on.graph.nodes["it"].weights


def test_too_many_numbers_are_refused_in_words(dialog: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, "weights", Limit(5, "typed-in numbers (1 MB)"))
    on = session()
    one = dialog(on)
    assert one.notice.title.text() == "weight has 6 numbers" and not one.pin.isEnabled()
    assert "at most 5" in one.notice.hint.text()
    one.which.setCurrentIndex(1)
    one.which.activated.emit(1)
    monkeypatch.setitem(LIMITS, "weights", Limit(2, "typed-in numbers (1 MB)"))
    one.pin.click()
    assert one.isVisible() and "it may hold at most 2" in one.said.text() and not on.graph.nodes["it"].weights
    graph = ng.Graph(on)
    with pytest.raises(DocumentError, match="3 typed-in numbers"):
        graph.set_weights("it", bias=[1, 2, 3])


def test_from_the_properties_to_the_network(qtbot: Any, window: Open) -> None:
    one = window("xor")
    bench = one.bench
    node = next(id for id, placed in bench.session.graph.nodes.items() if placed.type == "Linear")
    bench.canvas.select((node,))
    own: Any = bench.properties.sheet.own  # type: ignore[union-attr]
    qtbot.waitUntil(own.isVisible, timeout=5000)
    assert own.mark.isHidden()
    own.type_in.click()
    qtbot.waitUntil(lambda: bool(one.findChildren(WeightsDialog)), timeout=20000)
    dialog = one.findChildren(WeightsDialog)[0]
    typed(dialog.table, 0, 0, "0,125")
    dialog.pin.click()
    assert np.array(bench.session.graph.nodes[node].weights["weight"])[0, 0] == 0.125
    assert own.mark.isVisible() and own.pinned.text() == "weight pinned"
    bench.session.edit(ChangeNode(replace(bench.session.graph.nodes[node], params=bench.session.graph.nodes[
        node].params.having(out_features=9))))
    qtbot.waitUntil(lambda: any(each.code == "pinned" for each in bench.session.analysis.problems), timeout=20000)
    problem = next(each for each in bench.session.analysis.problems if each.code == "pinned")
    bench.apply_fix(problem.fixes[0])
    assert not bench.session.graph.nodes[node].weights and own.mark.isHidden()


def test_how_it_learns_is_set_in_the_properties(qtbot: Any, window: Open) -> None:
    one = window("digits-mlp")
    bench = one.bench
    bench.canvas.select(("hidden",))
    own: Any = bench.properties.sheet.own  # type: ignore[union-attr]
    qtbot.waitUntil(own.isVisible, timeout=5000)
    assert own.learning.isHidden()
    own.link.click()
    fields = {each.accessibleName(): each for each in own.learning.findChildren(NumberField)}
    assert set(fields) == {"rate", "l1", "l2"} and fields["rate"].value() == 1.0
    fields["rate"].typed.emit(0.1)
    fields["l2"].typed.emit(0.01)
    assert dict(bench.session.graph.nodes["hidden"].learning) == {"rate": 0.1, "l2": 0.01}
    fields["rate"].typed.emit(1.0)
    assert dict(bench.session.graph.nodes["hidden"].learning) == {"l2": 0.01}, "what is usual is not kept"
    bench.undo()
    bench.undo()
    assert dict(bench.session.graph.nodes["hidden"].learning) == {"rate": 0.1} and fields["l2"].value() == 0
