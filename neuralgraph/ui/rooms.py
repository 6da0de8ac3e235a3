"""Which room of the document the canvas shows: going inside modules and out again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject

from neuralgraph.graph.history import Change
from neuralgraph.room import Inside, Room, way_in
from neuralgraph.session import Session
from neuralgraph.ui.bridge import later
from neuralgraph.ui.canvas.trail import Step
from neuralgraph.ui.preferences import apply
from neuralgraph.validation.analysis import Analysis

if TYPE_CHECKING:
    from neuralgraph.ui.workbench import Workbench

V = TypeVar("V")


class Rooms(QObject):
    """Puts one room on the canvas, into the properties and the outline."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self.room: Room = bench.session
        bench.canvas.go.connect(self._go)
        bench.canvas.trail.wanted.connect(lambda path: later(0, lambda: self.show_path(path), self))

    @property
    def path(self) -> str:
        """Where the room lies; "" is the document itself."""
        return self.room.path if isinstance(self.room, Inside) else ""

    def show_session(self, session: Session) -> None:
        """Another document: its outermost room."""
        self._show(session)

    def show_path(self, path: str, module: str = "") -> None:
        """The room at a path of the document."""
        session = self._bench.session
        known = session.analysis.rooms if session.analysis is not None else {}
        module = module or known.get(path, "")
        if not path or module not in session.graph.modules:
            self._show(session)
        elif path != self.path:
            self._show(Inside(session, path, module))

    def reveal(self, node: str) -> None:
        """Go to the room of a node and select it."""
        room, _, own = node.rpartition("/")
        if room != self.path:
            self.show_path(room)
        self._bench.canvas.select((own,))

    def follow(self, _change: Change) -> None:
        """The document changed: leave a module that is there no longer."""
        if isinstance(self.room, Inside) and not self.room.there:
            later(0, self.leave, self)

    def settle(self, analysis: Analysis) -> None:
        """What is known changed: stand where the module lies now."""
        room = self.room
        if isinstance(room, Inside) and room.path not in analysis.rooms:
            path = next((one for one, name in sorted(analysis.rooms.items()) if name == room.module), "")
            if path:
                room.path = path
        self._trail()

    def leave(self) -> None:
        """Out to what is around, with the module selected."""
        came = self.path.split("/")
        if not came[0]:
            return
        if came[-1].isdigit():
            came.pop()
        self.show_path("/".join(came[:-1]))
        self._bench.canvas.select((came[-1],))

    def here(self, known: Mapping[str, V]) -> dict[str, V]:
        """What is known by path, by the ids of the room that is shown."""
        start = f"{self.path}/" if self.path else ""
        return {own: one for id, one in known.items()
                if id.startswith(start) and "/" not in (own := id.removeprefix(start))}

    def _go(self, id: str | None) -> None:
        if id is None:
            if self.path:
                self.leave()
            else:
                self._bench.status.mention("This is the document itself: there is nothing around it.")
            return
        way = way_in(self.room, id)
        if way is not None:
            later(0, lambda: self.show_path(*way), self)  # not under the hand that still holds the mouse

    def _show(self, room: Room) -> None:
        bench, self.room = self._bench, room
        view = bench.canvas.set_session(room)
        bench.actions.bind(view)
        apply(bench)
        for panel in (bench.properties, bench.outline):
            panel.set_session(room)
        if room.analysis is not None:
            bench.canvas.set_analysis(room.analysis)
        self._trail()
        bench.live.again()
        bench.canvas.selected.emit(())
        later(0, bench.canvas.fit, view)
        later(0, view.setFocus, view)

    def _trail(self) -> None:
        bench, room = self._bench, self.room
        if not isinstance(room, Inside):
            bench.canvas.trail.show_way("", ())
            return
        rooms = bench.session.analysis.rooms if bench.session.analysis is not None else {room.path: room.module}
        instances = {path.rstrip("0123456789").rstrip("/") if path.rpartition("/")[2].isdigit() else path
                     for path, name in rooms.items() if name == room.module}
        bench.canvas.trail.show_way(bench.session.title, _steps(room, rooms), len(instances))


def _steps(room: Inside, rooms: Mapping[str, str]) -> list[Step]:
    """Every room on the way to this one, from outside in."""
    found: list[Step] = []
    parts = room.path.split("/")
    for at in range(1, len(parts) + 1):
        path = "/".join(parts[:at])
        name = rooms.get(path, room.module if path == room.path else "")
        if not name:
            continue  # a module that is repeated: its turns are the rooms
        turn, turns = 0, 1
        own = parts[at - 1]
        if own.isdigit():
            base = path.rpartition("/")[0]
            own, turn = parts[at - 2], int(own)
            turns = sum(1 for one in rooms if one.rpartition("/")[0] == base and one.rpartition("/")[2].isdigit())
        found.append(Step(path, f"{name} · {own}", turn, max(turns, 1)))
    return found
