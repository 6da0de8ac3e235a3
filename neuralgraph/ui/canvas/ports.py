"""Ports: how they are named on the canvas and how they are painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from neuralgraph.tokens import PORT, Tokens
from neuralgraph.ui.canvas.content import PortFace
from neuralgraph.ui.canvas.shapes import colour, cross, glyph, port, port_colour

Mark = Literal["fits", "dims", "refused"]


@dataclass(frozen=True, slots=True)
class PortRef:
    """A port of a node in the document."""

    node: str
    name: str
    is_input: bool


def paint(
    painter: QPainter, at: QPointF, face: PortFace, tokens: Tokens, scale: float, mark: Mark | None = None,
) -> None:
    """Paint one port centred on `at`."""
    painter.save()
    painter.translate(at)
    if scale < 0.6:
        painter.fillPath(port("F", 6 / scale), colour(port_colour(face.letter, tokens)))
        painter.restore()
        return
    refused = mark == "refused" or face.bad
    size = 18.0 if mark == "fits" else float(PORT)
    fill = tokens.error if refused else port_colour(face.letter, tokens)
    shape = port("F" if refused else face.letter, size, face.many and not refused)
    hollow = not refused and (face.letter == "?" or (face.open and not face.many))
    painter.setPen(QPen(colour(tokens.card), 4.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap,
                        Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(colour(tokens.card))
    painter.drawPath(shape)
    painter.setOpacity(0.3 if mark == "dims" else 1.0)
    if mark == "fits":
        painter.fillPath(port("F", 26), colour(tokens.accent, 0.35))
        painter.setPen(QPen(colour(tokens.accent), 2))
        painter.drawPath(port("F", 21))
    if hollow:
        painter.setPen(QPen(colour(fill), 1.8))
        painter.setBrush(colour(tokens.card))
        painter.drawPath(port(face.letter, size - 1.8))
    else:
        painter.fillPath(shape, colour(fill))
    ink = colour(fill if hollow else tokens.on_tile)
    if refused:
        painter.setPen(QPen(ink, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPath(cross(size * 0.2))
    elif scale >= 0.8:
        shift = -size * 0.12 if face.letter == "S" and not face.many else 0.0
        painter.fillPath(glyph("+" if face.many else face.letter, 9 * size / PORT).translated(shift, 0), ink)
    painter.restore()
