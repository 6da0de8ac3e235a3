"""Data that comes over the network: only when its button is pressed, with what has come so far, to be given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from neuralgraph.errors import NeuralGraphError
from neuralgraph.session import Session
from neuralgraph.spec import Node
from neuralgraph.ui.bridge import AnalysisBridge, later
from neuralgraph.validation.problem import Fix

if TYPE_CHECKING:
    from neuralgraph.ui.workbench import Workbench

TICK = 300
"""Milliseconds between two looks at what has come."""


class Downloads(QObject):
    """One at a time; the quiet bar above the canvas tells of it and holds the button that gives it up."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._worker = AnalysisBridge(self)
        self._worker.done.connect(self._arrived)
        self._worker.failed.connect(lambda text: bench.say("error", "The download failed.", text))
        self._download: Any = None
        self._name = ""
        self._session: Session | None = None

    @property
    def busy(self) -> bool:
        return self._download is not None

    def begin(self, fix: Fix) -> None:
        """Fetch what a node reads."""
        bench, session = self._bench, self._bench.session
        node = self._node(fix.node)
        if self.busy:
            bench.status.mention(f"{self._name} is being fetched; one at a time.")
            return
        if node is None:
            return
        download = self._download = session.download()
        self._session, self._name = session, str(node.values.get("name", node.type))
        self._fix = fix
        self._worker.ask(lambda graph: _fetched(session, node, download), session.graph)
        self._tell(first=True)

    def cancel(self) -> None:
        """Give it up: nothing of it is kept."""
        if self._download is not None:
            self._download.cancelled = True
            self._bench.status.mention(f"Fetching {self._name} was given up.")

    def close(self) -> None:
        self.cancel()
        self._worker.close()

    def _node(self, id: str) -> Node | None:
        found = self._bench.session.analysis
        room = self._bench.rooms.room
        known = self._bench.session.node(id)
        return known if known is not None or found is None else room.node(id.rpartition("/")[2])

    def _tell(self, *, first: bool = False) -> None:
        offer = self._bench.canvas.offer
        if self._download is None or self._download.cancelled or (offer.isHidden() and not first):
            return
        size = self._download.bytes
        so_far = f": {size / 1e6:.1f} MB so far" if size else ""
        offer.ask(f"Fetching {self._name} from openml.org{so_far}.", "Cancel", self.cancel)
        later(TICK, self._tell, self)

    def _arrived(self, answer: Any) -> None:
        bench, given_up = self._bench, self._download is not None and self._download.cancelled
        self._download = None
        bench.canvas.offer.hide()
        if given_up:
            return
        ok, text = answer
        bench.say("note" if ok else "error", text, "")
        if self._session is not bench.session:
            return
        if not ok:
            bench.canvas.offer.ask(text, "Try again", lambda: self.begin(self._fix))
        else:
            bench.analysis.ask(bench.session.analyse, bench.session.graph)


def _fetched(session: Session, node: Node, download: Any) -> Any:
    """Whether it came, and the sentence for it. Runs in the worker's thread."""
    try:
        return True, session.fetch(node, download)
    except NeuralGraphError as error:
        return False, str(error)
