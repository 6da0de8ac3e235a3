"""Search for a node type at the cursor: type, arrows, Enter."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsDropShadowEffect,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from neuralgraph.spec import Catalog, Node
from neuralgraph.tokens import Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.shelf import wanted
from neuralgraph.ui.icons import icon, tile

WIDTH, ROW, MOST_ROWS = 344, 44, 7
KIND = Qt.ItemDataRole.UserRole

Index = QModelIndex | QPersistentModelIndex


class QuickAdd(QFrame):
    """A small card with a search box. `chosen` gives the node type, `closed` says that none was wanted."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget, tokens: Tokens, catalog: Catalog) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self._allowed: frozenset[str] | None = None
        self._hint = ""
        self.setObjectName("quick_add")
        self.setAccessibleName("Add a node")
        self.setFixedWidth(WIDTH)
        self.setStyleSheet(
            f"#quick_add {{ background: {tokens.raised}; border: 1px solid {tokens.outline}; border-radius: 8px; }}"
            f"#quick_add QLineEdit {{ background: {tokens.sunken}; color: {tokens.text};"
            f" border: 2px solid {tokens.accent}; border-radius: 6px; padding: 0 8px 0 2px; min-height: 26px; }}"
            f"#quick_add QListWidget {{ background: transparent; border: none; }}"
            f"#quick_add QLabel {{ color: {tokens.text2}; }}")
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(18)
        shadow.setOffset(0, 4)
        colour = QColor(tokens.shadow)
        colour.setAlphaF(0.25)
        shadow.setColor(colour)
        self.setGraphicsEffect(shadow)
        self.search = QLineEdit()
        self.search.setFont(fonts.font(13))
        self.search.setPlaceholderText("Search nodes: name, «dense», torch class")
        self.search.setAccessibleName("Search nodes")
        self.search.addAction(icon("magnify", tokens.text2), QLineEdit.ActionPosition.LeadingPosition)
        self.list = QListWidget()
        self.list.setAccessibleName("Nodes that fit")
        self.list.setItemDelegate(_Rows(tokens, self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.hint = QLabel()
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        self.hint.setFont(fonts.font(12))
        self.hint.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        for widget in (self.search, self.list, self.hint):
            column.addWidget(widget)
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(self._take)
        self.hide()

    def open_at(self, at: QPoint, allowed: Collection[str] | None = None, hint: str = "") -> None:
        """Show it at a place of its parent with the types in `allowed`, or all."""
        self._allowed = frozenset(allowed) if allowed is not None else None
        self._hint = hint or "Enter places it · Esc closes"
        self.search.clear()
        self._fill("")
        parent = self.parentWidget()
        assert parent is not None
        room = parent.rect()
        self.adjustSize()
        self.move(max(4, min(at.x(), room.width() - self.width() - 4)),
                  max(4, min(at.y(), room.height() - self.height() - 4)))
        self.show()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def types(self) -> list[str]:
        """What the list shows, best first."""
        return [wanted(self.list.item(row).data(KIND)) for row in range(self.list.count())]

    def dismiss(self) -> None:
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            return self._key(event)
        if watched is self.search and event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.dismiss()
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key, row, last = event.key(), self.list.currentRow(), self.list.count() - 1
        match key:
            case Qt.Key.Key_Escape:
                self.dismiss()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Tab:
                self._take(self.list.currentItem())
            case Qt.Key.Key_Down:
                self.list.setCurrentRow(0 if row >= last else row + 1)
            case Qt.Key.Key_Up:
                self.list.setCurrentRow(last if row <= 0 else row - 1)
            case Qt.Key.Key_PageDown:
                self.list.setCurrentRow(min(last, row + MOST_ROWS))
            case Qt.Key.Key_PageUp:
                self.list.setCurrentRow(max(0, row - MOST_ROWS))
            case _:
                return False
        return True

    def _fill(self, query: str) -> None:
        found = [one for one in self._catalog.find(query) if self._allowed is None or wanted(one) in self._allowed]
        self.list.clear()
        for kind in found:
            item = QListWidgetItem(self.list)
            item.setData(KIND, kind)
            item.setSizeHint(QSize(WIDTH - 24, ROW))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{kind.__name__}, {kind.category}. {kind.summary()}")
        if found:
            self.list.setCurrentRow(0)
        self.list.setFixedHeight(ROW * max(1, min(MOST_ROWS, len(found))))
        self.list.setVisible(bool(found))
        self.hint.setText(self._catalog.why_not(query) or (self._hint if found else self._none(query)))
        self.adjustSize()

    def _none(self, query: str) -> str:
        elsewhere = self._catalog.find(query) if self._allowed is not None else []
        if elsewhere:
            return f"{elsewhere[0].__name__} does not fit this wire."
        if why := self._catalog.why_not(query):
            return why
        return f"No node is called «{query}»." if query else "No node fits this wire."

    def _take(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.hide()
            self.chosen.emit(wanted(item.data(KIND)))


class _Rows(QStyledItemDelegate):
    """Tile, name, category at the right, the first line of help below."""

    def __init__(self, tokens: Tokens, parent: QObject) -> None:
        super().__init__(parent)
        self._tokens = tokens

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        kind: type[Node] = index.data(KIND)
        t, box = self._tokens, QRect(option.rect).adjusted(0, 1, -2, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.accent_soft))
            painter.drawRoundedRect(box, 4, 4)
            painter.setBrush(QColor(t.accent))
            painter.drawRoundedRect(QRect(box.left(), box.top() + 6, 3, box.height() - 12), 1.5, 1.5)
        painter.drawPixmap(box.left() + 11, box.center().y() - 9, tile(kind.category, 20, t))
        left, width = box.left() + 42, box.width() - 50
        category = fonts.width(kind.category, 11)
        painter.setFont(fonts.font(13, 600))
        painter.setPen(QPen(QColor(t.text)))
        painter.drawText(left, box.top() + 17, fonts.elided(kind.__name__, width - category - 8, 13, 600))
        painter.setFont(fonts.font(11))
        painter.setPen(QPen(QColor(t.text2)))
        painter.drawText(left, box.top() + 34, fonts.elided(kind.summary(), width, 11))
        painter.drawText(round(left + width - category), box.top() + 17, kind.category)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(WIDTH - 24, ROW)
