"""A dialogue of earlier states of documents: a list, the picture of one, what differs from now, and what to do with it.

Both earlier versions of a file and work that a crash left behind are shown by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from neuralgraph.errors import NeuralGraphError
from neuralgraph.graph.difference import shortened
from neuralgraph.graph.document import Graph
from neuralgraph.ui.controls import button, words
from neuralgraph.ui.theme import Theme
from neuralgraph.ui.thumbnails import Thumbnail

SENTENCES = 9


@dataclass(frozen=True)
class Past:
    """One state. `read` gives its document or raises; `compare` says what differs, in plain sentences."""

    title: str
    line: str
    read: Callable[[], Graph]
    compare: Callable[[Graph], Sequence[str]]


@dataclass(frozen=True)
class Choice:
    """What can be done with the chosen state; `then` gets its number. `last`: the dialogue closes afterwards."""

    label: str
    then: Callable[[int], object]
    primary: bool = False
    last: bool = True


class PastDialog(QDialog):
    """Not modal: the window behind it stays alive."""

    def __init__(self, parent: QWidget, theme: Theme, title: str, about: str, pasts: Sequence[Past],
                 choices: Sequence[Choice]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.theme, self._pasts = theme, list(pasts)
        px = theme.px
        box = QVBoxLayout(self)
        box.setContentsMargins(px(20), px(16), px(20), px(16))
        box.setSpacing(px(10))
        box.addWidget(words(theme, title, 17, 600))
        text = words(theme, about, 13, 400, "text2")
        text.setWordWrap(True)
        box.addWidget(text)
        middle = QHBoxLayout()
        middle.setSpacing(px(16))
        box.addLayout(middle, 1)
        self.list = QListWidget()
        self.list.setAccessibleName(title)
        self.list.setFixedWidth(px(230))
        for one in self._pasts:
            self.list.addItem(QListWidgetItem(f"{one.title}\n{one.line}"))
        self.list.currentRowChanged.connect(self._show)
        middle.addWidget(self.list)
        side = QVBoxLayout()
        middle.addLayout(side, 1)
        self.picture = Thumbnail(theme, Graph(), px(220))
        side.addWidget(self.picture)
        self.words = words(theme, "", 13)
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        side.addWidget(self.words, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button("Close", clicked=self.reject))
        self.buttons = []
        for choice in choices:
            made = button(choice.label, kind="primary" if choice.primary else "plain")
            made.clicked.connect(lambda _checked=False, choice=choice: self._take(choice))
            self.buttons.append(made)
            row.addWidget(made)
        box.addLayout(row)
        self.resize(px(760), px(480))
        self.list.setCurrentRow(0)

    def _show(self, row: int) -> None:
        if not 0 <= row < len(self._pasts):
            self.picture.show_graph(Graph())
            self.words.setText("")
            return
        one = self._pasts[row]
        try:
            graph = one.read()
        except (NeuralGraphError, OSError) as error:
            self.picture.show_graph(Graph())
            self.words.setText(str(error))
            able = False
        else:
            self.picture.show_graph(graph)
            said = shortened(one.compare(graph), SENTENCES)
            self.words.setText("\n".join(f"•  {sentence}" for sentence in said) or "The same as now.")
            able = True
        for made in self.buttons:
            made.setEnabled(able)

    def _take(self, choice: Choice) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._pasts):
            if choice.last:
                self.accept()
            else:
                self._pasts.pop(row)
                self.list.takeItem(row)
            choice.then(row)
            if not self._pasts:
                self.accept()


def moment(then: datetime) -> str:
    """today, 14:02:31 · yesterday, 9:15 · Tuesday, 9:15 · 3 May 2026, 9:15"""
    now = datetime.now(then.tzinfo)
    if then.date() == now.date():
        return f"today, {then:%H:%M:%S}"
    if then.date() == (now - timedelta(days=1)).date():
        return f"yesterday, {then:%H:%M}"
    day = f"{then:%A}" if now - then < timedelta(days=6) else f"{then.day} {then:%B %Y}"
    return f"{day}, {then:%H:%M}"
