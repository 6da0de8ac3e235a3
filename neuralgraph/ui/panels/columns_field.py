"""The columns of a table in a form: what each is for, and how it is read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QTableView, QVBoxLayout

from neuralgraph.spec import Param
from neuralgraph.spec.columns import KINDS, ROLES, Choice, Column, having, wishes
from neuralgraph.ui.controls import words
from neuralgraph.ui.panels.fields import Field
from neuralgraph.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
HEADS = ("column", "role", "kind", "gaps")
MOST_ROWS = 8
"""So many columns are seen without scrolling."""
ROOMY = 270
EMPTY = "The columns are listed here once the file can be read."


class ColumnsModel(QAbstractTableModel):
    """One row for each column of the table."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.columns: tuple[Column, ...] = ()
        self.chosen: dict[str, tuple[str, str]] = {}

    def show_columns(self, columns: tuple[Column, ...]) -> None:
        if len(columns) == len(self.columns):
            self.columns = columns
            self.again()
            return
        self.beginResetModel()
        self.columns = columns
        self.endResetModel()

    def again(self) -> None:
        """Roles and kinds were chosen otherwise."""
        self.dataChanged.emit(self.index(0, 0), self.index(len(self.columns) - 1, len(HEADS) - 1))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADS[section]
        return None

    def role(self, one: Column) -> str:
        """What was chosen counts at once, before the table is read again."""
        wish = self.chosen.get(one.name, ("auto", "auto"))[0]
        return one.role if wish == "auto" else wish

    def kind(self, one: Column) -> str:
        wish = self.chosen.get(one.name, ("auto", "auto"))[1]
        return one.kind if wish == "auto" else wish

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        one, place = self.columns[index.row()], index.column()
        wish = self.chosen.get(one.name, ("auto", "auto"))
        match role:
            case Qt.ItemDataRole.DisplayRole:
                gaps = f"{one.missing:,}" if one.missing else ""
                return (one.name, self.role(one), self.kind(one), gaps)[place]
            case Qt.ItemDataRole.ToolTipRole:
                return about(one)
            case Qt.ItemDataRole.ForegroundRole:
                return QColor(self._ink(one, place, wish))
            case Qt.ItemDataRole.FontRole:
                return self._font(600 if place == 1 and self.role(one) == "target" else 400)
            case Qt.ItemDataRole.TextAlignmentRole if place == 3:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _ink(self, one: Column, place: int, wish: tuple[str, str]) -> str:
        tokens = self._theme.tokens
        if one.trouble and place == 0:
            return tokens.error
        if self.role(one) == "left out" or (self.kind(one) == "text" and self.role(one) != "group"):
            return tokens.text3
        own = place == 0 or (place in (1, 2) and wish[place - 1] != "auto")
        return tokens.text if own or self.role(one) == "target" else tokens.text2

    def _font(self, weight: int) -> QFont:
        return self._theme.font(12, weight, figures=True)


class ColumnsTable(QTableView):
    """A click on a role or kind, or Enter, opens the list of those there are."""

    def __init__(self, owner: ColumnsField) -> None:
        super().__init__()
        self._owner = owner

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._owner.fit_gaps()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_F4):
            self._owner.open_menu(self.currentIndex())
        else:
            super().keyPressEvent(event)


