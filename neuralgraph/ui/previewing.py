"""The switch of the small live pictures: in cards, and on wires values, weights or gradients."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from neuralgraph.ui.bridge import later
from neuralgraph.ui.canvas.previews import Preview
from neuralgraph.ui.canvas.wire_painting import WireLook
from neuralgraph.ui.live import Wish
from neuralgraph.ui.preferences import chosen

if TYPE_CHECKING:
    from neuralgraph.ui.workbench import Workbench

WIRES = ("off", "values", "weights", "gradients")
DEFAULT = "weights"


class Previewing(QObject):
    """Puts what `LivePictures` sees on the canvas, as far as it is wanted."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._aside = False
        bench.live.seen.connect(self._seen)
        bench.live.flowed.connect(self._flowed)
        bench.canvas.wires_wanted.connect(self._ask)
        bench.canvas.tip = self.tip
        self.apply()
        later(0, self._show_checks, self)

    @property
    def in_cards(self) -> bool:
        return self._bench.settings.flag("previews_cards", True)

    @property
    def on_wires(self) -> str:
        """What is chosen for wires, whether or not they give way now."""
        found = self._bench.settings.text("previews_wires", DEFAULT)
        return found if found in WIRES else DEFAULT

    def cards(self) -> None:
        """Pictures in the cards, or none."""
        self._put("previews_cards", not self.in_cards)

    def off(self) -> None:
        self._put("previews_wires", "off")

    def values(self) -> None:
        self._put("previews_wires", "values")

    def weights(self) -> None:
        self._put("previews_wires", "weights")

    def gradients(self) -> None:
        self._put("previews_wires", "gradients")

    def give_way(self, aside: bool) -> None:
        """Somebody else writes on the wires, or does so no longer: nothing is shown on them meanwhile."""
        self._aside = aside
        self.apply()
        if self._bench.canvas.view is not None:
            self._bench.canvas.scene.wire_pictures.give_way(aside)
            self._bench.canvas.view.legend.look()

    def apply(self) -> None:
        """Ask for what is wanted now."""
        calm = chosen(self._bench.settings, "reduce_motion")
        self._bench.live.wants(Wish(self.in_cards, "off" if self._aside else self.on_wires, calm))

    def tip(self, node: str = "", wire: tuple[str, str] | None = None) -> str:
        """What is told under the pointer: of which sample a picture is, how large weights or gradient are."""
        if self._bench.canvas.view is None:
            return ""
        scene, (row, rows) = self._bench.canvas.scene, self._bench.live.of
        sample = f"sample {row + 1:,} of {rows:,}" if rows else ""
        if node in scene.previews and sample and scene.previews[node].kind != "spark":
            return escape(_of_card(scene.previews[node], sample))
        look = scene.wire_pictures.looks.get(wire) if wire is not None else None
        if look is None:
            return ""
        what = scene.wire_pictures.what
        size = f"{look.size:.4g}" if look.size is not None else ""
        said = {"values": f"The value that flows for {sample}.",
                "weights": f"The weights that this wire meets{_drawn(look.preview)}. Norm {size}.",
                "gradients": f"How the loss of {sample} changes with what flows here. Norm {size}."}
        return escape(said.get(what, "") + ("" if what == "values" else " Orange is negative, blue is positive."))

    def _put(self, key: str, value: str | bool) -> None:
        self._bench.settings.put(key, value)
        self._bench.settings.save()
        self._show_checks()
        self.apply()
        if self._bench.bridge.running:
            self._bench.live.again()

    def _show_checks(self) -> None:
        actions = self._bench.actions
        actions.check("previews_cards", self.in_cards)
        for one in WIRES:
            actions.check(f"previews_{one}", one == self.on_wires)

    def _seen(self, seen: Mapping[str, Preview]) -> None:
        self._bench.canvas.set_previews(self._bench.rooms.here(seen) if self.in_cards else {})

    def _flowed(self, flows: Mapping[tuple[str, str], WireLook]) -> None:
        canvas, rooms = self._bench.canvas, self._bench.rooms
        if canvas.view is None:
            return
        start = f"{rooms.path}/" if rooms.path else ""
        here = {(own, port): one for (id, port), one in flows.items()
                if id.startswith(start) and "/" not in (own := id.removeprefix(start))}
        self._bench.live.painting, canvas.scene.pictures.spent = canvas.scene.pictures.spent, 0.0
        pictures, before = canvas.scene.wire_pictures, canvas.scene.wire_pictures.rect
        pictures.give_way(self._aside)
        pictures.show(self._bench.live.wish.wires, here)
        canvas.view.legend.row = self._bench.live.of[0]
        if (canvas.view.legend.look() or pictures.rect != before) and canvas.view.following:
            canvas.view.fit()

    def _ask(self, at: QPoint) -> None:
        """The legend was clicked."""
        menu = QMenu(self._bench.canvas)
        for one in WIRES:
            menu.addAction(self._bench.actions[f"previews_{one}"])
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)


def _of_card(preview: Preview, sample: str) -> str:
    match preview.kind:
        case "points":
            return "Rows of the data: the first feature to the right, the second upwards."
        case "signed":
            return ("What each neuron makes of the plane of the two features: blue where it is positive, orange where "
                    "it is negative.")
        case "images":
            return f"From {sample} on."
        case _:
            return f"For {sample}."


def _drawn(preview: Preview) -> str:
    match preview.kind:
        case "bundle":
            return ", each as a line from its input to its output"
        case "signed":
            return ": its first filters"
        case _:
            return ": the mean for each input"
