"""Text edited in place: the title of a node, the title of a frame, the text of a note."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from neuralgraph.tokens import INK, PAPER, Tokens
from neuralgraph.ui import fonts


class InlineEditor(QObject):
    """A field over the canvas. Enter (Ctrl+Enter in a note) or a click elsewhere keeps the text, Esc does not."""

    def __init__(
        self, parent: QWidget, tokens: Tokens, text: str, area: QRect, keep: Callable[[str], None], *,
        lines: bool = False, name: str = "Title", scale: float = 1.0,
    ) -> None:
        super().__init__(parent)
        self._keep, self._lines, self._before, self._done = keep, lines, text, False
        self.field: QLineEdit | QPlainTextEdit = QPlainTextEdit(parent) if lines else QLineEdit(parent)
        paper, ink = (PAPER, INK) if lines else (tokens.raised, tokens.text)
        self.field.setStyleSheet(
            f"background: {paper}; color: {ink}; border: 2px solid {tokens.accent}; border-radius: 4px;"
            " padding: 2px; min-height: 18px;")
        self.field.setFont(fonts.font(max(9.0, (12.5 if lines else 13) * scale), 400 if lines else 600))
        self.field.setAccessibleName(name)
        self.field.setGeometry(area)
        if isinstance(self.field, QLineEdit):
            self.field.setText(text)
        else:
            self.field.setPlainText(text)
        self.field.selectAll()
        self.field.installEventFilter(self)
        self.field.show()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def text(self) -> str:
        return self.field.text() if isinstance(self.field, QLineEdit) else self.field.toPlainText()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.KeyPress if isinstance(event, QKeyEvent):
                if event.key() == Qt.Key.Key_Escape:
                    self.end(keep=False)
                    return True
                control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
                if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and (control or not self._lines):
                    self.end(keep=True)
                    return True
            case QEvent.Type.FocusOut:
                self.end(keep=True)
        return super().eventFilter(watched, event)

    def end(self, *, keep: bool) -> None:
        """Close the field once."""
        if self._done:
            return
        self._done = True
        text, parent = self.text(), self.field.parentWidget()
        self.field.hide()
        self.field.deleteLater()
        self.deleteLater()
        if keep and text != self._before:
            self._keep(text)
        if parent is not None:
            parent.setFocus()