class ColumnsField(Field):
    """A table of name, role, kind and gaps; several rows can be changed at once. Below it, what a column holds."""

    wide = True

    def __init__(self, param: Param, theme: Theme) -> None:
        super().__init__(param, theme)
        self.setMinimumHeight(0)
        self.setMaximumHeight(16_777_215)
        self._value: tuple[Choice, ...] = ()
        self.model = ColumnsModel(theme)
        self.model.setParent(self)
        self.table = ColumnsTable(self)
        self.table.setModel(self.model)
        self._look()
        self.said = words(theme, EMPTY, 12, 400, "text2")
        self.said.setWordWrap(True)
        box = QVBoxLayout()
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(4))
        box.addWidget(self.table)
        box.addWidget(self.said)
        self.row.addLayout(box, 1)
        self.setFocusProxy(self.table)
        self.table.clicked.connect(self.open_menu)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._say(now.row()))
        self._fit()

    def _look(self) -> None:
        px = self.theme.px
        self.table.setAccessibleName("Columns of the table")
        self.table.setAccessibleDescription(self.param.doc)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setFont(self.theme.font(12, figures=True))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(px(24))
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        head = self.table.horizontalHeader()
        head.setMinimumSectionSize(px(30))
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for section, width in ((1, 58), (2, 66), (3, 40)):
            self.table.setColumnWidth(section, px(width))

    def show_columns(self, columns: tuple[Column, ...]) -> None:
        if columns == self.model.columns:
            return
        count = len(self.model.columns)
        self.model.show_columns(columns)
        self.fit_gaps()
        self._say(self.table.currentIndex().row())
        if len(columns) != count:
            self._fit()
            self.resized.emit()

    def show_checked(self, value: Any) -> None:
        self._value = self.param.check(value)
        self.model.chosen = wishes(self._value)
        self.model.again()

    def fit_gaps(self) -> None:
        """The column of gaps is there where there are some, and room for it: what is said below tells them too."""
        gaps = any(one.missing for one in self.model.columns)
        self.table.setColumnHidden(3, not gaps or self.table.width() < self.theme.px(ROOMY))

    def choose(self, rows: Sequence[int], *, role: str = "", kind: str = "") -> None:
        """Give columns another role or kind; the target that there was keeps its role when another one comes."""
        new = self._value
        if role == "target":
            for one in self.model.columns:
                if self.model.role(one) == "target" and one.role == "target":
                    new = having(new, one.name, role="target")
        for row in rows:
            new = having(new, self.model.columns[row].name, role=role, kind=kind)
        if new != self._value:
            self.edited.emit(new)
            self.sealed.emit()

    def menu_at(self, index: QModelIndex) -> QMenu | None:
        """The roles or kinds for a cell and what is selected with it; None where there is nothing to choose."""
        if not index.isValid() or index.column() not in (1, 2):
            return None
        rows = sorted({one.row() for one in self.table.selectionModel().selectedRows()} | {index.row()})
        one = self.model.columns[index.row()]
        roles = index.column() == 1
        now = self.model.role(one) if roles else self.model.chosen.get(one.name, ("auto", "auto"))[1]
        made = QMenu(self)
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in ROLES[1:] if roles else KINDS:
            action = made.addAction(f"auto ({one.kind})" if name == "auto" and one.wish == "auto" else name)
            action.setCheckable(True)
            action.setChecked(name == now)
            wish = {"role" if roles else "kind": name}
            action.triggered.connect(partial(self._chosen, rows, wish))
        return made

    def open_menu(self, index: QModelIndex) -> None:
        menu = self.menu_at(index)
        if menu is not None:
            corner = self.table.visualRect(index).bottomLeft()
            menu.popup(self.table.viewport().mapToGlobal(corner))

    def _chosen(self, rows: list[int], wish: dict[str, str], *_: object) -> None:
        self.choose(rows, **wish)

    def _say(self, row: int) -> None:
        known = self.model.columns
        count = sum(self.model.role(one) == "target" for one in known)
        if 0 <= row < len(known):
            self.said.setText(about(known[row]))
        else:
            gaps = sum(bool(one.missing) for one in known)
            holes = f" Values are missing in {', '.join([one.name for one in known if one.missing][:3])}" + (
                " and more." if gaps > 3 else ".") if gaps else ""
            self.said.setText(f"{len(known)} columns, {count} to predict.{holes} Click a role or kind to change it."
                              if known else EMPTY)
        self.resized.emit()

    def _fit(self) -> None:
        rows = min(max(len(self.model.columns), 1), MOST_ROWS)
        self.table.setFixedHeight(self.theme.px(24) * rows + self.theme.px(30))
        self.table.setVisible(bool(self.model.columns))
        self.table.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAsNeeded if len(self.model.columns) > MOST_ROWS
            else Qt.ScrollBarPolicy.ScrollBarAlwaysOff)


def about(one: Column) -> str:
    """What a column holds, in a line or two."""
    if one.trouble:
        return one.trouble
    gaps = f"; {one.missing:,} missing" if one.missing else ""
    shown = ", ".join(one.values) + (", …" if one.different > len(one.values) else "")
    what = "categories" if one.kind == "category" else "different"
    return f"{one.name}: {one.different:,} {what}: {shown}{gaps}"
