"""Live pictures in the cards and on the wires: samples, maps, bars, curves, weights; at most a few times a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from time import monotonic, thread_time
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
from neuralgraph.ui.canvas.wire_painting import WireLook

EVERY, CALM = 0.4, 1.0
"""Seconds between two looks while training, at least; where motion is reduced."""
SHARE = 0.015
"""So much of the time of a run may go into looks and into painting them: dear ones come less often.

What is seen anew has the canvas around it painted too, which costs as much again."""
CURVE = 2048
"""So many losses a spark line is made of, at most."""


@dataclass(frozen=True)
class Wish:
    """What is to be seen: pictures in the cards; on wires nothing, "values", "weights" or "gradients"."""

    cards: bool = True
    wires: str = "off"
    calm: bool = False

    @property
    def anything(self) -> bool:
        """There is something to ask for."""
        return self.cards or self.wires != "off"


class LivePictures(QObject):
    """Asks what there is to see, in the thread that trains or in one of its own, and hands over `Preview`s by node.

    `flowed` brings what wires show, by node and port: `WireLook`s.
    """

    seen, flowed = Signal(object), Signal(object)

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
        self._flows: Mapping[tuple[str, str], WireLook] = {}
        self._last, self._spent = 0.0, 0.0
        self.painting = 0.0
        """Seconds that it took to paint what was seen last."""
        self._version = 0
        self.wish = Wish()
        self.of = (0, 0)
        """The row that is shown, and how many there are."""
        bridge.events.connect(self.feed)
        bridge.ticked.connect(self._tick)
        bridge.ended.connect(self.look)

    def set_session(self, session: Session) -> None:
        """Another document."""
        self._session, self._looks, self._curves, self._asked = session, {}, {}, None
        self._shown, self._flows, self._spent = {}, {}, 0.0

    def wants(self, wish: Wish) -> None:
        """Something else is to be seen."""
        if wish != self.wish:
            self.wish, self._last = wish, 0.0
            self.look()

    def show_row(self, row: int) -> None:
        """The inspector looks at another row: so do cards and wires."""
        if self._session is not None and self._session.row != row:
            self._session.row, self._last = row, 0.0
            self.look()

    def look(self) -> None:
        """Ask anew: the run, while one is under way and what is now is shown."""
        session, control, wish = self._session, self._bridge.control, self.wish
        if session is None:
            return
        if session.shown is None and self._bridge.running and control is not None:
            graph = session.graph
            self._asked = control.ask(lambda program: _look(session, graph, wish, program))
        else:
            self._worker.ask(lambda graph: _look(session, graph, wish)[0], session.graph)

    def clear(self) -> None:
        """The run was reset."""
        self._curves = {}
        self.look()

    def close(self) -> None:
        self._worker.close()

    def feed(self, events: Sequence[Event]) -> None:
        """Events of the run; called some ten times a second."""
        for event in events:
            match event:
                case Started() if not event.start_step:
                    self._curves = {}
                case Step():
                    self._remember(event)
        now, session = monotonic(), self._session
        pause = max(CALM if self.wish.calm else EVERY, (self._spent + self.painting) / SHARE)
        due = self.wish.anything and self._asked is None and now - self._last >= pause
        if due and session is not None and self._bridge.control and session.shown is None:
            self._last, graph, wish = now, session.graph, self.wish
            self._asked = self._bridge.control.ask(lambda program: _look(session, graph, wish, program))

    def _collect(self) -> None:
        """Take what the run has answered."""
        asked = self._asked
        if asked is not None and asked.done():
            self._asked = None
            past = self._session is not None and self._session.shown is not None
            if not past and not asked.cancelled() and asked.exception() is None:
                answer, self._spent = asked.result()
                self._arrived(answer)

    def _tick(self) -> None:
        """A run that stands still is asked as well, when something else is to be seen."""
        self._collect()
        if self._last == 0.0 and self._asked is None:
            self.feed(())

    def _remember(self, event: Step) -> None:
        for id, values in event.parts.items():
            kept = self._curves.setdefault(id, [])
            kept.extend(values.tolist())
            if len(kept) > CURVE:
                kept[:] = kept[::2]

    def _arrived(self, glance: Any) -> None:
        if self._session is None:
            return
        looks: Mapping[str, Any] = glance.cards
        graph, version = self._session.graph, self._version + 1
        broken = self._session.analysis is not None and bool(self._session.analysis.errors)
        self._looks = {**self._looks, **looks} if broken and self.wish.cards else looks  # or an error shrinks the cards
        self._version = version
        flat = flatten(graph, self._session.catalog)
        shown = {
            id: Preview(one.kind, one.values, one.names, version)
            for id, one in self._looks.items() if id in flat.graph.nodes or id in flat.copies}
        for id, placed in flat.graph.nodes.items():
            kind = type_of(placed, self._session.catalog)
            if kind is not None and kind.role == "loss" and self.wish.cards:
                shown[id] = Preview("spark", np.array(self._curves.get(id, ())), (), version)
        self._shown, self.of = shown, (glance.row, glance.rows)
        self._flows = {
            place: WireLook(Preview(one.look.kind, one.look.values, one.look.names, version), one.size)
            for place, one in glance.wires.items()} if glance.what == self.wish.wires else {}
        self.again()

    def again(self) -> None:
        """Hand over once more what was seen last: another room is shown."""
        self.seen.emit(self._shown)
        self.flowed.emit(self._flows)


def _look(session: Session, graph: Graph, wish: Wish, program: Any = None) -> tuple[Any, float]:
    """What there is to see, and how much of the processor's time it took."""
    began = thread_time()
    return session.glance(graph, program, cards=wish.cards, wires=wish.wires), thread_time() - began  # type: ignore[arg-type]
