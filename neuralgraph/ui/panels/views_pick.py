"""The head of a view: the button that says which one it is and opens the menu of all, and what it is of."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QLabel,
    QMenu,
    QSizePolicy,
    QStyle,
    QStyleOptionToolButton,
    QStylePainter,
    QToolButton,
)

from neuralgraph.ui.commands import COMMANDS
from neuralgraph.ui.controls import chevron, dress
from neuralgraph.ui.theme import Theme

ACTS = {one.id: one.text for one in COMMANDS}
"""What a button beside it that carries out a command says."""


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
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        lacking = self.sizeHint().width() - self.width()
        if lacking > 0:  # else the arrow would stand on the name
            named = self.fontMetrics().horizontalAdvance(self.text())
            option.text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, named - lacking)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        at = QPointF(self.width() - self._theme.px(12), self.height() / 2)
        chevron(painter, at, self._theme.colour("text2"), half=self._theme.px(4))


class Of(QLabel):
    """What a view is of. Where there is no room for it, it ends in «…» and stands in the tool tip; what is of the
    `whole` network says nothing rather than half of it."""

    def __init__(self, theme: Theme, whole: str) -> None:
        super().__init__()
        self._theme, self._whole = theme, whole
        self.setProperty("type", (12, 400, "text2"))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        dress(self, theme)

    def tell(self, text: str) -> None:
        self.setText(text)
        self.setToolTip(text)

    @property
    def shown(self) -> str:
        """So much of it as there is room for."""
        metrics = self.fontMetrics()
        if metrics.horizontalAdvance(self.text()) <= self.width():
            return self.text()
        cut = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        return "" if self.text() == self._whole or len(cut) < 3 else cut

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._theme.colour("text2"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.shown)
