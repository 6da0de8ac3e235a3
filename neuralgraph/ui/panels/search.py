"""A search box."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QLineEdit

from neuralgraph.ui.icons import icon
from neuralgraph.ui.theme import Theme


class Search(QLineEdit):
    """A search box with a magnifier; Down goes on into the list."""

    down = Signal()

    def __init__(self, theme: Theme, hint: str) -> None:
        super().__init__()
        self.theme = theme
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self.setProperty("look", "search")
        self.setClearButtonEnabled(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.down.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: object) -> None:
        super().paintEvent(event)  # type: ignore[arg-type]
        side = self.theme.px(16)
        mark = icon("magnify", self.theme.tokens.text2)
        mark.paint(QPainter(self), self.theme.px(8), (self.height() - side) // 2, side, side)
