"""Painting a node card at a level of detail. Pure: a face and its layout in, paint out; ports and selection are drawn
by the item on top, because they change with the mouse."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from neuralgraph.tokens import CATEGORY_ICONS, CATEGORY_SIGNS, HEADER, INK, RADIUS_CARD, TILE, Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas import previews
from neuralgraph.ui.canvas.content import Face
from neuralgraph.ui.canvas.geometry import INSET, TITLE_X, Card, named_rows
from neuralgraph.ui.canvas.shapes import colour, glyph, icon, mixed, module_back, octagon, rounded, tile, triangle

LEAST_TEXT = 9.0
"""No node text gets smaller than this on screen, in px."""


class Detail(IntEnum):
    """What is left of a node as the view moves away."""

    BLOCK = 0
    TITLE = 1
    NAMED = 2
    FULL = 3


def detail(scale: float) -> Detail:
    """The level of detail at a zoom: 1.0 is 100 %."""
    if scale >= 0.6:
        return Detail.FULL
    if scale >= 0.35:
        return Detail.NAMED
    return Detail.TITLE if scale >= 0.2 else Detail.BLOCK


@dataclass(frozen=True, slots=True)
class Look:
    """What a card is painted with: theme, level of detail, zoom; `hover` lifts it, `preview` are the arrays in it."""

    tokens: Tokens
    scale: float = 1.0
    hover: bool = False
    preview: previews.Preview | None = None

    @property
    def detail(self) -> Detail:
        return detail(self.scale)

    def px(self, size: float) -> float:
        """A text size that stops shrinking on screen."""
        return max(size, round(LEAST_TEXT / self.scale * 4) / 4)


def paint(painter: QPainter, face: Face, card: Card, look: Look) -> None:
    """Paint a card with its top left corner at (0, 0)."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if face.dot:
        _bead(painter, face, card, look)
        return
    if look.detail == Detail.BLOCK:
        _block(painter, face, card, look)
        return
    _shadow(painter, card, look)
    if face.category == "Modules" and face.repeat != 1:
        _stack(painter, card, look.tokens)
    _body(painter, face, card, look)
    if look.detail == Detail.FULL:
        _header(painter, face, card, look)
        _rows(painter, face, card, look)
        if face.preview and look.preview is not None:
            previews.paint(painter, QRectF(*card.preview), face.preview, look.preview, look.tokens)
        _footer(painter, face, card, look)
    else:
        _far(painter, face, card, look)
    _outline(painter, face, card, look)
    _badges(painter, face, card, look)


def outline(face: Face, tokens: Tokens) -> tuple[str, float]:
    """Colour and width of the outline that the state of a node asks for: the first that applies wins."""
    if face.severity == "error":
        return tokens.error, 2.5
    if face.severity == "warning":
        return tokens.warning, 2.0
    if face.frozen:
        return tokens.frozen, 1.6
    if face.category == "Modules":
        return tokens.text, 1.6
    return tokens.outline, 1.2


def header_colour(face: Face, tokens: Tokens) -> QColor:
    """The tint of a header; red and amber where something is wrong."""
    if face.severity == "error":
        return colour(tokens.error_soft)
    if face.severity == "warning":
        return colour(tokens.warning_soft)
    if face.bypassed:
        return mixed(tokens.card, tokens.canvas, 1.0)
    return mixed(tokens.card, tokens.category(face.category), tokens.header_tint)


def _shadow(painter: QPainter, card: Card, look: Look) -> None:
    """A soft shadow as a stack of faint rounded rectangles; cheap because it is painted once into a pixmap."""
    tokens = look.tokens
    layers, reach, alpha = (8, 8.0, tokens.shadow_alpha * 2.2) if look.hover else (5, 5.0, tokens.shadow_alpha)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(tokens.shadow, round(alpha * 1.6 / layers, 4)))
    for step in range(layers):
        grow = reach * (step + 0.5) / layers - reach * 0.25
        painter.drawPath(rounded(card.rect.adjusted(-grow, -grow + 2, grow, grow + 2), RADIUS_CARD + grow))


def _stack(painter: QPainter, card: Card, tokens: Tokens) -> None:
    painter.setPen(QPen(colour(tokens.outline), 1.2))
    painter.setBrush(colour(tokens.card))
    for offset in (8, 4):
        painter.drawPath(rounded(card.rect.translated(offset, offset), RADIUS_CARD))


def _body(painter: QPainter, face: Face, card: Card, look: Look) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    tokens, whole = look.tokens, look.detail != Detail.FULL
    painter.setBrush(header_colour(face, tokens) if whole else colour(tokens.card))
    painter.drawPath(rounded(card.rect, RADIUS_CARD))


