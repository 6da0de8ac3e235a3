"""Cards as pixmaps, painted once per content, zoom and pixel ratio; bounded, refined when the hand rests."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPixmap

from neuralgraph.ui.canvas.card import Look, detail, paint
from neuralgraph.ui.canvas.content import Face
from neuralgraph.ui.canvas.geometry import MARGIN

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.scene import CanvasScene

MOST_PIXELS = 48_000_000


class Pictures:
    """The cards' pixmaps. While `hurry` is on, a card is drawn from the nearest zoom there is."""

    def __init__(self, canvas: CanvasScene) -> None:
        self._canvas = canvas
        self._made: OrderedDict[tuple[object, ...], QPixmap] = OrderedDict()
        self._nearest: dict[tuple[object, ...], float] = {}
        self._pixels = 0
        self.hurry = False
        self.ratio = 1.0

    def card(self, id: str, scale: float) -> tuple[QPixmap, float]:
        """The pixmap of a node's card, its margin included, and the zoom it was painted at."""
        canvas = self._canvas
        face, preview = canvas.faces[id], canvas.previews.get(id)
        identity = (_same(face, scale), detail(scale), id == canvas.hovered, id if preview else "",
                    preview.version if preview else 0, canvas.tokens.name, self.ratio)
        wanted = round(scale, 3)
        if self.hurry and (near := self._nearest.get(identity)) is not None and (identity, near) in self._made:
            return self._made[identity, near], near
        key = (identity, wanted)
        found = self._made.get(key)
        if found is None:
            found = self._make(id, face, wanted)
            self._made[key] = found
            self._pixels += found.width() * found.height()
            self._nearest[identity] = wanted
            while self._pixels > MOST_PIXELS and len(self._made) > 1:
                _, gone = self._made.popitem(last=False)
                self._pixels -= gone.width() * gone.height()
        else:
            self._made.move_to_end(key)
        return found, wanted

    def forget(self) -> None:
        self._made.clear()
        self._nearest.clear()
        self._pixels = 0

    def _make(self, id: str, face: Face, scale: float) -> QPixmap:
        canvas = self._canvas
        card = canvas.cards[id]
        factor = scale * self.ratio
        pixmap = QPixmap(max(1, round((card.width + 2 * MARGIN) * factor)),
                         max(1, round((card.height + 2 * MARGIN) * factor)))
        pixmap.setDevicePixelRatio(self.ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.scale(scale, scale)
        painter.translate(MARGIN, MARGIN)
        paint(painter, face, card, Look(canvas.tokens, scale, id == canvas.hovered, canvas.previews.get(id)))
        painter.end()
        return pixmap


def _same(face: Face, scale: float) -> object:
    """What makes two cards look alike at this zoom: far away only category, size and state are left."""
    from neuralgraph.ui.canvas.geometry import layout

    if scale >= 0.2:
        return face
    card = layout(face)
    return face.category, card.width, card.height, face.severity, face.bypassed
