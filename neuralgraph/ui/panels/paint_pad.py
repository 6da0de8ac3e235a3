"""A pad on which points are painted with the mouse: set, sprayed, erased. It holds nothing but what it shows."""

from __future__ import annotations

import math
import random
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from neuralgraph.figures.colours import table
from neuralgraph.spec import Points
from neuralgraph.spec.param import MOST_POINTS
from neuralgraph.ui.canvas.shapes import colour
from neuralgraph.ui.panels.boundary import mark
from neuralgraph.ui.theme import Theme

Tool = Literal["paint", "spray", "erase"]
APART = 0.35
"""So far, in units of the plane, lie two points that are painted in one stroke."""
RADIUS = 0.9
"""Of the spray and of the rubber."""
SPRAYED = 3
"""Points at every move of the mouse."""


class PaintPad(QWidget):
    """The plane from `low` to `high`. `stroke` brings all points when the mouse is let go; `full` when no more fit."""

    stroke = Signal(object)
    full = Signal()
    digit = Signal(int)

    def __init__(self, theme: Theme, low: float, high: float, *, seed: int | None = None) -> None:
        super().__init__()
        self._theme, self.low, self.high = theme, low, high
        self._chance = random.Random(seed)  # where drops of the spray fall; they are kept as numbers
        self.points: list[tuple[float, float, float]] = []
        self.tool: Tool = "paint"
        self.value = 0.0
        self.signed = False
        """Values are numbers from −1 to 1, not classes."""
        self._down: QPointF | None = None
        self._last: tuple[float, float] | None = None
        self._hover: QPointF | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Pad to paint points on")

    @property
    def painting(self) -> bool:
        return self._down is not None

    def show_points(self, points: Points) -> None:
        """What the document says, unless a stroke is under way."""
        if not self.painting:
            self.points = list(points)
            self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return min(width, self._theme.px(320))

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(240), self._theme.px(240))

    # -- the plane ----------------------------------------------------------------------------------------------------

    def box(self) -> QRectF:
        side = min(self.width(), self.height()) - 2
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def place(self, at: QPointF) -> tuple[float, float]:
        """Where in the plane a pixel lies, held inside it."""
        box, span = self.box(), self.high - self.low
        x = self.low + (at.x() - box.left()) / box.width() * span
        y = self.low + (box.bottom() - at.y()) / box.height() * span
        return tuple(round(min(max(one, self.low), self.high), 2) for one in (x, y))  # type: ignore[return-value]

    def pixel(self, x: float, y: float) -> QPointF:
        box, span = self.box(), self.high - self.low
        return QPointF(box.left() + (x - self.low) / span * box.width(),
                       box.bottom() - (y - self.low) / span * box.height())

    # -- the hand -----------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.box().contains(event.position()):
            self._down, self._last = event.position(), None
            self._before = tuple(self.points)
            self._touch(event.position())
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = event.position()
        if self.painting:
            self._touch(event.position())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.painting and event.button() == Qt.MouseButton.LeftButton:
            self._down = None
            if tuple(self.points) != self._before:
                self.stroke.emit(tuple(self.points))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.painting:
            self._down = None
            self.points = list(self._before)
            self.update()
        elif event.text().isdecimal() and len(event.text()) == 1:
            self.digit.emit(int(event.text()))
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, _event: object) -> None:
        self._hover = None
        self.update()

    def _touch(self, at: QPointF) -> None:
        x, y = self.place(at)
        match self.tool:
            case "paint":
                if self._last is None or math.dist(self._last, (x, y)) >= APART:
                    self._last = (x, y)
                    self._add(x, y)
            case "spray":
                for _ in range(SPRAYED):
                    far, turn = RADIUS * math.sqrt(self._chance.random()), self._chance.uniform(0.0, 2 * math.pi)
                    self._add(x + far * math.cos(turn), y + far * math.sin(turn))
            case "erase":
                self.points = [one for one in self.points if math.dist(one[:2], (x, y)) > RADIUS / 2]
        self.update()

    def _add(self, x: float, y: float) -> None:
        if len(self.points) >= MOST_POINTS:
            self.full.emit()
        elif self.low <= x <= self.high and self.low <= y <= self.high:
            self.points.append((round(x, 2), round(y, 2), self.value))

    # -- the look -----------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        t, box = self._theme.tokens, self.box()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour(t.outline), 1.2))
        painter.setBrush(colour(t.sunken))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QPen(colour(t.hairline), 1))
        middle = self.pixel(0.0, 0.0)
        painter.drawLine(QPointF(box.left(), middle.y()), QPointF(box.right(), middle.y()))
        painter.drawLine(QPointF(middle.x(), box.top()), QPointF(middle.x(), box.bottom()))
        size = 0.85 if len(self.points) < 400 else 0.55
        for x, y, value in self.points:
            if self.signed:
                self._drop(painter, self.pixel(x, y), value, size)
            else:
                mark(painter, self.pixel(x, y), int(value), t, size)
        if self._hover is not None and self.tool != "paint" and box.contains(self._hover):
            reach = (RADIUS if self.tool == "spray" else RADIUS / 2) / (self.high - self.low) * box.width()
            painter.setPen(QPen(colour(t.text2), 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self._hover, reach, reach)
        if self.hasFocus():
            painter.setPen(QPen(colour(t.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4)

    def _drop(self, painter: QPainter, at: QPointF, value: float, size: float) -> None:
        """A number, in the colours of the signed map."""
        ink = table(self._theme.tokens, "signed")[round((min(max(value, -1.0), 1.0) + 1) / 2 * 511)]
        painter.setPen(QPen(colour(self._theme.tokens.outline), 1))
        painter.setBrush(colour("#" + "".join(f"{int(part):02x}" for part in ink[:3])))
        painter.drawEllipse(at, 4.4 * size, 4.4 * size)
