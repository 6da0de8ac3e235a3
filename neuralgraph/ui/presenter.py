"""Presenter mode: the same document for the last row of a room. Large words, thick wires, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QWidget

from neuralgraph.ui.asking import Asker
from neuralgraph.ui.bridge import later
from neuralgraph.ui.controls import button, flat, tip
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.icons import icon
from neuralgraph.ui.panels.boundary import Plane
from neuralgraph.ui.panels.units import UnitsPicture
from neuralgraph.ui.theme import Theme
from neuralgraph.ui.training_bar import BarState

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.view import CanvasView, Sight
    from neuralgraph.ui.workbench import Workbench

WORDS, VALUE, KEY = 27, 31, 22
ZOOM = 1.25
"""The canvas is shown at least so large."""
KEYS_STAY = 2500
"""Milliseconds that pressed keys are shown."""
ALONE = {Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta}


class Presenter(QObject):
    """Puts the window into presenter mode and back. A small network of two features is drawn neuron by neuron."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self.on = False
        self._stage: Stage | None = None
        self.bar: LargeBar | None = None
        self.keys: KeyCaps | None = None
        self._asker: Asker | None = None
        self._said = ""
        self._before: tuple[CanvasView, Sight] | None = None
        """Where the canvas stood that was presented."""

    def toggle(self) -> None:
        self.leave() if self.on else self.enter()

    def enter(self) -> None:
        """Hide the chrome, show the large parts."""
        bench = self._bench
        if bench.canvas.view is None:
            return
        self._make()
        self.on = True
        self._before = bench.canvas.view, bench.canvas.view.sight()
        bench.hide_welcome()
        bench.docks.save()
        bench.docks.show_all(False)
        bench.window.row.hide()
        bench.bar.hide()
        bench.window.statusBar().hide()
        assert self.bar is not None and self.keys is not None
        self.bar.show()
        self.bar.show_state(bench.training.state)
        self.dress()
        self.keys.begin()
        self._alone(True)
        bench.actions.check("present", True)
        self.look()
        later(0, self._fit, self)

    def leave(self) -> None:
        """Everything where it was."""
        bench = self._bench
        if not self.on:
            return
        self.on = False
        assert self.bar is not None and self.keys is not None
        self.keys.end()
        self.bar.hide()
        bench.window.row.show()
        bench.bar.show()
        bench.window.statusBar().show()
        bench.window.centre.setCurrentWidget(bench.canvas)
        self._alone(False)
        bench.docks.show_all(True)
        bench.docks.restore()
        bench.actions.check("present", False)
        later(0, self._look_again, self)

    def _look_again(self) -> None:
        """At what was looked at before, as large as it was; at everything, where that is another document."""
        canvas, before = self._bench.canvas, self._before
        if self.on or canvas.view is None:
            return
        if before is not None and before[0] is canvas.view:
            canvas.view.look_at(before[1])
        else:
            canvas.fit()
        self._before = None

    def _escaped(self) -> None:
        """Esc lets go of what is selected first; then it leaves."""
        canvas = self._bench.canvas
        if canvas.view is None or not (canvas.scene.selection or canvas.scene.selected_wires):
            later(0, self.leave, self)

    def show_state(self, state: BarState) -> None:
        if self.on and self.bar is not None:
            self.bar.show_state(state)

    def dress(self) -> None:
        """The colours of the present theme."""
        if self.bar is not None and self._stage is not None and self.keys is not None:
            self.bar.dress()
            self._stage.update()
            self.keys.dress()

    def look(self) -> None:
        """Ask what is to be shown; called whenever that may be something else."""
        if self.on and self._asker is not None:
            session = self._bench.session
            self._asker.ask(session, lambda program: (session.units(program), session.region(program)))

    def close(self) -> None:
        if self._asker is not None:
            self._asker.close()
        if self.keys is not None:
            self.keys.end()

    def _make(self) -> None:
        if self.bar is not None:
            return
        bench = self._bench
        self.bar = LargeBar(bench.theme)
        self.bar.train.clicked.connect(bench.training.toggle)
        self.bar.reset.clicked.connect(bench.training.reset)
        self.bar.step.clicked.connect(bench.training.one_batch)
        self.bar.out.clicked.connect(self.leave)
        layout = bench.window.top.layout()
        assert layout is not None
        layout.addWidget(self.bar)
        self._stage = Stage(bench.theme)
        bench.window.centre.addWidget(self._stage)
        self.keys = KeyCaps(bench.theme, bench.window)
        self.keys.left.connect(self._escaped)
        self._asker = Asker(bench.bridge, self, every=0.2)
        self._asker.answered.connect(self._arrived)
        self._asker.failed.connect(self._failed)

    def _arrived(self, answer: Any) -> None:
        bench = self._bench
        if not self.on or self._stage is None or not isinstance(answer, tuple):
            return
        if self._said and self.bar is not None:
            self._said = ""
            self.bar.say("")
        units, region = answer
        if bench.welcome is not None and bench.window.centre.currentWidget() is bench.welcome:
            return
        if units is None or region is None or bench.docks.shown("bottom"):  # a step is taken apart: on the canvas
            bench.window.centre.setCurrentWidget(bench.canvas)
            return
        self._stage.show_answer(units, region)
        bench.window.centre.setCurrentWidget(self._stage)

    def _failed(self, text: str) -> None:
        """There is no answer: the drawing stands in, and why is said once."""
        bench = self._bench
        if not self.on or (bench.welcome is not None and bench.window.centre.currentWidget() is bench.welcome):
            return
        bench.window.centre.setCurrentWidget(bench.canvas)
        if text != self._said:
            self._said = text
            if self.bar is not None:
                self.bar.say(text)
            bench.say("warning", text, "")

    def _alone(self, alone: bool) -> None:
        """Without tabs and without the small buttons on the canvas."""
        bench = self._bench
        bench.time.bar.set_large(alone)
        if bench.window.shell is not None:
            bench.window.shell.show_tabs(not alone)
        if bench.canvas.view is not None:
            bench.canvas.view.pill.setVisible(not alone)

    def again(self) -> None:
        """Another document is in this place, or this one came forward."""
        if self.on:
            self._alone(True)
            self.look()
            later(0, self._fit, self)

    def _fit(self) -> None:
        view = self._bench.canvas.view
        if self.on and view is not None:
            view.following = False
            view.fit()
            if view.zoom < ZOOM:
                view.zoom_to(ZOOM)


