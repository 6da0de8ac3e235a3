"""Formulas as a page shows them: a line of HTML where that is enough, else a picture in the colour of the text."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from neuralgraph.spec.formula import Box, Fraction, Group, Root, Row, Scripts, Text, gap, is_flat, read_formula, signed
from neuralgraph.ui.png import png
from neuralgraph.ui.theme import Theme

SMALLER = 0.72
"""An index beside its letter."""
LEAST = 9
"""No index is set in fewer pixels."""

RIM = 2
"""Room around a picture, for the width of lines and for letters that lean out."""

Paint = Callable[[QPainter, float, float], None]


@dataclass(frozen=True, slots=True)
class Set:
    """A box that knows its size: `up` and `down` from the baseline. `paint` gets its left end and the baseline."""

    width: float
    up: float
    down: float
    paint: Paint


def formula_html(
    text: str, theme: Theme, pixels: float = 13, role: str = "text", ratio: float = 1.0, *, alone: bool = False,
) -> str:
    """A formula inside rich text, `pixels` high at the size factor of the theme; `alone` on its line or in words."""
    row = read_formula(text)
    if is_flat(row):
        return _row_html(row, small=False)
    font = theme.font(pixels)
    return _picture(_row(row, font), None if alone else font, theme.colour(role), ratio)


# -- a line of text --------------------------------------------------------------------------------------------------


def _row_html(row: Row, *, small: bool) -> str:
    parts: list[str] = []
    before: Box | None = None
    for one in signed(row.items):
        room = gap(before, one, small=small)
        breaks = not small and isinstance(before, Text) and before.style in ("relation", "operator", "comma")
        parts.append(" " if room and breaks else "\N{NO-BREAK SPACE}" if room >= 0.2 else
                     "\N{NARROW NO-BREAK SPACE}" if room >= 0.1 else "")
        parts.append(_html(one))
        before = one
    return "".join(parts)


def _html(box: Box) -> str:
    match box:
        case Text(text, style):
            return f"<i>{escape(text)}</i>" if style == "letter" else escape(text)
        case Group(left, inside, right):
            return left + _row_html(inside, small=False) + right
        case Scripts(base, sub, sup, _):
            below = f"<sub>{_row_html(sub, small=True)}</sub>" if sub else ""
            return _html(base) + below + (f"<sup>{_row_html(sup, small=True)}</sup>" if sup else "")
        case Row():
            return _row_html(box, small=False)
    raise TypeError(box)


# -- a picture -------------------------------------------------------------------------------------------------------


def _picture(made: Set, beside: QFont | None, colour: QColor, ratio: float) -> str:
    """The picture; its baseline is that of the words in the font `beside` it."""
    high, baseline = made.up + made.down + 2 * RIM, made.up + RIM
    if beside is not None:
        lift = QFontMetricsF(beside).xHeight() / 2  # Qt sets the middle of a picture half of this above the baseline
        high = max(2 * made.up - lift, 2 * made.down + lift) + 2 * RIM
        baseline = (high + lift) / 2
    wide = made.width + 2 * RIM
    image = QImage(round(wide * ratio), round(high * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.scale(ratio, ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(colour)
    made.paint(painter, RIM, baseline)
    painter.end()
    coded = b64encode(png(image)).decode()
    return (f'<img src="data:image/png;base64,{coded}" width="{round(wide)}" height="{round(high)}" '
            'style="vertical-align: middle">')


def _set(box: Box, font: QFont, *, small: bool = False) -> Set:
    match box:
        case Text():
            return _text(box, font)
        case Row():
            return _row(box, font, small=small)
        case Group():
            return _group(box, font, small=small)
        case Scripts():
            return _scripts(box, font, small=small)
        case Fraction():
            return _fraction(box, font)
        case Root():
            return _root(box, font)


def _text(one: Text, font: QFont) -> Set:
    face = QFont(font)
    face.setItalic(one.style == "letter")
    if one.style == "big":
        face.setPixelSize(round(font.pixelSize() * 1.35))
    metrics = QFontMetricsF(face)
    drop = metrics.ascent() * 0.1 if one.style == "big" else 0.0

    def paint(painter: QPainter, x: float, y: float) -> None:
        painter.setFont(face)
        painter.drawText(QPointF(x, y + drop), one.text)

    inked = metrics.tightBoundingRect(one.text)
    up, down = max(-inked.top(), metrics.xHeight()), max(inked.bottom(), 0.0)
    return Set(metrics.horizontalAdvance(one.text), up - drop, down + drop, paint)


def _beside(parts: list[tuple[float, Set]]) -> Set:
    """Boxes at their distances from the left."""
    def paint(painter: QPainter, x: float, y: float) -> None:
        for at, one in parts:
            one.paint(painter, x + at, y)

    return Set(max((at + one.width for at, one in parts), default=0.0), max((one.up for _, one in parts), default=0.0),
               max((one.down for _, one in parts), default=0.0), paint)


def _row(row: Row, font: QFont, *, small: bool = False) -> Set:
    em, at, parts = font.pixelSize(), 0.0, []
    before: Box | None = None
    for one in signed(row.items):
        at += gap(before, one, small=small) * em
        made = _set(one, font, small=small)
        parts.append((at, made))
        at += made.width
        before = one
    return _beside(parts)


def _smaller(font: QFont) -> QFont:
    made = QFont(font)
    made.setPixelSize(max(min(LEAST, font.pixelSize()), round(font.pixelSize() * SMALLER)))
    return made


def _moved(one: Set, by: float) -> Set:
    """The box lower down."""
    return replace(one, up=one.up - by, down=one.down + by, paint=lambda painter, x, y: one.paint(painter, x, y + by))


def _scripts(box: Scripts, font: QFont, *, small: bool) -> Set:
    base, less = _set(box.base, font, small=small), _smaller(font)
    sub = _row(box.sub, less, small=True) if box.sub else None
    sup = _row(box.sup, less, small=True) if box.sup else None
    if box.limits and not small:
        return _limits(base, sub, sup, font.pixelSize())
    parts = [(0.0, base)]
    if sub is not None:
        parts.append((base.width, _moved(sub, max(base.down, font.pixelSize() * 0.2))))
    if sup is not None:
        parts.append((base.width + 1, _moved(sup, -max(base.up - sup.up * 0.6, font.pixelSize() * 0.32))))
    return _beside(parts)


def _limits(base: Set, sub: Set | None, sup: Set | None, em: float) -> Set:
    """The index below, the exponent above."""
    wide = max(one.width for one in (base, sub, sup) if one is not None)
    parts = [((wide - base.width) / 2, base)]
    if sub is not None:
        parts.append(((wide - sub.width) / 2, _moved(sub, base.down + sub.up + em * 0.15)))
    if sup is not None:
        parts.append(((wide - sup.width) / 2, _moved(sup, -(base.up + sup.down + em * 0.15))))
    return _beside(parts)


def _axis(font: QFont) -> float:
    """How high the line of a fraction lies above the baseline: at the middle of a minus."""
    return QFontMetricsF(font).xHeight() * 0.56


def _thick(font: QFont) -> float:
    return max(1.0, font.pixelSize() / 14)


def _fraction(box: Fraction, font: QFont) -> Set:
    top, bottom, axis, em = _row(box.top, font), _row(box.bottom, font), _axis(font), font.pixelSize()
    wide, room = max(top.width, bottom.width) + em * 0.3, em * 0.2
    over, under = axis + room + top.down, -axis + room + bottom.up

    def paint(painter: QPainter, x: float, y: float) -> None:
        top.paint(painter, x + (wide - top.width) / 2, y - over)
        bottom.paint(painter, x + (wide - bottom.width) / 2, y + under)
        _stroke(painter, _thick(font), QPointF(x + 1, y - axis), QPointF(x + wide - 1, y - axis))

    return Set(wide, over + top.up, under + bottom.down, paint)


def _root(box: Root, font: QFont) -> Set:
    inside, em = _row(box.inside, font), font.pixelSize()
    lead, room = em * 0.55, em * 0.16

    def paint(painter: QPainter, x: float, y: float) -> None:
        roof, foot = y - inside.up - room, y + inside.down
        _stroke(painter, _thick(font), QPointF(x, y - inside.up * 0.35), QPointF(x + em * 0.12, y - inside.up * 0.45),
                QPointF(x + em * 0.28, foot), QPointF(x + em * 0.48, roof), QPointF(x + lead + inside.width + 1, roof))
        inside.paint(painter, x + lead, y)

    return Set(lead + inside.width + em * 0.1, inside.up + room + 1, inside.down + 1, paint)


def _group(box: Group, font: QFont, *, small: bool) -> Set:
    inside, metrics = _row(box.inside, font, small=small), QFontMetricsF(font)
    if inside.up < metrics.ascent() and inside.down < metrics.descent() * 1.6:
        left, right = _text(Text(box.left, "mark"), font), _text(Text(box.right, "mark"), font)
        return _beside([(0.0, left), (left.width, inside), (left.width + inside.width, right)])
    wide, thick = font.pixelSize() * 0.35, _thick(font)
    high, low = inside.up + 1, inside.down + 1

    def paint(painter: QPainter, x: float, y: float) -> None:
        for sign, at, way in ((box.left, x + wide * 0.75, -1), (box.right, x + wide * 1.25 + inside.width, 1)):
            _stroke(painter, thick, *_bracket(sign, at, way * wide * 0.5, y - high, y + low))
        inside.paint(painter, x + wide, y)

    return Set(inside.width + 2 * wide, high, low, paint)


def _bracket(sign: str, x: float, out: float, top: float, foot: float) -> list[QPointF]:
    """The line of a tall bracket that bulges to `out`."""
    if sign in "()":
        steps = [step / 12 for step in range(13)]
        return [QPointF(x + out * (1 - (2 * step - 1) ** 2), top + (foot - top) * step) for step in steps]
    ends = {"[": (True, True), "]": (True, True), "⌊": (False, True), "⌋": (False, True), "⌈": (True, False),
            "⌉": (True, False)}.get(sign, (False, False))
    line = [QPointF(x + out, top), QPointF(x + out, foot)]
    return [*([QPointF(x, top)] if ends[0] else []), *line, *([QPointF(x, foot)] if ends[1] else [])]


def _stroke(painter: QPainter, thick: float, *points: QPointF) -> None:
    pen = QPen(painter.pen().color(), thick, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.save()
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF(list(points)))
    painter.restore()
