"""The bar on top: Reset, Train, Step, Stop, and the numbers that change in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from neuralgraph.ui.controls import Choice, Rule, button, dress, repolish, tip, words
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.icons import badge, icon
from neuralgraph.ui.theme import Theme
from neuralgraph.ui.time_figures import Then

ROOMY, LENGTH, SHORT = 1160, 250, 76
"""Pixels of the window from which on the bar of progress has its full length, that, and that before."""
TIGHT = 1048
"""In a narrower window how fast it goes is not said: the device would go over the edge."""


@dataclass(frozen=True, slots=True)
class BarState:
    """What the bar shows. `phase` is "idle", "waiting", "running" or "paused"."""

    phase: str = "idle"
    errors: int = 0
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps: int = 0
    loss: str = "–"
    metric: str = ""
    metric_value: str = ""
    rate: str = "–"
    left: str = "–"
    speed: str = "–"
    message: str = ""
    started: bool = False
    then: Then | None = None
    """The figures of an earlier step, while that is shown."""


class Counter(QWidget):
    """A name above a number."""

    def __init__(self, theme: Theme, name: str, wide: int = 0) -> None:
        super().__init__()
        self.theme = theme
        self.name = words(theme, name, 12, 400, "text2")
        self.value = words(theme, "–", 13.5, 600)
        self.value.setTextFormat(Qt.TextFormat.RichText)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(1)
        box.addStretch(1)
        box.addWidget(self.name)
        box.addWidget(self.value)
        box.addStretch(1)
        if wide:
            fitted(self, theme, lambda: self.setMinimumWidth(theme.px(wide)))

    def show_name(self, text: str, *, then: bool) -> None:
        """What it is; `then`: of an earlier step, which is to be seen."""
        if text != self.name.text():
            self.name.setText(text)
            self.name.setProperty("type", (12, 600, "accent") if then else (12, 400, "text2"))
            dress(self.name, self.theme)

    def show_value(self, text: str) -> None:
        if text != self.value.text():
            self.value.setText(text)

    def dress(self) -> None:
        dress(self.name, self.theme)
        dress(self.value, self.theme)


class TrainingBar(QFrame):
    """Buttons, counters, the device."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.state = BarState()
        self.setObjectName("bar")
        fitted(self, theme, lambda: self.setFixedHeight(theme.px(48)))
        self.reset = self._button("Reset", "Back to the same initial weights")
        self.train = self._button("Train", "Train or pause (Ctrl+Enter)", kind="primary")
        self.step = self._button("Step", "Learn one batch (Ctrl+.)")
        self.stop = self._button("Stop", "End the run, keep the weights (Ctrl+Alt+Enter)")
        self.present = self._button("", "Presenter mode (Ctrl+Alt+P)", size="square")
        self.dice = self._button("", "Another seed", size="square")
        self.device = Choice(theme, fit=True)
        self.device.setProperty("cut", "bar")
        fitted(self.device, theme, lambda: self.device.setFixedWidth(theme.px(112)))
        self.device.setToolTip("What computes")
        self.device.setAccessibleName("Device")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.px(12), 0, theme.px(12), 0)
        self._row.setSpacing(theme.px(8))
        for one in (self.reset, self.train, self.step, self.stop):
            self._row.addWidget(one)
        self._counters()
        self._row.addStretch(1)
        self._row.addWidget(self.present)
        self._row.addWidget(self.dice)
        self._row.addWidget(self.device)
        self.show_state(self.state)

    def connect_to(self, *, reset: Callable[[], object], toggle: Callable[[], object], step: Callable[[], object],
                   stop: Callable[[], object], roll: Callable[[], object], present: Callable[[], object]) -> None:
        pairs = ((self.reset, reset), (self.train, toggle), (self.step, step), (self.stop, stop), (self.dice, roll),
                 (self.present, present))
        for made, then in pairs:
            made.clicked.connect(lambda _checked=False, then=then: then())

    def set_devices(self, names: tuple[str, ...]) -> None:
        """The devices to choose from, by their names for people."""
        self.device.clear()
        self.device.addItems(list(names))

    def show_state(self, state: BarState) -> None:
        """Show the numbers and what can be pressed now."""
        before, self.state = self.state, state
        running, paused = state.phase == "running", state.phase == "paused"
        self._progress.setVisible(running or paused)
        self._left.setVisible(running or paused)
        self._speed.setVisible((running or paused) and self.width() >= self.theme.px(TIGHT))
        self._rate.setVisible(not (running or paused) and state.started)
        self._loss.setVisible(state.started and not (state.errors and state.phase == "idle"))
        self._metric.setVisible(bool(state.metric) and not running and not paused and not state.errors)
        problem = bool(state.errors) and state.phase == "idle"
        self._trouble.setVisible(problem or bool(state.message))
        self._trouble_sign.setVisible(state.phase != "waiting")
        self._trouble_text.setProperty("type", (13, 600, "text2" if state.phase == "waiting" else "error"))
        if problem:
            self._trouble_text.setText(
                f"{state.errors} problem{'s' if state.errors > 1 else ''} to solve before training")
        elif state.message:
            self._trouble_text.setText(state.message)
        self._trouble_text.setToolTip(tip(self._trouble_text.text()))
        self._rate.show_value(state.rate)
        self._figures(state)
        self._left.show_value(state.left)
        self._speed.show_value(state.speed)
        self._percent.setVisible(bool(state.steps) and self._roomy)
        if not state.steps:
            self._bar.setMaximum(1)
            self._bar.setValue(0)
            self._step_text.setText("Getting ready …")
            self._percent.setText("")
        else:
            self._bar.setMaximum(state.steps)
            self._bar.setValue(state.step)
            self._step_text.setText(f"Step {state.step}" + (f" of {state.steps}" if self._roomy else ""))
            self._percent.setText(f"{100 * state.step // state.steps} %")
        self._buttons(state)
        if (before.phase, before.errors > 0) != (state.phase, problem):
            self.dress()

    def _figures(self, state: BarState) -> None:
        """Epoch, loss and metric: of now, or of the step that is shown."""
        then = state.then
        self.epoch.show_name(then.marked("Epoch") if then else "Epoch", then=then is not None)
        self._loss.show_name(then.marked("Loss") if then else "Loss", then=then is not None)
        self._metric.show_name(then.marked(then.metric) if then else state.metric, then=then is not None)
        self.epoch.show_value(_epoch(state, self.theme))
        self._loss.show_value(then.loss if then else state.loss)
        self._metric.show_value(then.value if then else state.metric_value)
        if then is not None:
            self._loss.show()
            self._metric.setVisible(bool(then.metric))
            self._rate.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lengthen()
        self.show_state(self.state)

    @property
    def _roomy(self) -> bool:
        return self.width() >= self.theme.px(ROOMY)

    def _lengthen(self) -> None:
        """The bar of progress gives way first where the window is narrow: numbers that are cut say something wrong."""
        px = self.theme.px
        wide = px(LENGTH if self._roomy else SHORT)
        if self._bar.width() != wide or self._bar.minimumWidth() != wide:
            self._bar.setFixedWidth(wide)

    def dress(self) -> None:
        """Icons and colours of the present theme."""
        t = self.theme.tokens
        running = self.state.phase == "running"
        able = self.train.isEnabled()
        self.train.setText(" Pause" if running else " Resume" if self.state.phase == "paused" else
                           " Waits …" if self.state.phase == "waiting" else " Train")
        self.train.setIcon(icon("pause" if running else "play", t.on_accent if able else t.text3, t.text3))
        for made, name in ((self.reset, "restart"), (self.step, "skip-next"), (self.stop, "stop"),
                           (self.present, "presentation"), (self.dice, "dice-5-outline")):
            made.setIcon(icon(name, t.text, t.text3))
        for one in (self.epoch, self._loss, self._metric, self._rate, self._left, self._speed):
            one.dress()
        for label in (self._step_text, self._percent, self._trouble_text):
            dress(label, self.theme)
        self.epoch.show_value(_epoch(self.state, self.theme))
        self._trouble_sign.setPixmap(badge("error", self.theme.px(18), t))
        self.device.sign = "chip"
        self.device.update()
        repolish(self.train)

    def _buttons(self, state: BarState) -> None:
        idle = state.phase == "idle"
        able = not (idle and state.errors)
        self.train.setEnabled(able)
        self.step.setEnabled(able and state.phase != "running")
        self.stop.setEnabled(not idle)
        self.device.setEnabled(idle)

    def _button(self, text: str, tip: str, *, kind: str = "plain", size: str = "bar") -> QPushButton:
        made = button(f" {text}" if text else "", kind=kind, size=size)
        side = self.theme.px(18)
        blank = QPixmap(side, side)  # keeps the room; icons are loaded after the first paint
        blank.fill(Qt.GlobalColor.transparent)
        made.setIcon(QIcon(blank))
        made.setIconSize(QSize(side, side))
        made.setToolTip(tip)
        made.setAccessibleName(text or tip)
        return made

    def _counters(self) -> None:
        theme = self.theme
        self.epoch = Counter(theme, "Epoch", 58)
        self._loss, self._rate = Counter(theme, "Loss", 66), Counter(theme, "Learning rate", 58)
        self._metric = Counter(theme, "Accuracy", 58)
        self._left, self._speed = Counter(theme, "Left", 76), Counter(theme, "Samples / s", 86)
        self._progress = QWidget()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        fitted(self._bar, theme, self._lengthen)
        self._bar.setAccessibleName("Progress of the epoch")
        self._step_text, self._percent = words(theme, "", 12), words(theme, "", 12, 600)
        fitted(self._percent, theme, lambda: self._percent.setMinimumWidth(theme.px(44)))
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight)
        box = QVBoxLayout(self._progress)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(3))
        line = QHBoxLayout()
        line.addWidget(self._step_text, 1)
        line.addWidget(self._percent)
        box.addStretch(1)
        box.addLayout(line)
        box.addWidget(self._bar)
        box.addStretch(1)
        self._trouble = QWidget()
        self._trouble_sign = QLabel()
        self._trouble_text = words(theme, "", 13, 600, "error")
        self._trouble_text.setMinimumWidth(1)  # a long message gives way before the window does
        trouble = QHBoxLayout(self._trouble)
        trouble.setContentsMargins(theme.px(8), 0, 0, 0)
        trouble.setSpacing(theme.px(10))
        trouble.addWidget(self._trouble_sign)
        trouble.addWidget(self._trouble_text)
        self._row.addSpacing(theme.px(8))
        self._row.addWidget(self.epoch)
        for one in (self._progress, self._left, self._speed, self._loss, self._metric, self._rate):
            self._row.addWidget(_ruled(one, theme))
        self._row.addWidget(self._trouble)


def _ruled(inner: QWidget, theme: Theme) -> QWidget:
    """`inner` with a hairline before it, which hides with it."""
    rule = Rule(upright=True)
    rule.setParent(inner)
    rule.setGeometry(0, theme.px(8), 1, theme.px(30))
    layout = inner.layout()
    if layout is not None:
        layout.setContentsMargins(theme.px(10), 0, theme.px(8), 0)
    return inner


def _epoch(state: BarState, theme: Theme) -> str:
    t, px, number = theme.tokens, theme.px, state.then.epoch if state.then else state.epoch
    of = f" <span style='font-size:{px(13)}px; font-weight:400; color:{t.text2}'>of {state.epochs}</span>"
    shown = f"<span style='font-size:{px(17)}px; font-weight:600'>{number}</span>"
    return shown + (of if state.epochs else "")
