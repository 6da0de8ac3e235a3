"""What the properties of a module add: ways in and out of it, and which parameters it shows outside."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from functools import partial

from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QWidget

from neuralgraph.graph.definitions import kind_of
from neuralgraph.graph.ids import fresh_name
from neuralgraph.graph.module_edits import Expose
from neuralgraph.room import Inside, Room
from neuralgraph.spec import Drawn, Param
from neuralgraph.spec.drawn import exposable
from neuralgraph.ui.controls import button
from neuralgraph.ui.theme import Theme


def listed(declared: Param, room: Room) -> Param:
    """A parameter that names a module is chosen among those that there are."""
    if declared.name != "definition":
        return declared
    own = room.module if isinstance(room, Inside) else ""
    names = tuple(name for name in sorted(room.graph.modules) if name != own)
    return replace(declared, kind="choice", choices=("", *names))


def module_parts(room: Room, id: str, theme: Theme, act: Callable[[str], object]) -> Iterator[QWidget]:
    """The rows of a module's sheet, and those of a node inside a module."""
    node = room.node(id)
    if isinstance(node, Drawn) and node.interface is not None:
        over_time = "canvas.unroll" if node.runs else "canvas.dissolve"
        yield _row(theme, (
            button("Go inside", kind="primary", clicked=partial(act, "canvas.enter")),
            button("Unroll" if node.runs else "Take apart", clicked=partial(act, over_time))))
        part = button("Make unique", kind="link", clicked=partial(act, "canvas.unique"))
        part.setToolTip("Give this copy an inside of its own: edits of the other copies pass it by")
        kept = button("Keep for later", kind="link", clicked=partial(act, "canvas.keep"))
        kept.setToolTip("Put it into your modules: every document can take it from the palette")
        yield _row(theme, (part, kept))
    if isinstance(room, Inside) and (names := _names(room, id)):
        yield _row(theme, (ShowOutside(room, id, names),))


def _row(theme: Theme, buttons: tuple[QPushButton, ...]) -> QFrame:
    made = QFrame()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.px(6))
    for one in buttons:
        row.addWidget(one)
    row.addStretch(1)
    return made


def _names(room: Room, id: str) -> list[str]:
    placed = room.graph.nodes[id]
    if placed.type not in room.catalog or room.catalog[placed.type].door:
        return []
    kind = kind_of(placed, room.catalog, room.graph.modules)
    return [name for name in kind.params if name != "definition"]


class ShowOutside(QPushButton):
    """Which parameters of a node inside a module can be set on each copy of it."""

    def __init__(self, room: Inside, id: str, names: list[str]) -> None:
        super().__init__("Show outside…")
        self.setProperty("kind", "link")
        self.setToolTip("Parameters that every copy of this module may set for itself")
        self._room, self._id, self._names = room, id, names
        self.pressed.connect(self._open)

    def menu_now(self) -> QMenu:
        """Every parameter, checked where it is shown outside already."""
        menu = QMenu(self)
        shown = {target for some in self._room.graph.exposed.values() for target in some}
        for name in self._names:
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(f"{self._id}.{name}" in shown)
            action.triggered.connect(partial(self.flip, name))
        return menu

    def flip(self, name: str, *_: object) -> None:
        """Show a parameter outside, or no more."""
        target = f"{self._id}.{name}"
        before = {one: tuple(some) for one, some in self._room.graph.exposed.items()}
        after = {one: kept for one, some in before.items() if (kept := tuple(t for t in some if t != target))}
        if after == before:
            after[self._outside(name, before)] = (target,)
        self._room.edit(Expose(tuple(after.items()), f"Show {name} of {self._id}"))

    def _outside(self, name: str, taken: Container[str]) -> str:
        return fresh_name(name if not exposable(name) else f"{self._id}_{name}", taken)

    def _open(self) -> None:
        menu = self.menu_now()
        menu.exec(self.mapToGlobal(self.rect().bottomLeft()))
        self.setDown(False)
