"""A drawing as the bytes of a PNG file, without a window."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from neuralgraph.figures.marks import Dots, Drawing, Line, Mark, Picture, Rect, Text, colour, pixels, shape
from neuralgraph.figures.words import face
from neuralgraph.tokens import LIGHT, Tokens

FINE = 2
"""Everything is drawn so many times as large and reduced, so that edges are smooth."""
LARGEST = 12_000
"""Pixels of a side, at most."""
ANCHORS = {"left": "ls", "middle": "ms", "right": "rs"}


def png(drawing: Drawing, tokens: Tokens = LIGHT, *, scale: float = 2.0) -> bytes:
    """A PNG of the drawing, `scale` pixels for each of its own."""
    scale = min(scale, LARGEST / max(drawing.width, drawing.height, 1) / FINE)
    sheet = _Sheet(drawing, tokens, scale)
    for one in drawing.marks:
        sheet.put(one)
    out = io.BytesIO()
    sheet.finished().save(out, "PNG")
    return out.getvalue()


class _Sheet:
    """Pillow's canvas in twice the size."""

    def __init__(self, drawing: Drawing, tokens: Tokens, scale: float) -> None:
        self.tokens, self.size = tokens, (round(drawing.width * scale), round(drawing.height * scale))
        self.by = scale * FINE
        self.image = Image.new("RGB", (self.size[0] * FINE, self.size[1] * FINE), tokens.panel)
        self.pen = ImageDraw.Draw(self.image, "RGBA")

    def finished(self) -> Image.Image:
        return self.image.resize(self.size, Image.Resampling.LANCZOS)

    def put(self, mark: Mark) -> None:
        match mark:
            case Line():
                self._line(mark)
            case Rect():
                x, y, wide, high = (one * self.by for one in mark.box)
                if wide > 0 and high > 0:
                    self.pen.rounded_rectangle(
                        (x, y, max(x + wide - 1, x), max(y + high - 1, y)), mark.radius * self.by, self._ink(mark.fill),
                        self._ink(mark.ink), max(1, round(mark.width * self.by)) if mark.ink else 0)
            case Dots():
                for place, kind in zip(mark.points, mark.kinds, strict=True):
                    if np.isfinite(place).all():
                        self._dot(place, int(kind), mark.size)
            case Text():
                self._text(mark)
            case Picture():
                self._picture(mark)

    def _ink(self, ink: str) -> tuple[int, int, int, int] | None:
        if not ink:
            return None
        red, green, blue, cover = colour(self.tokens, ink)
        return red, green, blue, round(cover * 255)

    def _line(self, mark: Line) -> None:
        points = np.asarray(mark.points, float) * self.by
        if mark.fill:
            kept = points[np.isfinite(points).all(axis=1)]
            if len(kept) > 2:
                self.pen.polygon([(float(x), float(y)) for x, y in kept], self._ink(mark.fill))
        ink, width = self._ink(mark.ink), max(1, round(mark.width * self.by))
        if ink is None or not mark.width:
            return
        good = np.isfinite(points).all(axis=1)
        cuts = np.flatnonzero(np.diff(good.astype(int))) + 1
        for part, whole in zip(np.split(points, cuts), np.split(good, cuts), strict=True):
            if whole.all() and len(part) > 1:
                for piece in _dashed(part, [one * width for one in mark.dash]):
                    self.pen.line([(float(x), float(y)) for x, y in piece], ink, width, joint="curve")

    def _dot(self, place: NDArray[Any], kind: int, size: float) -> None:
        for grown, ink in ((1.28, "#FFFFFF"), (1.0, f"kind:{kind}")):
            corners = (shape(kind) * size * grown + place) * self.by
            self.pen.polygon([(float(x), float(y)) for x, y in corners],
                             (255, 255, 255, 255) if ink.startswith("#") else self._ink(ink))

    def _text(self, mark: Text) -> None:
        font = face(round(mark.size * self.by, 2), mark.weight)
        text = "".join(one for one in mark.text if one >= " ")
        if not mark.turn:
            self.pen.text((mark.x * self.by, mark.y * self.by), text, self._ink(mark.ink), font,
                          anchor=ANCHORS[mark.align])
            return
        room = int(font.getlength(text) + font.size * 2) + 2
        patch = Image.new("L", (room * 2, room * 2), 0)
        ImageDraw.Draw(patch).text((room, room), text, 255, font, anchor=ANCHORS[mark.align])
        patch = patch.rotate(-mark.turn, Image.Resampling.BICUBIC)
        ink = Image.new("RGB", patch.size, (self._ink(mark.ink) or (0, 0, 0, 255))[:3])
        self.image.paste(ink, (round(mark.x * self.by) - room, round(mark.y * self.by) - room), patch)

    def _picture(self, mark: Picture) -> None:
        x, y, wide, high = (round(one * self.by) for one in mark.box)
        if wide < 1 or high < 1:
            return
        how = Image.Resampling.BILINEAR if mark.smooth else Image.Resampling.NEAREST
        image = Image.fromarray(pixels(mark, self.tokens)).resize((wide, high), how)
        if mark.cover < 1:
            self.image.paste(image, (x, y), Image.new("L", image.size, round(mark.cover * 255)))
        else:
            self.image.paste(image, (x, y))


def _dashed(points: NDArray[Any], dash: list[float]) -> list[list[tuple[float, float]]]:
    """A line cut into the pieces that are drawn."""
    if not dash:
        return [[(float(x), float(y)) for x, y in points]]
    found: list[list[tuple[float, float]]] = []
    piece: list[tuple[float, float]] = [(float(points[0][0]), float(points[0][1]))]
    left, number = dash[0], 0
    for start, end in pairwise(points):
        length, gone = float(np.hypot(*(end - start))), 0.0
        while length - gone > left:
            gone += left
            x, y = start + (end - start) * gone / length
            if number % 2 == 0:
                found.append([*piece, (float(x), float(y))])
            piece, number = [(float(x), float(y))], number + 1
            left = dash[number % len(dash)]
        left -= length - gone
        if number % 2 == 0:
            piece.append((float(end[0]), float(end[1])))
    if number % 2 == 0 and len(piece) > 1:
        found.append(piece)
    return found
