"""The smallest pictures, for cards and for wires: strips, heat maps, numbers, words, points, bundles of weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen, QPolygonF

from neuralgraph.tokens import Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.colormaps import paint_signed
from neuralgraph.ui.canvas.shapes import colour, rounded

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.previews import Preview

RADIUS = 2.0
LINE = 15.0
"""Height of a line of text at 11 px."""


def paint(painter: QPainter, box: QRectF, kind: str, preview: Preview, tokens: Tokens, px: float = 11) -> None:
    """Paint one of the kinds of this module into `box`; texts are `px` high."""
    match kind:
        case "heat":
            draw(painter, box, picture(paint_signed(preview.values, tokens)), tokens.hairline)
        case "strip":
            draw(painter, box, picture(paint_signed(preview.values.reshape(1, -1), tokens)), tokens.hairline)
        case "number":
            _text(painter, box, said(float(preview.values.reshape(-1)[0])), tokens, max(px, 13))
        case "words":
            _words(painter, box, preview.names, tokens, px)
        case "rows":
            _rows(painter, box, preview, tokens, px)
        case "points":
            _points(painter, box, preview.values, tokens)
        case "bundle":
            _bundle(painter, box, preview.values, tokens)


def said(value: float) -> str:
    """A number in at most some six signs: 0.031 · −12.4 · 3.1e−6 · not a number."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "∞" if value > 0 else "−∞"
    size = abs(value)
    if size and (size < 1e-3 or size >= 1e5):
        mantissa, _, power = f"{value:.1e}".partition("e")
        return f"{mantissa}e{int(power)}".replace("-", "−")
    return f"{value:.3g}".replace("-", "−") if size < 999.5 else f"{value:,.0f}".replace("-", "−")


def square(cell: QRectF) -> QRectF:
    side = min(cell.width(), cell.height())
    return QRectF(cell.center().x() - side / 2, cell.center().y() - side / 2, side, side)


def fitted(cell: QRectF, values: NDArray[Any]) -> QRectF:
    """As much of the cell as an image fills whose pixels are squares, from the left."""
    rows, columns = values.shape[:2]
    side = min(cell.width() / columns, cell.height() / rows)
    return QRectF(cell.x(), cell.center().y() - side * rows / 2, side * columns, side * rows)


def grey(values: NDArray[Any], tokens: Tokens) -> NDArray[np.uint8]:
    """An input image: ink on paper in the light theme, light on black in the dark one; colour images as they are."""
    scaled = np.clip(np.nan_to_num(np.asarray(values, dtype=np.float64)), 0, 1)
    if scaled.ndim == 2:
        scaled = np.repeat((scaled if tokens.dark else 1 - scaled)[..., None], 3, axis=2)
    return np.asarray(np.round(scaled * 255), dtype=np.uint8)


def picture(rgb: NDArray[np.uint8]) -> QImage:
    """h × w × 3 bytes as an image."""
    data = np.ascontiguousarray(rgb)
    height, width = data.shape[:2]
    return QImage(data.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def draw(painter: QPainter, cell: QRectF, image: QImage, frame: str = "") -> None:
    """An image with hard pixels and round corners; a `frame` where its colours may be those of the surface."""
    painter.save()
    painter.setClipPath(rounded(cell, RADIUS))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(cell, image)
    painter.restore()
    if frame:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(frame), 1))
        painter.drawPath(rounded(cell, RADIUS))


def _text(painter: QPainter, box: QRectF, text: str, tokens: Tokens, px: float) -> None:
    shown = fonts.elided(text, box.width(), px, 600)
    painter.setFont(fonts.font(px, 600))
    painter.setPen(colour(tokens.text))
    painter.drawText(QPointF(box.center().x() - fonts.width(shown, px, 600) / 2, box.center().y() + px * 0.364), shown)


