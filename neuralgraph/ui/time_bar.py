"""The bar of time below the canvas: a slider over the steps of the run, a film, going on from there, back to now."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
)

from neuralgraph.ui.controls import button, dress, flat, repolish, tip, words
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.icons import icon
from neuralgraph.ui.theme import Theme

SPEEDS = (2, 5, 10, 20)
"""Pictures a second."""
ROOMY = 660
"""So many pixels are enough for words on the buttons."""
FAR = 20
"""Page up and down go so many times to the end."""
LARGE = 27
HELP = ("Drag to see the run at any of its steps: every view shows that moment. Left and Right: one step. "
        "Ctrl + Left and Right: from one kept step to the next. Home: the start. End: now.")


class TimeSlider(QSlider):
    """Steps from left to right; marks below it are those that were kept. `sought` brings the step a hand wants."""

    sought = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.theme = theme
        self.kept: tuple[int, ...] = ()
        self.setAccessibleName("Time")
        self.setToolTip(tip(HELP))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(60, theme.px(26))
        self.setTracking(True)
        self.sliderMoved.connect(self.sought)

    def show_steps(self, first: int, last: int, kept: Sequence[int]) -> None:
        """What there is."""
        if (first, last) != (self.minimum(), self.maximum()):
            self.setRange(first, max(last, first))
            self.setPageStep(max(1, (last - first) // FAR))
        if tuple(kept) != self.kept:
            self.kept = tuple(kept)
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        here, far = self.value(), self.pageStep()
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        match event.key():
            case Qt.Key.Key_Left:
                step = max((one for one in self.kept if one < here), default=self.minimum()) if held else here - 1
            case Qt.Key.Key_Right:
                step = min((one for one in self.kept if one > here), default=self.maximum()) if held else here + 1
            case Qt.Key.Key_PageUp:
                step = here + far
            case Qt.Key.Key_PageDown:
                step = here - far
            case Qt.Key.Key_Home:
                step = self.minimum()
            case Qt.Key.Key_End:
                step = self.maximum()
            case _:
                super().keyPressEvent(event)
                return
        event.accept()
        self.go(step)

    def go(self, step: int) -> None:
        """As if a hand had put it there."""
        self.setValue(step)
        self.sought.emit(self.value())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click brings the handle there, and a drag goes on from there."""
        if event.button() == Qt.MouseButton.LeftButton and not self._handle().contains(event.position().toPoint()):
            self.go(self._at(event.position().x()))
        super().mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        span = self.maximum() - self.minimum()
        if not span or not self.kept:
            return
        painter = QPainter(self)
        painter.setPen(QPen(QColor(self.theme.tokens.text3), 1))
        y = self.height() / 2 + self.theme.px(8)
        half = self._half()
        each, first = (self.width() - 2 * half) / span, self.minimum()
        for x in sorted({round(half + (one - first) * each) for one in self.kept}):
            painter.drawLine(QPointF(x + 0.5, y), QPointF(x + 0.5, y + self.theme.px(3)))

    def _handle(self) -> QRect:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        return self.style().subControlRect(QStyle.ComplexControl.CC_Slider, option,
                                           QStyle.SubControl.SC_SliderHandle, self)

    def _half(self) -> float:
        return self._handle().width() / 2

    def _at(self, x: float) -> int:
        half, span = self._half(), self.maximum() - self.minimum()
        return self.minimum() + round((x - half) * span / max(self.width() - 2 * half, 1))


class TimeBar(QFrame):
    """Shown while there is a past to look at."""

    speed_wanted = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme, self._large, self._past, self._plays = theme, False, False, False
        self.setObjectName("card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.play = flat(theme, "play", "Play the run as a film")
        self.play.setPopupMode(QToolButton.ToolButtonPopupMode.DelayedPopup)
        self.speed = flat(theme, "speedometer", "How fast the film is")
        self.speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.speeds = QMenu("Speed", self)
        self.speed.setMenu(self.speeds)
        self._choices()
        self.slider = TimeSlider(theme)
        self.where = words(theme, "", 12.5, 600)
        self.where.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self.branch = button("Train on from here")
        self.now = button("Now")
        for one, about in ((self.branch, "Train on from the step that is shown: a new run, this one stays as it is"),
                           (self.now, "Back to what is now (End)")):
            one.setToolTip(about)
            one.setAccessibleName(about)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(6), theme.px(3), theme.px(6), theme.px(3))
        row.setSpacing(theme.px(6))
        for made in (self.play, self.speed):
            row.addWidget(made)
        row.addWidget(self.slider, 1)
        for last in (self.where, self.branch, self.now):
            row.addWidget(last)
        self.setFocusProxy(self.slider)
        self.hide()
        fitted(self, theme, self._dress)

    def show_steps(self, first: int, last: int, kept: Sequence[int], shown: int | None) -> None:
        """The steps there are, and which one is shown; None: now."""
        longer = len(f"{last:,}") != len(f"{self.slider.maximum():,}")
        self.slider.show_steps(first, last, kept)
        if longer:
            self._settle()
        if not self.slider.isSliderDown():
            self.slider.setValue(last if shown is None else shown)

    def say(self, text: str, *, past: bool, about: str = "") -> None:
        """What is shown, in words; `past`: it is not what is now."""
        self.where.setText(text)
        self.where.setToolTip(tip(about))
        if past != self._past:
            self._past = past
            self.setObjectName("offer" if past else "card")
            repolish(self)
        self.branch.setEnabled(past)
        self.now.setEnabled(past)

    def playing(self, on: bool) -> None:
        self._plays = on
        about = "Hold the film" if on else "Play the run as a film"
        self.play.setToolTip(about)
        self.play.setAccessibleName(about)
        self._dress()

    def set_large(self, large: bool) -> None:
        """For the last row of a room."""
        self._large = large
        self.where.setProperty("type", (LARGE if large else 12.5, 600, "text"))
        self._dress()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle()

    def _choices(self) -> None:
        group = QActionGroup(self)
        for one in SPEEDS:
            action = self.speeds.addAction(f"{one} pictures a second", partial(self.speed_wanted.emit, one))
            action.setCheckable(True)
            action.setChecked(one == 10)
            group.addAction(action)

    def _settle(self) -> None:
        """Words on the buttons where there is room for them; the words beside the slider do not make it jump."""
        roomy = self.width() >= self.theme.px(ROOMY)
        self.branch.setText(" Train on from here" if roomy else "")
        self.now.setText("Now" if roomy else "")
        last = self.slider.maximum()  # as wide as the widest, so that the slider stays where it is under the hand
        self.where.setMinimumWidth(self.where.fontMetrics().horizontalAdvance(f"step {last:,} of {last:,} …  "))

    def _dress(self) -> None:
        t, theme = self.theme.tokens, self.theme
        self.play.setIcon(icon("pause" if self._plays else "play", t.text2, t.hairline))
        self.speed.setIcon(icon("speedometer", t.text2, t.hairline))
        for made, sign in ((self.branch, "source-branch"), (self.now, "skip-forward")):
            made.setIcon(icon(sign, t.text, t.text3))
            made.setIconSize(QSize(theme.px(16), theme.px(16)))
        dress(self.where, theme)
        self.setFixedHeight(theme.px(56 if self._large else 36))
        self._settle()
        self.slider.update()


