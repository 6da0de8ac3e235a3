"""The gallery of the course and the examples: pictures by topic, found by words, opened as copies."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from neuralgraph.lessons.course import lessons
from neuralgraph.resources import examples
from neuralgraph.ui.cards import Card, grid
from neuralgraph.ui.controls import button, words
from neuralgraph.ui.flow import Flow
from neuralgraph.ui.panels.search import Search
from neuralgraph.ui.theme import Theme

ALL, OTHERS = "All", "More examples"


class Gallery(QWidget):
    """`wanted` brings the path of an example. Lessons come first, in their order."""

    wanted = Signal(Path)

    def __init__(self, theme: Theme, columns: int, topic: str = "") -> None:
        super().__init__()
        self.theme, self._columns = theme, columns
        self.topic = topic or ALL
        self._grid: QWidget | None = None
        self.cards = [Card(theme, path, "", height=150, title=True) for path in sorted(examples().glob("*.ngraph"))]
        self.cards.sort(key=lambda one: one.order)
        for card in self.cards:
            card.setParent(self)
            card.hide()
            card.clicked.connect(self.wanted)
        topics = tuple(dict.fromkeys(one.topic for one in lessons()))
        self.chips: dict[str, QPushButton] = {}
        self.search = Search(theme, "Search examples")
        self.search.setFixedWidth(theme.px(180))
        self.search.textChanged.connect(lambda _: self.lay_out())
        head = QHBoxLayout()
        head.addWidget(words(theme, "Course and examples", 18, 600), 1)
        head.addWidget(self.search)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(theme.px(12))
        self._box.addLayout(head)
        row = QWidget()
        flow = Flow(row, theme.px(8))
        for name in (ALL, *topics, OTHERS):
            made = button(name, kind="chip", clicked=partial(self.choose, name))
            made.setCheckable(True)
            made.setChecked(name == self.topic)
            self.chips[name] = made
            flow.addWidget(made)
        self._box.addWidget(row)
        row.setVisible(bool(topics))
        self.none = words(theme, "No example has these words.", 13, 400, "text2")
        self._box.addWidget(self.none)
        self.lay_out()

    def choose(self, topic: str) -> None:
        """Only what belongs to a topic."""
        self.topic = topic
        for name, made in self.chips.items():
            made.setChecked(name == topic)
        self.lay_out()

    @property
    def shown(self) -> list[Card]:
        """The cards that fit topic and words."""
        wanted = self.search.text().casefold().split()
        return [one for one in self.cards
                if self.topic in (ALL, one.topic or OTHERS) and all(word in one.words for word in wanted)]

    def lay_out(self) -> None:
        """The cards side by side, without gaps."""
        shown = self.shown
        for card in self.cards:
            card.setParent(self)
            card.hide()
        if self._grid is not None:
            self._box.removeWidget(self._grid)
            self._grid.deleteLater()
        self._grid = grid(shown, self._columns, self.theme)
        for card in shown:
            card.show()
        self._box.addWidget(self._grid)
        self.none.setVisible(not shown)