def _words(painter: QPainter, box: QRectF, names: tuple[str, ...], tokens: Tokens, px: float) -> None:
    """As many lines as there is room for; single signs run together."""
    text = ("" if all(len(one) <= 1 for one in names) else " ").join(names).replace("\n", " ")
    lines = max(1, int(box.height() // (px * LINE / 11)))
    if lines == 1:
        _text(painter, box, text, tokens, px)
        return
    broken = fonts.wrapped(text, box.width(), px)[:lines]
    painter.setFont(fonts.font(px))
    painter.setPen(colour(tokens.text))
    for k, line in enumerate(broken):
        painter.drawText(QPointF(box.x(), box.y() + px * (1 + k * LINE / 11)), fonts.elided(line, box.width(), px))


def _rows(painter: QPainter, box: QRectF, preview: Preview, tokens: Tokens, px: float) -> None:
    """The first features of a row of a table, each with its value."""
    step = box.height() / max(1, len(preview.names))
    for k, (name, value) in enumerate(zip(preview.names, preview.values, strict=True)):
        y = box.y() + step * (k + 0.5) + px * 0.364
        number = said(float(value))
        taken = fonts.width(number, px, 600)
        painter.setFont(fonts.font(px))
        painter.setPen(colour(tokens.text2))
        painter.drawText(QPointF(box.x() + 2, y), fonts.elided(name, box.width() - taken - 10, px))
        painter.setFont(fonts.font(px, 600))
        painter.setPen(colour(tokens.text))
        painter.drawText(QPointF(box.right() - taken - 2, y), number)


def _points(painter: QPainter, box: QRectF, values: NDArray[Any], tokens: Tokens) -> None:
    """Rows of two features: blue circles for class 1, orange triangles for class 0, the series colours for more."""
    clean = values[np.isfinite(values).all(axis=1)]
    area = square(box).adjusted(3, 3, -3, -3)
    if not len(clean):
        return
    low, span = clean[:, :2].min(axis=0), np.ptp(clean[:, :2], axis=0)
    at = (clean[:, :2] - low) / np.where(span > 0, span, 1.0)
    radius = 3.0 if len(clean) <= 16 else 1.6 if len(clean) <= 80 else 1.2
    painter.setPen(Qt.PenStyle.NoPen)
    two = set(np.unique(clean[:, 2]).tolist()) <= {0.0, 1.0, -1.0}
    for (x, y), kind in zip(at.tolist(), clean[:, 2].tolist(), strict=True):
        centre = QPointF(area.x() + x * area.width(), area.bottom() - y * area.height())
        if two and kind <= 0:
            painter.setBrush(colour(tokens.negative))
            painter.drawPolygon(QPolygonF([centre + QPointF(dx * radius, dy * radius)
                                           for dx, dy in ((0, -1.2), (1.1, 0.8), (-1.1, 0.8))]))
        else:
            painter.setBrush(colour(tokens.positive if two else tokens.series[int(kind) % 4]))
            painter.drawEllipse(centre, radius, radius)


def _bundle(painter: QPainter, box: QRectF, weights: NDArray[Any], tokens: Tokens) -> None:
    """Every weight a line from its input at the left to its output at the right, the thin below the thick."""
    matrix = np.nan_to_num(np.asarray(weights, dtype=np.float64))
    reach = float(np.abs(matrix).max()) or 1.0
    area = box.adjusted(3, 3, -3, -3)
    left, right = _column(area.left(), area, matrix.shape[1]), _column(area.right(), area, matrix.shape[0])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for at in np.argsort(np.abs(matrix), axis=None).tolist():
        to, source = divmod(at, matrix.shape[1])
        share = abs(float(matrix[to, source])) / reach
        if share > 0.02:
            painter.setPen(QPen(colour(tokens.positive if matrix[to, source] > 0 else tokens.negative),
                                0.4 + 1.8 * share, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(left[source], right[to])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(tokens.text2))
    size = 1.6 if max(matrix.shape) <= 10 else 0.8
    for one in (*left, *right):
        painter.drawEllipse(one, size, size)


def _column(x: float, area: QRectF, count: int) -> list[QPointF]:
    """`count` units below each other; a single one in the middle."""
    pitch = area.height() / max(1, count - 1) if count > 1 else 0.0
    first = area.y() if count > 1 else area.center().y()
    return [QPointF(x, first + pitch * k) for k in range(count)]
