"""Two pictures of a search: the goal trial by trial, and the values of every trial side by side. Loads pyqtgraph."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QFrame

from neuralgraph.graph.ranges import Range
from neuralgraph.studies import Trial
from neuralgraph.tokens import Tokens
from neuralgraph.ui.panels.inspector_type import font
from neuralgraph.ui.panels.plots_view import Ticks

SHOWN = 300
"""So many trials are drawn side by side: the latest."""


class _Plot(pg.PlotWidget):  # type: ignore[misc]
    """An empty plot of the look."""

    def __init__(self, tokens: Tokens, name: str, **axes: Any) -> None:
        super().__init__(background=None, axisItems=axes)
        self.tokens = tokens
        self.setAccessibleName(name)
        self.setAntialiasing(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("background: transparent;")
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.getViewBox().setMouseEnabled(x=False, y=False)
        self.restyle(tokens)

    def restyle(self, tokens: Tokens) -> None:
        self.tokens = tokens
        for side in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(side)
            axis.setPen(QPen(QColor(tokens.hairline)))
            axis.setTextPen(QPen(QColor(tokens.text3)))
            axis.setTickFont(font(11))


class HistoryPlot(_Plot):
    """A dot for every trial that was done, and the best so far as a line."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__(tokens, "The goal trial by trial", left=Ticks("left"), bottom=Ticks("bottom"))

    def show_trials(self, trials: Sequence[Trial], better: str) -> None:
        self.clear()
        done = [(one.number, one.value) for one in trials if one.value is not None]
        if not done:
            return
        t = self.tokens
        best, line = math.inf, []
        sign = -1.0 if better == "higher" else 1.0
        for _, value in done:
            best = min(best, sign * value)
            line.append(sign * best)
        numbers, values = [number for number, _ in done], [value for _, value in done]
        self.plot([*numbers, numbers[-1] + 1], line, pen=pg.mkPen(t.series[0], width=2.2), stepMode="center")
        self.plot(numbers, values, pen=None, symbol="o", symbolSize=7, symbolPen=pg.mkPen(t.panel),
                  symbolBrush=QColor(t.series[1]))
        low, high = min(values), max(values)
        room = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
        self.setXRange(min(numbers) - 0.5, max(numbers[-1], numbers[0] + 4) + 1.0, padding=0)
        self.setYRange(low - room, high + room, padding=0)


class ParallelPlot(_Plot):
    """An upright axis for every parameter and one for the goal; a line for every trial, strong where it is good."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__(tokens, "The values of every trial side by side")
        self.getPlotItem().hideAxis("left")

    def show_trials(self, trials: Sequence[Trial], ranges: Mapping[str, Range], goal: str, better: str) -> None:
        self.clear()
        done = [one for one in trials if one.value is not None][-SHOWN:]
        targets = [target for target in ranges if all(target in one.values for one in done)]
        t = self.tokens
        self.getPlotItem().getAxis("bottom").setTicks([list(enumerate([*targets, goal]))])
        self.setXRange(-0.35, len(targets) + 0.35, padding=0)
        self.setYRange(-0.12, 1.12, padding=0)
        for at in range(len(targets) + 1):
            self.plot([at, at], [0, 1], pen=pg.mkPen(t.outline, width=1))
        if not done:
            return
        values = [float(one.value or 0.0) for one in done]
        low, high = min(values), max(values)
        sign = -1.0 if better == "higher" else 1.0
        for one in sorted(done, key=lambda one: -sign * float(one.value or 0.0)):
            share = (float(one.value or 0.0) - low) / (high - low) if high > low else 0.5
            good = share if better == "higher" else 1.0 - share
            heights = [*(place(ranges[target], one.values[target]) for target in targets), share]
            ink = QColor(t.series[0])
            ink.setAlphaF(0.12 + 0.88 * good**3)
            self.plot(range(len(heights)), heights, pen=pg.mkPen(ink, width=1.0 + 1.6 * good**3))
        ends = [ends_of(ranges[target]) for target in targets] + [(f"{low:.4g}", f"{high:.4g}")]
        for at, (below, above) in enumerate(ends):
            for text, y, anchor in ((below, 0.0, (0.5, 0.0)), (above, 1.0, (0.5, 1.0))):
                label = pg.TextItem(text, color=t.text2, anchor=anchor)
                label.setFont(font(11))
                label.setPos(at, y)
                label.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
                self.addItem(label)


def place(range: Range, value: Any) -> float:
    """How high a value lies on the axis of its range, 0 … 1."""
    if range.choices:
        at = next((number for number, one in enumerate(range.choices) if one == value), 0)
        return at / (len(range.choices) - 1)
    if range.log:
        return math.log(value / range.low) / math.log(range.high / range.low)
    return (float(value) - range.low) / (range.high - range.low)


def ends_of(range: Range) -> tuple[str, str]:
    """What stands below and above its axis."""
    if range.choices:
        return str(range.choices[0]), str(range.choices[-1])
    return f"{range.low:g}", f"{range.high:g}"
