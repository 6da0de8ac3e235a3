"""Winding a run back in the window: which moment is shown, and everybody who shows it is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from neuralgraph.errors import NeuralGraphError
from neuralgraph.session import Session
from neuralgraph.ui.asking import BROKEN
from neuralgraph.ui.bridge import AnalysisBridge, Courtesy, Pulse, Rest, later
from neuralgraph.ui.film import Film
from neuralgraph.ui.time_bar import TimeBar
from neuralgraph.ui.time_figures import TimeFigures
from neuralgraph.ui.training import seconds

if TYPE_CHECKING:
    from neuralgraph.training.rewinding import Shown
    from neuralgraph.ui.workbench import Workbench

REST = 160
"""Milliseconds without a move: the hand rests, and the very step it chose is wanted."""
LONG = 10.0
"""Seconds that a repetition may take without being asked for."""
TOLD = 250
"""Milliseconds between two words about how far a repetition is."""


class TimeTravel(QObject):
    """Asks in a thread of its own: while a hand drags the nearest kept moment, the very step when it rests."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self.bar = TimeBar(bench.theme)
        self._wanted: int | None = None
        self._token = 0
        """Grows with every wish: a repetition that nobody waits for any more gives up."""
        self._far: tuple[int, int] | None = None
        self._busy, self._offer = False, ""
        self._branching = self._past = False
        """Somebody waits for a new run; everybody was shown a moment of the past."""
        self.figures = TimeFigures(bench)
        self._worker = AnalysisBridge(self)
        self._worker.done.connect(self._arrived)
        self._worker.failed.connect(lambda text: bench.say("error", f"This step cannot be shown. {BROKEN}", text))
        self._rest = Rest(REST, self._settle, self)
        self.film, self._watch = Film(self), Pulse(TOLD, self)
        self.film.wanted.connect(self._next)
        self.film.turned.connect(self.bar.playing)
        self._watch.beat.connect(self._say)
        self.bar.slider.sought.connect(self._dragged)
        self.bar.play.clicked.connect(self.play)
        self.bar.now.clicked.connect(self.back)
        self.bar.branch.clicked.connect(self.train_on)
        bench.status.repeat.clicked.connect(self._repeat)
        self.bar.speed_wanted.connect(self.film.set_speed)
        below: Any = bench.window.centralWidget()
        below.layout().addWidget(self.bar)  # between canvas and plots, in presenter mode too
        bench.window.centre.currentChanged.connect(lambda _page: later(0, self.look, self))
        bench.status.now.clicked.connect(self.back)
        bench.bridge.started.connect(self.forget)
        bench.bridge.events.connect(lambda _events: self.look())
        bench.bridge.ended.connect(self.look)
        bench.training.cleared.connect(self.forget)
        bench.documents.opened.connect(lambda _session: later(0, self._opened, self))
        bench.documents.weights_taken.connect(self.forget)

    @property
    def session(self) -> Session:
        return self._bench.session

    # -- commands ---------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """The kept moments one after the other; once more: hold."""
        if self._hold():
            return
        moments = self.session.moments
        if not moments or moments.last <= moments.first:
            return
        self.film.start()
        if self._wanted is None:
            self._go(moments.first, film=True)

    def first(self) -> None:
        self._move(self.session.moments.first)

    def one_back(self) -> None:
        self._move(self._here - 1)

    def one_on(self) -> None:
        self._move(self._here + 1)

    def back(self) -> None:
        """What is now."""
        self._hold()
        was, self._wanted = self.session.shown, None
        self._give_up()
        self.session.shown = None
        if was is not None:
            self._show()
        self.look()

    def train_on(self) -> None:
        """A new run from the step that is shown, with this one as its parent."""
        if self._wanted is None:
            self._bench.status.mention("Drag the slider back first: what is shown is the end of the run.")
            return
        self._hold()
        self._branching = True
        self._ask(exact=True, go_on=True)

    def save(self) -> None:
        """The weights that are shown, into a file."""
        shown = self.session.shown
        if shown is None:
            self._bench.status.mention("Drag the slider back first: «Save weights…» saves those of now.")
            return
        name, _ = QFileDialog.getSaveFileName(self._bench.window, f"Save the weights of step {shown.step:,}",
                                              f"step-{shown.step}.safetensors", "Weights (*.safetensors)")
        if name:
            try:
                self.session.save_moment(Path(name))
            except NeuralGraphError as error:
                self._bench.say("error", str(error), "")
            else:
                self._bench.say("note", f"Saved the weights of step {shown.step:,} as {Path(name).name}.", "")

    def forget(self) -> None:
        """Another run, or another document: what is now is shown."""
        self._hold()
        self._give_up()
        self._wanted, self._branching = None, False
        self.figures.mark(None)
        if self._past and self.session.shown is None:  # whoever took the moment away tells nobody
            self._tell()
        self.look()

    def close(self) -> None:
        self._hold()
        self._give_up()
        self._rest.stop()
        self._worker.close()

    # -- what is shown ----------------------------------------------------------------------------------------------

    def look(self) -> None:
        """The run went on: the slider's end follows it."""
        bench = self._bench
        welcome = bench.welcome is not None and bench.window.centre.currentWidget() is bench.welcome
        moments = self.session.moments
        there = bool(moments) and not welcome and moments.last > moments.first
        self.bar.setVisible(there)
        for id in ("time_play", "time_first", "time_back", "time_on", "time_now", "time_branch", "time_save"):
            bench.actions.enable(id, there)
        if there:
            self.bar.show_steps(moments.first, moments.last, moments.steps, self._wanted)
            self._say()
        else:
            bench.status.show_moment("")

    def weights_changed(self) -> None:
        """Somebody kept numbers by hand, or took them back: the steps of the run are of those weights no longer."""
        gone = self.bar.isVisible() and not self.session.moments
        self.look()
        if gone:
            text = ("The bar of time is gone: its steps led to the weights before you kept yours. «Take back» brings "
                    "both again; a new run has a bar of its own.")
            self._bench.status.mention(text)
            self._bench.say("note", text, "")

    def to_the_end(self) -> None:
        """The last step of a run that was wound back into this document: its network, not the document's own."""
        moments = self.session.moments
        if moments:
            self._go(moments.last)

    def _opened(self) -> None:
        self.forget()
        if self.session.past_id is not None:
            self._bench.runs.commands.draw(self.session.past_id)

    @property
    def _here(self) -> int:
        return self.session.moments.last if self._wanted is None else self._wanted

    def _move(self, step: int) -> None:
        moments = self.session.moments
        if moments:
            self.look()  # the run may be further than the bar: that is behind by up to a beat
            self.bar.slider.go(min(max(step, moments.first), moments.last))

    def _dragged(self, step: int) -> None:
        self._hold()
        self._go(step)

    def _go(self, step: int, *, film: bool = False) -> None:
        """Towards a step: the nearest at once, and itself when the hand rests."""
        moments = self.session.moments
        if not moments:
            return
        if step >= moments.last and self.session.past is None:
            self.back()
            return
        self._give_up()
        self._wanted = min(max(step, moments.first), moments.last)
        near, shown = moments.nearest(self._wanted), self.session.shown
        if near is not None and (shown is None or shown.step != near.step):
            self._ask(exact=False)
        if not film:
            self._rest.nudge()
        self.look()

    def _settle(self) -> None:
        """The hand rests."""
        if self._wanted is None:
            return
        try:
            count, long = self.session.rewind().cost(self._wanted)
        except NeuralGraphError as error:
            self._bench.say("warning", str(error), "")
            return
        if long > LONG:
            self._offer = f"Repeat {count:,} batches (about {seconds(long)})"
            self._say()
            return
        self._ask(exact=True)

    def _repeat(self) -> None:
        """The link beside the words: begin a long repetition, or give it up."""
        if self._busy:
            self._give_up()
            self._say()
        else:
            self._ask(exact=True)

    def _ask(self, *, exact: bool, go_on: bool = False) -> None:
        session = self.session
        step, rewind, polite = self._wanted, session.rewind(), self._bench.bridge.polite
        if step is None:
            return
        if exact:
            self._token += 1
            self._far, self._offer = None, ""
            if not self._busy:
                Courtesy.of_loop().attend()
            self._busy = True
            self._watch.start()
        token = self._token

        def told(done: int, of: int) -> None:
            self._far = (done, of)

        def work(_: Any) -> Any:
            try:
                found = rewind.at(step, going=lambda: token == self._token, progress=told, polite=polite, go_on=go_on) \
                    if exact else rewind.nearest(step)
                wrong = session.mistakes(found.program) if exact else {}
            except NeuralGraphError as error:
                return token, exact, error, {}
            return token, exact, found, wrong

        self._worker.ask(work, None)

    def _give_up(self) -> None:
        """Nobody waits for a repetition any more."""
        self._token += 1
        if self._busy:
            Courtesy.of_loop().leave()
        self._busy, self._far = False, None
        self._watch.stop()
        self._rest.stop()
        self._offer = ""

    def _arrived(self, answer: Any) -> None:
        token, exact, found, wrong = answer
        if exact and token != self._token:
            return
        if exact:
            self._give_up()
        if isinstance(found, NeuralGraphError):
            if exact or token == self._token:
                self._branching = False
                self._bench.say("warning", str(found), "")
            return
        if self._wanted is None:
            return
        self.session.shown, self.figures.mistakes = found, (found, wrong)
        if exact and found.note:
            self._bench.say("warning", found.note, "")
        self._show()
        if self._branching and exact:
            self._branching = False
            self._branch(found)

    def _show(self) -> None:
        """Everybody looks again."""
        shown = self.session.shown
        self.figures.mark(shown.step if shown is not None else None)
        self._tell()
        self._say()

    def _tell(self) -> None:
        bench, shown = self._bench, self.session.shown
        self._past = shown is not None
        bench.views.moment_changed()
        bench.live.look()
        bench.presenter.look()
        bench.twins.wind(shown.step if shown is not None else None)

    def _say(self) -> None:
        """In the bar and in the status line."""
        shown, last = self.session.shown, self.session.moments.last
        status, wanted = self._bench.status, self._wanted
        if wanted is None:
            self.bar.say(f"now: step {last:,}" if self.session.past is None else f"{last:,} steps", past=False)
            status.show_moment("")
            return
        step = shown.step if shown is not None else wanted
        text, note = f"step {step:,} of {last:,}", shown.note if shown is not None else ""
        on_the_way = step != wanted and not self.film.on
        self.bar.say(f"{text} …" if on_the_way else text, past=True, about=note)
        more, offer = f", nearest to {wanted:,}" if on_the_way else "", self._offer
        if self._busy and self._far is not None:
            more, offer = f" (repeating {self._far[0]:,} of {self._far[1]:,} batches)", "Give up"
        status.show_moment(f"shown: {text}{more}", offer)

    # -- the film ---------------------------------------------------------------------------------------------------

    def _next(self) -> None:
        if self._worker.busy or self._wanted is None:
            return
        step = next((one for one in self.session.moments.steps if one > self._here), None)
        if step is None:
            self.back()
        else:
            self._go(step, film=True)

    def _hold(self) -> bool:
        """Whether the film ran until now."""
        ran = self.film.hold()
        if ran:
            self._rest.nudge()
        return ran

    # -- going on ---------------------------------------------------------------------------------------------------

    def _branch(self, shown: Shown) -> None:
        bench, session = self._bench, self.session
        try:
            run = session.branch(shown)
        except NeuralGraphError as error:
            bench.say("warning", str(error), "")
            return
        if bench.bridge.running:
            bench.say("note", "The run under way was stopped, and is kept as it was.", "")
            bench.bridge.close()
        plots: Any = bench.docks.bottom.page("plots")
        if plots is not None:
            plots.branch(shown.step)
        whose = f" of run {run.id}" if run.id is not None else ""
        bench.say("note", f"A new run goes on from step {shown.step:,}{whose}. Its curves stay behind as a ghost.", "")
        bench.training.train_on(run)