def _header(painter: QPainter, face: Face, card: Card, look: Look) -> None:
    tokens = look.tokens
    top = _top(card)
    painter.fillPath(top, header_colour(face, tokens))
    if face.frozen:
        _hatch(painter, card, tokens)
    paint_tile(painter, face.category, QPointF(10 + TILE / 2, HEADER / 2), TILE, tokens, half=face.bypassed)
    grey = face.bypassed
    px = look.px(13)
    room = card.width - TITLE_X - 10 - (22 if face.frozen or face.bypassed or face.done else 0)
    title = fonts.elided(face.title, room, px, 600)
    _text(painter, title, TITLE_X, HEADER / 2, px, 600, tokens.text3 if grey else tokens.text)
    used = fonts.width(title, px, 600) + 7
    if face.after and room - used >= min(14, fonts.width(face.after, px)):  # «x» is short
        _text(painter, fonts.elided(face.after, room - used, px), TITLE_X + used, HEADER / 2, px, 400, tokens.text2)
    centre = QPointF(card.width - 22, HEADER / 2)
    if face.frozen:
        _icon(painter, "snowflake", centre, 15, tokens.frozen)
    elif face.bypassed:
        _icon(painter, "debug-step-over", centre, 15, tokens.text3)
    elif face.done:
        _icon(painter, "check-circle", QPointF(card.width - 18, HEADER / 2), 16, tokens.ok)


def _top(card: Card) -> QPainterPath:
    """The header: rounded above, straight below."""
    area = QPainterPath()
    area.addRect(QRectF(0, 0, card.width, HEADER))
    return rounded(card.rect, RADIUS_CARD).intersected(area)


def _hatch(painter: QPainter, card: Card, tokens: Tokens) -> None:
    painter.save()
    painter.setClipPath(_top(card))
    painter.setPen(QPen(colour(tokens.frozen, 0.45), 1.2))
    for x in range(-HEADER, card.width, 7):
        painter.drawLine(QPointF(x, HEADER), QPointF(x + HEADER * 0.9, 0))
    painter.restore()


def _rows(painter: QPainter, face: Face, card: Card, look: Look) -> None:
    tokens = look.tokens
    px = look.px(11)
    quiet = tokens.text3 if face.bypassed else tokens.text2
    for (name, value), y in zip(face.rows, card.rows, strict=True):
        room = card.width - 2 * INSET
        value = fonts.elided(value, room, px, 600)
        taken = fonts.width(value, px, 600)
        _text(painter, value, card.width - INSET - taken, y, px, 600, tokens.text3 if face.bypassed else tokens.text)
        if room - taken > 18:
            _text(painter, fonts.elided(name, room - taken - 6, px), INSET, y, px, 400, quiet)
    if not named_rows(face):
        return
    for one in card.inputs:
        _text(painter, one.face.label, INSET, one.y, px, 400, quiet)
    for one in card.outputs:
        _text(painter, one.face.label, card.width - INSET - fonts.width(one.face.label, px), one.y, px, 400, quiet)


def _footer(painter: QPainter, face: Face, card: Card, look: Look) -> None:
    if card.footer is None:
        return
    tokens, px = look.tokens, look.px(11)
    left, right = face.footer
    right = "–" if right and face.stale else right
    taken = fonts.width(right, px, 600) if right else 0.0
    room = card.width - 2 * INSET - (taken + 6 if right else 0)
    _text(painter, fonts.elided(left, room, px), INSET, card.footer, px, 400, tokens.text3)
    if right:
        _text(painter, right, card.width - INSET - taken, card.footer, px, 600, tokens.text2)


def _far(painter: QPainter, face: Face, card: Card, look: Look) -> None:
    """Tile and title in sizes that hold on screen."""
    tokens, scale = look.tokens, look.scale
    named = look.detail == Detail.NAMED
    size = min((16 if named else 12) / scale, card.height * 0.7)
    px = round((11 if named else LEAST_TEXT) / scale * 2) / 2
    edge = 6 / scale
    room = card.width - edge * 2 - size - 5 / scale
    title = fonts.elided(face.title, room, px, 600) if room > px else ""
    total = size + (5 / scale + fonts.width(title, px, 600) if title else 0)
    x = max(edge, (card.width - total) / 2)
    middle = card.height / 2
    paint_tile(painter, face.category, QPointF(x + size / 2, middle), size, tokens, half=face.bypassed)
    if title:
        _text(painter, title, x + size + 5 / scale, middle, px, 600, tokens.text3 if face.bypassed else tokens.text)


