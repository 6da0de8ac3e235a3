"""Failures and hints of the run in the bar above the canvas, and carrying out the remedy that is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from neuralgraph.errors import EditError
from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.remedies import Remedy, treated
from neuralgraph.ui.advice import Advice

if TYPE_CHECKING:
    from neuralgraph.training.events import Event
    from neuralgraph.ui.workbench import Workbench

LIVE = ("rate",)
"""Remedies that a run under way takes over by itself, as an edit of the plan."""


class Doctoring(QObject):
    """Nothing is changed unasked; every remedy is an edit that can be undone."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench, self._bar = bench, bench.canvas.advice
        self._bar.taken.connect(self.apply)
        self._bar.wanted.connect(bench.rooms.reveal)
        bench.bridge.events.connect(self.hear)
        bench.training.cleared.connect(self._bar.forget)
        bench.analysis.done.connect(self._checked)

    def hear(self, events: Sequence[Event]) -> None:
        """Events of the run."""
        from neuralgraph.training.events import Failed, Hint, Started

        for event in events:
            match event:
                case Started():
                    self._bar.settle()
                case Hint():
                    self._bar.add(Advice((event.kind, event.node), "warning", event.message, "", event.remedies,
                                         event.node))
                case Failed():
                    self._bar.add(Advice(("failed", event.node), "error", event.message, event.hint, event.remedies,
                                         event.node))
                case _:
                    pass

    def apply(self, remedy: Remedy) -> None:
        """Change the document as the remedy says; a run that failed or is under way goes on with it."""
        bench, session = self._bench, self._bench.session
        failed = self._bar.present is not None and self._bar.present.severity == "error"
        plan = treated(session.graph.plan, remedy)
        try:
            if remedy.edit is not None:
                session.edit(remedy.edit)
            elif plan != session.graph.plan:
                session.edit(SetPlan(plan, remedy.label))
        except EditError as error:
            bench.say("warning", f"{remedy.label} no longer fits: {error}", "")
            return
        self._bar.dismiss()
        self._bar.outdate(remedy.kind)
        running = bench.bridge.running
        if running and remedy.kind not in LIVE:
            bench.bridge.ended.connect(self._go_on, Qt.ConnectionType.SingleShotConnection)
            bench.training.stop()
        elif failed and not running:
            self._go_on()
        said = "Training goes on with it." if running or failed else "The next run learns so."
        bench.status.mention(f"{remedy.label}. {said}")

    def _checked(self) -> None:
        """The document was looked at anew: what a run complained of without knowing a way out may be mended."""
        one = self._bar.present
        if one is not None and one.severity == "error" and not one.remedies and not self._bench.bridge.running:
            self._bar.settle()

    def _go_on(self) -> None:
        self._bench.training.go_on()
