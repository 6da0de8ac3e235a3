"""Cards as pixmaps, painted once per content, zoom and pixel ratio; bounded, refined when the hand rests."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPixmap

from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.card import Look, detail, paint
from neuralgraph.ui.canvas.content import Face
from neuralgraph.ui.canvas.geometry import MARGIN
from neuralgraph.ui.canvas.labels import draw_label

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
        self.spent = 0.0
        """Seconds of this thread that went into painting live pictures, since somebody last took note.

        A card that is painted anew for another reason, such as the number in its footer, does not count.
        """
        self._versions: dict[str, int] = {}

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
            began = time.thread_time()
            found = self._make(id, face, wanted)
            if preview is not None and self._versions.get(id) != preview.version:
                self._versions[id] = preview.version
                self.spent += time.thread_time() - began
            self._keep(key, found)
            self._nearest[identity] = wanted
        else:
            self._made.move_to_end(key)
        return found, wanted

    def label(self, text: str, px: float, fill: str, scale: float) -> tuple[QPixmap, float]:
        """A wire's label with its halo, and how far its corner lies left of and above its base line's middle, in px.

        Stroking the outline of a text is dear, and the comets of a training wire repaint it thirty times a second.
        """
        tokens = self._canvas.tokens
        key = ("label", text, px, fill, tokens.name, round(scale, 3), self.ratio)
        width = math.ceil(fonts.width(text, px, 500) * scale) + 8
        found = self._made.get(key)
        if found is None:
            found = self._blank(width, math.ceil(1.6 * px * scale) + 8)
            painter = QPainter(found)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(scale, scale)
            draw_label(painter, text, QPointF(width / 2 / scale, 1.2 * px + 4 / scale), px, fill, tokens)
            painter.end()
            self._keep(key, found)
        return found, 1.2 * px * scale + 4

    def small(
        self, key: tuple[object, ...], width: float, height: float, scale: float, make: Callable[[QPainter], object]
    ) -> QPixmap:
        """A picture of so many px at 100 %, painted once by `make` for its key and zoom."""
        key = (*key, self._canvas.tokens.name, round(scale, 3), self.ratio)
        found = self._made.get(key)
        if found is None:
            began = time.thread_time()
            found = self._blank(math.ceil(width * scale), math.ceil(height * scale))
            painter = QPainter(found)
            painter.scale(scale, scale)
            make(painter)
            painter.end()
            self.spent += time.thread_time() - began
            self._keep(key, found)
        return found

    def forget(self) -> None:
        self._made.clear()
        self._nearest.clear()
        self._versions.clear()
        self._pixels = 0

    def _keep(self, key: tuple[object, ...], pixmap: QPixmap) -> None:
        self._made[key] = pixmap
        self._pixels += pixmap.width() * pixmap.height()
        while self._pixels > MOST_PIXELS and len(self._made) > 1:
            _, gone = self._made.popitem(last=False)
            self._pixels -= gone.width() * gone.height()

    def _blank(self, width: float, height: float) -> QPixmap:
        """A clear pixmap of so many px."""
        pixmap = QPixmap(max(1, round(width * self.ratio)), max(1, round(height * self.ratio)))
        pixmap.setDevicePixelRatio(self.ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        return pixmap

    def _make(self, id: str, face: Face, scale: float) -> QPixmap:
        canvas = self._canvas
        card = canvas.cards[id]
        pixmap = self._blank((card.width + 2 * MARGIN) * scale, (card.height + 2 * MARGIN) * scale)
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
