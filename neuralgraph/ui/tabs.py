"""Tabs of the look: 34 px, an underline, pills with counts, made when they are first looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QCursor,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from neuralgraph.tokens import INK
from neuralgraph.ui.controls import Rule, flat
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.theme import Theme


@dataclass(slots=True)
class Tab:
    """A tab: its key, its title, how its page is made, and what its pill says."""

    key: str
    title: str
    make: Callable[[], QWidget]
    shown: bool = True
    count: int | None = None
    level: str = ""
    page: QWidget | None = None
    corner: QWidget | None = field(default=None)


class Tabs(QWidget):
    """A bar over pages. Tabs are moved by dragging, closed with the middle button, and come back by the ⋮ menu."""

    made = Signal(str)
    changed = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self._tabs: dict[str, Tab] = {}
        self.bar = Bar(self, theme)
        self.bar.currentChanged.connect(self._switched)
        self.bar.tabCloseRequested.connect(lambda index: self.close_tab(str(self.bar.tabData(index))))
        self.stack = QStackedWidget()
        self._corners = QStackedWidget()
        self._corners.addWidget(QWidget())
        self._more = flat(theme, "dots-vertical", "Panels", clicked=self._menu)
        self.bar.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.bar.customContextMenuRequested.connect(lambda _place: self._menu())
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 8, 0)
        row.setSpacing(0)
        row.addWidget(self.bar, 1)
        row.addWidget(self._corners)
        row.addWidget(self._more)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(row)
        box.addWidget(Rule())
        box.addWidget(self.stack, 1)
        fitted(self._corners, theme, lambda: self._corners.setFixedHeight(theme.px(34)))
        self._corners.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def add(self, key: str, title: str, make: Callable[[], QWidget], *, shown: bool = True) -> None:
        """A tab whose page is made when it is first shown."""
        self._tabs[key] = Tab(key, title, make, shown)
        if shown:
            self._insert(key)

    def page(self, key: str) -> QWidget | None:
        """The page, where it has been made."""
        return self._tabs[key].page if key in self._tabs else None

    def page_of(self, key: str) -> QWidget:
        """The page, made if need be, wherever it is."""
        return self._made(self._tabs[key])

    def open(self, key: str) -> QWidget:
        """Bring a tab to the front, made if need be."""
        tab = self._tabs[key]
        if self._index(key) < 0:
            tab.shown = True
            self._insert(key)
        self.bar.setCurrentIndex(self._index(key))
        return self._made(tab)

    def current(self) -> str:
        return str(self.bar.tabData(self.bar.currentIndex()) or "")

    def order(self) -> list[str]:
        """The keys of the tabs that are shown, from left to right."""
        return [str(self.bar.tabData(index)) for index in range(self.bar.count())]

    def arrange(self, order: tuple[str, ...], current: str = "", seen: tuple[str, ...] | None = None) -> None:
        """Put remembered tabs in their order; one that was closed stays closed.

        `seen` are all tabs there were when the order was remembered: one that is newer comes where it is at first.
        """
        known = [key for key in order if key in self._tabs]
        if known and seen is not None:
            keys = list(self._tabs)
            for place, key in enumerate(keys):
                if key not in seen and key not in known and self._tabs[key].shown:
                    before = next((one for one in reversed(keys[:place]) if one in known), None)
                    known.insert(known.index(before) + 1 if before is not None else 0, key)
        if known:
            for key in self.order():
                if key not in known:
                    self.close_tab(key)
            for place, key in enumerate(known):
                if self._index(key) < 0:
                    self._tabs[key].shown = True
                    self._insert(key)
                self.bar.moveTab(self._index(key), place)
        if current in self.order():
            self.bar.setCurrentIndex(self._index(current))
        self._switched(self.bar.currentIndex())

    def reset(self) -> None:
        self.arrange(tuple(key for key in self._tabs if key not in ("history",)), next(iter(self._tabs), ""))

    def count(self, key: str, number: int | None, level: str = "") -> None:
        """What the pill of a tab says; `level` colours it."""
        tab = self._tabs[key]
        if (tab.count, tab.level) != (number, level):
            tab.count, tab.level = number, level
            self.bar.refresh()

    def has(self, key: str) -> bool:
        """There is such a page, made or not."""
        return key in self.keys()

    def keys(self) -> list[str]:
        """The keys of all tabs, shown or not."""
        return list(self._tabs)

    def tab(self, index: int) -> Tab:
        return self._tabs[str(self.bar.tabData(index))]

    def close_tab(self, key: str) -> None:
        index = self._index(key)
        if index >= 0 and self.bar.count() > 1:
            self._tabs[key].shown = False
            self.bar.removeTab(index)

    def set_theme(self) -> None:
        from neuralgraph.ui.icons import icon

        self._more.setIcon(icon("dots-vertical", self.theme.tokens.text2))
        self.bar.refresh()

    def _insert(self, key: str) -> None:
        index = self.bar.addTab(self._tabs[key].title)
        self.bar.setTabData(index, key)

    def _index(self, key: str) -> int:
        return next((n for n in range(self.bar.count()) if self.bar.tabData(n) == key), -1)

    def _made(self, tab: Tab) -> QWidget:
        if tab.page is None:
            tab.page = tab.make()
            self.stack.addWidget(_Home(tab.page))
            corner = getattr(tab.page, "corner", None)
            if corner is not None:
                tab.corner = corner()
                self._corners.addWidget(tab.corner)
            self.made.emit(tab.key)
        return tab.page

    def _switched(self, index: int) -> None:
        if index < 0 or not self.isVisible():
            return
        tab = self._tabs.get(str(self.bar.tabData(index)))
        if tab is None:
            return
        self.stack.setCurrentIndex(self.stack.indexOf(_Home.of(self._made(tab))))
        if tab.corner is not None:
            self._corners.setCurrentWidget(tab.corner)
        self._corners.setVisible(tab.corner is not None)
        self._more.setVisible(tab.corner is None)
        self.changed.emit(tab.key)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._switched(self.bar.currentIndex())

    def _menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for key, tab in self._tabs.items():
            action = menu.addAction(tab.title)
            action.setCheckable(True)
            action.setChecked(self._index(key) >= 0)
            action.triggered.connect(
                lambda on, key=key: self.open(key) if on else self.close_tab(key))
        menu.popup(QCursor.pos())


class _Home(QScrollArea):
    """Around a page: what is wider than the panel is scrolled to, so that no page widens the window."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(page)

    @staticmethod
    def of(page: QWidget) -> QWidget:
        """The home of a page."""
        view = page.parentWidget()
        assert view is not None
        home = view.parentWidget()
        assert isinstance(home, _Home)
        return home

    def minimumSizeHint(self) -> QSize:
        page = self.widget()
        return QSize(0, max(page.minimumSizeHint().height(), page.minimumHeight()) if page is not None else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        """As large as the panel, and no smaller than it can be. `widgetResizable` would ask for all wrapped lines."""
        page = self.widget()
        if page is not None:
            page.resize(self.viewport().size().expandedTo(page.minimumSizeHint()).expandedTo(page.minimumSize()))


class Bar(QTabBar):
    """Paints titles, pills and the underline."""

    def __init__(self, tabs: Tabs, theme: Theme) -> None:
        super().__init__()
        self._tabs, self.theme = tabs, theme
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setMovable(True)
        self.setMouseTracking(True)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setUsesScrollButtons(True)

    def refresh(self) -> None:
        """Sizes and colours anew."""
        for index in range(self.count()):
            self.setTabText(index, self.tabText(index))
        self.updateGeometry()
        self.update()

    def tabSizeHint(self, index: int) -> QSize:
        px = self.theme.px
        wide = QFontMetricsF(self.theme.font(13, 600)).horizontalAdvance(self.tabText(index)) + px(20)
        if self.tabData(index) and self._tabs.tab(index).count is not None:
            wide += self._pill(index) + px(8)
        return QSize(round(wide), px(34))

    def minimumTabSizeHint(self, index: int) -> QSize:
        return self.tabSizeHint(index)

    def _pill(self, index: int) -> float:
        metrics = QFontMetricsF(self.theme.font(12, 600))
        return max(self.theme.px(19), metrics.horizontalAdvance(str(self._tabs.tab(index).count)) + self.theme.px(11))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            index = self.tabAt(event.position().toPoint())
            if index >= 0:
                self.tabCloseRequested.emit(index)
        super().mouseReleaseEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        free = QRegion(self.rect())
        for one in self.findChildren(QToolButton):  # the arrows, where the row is too long: no title runs under them
            if one.isVisible():
                free -= QRegion(one.geometry())
        painter.setClipRegion(free)
        for index in range(self.count()):
            self._paint(painter, index)

    def _paint(self, painter: QPainter, index: int) -> None:
        t, px, box = self.theme.tokens, self.theme.px, QRectF(self.tabRect(index))
        chosen = index == self.currentIndex()
        hovered = box.contains(self.mapFromGlobal(self.cursor().pos()))
        font = self.theme.font(13, 600)
        painter.setFont(font)
        painter.setPen(QColor(t.text if chosen or hovered else t.text2))
        text = self.tabText(index)
        painter.drawText(box.adjusted(px(10), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
        tab = self._tabs.tab(index)
        if tab.count is not None:
            wide = self._pill(index)
            x = box.left() + px(10) + QFontMetricsF(font).horizontalAdvance(text) + px(8)
            pill = QRectF(x, box.center().y() - px(9.5), wide, px(19))
            fills = {"error": t.error, "warning": t.warning_fill}
            painter.setPen(Qt.PenStyle.NoPen if tab.level in fills else QPen(QColor(t.outline), 1))
            painter.setBrush(QColor(fills.get(tab.level, t.sunken)))
            painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
            ink = {"error": t.on_tile, "warning": INK}.get(tab.level, t.text)
            painter.setPen(QColor(ink))
            painter.setFont(self.theme.font(12, 600))
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, str(tab.count))
        if chosen:
            painter.fillRect(QRectF(box.left() + px(10), box.bottom() - 3, box.width() - px(20), 3), QColor(t.accent))
        if chosen and self.hasFocus():
            painter.setPen(QPen(QColor(t.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(4, 4, -4, -6), 4, 4)
