"""Runs that were kept: one that was broken off is offered again when its document is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from neuralgraph.errors import NeuralGraphError
from neuralgraph.studies import TRIAL

if TYPE_CHECKING:
    from neuralgraph.training.events import Event
    from neuralgraph.training.kept import Kept
    from neuralgraph.training.store import Store
    from neuralgraph.ui.workbench import Workbench


class KeptRuns(QObject):
    """What the window knows of the run store. Runs are written where they are made: in the thread that trains."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._awaited: int | None = None
        """The run that goes on, until it does."""

    def offer(self) -> bool:
        """The quiet bar, where the last run of this document was broken off; whether there was one."""
        run = self._broken_off()
        if run is None:
            return False
        text = f"Training was broken off in epoch {run.epoch + 1} of {run.epochs}. Nothing of it is lost."
        self._bench.canvas.offer.ask(text, "Go on where it was", lambda: self.go_on(run.id))
        return True

    def hear(self, events: Sequence[Event]) -> None:
        """Before anybody draws how a run goes on: what it told before."""
        from neuralgraph.training.events import Started

        begun = next((one for one in events if isinstance(one, Started)), None)
        if begun is None or self._awaited is None:
            return
        run, self._awaited = self._awaited, None
        if begun.start_step:
            from neuralgraph.training.told import told

            try:
                self._bench.views.feed(list(told(self._store(), run, begun.start_step)))
            except NeuralGraphError as error:
                self._bench.log.say(str(error), "warning")

    def go_on(self, run: int) -> None:
        """Go on with it where it was; its curves are drawn from their beginning."""
        self._awaited = run
        self._bench.training.go_on(run)

    def saved(self) -> None:
        """The document has a file now: its last run belongs to it, also one from before."""
        session = self._bench.session
        if session.path is None or session.run is None or session.run.id is None:
            return
        try:
            self._store().change(session.run.id, document=str(session.path.resolve()))
        except NeuralGraphError as error:
            self._bench.log.say(str(error), "warning")

    def _broken_off(self) -> Kept | None:
        path = self._bench.session.path
        if path is None:
            return None
        store = self._store()
        try:
            found = store.runs(str(path.resolve()), most=1)
        except NeuralGraphError as error:
            self._bench.log.say(str(error), "warning")
            return None
        for note in store.notes:
            self._bench.log.say(note, "warning")
        run = found[0] if found else None
        if run is not None and TRIAL in run.name:  # the search tries it again
            return None
        return run if run is not None and run.broken_off else None

    @staticmethod
    def _store() -> Store:
        from neuralgraph.training.store import Store

        return Store()
