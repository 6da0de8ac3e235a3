"""A drawing as an SVG file: lines and words stay lines and words."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from neuralgraph.figures.marks import Dots, Drawing, Line, Mark, Picture, Rect, Text, colour, pixels, shape
from neuralgraph.tokens import LIGHT, Tokens

ANCHORS = {"left": "start", "middle": "middle", "right": "end"}
FONTS = "Inter, 'Segoe UI', 'SF Pro Text', 'Noto Sans', 'DejaVu Sans', sans-serif"


def svg(drawing: Drawing, tokens: Tokens = LIGHT) -> str:
    """The text of an SVG file of the drawing on the panel's ground."""
    wide, high = _n(drawing.width), _n(drawing.height)
    body = "\n".join(_mark(one, tokens) for one in drawing.marks)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{wide}" '
            f'height="{high}" viewBox="0 0 {wide} {high}" font-family="{FONTS}">\n'
            f'<rect width="{wide}" height="{high}" fill="{tokens.panel}"/>\n{body}\n</svg>\n')


def _mark(mark: Mark, tokens: Tokens) -> str:
    match mark:
        case Line():
            return _line(mark, tokens)
        case Rect():
            x, y, wide, high = mark.box
            radius = f' rx="{_n(mark.radius)}"' if mark.radius else ""
            return (f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(high)}"{radius}'
                    f'{_paint("fill", mark.fill, tokens)}{_stroke(mark.ink, mark.width, (), tokens)}/>')
        case Dots():
            return "\n".join(
                f'<polygon points="{_pairs(shape(int(kind)) * mark.size + place)}"'
                f'{_paint("fill", f"kind:{int(kind)}", tokens)} stroke="#FFFFFF" stroke-width="{_n(1.6 * mark.size)}"/>'
                for place, kind in zip(mark.points, mark.kinds, strict=True) if np.isfinite(place).all())
        case Text():
            turn = f' transform="rotate({_n(mark.turn)} {_n(mark.x)} {_n(mark.y)})"' if mark.turn else ""
            return (f'<text x="{_n(mark.x)}" y="{_n(mark.y)}" font-size="{_n(mark.size)}" font-weight="{mark.weight}" '
                    f'text-anchor="{ANCHORS[mark.align]}"{_paint("fill", mark.ink, tokens)}{turn}>'
                    f"{escape(_clean(mark.text))}</text>")
        case Picture():
            return _picture(mark, tokens)


def _line(mark: Line, tokens: Tokens) -> str:
    points = np.asarray(mark.points, float)
    good = np.isfinite(points).all(axis=1)
    cuts = np.flatnonzero(np.diff(good.astype(int))) + 1
    parts = [part for part, kept in zip(np.split(points, cuts), np.split(good, cuts), strict=True) if kept.all()]
    closed = "Z" if mark.fill else ""
    way = " ".join(f"M{_pairs(part).replace(' ', 'L')}{closed}" for part in parts if len(part) > 1)
    return (f'<path d="{way}"{_paint("fill", mark.fill, tokens)}'
            f'{_stroke(mark.ink, mark.width, mark.dash, tokens)} stroke-linejoin="round"/>') if way else ""


def _picture(mark: Picture, tokens: Tokens) -> str:
    out = io.BytesIO()
    Image.fromarray(pixels(mark, tokens)).save(out, "PNG")
    x, y, wide, high = mark.box
    how = "auto" if mark.smooth else "pixelated"
    cover = f' opacity="{_n(mark.cover)}"' if mark.cover < 1 else ""
    return (f'<image x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(high)}" preserveAspectRatio="none"{cover} '
            f'style="image-rendering:{how}" xlink:href="data:image/png;base64,'
            f'{base64.b64encode(out.getvalue()).decode()}"/>')


def _paint(name: str, ink: str, tokens: Tokens) -> str:
    if not ink:
        return f' {name}="none"'
    red, green, blue, cover = colour(tokens, ink)
    more = f' {name}-opacity="{_n(cover)}"' if cover < 1 else ""
    return f' {name}="#{red:02X}{green:02X}{blue:02X}"{more}'


def _stroke(ink: str, width: float, dash: tuple[float, ...], tokens: Tokens) -> str:
    if not ink or not width:
        return ""
    dashed = f' stroke-dasharray="{" ".join(_n(one * width) for one in dash)}"' if dash else ""
    return f'{_paint("stroke", ink, tokens)} stroke-width="{_n(width)}"{dashed}'


def _pairs(points: Any) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _clean(text: str) -> str:
    """Without the signs that no XML may hold."""
    return "".join(one for one in text if one >= " " and not "\ud800" <= one <= "\udfff" and one not in "￾￿")


def _n(value: float) -> str:
    return f"{float(value):.2f}".rstrip("0").rstrip(".")
