"""The tabs at the bottom: what is remembered of them, and that no page widens the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QRegion
from PySide6.QtWidgets import QToolButton, QWidget

from neuralgraph.ui.docks import LEAST
from neuralgraph.ui.tabs import Tabs
from neuralgraph.ui.theme import Theme
from neuralgraph.ui.window import MainWindow


def tabs(qtbot: Any, *keys: str, hidden: str = "") -> Tabs:
    made = Tabs(Theme())
    qtbot.addWidget(made)
    for key in keys:
        made.add(key, key.title(), QWidget, shown=key != hidden)
    return made


def test_a_tab_of_a_later_version_is_shown_where_it_is_at_first(qtbot: Any) -> None:
    made = tabs(qtbot, "plots", "problems", "runs", "log", "history", hidden="history")
    made.arrange(("log", "plots"), "log", seen=("plots", "problems", "log"))
    assert made.order() == ["log", "plots", "runs"], "«problems» was closed, «runs» is new, «history» waits"
    assert made.current() == "log"


def test_a_tab_that_was_closed_stays_closed(qtbot: Any) -> None:
    made = tabs(qtbot, "plots", "problems", "runs")
    made.arrange(("plots", "problems"), "plots", seen=tuple(made.keys()))
    assert made.order() == ["plots", "problems"]


def test_a_layout_from_before_shows_the_new_tabs(window: Callable[..., MainWindow]) -> None:
    one = window("xor")
    one.settings.put("tabs", ("plots", "problems", "samples", "log"))
    one.settings.put("tab", "log")
    one.settings.save()
    order = window("xor").bench.docks.bottom.order()
    assert order == ["plots", "problems", "runs", "step", "data", "try", "views", "samples", "log"]


def test_no_title_runs_under_the_arrows(qtbot: Any) -> None:
    made = tabs(qtbot, *(f"panel {n}" for n in range(8)))
    made.resize(260, 200)
    made.show()
    arrows = [one for one in made.bar.findChildren(QToolButton) if one.isVisible()]
    assert arrows
    picture = QImage(made.bar.size(), QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    made.bar.render(picture, QPoint(), QRegion(made.bar.rect()), QWidget.RenderFlag(0))
    for one in arrows:
        box = one.geometry()
        assert all(picture.pixelColor(x, y).name() == "#ff0000" for x in range(box.left(), box.right())
                   for y in range(box.top(), box.bottom())), "nothing of a title lies there"


def test_a_wide_page_is_scrolled_to_and_keeps_the_window_narrow(qtbot: Any) -> None:
    def wide() -> QWidget:
        page = QWidget()
        page.setMinimumSize(2000, 120)
        return page

    made = Tabs(Theme())
    qtbot.addWidget(made)
    made.add("wide", "Wide", wide)
    made.resize(400, 200)
    made.show()
    assert made.open("wide").width() == 2000
    assert made.minimumSizeHint().width() < 300
    assert made.minimumSizeHint().height() > 120, "no page is cut from below"


def test_panels_keep_the_width_of_their_words_in_a_small_window(qtbot: Any, window: Callable[..., MainWindow]) -> None:
    one = window("iris")
    one.bench.docks.bottom.open("try")
    one.resize(900, 600)
    qtbot.wait(50)
    left, right = one.bench.docks.left.width(), one.bench.docks.right.width()
    assert left >= LEAST[0] and right >= LEAST[1]
    assert one.width() == 900
