"""The palette of node types: search, categories, rows that can be dragged onto the canvas."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial

from PySide6.QtCore import (
    QEvent,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QDrag, QEnterEvent, QMouseEvent, QPainter, QPixmap, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from neuralgraph import library
from neuralgraph.resources import examples
from neuralgraph.spec import Catalog, Node
from neuralgraph.ui.canvas.shelf import SIGN, called, shelf, wanted
from neuralgraph.ui.controls import chevron
from neuralgraph.ui.icons import tile
from neuralgraph.ui.panels.search import Search
from neuralgraph.ui.theme import Theme

MIME = "application/x-neuralgraph-node"
KIND, CATEGORY, MORE, GROUP = (Qt.ItemDataRole.UserRole + n for n in range(4))
SHOWN = {"Data": 4, "Layers": 6, "Metrics": 3}
"""How many types of a category are shown before «more»; 3 where it does not say."""

Index = QModelIndex | QPersistentModelIndex


class Palette(QFrame):
    """Every node type. `wanted` says which one was double-clicked or chosen with Enter."""

    wanted = Signal(str)

    def __init__(self, catalog: Catalog, theme: Theme) -> None:
        super().__init__()
        self._types = catalog
        self._here: tuple[str, ...] = ()
        self._listed = library.listed()
        self.catalog, self.theme = shelf(catalog), theme
        self.setObjectName("panel")
        self._all: set[str] = set()
        self._used = used_in_examples()
        self._closed: set[str] = set()
        self._opened: set[tuple[str, str]] = set()
        self.search = Search(theme, f"Search {len(catalog)} nodes")
        self.search.textChanged.connect(lambda _text: self._fill())
        self.tree = Tree(self, theme)
        self.tree.setModel(QStandardItemModel(self.tree))
        self.tree.activated.connect(self._activated)
        self.tree.clicked.connect(self._clicked)
        self.tree.expanded.connect(partial(self._keep, True))
        self.tree.collapsed.connect(partial(self._keep, False))
        self.search.down.connect(self._into_list)
        self.search.returnPressed.connect(self._first)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 2, 6)
        box.setSpacing(6)
        row = QVBoxLayout()
        row.setContentsMargins(0, 0, 6, 0)
        row.addWidget(self.search)
        box.addLayout(row)
        box.addWidget(self.tree, 1)
        self._fill()

    def show_modules(self, names: Iterable[str], *, again: bool = False) -> None:
        """The modules of the document; `again`: those on the shelf may be others too."""
        here = tuple(sorted(names))
        if here != self._here or again:
            self._here, self.catalog, self._listed = here, shelf(self._types, here), library.listed()
            bar = self.tree.verticalScrollBar()
            place = bar.value()
            self._fill()
            bar.setValue(place)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Whoever comes here sees what lies on the shelf now."""
        super().enterEvent(event)
        self.show_modules(self._here, again=library.listed() != self._listed)

    def set_theme(self) -> None:
        self.tree.viewport().update()
        self.search.update()

    def types(self) -> list[str]:
        """The node types that are listed now, in order."""
        return [one for one in self.listed() if not one.startswith(SIGN)]

    def listed(self) -> list[str]:
        """All that can be put down and is listed now: node types, and modules as `module:name`."""
        return [str(one.data(KIND)) for one in _below(self._model().invisibleRootItem()) if one.data(KIND)]

    def _model(self) -> QStandardItemModel:
        model = self.tree.model()
        assert isinstance(model, QStandardItemModel)
        return model

    def _fill(self) -> None:
        model, query = self._model(), self.search.text().strip()
        model.clear()
        if query:
            for kind in self.catalog.find(query):
                model.appendRow(_row(kind))
            self.tree.setCurrentIndex(model.index(0, 0))
            return
        for category, kinds in self.catalog.by_category().items():
            head = _heading(category, category, len(kinds))
            few = SHOWN.get(category, 3)
            short = len(kinds) > few + 1 and category not in self._all
            if short:
                head.appendRows([_row(kind) for kind in self._first_of(kinds, few)])
            else:
                self._append_groups(head, category)
            if short or (category in self._all and len(kinds) > few + 1):
                head.appendRow(_more(category, len(kinds) - few if short else 0))
            model.appendRow(head)
            self.tree.setExpanded(head.index(), category not in self._closed)
            for at in range(head.rowCount()):
                self.tree.setExpanded(head.child(at).index(), (category, head.child(at).data(GROUP)) in self._opened)

    def _append_groups(self, head: QStandardItem, category: str) -> None:
        """All types of a category, under their sub-headings."""
        for group, kinds in self.catalog.by_group(category).items():
            rows = [_row(kind) for kind in kinds]
            if group:
                below = _heading(group, category, len(kinds))
                below.setData(group, GROUP)
                below.appendRows(rows)
                rows = [below]
            head.appendRows(rows)

    def _first_of(self, kinds: list[type[Node]], few: int) -> list[type[Node]]:
        """The types that the examples use most, in the order of the catalogue."""
        most = sorted(kinds, key=lambda kind: -self._used[kind.__name__])[:few]
        return [kind for kind in kinds if kind in most]

    def _clicked(self, index: QModelIndex) -> None:
        category = index.data(CATEGORY)
        if category and not index.data(KIND) and not index.data(GROUP) and index.parent().isValid():
            self._all ^= {category}
            bar = self.tree.verticalScrollBar()
            place = bar.value()
            self._fill()
            bar.setValue(place)
        elif category and not index.data(KIND):
            self.tree.setExpanded(index, not self.tree.isExpanded(index))

    def _keep(self, opened: bool, index: QModelIndex) -> None:
        """What the mouse or the arrow keys opened stays open when the list is filled anew."""
        if index.data(GROUP):
            one = {(str(index.data(CATEGORY)), str(index.data(GROUP)))}
            self._opened = self._opened | one if opened else self._opened - one
        else:
            one_category = {str(index.data(CATEGORY))}
            self._closed = self._closed - one_category if opened else self._closed | one_category

    def _activated(self, index: QModelIndex) -> None:
        if index.data(KIND):
            self.wanted.emit(str(index.data(KIND)))
        elif index.data(CATEGORY):
            self._clicked(index)

    def _into_list(self) -> None:
        self.tree.setFocus()
        if not self.tree.currentIndex().isValid():
            self.tree.setCurrentIndex(self._model().index(0, 0))

    def _first(self) -> None:
        found = self.listed()
        if self.search.text().strip() and found:
            self.wanted.emit(found[0])


