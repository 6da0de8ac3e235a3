"""Runs ▸ Follow: the curves of a run that another process or machine writes, live in the plots of this window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from neuralgraph.errors import NeuralGraphError
from neuralgraph.ui.bridge import AnalysisBridge, Pulse
from neuralgraph.ui.panels.plots_strip import Strip

if TYPE_CHECKING:
    from neuralgraph.training.following import Follower, Standing
    from neuralgraph.ui.workbench import Workbench

EVERY = 500
"""Milliseconds between two looks: twice a second."""
RECALL = 8
"""Every so many looks the steps that were kept are read."""


class Follow(QObject):
    """Looks in a thread of its own, for a shared disk may be slow; shows what came on the GUI thread."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._follower: Follower | None = None
        self._strip: Strip | None = None
        self._looks = 0
        self._before: Any = None
        """The curves that were drawn before."""
        self._worker = AnalysisBridge(self)
        self._worker.done.connect(self._looked)
        self._pulse = Pulse(EVERY, self)
        self._pulse.beat.connect(self._look)
        bench.bridge.started.connect(self.stop)

    @property
    def on(self) -> bool:
        """A run is being followed, or its end is shown."""
        return self._follower is not None

    def begin(self, wanted: Path | int) -> None:
        """Follow a run of the store by its number, or the one in a folder; a sentence where there is none."""
        from neuralgraph.training.following import Follower, located
        from neuralgraph.ui.dialogs import tell

        if self._bench.bridge.running:
            self._bench.say("warning", "This document trains itself. Stop that first, or follow from another tab.", "")
            return
        try:
            file = located(run=wanted) if isinstance(wanted, int) else located(wanted)
        except NeuralGraphError as error:
            self._bench.log.say(str(error), "warning")
            tell(self._bench.window, "There is nothing to follow", str(error))
            return
        self.stop()
        plots = self._bench.docks.bottom.page_of("plots")
        self._before = plots.run  # type: ignore[attr-defined]
        self._follower = Follower(file)
        self._strip = Strip(self._bench.theme, self.stop)
        plots.put_above(self._strip)  # type: ignore[attr-defined]
        self._strip.say(f"Looking for news in {file.parent} …")
        self._bench.docks.bottom.open("plots")
        self._bench.actions.enable("runs_unfollow", True)
        self._pulse.start()
        self._look()

    def stop(self) -> None:
        """Show the curves of this document again."""
        if self._follower is None:
            return
        self._pulse.stop()
        self._follower = None
        if self._strip is not None:
            self._strip.hide()
            self._strip.deleteLater()
            self._strip = None
        plots = self._bench.docks.bottom.page_of("plots")
        plots.take_back(self._before)  # type: ignore[attr-defined]
        self._before = None
        if self._bench.session.past_id is not None:
            self._bench.session.past = self._bench.session.past_id = self._bench.session.shown = None
            self._bench.time.forget()
        self._bench.actions.enable("runs_unfollow", False)

    def close(self) -> None:
        self._pulse.stop()
        self._follower = None
        self._worker.close()

    def _look(self) -> None:
        follower = self._follower
        if follower is not None and not self._worker.busy:
            self._worker.ask(lambda _none: _look(follower), None)

    def _looked(self, answer: Any) -> None:
        follower, events, standing, trouble = answer
        if follower is not self._follower or self._strip is None:
            return
        self._recall(standing)
        if events:
            self._bench.docks.bottom.page_of("plots").feed(events)  # type: ignore[attr-defined]
        if trouble:
            self._pulse.stop()
            self._strip.say(trouble, "error")
            self._strip.end()
            self._bench.log.say(trouble, "warning")
        elif standing.over:
            self._pulse.stop()
            self._strip.say(sentence(standing), "warning" if standing.trouble or standing.state == "failed" else "ok")
            self._strip.end()
            self._bench.log.say(sentence(standing))
        else:
            self._strip.say(sentence(standing), "warning" if standing.trouble else "")


    def _recall(self, standing: Standing) -> None:
        """Its steps on the bar of time, now and then, where it learns the drawing that is open."""
        from neuralgraph.training.store import Store

        self._looks += 1
        session, store, follower = self._bench.session, Store(), self._follower
        here = follower is not None and store.folder_of(standing.run) == follower.file.parent
        if not standing.run or not here or (self._looks % RECALL != 1 and not standing.over):
            return
        try:
            if store.graph(standing.run).computes(session.graph):
                session.recall(standing.run)
                self._bench.time.look()
        except NeuralGraphError:  # nothing was kept yet
            return


def _look(follower: Follower) -> tuple[Follower, list[Any], Standing, str]:
    """What is new, in the thread of the worker."""
    try:
        events, trouble = follower.look(), ""
    except NeuralGraphError as error:
        events, trouble = [], str(error)
    return follower, events, replace(follower.standing, figures=dict(follower.standing.figures)), trouble


def sentence(one: Standing) -> str:
    """«Digits», run 12 on gpu-3 · epoch 2 of 20 · loss 0.123 · 12 – 17 s left"""
    from neuralgraph.ui.training import figure, span

    name = f"«{one.title}», run {one.run}" if one.title else f"Run {one.run}"
    parts = [name if one.here or not one.host else f"{name} on {one.host}"]
    if one.over:
        parts.append({"interrupted": one.reason}.get(one.state, f"{one.state}: {one.reason}"))
    elif one.state == "paused":
        parts.append("paused")
    if one.epochs and one.state != "interrupted":
        parts.append(f"epoch {min(one.epoch + (not one.over), one.epochs)} of {one.epochs}")
    if one.loss == one.loss and one.state != "interrupted":
        parts.append(f"loss {figure(one.loss)}")
    if one.left is not None and not one.over:
        parts.append(f"{span(*one.left)} left")
    if one.trouble and not one.over:
        parts.append(one.trouble)
    return " · ".join(parts)
