"""The commands of kept runs: what is done with those that are selected in the Runs panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from neuralgraph.errors import NeuralGraphError
from neuralgraph.training.kept import BEST, LAST, Kept
from neuralgraph.ui.bridge import later
from neuralgraph.ui.panels.runs_words import as_text

if TYPE_CHECKING:
    from neuralgraph.training.store import Store
    from neuralgraph.ui.panels.plots_run import RunCurves
    from neuralgraph.ui.runs import Runs
    from neuralgraph.ui.workbench import Workbench

REGRET = 20_000
"""Milliseconds in which deleting can be undone."""
MOST = 4
"""So many runs are set side by side."""


class RunCommands(QObject):
    """What cannot be done is said in the log and the status line; the window stays as it was."""

    def __init__(self, bench: Workbench, runs: Runs) -> None:
        super().__init__(bench)
        self._bench, self._runs = bench, runs
        self.leaving: set[int] = set()
        """They are deleted, but can still be brought back."""

    @property
    def chosen(self) -> list[Kept]:
        return self._runs.chosen

    # -- with one run -----------------------------------------------------------------------------------------------

    def details(self) -> None:
        from neuralgraph.ui.panels.runs_dialogs import details

        for one in self.chosen[:1]:
            events = self.tried(lambda one=one: self._store().events(one.id))  # type: ignore[misc]
            if events is not None:
                details(self._bench.window, self._bench.theme, one, events).show()

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(as_text(self.chosen))
        self._bench.status.mention(f"Copied {_runs(len(self.chosen))}.")

    def go_on(self) -> None:
        """Where it was broken off or stopped."""
        for one in self.chosen[:1]:
            self._bench.kept.go_on(one.id)

    def take_last(self) -> None:
        """Its last weights, into the open document."""
        for one in self.chosen[:1]:
            self._bench.documents.take_weights(one.files.get("last", one.folder / LAST))

    def take_best(self) -> None:
        for one in self.chosen[:1]:
            self._bench.documents.take_weights(one.folder / BEST)

    def as_it_was(self) -> None:
        """The document of that run as a copy, with its weights where they are still there."""
        from neuralgraph.session import Session

        for one in self.chosen[:1]:
            graph = self.tried(lambda one=one: self._store().graph(one.id))  # type: ignore[misc]
            if graph is None:
                return
            home = Path(one.document).parent if one.document else None
            session = Session.copy_of(graph, f"{one.title or 'Untitled'} (run {one.id})", home)
            session.guarded = True
            if "last" in one.files:
                self.tried(lambda one=one, session=session: session.load_weights(one.files["last"]))  # type: ignore[misc]
            if not one.thinned:
                self.tried(lambda one=one, session=session: session.recall(one.id))  # type: ignore[misc]
            self._bench.documents.take(session)

    def steps(self) -> None:
        """Its steps on the bar of time, in the open document."""
        for one in self.chosen[:1]:
            said = self.tried(lambda one=one: self._bench.session.recall(one.id))  # type: ignore[misc]
            if said is None:
                return
            for text in said:
                self._bench.say("warning", text, "")
            self._bench.time.forget()
            self.draw(one.id)
            self._bench.time.to_the_end()

    def draw(self, id: int) -> None:
        """Its curves, as if it had been learned here."""
        curves = self.tried(lambda: self._curves(self._store().get(id)))
        if curves is not None:
            curves.name = ""
            self._plots().take_back(curves)

    def rename(self) -> None:
        from neuralgraph.ui.panels.runs_dialogs import ask_text

        for one in self.chosen[:1]:
            ask_text(self._bench.window, self._bench.theme, f"Rename run {one.id}", one.name or one.called,
                     lambda text, one=one: self._change([one], name=text)).open()  # type: ignore[misc]

    def note(self) -> None:
        from neuralgraph.ui.panels.runs_dialogs import ask_text

        for one in self.chosen[:1]:
            ask_text(self._bench.window, self._bench.theme, f"Note on run {one.id}", one.note,
                     lambda text, one=one: self._change([one], note=text),  # type: ignore[misc]
                     hint="What was tried, what came of it").open()

    # -- with several -----------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Kept for good they are never thrown away to save space; or no longer, where all of them are."""
        runs = self.chosen
        self._change(runs, pinned=int(not all(one.pinned for one in runs)))

    def pin(self) -> None:
        """As ghost curves behind those that are drawn."""
        for one in self.chosen[-3:]:
            curves = self.tried(lambda one=one: self._curves(one))  # type: ignore[misc]
            if curves is not None:
                self._plots().pin_run(curves)
        self._show_plots()

    def compare(self) -> None:
        """Their curves overlaid in the plots, what differs between them in a window."""
        from neuralgraph.training.compared import differences, side_by_side
        from neuralgraph.ui.panels.runs_dialogs import comparison

        runs = sorted(self.chosen, key=lambda one: one.id)[:MOST]
        store = self._store()
        found = self.tried(lambda: [differences(store, runs[0], one) for one in runs[1:]])
        curves = self.tried(lambda: [self._curves(one) for one in runs])
        if found is None or curves is None:
            return
        self._plots().overlay(curves)
        self._show_plots()
        comparison(self._bench.window, self._bench.theme, runs, found, side_by_side(runs)).show()

    def export_csv(self) -> None:
        """Every number of each, exactly what is plotted."""
        from neuralgraph.graph.save import write_checked
        from neuralgraph.training.plotted import as_csv

        for one in self.chosen:
            path, _ = QFileDialog.getSaveFileName(self._bench.window, f"Export {one.called}", f"run-{one.id}.csv",
                                                  "Numbers (*.csv)")
            if not path:
                return
            self.tried(lambda one=one, path=path: write_checked(  # type: ignore[misc]
                Path(path), as_csv(self._store(), one.id).encode()), f"Wrote {path}.")

    def export_tensorboard(self) -> None:
        from neuralgraph.training.tensorboard import MISSING, missing, write_tensorboard

        if missing():
            self._bench.say("warning", MISSING, "")
            self._bench.docks.bottom.open("log")
            return
        folder = QFileDialog.getExistingDirectory(self._bench.window, "A folder for TensorBoard logs")
        for one in self.chosen if folder else ():
            self.tried(lambda one=one: write_tensorboard(self._store(), one.id, Path(folder)),  # type: ignore[misc]
                        f"Wrote a log of {one.called}. Look at it with: tensorboard --logdir {folder}")

    def delete(self) -> None:
        """Ask, then hide them; they are gone when it can no longer be undone."""
        from neuralgraph.ui.dialogs import choose

        runs = self.chosen
        pinned = sum(one.pinned for one in runs)
        text = "Their curves and weights are thrown away. For 20 seconds that can be undone."
        if pinned:
            text = f"{pinned} of them should be kept for good. {text}" if len(runs) > 1 else \
                f"It should be kept for good. {text}"
        if choose(self._bench.window, f"Delete {_runs(len(runs))}?", text, "Delete") != 0:
            return
        self.finish_deleting()
        self.leaving = {one.id for one in runs}
        if self._runs.panel is not None:
            what = _runs(len(runs)) if len(runs) > 1 else f"«{runs[0].called}»"
            self._runs.panel.offer_undo(f"{what} deleted.")
        self._runs.filter()
        later(REGRET, self._regretted(frozenset(self.leaving)), self)

    def undo_delete(self) -> None:
        """Bring back what was deleted last."""
        back, self.leaving = self.leaving, set()
        if self._runs.panel is not None:
            self._runs.panel.offer_undo("")
            self._runs.filter()
            self._runs.panel.table.select(back)

    def finish_deleting(self) -> None:
        """Now it is done."""
        gone, self.leaving = self.leaving, set()
        store = self._store()
        for id in gone:
            self.tried(lambda id=id: store.delete(id))  # type: ignore[misc]
        if self._runs.panel is not None and gone:
            self._runs.panel.offer_undo("")
            self._runs.panel.table.runs.put((), gone)
            self._runs.filter()

    def _regretted(self, those: frozenset[int]) -> Callable[[], None]:
        def done() -> None:
            if self.leaving == those:
                self.finish_deleting()

        return done

    # -- what they share --------------------------------------------------------------------------------------------

    def _change(self, runs: Sequence[Kept], **values: Any) -> None:
        store = self._store()
        for one in runs:
            self.tried(lambda one=one: store.change(one.id, **values))  # type: ignore[misc]
        self._runs.look()

    def _curves(self, one: Kept) -> RunCurves:
        from neuralgraph.training.told import told
        from neuralgraph.ui.panels.plots_run import SHARES, RunCurves

        store, plots = self._store(), self._plots()
        nodes = store.graph(one.id).nodes
        titles = {id: (placed.title or placed.type, placed.type in SHARES) for id, placed in nodes.items()}
        curves = RunCurves(plots.smoothing, titles, name=f"{one.id} · {one.name}" if one.name else f"run {one.id}")
        curves.feed(told(store, one.id))
        curves.over = True
        return curves

    def _plots(self) -> Any:
        return self._bench.docks.bottom.page_of("plots")

    def _show_plots(self) -> None:
        self._bench.docks.bottom.open("plots")

    def tried(self, work: Callable[[], Any], done: str = "") -> Any:
        """Do it; where it cannot be done, say why. What comes of it, or None."""
        try:
            found = work()
        except (NeuralGraphError, OSError) as error:
            self._bench.say("error", str(error), "")
            self._bench.status.mention(str(error))
            return None
        if done:
            self._bench.say("note", done, "")
        return found

    @staticmethod
    def _store() -> Store:
        from neuralgraph.training.store import Store

        return Store()


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"
