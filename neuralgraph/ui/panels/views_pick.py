"""The button that says which view is shown, and opens the menu of all."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QToolButton

from neuralgraph.ui.controls import chevron
from neuralgraph.ui.theme import Theme


class Pick(QToolButton):
    """Icon, name, and an arrow that says there is more."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAutoRaise(True)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Which view")
        self.setMenu(QMenu(self))

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(self._theme.px(18), 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(80), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        at = QPointF(self.width() - self._theme.px(12), self.height() / 2)
        chevron(painter, at, self._theme.colour("text2"), half=self._theme.px(4))
