"""Live pictures in the cards: samples, feature maps, class bars, loss curves; at most a few times a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from neuralgraph.graph.definitions import type_of
from neuralgraph.graph.document import Graph
from neuralgraph.graph.flatten import flatten
from neuralgraph.session import Session
from neuralgraph.training.events import Event, Started, Step
from neuralgraph.ui.bridge import AnalysisBridge, TrainingBridge
from neuralgraph.ui.canvas.previews import Preview

EVERY = 0.4
"""Seconds between two looks while training."""
CURVE = 2048
"""So many losses a spark line is made of, at most."""


class LivePictures(QObject):
    """Asks what there is to see, in the thread that trains or in one of its own, and hands over `Preview`s by node."""

    seen = Signal(object)

    def __init__(self, bridge: TrainingBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._worker = AnalysisBridge(self)
        self._worker.done.connect(self._arrived)
        self._session: Session | None = None
        self._looks: Mapping[str, Any] = {}
        self._shown: Mapping[str, Preview] = {}
        self._curves: dict[str, list[float]] = {}
        self._asked: Future[Any] | None = None
        self._last = 0.0
        self._version = 0
        bridge.events.connect(self.feed)
        bridge.ticked.connect(self._collect)
        bridge.ended.connect(self.look)

    def set_session(self, session: Session) -> None:
        """Another document."""
        self._session, self._looks, self._curves, self._asked = session, {}, {}, None
        self._shown = {}

    def look(self) -> None:
        """Ask anew: the run, while one is under way and what is now is shown."""
        session, control = self._session, self._bridge.control
        if session is not None and session.shown is None and self._bridge.running and control is not None:
            graph = session.graph
            self._asked = control.ask(lambda program: session.looks(graph, program))
        elif session is not None:
            self._worker.ask(session.looks, session.graph)  # type: ignore[arg-type]

    def clear(self) -> None:
        """The run was reset."""
        self._curves = {}
        self.look()

    def close(self) -> None:
        self._worker.close()

    def feed(self, events: Sequence[Event]) -> None:
        """Events of the run; called some twelve times a second."""
        for event in events:
            match event:
                case Started() if not event.start_step:
                    self._curves = {}
                case Step():
                    self._remember(event)
        self._collect()
        now, session = monotonic(), self._session
        if self._asked is None and now - self._last >= EVERY and session is not None and self._bridge.control and (
                session.shown is None):
            self._last, graph = now, session.graph
            self._asked = self._bridge.control.ask(lambda program: session.looks(graph, program))

    def _collect(self) -> None:
        """Take what the run has answered."""
        asked = self._asked
        if asked is not None and asked.done():
            self._asked = None
            past = self._session is not None and self._session.shown is not None
            if not past and not asked.cancelled() and asked.exception() is None:
                self._arrived(asked.result())

    def _remember(self, event: Step) -> None:
        for id, values in event.parts.items():
            kept = self._curves.setdefault(id, [])
            kept.extend(values.tolist())
            if len(kept) > CURVE:
                kept[:] = kept[::2]

    def _arrived(self, looks: Mapping[str, Any] | Graph) -> None:
        if not isinstance(looks, Mapping) or self._session is None:
            return
        graph, version = self._session.graph, self._version + 1
        broken = self._session.analysis is not None and bool(self._session.analysis.errors)
        self._looks = {**self._looks, **looks} if broken else looks  # an error must not shrink the cards
        self._version = version
        flat = flatten(graph, self._session.catalog)
        shown = {
            id: Preview(one.kind, one.values, one.names, version)
            for id, one in self._looks.items() if id in flat.graph.nodes or id in flat.copies}
        for id, placed in flat.graph.nodes.items():
            kind = type_of(placed, self._session.catalog)
            if kind is not None and kind.role == "loss":
                shown[id] = Preview("spark", np.array(self._curves.get(id, ())), (), version)
        self._shown = shown
        self.seen.emit(shown)

    def again(self) -> None:
        """Hand over once more what was seen last: another room is shown."""
        self.seen.emit(self._shown)
