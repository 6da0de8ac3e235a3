"""One step taken apart, moment by moment: a sentence, the formula with its numbers, the numbers themselves.

What is walked is computed once and then only looked at; `lit` tells the canvas which moment it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QWidget

from neuralgraph.errors import NeuralGraphError
from neuralgraph.session import Session
from neuralgraph.training.events import Event, Finished, Paused, Stopped
from neuralgraph.ui.asking import Asker
from neuralgraph.ui.bridge import TrainingBridge, later
from neuralgraph.ui.controls import dress, words
from neuralgraph.ui.formula import formula_html
from neuralgraph.ui.panels.inspector_empty import Notice
from neuralgraph.ui.panels.step_body import Body
from neuralgraph.ui.panels.step_controls import StepControls
from neuralgraph.ui.panels.step_room import StepRoom
from neuralgraph.ui.panels.step_typing import StepTyping
from neuralgraph.ui.theme import Theme
from neuralgraph.validation.analysis import Analysis

WAITS = ("Taking it apart …", "Every number of it is computed once and kept.")
FORMULAS = 6
LARGE = 1.8
"""Times the size of the window's words: 15 px become 27."""
EMPTY = ("Nothing to take apart yet", "Draw a network with data and a loss: then every number of a training step can "
         "be seen here. Sweeps and evaluation need no loss.")


