"""What a data node delivers: rows, columns, class balance, correlations, and what preparation does to one sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from neuralgraph.errors import DataError
from neuralgraph.session import Session
from neuralgraph.training.events import Event
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.controls import Choice, flat
from neuralgraph.ui.icons import icon
from neuralgraph.ui.panels.colorbar import ColorBar
from neuralgraph.ui.panels.data_sheet import DataSheet
from neuralgraph.ui.panels.data_table import RowsTable
from neuralgraph.ui.panels.inspector_type import coloured, font
from neuralgraph.ui.panels.numbers_view import NumbersView
from neuralgraph.ui.theme import Theme

SIGNS = (("chevron-left", "Sample before"), ("chevron-right", "Next sample"),
         ("dice-5-outline", "The same sample with another chance"))


class Line(QLabel):
    """One line: what does not fit is shortened, and stands in its tool tip."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(font(12))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def tell(self, text: str) -> None:
        self.setText(text)
        self.setToolTip(text)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, shown)


class DataPanel(NumbersView):
    """Numbers come from the session; a page is chosen here. While a network learns nothing is asked."""

    icon = "database"
    empty = ("No data yet", "Put a data node on the canvas, and its rows appear here.")
    waits = ("Reading the data …", "What is large takes a while.")

    def __init__(self, session: Session, bridge: TrainingBridge, theme: Theme) -> None:
        self.node, self.row, self.draw = "", 0, 0
        self.nodes, self.pages = Choice(fit=True), Choice(fit=True)
        self.nodes.setAccessibleName("Data node")
        self.pages.setAccessibleName("What to look at")
        self.nodes.activated.connect(lambda _: self._choose(self.nodes.currentText()))
        self.pages.activated.connect(lambda _: self._turn())
        acts = (lambda: self._go(self.row - 1), lambda: self._go(self.row + 1), self._again)
        self.buttons = [flat(theme, sign, tip, clicked=act, size=26)
                        for (sign, tip), act in zip(SIGNS, acts, strict=True)]
        self.facts, self.notes = Line(), Line()
        self.sheet, self.table, self.bar = DataSheet(theme.tokens), RowsTable(), ColorBar(theme.tokens)
        self.bar.set_range("signed", -1, 1)
        self.views = QStackedWidget()
        super().__init__(session, bridge, theme, self._built())
        self._colours()

    def _built(self) -> QWidget:
        content = QWidget()
        head = QHBoxLayout()
        head.setSpacing(6)
        for one in (self.nodes, self.pages, *self.buttons):
            head.addWidget(one)
        head.addWidget(self.facts, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self.sheet)
        self.views.addWidget(scroll)
        self.views.addWidget(self.table)
        box = QVBoxLayout(content)
        box.setContentsMargins(12, 6, 12, 6)
        box.setSpacing(4)
        box.addLayout(head)
        box.addWidget(self.notes)
        box.addWidget(self.views, 1)
        box.addWidget(self.bar)
        return content

    # -- asking -----------------------------------------------------------------------------------------------------

    def question(self, session: Session, program: Any) -> Any:
        known = session.data_nodes()
        if not known:
            return None
        node = self.node if self.node in known else known[0]
        try:
            seen = session.overview(node)
        except DataError as error:
            return known, node, str(error), ()
        return known, node, seen, session.steps(node, min(self.row, seen.rows - 1), self.draw, program)

    def ready(self) -> bool:
        """The data nodes are known as soon as the document has been checked."""
        return self._session.analysis is not None

    def feed(self, events: Sequence[Event]) -> None:
        """Learning changes no data."""

    def show_node(self, node: str | None) -> None:
        """A data node that is selected on the canvas is looked at."""
        if node is not None and node != self.node and node in [self.nodes.itemText(n) for n in range(
                self.nodes.count())]:
            self._choose(node)

    def set_session(self, session: Session) -> None:
        self.node, self.row, self.draw = "", 0, 0
        super().set_session(session)

    def _choose(self, node: str) -> None:
        self.node, self.row, self.draw = node, 0, 0
        self._ask()

    def _go(self, row: int) -> None:
        rows = self.sheet.seen.rows if self.sheet.seen is not None else 1
        self.row = row % rows
        self._ask()

    def _again(self) -> None:
        self.draw += 1
        self._ask()

    # -- showing ----------------------------------------------------------------------------------------------------

    def show_answer(self, answer: Any) -> None:
        known, self.node, seen, self.sheet.steps = answer
        if [self.nodes.itemText(n) for n in range(self.nodes.count())] != list(known):
            self.nodes.clear()
            self.nodes.addItems(list(known))
        self.nodes.setCurrentText(self.node)
        self.nodes.setVisible(len(known) > 1)
        if isinstance(seen, str):
            self._trouble(seen)
            return
        self.sheet.seen = seen
        self.table.show_rows(seen if seen.kind == "table" else None)
        self._offer(self.sheet.offered())
        shapes = ", ".join(f"{name} {words}" for name, words in seen.outputs.items())
        parts = ", ".join(f"{count:,} {name}" for name, count in seen.parts)
        self.facts.tell(f"{seen.rows:,} rows of {seen.type}: {shapes}.  " + (
            f"{parts}; divided {seen.split}." if parts else seen.split))
        self._turn()

    def _trouble(self, said: str) -> None:
        self.sheet.seen = None
        self.table.show_rows(None)
        self._offer(())
        self.facts.tell(said)
        self.notes.tell("")
        self._turn()

    def _offer(self, pages: Sequence[str]) -> None:
        if [self.pages.itemText(n) for n in range(self.pages.count())] != list(pages):
            before = self.pages.currentText()
            self.pages.clear()
            self.pages.addItems(list(pages))
            self.pages.setCurrentText(before if before in pages else next(iter(pages), ""))
        self.pages.setVisible(bool(pages))

    def _turn(self) -> None:
        """Show the page that is chosen."""
        page, seen = self.pages.currentText(), self.sheet.seen
        self.sheet.page = page or "rows"
        steps = page == "steps"
        for one in self.buttons:
            one.setVisible(steps)
        self.buttons[2].setVisible(steps and any("chance" in one.says for one in self.sheet.steps))
        self.bar.setVisible(page == "correlations")
        self.views.setCurrentIndex(int(page == "rows" and seen is not None and seen.kind == "table"))
        if seen is not None:
            of_source = seen.notes if page == "rows" else ()
            self.notes.tell("  ".join((*self._said(page, seen), *of_source)))
        self.notes.setVisible(bool(self.notes.text()))
        self.sheet.fit()

    def _said(self, page: str, seen: Any) -> list[str]:
        """What is shown, where that is not everything."""
        said = []
        if page == "rows" and len(seen.shown) < seen.rows:
            said.append(f"The first {len(seen.shown):,} rows.")
        if page in ("columns", "correlations") and seen.looked < seen.rows:
            said.append(f"By {seen.looked:,} of the {seen.rows:,} rows, evenly chosen.")
        if page in ("columns", "correlations") and seen.width > len(seen.columns):
            said.append(f"The first {len(seen.columns):,} of {seen.width:,} columns.")
        if page == "rows" and self.sheet.picks:
            signs = ("━", "╍", "···", "─·─")
            picked = zip(signs, self.sheet.picks, strict=False)
            drawn = ", ".join(f"{sign} {seen.columns[n].name}" for sign, n in picked)
            said.append(f"Lines: {drawn}, each in its own range.")
        if page == "steps":
            said.append(f"Row {self.row + 1:,}, from the file to the network.")
        return said

    def set_theme(self, theme: Any) -> None:
        super().set_theme(theme)
        self._colours()

    def _colours(self) -> None:
        tokens = self._tokens
        coloured(self.facts, tokens.text)
        coloured(self.notes, tokens.text2)
        for one, (sign, _) in zip(self.buttons, SIGNS, strict=True):
            one.setIcon(icon(sign, tokens.text2, tokens.hairline))
        self.sheet.tokens = self.bar.tokens = tokens
        self.sheet.fit()
        self.bar.update()
