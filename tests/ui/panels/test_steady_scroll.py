"""What grows with its width settles in a scroll area, at every height of that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from neuralgraph.ui.panels.steady_scroll import SteadyScroll
from neuralgraph.ui.panels.views_card import ViewCard
from neuralgraph.ui.window import MainWindow


class Growing(QWidget):
    """Half as high as it is wide, as a heat map is; counts."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.count += 1
        self.setFixedHeight(self.width() // 2)


@pytest.mark.parametrize("lacking", range(-2, 12))
def test_what_just_does_not_fit_settles(qtbot: Any, lacking: int) -> None:
    """In a plain scroll area the process ends here: at 1 … 7."""
    body, area, grown, words = QWidget(), SteadyScroll(), Growing(), QLabel("Some words that may need two lines.")
    qtbot.addWidget(area)
    words.setWordWrap(True)
    box = QVBoxLayout(body)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(0)
    box.addWidget(grown)
    box.addWidget(words)
    box.addStretch(1)
    area.setWidget(body)
    area.resize(260, 130 + words.heightForWidth(260) - lacking)
    area.show()
    qtbot.wait(20)
    assert grown.count < 8 and grown.height() == grown.width() // 2
    bar = area.verticalScrollBar()
    assert bar.isVisible() and bar.isEnabled() == (bar.maximum() > 0)


def test_the_panels_that_show_maps_scroll_so(window: Callable[..., MainWindow], qtbot: Any) -> None:
    one = window("xor")
    inspector = one.bench.views.inspector()
    assert inspector is not None and isinstance(inspector._scroll, SteadyScroll)
    one.bench.docks.bottom.open("views")
    for card in one.findChildren(ViewCard):
        assert isinstance(card._scroll, SteadyScroll)
