"""The main window: composes its parts and wires them together; the parts do the work."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QStatusBar, QVBoxLayout, QWidget

from neuralgraph.ui.bridge import later
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.settings import Settings
from neuralgraph.ui.status import StatusLine
from neuralgraph.ui.theme import Mode, Theme
from neuralgraph.ui.top import MenuRow
from neuralgraph.ui.training_bar import TrainingBar

if TYPE_CHECKING:
    from neuralgraph.ui.shell import Shell


class MainWindow(QMainWindow):
    """One document. The frame is painted first; everything else is made after that, by `furnish`.

    A window of its own, or a page of a `Shell`, which is told that it is `gone`.
    """

    gone = Signal()

    def __init__(self, theme: Theme, settings: Settings, *, file: Path | None = None, welcome: bool = True) -> None:
        super().__init__()
        self.theme, self.settings = theme, settings
        self._file, self._with_welcome = file, welcome
        self._furnished = False
        self.asked = False
        """Whoever closes it has asked already."""
        self.shell: Shell | None = None
        self.setWindowTitle("NeuralGraph")
        self.setAcceptDrops(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setMinimumSize(880, 560)
        self.row = MenuRow(theme)
        self.bar = TrainingBar(theme)
        self.top = _column("top", self.row, self.bar)
        self.setMenuWidget(self.top)
        self.status = StatusLine(theme)
        self.centre = QStackedWidget()
        holder = QWidget()
        self._margins = QVBoxLayout(holder)
        self._margins.setContentsMargins(0, 6, 0, 0)
        self._margins.setSpacing(6)
        self._margins.addWidget(self.centre)
        self.setCentralWidget(holder)
        line = QStatusBar()
        line.setSizeGripEnabled(False)
        line.setContentsMargins(0, 0, 0, 0)
        line.setStyleSheet("QStatusBar { border: none; } QStatusBar::item { border: none; }")
        fitted(line, theme, lambda: line.setFixedHeight(theme.px(27)))
        line.addPermanentWidget(self.status, 1)
        layout = line.layout()
        if layout is not None:
            layout.setContentsMargins(0, 0, 0, 0)
        self.setStatusBar(line)
        self.resize(1440, 900)

    # -- after the first paint --------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._furnished:
            self._furnished = True
            later(0, self.furnish, self)

    def equip(self) -> None:
        """Make the panels."""
        from neuralgraph.ui.workbench import Workbench

        self._furnished = True
        self.bench = Workbench(self)
        if self.shell is not None:
            self.bench.documents.another = self.shell.another
            self.bench.documents.go_to = self.shell.go_to

    def furnish(self) -> None:
        """Make the panels, open the document, warm the engine."""
        self.equip()
        self.bench.keeping.search()
        if self._file is None and self._with_welcome and self.settings.flag("welcome", True):
            self.bench.show_welcome()
        elif self._file is None or not self.bench.documents.open(self._file):
            self.bench.begin()
        self.bench.offers.at_the_start()

    def set_gap(self, gap: bool) -> None:
        """The gap between bar and canvas; the welcome screen has none."""
        self._margins.setContentsMargins(0, 6 if gap else 0, 0, 0)

    # -- commands ---------------------------------------------------------------------------------------------------

    def show_welcome(self) -> None:
        """In a tab of its own, where this one holds a document."""
        if self.shell is not None and not self.bench.documents.blank:
            self.shell.welcome()
        else:
            self.bench.show_welcome()

    def quit(self) -> None:
        self.window().close()

    def next_document(self) -> None:
        if self.shell is not None:
            self.shell.step(1)

    def previous_document(self) -> None:
        if self.shell is not None:
            self.shell.step(-1)

    def came_forward(self) -> None:
        """Its tab was chosen."""
        if hasattr(self, "bench"):
            self.bench.keeping.look()
            self.bench.presenter.again()
            if self.bench.canvas.view is not None:
                later(0, self.bench.canvas.view.setFocus, self.bench.canvas.view)

    def show_history(self) -> None:
        self.bench.docks.bottom.open("history")

    def show_plan(self) -> None:
        """The training plan, at the right."""
        self.bench.canvas.scene.select(())
        self.bench.properties.show_ids(())
        if not self.bench.docks.shown("right"):
            self.bench.docks.toggle_right()

    def find_node(self) -> None:
        """The search for a node in this document: the outline."""
        self.bench.finder.open()

    def show_commands(self) -> None:
        from neuralgraph.ui.dialogs import CommandPalette

        palette = CommandPalette(self, self.bench.actions, self.theme)
        palette.move(self.mapToGlobal(self.rect().center()) - palette.rect().center())
        palette.show()

    def show_keys(self) -> None:
        from neuralgraph.ui.dialogs import key_sheet

        key_sheet(self, self.bench.actions, self.theme).show()

    def show_preferences(self) -> None:
        from neuralgraph.ui.preferences import PreferencesDialog

        PreferencesDialog(self.bench).show()

    def show_reports(self) -> None:
        from neuralgraph import places
        from neuralgraph.ui.crash import ReportDialog, left

        dialog = ReportDialog(self, self.theme, left(places.reports()))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    def about(self) -> None:
        from neuralgraph.ui.dialogs import about

        about(self, self.theme).show()

    def help(self) -> None:
        """About the selected node, or the keys where none is selected."""
        ids = self.bench.properties.ids
        if ids:
            self.help_on(self.bench.rooms.room.graph.nodes[ids[0]].type)
        else:
            self.show_keys()

    def help_on(self, type: str) -> None:
        from neuralgraph.ui.help_page import node_help

        if type in self.bench.session.catalog:
            node_help(self, self.bench.session.catalog[type], self.theme).show()

    def light(self) -> None:
        self._theme("light")

    def dark(self) -> None:
        self._theme("dark")

    def system(self) -> None:
        self._theme("system")

    def larger(self) -> None:
        self.theme.set_scale(self.theme.scale + 0.1)
        self.settings.put("scale", self.theme.scale)
        self.settings.save()

    def smaller(self) -> None:
        self.theme.set_scale(self.theme.scale - 0.1)
        self.settings.put("scale", self.theme.scale)
        self.settings.save()

    def next_panel(self) -> None:
        """F6: from panel to panel."""
        homes = [self.bench.canvas, *self.bench.docks.focus_order(), self.bar]
        now = next((n for n, one in enumerate(homes) if one.isAncestorOf(self.focusWidget() or self)), -1)
        for step in range(1, len(homes) + 1):
            home = homes[(now + step) % len(homes)]
            target = home.focusProxy() or next(
                (one for one in home.findChildren(QWidget)
                 if one.isVisible() and one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus), None)
            if target is not None:
                target.setFocus(Qt.FocusReason.TabFocusReason)
                return

    def _theme(self, mode: Mode) -> None:
        self.settings.put("theme", mode)
        self.settings.save()
        self.theme.set_mode(mode)

    # -- events -----------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        from neuralgraph.ui.dropped import wanted  # brings the session: not before the first paint

        if wanted(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        from neuralgraph.ui.dropped import wanted

        path = wanted(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            later(0, partial(self.bench.bringing.drop, path, event.position()), self)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not hasattr(self, "bench"):
            event.accept()
            self.gone.emit()
            return
        if not self.asked and not self.bench.documents.may_close():
            event.ignore()
            return
        self.bench.close()
        event.accept()
        self.gone.emit()


def _column(name: str, *parts: QWidget) -> QWidget:
    made = QWidget()
    made.setObjectName(name)
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    box = QVBoxLayout(made)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(0)
    for one in parts:
        box.addWidget(one)
    return made
