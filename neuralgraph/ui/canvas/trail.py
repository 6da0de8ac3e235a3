"""The breadcrumb above the canvas: which module one is inside of, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from neuralgraph.ui import fonts
from neuralgraph.ui.controls import flat, words
from neuralgraph.ui.icons import pixmap
from neuralgraph.ui.panels.renaming import NameEdit
from neuralgraph.ui.theme import Theme


@dataclass(frozen=True, slots=True)
class Step:
    """One room on the way in: its path, its module, the id of the copy, and which of how many turns is shown."""

    path: str
    module: str
    copy: str
    turn: int = 0
    turns: int = 1


class Trail(QFrame):
    """Hidden in the document itself. `wanted` brings the path of a room to go to; "" is the document.

    `rename` gives the module one is in another name; it returns why that cannot be, or "".
    """

    wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.setObjectName("trail")
        self.setAccessibleName("Where you are")
        self.rename: Callable[[str], str] = lambda _name: ""
        self.name: NameEdit | None = None
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 4, 12, 4)
        self._row.setSpacing(4)
        self._title, self._copies = "", 0
        self._steps: tuple[Step, ...] = ()
        self.buttons: list[QPushButton] = []
        self.turns: list[QToolButton] = []
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
        self.buttons, self.turns, self.name = [], [], None
        if not self._steps:
            return
        self._button("", self._title)
        for step in self._steps[:-1]:
            self._put(self._sign())
            self._button(step.path, f"{step.module} · {step.copy}")
        here = self._steps[-1]
        self._put(self._sign())
        name = self.name = NameEdit(self.theme, 13, 600, "text", lambda text: self.rename(text), "Name of the module")
        wide = fonts.width(here.module, self.theme.px(13), 600) + self.theme.px(24)
        name.setFixedWidth(max(self.theme.px(64), round(wide)))
        name.show_text(here.module)
        self._put(name)
        self._put(words(self.theme, f"· {here.copy}", 13, 400, "text2"))
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
        """Which turn of a repeated module is shown, and its neighbours, round the end."""
        base = here.path.rpartition("/")[0]
        for sign, tip, step in (("chevron-left", "Turn before", -1), ("chevron-right", "Next turn", 1)):
            path = f"{base}/{(here.turn + step) % here.turns}"
            made = flat(self.theme, sign, tip, clicked=partial(self.wanted.emit, path), size=24)
            self.turns.append(made)
            self._put(made)
            if step < 0:
                self._put(words(self.theme, f"turn {here.turn + 1} of {here.turns}", 12, 400, "text2"))

    def _sign(self) -> QLabel:
        sign = QLabel()
        sign.setPixmap(pixmap("chevron-right", self.theme.tokens.text2, self.theme.px(16)))
        return sign

    def _put(self, widget: QWidget) -> None:
        self._row.addWidget(widget)
