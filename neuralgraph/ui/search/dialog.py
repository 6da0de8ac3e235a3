"""The dialogue of a search: what to try at the left, what came of it at the right. Not modal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from neuralgraph.graph.document import Graph
from neuralgraph.graph.ranges import Range
from neuralgraph.spec import Catalog
from neuralgraph.studies import Search, Trial
from neuralgraph.ui.controls import Choice, NumberField, Switch, button, dress, words
from neuralgraph.ui.devices import processors
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.search.choices import Choices
from neuralgraph.ui.search.plots import HistoryPlot, ParallelPlot
from neuralgraph.ui.theme import Theme

NEW = "A new search"
NONE = "No trials yet. Tick what to try, then press Search: every trial comes here as soon as it begins."


class SearchDialog(QDialog):
    """`wanted` says what to start, which search to go on with ("" for a new one), and how many trials run at once."""

    wanted = Signal(object, str, int)
    stopped = Signal()
    best_wanted = Signal(object)
    gone = Signal()

    def __init__(self, parent: QWidget | None, theme: Theme, graph: Graph, catalog: Catalog, goals: Sequence[str],
                 names: Sequence[str]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Search")
        self.theme, self.best, self.trials = theme, None, {}  # type: ignore[var-annotated]
        self._ranges: dict[str, Range] = {}
        self._goal, self._better, self._running = "", "lower", False
        px = theme.px
        box = QVBoxLayout(self)
        box.setContentsMargins(px(16), px(12), px(16), px(12))
        box.setSpacing(px(8))
        middle = QHBoxLayout()
        middle.setSpacing(px(12))
        box.addLayout(middle, 1)
        left = QVBoxLayout()
        middle.addLayout(left, 5)
        left.addWidget(words(theme, "What to try", 13, 600))
        self.choices = Choices(theme, graph, catalog)
        self.choices.itemChanged.connect(lambda *_: self.refresh())
        left.addWidget(self.choices, 1)
        left.addLayout(self._settings(goals, names))
        middle.addWidget(self._results(), 6)
        self.said = words(theme, "", 12, 400, "text2")
        self.said.setWordWrap(True)
        self.said.setMinimumHeight(px(34))
        box.addWidget(self.said)
        box.addLayout(self._foot())
        self.resize(QSize(px(1040), px(600)).boundedTo(self.screen().availableSize() - QSize(px(24), px(48))))
        self.refresh()
        fitted(self, theme, self._dress)

    # -- making -----------------------------------------------------------------------------------------------------

    def _dress(self) -> None:
        """The colours of the present theme, for what the application's stylesheet does not reach."""
        for label in self.findChildren(QLabel):
            if label.property("type"):
                dress(label, self.theme)
        for plot in (self.history, self.parallel):
            plot.restyle(self.theme.tokens)
        if self.trials:
            self._draw()

    def _settings(self, goals: Sequence[str], names: Sequence[str]) -> QVBoxLayout:
        rows = QVBoxLayout()
        self.which = Choice(self.theme)
        self.which.setAccessibleName("Which search")
        self.which.addItems([NEW, *names])
        self.which.setVisible(bool(names))
        self.which.currentIndexChanged.connect(lambda _: self.refresh())
        rows.addWidget(self.which)
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(8))
        self.goal = Choice(self.theme, fit=True)
        self.goal.setAccessibleName("The figure to get better")
        self.goal.addItems(list(goals))
        row.addWidget(words(self.theme, "Goal"))
        row.addWidget(self.goal, 1)
        self.count = NumberField(self.theme, whole=True, low=1, high=100_000)
        self.count.setAccessibleName("Trials")
        self.count.set_value(20)
        self.count.setFixedWidth(self.theme.px(72))
        row.addWidget(words(self.theme, "Trials"))
        row.addWidget(self.count)
        self.prune = Switch(self.theme)
        self.prune.setAccessibleName("Give up bad ones")
        self.prune.setToolTip("A trial that is worse than the median of the others at the same epoch ends early.")
        row.addWidget(words(self.theme, "Give up bad ones"))
        row.addWidget(self.prune)
        rows.addLayout(row)
        rows.addLayout(self._at_once())
        return rows

    def _at_once(self) -> QHBoxLayout:
        """How many trials run at the same time; what that means stands beside it."""
        most = processors()
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(8))
        self.jobs = NumberField(self.theme, whole=True, low=1, high=most)
        self.jobs.setAccessibleName("Trials at once")
        self.jobs.setToolTip(f"1 … {most}: this computer has {most} core{'s' * (most > 1)}.")
        self.jobs.set_value(1)
        self.jobs.setFixedWidth(self.theme.px(56))
        self.jobs.setEnabled(most > 1)
        self.meaning = words(self.theme, "", 12, 400, "text2")
        self.meaning.setWordWrap(True)
        self.meaning.setMinimumHeight(self.theme.px(50))
        self.jobs.typed.connect(self._mean)
        name = words(self.theme, "At once")
        name.setFixedHeight(self.jobs.sizeHint().height())
        row.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.jobs, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.meaning, 1)
        self._mean(1)
        return row

    def _mean(self, jobs: object) -> None:
        most = processors()
        if most == 1:
            text = "One trial after the other: this computer has one core."
        elif jobs == 1:
            text = (f"One trial after the other. Up to {most} at once, a core for each, end sooner; what comes may "
                    "then depend on which ends first.")
        else:
            text = (f"{jobs} trials at the same time, each in a process of its own with its own share of the {most} "
                    f"cores and {jobs} times the memory.")
        self.meaning.setText(text)

    def _results(self) -> QTabWidget:
        tabs = QTabWidget()
        tabs.setObjectName("results")
        self.table = QTreeWidget()
        self.table.setAccessibleName("Trials")
        self.table.setObjectName("trials")
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setHeaderLabels(["Trial", "Came", "Run", "Values"])
        self.table.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in enumerate((48, 150, 48)):
            self.table.header().resizeSection(column, self.theme.px(width))
        self.table.header().setStretchLastSection(True)
        self.history, self.parallel = HistoryPlot(self.theme.tokens), ParallelPlot(self.theme.tokens)
        tabs.addTab(self.table, "Trials")
        tabs.addTab(self.history, "History")
        tabs.addTab(self.parallel, "Parallel")
        self.tabs = tabs
        self.empty = [self._nothing(page.viewport()) for page in (self.table, self.history, self.parallel)]
        return tabs

    def _nothing(self, page: QWidget) -> QLabel:
        """What stands on a page while there is no trial."""
        made = words(self.theme, NONE, 13, 400, "text2")
        made.setWordWrap(True)
        made.setAlignment(Qt.AlignmentFlag.AlignCenter)
        made.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        box = QVBoxLayout(page)
        box.addWidget(made)
        return made

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.take = button("Open the best as a new document", clicked=lambda: self.best_wanted.emit(self.best))
        row.addWidget(self.take)
        row.addStretch(1)
        row.addWidget(button("Close", clicked=self.close))
        self.go = button("Search", kind="primary", clicked=self._go)
        row.addWidget(self.go)
        return row

    # -- showing ----------------------------------------------------------------------------------------------------

    @property
    def resumed(self) -> str:
        """The search to go on with; "" for a new one."""
        return self.which.currentText() if self.which.currentIndex() > 0 else ""

    def refresh(self) -> None:
        """What can be done now."""
        trouble = "" if self._running or self.resumed else self.choices.trouble()
        for said in self.empty:
            said.setVisible(not self.trials)
        self.go.setText("Stop" if self._running else "Go on" if self.resumed else "Search")
        self.go.setEnabled(self._running or not trouble)
        self.take.setEnabled(self.best is not None)
        for one in (self.which, self.count):
            one.setEnabled(not self._running)
        self.jobs.setEnabled(not self._running and processors() > 1)
        for widget in (self.choices, self.goal, self.prune):
            widget.setEnabled(not self._running and not self.resumed)
        if trouble:
            self.say(trouble)

    def say(self, text: str) -> None:
        self.said.setText(text)

    def begin(self, name: str, goal: str, better: str, ranges: dict[str, Range], trials: Sequence[Trial],
              jobs: int = 1) -> None:
        """A search is under way, with so many trials at once."""
        self._running, self._goal, self._better, self._ranges = True, goal, better, ranges
        self.setWindowTitle(f"Search «{name}»")
        if self.which.findText(name) < 0:
            self.which.addItem(name)
            self.which.show()
        self.table.clear()
        self.trials = {}
        self.say(f"Searching for {better} {goal}{f', {jobs} trials at once' if jobs > 1 else ''}.")
        self.show_trials(trials)

    def show_trials(self, trials: Sequence[Trial]) -> None:
        """What became of these."""
        for one in trials:
            self.trials[one.number] = one
            values = "  ".join(f"{target} {_short(value)}" for target, value in one.values.items())
            row = [str(one.number), self._came(one), str(one.run or ""), values]
            found = self.table.findItems(row[0], Qt.MatchFlag.MatchExactly, 0)
            item = found[0] if found else QTreeWidgetItem(self.table)
            for column, text in enumerate(row):
                item.setText(column, text)
            item.setToolTip(1, one.reason)
            item.setToolTip(3, values)
            if not found:
                self.table.scrollToItem(item)
        sign = -1.0 if self._better == "higher" else 1.0
        self.best = min((one for one in self.trials.values() if one.value is not None),
                        key=lambda one: sign * (one.value or 0.0), default=None)
        if any(one.state for one in trials) or not trials:
            self._draw()
        self.refresh()

    def _draw(self) -> None:
        known = list(self.trials.values())
        self.history.show_trials(known, self._better)
        self.parallel.show_trials(known, self._ranges, self._goal, self._better)

    def end(self, said: str) -> None:
        """It is over, for now: another click goes on with it."""
        self._running = False
        best = self.best
        if best is not None:
            said += f" Best is trial {best.number}: {self._goal} {best.value:.4g}."
        self.refresh()
        self.say(said)

    def _came(self, one: Trial) -> str:
        if one.value is not None:
            return f"{self._goal} {one.value:.4g}"
        if one.state:
            return f"{one.state}: {one.reason}"
        return f"epoch {len(one.figures)}: {one.figures[-1]:.4g}" if one.figures else "…"

    def _go(self) -> None:
        if self._running:
            self.say("Stopping at the next batch …")
            self.stopped.emit()
            return
        count = self.count.value()
        wanted = Search(self.choices.ranges, int(count or 20), self.goal.currentText(), "auto", self.prune.isChecked())
        self.wanted.emit(wanted, self.resumed, int(self.jobs.value() or 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter ends what is typed; it presses no button that nobody chose."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(self.focusWidget(), QLineEdit):
            event.accept()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stopped.emit()
        self.gone.emit()
        super().closeEvent(event)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
