"""Weights that came in a trained model: taken after the document was checked, off the GUI thread, and said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from neuralgraph.errors import NeuralGraphError
from neuralgraph.session import Session
from neuralgraph.ui.bridge import AnalysisBridge

if TYPE_CHECKING:
    from neuralgraph.ui.workbench import Workbench


class Brought(QObject):
    """Tried once for a document; what fails is said, and the weights stay in the file."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._worker = AnalysisBridge(self)
        self._worker.done.connect(self._arrived)
        self._tried: Any = None

    def look(self) -> None:
        """The document was checked: where its file brought weights, take them."""
        session = self._bench.session
        if not session.brought or session.weights_brought is self._tried or self._bench.bridge.running:
            return
        if session.analysis is None or session.analysis.errors:
            return
        self._tried = session.weights_brought
        device = self._bench.training.device

        def taken(_graph: Any) -> tuple[Session, Any, str]:
            try:
                return session, session.unpacked(device=device), ""
            except NeuralGraphError as error:
                return session, None, str(error)

        self._worker.ask(taken, session.graph)

    def close(self) -> None:
        self._worker.close()

    def _arrived(self, answer: tuple[Session, Any, str]) -> None:
        session, run, trouble = answer
        bench = self._bench
        if session is not bench.session:
            return
        if trouble:
            bench.say("error", f"The weights of {session.title} were not taken: {trouble}", "")
        elif session.brought and not bench.bridge.running:
            session.accept_model(run)
            bench.views.weights_changed()
            bench.live.look()
            bench.say("note", f"{session.title} is trained: it predicts, and training goes on from its weights.", "")