class StepPanel(QWidget):
    """Left, Right, Space, Home and End walk while it has the focus."""

    lit = Signal(object, int)
    """What is walked, and at which moment it is; None where nothing is to be lit."""

    def __init__(self, session: Session, bridge: TrainingBridge, theme: Theme) -> None:
        super().__init__()
        self._session, self._bridge = session, bridge
        self._window_theme = theme
        self._theme = theme = Theme(theme.tokens, theme.scale, self)
        """Its own, that it can be larger than the window: for the last row of a room."""
        self._large = False
        self.apart: Any = None
        self._names: dict[str, tuple[str, ...]] = {}
        self._wish = ""
        """What is to be derived, or by what, once it is known what can be."""
        self._numbers = ""
        """The formula of one number, with the numbers in it."""
        self.controls, self.typing = StepControls(theme), StepTyping(theme)
        self.body = Body(theme, self.typing)
        self._asker, self._cells = Asker(bridge, self), Asker(bridge, self)
        self._asker.answered.connect(self._arrived)
        self._asker.failed.connect(self._failed)
        self._cells.answered.connect(self._marked)
        self._cells.failed.connect(self.body.terms.say)
        self.controls.moved.connect(self.go)
        self.controls.onward.connect(self._phase)
        self.controls.wanted.connect(self.ask)
        self.controls.stepped.connect(self._step)
        self.body.asked.connect(self._pick)
        self.body.chosen.connect(self.typing.choose)
        self.typing.changed.connect(self.ask)
        self.says = words(theme, "", 15, 600)
        self.formula, self.notes = QLabel(), words(theme, "", 12, 400, "text2")
        self.formula.setTextFormat(Qt.TextFormat.RichText)
        self._notice = Notice(theme.tokens, "shoe-print", *EMPTY)
        self._room = StepRoom(self, theme, self.controls, self._notice, (self.says, self.formula, self.notes),
                              self.body)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Step")
        self.controls.offer((), "")
        self.controls.set_count(0, 0)
        self._choose_walk()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._room.settle()

    # -- what the window tells --------------------------------------------------------------------------------------

    def set_session(self, session: Session) -> None:
        """Another document; where nothing can be learned it begins with a walk that needs no loss."""
        self._session, self.apart = session, None
        self._choose_walk()
        self.controls.stop()
        self.controls.place = 0
        self.controls.time.offer(())
        self.typing.forget()
        self.controls.set_count(0, 0)
        self._room.show(numbers=False)
        self.lit.emit(None, 0)

    def _choose_walk(self) -> None:
        graph, catalog = self._session.graph, self._session.catalog
        kinds = [catalog[one.type] for one in graph.nodes.values() if one.type in catalog]
        self.controls.show_mode("forward" if kinds and not any(one.role == "loss" for one in kinds) else "step")

    def set_analysis(self, _: Analysis) -> None:
        self.ask()

    def set_large(self, large: bool) -> None:
        """For the last row of a room, or as large as the window."""
        if large != self._large:
            self._large = large
            self.set_theme(self._window_theme)

    def set_theme(self, theme: Theme) -> None:
        self._window_theme = theme
        self._theme.set_tokens(theme.tokens)
        self._theme.set_scale(theme.scale * (LARGE if self._large else 1.0))
        theme = self._theme
        self._notice.set_tokens(theme.tokens)
        for label in (self.says, self.notes):
            dress(label, theme)
        self.controls.dress()
        self._room.settle()
        self.typing.dress()
        self.body.dress()
        self._typeset()
        if self.moment is not None:
            self.body.show_moment(self.moment)

    def feed(self, events: Sequence[Event]) -> None:
        """Where a run stands still its step can be taken apart; what was shown while it goes on stays, and says so."""
        if any(isinstance(one, (Paused, Finished, Stopped)) for one in events):
            self.ask()
        elif self.apart is not None and self._bridge.running and self._session.shown is None:
            self._where("training goes on; taken anew where it pauses")

    def clear(self) -> None:
        self.ask()

    def weights_changed(self) -> None:
        self.ask()

    def close_view(self) -> None:
        self.controls.stop()
        self._asker.close()
        self._cells.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.ask()

    def hideEvent(self, event: QHideEvent) -> None:
        """The canvas is as it was, and nothing plays on behind a tab."""
        super().hideEvent(event)
        self.controls.stop()
        self.lit.emit(None, 0)

    # -- asking -----------------------------------------------------------------------------------------------------

    def walk(self, mode: str, of: str = "") -> None:
        """Walk this way from its start; `of` is what is derived, or by what, where that is not to be as it was."""
        self.controls.stop()
        self.controls.show_mode(mode)
        self._wish, self.apart = of, None
        self.ask()

    def ask(self) -> None:
        """Take it apart as it is now."""
        session = self._session
        if not self.isVisible() or session.analysis is None:
            return
        mode, places, of = self.controls.mode_key, self.controls.batch, self.controls.of.currentText()
        of = self._wish or (of if of in self._names.get(mode, ()) else "")
        inside, typed = self.controls.time.chosen, dict(self.typing.typed)
        if self.apart is None:
            self._notice.say(*WAITS)
        self._asker.ask(session, lambda program: self._question(session, program, mode, places, of, inside, typed))

    def _question(self, session: Session, program: Any, mode: Any, places: tuple[int, ...], of: str, inside: str,
                  typed: Any) -> Any:
        """What is asked, in another thread: the step or the walk, and what it could be of or by."""
        loops = session.over_time(program) if mode in ("step", "forward", "reverse") else ()
        more = {"inside": inside if inside in loops else False, "typed": typed, "made_up": True, "places": places}
        control = self._bridge.control
        if mode == "step":
            under_way = program is not None and control is not None and control.stand is not None
            checkpoint, note = (control.stand(), "") if under_way else session.standing()
            names = _steps(session, checkpoint)
            number = names.index(of) if of in names else 0
            apart = session.step_apart(program, checkpoint=checkpoint, step=number, **more)
            return mode, names, loops, replace(apart, notes=(note, *apart.notes)) if note else apart
        names = session.derivable(mode, program)
        chosen = of if of in names else ""
        return mode, names, loops, session.walk(mode, program=program, part="train", **more,
                                                by=chosen if mode == "forward" else "",
                                                of=chosen if mode == "reverse" else "")

    def _arrived(self, answer: Any) -> None:
        if not isinstance(answer, tuple) or not self.isVisible():
            return
        mode, names, loops, apart = answer
        if mode != self.controls.mode_key:
            return
        self.controls.time.offer(loops)
        before, at = self.apart, self.controls.at
        self.apart = apart
        self._names[mode] = names
        label = {"forward": "by", "reverse": "of", "step": "of"}.get(mode, "")
        self.controls.offer(names if label else (), label, self._wish or self.controls.of.currentText())
        self._wish = ""
        same = before is not None and before.mode == apart.mode and len(before.moments) == len(apart.moments)
        self.controls.set_count(len(apart.moments), at if same else 0)
        self.controls.say_sample(*_samples(apart))
        self._room.show(numbers=True)
        self.go(self.controls.at)

    def _failed(self, text: str) -> None:
        if self.apart is not None and self.typing.refused(text):
            return
        self.apart = None
        self.controls.stop()
        self.controls.set_count(0, 0)
        self.controls.where.setText("")
        self._notice.say("This cannot be taken apart", text)
        self._room.show(numbers=False)
        self.lit.emit(None, 0)

    # -- walking ----------------------------------------------------------------------------------------------------

    @property
    def moment(self) -> Any:
        return self.apart.moments[self.controls.at] if self.apart is not None and self.apart.moments else None

    def go(self, at: int) -> None:
        """Show this moment."""
        if self.apart is None or not self.apart.moments:
            return
        self.controls.stand(min(max(at, 0), len(self.apart.moments) - 1))
        moment = self.moment
        self.says.setText(moment.says)
        at = self.controls.at
        told = [*moment.notes, self.typing.told if moment.phase != "data" else "", *(() if at else self.apart.notes),
                *([self.apart.sweeps] if self.apart.sweeps and at in (0, self.controls.count - 1) else [])]
        self.notes.setText(" ".join(one for one in told if one))
        self.notes.setVisible(bool(self.notes.text()))
        self._numbers = ""
        self._typeset()
        self.body.show_moment(moment)
        self.typing.show_moment(self.apart, moment)
        for output in moment.outputs:
            self.body.mark_places(output, self.typing.marked(output))
        self._where()
        self.lit.emit(self.apart, self.controls.at)
        if moment.outputs and moment.phase in ("forward", "loss"):
            name, values = next(iter(moment.outputs.items()))
            if values.size:
                self._pick(name, (0,) * values.ndim, by_hand=False)

    def _phase(self, by: int) -> None:
        if self.apart is not None:
            self.go(self.apart.next_phase(self.controls.at, by))

    def _step(self, by: int) -> None:
        """To another time step of a Recurrent."""
        if self.apart is not None:
            self.go(self.apart.next_time(self.controls.at, by))

    def enter(self, room: str) -> None:
        """The canvas shows the inside of a Recurrent: its numbers are wanted."""
        loop = self.controls.time.within(room)
        if loop and self.isVisible() and self.controls.time.choose(loop):
            self.ask()

    def _where(self, note: str = "") -> None:
        if self.moment is not None:
            self._when()
            phase = f"{self.moment.equation} · " if self.moment.equation else ""
            self.controls.where.setText(f"{self.controls.at + 1} of {self.controls.count} · {phase}{self.moment.phase}"
                                        + (f" · {note}" if note else ""))

    def _when(self) -> None:
        at, apart = self.controls.at, self.apart
        last = max((one.time[-1] for one in apart.moments if len(one.time) == max(1, len(self.moment.time))), default=0)
        self.controls.time.show_time(self.moment.time, last, before=apart.next_time(at, -1) != at,
                                     after=apart.next_time(at) != at)

    def _typeset(self) -> None:
        moment = self.moment
        texts = [*moment.formulas[:FORMULAS], *([self._numbers] if self._numbers else [])] if moment is not None else []
        found = [formula_html(one, self._theme, 14, "text", self.devicePixelRatioF()) for one in texts]
        self.formula.setFont(self._theme.font(14))
        self.formula.setStyleSheet(f"color: {self._theme.tokens.text};")
        self.formula.setText("&nbsp;&nbsp;&nbsp; ".join(found))
        self.formula.setVisible(bool(found))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match Qt.Key(event.key()):
            case Qt.Key.Key_Left:
                self.controls.go(self.controls.at - 1)
            case Qt.Key.Key_Right:
                self.controls.go(self.controls.at + 1)
            case Qt.Key.Key_Space:
                self.controls.toggle()
            case Qt.Key.Key_Home:
                self.controls.go(0)
            case Qt.Key.Key_End:
                self.controls.go(self.controls.count - 1)
            case _:
                super().keyPressEvent(event)

    # -- one number -------------------------------------------------------------------------------------------------

    def _pick(self, output: str, index: Any, *, by_hand: bool = True) -> None:
        """What made this number?"""
        moment, session = self.moment, self._session
        if moment is None:
            return
        training = self.apart.mode == "step"

        def question(program: Any) -> Any:
            try:
                return moment, by_hand, session.cell(moment.node, index, output=output, moment=moment, program=program,
                                                     training=training)
            except NeuralGraphError as error:
                return moment, by_hand, str(error)

        self._cells.ask(session, question)

    def _marked(self, answer: Any) -> None:
        if not isinstance(answer, tuple):
            return
        moment, by_hand, found = answer
        if moment is not self.moment:  # it walked on meanwhile
            return
        if isinstance(found, str):
            self.body.terms.say(found)
            return
        self.body.mark(found, found.output)
        self._numbers = found.formula
        self._typeset()
        if by_hand:
            later(0, self._room.reveal_terms, self.body)


def _steps(session: Session, checkpoint: Any) -> tuple[str, ...]:
    """The steps of the plan that a batch is learnt in, where there are several: a GAN has two."""
    stages = session.graph.plan.stages
    steps = stages[min(checkpoint.stage, len(stages) - 1) if checkpoint is not None else 0].steps
    if len(steps) < 2:
        return ()
    return tuple(f"step {at}: {', '.join(one.losses)}" for at, one in enumerate(steps, 1))


def _samples(apart: Any) -> tuple[str, str]:
    """Which rows of the data they are, and where there are none the whole sentence."""
    if apart.rows:
        return f"row {apart.rows[0] + 1:,}" + (" …" if len(apart.rows) > 1 else ""), ""
    if any("made up" in one for one in apart.notes):
        return "made-up numbers", "Nothing is connected that has data: the numbers are made up."
    return "fixed numbers", "There is no data here: the numbers are always the same."
