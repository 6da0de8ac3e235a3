"""Between the panel that takes a step apart and the canvas: what is lit there, in the room that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from neuralgraph.ui.canvas.step_layer import Chip, End, Lit, StepLayer, chip

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.scene import CanvasScene
    from neuralgraph.ui.workbench import Workbench


class StepOnCanvas(QObject):
    """Follows the panel and the rooms; takes its layer away when the panel is not seen."""

    def __init__(self, bench: Workbench, panel: Any) -> None:
        super().__init__(panel)
        self._bench, self._panel = bench, panel
        self._scene: CanvasScene | None = None
        self._layer: StepLayer | None = None
        self._apart: Any = None
        self._at = 0
        self._alone = False
        self._revealed: tuple[object, str] = None, ""
        self._chips: dict[int, Chip] = {}
        panel.lit.connect(self.show)
        bench.canvas.selected.connect(self._room_changed)

    def show(self, apart: Any, at: int) -> None:
        """Show a moment; without a step everything is as it was."""
        if apart is not self._apart:
            self._chips = {}
            if self._apart is None:
                self._panel.enter(self._bench.rooms.path)
        self._apart, self._at = apart, at
        self._panel.set_large(self._bench.presenter.on)
        self._make_room(apart is not None)
        if apart is None:
            self._take_away()
            return
        layer = self._over_the_room()
        layer.large = self._bench.presenter.on
        lit = lit_at(apart, at, self._bench.rooms.path, self._chip)
        layer.show_lit(lit)
        self._reveal(lit)

    def _make_room(self, wanted: bool) -> None:
        """The numbers of a step stand where the small pictures of the wires do: one of them at a time."""
        if wanted != self._alone:
            self._alone = wanted
            self._bench.previewing.give_way(wanted)

    def _room_changed(self, _ids: tuple[str, ...]) -> None:
        if self._apart is not None and self._bench.canvas.view is not None and (
                self._bench.canvas.scene is not self._scene):
            self.show(self._apart, self._at)
            self._panel.enter(self._bench.rooms.path)

    def _over_the_room(self) -> StepLayer:
        scene = self._bench.canvas.scene
        if scene is not self._scene or self._layer is None:
            self._scene, self._layer = scene, StepLayer(scene)
            scene.addItem(self._layer)
        return self._layer

    def _take_away(self) -> None:
        if self._layer is not None and self._scene is not None and self._bench.canvas.view is not None and (
                self._bench.canvas.scene is self._scene):
            self._scene.removeItem(self._layer)
        self._scene = self._layer = None

    def _reveal(self, lit: Lit) -> None:
        """Scroll where another node is out of sight, and only then: who comes back finds the canvas as it was."""
        view, scene = self._bench.canvas.view, self._scene
        if self._revealed == (scene, lit.node):
            return
        self._revealed = scene, lit.node
        if view is not None and scene is not None and lit.node in scene.nodes:
            view.ensureVisible(scene.node_rect(lit.node), 24, 40)

    def _chip(self, array: Any) -> Chip:
        if id(array) not in self._chips:
            self._chips[id(array)] = chip(array)
        return self._chips[id(array)]


def lit_at(apart: Any, at: int, room: str, short: Any = chip) -> Lit:
    """What is to be seen at a moment, by the ids of the room at a path; in a Recurrent, at the time step it is at."""
    before = _laid(apart, at, room)
    moment = apart.moments[at]
    values: dict[End, Chip] = {}
    back: dict[End, Chip] = {}
    wire: End | None = None
    for (path, port), (place, ends) in apart.drawn.items():
        own = path.removeprefix(before)
        if not path.startswith(before) or "/" in own:
            continue
        if apart.seen.get(place, len(apart.moments)) <= at:
            values[own, port] = short(apart.values[place])
            if apart.mode == "forward" and place in apart.tangents:
                back[own, port] = short(apart.tangents[place])
        come = [apart.wires[one] for one in ends if apart.pulled.get(one, len(apart.moments)) <= at]
        if come:
            back[own, port] = short(come[0]) if len(come) == 1 else chip(sum(come[1:], start=come[0]))
        if moment.wire is not None and moment.wire in ends:
            wire = (own, port)
    node = moment.node.removeprefix(before).partition("/")[0] if moment.node.startswith(before) else ""
    return Lit(values, back, node, wire, returns=moment.phase == "backward", forward=apart.mode == "forward",
               dead=_here(apart.unused, before) if apart.mode in ("static", "dynamic") else frozenset(),
               levels=_levels(apart, before), tag=moment.equation.replace(" ", " · "))


def _laid(apart: Any, at: int, room: str) -> str:
    """What stands before the paths of a room: inside a Recurrent with the time step that was last, or comes first."""
    before = f"{room}/" if room else ""
    for number in (*range(at, -1, -1), *range(at + 1, len(apart.moments))):
        one = apart.moments[number]
        if room and one.drawn.startswith(before):
            return str(one.node.removesuffix(one.drawn.removeprefix(before)))
    return before


def _here(paths: tuple[str, ...], before: str) -> frozenset[str]:
    return frozenset(one.removeprefix(before) for one in paths
                     if one.startswith(before) and "/" not in one.removeprefix(before))


def _levels(apart: Any, before: str) -> Mapping[str, int]:
    """The numbers of the steps in which nodes can run at the same time, of static evaluation."""
    if apart.mode != "static" or apart.schedule is None:
        return {}
    return {own: number for number, level in enumerate(apart.schedule.levels, 1) if len(level) > 1
            for own in _here(level, before)}