class LargeBar(QFrame):
    """72 px: Train, Reset, Step, and the numbers in 31 px."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme, self.state = theme, BarState()
        self.setObjectName("bar")
        fitted(self, theme, lambda: self.setFixedHeight(theme.px(72)))
        self.train = button(" Train", kind="primary", size="large")
        self.reset, self.step = (button("", size="large") for _ in range(2))
        for made, text in ((self.train, "Train or pause"), (self.reset, "Back to the same initial weights"),
                           (self.step, "Learn one batch")):
            made.setToolTip(text)
            made.setAccessibleName(text)
        self.numbers = [(QLabel(), QLabel()) for _ in range(3)]
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(16), 0, theme.px(16), 0)
        row.setSpacing(theme.px(12))
        for made in (self.train, self.reset, self.step):
            row.addWidget(made)
        for name, value in self.numbers:
            row.addSpacing(theme.px(14))
            row.addWidget(name)
            row.addWidget(value)
        self.trouble = QLabel()
        self.trouble.setTextFormat(Qt.TextFormat.PlainText)
        self.trouble.setWordWrap(True)
        self.trouble.setMinimumWidth(1)
        row.addWidget(self.trouble, 1)
        self.out = flat(theme, "fullscreen-exit", "Leave presenter mode (Esc)", size=44)
        row.addWidget(self.out)
        self.hide()

    def say(self, text: str) -> None:
        """Why nothing is to be seen."""
        self.trouble.setText(text)
        self.trouble.setToolTip(text and tip(text))

    def show_state(self, state: BarState) -> None:
        changed = state.phase != self.state.phase
        self.state = state
        then = state.then
        shown = (("Epoch", f"{state.epoch}"), ("Loss", state.loss), (state.metric, state.metric_value)) \
            if then is None else ((f"Step {then.step:,}: epoch", f"{then.epoch}"), ("loss", then.loss),
                                  (then.metric, then.value))
        for (name, value), (word, number) in zip(self.numbers, shown, strict=True):
            name.setText(word if number else "")
            value.setText(number)
        able = not (state.phase == "idle" and state.errors)
        self.train.setEnabled(able)
        self.step.setEnabled(able and state.phase != "running")
        if changed:
            self.dress()

    def dress(self) -> None:
        t, theme = self.theme.tokens, self.theme
        running = self.state.phase == "running"
        words = {"running": " Pause", "paused": " Resume", "waiting": " Waits …"}
        self.train.setText(words.get(self.state.phase, " Train"))
        for made, name, ink in ((self.train, "pause" if running else "play", t.on_accent),
                                (self.reset, "restart", t.text), (self.step, "skip-next", t.text)):
            made.setIcon(icon(name, ink, t.text3))
            made.setIconSize(QSize(theme.px(24), theme.px(24)))
        for word, number in self.numbers:
            word.setFont(theme.font(WORDS, 400))
            number.setFont(theme.font(VALUE, 700, figures=True))
            # in the sheet too: a widget that is polished later gets the font of the program back
            word.setStyleSheet(f"color: {t.text2}; font-size: {theme.px(WORDS)}px;")
            number.setStyleSheet(f"color: {t.text}; font-size: {theme.px(VALUE)}px; font-weight: 700;")
        self.trouble.setFont(theme.font(15, 600))
        self.trouble.setStyleSheet(f"color: {t.error}; font-size: {theme.px(15)}px; font-weight: 600;")
        self.out.setIcon(icon("fullscreen-exit", t.text2))
        self.out.setIconSize(QSize(theme.px(24), theme.px(24)))


class Stage(QWidget):
    """The neurons at the left, the plane at the right."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("stage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.units = UnitsPicture(theme)
        self.plane = Plane(theme, large=True)
        box = QHBoxLayout(self)
        box.setContentsMargins(16, 8, 24, 12)
        box.setSpacing(0)
        box.addWidget(self.units, 11)
        box.addWidget(self.plane, 9)

    def show_answer(self, units: Any, region: Any) -> None:
        self.units.show_units(units)
        self.plane.region = region
        self.plane.update()


