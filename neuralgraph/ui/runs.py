"""The runs that were kept: shows them in the Runs panel, live, and says what can be done with those selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from neuralgraph.errors import NeuralGraphError
from neuralgraph.training.kept import INTERRUPTED, RUNNING, STOPPED, Kept
from neuralgraph.ui.bridge import Pulse, later
from neuralgraph.ui.follow import Follow
from neuralgraph.ui.panels.runs import RunsPanel
from neuralgraph.ui.run_commands import MOST, RunCommands

if TYPE_CHECKING:
    from neuralgraph.training.store import Store
    from neuralgraph.ui.workbench import Workbench

EVERY = 1000
"""Milliseconds between two looks at the run store while the panel is seen."""
DOCUMENT = 7
"""Its place among what a glance brings."""
MENU = ("runs_details", "runs_copy", "", "runs_go_on", "runs_weights", "runs_best", "runs_as_it_was", "runs_steps", "",
        "runs_pin", "runs_compare", "runs_follow", "", "runs_rename", "runs_note", "runs_keep", "", "runs_csv",
        "runs_tensorboard", "", "runs_delete")
KEYS = {"details": "runs_details", "rename": "runs_rename", "delete": "runs_delete", "copy": "runs_copy"}


class Runs(QObject):
    """The panel is made when it is first looked at; the store is read while somebody looks."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self.panel: RunsPanel | None = None
        self.follower = Follow(bench)
        self._glance: dict[int, tuple[Any, ...]] | None = None
        self._own: set[int] = set()
        """Runs that this document made before it had a file."""
        self.commands = RunCommands(bench, self)
        self._pulse = Pulse(EVERY, self)
        self._pulse.beat.connect(self.look)
        bench.documents.opened.connect(self._opened)
        bench.documents.saved.connect(self.look)
        bench.bridge.ended.connect(self._ended)
        bench.theme.changed.connect(self._dress)
        later(0, self._chosen, self)  # the commands are made by then

    # -- the panel --------------------------------------------------------------------------------------------------

    def make(self) -> RunsPanel:
        """The panel, for its tab."""
        panel = self.panel = RunsPanel(self._bench.theme)
        actions = self._bench.actions
        panel.add_buttons({id: actions[id] for id in MENU if id})
        panel.menu_actions = [actions[id] if id else None for id in MENU]
        panel.seen.connect(self._seen)
        panel.filtered.connect(self.filter)
        panel.again.connect(self._again)
        panel.undo_wanted.connect(self.commands.undo_delete)
        panel.table.chosen.connect(self._chosen)
        panel.table.wanted.connect(self._key)
        self._chosen()
        return panel

    def show(self) -> None:
        """Bring the panel to the front."""
        self._bench.docks.open_tab("runs")
        if self.panel is not None:
            self.panel.table.setFocus()

    def _seen(self) -> None:
        if self._glance is None:
            later(0, self.look, self)
        else:
            self.look()
        self._pulse.start()

    def look(self) -> None:
        """Read what changed since the last look; nothing while nobody looks."""
        panel = self.panel
        if panel is None or not panel.isVisible():
            self._pulse.stop()
            return
        store = self._store()
        try:
            now = store.glance()
            before = self._glance or {}
            # one that says that it is under way may have lost its process
            changed = [id for id, row in now.items() if before.get(id) != row or row[1] == RUNNING]
            found = store.runs() if self._glance is None else store.some(changed)
        except NeuralGraphError as error:
            self._glance = None
            panel.fail(str(error))
            return
        for note in store.notes:
            self._bench.say("warning", note, "")
        gone = panel.table.runs.known.keys() - now.keys()
        self._glance = now
        if found or gone or not before:
            panel.table.runs.put(found, gone)
            self.filter()
            self._chosen()

    def filter(self) -> None:
        """Show what is to be shown, and count."""
        if self.panel is not None:
            self.panel.pass_only(self._document, self._own, self.commands.leaving)
        self._count()

    def _count(self) -> None:
        """The pill of the tab: how many runs this document has."""
        try:
            glance = self._glance if self._glance is not None else self._store().glance()
        except NeuralGraphError:  # said when somebody looks
            return
        document = self._document
        count = sum(id in self._own or (bool(document) and row[DOCUMENT] == document) for id, row in glance.items()
                    if id not in self.commands.leaving)
        self._bench.docks.bottom.count("runs", count or None)

    @property
    def _document(self) -> str:
        path = self._bench.session.path
        return str(path.resolve()) if path is not None else ""

    def _again(self) -> None:
        if self.panel is not None and not self.panel.pressed():
            self.look()

    def _opened(self, _session: object) -> None:
        self._own = set()
        self.follower.stop()
        later(0, self.filter, self)

    def _ended(self) -> None:
        run = self._bench.session.run
        if run is not None and run.id is not None:
            self._own.add(run.id)
        self._glance = self._glance if self.panel is not None and self.panel.isVisible() else None
        self.look()
        self._count()

    def _dress(self) -> None:
        if self.panel is not None:
            self.panel.set_theme()

    def _key(self, word: str) -> None:
        if word == "refresh":
            self._glance = None
            self.look()
        elif self._bench.actions[KEYS[word]].isEnabled():
            self._bench.actions[KEYS[word]].trigger()

    @property
    def chosen(self) -> list[Kept]:
        """The runs that are selected in the panel."""
        return self.panel.table.selected() if self.panel is not None else []

    def _chosen(self) -> None:
        """Which commands can be done with what is selected."""
        runs = self.chosen
        one = runs[0] if len(runs) == 1 else None
        done = one is not None and one.state != RUNNING
        weights = one.files if one is not None and done and not one.thinned else {}
        able = {
            **dict.fromkeys(("runs_details", "runs_rename", "runs_note"), one is not None),
            **dict.fromkeys(("runs_copy", "runs_pin", "runs_keep", "runs_csv", "runs_tensorboard"), bool(runs)),
            "runs_weights": "last" in weights or "checkpoint" in weights, "runs_best": "best" in weights,
            "runs_as_it_was": done, "runs_steps": done and one is not None and not one.thinned,
            "runs_compare": 2 <= len(runs) <= MOST,
            "runs_go_on": "checkpoint" in weights and one is not None and one.state in (INTERRUPTED, STOPPED)
                          and self._here(one),
            "runs_delete": bool(runs) and all(run.state != RUNNING for run in runs),
        }
        for id, on in able.items():
            self._bench.actions.enable(id, on)
            if self.panel is not None:
                self.panel.enable(id, on)
        self._bench.actions.enable("runs_unfollow", self.follower.on)
        kept = bool(runs) and all(run.pinned for run in runs)
        self._bench.actions.say("runs_keep", "Let go of it" if kept else "Keep for good", enabled=bool(runs))

    def _here(self, one: Kept) -> bool:
        """It is a run of the document that is open."""
        return one.id in self._own or bool(one.document and one.document == self._document)

    # -- following --------------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """The run that is selected, where another process trains it; else ask which."""
        from neuralgraph.ui.panels.runs_dialogs import FollowDialog

        mine = self._bench.session.run.id if self._bench.bridge.running and self._bench.session.run else None
        chosen = [one for one in self.chosen if one.state == RUNNING and one.id != mine]
        if len(chosen) == 1 and self.panel is not None and self.panel.isVisible():
            self.follower.begin(chosen[0].id)
            return
        found = self.commands.tried(lambda: self._store().runs(most=200)) or []
        live = [one for one in found if one.state == RUNNING and one.id != mine]
        FollowDialog(self._bench.window, self._bench.theme, live, self.follower.begin).show()

    def unfollow(self) -> None:
        self.follower.stop()

    # -- what they share --------------------------------------------------------------------------------------------

    def close(self) -> None:
        """The window closes."""
        self._pulse.stop()
        self.follower.close()
        self.commands.finish_deleting()

    @staticmethod
    def _store() -> Store:
        from neuralgraph.training.store import Store

        return Store()

