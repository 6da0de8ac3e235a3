"""The window on the screen: one page for every open document, and tabs above them where there are several."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QCloseEvent, QColor, QFontMetricsF, QIcon, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from neuralgraph.ui.bridge import later
from neuralgraph.ui.settings import Settings
from neuralgraph.ui.theme import Theme
from neuralgraph.ui.window import MainWindow

if TYPE_CHECKING:
    from neuralgraph.ui.documents import Documents


FIRST, EDGE = QSize(1440, 900), QSize(8, 40)
"""How large the window is when it opens for the first time; what a desktop puts around it."""


def first_size(screen: QSize) -> QSize:
    """The size of the window at first: no larger than what the screen has room for."""
    return FIRST.boundedTo(screen - EDGE)


LARGE_SCREEN, LARGE_TEXT = 2000, 1.5
"""From how many pixels on along its short side (as the desktop counts them) words are larger, and how many times."""


def first_scale(screen: QSize) -> float:
    """The text size where none is set: a 4k screen that the desktop does not scale would have words too small to read.
    """
    return LARGE_TEXT if min(screen.width(), screen.height()) >= LARGE_SCREEN else 1.0


class Shell(QWidget):
    """Pages share theme and settings and nothing else, so that no document can disturb another."""

    def __init__(self, theme: Theme, settings: Settings, *, file: Path | None = None, welcome: bool = True) -> None:
        super().__init__()
        self.theme, self.settings = theme, settings
        self.setWindowTitle("NeuralGraph")
        self.bar = DocumentBar(theme)
        self.bar.hide()
        self.bar.currentChanged.connect(self._show)
        self.bar.tabCloseRequested.connect(self._close)
        self.bar.tabMoved.connect(self._moved)
        self.stack = QStackedWidget()
        self.pages: list[MainWindow] = []
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.bar)
        box.addWidget(self.stack)
        self._add(MainWindow(theme, settings, file=file, welcome=welcome))
        saved = settings.bytes("geometry")
        if saved is None or not self.restoreGeometry(saved):
            self.resize(first_size(self.screen().availableSize()))

    @property
    def page(self) -> MainWindow:
        """The page in front."""
        return self.pages[self.stack.currentIndex()]

    def _add(self, page: MainWindow) -> None:
        page.shell = self
        self.pages.append(page)
        self.stack.addWidget(page)
        self.bar.addTab(page.windowTitle())
        page.windowTitleChanged.connect(partial(self._titled, page))
        page.gone.connect(partial(self._gone, page))
        self.show_tabs()
        self.bar.setCurrentIndex(len(self.pages) - 1)

    def show_tabs(self, wanted: bool = True) -> None:
        """Where there are several, and nobody presents."""
        presents = bool(self.pages) and hasattr(self.page, "bench") and self.page.bench.presenter.on
        self.bar.setVisible(wanted and len(self.pages) > 1 and not presents)

    # -- what a page asks of its shell ------------------------------------------------------------------------------

    def another(self) -> Documents:
        """A new page for a document, in front."""
        self.page.bench.docks.save()
        page = MainWindow(self.theme, self.settings, welcome=False)
        self._add(page)
        page.equip()
        return page.bench.documents

    def welcome(self) -> None:
        """The welcome screen, in a page of its own; the one there is comes forward."""
        for number, page in enumerate(self.pages):
            bench = page.bench
            if bench.welcome is not None and page.centre.currentWidget() is bench.welcome:
                self.bar.setCurrentIndex(number)
                return
        self.another()
        self.page.bench.begin()
        self.page.bench.show_welcome()

    def go_to(self, path: Path) -> bool:
        """Bring the page of this file to the front; whether there is one."""
        wanted = path.resolve()
        for number, page in enumerate(self.pages):
            own = page.bench.session.path if hasattr(page, "bench") else None
            if own is not None and own.resolve() == wanted:
                self.bar.setCurrentIndex(number)
                return True
        return False

    def step(self, by: int) -> None:
        """The next page, or the one before; round at the ends."""
        self.bar.setCurrentIndex((self.stack.currentIndex() + by) % len(self.pages))

    # -- pages ------------------------------------------------------------------------------------------------------

    def _show(self, index: int) -> None:
        if 0 <= index < len(self.pages):
            self.stack.setCurrentIndex(index)
            self.setWindowTitle(self.page.windowTitle())
            self.show_tabs()
            self.page.came_forward()

    def _close(self, index: int) -> None:
        self.bar.setCurrentIndex(index)  # whoever is asked about changes should see them
        self.pages[index].close()

    def _gone(self, page: MainWindow) -> None:
        index = self.pages.index(page)
        self.pages.pop(index)
        self.bar.blockSignals(True)
        self.bar.removeTab(index)
        self.bar.blockSignals(False)
        self.stack.removeWidget(page)
        page.deleteLater()
        if self.pages:
            self._show(self.bar.currentIndex())
        else:
            later(0, self.close, self)

    def _moved(self, start: int, end: int) -> None:
        page = self.pages.pop(start)
        self.pages.insert(end, page)
        self.stack.blockSignals(True)
        self.stack.removeWidget(page)
        self.stack.insertWidget(end, page)
        self.stack.blockSignals(False)
        self._show(self.bar.currentIndex())

    def _titled(self, page: MainWindow, title: str) -> None:
        index = self.pages.index(page)
        self.bar.setTabText(index, title.removesuffix(" – NeuralGraph"))
        self.bar.setTabToolTip(index, str(page.bench.session.path or "") if hasattr(page, "bench") else "")
        if index == self.stack.currentIndex():
            self.setWindowTitle(title)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask page after page, then close all; one that stays keeps everything."""
        for page in reversed(self.pages):
            if hasattr(page, "bench") and page.bench.documents.session.modified:
                self.bar.setCurrentIndex(self.pages.index(page))
            if hasattr(page, "bench") and not page.bench.documents.may_close():
                event.ignore()
                return
        for page in reversed(self.pages.copy()):
            page.asked = True
            page.close()
        event.accept()


