"""One plot: curves of one quantity with legend, hairlines, markers and end marks. Loads pyqtgraph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from neuralgraph.tokens import Tokens
from neuralgraph.ui.panels.inspector_type import font, tabular, text_size, tool_button
from neuralgraph.ui.panels.plot_data import Floats, Track, log_ticks, nice_ticks, quantile, spelled
from neuralgraph.ui.panels.plot_lines import Content, Curve, Ink, Lines
from neuralgraph.ui.panels.plots_key import Key, Keys, pen

CALM = 0.9
"""How much of the height the curves have to fill before the y axis is set anew."""

STILL = 1e-4
"""What moves by less of itself than this is a constant with noise in it."""


@dataclass(frozen=True)
class Shown:
    """A curve to draw. `kind` is "train", "validation" or "ghost" (also "ghost 2" …). With `smoothed` the raw numbers
    are put faintly behind."""

    name: str
    track: Track
    kind: str
    smoothed: bool = False
    value: str = ""


@dataclass(frozen=True)
class Marker:
    """A change of settings: a dotted vertical with text."""

    x: float
    text: str


class Ticks(pg.AxisItem):  # type: ignore[misc]
    """An axis with few round numbers and no tick marks; `percent` and `log` say how numbers are written."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.percent = self.logged = False
        self.room = 1.0
        self.setStyle(tickLength=0, tickTextOffset=6, autoExpandTextSpace=False, hideOverlappingLabels=False)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        most = max(2, int(size / ((27 if self.orientation == "left" else 58) * text_size())) + 1)
        if self.logged:
            return [(1.0, log_ticks(minVal, maxVal, most))]
        ticks = nice_ticks(minVal, maxVal, min(most, 9))
        step = ticks[1] - ticks[0] if len(ticks) > 1 else 0.0
        return [(step, [t for t in ticks if t <= minVal + (maxVal - minVal) * self.room])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self.logged:
            return [f"{10.0**value:.1g}".replace("-", "−") for value in values]
        if self.percent:
            return [f"{spelled(100 * v, 100 * spacing)} %" for v in values]
        return [spelled(value, spacing) for value in values]


def _thin(colour: str | QColor, width: float = 1.0) -> QPen:
    made = QPen(QColor(colour), width)
    made.setCosmetic(True)
    return made


def ink(tokens: Tokens) -> Ink:
    """What is not a curve, in the colours of a theme."""
    return Ink(QColor(tokens.hairline), QColor(tokens.panel), QColor(tokens.error), QColor(tokens.text2),
               QColor(tokens.text3), font(11), QColor(tokens.accent))


class PlotView(QWidget):
    """Title and legend above, the plot below. `show_curves` says what to draw; zooming asks the tracks again."""

    log_changed = Signal(bool)
    chosen = Signal(str)

    def __init__(self, tokens: Tokens, title: str) -> None:
        super().__init__()
        self.tokens = tokens
        self.setMinimumWidth(160)
        self.axis, self.log, self.percent = "epoch", False, False
        self._curves: tuple[Shown, ...] = ()
        self._choices: tuple[str, ...] = ()
        self._markers: tuple[Marker, ...] = ()
        self._cursor: float | None = None
        self._end = 1.0
        self._own_range = False
        self._keys: dict[str, Key] = {}
        self.title = tool_button(title)
        self.title.setFont(font(13, 600))
        self.title.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.log_button = tool_button("log", "Logarithmic axis")
        self.log_button.setCheckable(True)
        self.log_button.toggled.connect(self.set_log)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(0, 0, 4, 0)
        self.head.setSpacing(14)
        self.head.addWidget(self.title)
        self.head.addWidget(self.log_button)
        self.head.addStretch(1)
        self._build_plot()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        self.crowd = Keys()
        box.addLayout(self.head)
        box.addWidget(self.crowd)
        box.addWidget(self.plot, 1)
        self.set_tokens(tokens)

    def _build_plot(self) -> None:
        self.left, self.bottom = Ticks("left"), Ticks("bottom")
        self.bottom.room = 0.93
        self.plot = pg.PlotWidget(background=None, axisItems={"left": self.left, "bottom": self.bottom})
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.plot.setMinimumSize(120, 60)
        self.plot.setAntialiasing(True)
        self.plot.setBackgroundBrush(QBrush(Qt.BrushStyle.NoBrush))
        self.plot.setFrameShape(QFrame.Shape.NoFrame)
        self.plot.setStyleSheet("background: transparent;")
        item = self.plot.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setContentsMargins(0, 4, 6, 0)
        self.box = item.getViewBox()
        self.box.setMouseEnabled(x=True, y=False)
        self.box.disableAutoRange()
        self.box.setDefaultPadding(0)
        self.box.sigRangeChangedManually.connect(self._taken)
        self.box.sigResized.connect(lambda *_: self.redraw())
        self.plot.scene().sigMouseClicked.connect(self._clicked)
        self.unit = QLabel(self.axis, self.plot)
        self.unit.setFont(font(11))
        self.unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.lines = Lines(ink(self.tokens))
        self.box.addItem(self.lines, ignoreBounds=True)
        self.box.sigResized.connect(lambda *_: self._place_unit())

    def show_curves(
        self, curves: Sequence[Shown], *, axis: str, end: float, percent: bool = False, markers: Sequence[Marker] = (),
        cursor: float | None = None,
    ) -> None:
        """`cursor` is where the moment that is shown stands."""
        if axis != self.axis:
            self._own_range = False
        self._curves, self._markers, self._cursor = tuple(curves), tuple(markers), cursor
        self.axis, self._end, self.percent = axis, end, percent
        if percent != self.left.percent:
            self.left.percent = percent
            self._renumber()
        self._legend()
        self.redraw()

    def set_title(self, title: str, choices: Mapping[str, str]) -> None:
        """The heading; with more than one choice (title by name) it opens a menu of them."""
        self.title.setText(f"{title}  ▾" if len(choices) > 1 else title)
        self.title.setAccessibleName(title)
        if tuple(choices) == self._choices:
            return
        self._choices = tuple(choices)
        menu = self.title.menu() or QMenu(self.title)
        menu.clear()
        for name, text in choices.items():
            menu.addAction(text, partial(self.chosen.emit, name))
        if len(choices) > 1:
            self.title.setMenu(menu)

    def set_log(self, on: bool) -> None:
        """Logarithmic y."""
        if on == self.log:
            return
        self.log = self.left.logged = on
        self.log_button.setChecked(on)
        self._renumber()
        self.redraw()
        self.log_changed.emit(on)

    def _renumber(self) -> None:
        """Numbers on the left are written in another way now."""
        self.left.picture = None
        self.left.update()

    def show_all(self) -> None:
        """Back from a zoom to all of the run."""
        self._own_range = False
        self.redraw()

    def set_tokens(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.title.setStyleSheet(
            f"QToolButton {{ border: none; padding: 0; color: {tokens.text}; background: transparent; }}"
            "QToolButton::menu-indicator { image: none; }")
        self.unit.setStyleSheet(f"color: {tokens.text2}; background: transparent;")
        for one in self._keys.values():
            one.restyle(tokens)
        for axis in (self.left, self.bottom):
            axis.setTextPen(QColor(tokens.text2))
            axis.setTickFont(tabular(11))
        self.left.setWidth(46 * text_size())  # a number that has too little room is not written at all
        self.bottom.setHeight(20 * text_size())
        self.left.setPen(QPen(QColor(0, 0, 0, 0)))
        self.bottom.setPen(_thin(tokens.outline))
        self.lines.ink = ink(tokens)
        self.log_button.setStyleSheet(
            f"QToolButton {{ border: 1px solid {tokens.hairline}; border-radius: 6px; padding: 1px 6px;"
            f" font-size: {round(11 * text_size())}px; color: {tokens.text2}; background: transparent; }}"
            f"QToolButton:checked {{ background: {tokens.accent_soft}; color: {tokens.text};"
            f" border-color: {tokens.accent}; }}")
        self.redraw()

    def redraw(self) -> None:
        """Asks the tracks for what fits between the present ends and puts it on the plot."""
        if not self._own_range:
            self._range("x", 0.0, self._right())
        low, high = self.box.viewRange()[0]
        pixels = max(50, int(self.box.width()) // 2)  # two blocks a pixel are drawn as one
        reach = {"log": self.log, "low": low, "high": high, "pixels": pixels}
        lines = [(one, one.track.line(self.axis, smoothed=one.smoothed, **reach)) for one in self._curves]
        self._fit_y([(one.kind, line.y) for one, line in lines])
        curves: list[Curve] = []
        for one, line in sorted(lines, key=lambda pair: pair[0].kind == "train"):
            if one.smoothed and not one.kind.startswith("ghost"):
                curves.append(self._raw(one, low, high, pixels))
            end = {"train": "o", "validation": "s"}.get(one.kind, "")
            curves.append(Curve(line.x, line.y, pen(self.tokens, one.kind), end))
        bottom, top = self.box.viewRange()[1]
        ticks = self.left.tickValues(bottom, top, self.box.height())[0][1]
        content = Content(ticks, curves, self._crosses().tolist(), self._marks(low, high), self._cursor)
        self.lines.show_content(content, self.box.viewRect())
        self._name_unit()

    def _right(self) -> float:
        """The right end of x, which stands still for a while: a plot that creeps is restless, and dear to redraw."""
        if self._end <= 0:
            return 1.0
        power = 10.0 ** np.floor(np.log10(self._end))
        step = power * next(share for most, share in ((2, 0.1), (5, 0.2), (11, 0.5)) if self._end < most * power)
        return float(1.012 * np.ceil(self._end / step - 1e-9) * step)

    def _range(self, side: str, low: float, high: float) -> None:
        """Set the ends of an axis where they differ; those of y stay while they still serve."""
        old_low, old_high = self.box.viewRange()[side == "y"]
        if side == "y" and old_low <= low < high <= old_high and high - low >= CALM * (old_high - old_low):
            return
        if (old_low, old_high) != (low, high):
            (self.box.setYRange if side == "y" else self.box.setXRange)(low, high, padding=0)

    def _raw(self, one: Shown, low: float, high: float, pixels: int) -> Curve:
        line = one.track.line(self.axis, log=self.log, low=low, high=high, pixels=pixels)
        colour = QColor(self.tokens.series[0])
        colour.setAlphaF(0.28)
        return Curve(line.x, line.y, _thin(colour))

    def _crosses(self) -> Floats:
        """Where a number was not finite: a red cross on the axis."""
        places = [one.track.breaks(self.axis) for one in self._curves if not one.kind.startswith("ghost")]
        return np.unique(np.concatenate(places))[:200] if places else np.empty(0)

    def _marks(self, low: float, high: float) -> list[tuple[float, str, int]]:
        """The changes in sight, with the row for their text: one below the other where they are close."""
        found: list[tuple[float, str, int]] = []
        taken, row = -np.inf, 0
        for marker in sorted(self._markers, key=lambda one: one.x):
            if low <= marker.x <= high:
                row = row + 1 if marker.x < taken else 0
                found.append((marker.x, marker.text, row))
                taken = marker.x + (high - low) * (len(marker.text) * 6.2 * text_size() + 10) / max(self.box.width(), 1)
        return found

    def _fit_y(self, lines: list[tuple[str, Floats]]) -> None:
        """Ends of y by the lines themselves, so that a wild start or single batches do not flatten the rest."""
        every = np.concatenate([y for _, y in lines]) if lines else np.empty(0)
        every = every[np.isfinite(every)]
        if not len(every):
            self._range("y", 0.0, 1.0)
            return
        low, high = float(every.min()), float(every.max())
        if self.percent and not self.log:
            low = min(max(0.0, quantile(every, 0.04) - 0.02), high - 0.02)
            span = max(high, 1.0 if high > 0.8 else high) - low
            self._range("y", max(0.0, low - 0.03 * span), low + 1.06 * span)
            return
        usual = quantile(every, 0.92)
        if not self.log and high > 1.5 * usual > 0:
            high = usual * 1.25
        if not self.log and low >= 0 and low < 0.5 * high:
            low = 0.0
        if high - low < STILL * abs(high):  # what stands still has round numbers beside it, not its last digits
            low, high = low - 0.1 * abs(high), high + 0.1 * abs(high)
        span = (high - low) or 1.0
        room = 0.10 if low < 0 or self.log or not low else 0.06
        self._range("y", low - room * span, high + 0.08 * span)

    def _legend(self) -> None:
        wanted = {f"{one.kind} {one.name}": one for one in self._curves}
        for gone in set(self._keys) - set(wanted):
            key = self._keys.pop(gone)
            key.hide()
            key.deleteLater()
        for name, one in wanted.items():
            if name not in self._keys:
                self._keys[name] = Key(self.tokens, one.kind)
            self._keys[name].name.setText(one.name)
            self._keys[name].value.setText(one.value)
        self._place_keys()

    def _place_keys(self) -> None:
        taken = sum(one.sizeHint().width() + self.head.spacing() for one in (self.title, self.log_button))
        self.crowd.place(list(self._keys.values()), self.head, self.width() - taken - 8)

    def legend(self) -> dict[str, str]:
        """What the legend says: value by name."""
        return {key.name.text(): key.value.text() for key in self._keys.values()}

    def _taken(self, *_: Any) -> None:
        self._own_range = True
        self.redraw()

    def _clicked(self, event: Any) -> None:
        if event.double():
            self.show_all()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_unit()
        self._place_keys()

    def _name_unit(self) -> None:
        text = {"time": "seconds"}.get(self.axis, self.axis)
        if text != self.unit.text():
            self.unit.setText(text)
            self._place_unit()

    def _place_unit(self) -> None:
        self.unit.adjustSize()
        self.bottom.room = 1 - (self.unit.width() + 14) / max(self.box.width(), 1)
        self.unit.move(self.plot.rect().bottomRight() - self.unit.rect().bottomRight() - QPoint(8, 2))

    def paint_into(self, painter: QPainter, corner: QPoint) -> None:
        """Draws title, legend and plot as they stand, for an export."""
        self.log_button.hide()
        self.render(painter, corner, renderFlags=QWidget.RenderFlag.DrawChildren)
        self.log_button.show()
