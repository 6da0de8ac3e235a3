"""Ctrl+F: a small field over the canvas that selects the nodes it names."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

from neuralgraph.ui.canvas.canvas_commands import find
from neuralgraph.ui.canvas_area import CanvasArea
from neuralgraph.ui.panels.search import Search
from neuralgraph.ui.theme import Theme


class Finder(Search):
    """Lives in the upper right corner of the canvas while it is wanted."""

    def __init__(self, canvas: CanvasArea, theme: Theme) -> None:
        super().__init__(theme, "Find a node")
        self._canvas = canvas
        self.setParent(canvas)
        self.setFixedWidth(theme.px(240))
        self.textEdited.connect(self._look)
        self.returnPressed.connect(self._done)
        self.hide()

    def open(self) -> None:
        self.move(self._canvas.width() - self.width() - 12, 12)
        self.show()
        self.raise_()
        self.setFocus()
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._done()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        return super().event(event)

    def _look(self, text: str) -> None:
        if self._canvas.hands is not None:
            found = find(self._canvas.hands, text)
            self.setToolTip(f"{len(found)} found")

    def _done(self) -> None:
        self.hide()
        if self._canvas.view is not None:
            self._canvas.view.setFocus()


