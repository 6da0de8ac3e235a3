"""The views of numbers: plots and inspectors, made late and told what they need to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from neuralgraph.session import Session
from neuralgraph.training.events import Beside, Event
from neuralgraph.ui.tabs import Tabs
from neuralgraph.ui.theme import Theme
from neuralgraph.validation.analysis import Analysis

if TYPE_CHECKING:
    from neuralgraph.ui.workbench import Workbench

PANELS = "neuralgraph.ui.panels"
TABS = (("step", "Step", "step_view", "StepPanel"), ("data", "Data", "data_view", "DataPanel"),
        ("try", "Try it", "try_it", "TryItPanel"), ("views", "Views", "views_panel", "ViewsPanel"),
        ("samples", "Samples", "samples", "SamplesPanel"),
        ("confusion", "Confusion", "confusion", "ConfusionPanel"),
        ("boundary", "Boundary", "boundary", "BoundaryPanel"))


class Views(QObject):
    """Every view is a widget built with `(session, bridge, theme)`; what it does not have is not asked of it."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._made: list[QWidget] = []
        self._node: str | None = None

    def add_tabs(self, tabs: Tabs) -> None:
        tabs.add("plots", "Plots", lambda: self._make("plots", "PlotsPanel"))

    def watch(self) -> None:
        """A run begins: its curves are kept from the first batch on, whatever can be seen."""
        self._bench.docks.bottom.page_of("plots")
        self.run_changed()

    def run_changed(self) -> None:
        """A run gets ready, or is over."""
        self._tell("run_changed")

    def add_more_tabs(self, tabs: Tabs) -> None:
        for key, title, module, name in TABS:
            if find_spec(f"{PANELS}.{module}") is not None:
                tabs.add(key, title, lambda module=module, name=name: self._make(module, name))  # type: ignore[misc]

    def try_it(self, file: Path | None = None) -> None:
        """The panel to try the trained network in, perhaps with a file that was dropped on the window."""
        panel = self._bench.docks.open_tab("try")
        if file is not None:
            panel.take(file)  # type: ignore[attr-defined]

    def step(self) -> None:
        """The panel that takes a training step apart."""
        self._bench.docks.open_tab("step").setFocus()
        self._bench.presenter.look()

    def minterms(self) -> None:
        """A network that computes the wanted column of the truth table."""
        from neuralgraph.ui.minterm_net import build

        build(self._bench)

    def inspector(self) -> QWidget | None:
        if find_spec(f"{PANELS}.inspector") is None:
            return None
        made = self._make("inspector", "Inspector")
        made.touch.touched.connect(self.weights_changed)  # type: ignore[attr-defined]
        made.touch.touched.connect(self._bench.live.look)  # type: ignore[attr-defined]
        made.touch.touched.connect(lambda: self._bench.time.weights_changed())  # type: ignore[attr-defined]
        self._bench.canvas.put_bar(made.touch.bar)  # type: ignore[attr-defined]
        made.row_shown.connect(self._bench.live.show_row)  # type: ignore[attr-defined]
        return made

    def set_session(self, session: Session) -> None:
        self._tell("set_session", session)

    def set_analysis(self, analysis: Analysis) -> None:
        self._tell("set_analysis", analysis)

    def set_theme(self, theme: Theme) -> None:
        self._tell("set_theme", theme)

    def show_node(self, node: str | None) -> None:
        self._node = node
        self._tell("show_node", node)

    def feed(self, events: Sequence[Event]) -> None:
        self._tell("feed", [one for one in events if not isinstance(one, Beside)])

    def clear(self) -> None:
        self._tell("clear")

    def weights_changed(self) -> None:
        """The program has other weights without a run."""
        self._tell("weights_changed")

    def moment_changed(self) -> None:
        """Another moment of the run is shown."""
        self.weights_changed()
        self._tell("moment_changed")

    def close(self) -> None:
        self._tell("close_view")

    def _make(self, module: str, name: str) -> QWidget:
        make: Callable[..., QWidget] = getattr(import_module(f"{PANELS}.{module}"), name)
        made = make(self._bench.session, self._bench.bridge, self._bench.theme)
        self._made.append(made)
        if self._node is not None and hasattr(made, "show_node"):  # it was selected before the panel was there
            made.show_node(self._node)
        if hasattr(made, "acted"):
            made.acted.connect(lambda name: self._bench.actions[name].trigger())
        if hasattr(made, "lit"):
            from neuralgraph.ui.step_on_canvas import StepOnCanvas

            StepOnCanvas(self._bench, made)
        return made

    def _tell(self, what: str, *arguments: Any) -> None:
        for one in self._made:
            method = getattr(one, what, None)
            if method is not None:
                method(*arguments)
