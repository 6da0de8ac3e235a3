"""Paints samples, distributions, classes and correlations: geometry and colours alone, no widget, no session."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from neuralgraph.figures.colours import DARK_INK, LIGHT_INK, coloured
from neuralgraph.figures.words import spelled
from neuralgraph.tokens import Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.shapes import colour, rounded
from neuralgraph.ui.panels.heatmap import as_image
from neuralgraph.ui.panels.samples import WRAPPED, in_words

BARS, LINES = 32, 4
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)


def figure(value: float) -> str:
    """A number in few figures; years and counts as they are."""
    if abs(value) < 0.005:
        return "0" if value == 0 else f"{value:.0e}".replace("-", "−")
    return f"{value:,.0f}".replace("-", "−") if 100 <= abs(value) < 10_000_000 else spelled(value)


def card(painter: QPainter, box: QRectF, tokens: Tokens, ink: str = "") -> None:
    """The ground of one thing."""
    painter.setPen(QPen(colour(ink or tokens.hairline), 1))
    painter.setBrush(colour(tokens.card))
    painter.drawPath(rounded(box, 6))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def written(painter: QPainter, box: QRectF, text: str, ink: str, size: int = 11, weight: int = 400,
            where: Any = LEFT) -> None:
    """One line, shortened to its box."""
    painter.setFont(fonts.font(size, weight))
    painter.setPen(colour(ink))
    painter.drawText(box, where, fonts.elided(text, box.width(), size, weight))


def sample(painter: QPainter, box: QRectF, x: Any, tokens: Tokens, words: tuple[str, ...] = (),
           picks: tuple[int, ...] = ()) -> None:
    """One sample as what it is: a picture, words, lines over time (of the columns `picks`), or bars."""
    if words and x.dtype.kind == "i":
        painter.setFont(fonts.font(11))
        painter.setPen(colour(tokens.text))
        painter.drawText(box, WRAPPED, in_words(x.reshape(-1), words))
    elif x.ndim == 3 and x.shape[0] in (1, 3):
        picture(painter, box, np.asarray(x, dtype=float), tokens)
    elif x.ndim == 2 and x.shape[0] > 1:
        lines(painter, box, np.asarray(x, dtype=float)[:, list(picks) or slice(None)], tokens)
    else:
        bars(painter, box, np.asarray(x, dtype=float).ravel()[:BARS], tokens)


def picture(painter: QPainter, box: QRectF, x: Any, tokens: Tokens) -> None:
    """Channels × height × width. What leaves 0 … 1 is stretched into it: its range stands beside it."""
    low, high = min(0.0, float(x.min())), max(1.0, float(x.max()))
    shown = np.moveaxis((x - low) / (high - low), 0, -1)
    if x.shape[0] == 1:
        shown = np.repeat(shown if tokens.dark else 1 - shown, 3, axis=2)
    height, width = x.shape[1:]
    scale = min(box.width() / width, box.height() / height)
    place = QRectF(0, 0, width * scale, height * scale)
    place.moveCenter(box.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 1)
    painter.drawImage(place, as_image(np.round(shown * 255).astype(np.uint8)))


def lines(painter: QPainter, box: QRectF, x: Any, tokens: Tokens) -> None:
    """Steps × columns: the first columns over time, each in its own range, told apart by dashes too."""
    for n in reversed(range(min(x.shape[1], LINES))):
        values = x[:, n]
        low, high = float(values.min()), float(values.max())
        flat = high - low < 1e-12
        ys = np.full(len(values), 0.5) if flat else (values - low) / (high - low)
        step = box.width() / max(len(values) - 1, 1)
        points = [QPointF(box.x() + at * step, box.bottom() - float(y) * box.height()) for at, y in enumerate(ys)]
        painter.setPen(QPen(colour(tokens.series[n % 4]), 1.4, DASHES[n % 4]))
        painter.drawPolyline(QPolygonF(points))


def bars(painter: QPainter, box: QRectF, values: Any, tokens: Tokens) -> None:
    """Numbers as bars from zero, blue above and orange below."""
    low, top = float(values.min(initial=0)), float(values.max(initial=0))
    scale = box.height() / ((top - low) or 1.0)
    step, zero = box.width() / max(len(values), 1), box.bottom() + low * scale
    for n, value in enumerate(values):
        high = float(value) * scale
        where = QRectF(box.x() + n * step + 1, min(zero, zero - high), max(1.0, step - 2), max(1.0, abs(high)))
        painter.fillRect(where, colour(tokens.positive if value >= 0 else tokens.negative))
    painter.setPen(colour(tokens.outline))
    painter.drawLine(QLineF(box.left(), zero, box.right(), zero))


def column(painter: QPainter, box: QRectF, one: Any, tokens: Tokens) -> None:
    """The distribution of a column, with its name, ends, mean and spread."""
    card(painter, box, tokens)
    inner = box.adjusted(10, 6, -10, -6)
    written(painter, QRectF(inner.x(), inner.y(), inner.width(), 16), one.name, tokens.text, 12, 600)
    plot = QRectF(inner.x(), inner.y() + 20, inner.width(), inner.height() - 52)
    most = max(int(one.counts.max(initial=0)), 1)
    pitch = plot.width() / len(one.counts)
    for n, count in enumerate(one.counts):
        high = max(plot.height() * float(count) / most, 1.0 if count else 0.0)
        painter.fillRect(QRectF(plot.x() + n * pitch + 0.5, plot.bottom() - high, max(pitch - 1, 1), high),
                         colour(tokens.data))
    painter.setPen(colour(tokens.outline))
    painter.drawLine(QLineF(plot.left(), plot.bottom(), plot.right(), plot.bottom()))
    ends = QRectF(inner.x(), plot.bottom() + 2, inner.width(), 14)
    written(painter, ends, figure(one.low), tokens.text2)
    written(painter, ends, figure(one.high), tokens.text2, where=RIGHT)
    said = f"{figure(one.mean)} ± {figure(one.std)}" if one.different > 1 else "never changes"
    written(painter, ends.translated(0, 14), said, tokens.text if one.different > 1 else tokens.warning)
    written(painter, ends.translated(0, 14), f"{one.different:,} different", tokens.text2, where=RIGHT)


def share(painter: QPainter, box: QRectF, name: str, count: int, most: int, total: int, tokens: Tokens) -> None:
    """A class with its rows as a bar, a number and a share."""
    written(painter, QRectF(box.x(), box.y(), 150, box.height()), name, tokens.text, 12)
    room = QRectF(box.x() + 158, box.y() + 4, max(box.width() - 158 - 130, 20), box.height() - 8)
    painter.fillRect(room, colour(tokens.sunken))
    painter.fillRect(QRectF(room.x(), room.y(), room.width() * count / max(most, 1), room.height()),
                     colour(tokens.data))
    figures = QRectF(room.right() + 8, box.y(), 122, box.height())
    written(painter, figures, f"{count:,}", tokens.text, 12, 600)
    written(painter, figures, f"{100 * count / max(total, 1):.1f} %", tokens.text2, 12, where=RIGHT)


def relations(painter: QPainter, box: QRectF, names: tuple[str, ...], values: Any, tokens: Tokens) -> None:
    """How columns go together: blue with each other, orange against each other; the numbers where there is room."""
    size, left, top = relation_cells(box, len(names))
    shades = coloured(values, tokens, "signed", -1, 1)
    small = 11 if size.width() >= 16 else 9
    for row, name in enumerate(names):
        line = QRectF(box.x(), top + row * size.height(), left - box.x() - 6, size.height())
        written(painter, line, f"{name}  {row + 1}", tokens.text2, where=RIGHT)
        head = QRectF(left + row * size.width(), box.y(), size.width(), top - box.y())
        written(painter, head, str(row + 1), tokens.text2, small, where=CENTRE)
        for other in range(len(names)):
            where = QRectF(QPointF(left + other * size.width(), top + row * size.height()), size)
            shade = QColor(*(int(c) for c in shades[row, other]))
            painter.fillRect(where.adjusted(0.5, 0.5, -0.5, -0.5), shade)
            if size.width() >= 30:
                ink = DARK_INK if shade.lightnessF() > 0.5 else LIGHT_INK
                said = f"{values[row, other]:+.2f}".replace("0.", ".", 1).replace("-", "−")
                written(painter, where, said, ink, 11, where=CENTRE)


def relation_cells(box: QRectF, count: int) -> tuple[QSizeF, float, float]:
    """The size of a cell, and where the first one begins."""
    left, top = box.x() + 170, box.y() + 16
    return QSizeF(max(10.0, min(44.0, (box.right() - left) / max(count, 1))), 18.0), left, top


def arrow(painter: QPainter, middle: QPointF, tokens: Tokens) -> None:
    """From one step to the next."""
    painter.setPen(QPen(colour(tokens.text2), 1.8))
    painter.drawLine(QLineF(middle.x() - 7, middle.y(), middle.x() + 7, middle.y()))
    for side in (-4, 4):
        painter.drawLine(QLineF(middle.x() + 7, middle.y(), middle.x() + 2, middle.y() + side))
