"""The panel of views: it shows what fits the selection, reads it out, and is taken along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from neuralgraph.figures.shown import Board, Curve, Curves, Grid, Pictures, Points, Surface, Table
from neuralgraph.resources import examples
from neuralgraph.session import Session
from neuralgraph.tokens import DARK
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.panels import taking
from neuralgraph.ui.panels.figure_pad import Pad
from neuralgraph.ui.panels.views_panel import ViewsPanel
from neuralgraph.ui.theme import Theme

Open = Callable[[str], ViewsPanel]


@pytest.fixture
def views(qtbot: QtBot) -> Iterator[Open]:
    made: list[Any] = []

    def build(example: str) -> ViewsPanel:
        bridge, theme = TrainingBridge(), Theme()
        panel = ViewsPanel(Session.open(examples() / f"{example}.ngraph"), bridge, theme)
        made.append((panel, bridge))
        qtbot.addWidget(panel)
        panel.resize(900, 260)
        panel.show()
        return panel

    yield build
    for panel, bridge in made:
        panel.close_view()
        bridge.close()
        panel.close()


def shown(card: Any) -> bool:
    return bool(card._stack.currentWidget() is card._scroll)


def test_it_shows_a_view_of_the_selected_node_and_says_why_where_there_is_none(views: Open, qtbot: QtBot) -> None:
    panel = views("digits-mlp")
    card = panel.cards[0]
    panel.show_node("hidden")
    qtbot.waitUntil(lambda: shown(card) and card.view != "", timeout=60_000)
    card.show_view("weights")
    qtbot.waitUntil(lambda: isinstance(card.pad.shown, Board), timeout=60_000)
    assert card.of.text() == "hidden"
    assert not card.grab().isNull()
    panel.show_node("flatten_1")
    qtbot.waitUntil(lambda: not shown(card), timeout=60_000)
    assert "learns nothing" in card.notice.hint.text()
    assert panel.sample.count == 1797
    panel._row_chosen(17)
    qtbot.waitUntil(lambda: panel.sample.place == 17, timeout=60_000)
    assert card.place == 17


def test_views_stand_side_by_side_a_pinned_one_keeps_its_node(views: Open, qtbot: QtBot) -> None:
    panel = views("digits-mlp")
    panel.show_node("hidden")
    first, second = panel.cards[0], panel.new_card("weights")
    qtbot.waitUntil(lambda: shown(second) and shown(first), timeout=60_000)
    second.pin.setChecked(True)
    panel.show_node("logits")
    qtbot.waitUntil(lambda: first.node == "logits" and shown(first), timeout=60_000)
    assert second.node == "hidden"
    panel._close(second)
    assert panel.cards == [first] and not first.shut.isVisible()


def test_a_view_opens_in_a_window_of_its_own_and_goes_with_it(views: Open, qtbot: QtBot) -> None:
    panel = views("digits-mlp")
    panel.show_node("hidden")
    panel.cards[0].show_view("weights")
    qtbot.waitUntil(lambda: shown(panel.cards[0]), timeout=60_000)
    panel._enlarge(panel.cards[0])
    window = panel.windows[0]
    qtbot.waitUntil(lambda: shown(window.card), timeout=60_000)
    assert window.card.node == "hidden"
    window.close()
    assert not panel.windows


def test_the_menu_offers_every_view_by_group_and_says_why_not(views: Open, qtbot: QtBot) -> None:
    panel = views("digits-mlp")
    panel.show_node("flatten_1")
    card = panel.cards[0]
    qtbot.waitUntil(lambda: any(one.scope == "node" and not one.why for one in card.offers), timeout=60_000)
    card._fill()
    rows = [action for group in card.which.menu().actions() for action in group.menu().actions()]
    assert {row.text() for row in rows} == {one.title for one in card.offers}
    row = next(one for one in rows if one.text() == "Weights")
    assert not row.isEnabled() and "learns nothing" in row.toolTip()


EACH = (
    Grid(np.arange(12.0).reshape(3, 4)), Grid(np.arange(-9.0, 9.0).reshape(2, 3, 3)), Pictures(np.eye(4)[None]),
    Curves((Curve("a", np.arange(5.0), np.arange(5.0) ** 2),)), Points(np.eye(2), np.array([0, 1]), ("a", "b")),
    Surface(np.outer(np.arange(5.0), np.arange(5.0)), (0, 1), (0, 1)), Table(("a", "b"), (("x", 1), ("y", 2))),
)


@pytest.mark.parametrize("what", EACH, ids=lambda one: type(one).__name__)
def test_a_pad_paints_and_reads_every_kind_in_both_themes(what: Any, qtbot: QtBot, tmp_path: Path) -> None:
    pad = Pad(Theme())
    qtbot.addWidget(pad)
    pad.resize(320, 240)
    pad.set_shown(what)
    pad.show()
    light = pad.grab().toImage()
    pad.theme.set_tokens(DARK)
    assert pad.grab().toImage() != light
    said: list[str] = []
    pad.pointed.connect(said.append)
    pad.setFocus()
    QTest.keyClick(pad, Qt.Key.Key_Right)
    assert said and said[-1]
    x, y, wide, high = pad.drawing.spots.box(0)
    assert pad.spot(QPointF(x + wide / 2, y + high / 2)) is not None
    for ending in (".csv", ".png", ".svg"):
        taking.save(pad, tmp_path / f"x{ending}")
        assert (tmp_path / f"x{ending}").stat().st_size > 10


def test_a_surface_is_turned_by_the_hand(views: Open, qtbot: QtBot) -> None:
    panel = views("xor")
    card = panel.cards[0]
    card._show(Surface(np.eye(5), (0, 1), (0, 1)))
    card._turn(20, 5)
    assert isinstance(card.pad.shown, Surface)
    assert (card.pad.shown.turn, card.pad.shown.tilt) == (50.0, 40.0)
    card._turn(0, 500)
    assert card.pad.shown.tilt == 88.0


def test_a_click_on_a_spot_with_a_key_brings_the_key(qtbot: QtBot) -> None:
    pad = Pad(Theme())
    qtbot.addWidget(pad)
    pad.resize(300, 200)
    pad.set_shown(Pictures(np.zeros((3, 4, 4)), keys=(5, 6, 7)))
    pad.show()
    x, y, wide, high = pad.drawing.spots.box(1)
    with qtbot.waitSignal(pad.keyed) as found:
        QTest.mouseClick(pad, Qt.MouseButton.LeftButton, pos=QPointF(x + wide / 2, y + high / 2).toPoint())
    assert found.args == [6]


def test_another_document_begins_with_what_suits_it(views: Open, qtbot: QtBot) -> None:
    panel = views("digits-mlp")
    card = panel.cards[0]
    panel.show_node("hidden")
    card.show_view("input-images")
    qtbot.waitUntil(lambda: shown(card), timeout=60_000)
    panel.set_session(Session.open(examples() / "xor.ngraph"))
    assert card.view == "" and not card.options
    panel.show_node("hidden")
    qtbot.waitUntil(lambda: shown(card) and card.view not in ("", "input-images"), timeout=60_000)


def test_a_cell_of_the_confusion_leads_to_each_of_its_rows(qtbot: QtBot) -> None:
    pad = Pad(Theme())
    qtbot.addWidget(pad)
    pad.resize(300, 240)
    pad.set_shown(Grid(np.array([[3, 2], [0, 1]]), "viridis", row_names=("cat", "dog"), column_names=("cat", "dog"),
                       x_label="answer", y_label="truth", whole=True, behind=((1, 4, 9), (2, 7), (), (3,))))
    pad.show()
    found: list[int] = []
    pad.keyed.connect(found.append)
    x, y, wide, high = pad.drawing.spots.box(1)
    for _ in range(3):
        QTest.mouseClick(pad, Qt.MouseButton.LeftButton, pos=QPointF(x + wide / 2, y + high / 2).toPoint())
    assert found == [2, 7, 2]
    pad.setFocus()
    QTest.keyClick(pad, Qt.Key.Key_Left)
    for _ in range(2):
        QTest.keyClick(pad, Qt.Key.Key_Return)
    assert found[3:] == [1, 4]
    assert pad.said((0, 1)) == "truth cat, answer dog: 2; click to look at one after the other"
    assert pad.said((1, 0)) == "truth dog, answer cat: 0"


def test_keys_bring_what_they_read_into_sight(views: Open, qtbot: QtBot) -> None:
    panel = views("xor")
    card = panel.cards[0]
    card._show(Table(("a", "b"), tuple((str(n), n) for n in range(60))))
    qtbot.waitUntil(lambda: card._scroll.verticalScrollBar().maximum() > 0, timeout=5000)
    card.pad.setFocus()
    for _ in range(40):
        QTest.keyClick(card.pad, Qt.Key.Key_Down)
    top = card._scroll.verticalScrollBar().value()
    assert top <= card.pad.box((39, 0)).center().y() <= top + card._scroll.viewport().height()


def test_a_window_of_its_own_is_called_as_what_it_shows(views: Open, qtbot: QtBot) -> None:
    panel = views("digits-mlp")
    panel.show_node("hidden")
    panel.cards[0].show_view("weights")
    qtbot.waitUntil(lambda: shown(panel.cards[0]), timeout=60_000)
    panel._enlarge(panel.cards[0])
    window = panel.windows[0]
    qtbot.waitUntil(lambda: shown(window.card), timeout=60_000)
    assert window.windowTitle() == "Weights: hidden"
    window.card.show_view("node-table")
    qtbot.waitUntil(lambda: isinstance(window.card.pad.shown, Table), timeout=60_000)
    assert window.windowTitle() == "Parameters and memory: whole network"


def test_in_a_narrow_panel_the_views_get_the_room(views: Open, qtbot: QtBot) -> None:
    panel = views("digits-mlp")
    panel.show_node("hidden")
    panel.cards[0].show_view("weights-before-after")
    qtbot.waitUntil(lambda: shown(panel.cards[0]), timeout=60_000)
    panel.resize(480, 200)
    qtbot.waitUntil(lambda: panel.sample.isVisible() and panel.cards[0].width() > 340, timeout=60_000)
    inside = panel._side.rect()
    for one in (panel.sample.parts, *panel.sample.buttons, panel.add):
        assert inside.contains(one.mapTo(panel._side, one.rect().bottomRight())), one.accessibleName()
    which = panel.cards[0].which
    panel.resize(400, 200)
    qtbot.waitUntil(lambda: which.width() < which.sizeHint().width(), timeout=2000)
    shot, arrow = which.grab().toImage(), which.width() - 20
    paper = shot.pixel(which.width() - 1, 1)
    assert all(shot.pixel(arrow, y) == paper for y in range(shot.height())), "and ends before the arrow"


def test_until_anything_has_come_it_does_not_say_that_there_is_nothing(views: Open) -> None:
    panel = views("digits-mlp")
    assert panel.cards[0].notice.title.text() == "Looking …"


@pytest.mark.parametrize(("width", "height"), [(900, 190), (460, 190), (700, 700)])
def test_the_options_of_a_view_are_whole_in_a_low_dock(views: Open, qtbot: QtBot, width: int, height: int) -> None:
    panel = views("digits-mlp")
    panel.resize(width, height)
    card = panel.cards[0]
    card.show_view("confusion")
    qtbot.waitUntil(lambda: shown(card), timeout=60_000)
    card.more.setChecked(True)
    form = card.form._form
    assert form is not None
    qtbot.waitUntil(lambda: form.isVisible() and form.height() >= form.minimumSizeHint().height())
    boxes = [one.geometry() for one in form.fields.values()]
    assert len(boxes) > 2 and not any(one.intersects(other) for one in boxes for other in boxes if one != other)
    assert all(one.height() >= form.fontMetrics().height() for one in boxes)
    assert card._scroll.width() > 100 and card._scroll.height() > 40
    answer = form.fields["answer"].box
    assert answer.itemText(0) == "automatic", "an empty word would say nothing"
