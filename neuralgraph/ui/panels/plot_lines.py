"""What lies between the axes of a plot, as one item: hairlines, curves, end marks, crosses, markers.

One item that paints all of it is several times cheaper than an item of pyqtgraph's for each, made anew ten times a
second: the window shares its processor with what it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QTransform

from neuralgraph.ui.panels.plot_data import Floats
from neuralgraph.ui.strokes import pieces, solid


@dataclass(frozen=True)
class Curve:
    """A line with gaps where a number is not finite; `end` puts a mark on its last number: "o", "s" or none."""

    x: Floats
    y: Floats
    pen: QPen
    end: str = ""


@dataclass(frozen=True)
class Content:
    """All that is drawn. `marks` are dotted verticals with a text in a row counted from the top."""

    hairlines: Sequence[float] = ()
    curves: Sequence[Curve] = ()
    crosses: Sequence[float] = ()
    marks: Sequence[tuple[float, str, int]] = ()
    cursor: float | None = None
    """A vertical with a dot on every curve: the moment that is shown."""


@dataclass(frozen=True)
class Ink:
    """The colours that do not belong to a curve, and the type of the marks."""

    hairline: QColor
    panel: QColor
    error: QColor
    text: QColor
    dotted: QColor
    font: QFont
    accent: QColor


class Lines(pg.GraphicsObject):  # type: ignore[misc]
    """The one item of a plot. It paints in pixels: numbers become places when they arrive or the view moves."""

    def __init__(self, ink: Ink) -> None:
        super().__init__()
        self.ink = ink
        self.content = Content()
        self._curves: list[Curve] = []
        self._placed: QTransform | None = None
        self._strokes: list[tuple[QPen, QPainterPath | list[QLineF]]] = []
        """The curves in pixels, for the view as it was `placed`."""
        self._box = QRectF(0, 0, 1, 1)

    def show_content(self, content: Content, box: QRectF) -> None:
        """Draw this; `box` is what the view shows, in the numbers' own units."""
        self.content = content
        self._curves, self._placed = [one for one in content.curves if len(one.x)], None
        if box != self._box:
            self.prepareGeometryChange()
            self._box = box
        self.update()

    def boundingRect(self) -> QRectF:
        return self._box

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        place: QTransform = painter.worldTransform()
        painter.resetTransform()
        self._hairlines(painter, place)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._placed != place:
            self._placed, self._strokes = place, [_stroke(one, place) for one in self._curves]
        for pen, stroke in self._strokes:
            painter.setPen(pen)
            if isinstance(stroke, QPainterPath):
                painter.drawPath(stroke)
            else:
                painter.drawLines(stroke)
        self._marks(painter, place)
        if self.content.cursor is not None:
            self._cursor(painter, place, self.content.cursor)
        for curve in self._curves:
            if curve.end:
                self._end(painter, place, curve)
        self._crosses(painter, place)

    def _hairlines(self, painter: QPainter, place: QTransform) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(self.ink.hairline, 1))
        left, right = self._box.left(), self._box.right()
        painter.drawLines([place.map(QLineF(left, y, right, y)) for y in self.content.hairlines])

    def _end(self, painter: QPainter, place: QTransform, curve: Curve) -> None:
        good = np.flatnonzero(np.isfinite(curve.y))
        if not len(good):
            return
        at = place.map(QPointF(float(curve.x[good[-1]]), float(curve.y[good[-1]])))
        painter.setPen(QPen(self.ink.panel, 1))
        painter.setBrush(curve.pen.color())
        if curve.end == "o":
            painter.drawEllipse(at, 4, 4)
        else:
            painter.drawRect(QRectF(at.x() - 4, at.y() - 4, 8, 8))

    def _cursor(self, painter: QPainter, place: QTransform, x: float) -> None:
        top, bottom = place.map(QPointF(x, self._box.bottom())), place.map(QPointF(x, self._box.top()))
        painter.setPen(QPen(self.ink.accent, 1.6))
        painter.drawLine(top, bottom)
        for curve in self._curves:
            if curve.pen.widthF() < 2:  # ghosts, and the raw numbers behind a smoothed curve
                continue
            good = np.flatnonzero(np.isfinite(curve.y) & (curve.x <= x + 1e-9))
            if len(good):
                at = place.map(QPointF(x, float(curve.y[good[-1]])))
                painter.setPen(QPen(self.ink.panel, 1))
                painter.setBrush(curve.pen.color())
                painter.drawEllipse(at, 4.5, 4.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _crosses(self, painter: QPainter, place: QTransform) -> None:
        painter.setPen(QPen(self.ink.error, 2.2))
        for x in self.content.crosses:
            at = place.map(QPointF(float(x), self._box.top())) - QPointF(0, 5)
            painter.drawLines([QLineF(at.x() - 4.5, at.y() - 4.5, at.x() + 4.5, at.y() + 4.5),
                               QLineF(at.x() - 4.5, at.y() + 4.5, at.x() + 4.5, at.y() - 4.5)])

    def _marks(self, painter: QPainter, place: QTransform) -> None:
        dotted = QPen(self.ink.dotted, 1)
        dotted.setDashPattern([1.0, 2.0])
        painter.setFont(self.ink.font)
        for x, text, row in self.content.marks:
            top, bottom = place.map(QPointF(x, self._box.bottom())), place.map(QPointF(x, self._box.top()))
            painter.setPen(dotted)
            painter.drawLine(top, bottom)
            painter.setPen(self.ink.text)
            painter.drawText(top + QPointF(5, 14 + row * 0.15 * (bottom.y() - top.y())), text)


def _stroke(curve: Curve, place: QTransform) -> tuple[QPen, QPainterPath | list[QLineF]]:
    """A curve in pixels: a path where the pen is a hair, which is cheap, and pieces where it is thick."""
    x, y = curve.x * place.m11() + place.dx(), curve.y * place.m22() + place.dy()
    if curve.pen.widthF() <= 1:
        return curve.pen, pg.arrayToQPath(x, y, connect="finite")
    return solid(curve.pen), pieces(x, y, curve.pen)
