"""The first rows of a table, with the names of its columns."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QTableView

from neuralgraph.figures.words import spelled
from neuralgraph.ui.panels.inspector_type import tabular

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()


class RowsModel(QAbstractTableModel):
    """What is to be told stands in the first column, numbers in the others."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Any = None

    def show(self, seen: Any) -> None:
        self.beginResetModel()
        self.seen = seen
        self.endResetModel()

    @property
    def _told(self) -> int:
        return int(bool(self.seen is not None and self.seen.answers))

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() or self.seen is None else len(self.seen.shown)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() or self.seen is None else self._told + min(self.seen.x.shape[1], 64)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        number = index.column() - self._told
        match role:
            case Qt.ItemDataRole.DisplayRole if number < 0:
                return self.seen.answers[index.row()]
            case Qt.ItemDataRole.DisplayRole:
                return spelled(float(self.seen.x[index.row(), number]))
            case Qt.ItemDataRole.ToolTipRole if number >= 0:
                return str(self.seen.x[index.row(), number])
            case Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignLeft if number < 0 else Qt.AlignmentFlag.AlignRight
                return int(side | Qt.AlignmentFlag.AlignVCenter)
            case Qt.ItemDataRole.FontRole:
                return tabular(12, 600 if number < 0 else 400)
            case _:
                return None

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or self.seen is None:
            return None
        if way == Qt.Orientation.Vertical:
            return f"{int(self.seen.shown[section]) + 1:,}"
        number = section - self._told
        return f"{self.seen.answer_name} (y)" if number < 0 else self.seen.columns[number].name


class RowsTable(QTableView):
    """Only to be read; cells can be selected and walked."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("numbers")
        self.rows = RowsModel()
        self.setModel(self.rows)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().setDefaultSectionSize(24)
        self.setAccessibleName("First rows")

    def show_rows(self, seen: Any) -> None:
        self.rows.show(seen)
        self.resizeColumnsToContents()