def _bead(painter: QPainter, face: Face, card: Card, look: Look) -> None:
    """A grip on the wire; far away a thicker piece of it."""
    tokens, far = look.tokens, look.detail < Detail.FULL
    grip = card.rect.adjusted(0, 5, 0, -5) if far else card.rect.adjusted(4, 1, -4, -1)
    painter.setPen(Qt.PenStyle.NoPen if far else QPen(colour(tokens.text2 if look.hover else tokens.outline), 1.2))
    painter.setBrush(colour(tokens.wire if far else tokens.card))
    painter.drawPath(rounded(grip, grip.height() / 2))
    if not far:
        painter.setPen(QPen(colour(tokens.wire), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for x in (-2.5, 2.5):
            painter.drawLine(card.rect.center() + QPointF(x, -3), card.rect.center() + QPointF(x, 3))
    if face.severity:
        _badge(painter, octagon(12), QPointF(card.width / 2, 0), tokens.error, tokens.card)


def _block(painter: QPainter, face: Face, card: Card, look: Look) -> None:
    """Far away: a block in the category's colour with its sign."""
    tokens, scale = look.tokens, look.scale
    fill = tokens.category(face.category)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(fill, 0.5 if face.bypassed else 1.0))
    painter.drawPath(rounded(card.rect, min(3 / scale, card.height / 4)))
    px = min(9 / scale, card.height * 0.72)
    if px * scale >= 4:
        sign = CATEGORY_SIGNS.get(face.category, "?")
        painter.fillPath(glyph(sign, px).translated(card.width / 2, card.height / 2), colour(tokens.on_tile))
    if face.severity:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(tokens.error if face.severity == "error" else tokens.warning), 2.5 / scale))
        painter.drawPath(rounded(card.rect.adjusted(*(d / scale for d in (-2, -2, 2, 2))), 4 / scale))


def _outline(painter: QPainter, face: Face, card: Card, look: Look) -> None:
    line, thick = outline(face, look.tokens)
    if look.hover and thick < 1.8:
        line, thick = look.tokens.text2, 1.8
    pen = QPen(colour(line), thick if look.scale >= 0.6 else max(thick, 1.0 / look.scale))
    if face.bypassed and not face.severity:
        pen.setDashPattern([3.6, 2.4])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(rounded(card.rect, RADIUS_CARD))


def _badges(painter: QPainter, face: Face, card: Card, look: Look) -> None:
    tokens = look.tokens
    grow = 1.0 if look.scale >= 0.6 else min(2.0, 0.7 / look.scale)
    if face.severity == "error":
        at = QPointF(card.width - 1, 1)
        _badge(painter, octagon(20 * grow), at, tokens.error, tokens.card)
        painter.fillPath(glyph("!", 13 * grow).translated(at), colour(tokens.on_tile))
    elif face.severity == "warning":
        at = QPointF(card.width - 2, 1)
        _badge(painter, triangle(18 * grow), at, tokens.warning_fill, tokens.card)
        painter.fillPath(glyph("!", 10 * grow).translated(at + QPointF(0, 2 * grow)), colour(INK))
    if face.category == "Modules" and face.repeat != 1:
        text = f"×{face.repeat}"
        wide = fonts.width(text, 11, 700) + 20
        pill = QRectF(card.width + 8 - wide, card.height - 11, wide, 18)
        painter.setPen(QPen(colour(tokens.card), 2))
        painter.setBrush(colour(tokens.text))
        painter.drawPath(rounded(pill, 9))
        _text(painter, text, pill.x() + 10, pill.center().y(), 11, 700, tokens.card)


def _badge(painter: QPainter, path: QPainterPath, at: QPointF, fill: str, ring: str) -> None:
    moved = path.translated(at)
    painter.setPen(QPen(colour(ring), 2.4))
    painter.setBrush(colour(ring))
    painter.drawPath(moved)
    painter.fillPath(moved, colour(fill))


def paint_tile(
    painter: QPainter, category: str, centre: QPointF, size: float, tokens: Tokens, *, half: bool = False,
) -> None:
    """The tile of a category with its glyph."""
    painter.save()
    painter.translate(centre)
    painter.setOpacity(0.5 if half else 1.0)
    fill, name = tokens.category(category), CATEGORY_ICONS.get(category, "help")
    if category == "Modules":
        painter.setPen(QPen(colour(fill), size * 0.075))
        painter.setBrush(colour(tokens.card))
        painter.drawPath(module_back(size))
        painter.drawPath(tile(category, size))
        painter.fillPath(icon(name, size * 0.6).translated(-size * 0.075, -size * 0.075), colour(fill))
    else:
        painter.fillPath(tile(category, size), colour(fill))
        shift = {"Losses": -0.06, "Metrics": 0.08}.get(category, 0.0) * size
        painter.fillPath(icon(name, size * (0.62 if category in ("Losses", "Metrics") else 0.72)).translated(0, shift),
                         colour(tokens.on_tile))
    painter.restore()


def _icon(painter: QPainter, name: str, centre: QPointF, size: float, fill: str) -> None:
    painter.fillPath(icon(name, size).translated(centre), colour(fill))


def _text(painter: QPainter, text: str, x: float, middle: float, px: float, weight: int, fill: str) -> None:
    """Text with its left end at x and its capitals centred on `middle`."""
    painter.setFont(fonts.font(px, weight))
    painter.setPen(colour(fill))
    painter.drawText(QPointF(x, middle + px * 0.364), text)
