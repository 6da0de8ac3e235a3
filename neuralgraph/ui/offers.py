"""What the quiet bar above the canvas offers: lost work, crash reports, what another program wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from neuralgraph import places
from neuralgraph.ui.crash import left

if TYPE_CHECKING:
    from neuralgraph.ui.workbench import Workbench


class Offers(QObject):
    """Nothing is applied unasked; the last offer stands."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench

    def at_the_start(self) -> None:
        """Once a start: what a crash left behind. Nothing is applied unasked."""
        bench = self._bench
        count, reports = len(bench.keeping.lost), left(places.reports())
        if reports:
            bench.say("warning", "NeuralGraph ended by accident last time. Help ▸ Crash reports… shows what was noted; "
                      "nothing was sent anywhere.", "")
            bench.canvas.offer.ask("NeuralGraph ended by accident last time. Nothing was sent anywhere.",
                                  "Read the report…", bench.window.show_reports)
        if count:
            what = bench.keeping.lost[0].title if count == 1 else f"{count} documents"
            bench.canvas.offer.ask(f"Unsaved work was left behind: {what}. Your files are as you saved them.",
                                  "Look at it…", bench.keeping.recover)

    def changed_outside(self) -> None:
        """Another program has written the open file."""
        bench = self._bench
        name = bench.session.title
        bench.canvas.offer.ask(f"Another program has changed {name}. Reloading can be undone.", "Reload",
                              bench.keeping.reload)
        bench.say("warning", f"Another program has changed {name}.", "")

    def count_lost(self, count: int) -> None:
        """So many are left after one was recovered or discarded."""
        bench = self._bench
        if bench.welcome is not None and bench.welcome.lost != count:
            bench.welcome.lost = count
            bench.welcome.refresh()
