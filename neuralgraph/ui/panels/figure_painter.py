"""The marks of a drawing in Qt: on screen, and in pictures that are taken along."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from neuralgraph.figures.marks import Dots, Drawing, Line, Mark, Picture, Rect, Text, colour, pixels, shape
from neuralgraph.tokens import Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.panels.heatmap import as_image

FLAT, ROUND = Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin


def paint(painter: QPainter, drawing: Drawing, tokens: Tokens) -> None:
    """Put a drawing down in the colours of a theme."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for mark in drawing.marks:
        _mark(painter, mark, tokens)


def _mark(painter: QPainter, mark: Mark, tokens: Tokens) -> None:
    match mark:
        case Line():
            _line(painter, mark, tokens)
        case Rect():
            painter.setPen(_pen(mark.ink, mark.width, (), tokens))
            painter.setBrush(ink(mark.fill, tokens) if mark.fill else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(*mark.box), mark.radius, mark.radius)
        case Dots():
            dots(painter, mark, tokens)
        case Text():
            _text(painter, mark, tokens)
        case Picture():
            painter.save()
            painter.setOpacity(mark.cover)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, mark.smooth)
            painter.drawImage(QRectF(*mark.box), as_image(pixels(mark, tokens)))
            painter.restore()


def ink(name: str, tokens: Tokens) -> QColor:
    """An ink of a drawing."""
    red, green, blue, cover = colour(tokens, name)
    return QColor(red, green, blue, round(cover * 255))


def _pen(name: str, width: float, dash: tuple[float, ...], tokens: Tokens) -> QPen:
    if not name or not width:
        return QPen(Qt.PenStyle.NoPen)
    pen = QPen(ink(name, tokens), width, Qt.PenStyle.SolidLine, FLAT, ROUND)
    if dash:
        pen.setDashPattern(list(dash))
    return pen


def _line(painter: QPainter, mark: Line, tokens: Tokens) -> None:
    points = np.asarray(mark.points, float)
    good = np.isfinite(points).all(axis=1)
    if mark.fill:
        painter.setPen(_pen(mark.ink, mark.width, mark.dash, tokens))
        painter.setBrush(ink(mark.fill, tokens))
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points[good].tolist()]))
        return
    path, begun = QPainterPath(), False
    for (x, y), kept in zip(points.tolist(), good.tolist(), strict=True):
        if kept and begun:
            path.lineTo(x, y)
        elif kept:
            path.moveTo(x, y)
        begun = kept
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(mark.ink, mark.width, mark.dash, tokens))
    painter.drawPath(path)


def dots(painter: QPainter, mark: Dots, tokens: Tokens) -> None:
    """Samples: shape and colour by class, with a white rim."""
    painter.setPen(QPen(Qt.GlobalColor.white, 1.6 * mark.size))
    outlines: dict[int, list[QPointF]] = {}
    for (x, y), kind in zip(mark.points.tolist(), mark.kinds.tolist(), strict=True):
        if not np.isfinite(x + y):
            continue
        kind = int(kind)
        if kind not in outlines:
            outlines[kind] = [QPointF(*one) for one in (shape(kind) * mark.size).tolist()]
        painter.setBrush(ink(f"kind:{kind}", tokens))
        painter.drawPolygon(QPolygonF(outlines[kind]).translated(x, y))


def _text(painter: QPainter, mark: Text, tokens: Tokens) -> None:
    painter.setFont(fonts.font(mark.size, mark.weight))
    painter.setPen(ink(mark.ink, tokens))
    wide = painter.fontMetrics().horizontalAdvance(mark.text)
    left = {"left": 0.0, "middle": -wide / 2, "right": -float(wide)}[mark.align]
    if not mark.turn:
        painter.drawText(QPointF(mark.x + left, mark.y), mark.text)
        return
    painter.save()
    painter.translate(mark.x, mark.y)
    painter.rotate(mark.turn)
    painter.drawText(QPointF(left, 0), mark.text)
    painter.restore()
