"""Trying a network in a window of 1024 px: what is offered fits beside the panels, nothing scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QScrollArea

from neuralgraph.ui.window import MainWindow
from tests.ui.panels.test_try_it import tried


@pytest.mark.parametrize("name", ["iris", "diabetes", "breast-cancer", "digits-mlp"])
def test_nothing_scrolls_sideways(qtbot: Any, window: Callable[..., MainWindow], name: str) -> None:
    one = window(name)
    one.resize(1024, 768)
    one.bench.training.one_batch()
    panel = tried(qtbot, one)
    qtbot.waitUntil(lambda: bool(panel.bars.bars), timeout=20000)
    qtbot.wait(50)
    home = panel.parentWidget()
    assert home is not None
    assert panel.width() <= home.width()
    if panel._values is not None:
        (area,) = panel._values.findChildren(QScrollArea)
        inner = area.widget()
        assert inner.minimumSizeHint().width() <= area.viewport().width(), "sliders are cut off"


def test_many_columns_stand_in_two_rows_where_there_is_room(qtbot: Any, window: Callable[..., MainWindow]) -> None:
    one = window("diabetes")
    one.resize(1900, 900)
    one.bench.training.one_batch()
    panel = tried(qtbot, one)
    values = panel._values
    assert values is not None

    def rows() -> set[int]:
        return {values._grid.getItemPosition(values._grid.indexOf(one))[0] for one in values.fields}

    for width, count in ((800, 5), (300, 10), (800, 5)):
        values.resize(width, 300)
        assert rows() == set(range(count)) and len(values.fields) == 10
    values.set_row(panel._card.samples[1])
    assert values.fields[0].toolTip() == "" and "age" in values._names[0].toolTip()
