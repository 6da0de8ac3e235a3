"""What the window holds once it is furnished: every part, and who tells whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from neuralgraph.errors import EditError
from neuralgraph.graph.history import Change
from neuralgraph.session import Session
from neuralgraph.ui.actions import Actions
from neuralgraph.ui.bridge import AnalysisBridge, TrainingBridge, later
from neuralgraph.ui.brought import Brought
from neuralgraph.ui.canvas_area import CanvasArea
from neuralgraph.ui.controls import LIVE
from neuralgraph.ui.curtain import Curtain
from neuralgraph.ui.devices import devices
from neuralgraph.ui.docks import Docks
from neuralgraph.ui.doctor import Doctoring
from neuralgraph.ui.documents import Documents
from neuralgraph.ui.downloads import Downloads
from neuralgraph.ui.dropped import Bringing
from neuralgraph.ui.faults import Faults
from neuralgraph.ui.finder import Finder
from neuralgraph.ui.kept_runs import KeptRuns
from neuralgraph.ui.last_weights import LastWeights
from neuralgraph.ui.lessons.guide import Guide
from neuralgraph.ui.live import LivePictures
from neuralgraph.ui.offers import Offers
from neuralgraph.ui.panels.history import HistoryPanel
from neuralgraph.ui.panels.log import LogPanel
from neuralgraph.ui.panels.outline import OutlinePanel
from neuralgraph.ui.panels.palette import Palette
from neuralgraph.ui.panels.problems import ProblemsPanel
from neuralgraph.ui.panels.properties import Properties
from neuralgraph.ui.panels.weights_dialog import TypedWeights
from neuralgraph.ui.presenter import Presenter
from neuralgraph.ui.previewing import Previewing
from neuralgraph.ui.rooms import Rooms
from neuralgraph.ui.runs import Runs
from neuralgraph.ui.safekeeping import Safekeeping
from neuralgraph.ui.searching import Searching
from neuralgraph.ui.time_travel import TimeTravel
from neuralgraph.ui.training import Training, shortened
from neuralgraph.ui.training_bar import BarState
from neuralgraph.ui.twinning import Twinning
from neuralgraph.ui.views import Views
from neuralgraph.validation.analysis import Analysis
from neuralgraph.validation.problem import Fix

if TYPE_CHECKING:
    from neuralgraph.ui.welcome import Welcome
    from neuralgraph.ui.window import MainWindow


class Workbench(QObject):
    """Made after the first paint. Parts are told what changed; none of them knows another."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window, self.theme, self.settings = window, window.theme, window.settings
        self.bar, self.status = window.bar, window.status
        self.analysis, self.bridge = AnalysisBridge(self), TrainingBridge(self)
        self.training = Training(self.bridge, self)
        self.canvas = CanvasArea(self.theme)
        self.documents = Documents(window, self.canvas, self.settings)
        self.keeping = Safekeeping(window, self.theme)
        self.docks = Docks(window, self.theme, self.settings)
        self.log, self.outline = LogPanel(self.theme), OutlinePanel(self.theme)
        self.faults = Faults(self.log, self, window.isVisible)
        self.problems, self.history = ProblemsPanel(self.theme), HistoryPanel(self.theme)
        for panel in (self.log, self.problems, self.history, self.outline):  # some are never shown: who dies with it?
            panel.setParent(window)
            panel.hide()
        self.properties = Properties(self.theme)
        self.palette = Palette(self.session.catalog, self.theme)
        self.finder = Finder(self.canvas, self.theme)
        self.last, self.kept, self.brought = LastWeights(self), KeptRuns(self), Brought(self)
        self.offers, self.runs = Offers(self), Runs(self)
        self.views, self.live = Views(self), LivePictures(self.bridge, self)
        self.rooms = Rooms(self)
        self.previewing, self.doctor, self.typing = Previewing(self), Doctoring(self), TypedWeights(self)
        self.downloads, self.bringing = Downloads(self), Bringing(self)
        self.documents.bring = self.bringing.open
        self.presenter, self.searching, self.guide = Presenter(self), Searching(self), Guide(self)
        self.curtain, self.time, self.twins = Curtain(self), TimeTravel(self), Twinning(self)
        window.centre.addWidget(self.canvas)
        self.actions = Actions(window, {
            "window": window, "documents": self.documents, "docks": self.docks, "canvas": self.canvas,
            "training": self.training, "editing": self, "keeping": self.keeping, "presenter": self.presenter,
            "time": self.time, "twins": self.twins, "searching": self.searching, "runs": self.runs,
            "run": self.runs.commands, "views": self.views, "previewing": self.previewing,
            "guide": self.guide,
        }, self.theme, self.settings.table("keys"))
        window.row.fill(self.actions)
        self._place()
        self._wire()
        self.dress()
        for note in self.settings.notes:
            self.say("warning", note, "")

    @property
    def session(self) -> Session:
        return self.documents.session

    # -- making -----------------------------------------------------------------------------------------------------

    def _place(self) -> None:
        tabs = self.docks.bottom
        self.views.add_tabs(tabs)
        tabs.add("problems", "Problems", lambda: self.problems)
        tabs.add("runs", "Runs", self.runs.make)
        self.views.add_more_tabs(tabs)
        tabs.add("outline", "Outline", lambda: self.outline)
        tabs.add("log", "Log", lambda: self.log)
        tabs.add("history", "History", lambda: self.history, shown=False)
        tabs.count("problems", 0)
        self.docks.fill(self.palette, self.properties, self.views.inspector())
        if not self.docks.restore():
            later(0, self.docks.measure, self)
        self.docks.restore_tabs()
        self.bar.set_devices(tuple(name for _, name in devices()))
        self.bar.connect_to(reset=self.training.reset, toggle=self.training.toggle, step=self.training.one_batch,
                            stop=self.training.stop, roll=self.training.roll, present=self.presenter.toggle)

    def _wire(self) -> None:
        self.documents.opened.connect(self.keeping.follow)
        self.documents.opened.connect(self.show_session)
        self.documents.saved.connect(self.keeping.saved)
        self.documents.saved.connect(self.last.keep)
        self.documents.saved.connect(self.kept.saved)
        self.documents.elsewhere = self.keeping.elsewhere
        self.documents.busy = lambda: self.training.state.phase != "idle"
        self.documents.weights_taken.connect(self.views.weights_changed)
        self.documents.weights_taken.connect(self.live.look)
        self.keeping.recovered.connect(self.documents.take)
        self.keeping.left.connect(self.offers.count_lost)
        self.keeping.changed.connect(self.offers.changed_outside)
        self.documents.saved.connect(lambda: self._show_saved(just_now=True))
        self.documents.failed.connect(self._tell)
        for one in (self.documents, self.training, self.keeping):
            one.said.connect(self.say)
        self.analysis.done.connect(self._analysed)
        self.analysis.failed.connect(lambda text: self.say("error", "The check failed.", text))
        self.bridge.failed.connect(lambda text: self.say("error", "Training met an error.", text))
        self.bridge.started.connect(self.views.watch)
        self.bridge.events.connect(self.kept.hear)
        self.bridge.events.connect(self.views.feed)
        self.bridge.ended.connect(self.last.keep)
        self.bridge.ended.connect(self.views.run_changed)
        self.training.shown.connect(self._show_training)
        self.training.shown.connect(self.presenter.show_state)
        self.bridge.events.connect(lambda _events: self.presenter.look())
        self.training.cleared.connect(self.presenter.look)
        self.training.cleared.connect(self.views.clear)
        self.training.cleared.connect(self.live.clear)
        self.training.values.connect(self.time.figures.values)
        self.training.over.connect(self._over)
        self.training.rate_wanted.connect(self._ask_rate)
        self.training.weights_wanted.connect(self.documents.save_weights)
        self.canvas.selected.connect(self._selected)
        self.canvas.said.connect(self.status.mention)
        for panel in (self.canvas, self.properties, self.problems):
            panel.fix_wanted.connect(self.apply_fix)
        self.properties.help_wanted.connect(self.window.help_on)
        self.properties.action_wanted.connect(self.canvas.run)
        self.properties.typing_wanted.connect(self.typing.begin)
        self.properties.resized.connect(self._share)
        self.problems.jump.connect(self.rooms.reveal)
        self.outline.chosen.connect(self.canvas.select)
        self.palette.wanted.connect(self.canvas.add)
        self.log.counted.connect(lambda n: self.docks.bottom.count("log", n or None, "error"))
        self.docks.moved.connect(self._show_docks)
        self.bar.device.activated.connect(self._device_chosen)
        self.theme.changed.connect(self.dress)

    # -- the document -----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Show the empty document there is."""
        self.keeping.follow(self.session)
        self.show_session(self.session)

    def show_session(self, session: Session) -> None:
        """Another document is open."""
        self.hide_welcome()
        self.canvas.advice.forget()
        self.live.set_session(session)
        self.rooms.show_session(session)
        self.palette.show_modules(session.graph.modules)
        session.history.subscribe(self._changed)
        self.status.forget()
        self.status.wait()
        session.device = self.training.device
        session.at_rest = self.bridge.at_rest
        session.picture_of = lambda _graph: self.canvas.as_png()
        self.training.set_session(session)
        for panel in (self.problems, self.history):
            panel.set_session(session)
        self.views.set_session(session)
        self._show_steps()
        self._show_saved()
        self.analysis.ask(session.analyse, session.graph)
        self.last.offer()
        self.presenter.again()

    def undo(self) -> None:
        self._step(self.session.undo, "Undid")

    def redo(self) -> None:
        self._step(self.session.redo, "Did again")

    def apply_fix(self, fix: Fix) -> None:
        """A one-click remedy: an edit like any other, or a question first."""
        if fix.ask == "download":
            self.downloads.begin(fix)
            return
        if fix.edit is None:
            if self.documents.answer(fix):
                self.analysis.ask(self.session.analyse, self.session.graph)
            return
        try:
            self.session.edit(fix.edit)
            self.status.mention(fix.label)
        except EditError as error:
            self.say("warning", f"{fix.label} no longer fits: {error}", "")

    def _step(self, step: Any, verb: str) -> None:
        label = step()
        if label:
            self.status.mention(f"{verb}: {label}")

    def _changed(self, change: Change) -> None:
        if change.after is not self.session.graph:
            return
        later(0, self._show_steps, self)
        later(0, self._show_saved, self)
        self.analysis.ask(self.session.analyse, change.after)
        self.canvas.scene.set_stale(self.session.stale)
        self.rooms.follow(change)
        if change.before.modules is not change.after.modules:
            self.palette.show_modules(change.after.modules)
        if change.before.plan != change.after.plan or self.bridge.running:
            self.training.follow_document()

    def _analysed(self, analysis: Analysis) -> None:
        if analysis.graph is not self.session.graph and self.analysis.busy:
            return
        self.session.accept(analysis)
        self.rooms.settle(analysis)
        here = self.rooms.room.analysis or analysis
        for part in (self.canvas, self.properties, self.outline):
            part.set_analysis(here)
        self.problems.set_analysis(analysis)
        self.status.show_analysis(analysis)
        self.views.set_analysis(analysis)
        self.live.look()
        self.brought.look()
        self.guide.look()
        self.presenter.look()
        self.training.follow_problems(len(analysis.errors))
        count = len([one for one in analysis.problems if one.severity != "note"])
        worst = analysis.problems[0].severity if count else ""
        self.docks.bottom.count("problems", count, worst)

    def _selected(self, ids: tuple[str, ...]) -> None:
        self.properties.show_ids(ids)
        self.outline.select(ids)
        room = self.rooms.room
        node = room.path_of(ids[0]) if len(ids) == 1 and ids[0] in room.graph.nodes else None
        self.views.show_node(node)
        self.twins.show_node(node)

    def _share(self) -> None:
        later(0, lambda: self.docks.share(self.properties.wanted_height(), inspector=bool(self.properties.ids)), self)

    # -- what is shown ----------------------------------------------------------------------------------------------

    def dress(self) -> None:
        """The colours of the present theme, everywhere."""
        for part in (self.window.row, self.status, self.canvas, self.palette, self.properties, self.problems,
                     self.history, self.outline, self.log, self.docks.bottom):
            part.set_theme()
        self.bar.dress()
        self.actions.dress()
        self.views.set_theme(self.theme)
        self.presenter.dress()
        self.curtain.dress()
        for mode in ("light", "dark", "system"):
            self.actions.check(mode, self.theme.mode == mode)

    @property
    def welcome(self) -> Welcome | None:
        """The welcome screen, once it was shown."""
        return self.curtain.screen

    def show_welcome(self) -> None:
        self.curtain.show()

    def hide_welcome(self) -> None:
        self.curtain.hide()

    def _show_steps(self) -> None:
        history = self.session.history
        undo, redo = history.undo_label, history.redo_label
        self.actions.say("undo", f"Undo {undo}" if undo else "Undo", enabled=undo is not None)
        self.actions.say("redo", f"Redo {redo}" if redo else "Redo", enabled=redo is not None)

    def _show_saved(self, *, just_now: bool = False) -> None:
        session = self.session
        self.window.row.show_title(session.title, modified=session.modified)
        mark = " •" if session.modified else ""
        self.window.setWindowTitle(f"{session.title}{mark} – NeuralGraph")
        self.status.show_saved(session, just_now=just_now, training=self.bridge.running)

    def _show_training(self, state: BarState) -> None:
        self.bar.show_state(state)
        words = {"running": "Pause", "paused": "Go on", "idle": "Train", "waiting": "Do not wait"}
        able = not (state.phase == "idle" and state.errors)
        self.actions.say("train", words[state.phase], enabled=able)
        for id, on in (("one_batch", able and state.phase != "running"), ("one_epoch", able),
                       ("stop", state.phase != "idle")):
            self.actions.enable(id, on)
        if self.canvas.view is not None:
            live = self.rooms.room.graph.nodes if state.phase == "running" else ()
            if live and not self.canvas.scene.training:
                self.canvas.scene.set_finished(())
            self.canvas.scene.set_training(live)
            self.canvas.scene.set_stale(self.session.stale and not live)
        under_way = state.phase in ("running", "paused")
        self.status.show_saved(self.session, training=under_way)
        self.properties.setProperty(LIVE, under_way)

    def _over(self, node: str) -> None:
        analysis = self.session.analysis
        if node == "done" and analysis is not None:
            placed = self.rooms.room.graph.nodes
            self.canvas.scene.set_finished(
                id for id, one in self.rooms.here(analysis.figures).items()
                if one.parameters and id in placed and not placed[id].frozen)
        elif node:
            self.rooms.reveal(node)

    def _show_docks(self) -> None:
        for name in ("left", "right", "bottom", "lesson"):
            self.actions.check(name, self.docks.shown(name))
        self.actions.check("unlock", not self.docks.locked)

    def _device_chosen(self, index: int) -> None:
        id, name = devices()[index]
        self.training.device = self.session.device = id
        self.analysis.ask(self.session.analyse, self.session.graph)
        self.status.show_device(name)

    def _ask_rate(self, rate: float) -> None:
        from neuralgraph.ui.dialogs import ask_number
        from neuralgraph.ui.panels.plan_form import changed

        def change(value: float) -> None:
            from neuralgraph.graph.edits import SetPlan

            plan = changed(self.session.graph.plan, "lr", value)
            self.session.edit(SetPlan(plan, "Change learning rate"))

        ask_number(self.window, self.theme, "Learning rate", rate, change).open()

    def say(self, level: str, text: str, more: str) -> None:
        self.log.say(text, level, more)
        if level != "error":
            self.status.mention(shortened(text))

    def _tell(self, title: str, text: str) -> None:
        from neuralgraph.ui.dialogs import tell

        tell(self.window, title, text)

    def close(self) -> None:
        """End threads, remember the layout."""
        self.docks.save()
        self.settings.save()
        for part in (self.searching, self.time, self.training, self.twins, self.runs, self.views, self.live,
                     self.brought, self.typing, self.downloads, self.bringing, self.presenter, self.analysis):
            part.close()
        self.canvas.close_session()
        self.keeping.close()
        self.faults.close()


