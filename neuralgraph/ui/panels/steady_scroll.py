"""A scroll area for what grows with its width: a heat map, a grid of pictures."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea


class SteadyScroll(QScrollArea):
    """Scrolls up and down. The room of the bar is kept free when there is nothing to scroll.

    Else what is a little too high without the bar would fit beside it, and then need it no more, for ever: Qt asks
    anew inside of every answer, until the stack is full.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        bar = self.verticalScrollBar()
        bar.setEnabled(False)  # one that is of no use is not drawn
        bar.rangeChanged.connect(lambda low, high: bar.setEnabled(high > low))