class KeyCaps(QWidget):
    """The keys that were pressed last, so that the room can follow. `left`: Esc was pressed."""

    left = Signal()

    def __init__(self, theme: Theme, home: QWidget) -> None:
        super().__init__(home)
        self._theme = theme
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._shown: tuple[str, ...] = ()
        self._stale = 0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def begin(self) -> None:
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)
        self.show_keys(("Ctrl", "↵"))

    def end(self) -> None:
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
        self.hide()

    def show_keys(self, keys: tuple[str, ...]) -> None:
        """Show these caps for a while."""
        self._shown = keys
        self._stale += 1
        while self._row.count():
            item = self._row.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for key in keys:
            cap = QLabel(key)
            cap.setTextFormat(Qt.TextFormat.PlainText)
            cap.setProperty("cap", True)
            self._row.addWidget(cap)
        self.dress()
        self.settle()
        self.setVisible(bool(keys))
        self.raise_()
        later(KEYS_STAY, lambda number=self._stale: self._fade(number), self)  # type: ignore[misc]

    def settle(self) -> None:
        """The lower right corner."""
        self.adjustSize()
        home = self.parentWidget()
        if home is not None:
            self.move(home.width() - self.width() - 24, home.height() - self.height() - 22)

    def dress(self) -> None:
        t = self._theme.tokens
        for at in range(self._row.count()):
            item = self._row.itemAt(at)
            cap = item.widget() if item is not None else None
            if cap is not None:
                cap.setFont(self._theme.font(KEY, 500))
                cap.setStyleSheet(f"background: {t.panel}; color: {t.text}; border: 2px solid {t.outline};"
                                  "border-radius: 8px; padding: 5px 13px;")

    def _fade(self, number: int) -> None:
        if number == self._stale:
            self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and not event.isAutoRepeat():
            home = self.parentWidget()
            if event.key() == Qt.Key.Key_Escape and home is not None and home.isVisible() and (
                    QApplication.activePopupWidget() is None and QApplication.activeModalWidget() is None):
                self.left.emit()
            keys = caps(event)
            if keys:
                self.show_keys(keys)
        return False


def caps(event: QKeyEvent) -> tuple[str, ...]:
    """The names of what is held: «Ctrl», «↵»; nothing for a modifier alone or plain typing."""
    key = Qt.Key(event.key())
    if key in ALONE:
        return ()
    held = [name for name, flag in (("Ctrl", Qt.KeyboardModifier.ControlModifier),
                                    ("Alt", Qt.KeyboardModifier.AltModifier),
                                    ("Shift", Qt.KeyboardModifier.ShiftModifier)) if event.modifiers() & flag]
    name = {Qt.Key.Key_Return: "↵", Qt.Key.Key_Enter: "↵", Qt.Key.Key_Left: "←", Qt.Key.Key_Right: "→",
            Qt.Key.Key_Up: "↑", Qt.Key.Key_Down: "↓", Qt.Key.Key_Space: "Space"}.get(
                key, QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText))
    plain = not held and len(name) == 1 and name.isalnum()
    return () if plain or not name else (*held, name)

