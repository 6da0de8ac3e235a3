"""One view in the window: which one, of what, its options, its figure, and the number under the pointer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from neuralgraph.errors import NeuralGraphError
from neuralgraph.figures.offer import Offer
from neuralgraph.figures.shown import Shown, Surface
from neuralgraph.figures.sofar import SoFar
from neuralgraph.session import Session
from neuralgraph.ui.asking import Asker
from neuralgraph.ui.bridge import TrainingBridge, later
from neuralgraph.ui.controls import button, dress, flat, words
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.icons import icon
from neuralgraph.ui.panels.figure import Spot
from neuralgraph.ui.panels.figure_pad import Pad
from neuralgraph.ui.panels.inspector_empty import Notice
from neuralgraph.ui.panels.steady_scroll import SteadyScroll
from neuralgraph.ui.panels.taking import take_button
from neuralgraph.ui.panels.views_options import Beside, Options, meant
from neuralgraph.ui.panels.views_pick import ACTS, Of, Pick
from neuralgraph.ui.panels.views_taking import Subject
from neuralgraph.ui.panels.views_work import STOPPED, TRAINING, WORKING, Errand, WorkBar
from neuralgraph.ui.theme import Theme

SHARE = 0.012
"""So much of the time of a run all views together may take: to be computed, laid out and painted. What Qt does around
them costs as much again."""
OFTEN, SELDOM = 0.15, 1.0
"""Seconds between two looks at a run, at least; of views that are costly."""
SOON = 200
"""Milliseconds that a figure of another view may stand while the one that was chosen is on its way."""
WHOLE = "whole network"


class ViewCard(QWidget):
    """Asks the session for one view of one node, and shows what comes. `asked` counts the cards that ask along."""

    closed = Signal()
    enlarged = Signal()
    named = Signal(str)
    """What is shown, in words."""
    chosen = Signal(int)
    """A row of the data was clicked."""
    changed = Signal()
    """Another view, or another option of it."""
    acted = Signal(str)
    """The command that makes something of what is shown was asked for, by its name."""

    def __init__(self, bridge: TrainingBridge, theme: Theme, asked: Callable[[], int] = lambda: 1) -> None:
        super().__init__()
        self.theme, self._bridge, self._asked = theme, bridge, asked
        self._session: Session | None = None
        self.node, self.view, self.pinned = "", "", False
        self.default = ""
        """The view that was taken last because nobody had chosen one."""
        self._pictured = ""
        """The view whose figure is shown."""
        self.part, self.place = "all", 0
        self.offers: Sequence[Offer] = ()
        self.options: dict[str, dict[str, Any]] = {}
        self._fresh = True
        self.fit: Callable[[Shown], Shown] = lambda found: found
        """What is drawn of what came: somebody may put it on other scales."""
        self._asker = Asker(bridge, self, every=OFTEN, share=SHARE, painted=lambda: self.pad.spent)
        self._asker.answered.connect(self._arrived)
        self._asker.reached.connect(self._reached)
        self._wish: tuple[Any, int] = None, 0
        """What is looked at, and how many times it was begun anew; of which moment, and whether a run answers."""
        self._when: tuple[Any, bool] = None, False
        self._stopped = -1
        self._asker.failed.connect(lambda text: self._say("No answer came", text, error=True))
        self.pad, self.notice = Pad(theme), Notice(theme.tokens, "eye-outline")
        self.pad.subject = Subject(self.pad, lambda: f"{self.node or 'network'}-{self.view}")
        self.pad.keyed.connect(self.chosen)
        self.pad.turned.connect(self._turn)
        self.pad.chosen.connect(partial(_follow, self))
        self.pad.painted.connect(self._painted)
        self.form = Options(theme)
        self.form.changed.connect(self._option)
        self.form.hide()
        self._head()
        self._place()

    # -- how it is laid out -----------------------------------------------------------------------------------------

    def _head(self) -> None:
        theme = self.theme
        self.which = Pick(theme)
        self.which.menu().aboutToShow.connect(self._fill)
        self.of = Of(theme, WHOLE)
        self.pin = flat(theme, "pin-outline", "Keep showing this node whatever is selected", size=26)
        self.pin.setCheckable(True)
        self.pin.toggled.connect(self._pin)
        self.more = flat(theme, "tune-variant", "Options of this view", size=26)
        self.more.setCheckable(True)
        self.more.toggled.connect(self.form.setVisible)
        self.large = flat(theme, "open-in-new", "Show in a window of its own", size=26, clicked=self.enlarged.emit)
        self.shut = flat(theme, "close", "Close this view", size=26, clicked=self.closed.emit)
        self.act = button("", clicked=lambda: self.acted.emit(self._offer.act if self._offer is not None else ""))
        self.act.hide()
        self.take = take_button(theme, self.pad.subject)
        for made, sign in ((self.pin, "pin-outline"), (self.more, "tune-variant"), (self.large, "open-in-new"),
                           (self.shut, "close")):
            fitted(made, theme, partial(self._dress, made, sign))
        fitted(self.which, theme, self._name)

    def _dress(self, made: QToolButton, sign: str) -> None:
        made.setIcon(icon(sign, self.theme.tokens.text2))

    def _place(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(4, 2, 4, 0)
        head.setSpacing(2)
        head.addWidget(self.which)
        head.addWidget(self.of, 1)
        for one in (self.act, self.pin, self.more, self.take, self.large, self.shut):
            head.addWidget(one)
        self._scroll = SteadyScroll()
        self._scroll.setWidget(self.pad)
        self._scroll.viewport().installEventFilter(self)
        self.pointed = words(self.theme, "", 11, 400, "text2")
        self.pointed.setMinimumHeight(self.theme.px(16))
        self.pointed.setContentsMargins(8, 0, 8, 2)
        self.pointed.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.pad.pointed.connect(self.pointed.setText)
        self.work = WorkBar(self.theme)
        self.work.stopped.connect(self._stop)
        self.work.again.connect(self.ask)
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(0)
        foot.addWidget(self.pointed, 1)
        foot.addWidget(self.work)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self.notice)
        self._stack.addWidget(self._scroll)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(head)
        box.addWidget(Beside(self.theme, self.form, holder), 1)
        box.addLayout(foot)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._scroll.viewport():
            self.pad.set_room(self._scroll.viewport().size())
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(220), self.theme.px(120))

    # -- what it is told --------------------------------------------------------------------------------------------

    def set_session(self, session: Session | None) -> None:
        """Another document: it begins with what suits it, whatever was looked at before."""
        if self._session is not None and session is not self._session:
            self.view, self.options = "", {}
        self._session, self._fresh = session, True
        self._say("Nothing to show yet" if session is None else "Looking …", "")
        self.ask()

    def look_at(self, node: str, part: str, place: int) -> None:
        """Another node (unless this card is pinned to one), or another sample."""
        node = self.node if self.pinned else node
        if (node, part, place) != (self.node, self.part, self.place):
            self._fresh = self._fresh or node != self.node
            self.node, self.part, self.place = node, part, place
            self.ask()

    def renew(self) -> None:
        """The document is another, so other views may fit."""
        self._fresh = True
        self.ask()

    def show_view(self, name: str) -> None:
        """Another view."""
        self.view = name
        self._name()
        self._offer_options()
        self.changed.emit()
        self.ask()
        later(SOON, self._look_elsewhere, self)

    def _look_elsewhere(self) -> None:
        """What is still shown belongs to another view than the one that is named by now."""
        if self._pictured != self.view and self._stack.currentWidget() is self._scroll:
            self._say("Looking …")

    def ask(self) -> None:
        """Look again. What is under way ends: at once where something else is wanted, else with what it has reached."""
        session, node, view, part, place = self._session, self.node, self.view, self.part, self.place
        options, fresh = dict(self.options.get(view, {})), self._fresh
        if session is None or not self.isVisible():
            return
        self._wants((session, node, view, part, place, options), session.shown)
        errand = Errand(lambda: self._wish, self._heard)

        def question(program: Any) -> Any:
            errand.begin(self._bridge.control if program is not None else None)
            node_there = node if session.shows(node, program) else ""
            offers = session.offers(node_there, program) if fresh else None
            name = view or _first(offers or ())
            try:
                found: Any = session.view(name, node_there, options, part=part, place=place, program=program,
                                          stop=errand.stop, so_far=errand.hear) if name else None
            except NeuralGraphError as error:
                found = error
            except Exception:
                if not errand.dropped:  # what nobody waits for may be in pieces
                    raise
                found = None
            return errand, name, offers, found

        self._asker.ask(session, question)

    def _wants(self, subject: Any, moment: Any) -> None:
        """That is what is wanted now; what is under way ends where it looks at something else, or at older numbers."""
        (before, turn), when = self._wish, (moment, self._bridge.running and moment is None)
        if before not in (None, subject):
            self._asker.hurry()
        anew = before != subject or when != self._when or _rests(self._bridge)
        self._wish, self._when = (subject, turn + anew), when

    def _heard(self, errand: Errand, one: SoFar) -> None:
        """Called by the thread that answers."""
        if not errand.dropped:
            self._asker.reached.emit((errand, one))

    def _stop(self) -> None:
        self._stopped = self._wish[1] + 1
        self._wish = self._wish[0], self._stopped

    def close_view(self) -> None:
        self._drop()
        self._asker.close()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._drop()

    def _drop(self) -> None:
        self._wish = None, self._wish[1]

    # -- what comes -------------------------------------------------------------------------------------------------

    def _reached(self, answer: tuple[Errand, SoFar]) -> None:
        """A figure on the way to the answer."""
        errand, one = answer
        if not errand.dropped and not errand.enough:
            self._show(self.fit(one.shown))
            self.work.tell(one if one.done < one.of else None)

    def _arrived(self, answer: tuple[Errand, str, Sequence[Offer] | None, Any]) -> None:
        errand, name, offers, found = answer
        if errand.dropped:  # somebody looks at another one by now, and that is asked for
            return
        if offers is not None:
            self._fresh, self.offers = False, offers
            chosen, self.view = self.view, self.view or name
            self._name()
            self._offer_options()
            if not chosen and name:
                self.default = name
                self.changed.emit()
        if name != self.view:
            return  # somebody wants another one by now
        self._asker.every = SELDOM if self._offer is not None and self._offer.costly else OFTEN
        self._asker.share = SHARE / self._asked()
        if isinstance(found, NeuralGraphError):
            self._say(*_split(str(found)))
        elif found is None and self.offers:
            self._say("Choose what to see", "Select a node, or choose a view above.")
        elif found is None:
            self._say("Nothing to show yet", "A view appears as soon as the graph has no error.")
        else:
            part = errand.partial
            self._show(self.fit(found if part is None else part.shown))
            ended = STOPPED if self._stopped == self._wish[1] else WORKING
            self.work.tell(part, errand.cut if errand.cut == TRAINING else ended)

    def _show(self, found: Shown) -> None:
        if self.pad.painting:  # a hand is ahead of this answer; it asks again when it is lifted
            return
        if isinstance(found, Surface) and isinstance(self.pad.shown, Surface):
            found = replace(found, turn=self.pad.shown.turn, tilt=self.pad.shown.tilt)
        self.pad.setAccessibleName(f"{self.which.text()} of {self.node or WHOLE}")
        self.pad.set_room(self._scroll.viewport().size())
        self.pad.set_shown(found)
        self._pictured = self.view
        self._stack.setCurrentWidget(self._scroll)

    def _say(self, title: str, hint: str = "", *, error: bool = False) -> None:
        self.notice.say(title, hint, error=error)
        self._stack.setCurrentWidget(self.notice)
        self.pointed.setText("")
        self.work.tell(None)

    def _turn(self, across: float, down: float) -> None:
        if isinstance(self.pad.shown, Surface):
            shown = self.pad.shown
            self.pad.set_shown(replace(shown, turn=(shown.turn + across) % 360,
                                       tilt=min(max(shown.tilt + down, 8.0), 88.0)))

    # -- choosing ---------------------------------------------------------------------------------------------------

    @property
    def _offer(self) -> Offer | None:
        return next((one for one in self.offers if one.name == self.view), None)

    def _name(self) -> None:
        offer = self._offer
        self.which.setText(offer.title if offer is not None else "View")
        self.which.setIcon(icon(offer.icon if offer is not None else "eye-outline", self.theme.tokens.text))
        self.which.setIconSize(QSize(self.theme.px(16), self.theme.px(16)))
        self.which.setFont(self.theme.font(13, 600))
        self.of.tell((self.node or WHOLE) if offer is None or offer.scope == "node" else WHOLE)
        self.pin.setVisible(offer is None or offer.scope == "node")
        self.act.setText(ACTS.get(offer.act, "") if offer is not None else "")
        self.act.setVisible(bool(self.act.text()))
        dress(self.of, self.theme)
        self.named.emit(f"{self.which.text()}: {self.of.text()}")
        self.notice.set_tokens(self.theme.tokens)

    def _fill(self) -> None:
        """The menu of views by group; those that do not fit here are grey and say why."""
        menu = self.which.menu()
        menu.clear()
        menu.setToolTipsVisible(True)
        for group in dict.fromkeys(one.group for one in self.offers):
            rows = [one for one in self.offers if one.group == group]
            fitting = sum(not one.why for one in rows)
            sub = menu.addMenu(f"{group}  ({fitting})" if fitting else group)
            sub.setToolTipsVisible(True)
            for one in rows:
                action = sub.addAction(icon(one.icon, self.theme.tokens.text2), one.title)
                action.setEnabled(not one.why)
                action.setToolTip(one.why or one.help.split("\n\n")[0])
                action.triggered.connect(lambda _on=False, name=one.name: self.show_view(name))
        if not self.offers:
            menu.addAction("Views appear as soon as the graph has no error").setEnabled(False)

    def _offer_options(self) -> None:
        offer = self._offer
        self.more.setVisible(offer is not None and bool(offer.params))
        self.form.offer(offer, self.options.get(self.view, {}))
        self.form.setVisible(self.more.isChecked() and offer is not None and bool(offer.params))
        self.which.setToolTip(offer.help if offer is not None else "")

    def _option(self, name: str, value: object) -> None:
        self.options.setdefault(self.view, {})[name] = value
        self.changed.emit()
        self.ask()

    def _painted(self, name: str, value: str) -> None:
        """A hand has changed what an option says, in the figure itself."""
        self._option(name, meant(self._offer, name, value))
        self._offer_options()

    def _pin(self, on: bool) -> None:
        self.pinned = on


def _rests(bridge: TrainingBridge) -> bool:
    """Nothing is learned now, so that a question is asked anew only because something has changed."""
    return not bridge.running or getattr(bridge.control, "state", "") == "paused"


def _follow(card: ViewCard, spot: Spot | None) -> None:
    """What is read out is in sight."""
    if spot is not None:
        middle = card.pad.box(spot).center()
        card._scroll.ensureVisible(round(middle.x()), round(middle.y()), 8, 16)


def _first(offers: Sequence[Offer]) -> str:
    """The view that is shown where nobody chose: the first that fits, one of the node before one of the network."""
    fitting = [one for one in offers if not one.why and not one.costly]
    return next((one.name for one in fitting if one.scope == "node"), next((one.name for one in fitting), ""))


def _split(text: str) -> tuple[str, str]:
    """A message as its first words and the rest."""
    first, colon, rest = text.partition(": ")
    return (first, rest) if colon else ("Nothing to show", text)
