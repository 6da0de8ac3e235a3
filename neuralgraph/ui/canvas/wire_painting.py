"""One picture on a wire: how much room it wants, and how it is painted. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from neuralgraph.tokens import Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas import miniatures
from neuralgraph.ui.canvas.colormaps import paint_magnitude, paint_signed
from neuralgraph.ui.canvas.miniatures import LINE, draw, grey, picture, said
from neuralgraph.ui.canvas.previews import Preview
from neuralgraph.ui.canvas.shapes import colour, rounded
from neuralgraph.ui.canvas.wire_item import LARGEST

TILE, GAP = 22.0, 2.0
CAPTION = 17.0
"""Room for the number under a picture, at its largest."""


@dataclass(frozen=True, eq=False)
class WireLook:
    """What one wire shows; `size` is the norm that makes it thick, None where wires are of one thickness."""

    preview: Preview
    size: float | None = None


def _caption(look: WireLook, what: str) -> str:
    return said(look.size) if what == "gradients" and look.size is not None else ""


def sizes_of(look: WireLook, what: str) -> list[QSizeF]:
    """The sizes a picture may have, the best first; texts keep theirs."""
    preview = look.preview
    count = preview.values.size
    words = QSizeF(0, 0)
    if _caption(look, what):
        words = QSizeF(fonts.width("8.8e−8", LARGEST, 500), CAPTION)
    match preview.kind:
        case "number":
            return [QSizeF(fonts.width("−8.88", LARGEST, 600) + 4, LINE * LARGEST / 11)]
        case "words":
            wide = min(64.0, max(fonts.width(one, LARGEST, 600) for one in ("8", *(_one_line(preview),))))
            return [QSizeF(wide + 6, LINE * LARGEST / 11)]
        case "images":
            found = [(28.0, 28.0), (20.0, 20.0)]
        case "maps" | "signed":
            tiles = min(3, len(preview.values))
            found = [(28.0, 28.0)] if tiles == 1 else [(tiles * TILE + (tiles - 1) * GAP, TILE)]
            found.append((tiles * 16 + (tiles - 1) * GAP, 16.0))
        case "heat":
            found = [(52.0, 28.0), (40.0, 20.0)]
        case "spark":
            found = [(56.0, 20.0), (40.0, 16.0)]
        case "bundle":
            most = max(preview.values.shape)
            found = [(56.0, min(44.0, 14.0 + 4 * most)), (44.0, 24.0)]
        case _:
            found = [(min(64.0, max(20.0, 9.0 * count)), 11.0), (min(40.0, max(16.0, 6.0 * count)), 9.0)]
    return [QSizeF(max(wide, words.width()), high + words.height()) for wide, high in found]


def _one_line(preview: Preview) -> str:
    return ("" if all(len(one) <= 1 for one in preview.names) else " ").join(preview.names)


def paint(painter: QPainter, box: QRectF, look: WireLook, what: str, tokens: Tokens, scale: float) -> None:
    """One picture with its number, on a plate of the canvas's colour."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if look.preview.kind not in ("number", "words"):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(tokens.canvas))
        painter.drawRoundedRect(box.adjusted(-1, -1, 1, 1), 3, 3)
    px, caption, preview = max(11.0, round(9 / scale * 4) / 4), _caption(look, what), look.preview
    area = QRectF(box)
    if caption:
        area.setBottom(box.bottom() - CAPTION)
        under = QRectF(box.x() - 8, area.bottom() + 1, box.width() + 16, px * 1.2)
        painter.setFont(fonts.font(px, 500))
        painter.setPen(colour(tokens.text2))
        painter.drawText(under, Qt.AlignmentFlag.AlignCenter, caption)
    match preview.kind:
        case "images":
            draw(painter, area, picture(grey(preview.values[0], tokens)), tokens.hairline)
        case "maps" | "signed":
            _tiles(painter, area, preview, tokens)
        case "spark":
            _curve(painter, area, preview, tokens)
        case "bundle" | "number" | "words":
            if preview.kind != "bundle":
                text = said(float(preview.values.reshape(-1)[0])) if preview.kind == "number" else _one_line(preview)
                spare = max(0.0, area.width() - fonts.width(text, max(px, 13), 600) - 12) / 2
                area.adjust(spare, 0, -spare, 0)
            painter.setBrush(colour(tokens.card))
            painter.setPen(QPen(colour(tokens.hairline), 1))
            painter.drawPath(rounded(area, 3))
            miniatures.paint(painter, area, preview.kind, preview, tokens, px)
        case "strip":
            wide = min(area.width(), max(20.0, 9.0 * preview.values.size))
            middle = QRectF(area.center().x() - wide / 2, area.y(), wide, area.height())
            miniatures.paint(painter, middle, "strip", preview, tokens)
        case kind:
            miniatures.paint(painter, area, kind, preview, tokens, px)


def _tiles(painter: QPainter, area: QRectF, preview: Preview, tokens: Tokens) -> None:
    shown = np.nan_to_num(preview.values[:3])
    side = min(area.height(), (area.width() - GAP * (len(shown) - 1)) / len(shown))
    left = area.center().x() - (side * len(shown) + GAP * (len(shown) - 1)) / 2
    if preview.kind == "maps":
        low, high = float(shown.min(initial=math.inf)), float(shown.max(initial=-math.inf))
        made = [paint_magnitude(one, low, high) for one in shown]
    else:
        reach = float(abs(shown).max(initial=0.0))
        made = [paint_signed(one, tokens, reach or 1.0) for one in shown]
    for k, one in enumerate(made):
        draw(painter, QRectF(left + k * (side + GAP), area.y(), side, side), picture(one),
             tokens.hairline if preview.kind == "signed" else "")


def _curve(painter: QPainter, area: QRectF, preview: Preview, tokens: Tokens) -> None:
    line = [float(one) for one in preview.values.reshape(-1) if math.isfinite(one)]
    if len(line) < 2:
        return
    low, span = min(line), (max(line) - min(line)) or 1.0
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour(tokens.text2), 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap,
                        Qt.PenJoinStyle.RoundJoin))
    step, high = area.width() / (len(line) - 1), area.height() - 2
    painter.drawPolyline(QPolygonF([
        QPointF(area.x() + step * k, area.bottom() - 1 - high * (y - low) / span) for k, y in enumerate(line)]))
