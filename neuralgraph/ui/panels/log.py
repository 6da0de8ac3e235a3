"""What the program did by itself, and what went wrong: a list with times, nothing modal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from neuralgraph.ui.controls import flat
from neuralgraph.ui.theme import Theme

MOST = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; `more` is the long form (a traceback)."""

    text: str
    level: str = "note"
    more: str = ""
    time: str = ""
    cause: str = ""
    count: int = 1

    @property
    def line(self) -> str:
        """What is read first, with how often it happened."""
        return f"{self.text}  ({self.count}×)" if self.count > 1 else self.text


class LogPanel(QWidget):
    """Entries are kept while the window lives; `counted` tells how many errors nobody has looked at."""

    counted = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.entries: list[Entry] = []
        self.unread = 0
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setMaximumBlockCount(MOST)
        self.view.setAccessibleName("Log")
        self.view.setStyleSheet("QPlainTextEdit { background: transparent; border: none; }")
        self.view.setPlaceholderText("What the program does by itself is written here.")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 6, 6)
        row.addWidget(self.view, 1)
        column = QVBoxLayout()
        self._buttons = [flat(theme, "content-copy", "Copy the log", clicked=self.copy),
                         flat(theme, "broom", "Clear the log", clicked=self.clear)]
        for one in self._buttons:
            column.addWidget(one)
        column.addStretch(1)
        row.addLayout(column)
        self.set_theme()

    def say(self, text: str, level: str = "note", more: str = "", *, cause: str = "") -> None:
        """Add a line; an error counts until the panel is looked at. One with a known `cause` is counted, not repeated.

        A thousandth time costs no more room and no more than a glance: it is written anew at most once a second.
        """
        now = f"{datetime.now():%H:%M:%S}"
        known = next((n for n, one in enumerate(self.entries) if cause and one.cause == cause), None)
        if known is not None:
            before = self.entries[known]
            self.entries[known] = replace(before, count=before.count + 1, time=now)
            if before.count == 1 or before.time != now:
                self._rewrite()
            return
        entry = Entry(text, level, more, now, cause)
        self.entries.append(entry)
        del self.entries[:-MOST]
        self._write(entry)
        if level == "error" and not self.isVisible():
            self.unread += 1
            self.counted.emit(self.unread)

    def text(self) -> str:
        return "\n".join(f"{one.time}  {one.line}" + (f"\n{one.more}" if one.more else "") for one in self.entries)

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())

    def clear(self) -> None:
        self.entries.clear()
        self.view.clear()

    def set_theme(self) -> None:
        from neuralgraph.ui.icons import icon

        self.view.setFont(self.theme.code_font())
        for one, name in zip(self._buttons, ("content-copy", "broom"), strict=True):
            one.setIcon(icon(name, self.theme.tokens.text2))
        self._rewrite()

    def _rewrite(self) -> None:
        self.view.clear()
        for entry in self.entries:
            self._write(entry)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.unread = 0
        self.counted.emit(0)

    def _write(self, entry: Entry) -> None:
        t = self.theme.tokens
        cursor = QTextCursor(self.view.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        colours = {"error": t.error, "warning": t.warning}
        sign = {"error": "✕", "warning": "!"}.get(entry.level, "·")
        parts = [(f"{entry.time}  ", t.text3), (f"{sign} {entry.line}", colours.get(entry.level, t.text))]
        if entry.more:
            parts.append(("\n" + entry.more.rstrip(), t.text2))
        if not self.view.document().isEmpty():
            cursor.insertBlock()
        for text, colour in parts:
            style = QTextCharFormat()
            style.setForeground(QBrush(QColor(colour)))
            cursor.insertText(text, style)
        bar = self.view.verticalScrollBar()
        bar.setValue(bar.maximum())