def used_in_examples() -> Counter[str]:
    """In how many examples each node type occurs."""
    found: Counter[str] = Counter()
    for path in examples().glob("*.ngraph"):
        text = path.read_text(encoding="utf-8", errors="replace")
        found.update(set(re.findall(r'"type": ?"(\w+)"', text)))
    return found


def _below(item: QStandardItem) -> Iterator[QStandardItem]:
    """Every item under another one, in order."""
    for row in range(item.rowCount()):
        yield item.child(row)
        yield from _below(item.child(row))


def _heading(text: str, category: str, count: int) -> QStandardItem:
    item = QStandardItem(text)
    item.setData(category, CATEGORY)
    item.setData(count, MORE)
    item.setEditable(False)
    item.setDragEnabled(False)
    return item


def _row(kind: type[Node]) -> QStandardItem:
    item = QStandardItem(kind.__name__)
    item.setData(wanted(kind), KIND)
    item.setData(kind.category, CATEGORY)
    item.setToolTip(kind.summary())
    item.setEditable(False)
    return item


def _more(category: str, count: int) -> QStandardItem:
    item = QStandardItem(f"{count} more" if count else "fewer")
    item.setData(category, CATEGORY)
    item.setEditable(False)
    item.setDragEnabled(False)
    return item


class Tree(QTreeView):
    """The list; a row is dragged as its node type."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setItemDelegate(Rows(theme, self))
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setExpandsOnDoubleClick(False)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Node types")

    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:
        """None: the rows draw their own."""

    def startDrag(self, _actions: Qt.DropAction) -> None:
        kind, category = self.currentIndex().data(KIND), self.currentIndex().data(CATEGORY)
        if not kind:
            return
        data = QMimeData()
        data.setData(MIME, str(kind).encode())
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.setPixmap(self._chip(called(str(kind)), str(category)))
        drag.setHotSpot(QPoint(16, 16))
        drag.exec(Qt.DropAction.CopyAction)

    def _chip(self, kind: str, category: str) -> QPixmap:
        """What hangs at the pointer."""
        t, font = self.theme.tokens, self.theme.font(13, 600)
        ratio = self.devicePixelRatioF()
        wide = 48 + self.fontMetrics().horizontalAdvance(kind) * 1.1
        made = QPixmap(round(wide * ratio), round(32 * ratio))
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(t.accent))
        painter.setBrush(QColor(t.card))
        painter.drawRoundedRect(QRectF(0.5, 0.5, wide - 1, 31), 8, 8)
        painter.drawPixmap(QPointF(8, 6), tile(category, 20, t))
        painter.setPen(QColor(t.text))
        painter.setFont(font)
        painter.drawText(QRectF(34, 0, wide - 34, 32), Qt.AlignmentFlag.AlignVCenter, kind)
        painter.end()
        return made

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.viewport().update()
        return super().event(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.data(KIND):
            self.activated.emit(index)


class Rows(QStyledItemDelegate):
    """Paints a category (27 px), a sub-heading or a type (22 px) with its colour bar."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        kind_or_group = index.data(KIND) or index.data(GROUP)
        return QSize(100, self.theme.px(22 if kind_or_group else 20 if index.parent().isValid() else 32))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box, category = QRectF(option.rect), str(index.data(CATEGORY) or "")
        if index.data(KIND):
            deeper = self.theme.px(12) if index.parent().data(GROUP) else 0
            self._type(painter, box.adjusted(deeper, 0, 0, 0), option, index, category)
        elif index.data(GROUP):
            self._group(painter, box, option, index)
        elif index.parent().isValid():
            painter.setFont(self.theme.font(12))
            painter.setPen(self.theme.colour("text3"))
            painter.drawText(box.adjusted(self.theme.px(30), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, index.data())
        else:
            self._category(painter, box, index, category)
        painter.restore()

    def _category(self, painter: QPainter, box: QRectF, index: Index, category: str) -> None:
        t, px = self.theme.tokens, self.theme.px
        middle = box.center().y() + 2
        self._chevron(painter, QPointF(box.left() + px(7), middle), index)
        painter.drawPixmap(QPointF(box.left() + px(18), middle - px(10)), tile(category, px(20), t))
        painter.setFont(self.theme.font(13, 600))
        painter.setPen(QColor(t.text))
        painter.drawText(box.adjusted(px(46), 4, 0, 0), Qt.AlignmentFlag.AlignVCenter, category)
        self._count(painter, box.adjusted(0, 4, 0, 0), index)

    def _group(self, painter: QPainter, box: QRectF, option: QStyleOptionViewItem, index: Index) -> None:
        self._mark(painter, box, option)
        px = self.theme.px
        self._chevron(painter, QPointF(box.left() + px(22), box.center().y()), index)
        painter.setFont(self.theme.font(13))
        painter.setPen(self.theme.colour("text2"))
        painter.drawText(box.adjusted(px(30), 0, -px(34), 0), Qt.AlignmentFlag.AlignVCenter, index.data())
        self._count(painter, box, index)

    def _chevron(self, painter: QPainter, at: QPointF, index: Index) -> None:
        """Down where it is open, to the right where it is closed."""
        tree = self.parent()
        assert isinstance(tree, QTreeView)
        painter.save()
        painter.translate(at)
        painter.rotate(0 if tree.isExpanded(index) else -90)
        chevron(painter, QPointF(0, 0), self.theme.colour("text2"), half=self.theme.px(3))
        painter.restore()

    def _count(self, painter: QPainter, box: QRectF, index: Index) -> None:
        painter.setFont(self.theme.font(12, figures=True))
        painter.setPen(self.theme.colour("text3"))
        painter.drawText(box.adjusted(0, 0, -self.theme.px(10), 0),
                         Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(index.data(MORE)))

    def _mark(self, painter: QPainter, box: QRectF, option: QStyleOptionViewItem) -> None:
        """The ground of a row that is chosen or under the pointer."""
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.colour("accent_soft" if chosen else "sunken"))
            painter.drawRoundedRect(box.adjusted(self.theme.px(14), 0, -self.theme.px(6), 0), 4, 4)

    def _type(self, painter: QPainter, box: QRectF, option: QStyleOptionViewItem, index: Index, category: str) -> None:
        t, px = self.theme.tokens, self.theme.px
        self._mark(painter, box, option)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.category(category)))
        painter.drawRoundedRect(QRectF(box.left() + px(18), box.top() + px(4), px(3), box.height() - px(8)), 1.5, 1.5)
        painter.setFont(self.theme.font(13))
        painter.setPen(QColor(t.text))
        painter.drawText(box.adjusted(px(30), 0, -px(6), 0), Qt.AlignmentFlag.AlignVCenter, index.data())
