"""The levers of the panel that takes a step apart: what is walked, which samples, back and forward, slow motion."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLayout, QSizePolicy, QSlider, QVBoxLayout, QWidget

from neuralgraph.ui.bridge import Pulse
from neuralgraph.ui.controls import Choice, dress, flat, words
from neuralgraph.ui.icons import icon
from neuralgraph.ui.panels.step_time import StepTime
from neuralgraph.ui.theme import Theme

MODES = (("step", "Training step"), ("forward", "Forward sweep"), ("reverse", "Reverse sweep"),
         ("static", "Static evaluation"), ("dynamic", "Dynamic evaluation"))
SPEEDS = (("4 s", 4000), ("2 s", 2000), ("1 s", 1000), ("½ s", 500), ("0.1 s", 100))
"""How long a moment is shown while it plays."""
WIDE, FREE = 256, 16_777_215
"""Pixels of the column; what Qt takes for no limit."""
SIZES = (1, 2, 4, 8, 16, 32)


class StepControls(QWidget):
    """`moved` brings the moment to go to; `wanted` says that something else is to be taken apart."""

    moved = Signal(int)
    wanted = Signal()
    onward = Signal(int)
    """To the next phase (1), or back to the start of this one (−1)."""
    stepped = Signal(int)
    """To the next time step (1) of a Recurrent, or the one before (−1)."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.at, self.count, self.place = 0, 0, 0
        self.mode = Choice(theme)
        self.mode.addItems([name for _, name in MODES])
        self.mode.setAccessibleName("What is walked through")
        self.mode.activated.connect(lambda _at: self.wanted.emit())
        self.of = Choice(theme)
        self.of.setAccessibleName("Derived by, or what is derived")
        self.of.activated.connect(lambda _at: self.wanted.emit())
        self.of_label = words(theme, "by", 12, 400, "text2")
        rows = (("page-first", "To the start (Home)", lambda: self.go(0)),
                ("skip-previous", "To the phase before", lambda: self.onward.emit(-1)),
                ("chevron-left", "Back (←)", lambda: self.go(self.at - 1)),
                ("play", "Play (Space)", self.toggle),
                ("chevron-right", "Forward (→)", lambda: self.go(self.at + 1)),
                ("skip-next", "To the next phase", lambda: self.onward.emit(1)),
                ("page-last", "To the end (End)", lambda: self.go(self.count - 1)))
        self._signs = [sign for sign, _, _ in rows]
        self.buttons = [flat(theme, sign, tip, clicked=act, size=24) for sign, tip, act in rows]
        self.play = self.buttons[3]
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Moment")
        self.slider.valueChanged.connect(self.go)
        self.speed = Choice(theme)
        self.speed.addItems([name for name, _ in SPEEDS])
        self.speed.setCurrentIndex(2)
        self.speed.setAccessibleName("How long a moment is shown")
        self.speed.setToolTip("How long a moment is shown")
        self.speed.activated.connect(self._paced)
        self.where = words(theme, "", 12, 600)
        self.where.setWordWrap(True)
        self.sample = words(theme, "", 12, 400, "text2")
        self.sample.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # the choice is never cut
        self.samples = Choice(theme, fit=True)
        self.samples.addItems([f"{size} sample{'s' if size > 1 else ''}" for size in SIZES])
        self.samples.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.samples.setAccessibleName("Samples in the batch")
        self.samples.activated.connect(lambda _at: self.wanted.emit())
        self.nearby = [flat(theme, "chevron-left", "Sample before", clicked=lambda: self._sample(-1), size=24),
                       flat(theme, "chevron-right", "Next sample", clicked=lambda: self._sample(1), size=24),
                       flat(theme, "restart", "Take it anew, with the present weights", clicked=self.wanted.emit,
                            size=24)]
        self.time = StepTime(theme)
        self.time.wanted.connect(self.wanted)
        self.time.stepped.connect(self.stepped)
        self.more = flat(theme, "dots-horizontal", "Slider, speed and samples", size=24, checkable=True)
        self.more.toggled.connect(lambda _on: self._show_rest())
        self._alone = False
        """There are no samples before or after what is shown."""
        self.across: bool | None = None
        """In lines above the numbers, not in a column beside them."""
        self._pulse = self._beating()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(5)
        self.lay(across=False)

    def lay(self, *, across: bool) -> None:
        """A column as wide as the look has it; or, where there is little room, a line, and a second one on demand."""
        if across == self.across:
            return
        self.across = across
        while (item := self._box.takeAt(0)) is not None:
            old = item.layout()
            if isinstance(old, QLayout):
                old.setParent(None)
        sample: tuple[QWidget | tuple[QWidget, int], ...] = (self.samples, (self.sample, 1), *self.nearby)
        what: tuple[QWidget | tuple[QWidget, int], ...] = ((self.mode, 3), self.of_label, (self.of, 2))
        if across:
            self._row(*what, *self.buttons, (self.where, 3), self.more)
            self._row((self.slider, 2), (self.speed, 1), *sample)
            self._box.addWidget(self.time)
        else:
            self._row(*what)
            self._row(*self.buttons, (self.speed, 1))
            self._row((self.slider, 1))
            for one in (self.where, self.time):
                self._box.addWidget(one)
            self._row(*sample)
            self._box.addStretch(1)
        self.more.setVisible(across)
        self._show_rest()
        self._fit()

    def _row(self, *parts: QWidget | tuple[QWidget, int]) -> None:
        row = QHBoxLayout()
        row.setSpacing(2)
        for one in parts:
            widget, share = one if isinstance(one, tuple) else (one, 0)
            row.addWidget(widget, share)
        self._box.addLayout(row)

    def _show_rest(self) -> None:
        """What is not needed from moment to moment."""
        rest: Sequence[QWidget] = (self.slider, self.speed, self.samples, self.sample, *self.nearby)
        for one in rest:
            one.setVisible((not self.across or self.more.isChecked()) and not (self._alone and one in self.nearby[:2]))

    def _fit(self) -> None:
        wide = self._theme.px(WIDE)
        self.setMinimumWidth(0 if self.across else wide)
        self.setMaximumWidth(FREE if self.across else wide)

    @property
    def mode_key(self) -> str:
        return MODES[self.mode.currentIndex()][0]

    def show_mode(self, key: str) -> None:
        """Walk another way; says nothing."""
        self.mode.setCurrentIndex([one for one, _ in MODES].index(key))

    @property
    def playing(self) -> bool:
        return self._pulse.on

    @property
    def batch(self) -> tuple[int, ...]:
        """The places of the samples in the training part."""
        return tuple(range(self.place, self.place + SIZES[self.samples.currentIndex()]))

    def set_count(self, count: int, at: int) -> None:
        """So many moments there are; stand at this one."""
        self.count = count
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(count - 1, 0))
        self.slider.blockSignals(False)
        self.stand(min(at, max(count - 1, 0)))

    def offer(self, names: tuple[str, ...], label: str, chosen: str = "") -> None:
        """What can be derived by, or derived; nothing hides the choice."""
        if [self.of.itemText(at) for at in range(self.of.count())] != list(names):
            self.of.clear()
            self.of.addItems(list(names))
        if chosen in names:
            self.of.setCurrentIndex(names.index(chosen))
        self.of_label.setText(label)
        self.of.setVisible(bool(names))
        self.of_label.setVisible(bool(names))

    def go(self, at: int) -> None:
        """Go to a moment, within what there is."""
        at = min(max(at, 0), max(self.count - 1, 0))
        if at != self.at:
            self.moved.emit(at)
        if at >= self.count - 1 and self.playing:
            self.stop()

    @property
    def levers(self) -> QRect:
        """Where the buttons are that go from moment to moment."""
        return self.buttons[0].geometry() | self.buttons[-1].geometry()

    def say_sample(self, text: str, why: str) -> None:
        """Which sample it is; where there is no data, `why` says so, and there is no sample before or after it."""
        self.sample.setText(text)
        self.sample.setToolTip(why or text)
        self._alone = bool(why)
        self._show_rest()

    def stand(self, at: int) -> None:
        """Show that it is at this moment."""
        self.at = at
        self.slider.blockSignals(True)
        self.slider.setValue(at)
        self.slider.blockSignals(False)
        ends = (at > 0, at > 0, at > 0, self.count > 1, at < self.count - 1, at < self.count - 1, at < self.count - 1)
        for made, there in zip(self.buttons, ends, strict=True):
            made.setEnabled(there)

    def toggle(self) -> None:
        """Play, from the start where it stands at the end; or stop."""
        if self.playing:
            self.stop()
        elif self.count > 1:
            if self.at >= self.count - 1:
                self.moved.emit(0)
            self._pulse.start()
            self._dress_play()

    def stop(self) -> None:
        self._pulse.stop()
        self._dress_play()

    def dress(self) -> None:
        tokens = self._theme.tokens
        for made, sign in zip(self.buttons, self._signs, strict=True):
            made.setIcon(icon(sign, tokens.text2, tokens.hairline))
        for made, sign in zip(self.nearby, ("chevron-left", "chevron-right", "restart"), strict=True):
            made.setIcon(icon(sign, tokens.text2, tokens.hairline))
        for label in (self.where, self.sample, self.of_label):
            dress(label, self._theme)
        self.more.setIcon(icon("dots-horizontal", tokens.text2, tokens.hairline))
        self.time.dress()
        self._fit()
        self._dress_play()

    def _dress_play(self) -> None:
        tokens = self._theme.tokens
        self.play.setIcon(icon("pause" if self.playing else "play", tokens.text2, tokens.hairline))
        self.play.setToolTip("Pause (Space)" if self.playing else "Play (Space)")
        self.play.setAccessibleName(self.play.toolTip())

    def _sample(self, by: int) -> None:
        self.place = max(0, self.place + by * len(self.batch))
        self.wanted.emit()

    def _beating(self) -> Pulse:
        made = Pulse(SPEEDS[self.speed.currentIndex()][1], self)
        made.beat.connect(lambda: self.go(self.at + 1))
        return made

    def _paced(self, _at: int) -> None:
        """Another speed, while it plays too."""
        on, old = self.playing, self._pulse
        old.stop()
        old.deleteLater()
        self._pulse = self._beating()
        if on:
            self._pulse.start()
