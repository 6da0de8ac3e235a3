"""The panels around the canvas: three docks, tabs at the bottom, remembered and reset."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QMainWindow, QSplitter, QVBoxLayout, QWidget

from neuralgraph.ui.bridge import later
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.settings import Settings
from neuralgraph.ui.tabs import Tabs
from neuralgraph.ui.theme import Theme

LAYOUT = 1
"""Grows when saved layouts no longer fit."""
FIRST_TABS = ("plots", "problems", "samples", "confusion", "boundary", "outline", "log", "history")
"""What there was before layouts said which tabs they knew."""
OURS = ("left", "right", "bottom")
LEAST = (180, 254)
"""How narrow the panels at the left and right can be before their words are cut."""
LEFT, RIGHT, BOTTOM = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea, \
    Qt.DockWidgetArea.BottomDockWidgetArea


SHARE, HIGHEST = 0.34, 10_000
"""Of the height above that of the look, what the bottom dock gets; how high a remembered one can be."""


class _NoTitle(QWidget):
    """Stands in for a title bar while panels are locked."""


class Panel(QFrame):
    """A rounded surface."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(1, 1, 1, 1)
        self.box.setSpacing(0)


class Docks(QObject):
    """Composes the docks of `window`; not shown itself."""

    moved = Signal()

    def __init__(self, window: QMainWindow, theme: Theme, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._theme, self._settings = window, theme, settings
        self._hidden = False
        self._given = 0
        """The height that the bottom dock was given here; 0 where another one was remembered."""
        self._beside: list[str] = []
        """Further docks that were shown before everything was hidden."""
        self._away: set[str] = set()
        """Those of ours that make room for something else."""
        self._low = 0
        """How high the bottom dock was before it was raised; 0 where it was not."""
        self._docks: dict[str, QDockWidget] = {}
        self.locked = True
        window.installEventFilter(self)
        for corner, area in ((Qt.Corner.BottomLeftCorner, LEFT), (Qt.Corner.BottomRightCorner, RIGHT),
                             (Qt.Corner.TopLeftCorner, LEFT), (Qt.Corner.TopRightCorner, RIGHT)):
            window.setCorner(corner, area)
        window.setDockOptions(QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.left = Panel()
        self.right = QSplitter(Qt.Orientation.Vertical)
        self.right.setHandleWidth(1)
        self.right.setChildrenCollapsible(False)
        self._split = True
        """The sizes follow what the properties need until a hand moves the handle."""
        self.right.splitterMoved.connect(self._hand_split)
        self.upper, self.lower = QWidget(), QWidget()
        for one in (self.upper, self.lower):
            QVBoxLayout(one).setContentsMargins(0, 0, 0, 0)
            self.right.addWidget(one)
        self.bottom = Tabs(theme)
        holder, bottom = Panel(), Panel()
        holder.box.addWidget(self.right)
        bottom.box.addWidget(self.bottom)
        self._add("left", "Nodes", self.left, LEFT, (6, 6, 0, 6))
        self._add("right", "Properties", holder, RIGHT, (0, 6, 6, 6))
        self._add("bottom", "Panels", bottom, BOTTOM, (0, 0, 0, 6))

    def _add(self, name: str, title: str, inner: QWidget, area: Qt.DockWidgetArea,
             margins: tuple[int, int, int, int]) -> None:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setTitleBarWidget(_NoTitle())
        holder = QWidget()
        box = QHBoxLayout(holder)
        box.setContentsMargins(*margins)
        box.addWidget(inner)
        dock.setWidget(holder)
        dock.visibilityChanged.connect(lambda _shown: self.moved.emit())
        self._window.addDockWidget(area, dock)
        self._docks[name] = dock

    def open_tab(self, key: str) -> QWidget:
        """Bring a panel of the bottom dock to the front, the dock too where it was put away."""
        if not self.shown("bottom"):
            self.toggle_bottom()
        return self.bottom.open(key)

    def add_beside(self, name: str, title: str, inner: QWidget) -> None:
        """Another dock at the left, beside the palette; hidden until it is shown."""
        panel = Panel()
        panel.box.addWidget(inner)
        self._add(name, title, panel, LEFT, (6, 6, 0, 6))
        dock = self._docks[name]
        self._window.splitDockWidget(self._docks["left"], dock, Qt.Orientation.Horizontal)
        if not self.locked:
            dock.setTitleBarWidget(None)  # type: ignore[arg-type]
        dock.hide()
        self._window.resizeDocks([dock], [inner.sizeHint().width()], Qt.Orientation.Horizontal)

    def show_one(self, name: str, shown: bool) -> None:
        """Show a dock or put it away."""
        self._docks[name].setVisible(shown)
        if shown and name not in OURS:
            dock = self._docks[name]
            self._window.resizeDocks([dock], [dock.widget().sizeHint().width()], Qt.Orientation.Horizontal)
        self.moved.emit()

    def fill(self, palette: QWidget, properties: QWidget, inspector: QWidget | None) -> None:
        """Put the panels in."""
        self.left.setObjectName("dockhome")
        self.left.box.setContentsMargins(0, 0, 0, 0)
        self.left.box.addWidget(palette)
        fitted(self.left, self._theme, lambda: self.left.setMinimumWidth(self._theme.px(LEAST[0])))
        fitted(self.right, self._theme, lambda: self.right.setMinimumWidth(self._theme.px(LEAST[1])))
        _only(self.upper, properties)
        if inspector is None:
            self.lower.hide()
        else:
            _only(self.lower, inspector)

    def measure(self) -> None:
        """The sizes of the look."""
        px = self._theme.px
        docks = self._docks
        self._window.resizeDocks([docks["left"], docks["right"]], [px(206), px(270)], Qt.Orientation.Horizontal)
        self._given = self._bottom_share()
        self._window.resizeDocks([docks["bottom"]], [self._given], Qt.Orientation.Vertical)
        self._split = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._share_again()
        return super().eventFilter(watched, event)

    def _share_again(self) -> None:
        """A larger window shares with the bottom dock, as long as no hand has given that a height of its own."""
        dock, wanted = self._docks["bottom"], self._bottom_share()
        if self._given and not self._hidden and self.shown("bottom") and not dock.isFloating() \
                and abs(dock.height() - self._given) <= 1 and wanted != self._given:
            self._given = wanted
            self._window.resizeDocks([dock], [wanted], Qt.Orientation.Vertical)

    def _bottom_share(self) -> int:
        """220 pixels in a window of the look; of what a window is higher than that, about a third."""
        px = self._theme.px
        return px(220) + max(0, round((self._window.height() - px(900)) * SHARE))

    def raise_bottom(self, height: int) -> None:
        """Make the panels below at least so high, until they are let down. It is not remembered that they were."""
        dock = self._docks["bottom"]
        if not self._low and self.shown("bottom") and not dock.isFloating() and dock.height() < height:
            self._low = max(dock.height(), self._theme.px(220))  # a new window has no heights yet
            self._window.resizeDocks([dock], [height], Qt.Orientation.Vertical)

    def let_down(self) -> None:
        """As high as they were before they were raised."""
        low, self._low = self._low, 0
        self._lower(low)

    def _lower(self, height: int) -> None:
        if height > 0 and self.shown("bottom"):
            self._window.resizeDocks([self._docks["bottom"]], [height], Qt.Orientation.Vertical)

    def share(self, wanted: int, *, inspector: bool) -> None:
        """Give the properties the height they want, as far as the inspector can spare it."""
        self.lower.setVisible(inspector and self.lower.layout().count() > 0)  # type: ignore[union-attr]
        if self._split:
            total, least = self.right.height(), self._theme.px(380)
            upper = max(min(wanted, total - least), self._theme.px(180))
            self.right.setSizes([upper, max(total - upper, 0)])

    def shown(self, name: str) -> bool:
        return name in self._docks and not self._docks[name].isHidden()

    def put_away(self, name: str) -> None:
        """Make room for something else, until it is brought back. It is not remembered that it was hidden."""
        if self.shown(name):
            self._toggle(name)
            self._away.add(name)

    def bring_back(self, name: str) -> None:
        """Show what was put away; nothing where a hand has shown or hidden it since."""
        if name in self._away and not self.shown(name):
            self._toggle(name)
        self._away.discard(name)

    def toggle_left(self) -> None:
        self._toggle("left")

    def toggle_right(self) -> None:
        self._toggle("right")

    def toggle_bottom(self) -> None:
        self._toggle("bottom")

    def toggle_locked(self) -> None:
        """Show the title bars that panels are moved by, or hide them."""
        self.locked = not self.locked
        for dock in self._docks.values():
            bar = dock.titleBarWidget()
            dock.setTitleBarWidget(_NoTitle() if self.locked else None)  # type: ignore[arg-type]
            if bar is not None:
                bar.deleteLater()

    def reset(self) -> None:
        """Everything where it was at first."""
        if not self.locked:
            self.toggle_locked()
        for name, area in (("left", LEFT), ("right", RIGHT), ("bottom", BOTTOM)):
            dock = self._docks[name]
            dock.setFloating(False)
            self._window.addDockWidget(area, dock)
            dock.show()
        self._away.clear()
        self._low = 0
        self.bottom.reset()
        self.measure()
        self._settings.forget("layout")

    def save(self) -> None:
        """Remember how it lies; not while everything is hidden on purpose."""
        if self._hidden:
            return
        self._settings.put("layout", self._window.saveState(LAYOUT))
        self._settings.put("layout_away", sorted(self._away))
        self._settings.put("layout_low", self._low)
        self._settings.put("geometry", self._window.window().saveGeometry())
        self._settings.put("tabs", self.bottom.order())
        self._settings.put("tabs_seen", self.bottom.keys())
        self._settings.put("tab", self.bottom.current())
        self._settings.save()

    def restore(self) -> bool:
        """As it was left; False where nothing was remembered."""
        found = self._settings.bytes("layout")
        if found is None or not self._window.restoreState(found, LAYOUT):
            return False
        for name in self._settings.words("layout_away"):
            if name in OURS and name not in self._away:
                self._docks[name].show()
        low = int(min(self._settings.number("layout_low", 0), HIGHEST))
        later(0, lambda: self._lower(0 if self._low else low), self)  # there are heights only when it lies
        return True

    def restore_tabs(self) -> None:
        """As they were left; those that came with a later version are shown, not hidden behind the ⋮ menu."""
        seen = self._settings.words("tabs_seen", FIRST_TABS)
        self.bottom.arrange(self._settings.words("tabs"), self._settings.text("tab"), seen)

    def show_all(self, shown: bool) -> None:
        """All docks, or none (behind the welcome screen, for a presenter)."""
        if not shown and not self._hidden:
            self._beside = [name for name in self._docks if name not in OURS and self.shown(name)]
        self._hidden = not shown
        for name, dock in self._docks.items():
            dock.setVisible(shown and name not in self._away and (name in OURS or name in self._beside))

    def focus_order(self) -> list[QWidget]:
        """Where F6 goes, one after the other."""
        return [one for one in (self.left, self.right, self.bottom) if one.isVisible()]

    def _hand_split(self) -> None:
        self._split = False

    def _toggle(self, name: str) -> None:
        dock = self._docks[name]
        dock.setVisible(dock.isHidden())
        self._away.discard(name)
        self.moved.emit()


def _only(home: QWidget, inner: QWidget) -> None:
    layout = home.layout()
    assert layout is not None
    layout.addWidget(inner)
