"""The table of kept runs: sorted by any column, filtered, a thousand rows without a pause."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHeaderView, QTableView

from neuralgraph.training.kept import Kept
from neuralgraph.ui.controls import tip
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.icons import icon
from neuralgraph.ui.panels.runs_words import COLUMNS, STATES, about
from neuralgraph.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
STARTED = 3


class RunsModel(QAbstractTableModel):
    """All runs that are known, and in `shown` those that pass the filter, in their order."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.known: dict[int, Kept] = {}
        self.shown: list[Kept] = []
        self._passes: Callable[[Kept], bool] = lambda _one: True
        self._by, self._down = STARTED, True

    def put(self, runs: Iterable[Kept], gone: Collection[int] = ()) -> None:
        """Runs that are new or otherwise than before, and numbers of those that are no more."""
        for id in gone:
            self.known.pop(id, None)
        self.known.update((one.id, one) for one in runs)
        self._settle()

    def filter(self, passes: Callable[[Kept], bool]) -> None:
        self._passes = passes
        self._settle()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._by, self._down = column, order == Qt.SortOrder.DescendingOrder
        self._settle()

    def row_of(self, id: int) -> int:
        """Its row, or −1."""
        return next((row for row, one in enumerate(self.shown) if one.id == id), -1)

    def dress(self) -> None:
        """Other colours."""
        if self.shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.shown) - 1, 0))

    def _settle(self) -> None:
        """Show what is to be shown; rows stay where they are if their order is the same."""
        order = COLUMNS[self._by].order
        newest = sorted((one for one in self.known.values() if self._passes(one)), key=lambda one: -one.id)
        wanted = sorted(newest, key=order, reverse=self._down)
        if [one.id for one in wanted] != [one.id for one in self.shown]:
            self.beginResetModel()
            self.shown = wanted
            self.endResetModel()
            return
        before, self.shown = self.shown, wanted
        for row, (old, new) in enumerate(zip(before, wanted, strict=True)):
            if old is not new:
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.shown)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        one, column = self.shown[index.row()], COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.text(one)
            case Qt.ItemDataRole.ToolTipRole:
                return tip(about(one))
            case Qt.ItemDataRole.TextAlignmentRole if column.right:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.DecorationRole if index.column() == 0:
                _, sign, role_name = STATES.get(one.state, ("", "help", "text2"))
                return icon(sign, str(getattr(self._theme.tokens, role_name)))
            case Qt.ItemDataRole.DecorationRole if column.title == "Name" and one.pinned:
                return icon("pin-outline", self._theme.tokens.text2)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{column.title}: {column.text(one)}"
        return None

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if way != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if COLUMNS[section].right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return COLUMNS[section].title if role == Qt.ItemDataRole.DisplayRole else None


class RunsTable(QTableView):
    """`wanted` names what a key asks for: "details", "rename", "delete", "copy"; `menu` a place on the screen."""

    wanted = Signal(str)
    menu = Signal(object)
    chosen = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.runs = RunsModel(theme)
        self.setObjectName("runs")
        self.setAccessibleName("Kept runs")
        self.setModel(self.runs)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setStretchLastSection(True)
        head.setSectionsMovable(True)
        head.setSortIndicator(STARTED, Qt.SortOrder.DescendingOrder)
        self.setSortingEnabled(True)
        fitted(self, theme, self._fit)
        self._ids: tuple[int, ...] = ()
        self.runs.modelAboutToBeReset.connect(self._remember)
        self.runs.modelReset.connect(self._again)
        self.selectionModel().selectionChanged.connect(self.chosen)
        self.doubleClicked.connect(lambda _index: self.wanted.emit("details"))

    def selected(self) -> list[Kept]:
        """The runs of the chosen rows, from top to bottom."""
        rows = sorted(one.row() for one in self.selectionModel().selectedRows())
        return [self.runs.shown[row] for row in rows if row < len(self.runs.shown)]

    def select(self, ids: Iterable[int]) -> None:
        """Choose these, as far as they are shown."""
        rows = [row for row in map(self.runs.row_of, ids) if row >= 0]
        found, last = QItemSelection(), len(COLUMNS) - 1
        for row in rows:
            found.select(self.runs.index(row, 0), self.runs.index(row, last))
        keep = QItemSelectionModel.SelectionFlag.NoUpdate
        if rows:
            self.selectionModel().setCurrentIndex(self.runs.index(rows[0], 0), keep)
        self.selectionModel().select(found, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = {Qt.Key.Key_Return: "details", Qt.Key.Key_Enter: "details", Qt.Key.Key_F2: "rename",
                Qt.Key.Key_Delete: "delete", Qt.Key.Key_Backspace: "delete", Qt.Key.Key_F5: "refresh"}
        word = "copy" if event.matches(QKeySequence.StandardKey.Copy) else keys.get(Qt.Key(event.key()), "")
        if word == "copy" or (word and not event.modifiers() & Qt.KeyboardModifier.ControlModifier):
            self.wanted.emit(word)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.selected():
            self.menu.emit(event.globalPos())

    def _fit(self) -> None:
        px = self.theme.px
        self.setFont(self.theme.font(12, figures=True))
        self.verticalHeader().setDefaultSectionSize(px(26))
        self.horizontalHeader().setFont(self.theme.font(12, 600))
        self.horizontalHeader().setFixedHeight(px(26))
        for number, column in enumerate(COLUMNS):
            self.setColumnWidth(number, px(column.width))

    def _remember(self) -> None:
        self._ids = tuple(one.id for one in self.selected())

    def _again(self) -> None:
        self.select(self._ids)
