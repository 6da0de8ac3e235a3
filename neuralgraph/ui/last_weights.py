"""The weights of the last run, kept beside the settings and offered when the file is opened again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from neuralgraph import places
from neuralgraph.errors import NeuralGraphError

if TYPE_CHECKING:
    from neuralgraph.ui.workbench import Workbench

THERE = "The weights of this document's last run are there."
FILES = 40
"""How many documents' weights are kept."""


def place(document: Path) -> Path:
    """Where the weights of a document's last run are."""
    return places.weights() / f"{hashlib.sha256(str(document.resolve()).encode()).hexdigest()[:24]}.safetensors"


class LastWeights(QObject):
    """Keeps after every run of a saved document; offers after opening one."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        bench.bridge.started.connect(self._withdraw)

    def _withdraw(self) -> None:
        """A run begins: whoever took them now would lose what it learns."""
        offer = self._bench.canvas.offer
        if offer.said == THERE:
            offer.hide()

    def keep(self) -> None:
        """At the end of a run, and when a document is saved that was trained before it had a file."""
        session = self._bench.session
        if session.path is None or session.program is None or session.run is None or self._bench.bridge.running:
            return
        where = place(session.path)
        try:
            where.parent.mkdir(parents=True, exist_ok=True)
            session.save_weights(where)
            _tidy(where.parent)
        except (NeuralGraphError, OSError) as error:
            self._bench.log.say(f"The weights of this run were not kept: {error}", "warning")

    def offer(self) -> None:
        """The quiet bar, where there is something to offer."""
        session, canvas = self._bench.session, self._bench.canvas
        canvas.offer.hide()
        if session.path is None or session.brought or self._bench.kept.offer():
            return
        where = place(session.path)
        if where.is_file():
            canvas.offer.ask(THERE, "Use them", lambda: self._take(where))

    def _take(self, where: Path) -> None:
        session = self._bench.session
        try:
            session.load_weights(where, device=self._bench.training.device)
        except (NeuralGraphError, OSError) as error:
            self._bench.log.say(f"The weights do not fit any more: {error}", "warning")
            self._bench.status.mention("The weights do not fit the document any more.")
            return
        self._bench.log.say("Took the weights of the last run; training goes on from them.")
        self._bench.status.mention("Took the weights of the last run.")
        self._bench.documents.weights_taken.emit()


def _tidy(home: Path) -> None:
    files = sorted(home.glob("*.safetensors"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in files[FILES:]:
        old.unlink(missing_ok=True)
