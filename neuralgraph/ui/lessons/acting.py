"""What a lesson does in the window, and where it points: a closed list of verbs and places, each one method."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from neuralgraph.errors import EditError, ParameterError
from neuralgraph.graph.edits import ChangeNode, Edit, SetPlan
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.planning import planned
from neuralgraph.lessons.lesson import Do, Point
from neuralgraph.spec.initial import GROUPS, METHODS, OWN
from neuralgraph.ui.bridge import later
from neuralgraph.ui.lessons.pointing import Ring

if TYPE_CHECKING:
    from neuralgraph.ui.workbench import Workbench


class Acting:
    """The hands of a lesson."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._ring: Ring | None = None

    def do(self, what: Do) -> None:
        """Carry out a verb; what cannot be done is said, not raised."""
        bench, training = self._bench, self._bench.training
        phase = training.state.phase
        match what.verb:
            case "train":
                if phase in ("idle", "paused"):
                    training.toggle()
            case "pause":
                if phase == "running":
                    training.toggle()
            case "stop":
                training.stop()
            case "reset":
                training.reset()
            case "batch":
                training.one_batch()
            case "epoch":
                training.one_epoch()
            case "present":
                bench.presenter.toggle()
            case "undo":
                bench.undo()
            case "all":
                bench.canvas.fit()
            case "panel":
                self.panel(what.words[0])
            case "view":
                self._view(*what.words)
            case "select":
                bench.rooms.reveal(what.words[0])
            case "set":
                self._set(*what.words)
            case "walk":
                self._walk(*what.words)
            case "open":
                bench.guide.bring(what.words[0])

    def panel(self, name: str) -> QWidget | None:
        """Bring a panel of the bottom dock to the front; None where there is none of that name."""
        docks = self._bench.docks
        return docks.open_tab(name) if docks.bottom.has(name) else None

    def _view(self, name: str, node: str = "") -> None:
        if node:
            self._bench.rooms.reveal(node)
        panel = self.panel("views")
        if panel is not None:
            panel.show_view(name)  # type: ignore[attr-defined]

    def _walk(self, mode: str, of: str = "") -> None:
        panel = self.panel("step")
        if panel is not None:
            controls = panel.controls  # type: ignore[attr-defined]
            panel.walk(mode, of)  # type: ignore[attr-defined]
            later(0, lambda: self._ring_around((controls, controls.levers)), panel)  # how to go on

    def _set(self, name: str, text: str) -> None:
        node, _, key = name.partition(".")
        session = self._bench.session
        try:
            edit = self._planned(key, text) if node == "plan" else self._changed(node, key, text)
            session.edit(edit)
        except (EditError, ParameterError) as error:
            self._bench.say("warning", f"The lesson could not set {name}: {error}", "")

    def _planned(self, key: str, text: str) -> Edit:
        return SetPlan(planned(self._bench.session.graph.plan, **{key: value(text)}), f"Set {key} to {text}")

    def _changed(self, node: str, key: str, text: str) -> Edit:
        session = self._bench.session
        placed = session.graph.nodes.get(node)
        if placed is None:
            raise ParameterError(f"there is no node {node!r} here any more.", parameter=node)
        label = f"Set {key} to {text}"
        if key == "frozen":
            return ChangeNode(replace(placed, frozen=value(text) is True), label)
        if key == "bypassed":
            return ChangeNode(replace(placed, bypassed=value(text) is True), label)
        if key == "initial":  # of weights; offsets begin at zero then, too
            return ChangeNode(replace(placed, initialiser=start(text)), label)
        if key == "type":
            return ChangeNode(replace(placed, type=text, params=FrozenDict()), label)
        param = session.catalog[placed.type].params.get(key)
        if param is None:
            raise ParameterError(f"{placed.type} has no parameter {key!r}.", parameter=key)
        wanted = param.check(text if param.kind in ("text", "choice", "file") else value(text))
        return ChangeNode(replace(placed, params=FrozenDict({**placed.params, key: wanted})), label)

    # -- pointing ---------------------------------------------------------------------------------------------------

    def point(self, at: Point) -> None:
        """A ring around a place; nothing where it cannot be seen."""
        found = self._where(at)
        if found is not None:
            self._ring_around(found)

    def _ring_around(self, found: tuple[QWidget, QRect | None]) -> None:
        if self._ring is None:
            self._ring = Ring(self._bench.window, self._bench.theme)
        self._ring.show_around(*found)

    def point_nowhere(self) -> None:
        """The ring goes."""
        if self._ring is not None:
            self._ring.go()

    def _where(self, at: Point) -> tuple[QWidget, QRect | None] | None:
        bench = self._bench
        bar = bench.bar
        widgets: dict[str, QWidget] = {
            "train": bar.train, "reset": bar.reset, "step": bar.step, "stop": bar.stop, "seed": bar.dice,
            "device": bar.device, "present": bar.present, "epoch": bar, "palette": bench.palette,
            "properties": bench.properties, "inspector": bench.docks.lower, "canvas": bench.canvas}
        match at.place:
            case "node":
                return self._node(at.name)
            case "menu":
                return self._menu(at.name)
            case "panel":
                panel = self.panel(at.name)
                return (panel, None) if panel is not None else None
            case _:
                widget = widgets[at.place]
                return (widget, None) if widget.isVisible() else None

    def _menu(self, name: str) -> tuple[QWidget, QRect | None]:
        """The name of a menu in the row of menus; the row where it has none of that name."""
        bar = self._bench.window.row.menus
        found = next((one for one in bar.actions() if one.text().replace("&", "") == name), None)
        return bar, bar.actionGeometry(found) if found is not None else None

    def _node(self, id: str) -> tuple[QWidget, QRect | None] | None:
        bench = self._bench
        room, _, own = id.rpartition("/")
        if room != bench.rooms.path:
            bench.rooms.show_path(room)
        view = bench.canvas.view
        if view is None or own not in bench.canvas.scene.nodes:
            return None
        box = bench.canvas.scene.node_rect(own)
        view.ensureVisible(box, 40, 40)
        return view.viewport(), view.mapFromScene(box).boundingRect()


def start(text: str) -> FrozenDict[Any]:
    """How weights and offsets start: the way, and its numbers in their order («uniform 0 1»)."""
    method, *numbers = text.split()
    if method == OWN:
        return FrozenDict({})
    knobs = dict(zip(METHODS.get(method, {}), map(float, numbers), strict=False))
    return FrozenDict({name: one for group in GROUPS
                       for name, one in {group: method, **{f"{group}.{k}": v for k, v in knobs.items()}}.items()})


def value(text: str) -> Any:
    """A number, several, yes or no, or the word itself."""
    text = text.strip()
    if text.lower() in ("yes", "true", "on", "no", "false", "off"):
        return text.lower() in ("yes", "true", "on")
    if text.lower() == "none":
        return None
    if "," in text:
        return tuple(value(one) for one in text.split(","))
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
