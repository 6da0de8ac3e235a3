"""A name that turns into a field when it is clicked twice."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QToolTip

from neuralgraph.ui.controls import TextField
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.theme import Theme


class NameEdit(TextField):
    """Looks like a label; a double click or F2 lets it be typed. `keep` returns why a name cannot be, or ""."""

    def __init__(
        self, theme: Theme, pixels: float, weight: int, role: str, keep: Callable[[str], str], tip: str
    ) -> None:
        super().__init__()
        self._keep = keep
        self._shown = ""
        self.setProperty("look", "bare")
        self.setFont(theme.font(pixels, weight))
        self.setStyleSheet(f"color: {getattr(theme.tokens, role)}; font-size: {theme.px(pixels)}px;"
                           f" font-weight: {weight};")
        fitted(self, theme, lambda: self.setFixedHeight(theme.px(pixels + 5)))
        self.setToolTip(f"{tip}. Double-click to change it.")
        self.setAccessibleName(tip)
        self.setReadOnly(True)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setMinimumWidth(theme.px(40))

    def show_text(self, text: str) -> None:
        if self.isReadOnly():
            self._shown = text
            self._fit()

    def _fit(self) -> None:
        """What there is room for; all of it while it is changed."""
        room = self.width() - 6
        cut = self.fontMetrics().elidedText(self._shown, Qt.TextElideMode.ElideRight, room)
        short = cut if room > 40 else self._shown  # not yet laid out
        self.setText(short)
        self.setCursorPosition(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.isReadOnly():
            self._fit()

    def begin(self) -> None:
        self.setText(self._shown)
        self.setReadOnly(False)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setFocus()
        self.selectAll()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.isReadOnly():
            self.begin()
        else:
            super().mouseDoubleClickEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.isReadOnly() and event.key() in (Qt.Key.Key_F2, Qt.Key.Key_Return):
            self.begin()
        elif event.key() == Qt.Key.Key_Escape and not self.isReadOnly():
            self._end(self._shown)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self.isReadOnly():
            self._finish()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if not self.isReadOnly():
            self._finish()

    def _finish(self) -> None:
        text, old = self.text(), self._shown
        self._end(text)
        why = self._keep(text)
        if why:
            self._end(old)
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), why, self)

    def _end(self, text: str) -> None:
        self.setReadOnly(True)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._shown = text
        self._fit()
        self.deselect()
