"""The form of a table's columns: roles and kinds by a click, several at once, what a column holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from neuralgraph.graph.document import Placed
from neuralgraph.graph.edits import AddNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.ui.panels.columns_field import ColumnsField

TEXT = "id,age,town,y\na,1,Ulm,0.5\nb,,Bonn,1.5\nc,3,Ulm,2.5\n"


@pytest.fixture
def furnished(window: Any, qtbot: Any, tmp_path: Path) -> tuple[Any, ColumnsField]:
    """A window on a Csv node with its file, the node selected."""
    file = tmp_path / "table.csv"
    file.write_text(TEXT)
    bench = window().bench
    bench.session.agree(str(file))
    bench.session.edit(AddNode(Placed("csv_1", "Csv", FrozenDict({"path": str(file), "missing": "mean"}))))
    bench.canvas.select(("csv_1",))
    field = bench.properties.sheet.form.fields["columns"]
    qtbot.waitUntil(lambda: bool(field.model.columns), timeout=10_000)
    return bench, field


def cells(field: ColumnsField) -> list[list[str]]:
    model = field.model
    return [[model.data(model.index(row, column)) for column in range(4)] for row in range(model.rowCount())]


def test_it_lists_what_the_file_holds(furnished: Any) -> None:
    _, field = furnished
    assert cells(field) == [
        ["id", "input", "category", ""], ["age", "input", "number", "1"], ["town", "input", "category", ""],
        ["y", "target", "number", ""],
    ]
    assert field.said.text() == (
        "4 columns, 1 to predict. Values are missing in age. Click a role or kind to change it.")
    field.table.setCurrentIndex(field.model.index(2, 0))
    assert field.said.text() == "town: 2 categories: Bonn, Ulm"
    field.table.resize(400, 200)
    assert not field.table.isColumnHidden(3)
    field.table.resize(200, 200)
    assert field.table.isColumnHidden(3)


def pick(field: ColumnsField, row: int, column: int, text: str) -> None:
    field.open_menu(field.model.index(row, column))
    menu = next(one for one in field.findChildren(QMenu) if one.isVisible())
    next(one for one in menu.actions() if one.text() == text).trigger()
    menu.close()


def test_roles_and_kinds_are_chosen_in_menus_and_undone(furnished: Any, qtbot: Any) -> None:
    bench, field = furnished
    pick(field, 0, 1, "left out")
    assert bench.session.graph.nodes["csv_1"].params["columns"] == (("id", "left out", "auto"),)
    assert cells(field)[0][1] == "left out", "shown before the file is read again"
    pick(field, 1, 2, "category")
    pick(field, 1, 1, "target")
    assert {one[0]: one[1:] for one in bench.session.graph.nodes["csv_1"].params["columns"]} == {
        "id": ("left out", "auto"), "age": ("target", "category"), "y": ("target", "auto")}, "the old target stays one"
    for _ in range(3):
        bench.undo()
    assert "columns" not in bench.session.graph.nodes["csv_1"].params
    assert cells(field)[1][1:3] == ["input", "number"]


def test_a_column_of_groups_is_chosen_like_any_role(furnished: Any, qtbot: Any) -> None:
    bench, field = furnished
    pick(field, 0, 1, "group")
    assert bench.session.graph.nodes["csv_1"].params["columns"] == (("id", "group", "auto"),)
    assert cells(field)[0][1] == "group"
    qtbot.waitUntil(lambda: field.model.columns[0].role == "group", timeout=10_000)


def test_several_columns_at_once_and_by_keys(furnished: Any, qtbot: Any) -> None:
    bench, field = furnished
    field.table.setFocus()
    field.table.selectRow(0)
    flags = field.table.selectionModel().SelectionFlag
    field.table.selectionModel().select(field.model.index(2, 0), flags.Select | flags.Rows)
    field.table.selectionModel().setCurrentIndex(field.model.index(2, 1), flags.NoUpdate)
    qtbot.keyClick(field.table, Qt.Key.Key_Return)
    menu = next(one for one in field.findChildren(QMenu) if one.isVisible())
    next(one for one in menu.actions() if one.text() == "left out").trigger()
    menu.close()
    assert [one[0] for one in bench.session.graph.nodes["csv_1"].params["columns"]] == ["id", "town"]
    assert field.menu_at(field.model.index(0, 0)) is None


def test_what_is_wrong_with_a_column_is_said_and_mended_by_leaving_it_out(
    furnished: Any, qtbot: Any, tmp_path: Path
) -> None:
    bench, field = furnished
    file = tmp_path / "table.csv"
    file.write_text("id,age,town,y\n" + "1,2,Ulm,0.5\n" * 9 + "1,two,Bonn,1.5\n")
    bench.analysis.ask(bench.session.analyse, bench.session.graph)
    qtbot.waitUntil(lambda: bool(field.model.columns[1].trouble), timeout=10_000)
    assert bench.session.analysis.errors
    field.choose([1], role="left out")
    qtbot.waitUntil(lambda: not bench.session.analysis.errors, timeout=10_000)
