"""The steps that were done and undone; a click goes there."""

from __future__ import annotations

from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from neuralgraph.graph.history import Change
from neuralgraph.session import Session
from neuralgraph.ui.theme import Theme


class HistoryPanel(QWidget):
    """The first row is the document as it was opened."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.session: Session | None = None
        self.list = QListWidget()
        self.list.setAccessibleName("History")
        self.list.itemClicked.connect(lambda item: self._go(self.list.row(item)))
        self.list.itemActivated.connect(lambda item: self._go(self.list.row(item)))
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 6, 8, 6)
        box.addWidget(self.list)

    def set_session(self, session: Session) -> None:
        self.session = session
        session.history.subscribe(self._changed)
        self._fill()

    def set_theme(self) -> None:
        self._fill()

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._fill()

    def _changed(self, change: Change) -> None:
        if self.session is not None and change.after is self.session.graph and self.isVisible():
            self._fill()

    def _fill(self) -> None:
        if self.session is None:
            return
        history = self.session.history
        self.list.clear()
        for number, label in enumerate(("As opened", *history.labels)):
            item = QListWidgetItem(label)
            if number > history.position:
                item.setForeground(self.theme.colour("text3"))
                item.setToolTip("Undone")
            self.list.addItem(item)
        self.list.setCurrentRow(history.position)
        self.list.scrollToItem(self.list.item(history.position))

    def _go(self, row: int) -> None:
        if self.session is not None and row != self.session.history.position:
            self.session.history.jump(row)


