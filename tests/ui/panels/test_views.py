"""The panels that look inside: they show what a session answers, and say why where there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from neuralgraph.figures.charts import TINT
from neuralgraph.figures.marks import Picture, pixels
from neuralgraph.resources import examples
from neuralgraph.session import Session
from neuralgraph.tokens import DARK, LIGHT
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.panels.boundary import BoundaryPanel, Plane, area, borders, mark
from neuralgraph.ui.panels.confusion import ConfusionPanel
from neuralgraph.ui.panels.inspector import Inspector
from neuralgraph.ui.panels.samples import SamplesPanel
from neuralgraph.ui.theme import Theme

Make = Callable[[type, str], Any]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    made: list[Any] = []

    def build(kind: type, example: str) -> Any:
        session = Session.open(examples() / f"{example}.ngraph")
        bridge = TrainingBridge()
        panel = kind(session, bridge, Theme())
        made.append((panel, bridge))
        qtbot.addWidget(panel)
        panel.resize(900, 300)
        panel.show()
        return panel

    yield build
    for panel, bridge in made:
        panel.close_view()
        bridge.close()
        panel.close()


def test_the_inspector_shows_the_weights_of_the_selected_node(make: Make, qtbot: QtBot) -> None:
    panel = make(Inspector, "digits-cnn")
    panel.show_node("conv2d_1")
    qtbot.waitUntil(lambda: panel._seen is not None, timeout=20_000)
    page = panel.page
    assert page.caption.text() == "16 of 16 kernels, 3 × 3, input channel 1"
    assert page.heat.values.shape == (16, 3, 3)
    assert page.figures.text().startswith("mean ")
    panel._tabs.setCurrentIndex(1)
    assert "16 of 16 maps, 8 × 8" in page.caption.text()
    panel._tabs.setCurrentIndex(2)
    assert panel._notice.title.text() == "No gradients yet"
    panel.show_node(None)
    assert panel._notice.title.text() == "Nothing selected"
    assert not panel.grab().isNull()


@pytest.mark.parametrize(("kind", "example", "field"), [
    (BoundaryPanel, "spiral", "_plane"), (ConfusionPanel, "iris", "_matrix"), (SamplesPanel, "digits-mlp", "_sheet"),
])  # fmt: skip
def test_a_panel_shows_its_answer_and_paints_in_both_themes(
    kind: type, example: str, field: str, make: Make, qtbot: QtBot
) -> None:
    panel = make(kind, example)
    qtbot.waitUntil(lambda: panel._stack.currentWidget() is panel._content, timeout=20_000)
    light = panel.grab().toImage()
    theme = Theme()
    theme.set_mode("dark")
    panel.set_theme(theme)
    assert panel.tokens == DARK
    dark = panel.grab().toImage()
    assert light.size() == dark.size()
    assert light != dark
    assert getattr(panel, field) is not None


def test_the_matrix_grows_with_the_words(make: Make, qtbot: QtBot, qapp: QApplication) -> None:
    panel = make(ConfusionPanel, "iris")
    qtbot.waitUntil(lambda: panel._stack.currentWidget() is panel._content, timeout=20_000)
    matrix, before = panel._matrix, qapp.font()
    inks = {}
    try:
        for factor in (1.0, 1.5):
            qapp.setFont(Theme(scale=factor).font())
            panel.resize(round(800 * factor), round(300 * factor))
            QApplication.processEvents()
            box = matrix._box()[0]
            at = box.bottomRight() * factor - QPointF(4, 4) * factor
            inks[factor] = matrix.grab().toImage().pixelColor(at.toPoint()).name(), box
    finally:
        qapp.setFont(before)
    assert inks[1.0] == inks[1.5] and inks[1.0][0] != LIGHT.panel


def test_a_panel_without_an_answer_says_what_it_needs(make: Make, qtbot: QtBot) -> None:
    panel = make(BoundaryPanel, "iris")
    qtbot.waitUntil(lambda: "two features" in panel._notice.hint.text(), timeout=20_000)
    assert panel._stack.currentWidget() is panel._notice


def test_borders_run_where_the_sign_changes() -> None:
    values = np.tile(np.array([-1.0, -0.5, 0.5, 1.0]), (3, 1))
    lines = borders(values, 2)
    assert len(lines) == 2
    assert all(x == pytest.approx(1.5) for line in lines for x, _ in line)
    classes = np.array([[0, 0, 1], [0, 0, 1], [2, 2, 2]])
    assert len(borders(classes, 3)) == 5


def test_every_class_of_the_plane_has_a_shape_of_its_own(qtbot: QtBot) -> None:
    shapes = set()
    for kind in range(8):
        image = QImage(24, 24, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        mark(painter, QPointF(12, 12), kind, LIGHT, 2.0)
        painter.end()
        shapes.add(tuple(image.pixelColor(x, y).alpha() > 128 for x in range(24) for y in range(24)))
    assert len(shapes) == 8


def test_the_plane_has_the_colours_of_the_figure() -> None:
    answer = np.array([[0, 3], [2, 1]])
    assert np.array_equal(area(answer * 0.0, answer, 4, DARK), pixels(Picture((0, 0, 1, 1), answer, "classes",
                                                                                strength=TINT), DARK))
    assert area(np.array([[-1.0, 1.0]]), answer, 2, LIGHT).shape == (1, 2, 3)


@pytest.mark.parametrize("size", [(150, 120), (180, 100), (300, 160), (1200, 300)])
def test_a_plane_is_drawn_in_little_room(make: Make, qtbot: QtBot, size: tuple[int, int]) -> None:
    panel = make(BoundaryPanel, "spiral")
    qtbot.waitUntil(lambda: panel._stack.currentWidget() is panel._content, timeout=20_000)
    plane = panel.findChild(Plane)
    plane.resize(*size)
    box = plane._box()
    assert box.height() >= 0.45 * (min(size) - 16) and plane.rect().contains(box.toAlignedRect())
    assert not plane._beside() or box.right() + plane._beside() <= size[0]
