"""Twins in the window: who the other one is, both curves in the plots, both views side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from neuralgraph.errors import NeuralGraphError
from neuralgraph.session import Session
from neuralgraph.training.events import Beside, Started
from neuralgraph.ui.bridge import AnalysisBridge
from neuralgraph.ui.panels.twin_view import BesideBridge, TwinView

if TYPE_CHECKING:
    from neuralgraph.lockstep import Twins
    from neuralgraph.ui.panels.plots_run import RunCurves
    from neuralgraph.ui.workbench import Workbench

FIGURES = 3
"""So many numbers of each are said above its view."""


class Twinning(QObject):
    """A pair is one run of two: it waits in the queue, is paused and stopped as any run."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self.pair: Twins | None = None
        self._curves: RunCurves | None = None
        self._beside = BesideBridge(bench.bridge, lambda: bench.training.state.phase == "paused", self)
        self._view: TwinView | None = None
        self._wished = 0
        self._step: int | None = None
        """The step that is shown; None: what is now."""
        self._worker = AnalysisBridge(self)
        self._worker.done.connect(self._wound)
        bench.docks.bottom.add("twin", "Twin", self._make, shown=False)
        bench.bridge.events.connect(self._hear)
        bench.bridge.ended.connect(self._ended)
        bench.documents.opened.connect(lambda _session: self.forget())
        bench.theme.changed.connect(self._dress)

    def show(self) -> None:
        """The dialogue on the open document."""
        from neuralgraph.ui.panels.twin_dialog import TwinDialog

        bench = self._bench
        if bench.training.state.phase != "idle":
            bench.say("warning", "A run is under way. Stop it first, then train with a twin.", "")
            return
        if bench.training.state.errors:
            bench.say("warning", "The document has problems. Solve them first, then train with a twin.", "")
            return
        others = self._others()
        dialog = TwinDialog(bench.window, bench.theme, bench.session.graph, bench.session.catalog,
                            [one.title for one in others])
        dialog.wanted.connect(partial(self._wanted, others))
        dialog.open()

    def begin(self, other: Session | Mapping[str, Any]) -> None:
        """Train the open document and its twin, from their initial weights."""
        from neuralgraph.lockstep import paired
        from neuralgraph.ui.panels.plots_run import SHARES, RunCurves

        bench = self._bench
        try:
            pair = paired(bench.session, other, store=True, device=bench.training.device,
                          threads=bench.training.threads)
        except NeuralGraphError as error:
            bench.say("error", str(error), "")
            bench.status.mention(str(error))
            return
        bench.training.reset()
        self.pair = pair
        self._beside.control = pair.beside
        plots: Any = bench.docks.bottom.page_of("plots")
        titles = {id: (one.title or one.type, one.type in SHARES) for id, one in pair.right.graph.nodes.items()}
        self._curves = RunCurves(plots.smoothing, titles, name=pair.called)
        self._curves.kind = "ghost twin"
        plots.overlay([self._curves])
        view = bench.docks.bottom.open("twin")
        assert isinstance(view, TwinView)
        view.show_twins(pair.left, pair.right, (pair.left.title, f"twin: {pair.called}"))
        bench.say("note", f"Training with a twin: {pair.called}. Both see the same batches.", "")
        bench.training.train_on(pair)

    def forget(self) -> None:
        """Another document is open."""
        self.pair = self._curves = self._step = None
        self._beside.control = None
        if self._view is not None:
            self._view.forget()

    def wind(self, step: int | None) -> None:
        """The twin at the step that is shown of the left one; None: as it is now."""
        pair, self._wished, self._step = self.pair, self._wished + 1, step
        if pair is None:
            return
        self._say()
        wish, rewind = self._wished, pair.right.rewind()
        if step is None:
            pair.right.shown = None
            self._look()
        else:
            self._worker.ask(lambda _graph: _wound(rewind, step, lambda: wish == self._wished), pair.right.graph)

    def _wound(self, shown: Any) -> None:
        if self.pair is not None and shown is not None and self.pair.left.shown is not None:
            self.pair.right.shown = shown
            self._look()

    def _say(self) -> None:
        """The figures of both at the step that is shown."""
        if self._view is not None and self._curves is not None:
            plots: Any = self._bench.docks.bottom.page_of("plots")
            step = float("inf") if self._step is None else self._step
            both = (plots.run, self._curves)
            self._view.say([_numbers(one, step) for one in both], [_values(one, step) for one in both])

    def show_node(self, node: str | None) -> None:
        """Another node is selected on the canvas."""
        if self._view is not None:
            self._view.show_node(node)

    def _look(self) -> None:
        if self._view is not None:
            self._view.weights_changed()

    def close(self) -> None:
        self._wished += 1
        self._worker.close()
        if self._view is not None:
            self._view.close_view()

    def _make(self) -> QWidget:
        self._view = TwinView(self._bench.bridge, self._beside, self._bench.theme)
        return self._view

    def _others(self) -> list[Session]:
        """The documents that are open beside this one."""
        shell = self._bench.window.shell
        pages = shell.pages if shell is not None else []
        return [page.bench.session for page in pages
                if page is not self._bench.window and hasattr(page, "bench") and not page.bench.documents.blank]

    def _wanted(self, others: Sequence[Session], chosen: Any) -> None:
        if isinstance(chosen, Mapping):
            self.begin(chosen)
        elif chosen >= 0:
            self.begin(others[chosen])
        else:
            name, _ = QFileDialog.getOpenFileName(self._bench.window, "The twin", "", "NeuralGraph (*.ngraph *.ngz)")
            if name:
                try:
                    self.begin(Session.open(Path(name), guarded=True))
                except NeuralGraphError as error:
                    self._bench.say("error", str(error), "")

    def _hear(self, events: Sequence[Any]) -> None:
        beside = [one.event for one in events if isinstance(one, Beside)]
        if self.pair is None or self._curves is None:
            return
        if beside:
            self._curves.feed(beside)
        if self._view is not None:
            self._view.feed(beside)
            self._say()
        for one in beside:
            if isinstance(one, Started):
                self._bench.actions.enable("twin", False)

    def _ended(self) -> None:
        self._bench.actions.enable("twin", True)
        self._beside.control = None
        if self.pair is not None:
            self._look()

    def _dress(self) -> None:
        if self._view is not None:
            self._view.set_theme(self._bench.theme)


def _wound(rewind: Any, step: int, going: Callable[[], bool]) -> Any:
    """The twin at a step; None where it does not know that, or nobody asks any more."""
    try:
        return rewind.at(step, going=going)
    except NeuralGraphError:
        return None


def _numbers(curves: RunCurves, step: float) -> str:
    """«loss 0.123 · accuracy 97.2 %» after so many batches."""
    parts = []
    for figure in list(curves.figures.values()):
        value = figure.at("step", step)
        if value is not None and figure.name not in ("learning rate", "gradient norm"):
            parts.append(f"{figure.title.lower()} {figure.spell(value)}")
    return " · ".join(parts[:FIGURES])


def _values(curves: RunCurves, step: float) -> dict[str, str]:
    """What the cards say, by node."""
    return {id: figure.spell(value) for id, figure in curves.figures.items()
            if (value := figure.at("step", step)) is not None}
