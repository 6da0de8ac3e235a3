"""A view that takes long, on its way: when it may end early, and the quiet words about how far it is."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import perf_counter
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from neuralgraph.figures.sofar import SoFar
from neuralgraph.ui.controls import flat, words
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.icons import icon
from neuralgraph.ui.theme import Theme

MOMENT = 0.4
"""Seconds that a run lets a view have at a time; whatever was reached is shown then."""
WORKING, STOPPED, TRAINING = "Still at work", "Stopped", "As far as training leaves time"


class Errand:
    """One question about a view, answered in another thread. That asks `stop`.

    `wanted` says what is wanted now: a subject (None: nothing), and how many times it was asked for anew. `heard` is
    called with every figure on the way.
    """

    def __init__(self, wanted: Callable[[], tuple[object, int]], heard: Callable[[Errand, SoFar], None]) -> None:
        self.subject, self.turn = wanted()
        self.last: SoFar | None = None
        self.cut = ""
        """Why it ended before it was done."""
        self._wanted, self._heard = wanted, heard
        self._until, self._control, self._state = inf, None, ""

    @property
    def dropped(self) -> bool:
        """Nobody wants the answer any more."""
        return bool(self._wanted()[0] != self.subject)

    @property
    def enough(self) -> bool:
        """What was reached will do: somebody pressed stop, or it is asked for anew because the numbers changed."""
        return self._wanted()[1] > self.turn

    def begin(self, control: Any) -> None:
        """It is being answered now, by a run where `control` is given: one that goes on learning cannot wait long."""
        self._control = control
        if control is not None:
            self._state = control.state
            self._until = perf_counter() + MOMENT if self._state == "running" else inf

    def hear(self, one: SoFar) -> None:
        """A figure on the way."""
        self.last = one
        self._heard(self, one)

    def stop(self) -> bool:
        """To be asked after every piece of work. Something is shown first, unless nobody looks."""
        if self.dropped:
            return True
        if self.last is None:
            return False
        if self.enough:
            self.cut = STOPPED
        elif perf_counter() > self._until or (self._control is not None and self._control.state != self._state):
            self.cut = TRAINING
        return bool(self.cut)

    @property
    def partial(self) -> SoFar | None:
        """What it came to where it did not come to its end."""
        return self.last if self.cut and self.last is not None and self.last.done < self.last.of else None


class WorkBar(QWidget):
    """«Still at work: 3 of 25», with a button to stop; once stopped, to look again. Hidden when all is done."""

    stopped, again = Signal(), Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._going = theme, True
        self.said = words(theme, "", 11, 400, "text2")
        self.said.setWordWrap(False)
        self.act = flat(theme, "stop-circle-outline", "", size=20, clicked=self._act)
        fitted(self.act, theme, self._dress)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 4, 0)
        box.setSpacing(2)
        box.addWidget(self.said)
        box.addWidget(self.act)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.hide()

    def tell(self, one: SoFar | None, how: str = WORKING) -> None:
        """How far it is; None is all of it."""
        self.setVisible(one is not None)
        if one is None:
            return
        self.said.setText(f"{how}: {one.done:,} of {one.of:,}")
        self._going = how == WORKING
        self.act.setVisible(how != TRAINING)
        self.said.setToolTip("A view may hold training up for a moment only. Pause, and it is completed."
                             if how == TRAINING else "")
        self._dress()

    def _dress(self) -> None:
        self.act.setIcon(icon("stop-circle-outline" if self._going else "refresh", self._theme.tokens.text2))
        self.act.setToolTip("Stop here: what is there stays" if self._going else "Look again, to the end")
        self.act.setAccessibleName(self.act.toolTip())

    def _act(self) -> None:
        (self.stopped if self._going else self.again).emit()
