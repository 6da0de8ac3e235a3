"""Searches in the window: the dialogue, the thread of trials, and what comes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from neuralgraph.errors import NeuralGraphError
from neuralgraph.ui.bridge import TrainingBridge

if TYPE_CHECKING:
    from neuralgraph.session import Session
    from neuralgraph.studies import Search, Trial
    from neuralgraph.ui.search.dialog import SearchDialog
    from neuralgraph.ui.workbench import Workbench

BUSY = "Another run is under way. Stop it first, then search."


class Searching(QObject):
    """Opens the dialogue and runs what it asks for, one search at a time."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self.bridge = TrainingBridge(self)
        self.dialog: SearchDialog | None = None
        self._session: Session | None = None
        self._said, self._seeds = "", False
        self.bridge.events.connect(self._hear)
        self.bridge.ended.connect(self._ended)
        self.bridge.failed.connect(lambda text: bench.say("error", "The search met an error.", text))

    def show(self) -> None:
        """The dialogue on the open document."""
        from neuralgraph.studies import names
        from neuralgraph.ui.search.dialog import SearchDialog

        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()
            return
        session = self._bench.session
        try:
            earlier = names()
        except NeuralGraphError as error:
            self._bench.say("warning", str(error), "")
            earlier = ()
        self.dialog = SearchDialog(self._bench.window, self._bench.theme, session.graph, session.catalog,
                                   goals(session), earlier)
        self.dialog.wanted.connect(self._start)
        self.dialog.stopped.connect(lambda: self.bridge.pull("stop"))
        self.dialog.best_wanted.connect(self._open)
        self.dialog.gone.connect(self._gone)
        self.dialog.show()

    def close(self) -> None:
        """The document is being closed."""
        self.bridge.close()
        if self.dialog is not None:
            self.dialog.close()

    def _start(self, wanted: Search, resumed: str, jobs: int) -> None:
        from neuralgraph.graph.ranges import marked, marking
        from neuralgraph.studies import SEED
        from neuralgraph.tuning import Levers, copied, search

        bench = self._bench
        if bench.bridge.running or self.bridge.before(bench.training.device) is not None:
            self._say(BUSY)
            return
        session = bench.session
        if not resumed and dict(wanted.ranges) != marked(session.graph):
            session.edit(marking(session.graph, wanted.ranges))
        self._session = copied(session, session.graph)
        self._said, levers, device = "", Levers(), bench.training.device
        self._seeds = set(wanted.ranges) == {SEED}
        alone = self._session
        self.bridge.start(lambda: search(alone, wanted, name=resumed, resume=bool(resumed), device=device,
                                         levers=levers, jobs=jobs), levers, device, session.title)

    def _hear(self, events: Sequence[Any]) -> None:
        from neuralgraph.training.events import Failed
        from neuralgraph.tuning import Begun, Over, Tried, ranges_of

        if self.dialog is None or self._session is None:
            return
        tried: list[Trial] = []
        for event in events:
            match event:
                case Begun():
                    ranges = ranges_of(self._session, event.ranges)
                    self.dialog.begin(event.name, event.goal, event.better, ranges, event.earlier, event.jobs)
                case Tried():
                    tried.append(event.trial)
                case Over():
                    self._said = " ".join((*event.notes, f"Ended: {event.reason}."))
                case Failed():
                    self._said = event.message
        if tried:
            self.dialog.show_trials(tried)

    def _ended(self) -> None:
        if self.dialog is not None:
            self.dialog.end(self._said or "The search has ended.")
        if self._seeds and self._session is not None and self._bench.session.graph.computes(self._session.graph):
            self._bench.docks.open_tab("views").show_view("over-seeds")  # type: ignore[attr-defined]

    def _say(self, text: str) -> None:
        if self.dialog is not None:
            self.dialog.say(text)

    def _open(self, trial: Trial) -> None:
        """The document with the values of a trial, as a new one that is saved nowhere."""
        from pathlib import Path

        from neuralgraph.session import Session
        from neuralgraph.tuning import best_graph

        home = self._session or self._bench.session
        try:
            graph = best_graph(home, trial)
        except NeuralGraphError as error:
            self._say(str(error))
            return
        name = f"{Path(home.title).stem} (trial {trial.number})"
        self._bench.documents.take(Session.copy_of(graph, name, home.folder, catalog=home.catalog))

    def _gone(self) -> None:
        self.dialog = None


def goals(session: Session) -> list[str]:
    """The figures that a search can look at, the likeliest first."""
    from neuralgraph.graph.reading import instances
    from neuralgraph.spec import Node

    found = [id for id, node in instances(session.graph, session.catalog).items()
             if isinstance(node, Node) and node.role in ("metric", "loss")]
    plain = list(dict.fromkeys(("loss", *found)))
    kept = [f"val_{name}" for name in plain] if session.graph.plan.validation else []
    likeliest = session.graph.plan.stop.figure
    return [*dict.fromkeys([*([likeliest] if likeliest in (*plain, *kept) else []), *kept, *plain])]
