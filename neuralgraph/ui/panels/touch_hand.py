"""The hand of the window in a network: what is touched, step by step, and what comes of it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from neuralgraph.errors import NeuralGraphError
from neuralgraph.graph.touches import Level, Spot, Touches
from neuralgraph.session import Session
from neuralgraph.ui.asking import Asker
from neuralgraph.ui.bridge import TrainingBridge

PAUSE = "The run goes on. Pause it to touch its numbers."
KEEP = "The run is paused. Stop it, then keep: the next one goes on from the kept weights."


class Hand(QObject):
    """`touched`: every view has to look again. `told` brings the `Outcome`, `said` a sentence.

    While a run goes on nothing is touched: what was, waits until it stands still.
    """

    touched = Signal()
    told = Signal(object)
    said = Signal(str)

    def __init__(self, session: Session, bridge: TrainingBridge, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._bridge = session, bridge
        self._steps: list[Touches] = []
        self._last: object = None
        self._waiting = Touches()
        self.part, self.place = "all", 0
        self._asker = Asker(bridge, self, every=0.1)
        self._asker.answered.connect(self.told)
        self._asker.failed.connect(self.said)
        bridge.started.connect(self.follow)
        bridge.ticked.connect(self.follow)
        bridge.ended.connect(self.follow)

    # -- what there is ----------------------------------------------------------------------------------------------

    @property
    def touches(self) -> Touches:
        return self._session.touches

    @property
    def moving(self) -> bool:
        """A run goes on."""
        control = self._bridge.control
        return bool(self._bridge.running and control is not None and control.state != "paused")

    @property
    def can_undo(self) -> bool:
        return bool(self._steps)

    @property
    def can_keep(self) -> bool:
        return bool(self.touches.numbers)

    @property
    def can_take_back(self) -> bool:
        return self._session.can_take_back and not self._bridge.running

    def can_skip(self, node: str) -> bool:
        """The node can hand on what it gets, and does not yet."""
        return node not in self.touches.skipped and not self._session.skippable(node)

    # -- touching ---------------------------------------------------------------------------------------------------

    def change(self, spot: Spot, value: float, *, learns: bool) -> None:
        """Another number at a place; the same place again is the same step."""
        make = self.touches.number if learns else self.touches.hold
        self._take(lambda: make(spot, value), merge=("change", spot))

    def unit(self, node: str, output: str, place: tuple[int, ...]) -> Spot | None:
        """The whole unit that a place belongs to; None where there are no units."""
        try:
            return self._session.unit_at(node, output, place)
        except NeuralGraphError:
            return None

    def hold(self, unit: Spot, level: Level) -> None:
        """Hold a unit."""
        self._take(lambda: self.touches.hold(unit, level))

    def skip(self, node: str) -> None:
        """Let a node hand on what it gets."""
        why = self._session.skippable(node)
        if why:
            self.said.emit(why)
        else:
            self._take(lambda: self.touches.skip(node))

    def put_back(self, one: Spot | str) -> None:
        """A place, or a node that was skipped, as it was."""
        self._take(lambda: self.touches.without(one))

    def put_back_all(self) -> None:
        self._take(Touches)

    def undo(self) -> None:
        """One step back."""
        if self._steps and not self._refused():
            self._session.touches, self._last = self._steps.pop(), None
            self._changed()

    def keep(self) -> None:
        """The changed numbers become the weights."""
        if self._bridge.running:
            self.said.emit(PAUSE if self.moving else KEEP)
            return
        try:
            count = self._session.keep_touches()
        except NeuralGraphError as error:
            self.said.emit(str(error))
            return
        self._steps.clear()
        self._changed()
        self.said.emit(f"Kept {count:,} number{'s' if count != 1 else ''} as the weights; training goes on from them.")

    def take_back(self) -> None:
        """The weights before they were kept, and the touches again."""
        try:
            self._session.take_back()
        except NeuralGraphError as error:
            self.said.emit(str(error))
            return
        self._changed()

    # -- following --------------------------------------------------------------------------------------------------

    def set_session(self, session: Session) -> None:
        self._session, self._last, self._waiting = session, None, Touches()
        self._steps.clear()
        self.ask()

    def forget(self) -> None:
        """Everything begins anew: nothing is touched, and nothing waits."""
        self._steps.clear()
        self._session.touches, self._waiting, self._last = Touches(), Touches(), None
        self.ask()

    def look_at(self, part: str, place: int) -> None:
        """Another sample is in sight."""
        if (part, place) != (self.part, self.place):
            self.part, self.place = part, place
            self.ask()

    def ask(self) -> None:
        """Ask what comes of it."""
        session, part, place = self._session, self.part, self.place
        if session is None:
            return
        if not session.touches:
            self.told.emit(None)
            return
        self._asker.ask(session, lambda program: session.touch(program=program, part=part, place=place))

    def follow(self) -> None:
        """The run goes on, or stands still: what is touched makes room for it, and comes again."""
        if self.moving and self.touches:
            self._waiting, self._session.touches = self.touches, Touches()
            self.said.emit("The run goes on with its own numbers; what you touched waits until it stands still.")
            self.touched.emit()
            self.told.emit(None)
        elif not self.moving and self._waiting:
            self._session.touches, self._waiting = self._waiting, Touches()
            self._changed()

    def close(self) -> None:
        self._asker.close()

    def _refused(self) -> bool:
        if self.moving:
            self.said.emit(PAUSE)
        return self.moving

    def _take(self, make: Any, merge: object = None) -> None:
        """A step: the touches are others now."""
        if self._refused():
            return
        try:
            found = make()
        except NeuralGraphError as error:
            self.said.emit(str(error))
            return
        if found == self.touches:
            return
        if merge is None or merge != self._last:
            self._steps.append(self.touches)
        self._session.touches, self._last = found, merge
        self._changed()

    def _changed(self) -> None:
        self.touched.emit()
        self.ask()
