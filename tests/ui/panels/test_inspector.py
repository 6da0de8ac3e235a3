"""The inspector: any sample of any part, what the network says of it, names, pictures, and all of it to take along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from neuralgraph.resources import examples
from neuralgraph.session import Session
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.panels.heatmap import HeatMap
from neuralgraph.ui.panels.histogram import bins
from neuralgraph.ui.panels.inspector import Inspector
from neuralgraph.ui.panels.taking import ask_save, menu, save
from neuralgraph.ui.theme import Theme


@pytest.fixture(scope="module")
def trained() -> Session:
    session = Session.open(examples() / "digits-mlp.ngraph")
    list(session.train())
    return session


@pytest.fixture
def panel(trained: Session, qtbot: QtBot) -> Iterator[Inspector]:
    bridge = TrainingBridge()
    one = Inspector(trained, bridge, Theme())
    qtbot.addWidget(one)
    one.resize(300, 700)
    one.show()
    yield one
    one.close_view()
    bridge.close()
    one.close()


def look(panel: Inspector, qtbot: QtBot, node: str, tab: int) -> None:
    panel.show_node(node)
    qtbot.waitUntil(lambda: panel._seen is not None and panel._seen.reading.node == node, timeout=20_000)
    panel._tabs.setCurrentIndex(tab)


def answer_of(trained: Session) -> str:
    return next(id for id, one in trained.graph.nodes.items() if one.type == "Linear" and "logits" in id)


def test_an_input_is_a_grey_picture_and_its_label_a_name(panel: Inspector, qtbot: QtBot) -> None:
    look(panel, qtbot, "digits", 1)
    assert panel.page.heat.map == "grey" and panel.page.heat.values.shape == (1, 8, 8)
    assert not panel.page.histogram.isVisible()
    panel.page.which.setCurrentIndex(1)
    panel.page.chosen.emit()
    assert panel.page.figures.text() == "0"


def test_scores_have_the_names_of_their_classes(panel: Inspector, trained: Session, qtbot: QtBot) -> None:
    look(panel, qtbot, answer_of(trained), 1)
    assert panel.page.bars.names == tuple("0123456789")
    assert panel.page.bars.said((0, 3)).startswith("3: ")


def test_samples_are_walked_part_by_part(panel: Inspector, trained: Session, qtbot: QtBot) -> None:
    look(panel, qtbot, answer_of(trained), 1)
    bar = panel.sample
    assert bar.number.text() == "sample 1 of 1,797" and bar.says.text().startswith("✓  0, sure to ")
    assert [bar.parts.itemText(n) for n in range(bar.parts.count())] == ["all rows", "training", "validation"]
    bar.go(-1)
    qtbot.waitUntil(lambda: bar.number.text() == "sample 1,797 of 1,797", timeout=10_000)
    bar.parts.setCurrentIndex(2)
    bar.parts.activated.emit(2)
    qtbot.waitUntil(lambda: bar.number.text().startswith("sample 1 of 3"), timeout=10_000)
    assert ", row " in bar.number.text()


def test_the_next_wrong_one_is_found_and_said(panel: Inspector, trained: Session, qtbot: QtBot) -> None:
    look(panel, qtbot, answer_of(trained), 1)
    bar = panel.sample
    bar.parts.setCurrentIndex(2)
    bar.parts.activated.emit(2)
    qtbot.waitUntil(lambda: bar.part == "validation", timeout=10_000)
    panel._look_at("validation", 0, True)
    panel._ask()  # the run goes on meanwhile: the wish stays
    qtbot.waitUntil(lambda: bar.says.text().startswith("✕  says "), timeout=10_000)
    assert panel._seen is not None and panel._seen.verdict is not None and not panel._seen.verdict.right
    assert panel._row == bar.place


def test_numbers_are_read_by_pointer_and_by_keys(panel: Inspector, trained: Session, qtbot: QtBot) -> None:
    look(panel, qtbot, answer_of(trained), 0)
    heat = panel.page.heat
    heat.mouseMoveEvent(_at(heat, QPoint(2, 2)))
    assert panel.page.pointed.text().startswith("[0, 0] = ")
    heat.setFocus()
    QTest.keyClick(heat, Qt.Key.Key_Right)
    QTest.keyClick(heat, Qt.Key.Key_Right)
    assert panel.page.pointed.text().startswith("[0, 1] = ") and heat.accessibleDescription().startswith("[0, 1]")
    panel.page.histogram.mouseMoveEvent(_at(panel.page.histogram, QPoint(100, 20)))
    assert " of them from " in panel.page.pointed.text()


def _at(widget: Any, place: QPoint) -> Any:
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent

    spot = QPointF(place)
    return QMouseEvent(QEvent.Type.MouseMove, spot, QPointF(widget.mapToGlobal(place)), Qt.MouseButton.NoButton,
                       Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier)


def test_what_is_seen_can_be_taken_along(
    panel: Inspector, trained: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    answer = answer_of(trained)
    look(panel, qtbot, answer, 0)
    made = menu(panel.page, panel)
    texts = [one.text() for one in made.actions() if one.text()]
    assert texts == ["Copy as CSV", "Copy picture", "Save as CSV…", "Save as PNG…"] and made.actions()[0].isEnabled()
    made.actions()[0].trigger()
    table = np.array([[float(cell) for cell in line.split(",")] for line in QGuiApplication.clipboard().text().split()])
    assert trained.program is not None
    assert np.array_equal(table.astype(np.float32), trained.program.state_dict()[f"{answer}.weight"].numpy())
    save(panel.page, tmp_path / "seen.png")
    image = QImage(str(tmp_path / "seen.png"))
    inks = {image.pixelColor(x, 40).name() for x in range(image.width())}
    assert image.width() == 2 * panel.page.width() and len(inks) > 10
    dialog = ask_save(panel.page, ".csv", panel)
    assert dialog.selectedFiles()[0].endswith(f"{answer}-weights-weight.csv")
    dialog.fileSelected.emit(str(tmp_path / "numbers.csv"))
    dialog.close()
    assert (tmp_path / "numbers.csv").read_text().count("\n") == 10
    made.close()


def test_both_themes_are_painted(panel: Inspector, trained: Session, qtbot: QtBot) -> None:
    look(panel, qtbot, answer_of(trained), 1)
    light = panel.grab().toImage()
    panel._theme.set_mode("dark")
    panel.set_theme(panel._theme)
    assert panel.grab().toImage() != light


def test_quick_clicks_all_count(panel: Inspector, trained: Session, qtbot: QtBot) -> None:
    look(panel, qtbot, answer_of(trained), 1)
    for _ in range(5):
        panel.sample.buttons[1].click()
    qtbot.waitUntil(lambda: panel.sample.number.text() == "sample 6 of 1,797", timeout=10_000)


@pytest.mark.parametrize("values", [
    np.full(9, 1e17, np.float32), np.array([1.0, 1 - 1e-16]), np.full(20, 1e38, np.float32), np.zeros(9),
    np.array([-1e300, 1e300]), np.array([5e-324, 0.0]),
])  # fmt: skip
def test_a_distribution_without_room_for_edges_has_some(values: Any) -> None:
    counts, edges = bins(values)
    assert counts.sum() == len(values) and np.isfinite(edges).all()


def test_a_map_that_a_scroll_bar_makes_lower_does_not_take_the_bar_away(qtbot: QtBot) -> None:
    theme = Theme()
    area, body, made = QScrollArea(), QWidget(), HeatMap(theme)
    qtbot.addWidget(area)
    box = QVBoxLayout(body)
    box.addWidget(made)
    area.setWidgetResizable(True)
    area.setWidget(body)
    made.set_values(np.random.default_rng(0).normal(size=(16, 3, 3)))
    area.resize(260, 400)
    area.show()
    qtbot.waitExposed(area)
    for height in range(60, 200):  # somewhere here it fits beside a bar and not without one
        area.resize(260, height)
        QTest.qWait(0)
    wide = made.height()
    area.resize(220, 400)
    qtbot.waitUntil(lambda: made.height() < wide, timeout=3000)
