"""Where everything on a node card lies, in px at 100 % from its top left corner. Pure and cached by face."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF

from neuralgraph.tokens import FOOTER, GRID, HEADER, NODE_BARE, NODE_MAX, NODE_MIN, PARAM_ROW, PORT_ROW
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.content import Face, PortFace

INSET = 12
TITLE_X = 36
PREVIEW_INSET = 10
PORT_Y = HEADER / 2
DOT = 40, 16
"""Width and height of a bead on a wire: room for a grip between its ports."""
NONE = (0.0, 0.0, 0.0, 0.0)
WIDE = frozenset({"images", "maps", "bars", "spark"})
"""Previews that need more room than a card has anyway."""
MARGIN = 20
"""Room around a card for ports, shadow, halo and badges."""


@dataclass(frozen=True, slots=True)
class PlacedPort:
    """A port with its centre."""

    face: PortFace
    x: float
    y: float
    row: int
    """Number of its row, −1 where it sits on the header line."""

    @property
    def centre(self) -> QPointF:
        return QPointF(self.x, self.y)


@dataclass(frozen=True, slots=True)
class Card:
    """The layout of one face. `preview` is empty where there is none; rows and footer give the y of their middle."""

    width: int
    height: int
    inputs: tuple[PlacedPort, ...]
    outputs: tuple[PlacedPort, ...]
    rows: tuple[float, ...]
    preview: tuple[float, float, float, float]
    footer: float | None

    @property
    def rect(self) -> QRectF:
        return QRectF(0, 0, self.width, self.height)

    @property
    def ports(self) -> tuple[PlacedPort, ...]:
        return (*self.inputs, *self.outputs)

    def port(self, name: str, *, is_input: bool) -> PlacedPort | None:
        return next((one for one in (self.inputs if is_input else self.outputs) if one.face.name == name), None)


def named_rows(face: Face) -> int:
    """How many rows of named ports lie under the header; none where there is at most one on each side."""
    most = max(len(face.inputs), len(face.outputs))
    return most if most > 1 or (len(face.inputs) == 1 and face.inputs[0].many) else 0


@lru_cache(maxsize=20_000)
def layout(face: Face) -> Card:
    """The card of a face."""
    if face.dot:
        width, height = DOT
        left, right = (tuple(PlacedPort(one, x, height / 2, -1) for one in side)
                       for side, x in ((face.inputs, 0.0), (face.outputs, float(width))))
        return Card(width, height, left, right, (), NONE, None)
    ports = named_rows(face)
    width = _width(face, ports)
    y = float(HEADER) + (2 + PORT_ROW * ports if ports else 0)
    rows = []
    if face.rows:
        y += 4
        rows = [y + PARAM_ROW * (k + 0.5) for k in range(len(face.rows))]
        y += PARAM_ROW * len(face.rows)
    preview = NONE
    has_footer = any(face.footer)
    if face.preview:
        y += 4 if ports or face.rows else 6
        preview = (PREVIEW_INSET, y, width - 2 * PREVIEW_INSET, float(face.preview_height))
        y += face.preview_height + (2 if has_footer else PREVIEW_INSET)
    footer = None
    if has_footer:
        y += 2 if ports and not face.rows and not face.preview else 0
        y += 4 if not ports and not face.rows and not face.preview else 0
        footer = y + FOOTER / 2
        y += FOOTER
    elif not face.preview:
        y += 6
    inputs = _side(face.inputs, 0.0, ports)
    return Card(width, round(y), inputs, _side(face.outputs, float(width), ports), tuple(rows), preview, footer)


def _side(faces: tuple[PortFace, ...], x: float, rows: int) -> tuple[PlacedPort, ...]:
    if not rows:
        return tuple(PlacedPort(one, x, PORT_Y, -1) for one in faces)
    return tuple(
        PlacedPort(one, x, HEADER + 2 + PORT_ROW * (k + 0.5), k) for k, one in enumerate(faces))


def _width(face: Face, ports: int) -> int:
    after = fonts.width(face.after, 13) + 7 if face.after else 0.0
    badge = 24 if face.frozen or face.bypassed or face.done else 0
    widest = TITLE_X + fonts.width(face.title, 13, 600) + after + INSET + badge
    for name, value in face.rows:
        widest = max(widest, 2 * INSET + 16 + fonts.width(name, 11) + fonts.width(value, 11, 600))
    left, right = face.footer
    if left or right:
        widest = max(widest, 2 * INSET + fonts.width(left, 11) + (16 + fonts.width(right, 11, 600) if right else 0))
    for row in range(ports):
        names = [side[row].label for side in (face.inputs, face.outputs) if row < len(side)]
        widest = max(widest, 2 * INSET + 16 * (len(names) - 1) + sum(fonts.width(one, 11) for one in names))
    bare = not (face.rows or any(face.footer) or ports or face.preview)
    least = NODE_BARE if bare else 152 if face.preview in WIDE else NODE_MIN
    return min(NODE_MAX, max(least, GRID * -int(-widest // GRID)))
