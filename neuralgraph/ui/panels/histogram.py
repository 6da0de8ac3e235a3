"""The distribution of many numbers as bars: orange below zero, blue above."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter

from neuralgraph.figures.colours import coloured
from neuralgraph.figures.words import spelled
from neuralgraph.tokens import Tokens
from neuralgraph.ui.panels.figure import Figure, Spot
from neuralgraph.ui.panels.inspector_type import tabular
from neuralgraph.ui.theme import Theme

FOOT = 14
"""Room below the bars for what the ends stand for."""


def bins(values: NDArray[Any], count: int = 37) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Counts and edges. Edges are symmetric around 0, with one bin across it, when there are numbers of both signs."""
    finite = np.asarray(values, dtype=np.float64).ravel()
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return np.zeros(0, np.int64), np.zeros(0)
    low, high = float(finite.min()), float(finite.max())
    if low < 0 < high:
        high = max(-low, high)
        low = -high
    if not high - low > 2 * count * np.spacing(max(abs(low), abs(high), 1e-290)):  # no room for so many edges
        room = max(0.5, count * float(np.spacing(max(abs(low), abs(high)))))
        low, high = low - room, high + room
    counts, edges = np.histogram(finite, bins=count, range=(low, high))
    return counts.astype(np.int64), edges


class Histogram(Figure):
    """Bars over a base line; the pointer reads a bar out."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Distribution", "distribution")
        self.counts, self.edges = bins(np.empty(0))

    def set_values(self, values: NDArray[Any]) -> None:
        self.counts, self.edges = bins(values)
        self.renewed()

    def sizeHint(self) -> QSize:
        return QSize(200, 110)

    def grid(self) -> Spot:
        return int(len(self.counts) > 0), len(self.counts)

    def box(self, spot: Spot) -> QRectF:
        pitch = self.width() / max(len(self.counts), 1)
        return QRectF(spot[1] * pitch, 0, pitch, self.height() - FOOT)

    def spot(self, point: QPointF) -> Spot | None:
        number = int(point.x() / max(self.width(), 1) * len(self.counts))
        return (0, number) if 0 <= number < len(self.counts) else None

    def said(self, spot: Spot) -> str:
        ends = f"{spelled(self.edges[spot[1]])} … {spelled(self.edges[spot[1] + 1])}"
        return f"{self.counts[spot[1]]:,} of them from {ends}"

    def csv(self) -> str:
        if not len(self.counts):
            return ""
        rows = zip(self.edges[:-1], self.edges[1:], self.counts, strict=True)
        return "from,to,count\n" + "".join(f"{low!s},{high!s},{count}\n" for low, high, count in rows)

    def paint(self, painter: QPainter, tokens: Tokens) -> None:
        base = self.height() - FOOT - 1.5
        if len(self.counts) and self.counts.max():
            limit = max(abs(self.edges[0]), abs(self.edges[-1])) or 1.0
            middles = (self.edges[:-1] + self.edges[1:]) / 2 / limit
            # Near zero the map is the surface itself: bars keep at least a third of the colour.
            shades = coloured(np.sign(middles) * np.maximum(np.abs(middles), 0.34), tokens, "signed", -1, 1)
            pitch = self.width() / len(self.counts)
            tall = (base - 2) / self.counts.max()
            for number, count in enumerate(self.counts):
                crosses = self.edges[number] < 0 < self.edges[number + 1]
                colour = QColor(tokens.outline) if crosses else QColor(*(int(c) for c in shades[number]))
                high = float(max(count * tall, 1.0 if count else 0.0))
                painter.fillRect(QRectF(number * pitch + 0.5, base - high, max(pitch - 1, 1), high), colour)
            self._ends(painter, tokens)
        painter.setPen(QColor(tokens.outline))
        painter.drawLine(0, int(base), self.width(), int(base))

    def _ends(self, painter: QPainter, tokens: Tokens) -> None:
        """What the ends of the base line stand for, and its middle where that is zero."""
        painter.setFont(tabular(11))
        painter.setPen(QColor(tokens.text2))
        line = QRectF(0, self.height() - FOOT + 1, self.width(), FOOT - 1)
        low, high = float(self.edges[0]), float(self.edges[-1])
        signs = low < 0 < high
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, spelled(low))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, spelled(high, signed=signs))
        if signs:
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, "0")


class Bars(Figure):
    """A short vector as bars from zero, with names below where there is room: the scores of the classes."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Numbers as bars", "numbers")
        self.values: NDArray[Any] = np.empty(0)
        self.names: tuple[str, ...] = ()

    def set_values(self, values: NDArray[Any], names: tuple[str, ...] = ()) -> None:
        self.values, self.names = np.asarray(values, dtype=np.float64), names if len(names) == len(values) else ()
        self.renewed()

    def sizeHint(self) -> QSize:
        return QSize(200, 96)

    def grid(self) -> Spot:
        return int(len(self.values) > 0), len(self.values)

    def box(self, spot: Spot) -> QRectF:
        pitch = self.width() / max(len(self.values), 1)
        return QRectF(spot[1] * pitch, 0, pitch, self.height())

    def spot(self, point: QPointF) -> Spot | None:
        number = int(point.x() / max(self.width(), 1) * len(self.values))
        return (0, number) if 0 <= number < len(self.values) else None

    def said(self, spot: Spot) -> str:
        name = self.names[spot[1]] if self.names else f"[{spot[1]}]"
        return f"{name}: {spelled(float(self.values[spot[1]]), signed=True)}"

    def csv(self) -> str:
        names = self.names or tuple(str(number) for number in range(len(self.values)))
        return "".join(f"{name},{value!s}\n" for name, value in zip(names, self.values, strict=True))

    def paint(self, painter: QPainter, tokens: Tokens) -> None:
        if not len(self.values):
            return
        painter.setFont(tabular(11))
        finite = np.nan_to_num(self.values)
        low, high = min(0.0, float(finite.min())), max(0.0, float(finite.max()))
        foot = 16 if self.names else 2
        tall = (self.height() - foot - 4) / ((high - low) or 1.0)
        zero = 2 + high * tall
        pitch = self.width() / len(finite)
        best = int(finite.argmax())
        for number, value in enumerate(finite):
            colour = QColor(tokens.positive if value >= 0 else tokens.negative)
            top = zero - max(value, 0.0) * tall
            painter.fillRect(QRectF(number * pitch + 1, top, max(pitch - 2, 1), max(abs(value) * tall, 1.0)), colour)
            if self.names:
                painter.setPen(QColor(tokens.text if number == best else tokens.text2))
                text = painter.fontMetrics().elidedText(self.names[number], Qt.TextElideMode.ElideRight, int(pitch))
                below = QRectF(number * pitch, self.height() - 15, pitch, 15)
                painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)
        painter.setPen(QColor(tokens.outline))
        painter.drawLine(0, int(zero), self.width(), int(zero))
