"""One slider for every feature, with the range of the data; a list where a column holds categories."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QSlider, QVBoxLayout, QWidget

from neuralgraph.ui.controls import Choice, dress, words
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.theme import Theme

STEPS = 400
MOST = 100
"""So many columns get a slider; the others stay as in the sample."""
BELOW = 6
"""So many columns stand below each other; more are laid out in two rows of sliders."""


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
        self._values: list[QLabel | None] = []
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        shown = columns[:MOST]
        for at, column in enumerate(shown):
            self._add(grid, at, column, len(shown) if len(shown) <= BELOW else -(-len(shown) // 2))
        grid.setRowStretch(grid.rowCount(), 1)
        for part in range(1 if len(shown) <= BELOW else 2):
            grid.setColumnStretch(part * 3 + 1, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
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
            if isinstance(field, Choice):
                field.setCurrentIndex(int(part.argmax()))
            else:
                low, high = self._range(column)
                share = (float(part[0]) - low) / (high - low)
                field.setValue(round(min(max(share, 0.0), 1.0) * field.maximum()))
            self._say(at)
        self._quiet = False

    def dress(self) -> None:
        """The colours of the present theme."""
        for one in (*self._labels, *(value for value in self._values if value is not None)):
            dress(one, self.theme)

    def _usual(self) -> NDArray[np.float32]:
        row = np.zeros_like(self.row)
        for at, column in enumerate(self.columns):
            row[self._starts[at]] = 1.0 if column.values else column.usual
        return row

    def _add(self, grid: QGridLayout, at: int, column: Any, rows: int) -> None:
        line, part = at % rows, 3 * (at // rows)
        room = self.theme.px(170 if len(self.columns) <= BELOW else 96)
        short = QFontMetricsF(self.theme.font(12)).elidedText(column.name, Qt.TextElideMode.ElideRight, room)
        name = words(self.theme, short, 12, 400, "text2")
        name.setToolTip(column.name)
        self._labels.append(name)
        grid.addWidget(name, line, part)
        if column.values:
            choice = Choice(self.theme)
            choice.addItems(list(column.values))
            choice.activated.connect(lambda _: self._moved(at))
            choice.setAccessibleName(column.name)
            grid.addWidget(choice, line, part + 1, 1, 2)
            self.fields.append(choice)
            self._values.append(None)
            return
        low, high = self._range(column)
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setMaximum(round(high - low) if column.whole and 1 <= high - low <= STEPS else STEPS)
        slider.setMinimumSize(QSize(self.theme.px(40), self.theme.px(20)))
        slider.setAccessibleName(column.name)
        slider.valueChanged.connect(lambda _: self._moved(at))
        value = words(self.theme, "", 12, 600)
        fitted(value, self.theme, lambda: value.setFixedWidth(self.theme.px(48)))
        grid.addWidget(slider, line, part + 1)
        grid.addWidget(value, line, part + 2)
        self.fields.append(slider)
        self._values.append(value)

    @staticmethod
    def _range(column: Any) -> tuple[float, float]:
        return (column.low, column.high) if column.high > column.low else (column.low - 1.0, column.low + 1.0)

    def _moved(self, at: int) -> None:
        if self._quiet:
            return
        field, start = self.fields[at], int(self._starts[at])
        if isinstance(field, Choice):
            self.row[start:self._starts[at + 1]] = 0.0
            self.row[start + field.currentIndex()] = 1.0
        else:
            low, high = self._range(self.columns[at])
            self.row[start] = low + (high - low) * field.value() / field.maximum()
        self._say(at)
        self.changed.emit()

    def _say(self, at: int) -> None:
        label = self._values[at]
        if label is not None:
            value = float(self.row[self._starts[at]])
            size = abs(value)
            text = f"{value:.4g}" if size >= 1 or not size else f"{value:.3f}" if size >= 0.001 else f"{value:.0e}"
            label.setText(text.replace("-", "−"))
