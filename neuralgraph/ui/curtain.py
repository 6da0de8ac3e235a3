"""The welcome screen in front of the workbench: chrome and docks go while it is shown, and come back after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from neuralgraph.ui.bridge import later

if TYPE_CHECKING:
    from neuralgraph.ui.welcome import Welcome
    from neuralgraph.ui.workbench import Workbench


class Curtain(QObject):
    """Made with the workbench; the screen itself is made when it is first shown."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self.screen: Welcome | None = None

    def show(self) -> None:
        """The welcome screen, with what is recent and lost by now."""
        from neuralgraph.ui.welcome import Welcome

        bench = self._bench
        bench.presenter.leave()
        if self.screen is None:
            self.screen = Welcome(bench.theme, bench.settings)
            self.screen.new_wanted.connect(bench.documents.new)
            self.screen.open_wanted.connect(bench.documents.ask_open)
            self.screen.file_wanted.connect(bench.documents.open)
            self.screen.recover_wanted.connect(bench.keeping.recover)
            bench.window.centre.addWidget(self.screen)
        self.screen.lost = len(bench.keeping.lost)
        self.screen.refresh()
        self._chrome(False)
        bench.window.centre.setCurrentWidget(self.screen)
        bench.window.setWindowTitle("NeuralGraph")

    def hide(self) -> None:
        """Back to the document."""
        if self.screen is not None and self._bench.window.centre.currentWidget() is self.screen:
            self._chrome(True)
            self._bench.window.centre.setCurrentWidget(self._bench.canvas)

    def dress(self) -> None:
        if self.screen is not None:
            self.screen.set_theme()

    def _chrome(self, shown: bool) -> None:
        window, docks = self._bench.window, self._bench.docks
        window.top.setVisible(shown)
        window.statusBar().setVisible(shown)
        docks.show_all(shown)
        window.set_gap(shown)
        if shown and not docks.restore():
            later(0, docks.measure, self)
