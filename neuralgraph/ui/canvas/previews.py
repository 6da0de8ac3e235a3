"""Small live pictures inside a card: samples, feature maps, bars, heat maps, sparklines. numpy arrays in, paint out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from neuralgraph.tokens import Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas import miniatures
from neuralgraph.ui.canvas.colormaps import paint_magnitude, paint_signed
from neuralgraph.ui.canvas.content import PreviewKind
from neuralgraph.ui.canvas.miniatures import draw, grey, picture, square
from neuralgraph.ui.canvas.shapes import colour
from neuralgraph.ui.strokes import pieces, solid

GAP = 3.0
HEIGHTS: dict[str, int] = {"images": 30, "maps": 62, "bars": 44, "heat": 44, "spark": 44, "strip": 18, "signed": 62,
                           "number": 26, "words": 32, "rows": 48, "points": 62}


@dataclass(frozen=True, eq=False)
class Preview:
    """Arrays for one card or wire. `images` is n×h×w or n×h×w×3 in 0…1; `maps` n×h×w; `bars`, `strip`, `spark` n;
    `heat` h×w and `signed` n×h×w around 0; `number` one; `points` n×3; `bundle` outputs × inputs.

    `names` label bars (class names), or are what `words` and `rows` say; `version` changes whenever the arrays do: it
    is what a picture is cached by.
    """

    kind: PreviewKind
    values: NDArray[Any]
    names: tuple[str, ...] = field(default=())
    version: int = 0

    @property
    def height(self) -> int:
        """The height it wants on the card."""
        if self.kind in ("maps", "signed") and 1 < len(self.values) <= 4:
            return 30
        return HEIGHTS.get(self.kind, 0)


def paint(painter: QPainter, box: QRectF, kind: str, preview: Preview, tokens: Tokens) -> None:
    """Paint a preview into `box`."""
    painter.save()
    match kind if preview.values.size or kind == "spark" else "":
        case "images" | "maps":
            _thumbnails(painter, box, preview, tokens, kind == "maps")
        case "bars":
            _bars(painter, box, preview, tokens)
        case "signed":
            _neurons(painter, box, preview, tokens)
        case "heat" | "strip" | "number" | "words" | "rows" | "points":
            miniatures.paint(painter, box, kind, preview, tokens)
        case "spark":
            _spark(painter, box, preview.values, tokens)
    painter.restore()


def _thumbnails(painter: QPainter, box: QRectF, preview: Preview, tokens: Tokens, maps: bool) -> None:
    rows = 2 if maps and len(preview.values) > 4 else 1
    shown = np.nan_to_num(preview.values[: 4 * rows])
    width, height = (box.width() - 3 * GAP) / 4, (box.height() - (rows - 1) * GAP) / rows
    low, high = float(shown.min()), float(shown.max())
    for k, values in enumerate(shown):
        cell = QRectF(box.x() + (k % 4) * (width + GAP), box.y() + (k // 4) * (height + GAP), width, height)
        if maps:
            draw(painter, cell, picture(paint_magnitude(values, low, high)))
        else:
            draw(painter, square(cell), picture(grey(values, tokens)))


def _neurons(painter: QPainter, box: QRectF, preview: Preview, tokens: Tokens) -> None:
    """One large, or up to eight small ones: what each neuron makes of the plane."""
    count = min(len(preview.values), 8)
    if count == 1:
        draw(painter, square(box), picture(paint_signed(preview.values[0], tokens)), tokens.hairline)
        return
    rows = 2 if count > 4 else 1
    width, height = (box.width() - 3 * GAP) / 4, (box.height() - (rows - 1) * GAP) / rows
    for k, values in enumerate(preview.values[:count]):
        cell = QRectF(box.x() + (k % 4) * (width + GAP), box.y() + (k // 4) * (height + GAP), width, height)
        draw(painter, square(cell), picture(paint_signed(values, tokens)), tokens.hairline)


def _bars(painter: QPainter, box: QRectF, preview: Preview, tokens: Tokens) -> None:
    values = np.nan_to_num(np.asarray(preview.values, dtype=np.float64).ravel()[:32])
    named = len(values) <= 12
    area = box.adjusted(0, 0, 0, -13 if named else 0)
    reach = float(np.abs(values).max()) or 1.0
    negative = bool((values < 0).any())
    base = area.center().y() if negative else area.bottom()
    tall = area.height() / (2 if negative else 1)
    step = area.width() / len(values)
    best = int(values.argmax())
    for k, value in enumerate(values):
        high = max(1.2, abs(value) / reach * tall)
        x = area.x() + k * step + step * 0.1
        top = base - high if value >= 0 else base
        painter.fillRect(QRectF(x, top, step * 0.8, high), colour(tokens.positive if value >= 0 else tokens.negative))
        if named:
            text = preview.names[k] if k < len(preview.names) and len(preview.names[k]) <= 2 else str(k)
            weight = 700 if k == best else 500
            painter.setFont(fonts.font(9, weight))
            painter.setPen(colour(tokens.text if k == best else tokens.text2))
            painter.drawText(QPointF(x + step * 0.4 - fonts.width(text, 9, weight) / 2, box.bottom() - 2), text)


def averaged(line: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """The means of `most` pieces of a longer line, without what is not finite."""
    edges, good = np.linspace(0, len(line), most + 1).astype(int)[:-1], np.isfinite(line)
    count = np.add.reduceat(good.astype(np.float64), edges)
    total = np.add.reduceat(np.where(good, line, 0.0), edges)
    return np.asarray(total[count > 0] / count[count > 0])


def _spark(painter: QPainter, box: QRectF, values: NDArray[Any], tokens: Tokens) -> None:
    line = np.asarray(values, dtype=np.float64).ravel()
    line = averaged(line, 128) if len(line) > 128 else line[np.isfinite(line)]
    if len(line) < 2:  # nothing has been learnt yet: the line on which the curve will stand
        painter.setPen(QPen(colour(tokens.outline), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(box.x(), box.bottom() - 3), QPointF(box.right(), box.bottom() - 3))
        return
    low, high = float(line.min()), float(line.max())
    span = (high - low) or 1.0
    x = np.linspace(box.x(), box.right(), len(line))
    y = box.bottom() - 3 - (box.height() - 6) * (line - low) / span
    pen = QPen(colour(tokens.losses), 1.5)
    painter.setPen(solid(pen))
    painter.drawLines(pieces(x, y, pen))
