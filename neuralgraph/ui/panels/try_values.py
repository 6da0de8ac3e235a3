"""One control for every column, with the range of the data: a slider for numbers and dates, a list for categories."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QScrollArea, QSlider, QVBoxLayout, QWidget

from neuralgraph.ui.controls import Choice, dress, tip, words
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.theme import Theme

STEPS = 400
MOST = 100
"""So many columns get a slider; the others stay as in the sample."""
MISSING = "missing"
BELOW = 6
"""So many columns stand below each other; more are laid out in two rows of sliders where there is room for two."""
TWO = 420
"""Pixels from which on there is."""
LEAST = 214
"""Pixels that a name, a slider, its value and the bar to scroll with need."""
NAMES = (72, 170)
"""Pixels that a name may have, at least and at most."""


class Values(QWidget):
    """`changed` says that a value is another one now; `row` is all of them as numbers."""

    changed = Signal()

    def __init__(self, theme: Theme, columns: tuple[Any, ...]) -> None:
        super().__init__()
        self.theme, self.columns = theme, columns
        self._starts = np.cumsum([0, *(one.width for one in columns)])
        self.row: NDArray[np.float32] = np.zeros(int(self._starts[-1]), np.float32)
        self._quiet = False
        self.fields: list[QSlider | Choice] = []
        self._labels: list[QLabel] = []
        self._values: list[QLabel | QPushButton | None] = []
        self._names: list[QLabel] = []
        self._laid = (0, 0)
        inner = QWidget()
        self._grid = grid = QGridLayout(inner)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for at, column in enumerate(columns[:MOST]):
            self._add(at, column)
        self._lay(TWO)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        fitted(area, theme, lambda: area.setMinimumWidth(theme.px(LEAST)))
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        if len(columns) > MOST:
            more = words(theme, f"The first {MOST} of {len(columns):,} columns; the others stay as in the sample.", 12,
                         400, "text2")
            self._labels.append(more)
            box.addWidget(more)
        box.addWidget(area, 1)
        self.set_row(self._usual())

    def set_row(self, row: NDArray[Any]) -> None:
        """Start from a sample."""
        self.row = np.array(row, np.float32).reshape(-1)
        self._quiet = True
        for at, field in enumerate(self.fields):
            column, part = self.columns[at], self.row[self._starts[at]:self._starts[at + 1]]
            value = column.value(part)
            if isinstance(field, Choice):
                field.setCurrentIndex(len(column.values) if value is None and column.gaps else int(value or 0))
            else:
                low, high = self._range(column)
                share = ((column.usual if value is None else value) - low) / (high - low)
                field.setValue(round(min(max(share, 0.0), 1.0) * field.maximum()))
            self._say(at)
        self._quiet = False

    def dress(self) -> None:
        """The colours of the present theme."""
        for one in (*self._labels, *(value for value in self._values if isinstance(value, QLabel))):
            dress(one, self.theme)

    def _usual(self) -> NDArray[np.float32]:
        row = np.zeros_like(self.row)
        for at, column in enumerate(self.columns):
            row[self._starts[at]:self._starts[at + 1]] = column.numbers(self._typical(column))
        return row

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay(self.width())

    def _lay(self, wide: int) -> None:
        """Everything in its place for this width: in two rows of sliders, or all below each other."""
        px, count = self.theme.px, len(self.fields)
        parts = 2 if count > BELOW and wide >= px(TWO) else 1
        room = min(max(round(wide / parts * 0.4) // 8 * 8, px(NAMES[0])), px(NAMES[1]))
        if (parts, room) == self._laid:
            return
        self._laid = parts, room
        rows, metrics = -(-count // parts), QFontMetricsF(self.theme.font(12))
        for at, (name, field, value) in enumerate(zip(self._names, self.fields, self._values, strict=True)):
            line, part = at % rows, 3 * (at // rows)
            name.setText(metrics.elidedText(self.columns[at].name, Qt.TextElideMode.ElideRight, room))
            for one, place, across in ((name, 0, 1), (field, 1, 1 if value is not None else 2), (value, 2, 1)):
                if one is not None:
                    self._grid.removeWidget(one)
                    self._grid.addWidget(one, line, part + place, 1, across)
        for line in range(self._grid.rowCount() + 1):
            self._grid.setRowStretch(line, int(line == rows))
        for part in range(2):
            self._grid.setColumnStretch(part * 3 + 1, int(part < parts))

    def _add(self, at: int, column: Any) -> None:
        name = words(self.theme, column.name, 12, 400, "text2")
        name.setToolTip(tip(column.name))
        self._labels.append(name)
        self._names.append(name)
        if column.coding.kind == "category":
            choice = Choice(self.theme)
            choice.addItems([*column.values, *([f"({MISSING})"] if column.gaps else [])])
            choice.activated.connect(lambda _: self._moved(at))
            choice.setAccessibleName(column.name)
            self.fields.append(choice)
            self._values.append(None)
            return
        low, high = self._range(column)
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setMaximum(round(high - low) if column.whole and 1 <= high - low <= STEPS else STEPS)
        slider.setMinimumSize(QSize(self.theme.px(40), self.theme.px(20)))
        slider.setAccessibleName(column.name)
        slider.valueChanged.connect(lambda _: self._moved(at))
        value = self._switch(at, column) if column.gaps else words(self.theme, "", 12, 600)
        room = 84 if column.coding.kind == "date" else 64 if column.gaps else 48
        fitted(value, self.theme, lambda: value.setFixedWidth(self.theme.px(room)))
        self.fields.append(slider)
        self._values.append(value)

    @staticmethod
    def _range(column: Any) -> tuple[float, float]:
        return (column.low, column.high) if column.high > column.low else (column.low - 1.0, column.low + 1.0)

    def _moved(self, at: int) -> None:
        if self._quiet:
            return
        field, column = self.fields[at], self.columns[at]
        if isinstance(field, Choice):
            place = field.currentIndex()
            self._set(at, float(place) if place < len(column.values) else None)
            return
        low, high = self._range(column)
        value = low + (high - low) * field.value() / field.maximum()
        self._set(at, float(round(value)) if column.whole else value)

    def _set(self, at: int, value: float | None) -> None:
        self.row[self._starts[at]:self._starts[at + 1]] = self.columns[at].numbers(value)
        self._say(at)
        self.changed.emit()

    @staticmethod
    def _typical(column: Any) -> float | None:
        """Where nobody has chosen: the first category, or a value from the middle."""
        if column.coding.kind != "category":
            return float(column.usual)
        return 0.0 if column.values else None

    def _switch(self, at: int, column: Any) -> QPushButton:
        """The value as a button, which makes it missing, or puts it back."""
        button = QPushButton()
        button.setProperty("kind", "link")
        fitted(button, self.theme, lambda: button.setFont(self.theme.font(12, 600, figures=True)))
        button.setAccessibleName(f"{column.name}: missing or not")
        button.setToolTip("Click to leave this value out, as where it is missing in a table; again to put it back.")
        button.clicked.connect(lambda: self._leave_out(at))
        return button

    def _leave_out(self, at: int) -> None:
        part = self.row[self._starts[at]:self._starts[at + 1]]
        if self.columns[at].value(part) is None:
            self._moved(at)
        else:
            self._set(at, None)

    def _say(self, at: int) -> None:
        label, column = self._values[at], self.columns[at]
        if label is not None:
            value = column.value(self.row[self._starts[at]:self._starts[at + 1]])
            if value is None:
                label.setText(MISSING)
                return
            if date := column.date(value):
                label.setText(date if column.whole else date[:16])
                return
            size = abs(value)
            text = f"{value:.4g}" if size >= 1 or not size else f"{value:.3f}" if size >= 0.001 else f"{value:.0e}"
            label.setText(text.replace("-", "−"))
