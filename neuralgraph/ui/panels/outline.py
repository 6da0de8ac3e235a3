"""The same graph as a tree of real rows: for the keyboard, the screen reader and large documents."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractItemView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from neuralgraph.graph.history import Change
from neuralgraph.room import Room
from neuralgraph.ui.icons import tile
from neuralgraph.ui.theme import Theme
from neuralgraph.validation.analysis import Analysis


class OutlinePanel(QWidget):
    """Nodes with what goes into them; `chosen` brings the ids selected here."""

    chosen = Signal(tuple)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.session: Room | None = None
        self._quiet = False
        self._unsubscribe: Callable[[], None] = _nothing
        self.tree = QTreeWidget()
        self.tree.setColumnCount(3)
        self.tree.setHeaderHidden(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setAccessibleName("Outline")
        self.tree.itemSelectionChanged.connect(self._selected)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 6, 8, 6)
        box.addWidget(self.tree)

    def set_session(self, session: Room) -> None:
        self._unsubscribe()
        self.session = session
        self._unsubscribe = session.history.subscribe(self._changed)
        self.refresh()

    def set_theme(self) -> None:
        self.refresh()

    def set_analysis(self, _analysis: Analysis) -> None:
        if self.isVisible():
            self.refresh()

    def select(self, ids: tuple[str, ...]) -> None:
        """Show which nodes are selected on the canvas."""
        self._quiet = True
        for row in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(row)
            if item is not None:
                item.setSelected(item.data(0, 256) in ids)
                if ids and item.data(0, 256) == ids[0]:
                    self.tree.scrollToItem(item)
        self._quiet = False

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.refresh()

    def refresh(self) -> None:
        session = self.session
        if session is None or not self.isVisible():
            return
        chosen = {item.data(0, 256) for item in self.tree.selectedItems()}
        self._quiet = True
        self.tree.clear()
        analysis = session.analysis
        for id, placed in session.graph.nodes.items():
            specs = analysis.specs.get(id, {}) if analysis is not None else {}
            worst = (analysis.worst(id) if analysis is not None else None) or ""
            shapes = ", ".join(map(str, specs.values()))
            item = QTreeWidgetItem([f"{placed.title or placed.type}  ({id})", shapes, worst])
            kind = session.catalog[placed.type].category if placed.type in session.catalog else ""
            item.setIcon(0, QIcon(tile(kind, self.theme.px(18), self.theme.tokens)))
            item.setData(0, 256, id)
            for edge in session.graph.into(id):
                item.addChild(QTreeWidgetItem([f"{edge.input}  ←  {edge.source}.{edge.output}", "", ""]))
            self.tree.addTopLevelItem(item)
            item.setSelected(id in chosen)
        for column in range(2):
            self.tree.resizeColumnToContents(column)
        self._quiet = False

    def _changed(self, change: Change) -> None:
        if self.session is not None and change.after is self.session.graph:
            self.refresh()

    def _selected(self) -> None:
        if not self._quiet:
            ids = [item.data(0, 256) for item in self.tree.selectedItems()]
            self.chosen.emit(tuple(str(id) for id in ids if id))


def _nothing() -> None:
    """There is nothing to unsubscribe from."""