class DocumentBar(QTabBar):
    """The names of the open documents; closed by their ✕ or the middle button, moved by dragging."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.setAccessibleName("Open documents")
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setMovable(True)
        self.setMouseTracking(True)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self._cross, self._pressed = QIcon(), -1
        theme.changed.connect(self._dress)

    def _dress(self) -> None:
        self._cross = QIcon()
        self.updateGeometry()
        self.update()

    def tabSizeHint(self, index: int) -> QSize:
        px = self.theme.px
        wide = QFontMetricsF(self.theme.font(13, 600)).horizontalAdvance(self.tabText(index)) + px(52)
        return QSize(min(round(wide), px(280)), px(32))

    def minimumTabSizeHint(self, index: int) -> QSize:
        return QSize(self.theme.px(96), self.theme.px(32))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self._cross_under(event.position().toPoint())
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        index, pressed, self._pressed = self.tabAt(place), self._pressed, -1
        super().mouseReleaseEvent(event)
        crossed = event.button() == Qt.MouseButton.LeftButton and pressed >= 0 and self._cross_under(place) == pressed
        if index >= 0 and (event.button() == Qt.MouseButton.MiddleButton or crossed):
            self.tabCloseRequested.emit(index)

    def _cross_under(self, place: QPoint) -> int:
        """The tab whose ✕ lies there, or −1."""
        index = self.tabAt(place)
        return index if index >= 0 and place.x() > self._cross_at(index) else -1

    def _cross_at(self, index: int) -> int:
        """Where the ✕ of a tab begins."""
        return self.tabRect(index).right() - self.theme.px(28)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self.theme.tokens.window))
        for index in range(self.count()):
            self._paint(painter, index)

    def _paint(self, painter: QPainter, index: int) -> None:
        from neuralgraph.ui.icons import icon

        t, px, box = self.theme.tokens, self.theme.px, self.tabRect(index)
        chosen, hovered = index == self.currentIndex(), box.contains(self.mapFromGlobal(self.cursor().pos()))
        if chosen:
            painter.fillRect(box, QColor(t.panel))
            painter.fillRect(box.left(), box.bottom() - 2, box.width(), 3, QColor(t.accent))
        font = self.theme.font(13, 600)
        painter.setFont(font)
        painter.setPen(QColor(t.text if chosen or hovered else t.text2))
        room = box.width() - px(14) - px(30)
        text = _short(self.tabText(index), QFontMetricsF(font), room)
        painter.drawText(box.adjusted(px(14), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
        if chosen or hovered:
            if self._cross.isNull():
                self._cross = icon("close", t.text2)
            side = px(14)
            self._cross.paint(painter, box.right() - px(10) - side, box.center().y() - side // 2 + 1, side, side)
        elif index and index - 1 != self.currentIndex():
            painter.fillRect(box.left(), box.top() + px(8), 1, box.height() - px(16), QColor(t.outline))
        if chosen and self.hasFocus():
            painter.setPen(QColor(t.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(4, 4, -4, -6), 4, 4)


def _short(text: str, metrics: QFontMetricsF, room: float) -> str:
    """As much of a name as there is room for; its ending goes first: it says the least."""
    if metrics.horizontalAdvance(text) > room:
        text = text.replace(".ngraph", "", 1)
    return metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room)
