"""The Runs panel: every run that was kept, what can be done with it, and what to do where there is none."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from neuralgraph.training.kept import Kept
from neuralgraph.ui.controls import Choice, Rule, button, dress, flat, words
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.icons import icon
from neuralgraph.ui.panels.inspector_empty import Notice
from neuralgraph.ui.panels.runs_table import RunsTable
from neuralgraph.ui.panels.runs_words import COLUMNS, matches
from neuralgraph.ui.panels.search import Search
from neuralgraph.ui.theme import Theme

SCOPES = ("All documents", "This document")
TITLES = [one.title for one in COLUMNS]
BUTTONS = (("runs_pin", "ghost-outline"), ("runs_compare", "compare-horizontal"), ("runs_csv", "export"),
           ("runs_delete", "delete-outline"), ("runs_follow", "access-point"))


class RunsPanel(QWidget):
    """`seen` says that it is looked at now; `filtered` that another scope or other words are wanted."""

    seen = Signal()
    filtered = Signal()
    again = Signal()
    undo_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.scope, self.search = Choice(theme, fit=True), Search(theme, "Search runs")
        self.scope.addItems(list(SCOPES))
        self.scope.setAccessibleName("Whose runs")
        self.count = words(theme, "", 12, 400, "text2")
        self.table = RunsTable(theme)
        self.notice = Notice(theme.tokens, "timer-sand", "Reading the run store …")
        self.notice.pressed.connect(self.again)
        self._buttons: dict[str, QWidget] = {}
        self.menu_actions: list[QAction | None] = []
        self.scope.currentIndexChanged.connect(lambda _index: self.filtered.emit())
        self.search.textChanged.connect(lambda _text: self.filtered.emit())
        self.search.down.connect(self.table.setFocus)
        self.table.menu.connect(self._menu)
        self._top = QHBoxLayout()
        self._top.setContentsMargins(10, 4, 8, 4)
        self._top.setSpacing(8)
        self.search.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        fitted(self.search, theme, lambda: self.search.setMaximumWidth(theme.px(260)))
        for one, stretch in ((self.scope, 0), (self.search, 1), (self.count, 0)):
            self._top.addWidget(one, stretch)
        self._top.addStretch(1)
        self._foot = QWidget()
        self._foot.setObjectName("offer")
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(12, 2, 4, 2)
        self.said = words(theme, "", 12)
        foot.addWidget(self.said, 1)
        foot.addWidget(button("Undo", clicked=self.undo_wanted.emit))
        self._foot.hide()
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self.notice)
        self._pages.addWidget(self.table)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(self._top)
        box.addWidget(Rule())
        box.addWidget(pages, 1)
        box.addWidget(self._foot)

    def add_buttons(self, actions: dict[str, QAction]) -> None:
        """The commands that have a button here."""
        for id, sign in BUTTONS:
            made = flat(self.theme, sign, actions[id].text().replace("…", ""), clicked=actions[id].trigger)
            self._buttons[id] = made
            self._top.addWidget(made)
        self.set_theme()

    def enable(self, id: str, on: bool) -> None:
        if id in self._buttons:
            self._buttons[id].setEnabled(on)

    # -- what is shown ----------------------------------------------------------------------------------------------

    def pass_only(self, document: str, own: set[int], hidden: set[int]) -> None:
        """Filter: the runs of this document where that is chosen, those with the words that are searched for."""
        only, text = self.scope.currentIndex() == 1, self.search.text()

        def passes(one: Kept) -> bool:
            mine = one.id in own or (bool(document) and one.document == document)
            return one.id not in hidden and (mine or not only) and (not text.strip() or matches(one, text))

        self.table.setColumnHidden(TITLES.index("Document"), only)
        self.table.runs.filter(passes)
        self.settle(len(hidden & self.table.runs.known.keys()))

    def settle(self, hidden: int = 0) -> None:
        """The table, or what there is to say where it is empty."""
        shown, known = len(self.table.runs.shown), len(self.table.runs.known) - hidden
        self.count.setText("" if not known else f"{known:,} run{'' if known == 1 else 's'}" if shown == known else
                           f"{shown:,} of {known:,} runs")
        if shown:
            self._pages.setCurrentWidget(self.table)
            return
        if not known:
            self.notice.say("No runs are kept yet", "Press Train: every run is kept here with its curves and weights.",
                            icon="timer-sand-empty")
        elif self.search.text().strip():
            self.notice.say("No run has these words", "Clear the search to see all of them.", icon="magnify",
                            button="Clear the search")
        else:
            self.notice.say("This document has no runs yet", "Press Train, or look at the runs of all documents.",
                            icon="timer-sand-empty", button="All documents")
        self._pages.setCurrentWidget(self.notice)

    def fail(self, text: str) -> None:
        """The run store could not be read: what, why, and a button."""
        self.notice.say("The run store could not be read", text, icon="alert-circle-outline", error=True,
                        button="Try again")
        self._pages.setCurrentWidget(self.notice)
        self.count.setText("")

    def offer_undo(self, text: str) -> None:
        """A line at the foot; "" takes it away."""
        self.said.setText(text)
        self._foot.setVisible(bool(text))

    def pressed(self) -> bool:
        """The button of the notice undoes what hides the runs; whether there was something."""
        if self.search.text():
            self.search.clear()
        elif self.scope.currentIndex() and self.table.runs.known:
            self.scope.setCurrentIndex(0)
        else:
            return False
        return True

    def set_theme(self) -> None:
        tokens = self.theme.tokens
        self.notice.set_tokens(tokens)
        for label in (self.count, self.said):
            dress(label, self.theme)
        for id, sign in BUTTONS:
            if id in self._buttons:
                self._buttons[id].setIcon(icon(sign, tokens.text2, tokens.hairline))  # type: ignore[attr-defined]
        self.table.runs.dress()

    def _menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for action in self.menu_actions:
            if action is None:
                menu.addSeparator()
            else:
                menu.addAction(action)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit()
