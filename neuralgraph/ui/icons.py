"""Icons and category tiles in token colours, drawn once and kept."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from neuralgraph.tokens import CATEGORY_ICONS, INK, Tokens
from neuralgraph.ui.canvas import shapes


@lru_cache(maxsize=1024)
def icon(name: str, colour: str, disabled: str = "") -> QIcon:
    """The Material Design icon `name` (without its prefix) in a colour."""
    import qtawesome

    made: QIcon = qtawesome.icon(f"mdi6.{name}", color=colour, color_disabled=disabled or colour)
    return made


def pixmap(name: str, colour: str, size: int = 16, ratio: float = 1.0) -> QPixmap:
    """The same as a picture of `size` px."""
    return icon(name, colour).pixmap(QSize(size, size), ratio)


@lru_cache(maxsize=256)
def tile(category: str, size: int, tokens: Tokens, ratio: float = 2.0) -> QPixmap:
    """The tile of a category: its shape in its colour with its glyph. `size` is the side of the picture."""
    picture, painter = _canvas(size, ratio)
    colour = QColor(tokens.category(category))
    body = size * 0.84
    painter.translate(QPointF(size / 2, size / 2))
    if category == "Modules":
        painter.setPen(QPen(colour, max(1.2, size / 16)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(shapes.module_back(body))
        painter.drawPath(shapes.tile(category, body))
        painter.translate(-0.075 * size, -0.075 * size)
        painter.fillPath(shapes.icon(CATEGORY_ICONS[category], size * 0.52), colour)
    else:
        painter.fillPath(shapes.tile(category, body), colour)
        painter.translate(0, {"Losses": -0.04, "Metrics": 0.05}.get(category, 0.0) * size)
        name = CATEGORY_ICONS.get(category, "help")
        painter.fillPath(shapes.icon(name, size * 0.56), QColor(tokens.on_tile))
    painter.end()
    return picture


@lru_cache(maxsize=64)
def badge(severity: str, size: int, tokens: Tokens, ratio: float = 2.0) -> QPixmap:
    """The sign of a problem: red octagon, amber triangle, grey circle."""
    picture, painter = _canvas(size, ratio)
    painter.translate(QPointF(size / 2, size / 2))
    body = size * 0.92
    if severity == "error":
        painter.fillPath(shapes.octagon(body), QColor(tokens.error))
        painter.fillPath(shapes.glyph("!", size * 0.55), QColor(tokens.on_tile))
    elif severity == "warning":
        painter.fillPath(shapes.triangle(body), QColor(tokens.warning_fill))
        painter.translate(0, size * 0.12)
        painter.fillPath(shapes.glyph("!", size * 0.5), QColor(INK))
    else:
        painter.fillPath(shapes.icon("information-outline", size), QColor(tokens.text2))
    painter.end()
    return picture


def _canvas(size: int, ratio: float) -> tuple[QPixmap, QPainter]:
    picture = QPixmap(round(size * ratio), round(size * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return picture, painter
