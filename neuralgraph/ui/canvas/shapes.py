"""Outlines of everything that has a shape of its own: category tiles, port glyphs, badges, icon glyphs."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainterPath, QPolygonF, QTransform

from neuralgraph.tokens import PORT, RADIUS_TILE, Tokens


@lru_cache(maxsize=4096)
def colour(value: str, alpha: float = 1.0) -> QColor:
    """A QColor from #RRGGBB. Do not change it: it is shared."""
    made = QColor(value)
    made.setAlphaF(alpha)
    return made


@lru_cache(maxsize=1024)
def mixed(base: str, over: str, share: float) -> QColor:
    """`over` at `share` opacity on `base`, as one opaque colour."""
    a, b = QColor(base), QColor(over)
    return QColor(*(round(x + (y - x) * share) for x, y in (
        (a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))))


def polygon(*points: tuple[float, float]) -> QPainterPath:
    """A closed path through points."""
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    path.closeSubpath()
    return path


def regular(sides: int, radius: float, turn: float = 0.0, centre: tuple[float, float] = (0.0, 0.0)) -> QPainterPath:
    """A regular polygon; `turn` in degrees, 0 starts at the right."""
    steps = [math.radians(turn + 360 * k / sides) for k in range(sides)]
    return polygon(*((centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in steps))


def rounded(rect: QRectF, radius: float) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(rect, radius, radius)
    return path


def _circle(r: float) -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(0, 0), r, r)
    return path


def _sheets(r: float) -> QPainterPath:
    """The front sheet of the module tile; the back one is `module_back`."""
    return rounded(QRectF(-r, -r, 1.7 * r, 1.7 * r), 0.2 * r)


@lru_cache(maxsize=256)
def tile(category: str, size: float) -> QPainterPath:
    """The tile of a category around (0, 0), `size` wide."""
    r = size / 2
    match category:
        case "Data":
            return _circle(r)
        case "Activations":
            return regular(6, r * 1.1)
        case "Maths":
            return regular(4, r * 1.2)
        case "Losses":
            return polygon((-r, -r), (r, -r), (r, r * 0.25), (0, r * 1.12), (-r, r * 0.25))
        case "Metrics":
            return polygon((-r, r), (r, r), (r, -r * 0.25), (0, -r * 1.12), (-r, -r * 0.25))
        case "Modules":
            return _sheets(r)
        case _:
            return rounded(QRectF(-r, -r, size, size), RADIUS_TILE * size / 20)


@lru_cache(maxsize=64)
def module_back(size: float) -> QPainterPath:
    """The visible part of the second sheet of the module tile."""
    r = size / 2
    back = rounded(QRectF(-r * 0.7, -r * 0.7, 1.7 * r, 1.7 * r), 0.2 * r)
    return back.subtracted(tile("Modules", size))


@lru_cache(maxsize=128)
def port(letter: str, size: float = PORT, many: bool = False) -> QPainterPath:
    """The glyph of a port around (0, 0)."""
    r = size / 2
    if many:
        return rounded(QRectF(-r * 0.95, -r * 1.4, r * 1.9, r * 2.8), r * 0.95)
    match letter:
        case "I":
            return rounded(QRectF(-r * 0.93, -r * 0.93, r * 1.86, r * 1.86), r * 0.22)
        case "B":
            return regular(4, r * 1.26)
        case "S":
            return polygon((-r, -r * 1.12), (r * 1.32, 0), (-r, r * 1.12))
        case "T":
            return regular(6, r * 1.14)
        case _:
            return _circle(r)


def port_colour(letter: str, tokens: Tokens) -> str:
    """The colour of ports and wires of one kind; float ports have their own, float wires are `tokens.wire`."""
    named = {"I": tokens.data, "B": tokens.metrics, "S": tokens.losses, "T": tokens.activations}
    return named.get(letter, tokens.port_float)


def wire_colour(letter: str, tokens: Tokens) -> str:
    return tokens.wire if letter in ("F", "?") else port_colour(letter, tokens)


@lru_cache(maxsize=32)
def octagon(size: float) -> QPainterPath:
    """The error badge."""
    return regular(8, size / 2 * 1.06, 22.5)


@lru_cache(maxsize=32)
def triangle(size: float) -> QPainterPath:
    """The warning badge."""
    r = size / 2
    return polygon((0, -r * 0.98), (r * 1.02, r * 0.82), (-r * 1.02, r * 0.82))


@lru_cache(maxsize=512)
def icon(name: str, size: float) -> QPainterPath:
    """A Material Design glyph (`"sigma"`) as a path around (0, 0), `size` px on its 24-unit grid."""
    import qtawesome

    face = qtawesome.font("mdi6", 96)
    face.setPixelSize(96)
    path = QPainterPath()
    path.addText(0, 0, face, qtawesome.charmap(f"mdi6.{name}"))
    path.setFillRule(Qt.FillRule.WindingFill)
    box = _em_box(face)
    factor = size / 96
    return QTransform(factor, 0, 0, factor, -box.center().x() * factor, -box.center().y() * factor).map(path)


def _em_box(face: object) -> QRectF:
    """The square that glyphs of the icon font are drawn in, seen from the base line."""
    from PySide6.QtGui import QFont, QFontMetricsF

    assert isinstance(face, QFont)
    measured = QFontMetricsF(face)
    height = measured.ascent() + measured.descent()
    return QRectF(0, -measured.ascent() + (height - 96) / 2, 96, 96)


@lru_cache(maxsize=2048)
def glyph(text: str, px: float, weight: int = 700) -> QPainterPath:
    """Text as a path centred on (0, 0) by its ink: letters in ports, signs on tiles."""
    from neuralgraph.ui.fonts import font

    face = font(64, weight)
    path = QPainterPath()
    path.addText(0, 0, face, text)
    path.setFillRule(Qt.FillRule.WindingFill)
    box = path.boundingRect()
    factor = px / 64
    return QTransform(factor, 0, 0, factor, -box.center().x() * factor, -box.center().y() * factor).map(path)


@lru_cache(maxsize=64)
def cross(radius: float) -> QPainterPath:
    """The ✕ of a refused port, to be stroked."""
    path = QPainterPath(QPointF(-radius, -radius))
    path.lineTo(radius, radius)
    path.moveTo(radius, -radius)
    path.lineTo(-radius, radius)
    return path
