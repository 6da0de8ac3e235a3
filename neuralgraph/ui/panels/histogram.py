"""The distribution of many numbers as bars: orange below zero, blue above."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from neuralgraph.ui.panels.colorbar import short
from neuralgraph.ui.panels.heatmap_colours import coloured
from neuralgraph.ui.tokens import Tokens


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
    if not high - low > 1e-300:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(finite, bins=count, range=(low, high))
    return counts.astype(np.int64), edges


class Histogram(QWidget):
    """Bars over a base line; the pointer reads a bar out."""

    pointed = Signal(str)

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.tokens = tokens
        self.counts, self.edges = bins(np.empty(0))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_values(self, values: NDArray[Any]) -> None:
        self.counts, self.edges = bins(values)
        self.update()

    def set_tokens(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 96)

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        base = self.height() - 1.5
        if len(self.counts) and self.counts.max():
            limit = max(abs(self.edges[0]), abs(self.edges[-1])) or 1.0
            middles = (self.edges[:-1] + self.edges[1:]) / 2 / limit
            # Near zero the map is the surface itself: bars keep at least a third of the colour.
            shades = coloured(np.sign(middles) * np.maximum(np.abs(middles), 0.34), self.tokens, "signed", -1, 1)
            pitch = self.width() / len(self.counts)
            tall = (base - 2) / self.counts.max()
            for number, count in enumerate(self.counts):
                crosses = self.edges[number] < 0 < self.edges[number + 1]
                colour = QColor(self.tokens.outline) if crosses else QColor(*(int(c) for c in shades[number]))
                high = float(max(count * tall, 1.0 if count else 0.0))
                painter.fillRect(QRectF(number * pitch + 0.5, base - high, max(pitch - 1, 1), high), colour)
        painter.setPen(QColor(self.tokens.outline))
        painter.drawLine(0, int(base), self.width(), int(base))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        number = int(event.position().x() / max(self.width(), 1) * len(self.counts))
        if 0 <= number < len(self.counts):
            ends = f"{short(self.edges[number])} … {short(self.edges[number + 1])}"
            self.pointed.emit(f"{self.counts[number]:,} of them from {ends}")

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit("")


class Bars(QWidget):
    """A short vector as bars from zero, with names below where there is room: the scores of the classes."""

    pointed = Signal(str)

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.tokens = tokens
        self.values: NDArray[Any] = np.empty(0)
        self.names: tuple[str, ...] = ()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_values(self, values: NDArray[Any], names: tuple[str, ...] = ()) -> None:
        self.values, self.names = np.asarray(values, dtype=np.float64), names
        self.update()

    def set_tokens(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 96)

    def paintEvent(self, event: QEvent) -> None:
        from neuralgraph.ui.panels.inspector_type import tabular

        if not len(self.values):
            return
        painter = QPainter(self)
        painter.setFont(tabular(11))
        finite = np.nan_to_num(self.values)
        low, high = min(0.0, float(finite.min())), max(0.0, float(finite.max()))
        foot = 16 if self.names else 2
        tall = (self.height() - foot - 4) / ((high - low) or 1.0)
        zero = 2 + high * tall
        pitch = self.width() / len(finite)
        best = int(finite.argmax())
        for number, value in enumerate(finite):
            colour = QColor(self.tokens.positive if value >= 0 else self.tokens.negative)
            top = zero - max(value, 0.0) * tall
            painter.fillRect(QRectF(number * pitch + 1, top, max(pitch - 2, 1), max(abs(value) * tall, 1.0)), colour)
            if self.names:
                painter.setPen(QColor(self.tokens.text if number == best else self.tokens.text2))
                text = painter.fontMetrics().elidedText(self.names[number], Qt.TextElideMode.ElideRight, int(pitch))
                below = QRectF(number * pitch, self.height() - 15, pitch, 15)
                painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)
        painter.setPen(QColor(self.tokens.outline))
        painter.drawLine(0, int(zero), self.width(), int(zero))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        number = int(event.position().x() / max(self.width(), 1) * len(self.values))
        if 0 <= number < len(self.values):
            name = self.names[number] if self.names else f"[{number}]"
            self.pointed.emit(f"{name}: {short(float(self.values[number]), signed=True)}")

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit("")
