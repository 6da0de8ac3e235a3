"""The breadcrumb above the canvas: which module one is inside of, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from neuralgraph.ui.controls import words
from neuralgraph.ui.icons import pixmap
from neuralgraph.ui.theme import Theme


@dataclass(frozen=True, slots=True)
class Step:
    """One room on the way in: its path, what it is called, and which of how many turns is shown."""

    path: str
    name: str
    turn: int = 0
    turns: int = 1


class Trail(QFrame):
    """Hidden in the document itself. `wanted` brings the path of a room to go to; "" is the document."""

    wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.setObjectName("trail")
        self.setAccessibleName("Where you are")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 4, 12, 4)
        self._row.setSpacing(4)
        self._title, self._copies = "", 0
        self._steps: tuple[Step, ...] = ()
        self.buttons: list[QPushButton] = []
        self.turn: QSpinBox | None = None
        self.hide()

    def show_way(self, title: str, steps: Sequence[Step], copies: int = 1) -> None:
        """The rooms from outside in; `copies` is how many copies an edit here changes."""
        self._title, self._steps, self._copies = title, tuple(steps), copies
        self.setVisible(bool(steps))
        self._build()

    def dress(self) -> None:
        self._build()

    def _build(self) -> None:
        while (item := self._row.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.buttons, self.turn = [], None
        if not self._steps:
            return
        self._button("", self._title)
        for step in self._steps[:-1]:
            self._put(self._sign())
            self._button(step.path, step.name)
        here = self._steps[-1]
        self._put(self._sign())
        self._put(words(self.theme, here.name, 13, 600))
        if here.turns > 1:
            self._turns(here)
        self._row.addStretch(1)
        if self._copies > 1:
            self._put(words(self.theme, f"An edit here changes all {self._copies} copies.", 12, 400, "text2"))

    def _button(self, path: str, name: str) -> None:
        made = QPushButton(name)
        made.setProperty("kind", "link")
        made.setCursor(Qt.CursorShape.PointingHandCursor)
        made.setToolTip(f"Go to {name} (Alt+Up leaves the module)")
        made.clicked.connect(partial(self.wanted.emit, path))
        self.buttons.append(made)
        self._put(made)

    def _turns(self, here: Step) -> None:
        spin = self.turn = QSpinBox()
        spin.setRange(1, here.turns)
        spin.setValue(here.turn + 1)
        spin.setPrefix("turn ")
        spin.setSuffix(f" of {here.turns}")
        spin.setAccessibleName("Which turn is shown")
        base = here.path.rpartition("/")[0]
        spin.valueChanged.connect(lambda turn: self.wanted.emit(f"{base}/{turn - 1}"))
        self._put(spin)

    def _sign(self) -> QLabel:
        sign = QLabel()
        sign.setPixmap(pixmap("chevron-right", self.theme.tokens.text2, self.theme.px(16)))
        return sign

    def _put(self, widget: QWidget) -> None:
        self._row.addWidget(widget)
