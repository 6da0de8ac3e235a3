"""Numbers of a sample that somebody types over: everything of the step is computed anew from them."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from neuralgraph.graph.touches import Spot
from neuralgraph.ui.controls import dress, flat, words
from neuralgraph.ui.icons import icon
from neuralgraph.ui.panels.touch_bar import TouchRow
from neuralgraph.ui.theme import Theme

HINT = "Click a number to type another one."
WIDE = 320


class StepTyping(QWidget):
    """`changed`: take the step anew. The data themselves, and every run, stay as they are."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.typed: dict[tuple[int, Spot], float] = {}
        self._at: tuple[int, Spot] | None = None
        self._moment: Any = None
        self._rows: tuple[int, ...] = ()
        self.row = TouchRow(theme)
        self.setFixedWidth(theme.px(WIDE))
        self.row.typed.connect(self._type)
        self.row.back.connect(self._back)
        self.says = words(theme, "", 12, 600)
        self.says.setWordWrap(True)
        self.all_back = flat(theme, "restore", "Put all typed numbers back", clicked=self.put_back, size=24)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.says, 1)
        head.addWidget(self.all_back)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.row)
        box.addLayout(head)
        self._tell()

    def forget(self) -> None:
        """Another document."""
        self.typed, self._at, self._moment = {}, None, None
        self.row.hide()
        self._tell()

    def show_moment(self, apart: Any, moment: Any) -> None:
        """Where data are delivered their numbers can be typed over."""
        self._moment, self._rows = moment if moment.phase == "data" else None, apart.rows
        spot = self._at[1] if self._at is not None else None
        if spot is not None and self._moment is not None and spot.node == moment.node and spot.name in moment.outputs:
            self._show()
        else:
            self._at = None
            self.row.hide()
        self._tell()

    def marked(self, output: str) -> list[tuple[int, ...]]:
        """The places in an output of the moment that were typed over."""
        if self._moment is None:
            return []
        return [(place, *(int(one or 0) for one in spot.at)) for row, spot in self.typed
                if (spot.node, spot.name) == (self._moment.node, output) and (place := self._place(row)) is not None]

    def choose(self, output: str, index: tuple[int, ...]) -> None:
        """This number of the sample."""
        if self._moment is None or not index:
            return
        row = self._rows[index[0]] if self._rows else index[0]
        self._at = int(row), Spot(self._moment.node, output, tuple(int(one) for one in index[1:]))
        self._show()
        self._tell()
        self.row.field.setFocus()
        self.row.field.selectAll()

    def put_back(self) -> None:
        """As the data have it, all of it."""
        if self.typed:
            self.typed = {}
            self._tell()
            self.changed.emit()

    def refused(self, why: str) -> bool:
        """What was typed last cannot stand there: it is gone, and why is said. False where that is not the reason."""
        last = next(reversed(self.typed), None)
        if last is None or f"{last[1].node}.{last[1].name}" not in why:
            return False
        self.typed.pop(last)
        if self._moment is not None and self._at is not None:
            self._show()
        self._tell(why)
        return True

    def dress(self) -> None:
        self.row.dress()
        self.setFixedWidth(self._theme.px(WIDE))
        dress(self.says, self._theme)
        self.all_back.setIcon(icon("restore", self._theme.tokens.text2, self._theme.tokens.hairline))

    # -- inside -----------------------------------------------------------------------------------------------------

    def _place(self, row: int) -> int | None:
        if not self._rows:
            return row
        return self._rows.index(row) if row in self._rows else None

    def _show(self) -> None:
        assert self._at is not None and self._moment is not None
        row, spot = self._at
        array, place = np.asarray(self._moment.outputs[spot.name]), self._place(row)
        where = (place, *(int(one or 0) for one in spot.at))
        if place is None or len(where) != array.ndim or any(at >= size for at, size in zip(where, array.shape,
                                                                                           strict=True)):
            self._at = None
            self.row.hide()
            self._tell()
            return
        inside = ", ".join(str(one) for one in where)
        far = 2 * float(np.abs(array).max(initial=0)) or 1.0
        self.row.show_number(f"{spot.name}[{inside}]", float(array[where]), far,
                             touched=self._at in self.typed, meant=self.typed.get(self._at))

    def _type(self, value: float) -> None:
        if self._at is not None and self.typed.get(self._at) != value:
            self.typed.pop(self._at, None)  # so that it is the last one
            self.typed[self._at] = value
            self._tell()
            self.changed.emit()

    def _back(self) -> None:
        if self._at is not None and self.typed.pop(self._at, None) is not None:
            self._tell()
            self.changed.emit()

    def _tell(self, why: str = "") -> None:
        text = self.told or ("" if self._at is not None else HINT)
        self.says.setText(" ".join(one for one in (why, text) if one))
        self.says.setVisible(bool(why or text))
        self.all_back.setVisible(bool(self.told))
        self.setVisible(self._moment is not None)

    @property
    def told(self) -> str:
        """How many numbers are typed over; "" where none is."""
        count = len(self.typed)
        return (f"{count} number{'s are' if count != 1 else ' is'} typed over: all that is shown follows from "
                f"{'them' if count != 1 else 'it'}.") if count else ""
