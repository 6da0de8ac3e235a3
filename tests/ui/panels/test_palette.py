"""The palette: a few types of every category, all of them under sub-headings, a flat list while searching."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QTreeView

from neuralgraph.nodes import CATALOG
from neuralgraph.ui.panels.palette import GROUP, KIND, Palette
from neuralgraph.ui.theme import Theme

MANY = 12


@pytest.fixture
def palette(qtbot: Any) -> Palette:
    one = Palette(CATALOG, Theme())
    qtbot.addWidget(one)
    one.resize(200, 600)
    one.show()
    return one


def child(palette: Palette, *texts: str) -> QModelIndex:
    """The row with these texts, from the top."""
    model = palette.tree.model()
    at = QModelIndex()
    for text in texts:
        rows = [model.index(row, 0, at) for row in range(model.rowCount(at))]
        at = next(one for one in rows if str(one.data()).startswith(text))
    return at


def texts(tree: QTreeView, at: QModelIndex) -> list[str]:
    return [str(tree.model().index(row, 0, at).data()) for row in range(tree.model().rowCount(at))]


def unfold(palette: Palette, category: str) -> None:
    more = texts(palette.tree, child(palette, category))[-1]
    assert more.endswith(" more")
    palette.tree.clicked.emit(child(palette, category, more))


@pytest.mark.parametrize("category", CATALOG.by_category())
def test_many_types_have_sub_headings(category: str) -> None:
    groups = CATALOG.by_group(category)
    total = len(CATALOG.by_category()[category])
    assert sum(map(len, groups.values())) == total
    if total <= MANY:
        return
    assert "" not in groups, [one.__name__ for one in groups[""]]
    assert all(2 <= len(kinds) <= 20 for kinds in groups.values()), "a class attribute `group`; split what grows long"


def test_a_few_types_come_first_then_all_under_sub_headings(palette: Palette) -> None:
    few = texts(palette.tree, child(palette, "Maths"))
    assert few[-1] == f"{len(CATALOG.by_category()['Maths']) - 3} more" and len(few) == 4
    unfold(palette, "Maths")
    assert texts(palette.tree, child(palette, "Maths")) == [*CATALOG.by_group("Maths"), "fewer"]
    assert set(palette.types()) >= {one.__name__ for one in CATALOG.by_category()["Maths"]}
    assert not palette.tree.isExpanded(child(palette, "Maths", "Arithmetic"))
    palette.tree.clicked.emit(child(palette, "Maths", "fewer"))
    assert texts(palette.tree, child(palette, "Maths")) == few


def test_a_sub_heading_opens_and_stays_open(qtbot: Any, palette: Palette) -> None:
    unfold(palette, "Maths")
    palette.tree.clicked.emit(child(palette, "Maths", "Arithmetic"))
    palette.tree.setCurrentIndex(child(palette, "Maths", "Reductions"))
    qtbot.keyClick(palette.tree, Qt.Key.Key_Right)
    palette.tree.clicked.emit(child(palette, "Data"))
    palette.search.setText("add")
    palette.search.clear()
    for group in ("Arithmetic", "Reductions"):
        assert palette.tree.isExpanded(child(palette, "Maths", group))
    assert not palette.tree.isExpanded(child(palette, "Data"))
    assert not palette.tree.isExpanded(child(palette, "Maths", "Shape"))
    palette.tree.clicked.emit(child(palette, "Maths", "Arithmetic"))
    assert not palette.tree.isExpanded(child(palette, "Maths", "Arithmetic"))


def test_a_type_under_a_sub_heading_can_be_wanted(qtbot: Any, palette: Palette) -> None:
    unfold(palette, "Layers")
    with qtbot.waitSignal(palette.wanted) as caught:
        palette.tree.activated.emit(child(palette, "Layers", "Recurrent", "LSTM"))
    assert caught.args == ["LSTM"]
    palette.tree.activated.emit(child(palette, "Layers", "Recurrent"))
    assert palette.tree.isExpanded(child(palette, "Layers", "Recurrent"))


def test_searching_lists_types_without_headings(palette: Palette) -> None:
    palette.search.setText("conv")
    model = palette.tree.model()
    rows = [model.index(row, 0) for row in range(model.rowCount())]
    assert all(one.data(KIND) and not one.data(GROUP) and not model.rowCount(one) for one in rows)
    assert palette.types() == [one.__name__ for one in CATALOG.find("conv")]
