"""The data panel: every page of every kind of data, in words too; what preparation does to one sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

import neuralgraph as ng
from neuralgraph.tokens import LIGHT
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.panels.data_painting import figure
from neuralgraph.ui.panels.data_sheet import PAGES, DataSheet
from neuralgraph.ui.panels.data_view import DataPanel
from neuralgraph.ui.theme import Theme


@pytest.fixture(scope="module")
def bridge(qapp: Any) -> Iterator[TrainingBridge]:
    ng.train(table(), epochs=1)  # the engine is loaded before anybody waits for it
    made = TrainingBridge()
    yield made
    made.close()


def table() -> ng.Graph:
    graph = ng.Graph()
    data = graph.add("Dataset", name="wine", id="data")
    x = graph.add("PCA", graph.add("Standardize", data["x"]), n_components=2)
    graph.add("CrossEntropyLoss", graph.add("Linear", x, out_features=3), data["y"])
    return graph


def pictures() -> ng.Graph:
    graph = ng.Graph()
    data = graph.add("Dataset", name="digits", id="data")
    x = graph.add("RandomErase", graph.add("RandomShift", data["x"]), p=1.0, id="erase")
    graph.add("CrossEntropyLoss", graph.add("Linear", graph.add("Flatten", x), out_features=10), data["y"])
    return graph


def words() -> ng.Graph:
    graph = ng.Graph()
    data = graph.add("Dataset", name="sentiment", samples=40, id="data")
    x = graph.add("Flatten", graph.add("Embedding", data["x"], num_embeddings=100, embedding_dim=2))
    graph.add("CrossEntropyLoss", graph.add("Linear", x, out_features=2), data["y"])
    return graph


def series() -> ng.Graph:
    graph = ng.Graph()
    data = graph.add("Dataset", name="sine", samples=60, id="data")
    x = graph.add("Flatten", graph.add("MinMax", data["x"]))
    graph.add("MSELoss", graph.add("Linear", x, out_features=1), data["y"])
    return graph


DOCUMENTS = {"table": table, "pictures": pictures, "words": words, "series": series}


@pytest.fixture
def shown(bridge: TrainingBridge, qtbot: QtBot) -> Iterator[Any]:
    made: list[DataPanel] = []

    def show(graph: ng.Graph) -> DataPanel:
        theme = Theme()
        panel = DataPanel(graph.session, bridge, theme)
        made.append(panel)
        qtbot.addWidget(panel)
        panel.resize(900, 260)
        panel.show()
        qtbot.waitUntil(lambda: panel._stack.currentWidget() is panel._content, timeout=60_000)
        return panel

    yield show
    for one in made:
        one.close_view()
        one.close()


def turn(panel: DataPanel, page: str) -> None:
    panel.pages.setCurrentText(page)
    panel._turn()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_page_is_painted_and_said(name: str, shown: Any) -> None:
    panel = shown(DOCUMENTS[name]())
    pages = [panel.pages.itemText(n) for n in range(panel.pages.count())]
    assert pages == [one for one in PAGES if one in panel.sheet.offered()]
    assert ("classes" in pages) == (name != "series")
    assert ("steps" in pages) == (name != "words")
    for page in pages:
        turn(panel, page)
        assert not panel.grab().isNull()
        assert panel.sheet.said()
        assert page == "rows" or panel.sheet.accessibleDescription() == panel.sheet.said()
    assert "divided" in panel.facts.text()


def test_a_table_has_the_names_of_its_columns(shown: Any) -> None:
    panel = shown(table())
    rows = panel.table.rows
    heads = [rows.headerData(n, Qt.Orientation.Horizontal) for n in range(rows.columnCount())]
    assert heads[:3] == ["grower (y)", "alcohol", "malic_acid"]
    assert rows.rowCount() == 60
    assert rows.headerData(0, Qt.Orientation.Vertical) == "1", "rows count from one, here as everywhere"
    assert rows.index(0, 0).data() == "class_0"
    assert rows.index(0, 1).data() == "14.2"
    assert panel.views.currentWidget() is panel.table
    assert "The first 60 rows." in panel.notes.text()


def test_steps_show_the_sample_before_and_after_and_another_chance(shown: Any, qtbot: QtBot) -> None:
    panel = shown(pictures())
    turn(panel, "steps")
    first = [one.value for one in panel.sheet.steps]
    assert [one.type for one in panel.sheet.steps] == ["Dataset", "RandomShift", "RandomErase"]
    assert not np.array_equal(first[1], first[2])
    panel.buttons[2].click()
    qtbot.waitUntil(lambda: not np.array_equal(panel.sheet.steps[2].value, first[2]), timeout=5000)
    assert np.array_equal(panel.sheet.steps[0].value, first[0])
    panel.buttons[1].click()
    qtbot.waitUntil(lambda: not np.array_equal(panel.sheet.steps[0].value, first[0]), timeout=5000)
    assert "Row 2," in panel.notes.text()
    assert "by chance, while training only" in panel.sheet.at(QPointF(panel.sheet.width() // 4, 30))


def test_what_is_fitted_is_measured_before_it_is_shown(shown: Any) -> None:
    panel = shown(table())
    standard = panel.sheet.steps[1]
    assert standard.says == "measured on the training part"
    assert abs(float(standard.value.max())) < 5 < float(panel.sheet.steps[0].value.max())


def test_numbers_are_read_where_the_pointer_is(shown: Any) -> None:
    panel = shown(table())
    turn(panel, "correlations")
    assert panel.sheet.at(QPointF(180, 25)) == "alcohol and alcohol: +1.000"
    assert panel.bar.isVisible()
    turn(panel, "columns")
    assert panel.sheet.at(QPointF(20, 20)).startswith("alcohol: 11.0 … 14.8, mean 13.0, spread 0.81")
    turn(panel, "classes")
    assert panel.sheet.said() == "class_0 59; class_1 71; class_2 48"


def test_the_pages_grow_with_the_words(shown: Any, qtbot: QtBot, qapp: Any) -> None:
    sheet, before = DataSheet(LIGHT), qapp.font()
    qtbot.addWidget(sheet)
    sheet.seen, sheet.page = shown(table()).sheet.seen, "columns"
    sheet.resize(1000, 400)
    sheet.fit()
    places = [sheet._place(number, sheet._cells()[1]) for number in range(8)]
    high, ink = sheet.minimumHeight(), sheet.grab().toImage().pixelColor(places[4].center().toPoint()).name()
    try:
        qapp.setFont(Theme(scale=1.5).font())
        sheet.resize(1500, 600)
        sheet.fit()
        assert [sheet._place(number, sheet._cells()[1]) for number in range(8)] == places
        assert sheet.minimumHeight() == round(1.5 * high)
        assert sheet.grab().toImage().pixelColor((places[4].center() * 1.5).toPoint()).name() == ink
    finally:
        qapp.setFont(before)


def test_data_that_cannot_be_read_say_why(shown: Any) -> None:
    graph = ng.Graph()
    graph.add("Npz", path="/nowhere/a.npz", id="data")
    panel = shown(graph)
    assert "a.npz" in panel.facts.text()
    assert panel.pages.count() == 0
    assert not panel.grab().isNull()


def test_nothing_is_asked_while_a_network_learns(shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = shown(table())
    asked: list[object] = []
    monkeypatch.setattr(panel, "_ask", lambda: asked.append(1))
    panel.feed(())
    assert not asked


def test_years_are_not_in_powers_of_ten() -> None:
    assert [figure(2013.0), figure(-1200.0), figure(0.5), figure(3e9)] == ["2,013", "−1,200", "0.50", "3e+09"]
