"""A table over an array of numbers: typed into, copied from, pasted over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemDelegate, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from neuralgraph.ui.controls import TextField, number, repolish
from neuralgraph.ui.theme import Theme

Array = NDArray[np.float64]
Index = QModelIndex | QPersistentModelIndex
LARGEST = float(np.finfo(np.float32).max)
SHOWN = 20
"""So many letters of what is no number are said back."""


class NumbersModel(QAbstractTableModel):
    """The last two axes of an array as rows and columns, at one place of the axes before them. Counts from 0."""

    edited = Signal()
    refused = Signal(str)

    def __init__(self, array: Array) -> None:
        super().__init__()
        self.array = array
        self._place = (0,) * max(array.ndim - 2, 0)

    @property
    def grid(self) -> Array:
        """What is shown, as a view: writing into it writes into the array."""
        return self.array[self._place] if self.array.ndim > 2 else np.atleast_2d(self.array)

    def look_at(self, place: Sequence[int]) -> None:
        """Another slice."""
        self.beginResetModel()
        self._place = tuple(place)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self.grid.shape[0]

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self.grid.shape[1]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        value = float(self.grid[index.row(), index.column()])
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return shown(value)
            case Qt.ItemDataRole.EditRole | Qt.ItemDataRole.ToolTipRole:
                return exact(value)
            case Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, _: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return section if role == Qt.ItemDataRole.DisplayRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        found = fitting(str(value))
        if found is None:
            self.refused.emit(f"«{str(value)[:SHOWN]}» is no number: 0.5, 0,5 and 1e-3 are.")
            return False
        return self.put(index.row(), index.column(), [[found]])

    def put(self, row: int, column: int, block: Sequence[Sequence[float]]) -> bool:
        """Write a block with its upper left corner there; all of it or nothing."""
        across, down = max(map(len, block)), len(block)
        rows, columns = self.grid.shape
        if row + down > rows or column + across > columns:
            self.refused.emit(f"The block has {down} × {across} numbers; from here on there is room for "
                              f"{rows - row} × {columns - column}.")
            return False
        for at, numbers in enumerate(block):
            self.grid[row + at, column:column + len(numbers)] = numbers
        corners = self.index(row, column), self.index(row + down - 1, column + across - 1)
        self.dataChanged.emit(*corners)
        self.edited.emit()
        return True


class Cells(QStyledItemDelegate):
    """Types a cell: red while it is no number, which is said and not taken."""

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: Index) -> QWidget:
        made = TextField(parent)
        made.setProperty("look", "cell")
        made.setAlignment(Qt.AlignmentFlag.AlignRight)

        def mark(text: str) -> None:
            made.setProperty("wrong", fitting(text) is None)
            repolish(made)

        made.textEdited.connect(mark)
        return made


class NumbersTable(QTableView):
    """Keys as in a spreadsheet: typing replaces, Enter goes down, Ctrl+C and Ctrl+V carry blocks."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName("Weights")
        self.setFont(theme.font(12, figures=True))
        delegate = Cells(self)
        delegate.closeEditor.connect(self._closed)
        self.setItemDelegate(delegate)
        self.verticalHeader().setDefaultSectionSize(theme.px(26))
        self.horizontalHeader().setDefaultSectionSize(theme.px(88))
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QTableView.EditTrigger.DoubleClicked | QTableView.EditTrigger.AnyKeyPressed
                             | QTableView.EditTrigger.EditKeyPressed)

    @property
    def numbers(self) -> NumbersModel:
        model = self.model()
        assert isinstance(model, NumbersModel)
        return model

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.copied())
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste(QGuiApplication.clipboard().text())
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._fill(0.0)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.state() != QTableView.State.EditingState:  # the editor hands its Enter on
                self.edit(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def copied(self) -> str:
        """The selected block as a spreadsheet takes it, every number exactly."""
        rows, columns = self._selected()
        return "\n".join("\t".join(exact(float(one)) for one in line) for line in self.numbers.grid[rows, columns])

    def paste(self, text: str) -> bool:
        """Write a block from the first selected cell on; a single number fills the selection."""
        block = parsed(text)
        if isinstance(block, str):
            self.numbers.refused.emit(block)
            return False
        if len(block) == 1 and len(block[0]) == 1:
            return self._fill(block[0][0])
        rows, columns = self._selected()
        return self.numbers.put(rows.start, columns.start, block)

    def _fill(self, value: float) -> bool:
        rows, columns = self._selected()
        return self.numbers.put(rows.start, columns.start,
                                [[value] * (columns.stop - columns.start)] * (rows.stop - rows.start))

    def _selected(self) -> tuple[slice, slice]:
        """The smallest block around the selection, else the current cell."""
        chosen = self.selectionModel().selection()
        marked = [chosen.at(number) for number in range(chosen.size())]
        if not marked:
            here = self.currentIndex()
            row, column = max(here.row(), 0), max(here.column(), 0)
            return slice(row, row + 1), slice(column, column + 1)
        return (slice(min(one.top() for one in marked), max(one.bottom() for one in marked) + 1),
                slice(min(one.left() for one in marked), max(one.right() for one in marked) + 1))

    def _closed(self, _: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        here = self.currentIndex()
        below = self.numbers.index(here.row() + 1, here.column())
        if hint == QAbstractItemDelegate.EndEditHint.SubmitModelCache and below.isValid():
            self.setCurrentIndex(below)


def shown(value: float) -> str:
    """A number that fits into a cell; its tip and its editor have every digit."""
    return (exact(value) if value.is_integer() and abs(value) < 1e6 else f"{value:.4g}").replace("-", "−")


def exact(value: float) -> str:
    """A number with every digit it has, no more: 1, 0.1, -1e-07."""
    return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def fitting(text: str) -> float | None:
    """A number that weights can be; None for anything else."""
    found = number(text)
    return found if found is not None and abs(found) <= LARGEST else None


def parsed(text: str) -> list[list[float]] | str:
    """A block of numbers as spreadsheets, CSV files and Python write it; where it is none, what is wrong with it."""
    lines = [line for line in text.replace("\r", "").strip("\n").split("\n") if line.strip()]
    if not lines:
        return "There are no numbers to paste. Copy some in a spreadsheet first."
    mark = _separator(lines)
    block = []
    for row, line in enumerate(lines, start=1):
        cells = line.strip("[]() ").split(mark)
        found = [fitting(cell) for cell in cells]
        if None in found:
            at = found.index(None)
            return f"Row {row}, column {at + 1} of what you paste is «{cells[at].strip()[:SHOWN]}», which is no number."
        block.append([one for one in found if one is not None])
    if len({len(one) for one in block}) > 1:
        return "The rows of what you paste have different lengths."
    return block


def _separator(lines: Sequence[str]) -> str | None:
    """Tab or semicolon; a comma where it can be none of a decimal number; else white space (None)."""
    text = "\n".join(lines)
    for mark in ("\t", ";"):
        if mark in text:
            return mark
    if "," not in text:
        return None
    several = any(line.rstrip(",").count(",") > 1 for line in lines) and not any(" " in line.strip() for line in lines)
    return "," if "." in text or ", " in text or several else None
