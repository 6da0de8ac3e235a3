"""A small network drawn neuron by neuron, to be read from the last row: tiles, and wires as thick as their weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from neuralgraph.figures.colours import coloured
from neuralgraph.tokens import Tokens
from neuralgraph.ui.canvas.shapes import colour, rounded
from neuralgraph.ui.panels.heatmap import as_image
from neuralgraph.ui.panels.inspector_type import Themed, font

TILE, LEAST_TILE, GAP = 54.0, 20.0, 16.0
TITLE, LEGEND = 27, 25
THIN, THICK = 1.5, 10.0


class UnitsPicture(QWidget):
    """Paints a `Units`; the wires of the last layer end in the middle of the right edge, where the plane stands."""

    def __init__(self, theme: Themed) -> None:
        super().__init__()
        self._theme = theme
        self.units: Any = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumWidth(360)
        self.setAccessibleName("The network, neuron by neuron")

    def show_units(self, units: Any) -> None:
        self.units = units
        counts = " – ".join(str(one.count) for one in units.layers)
        self.setAccessibleDescription(f"2 features, hidden units {counts}; orange is negative, blue positive")
        self.update()

    def columns(self) -> list[list[QRectF]]:
        """The tiles of the features and of every layer."""
        counts = [2, *(len(one.maps) for one in self.units.layers)]
        top, bottom = TITLE * 1.6, LEGEND * 2.4
        room = max(self.height() - top - bottom, 80.0)
        most = max(counts)
        pitch = min(TILE + GAP, room / most)
        side = max(min(TILE, pitch * 0.78), LEAST_TILE * 0.5)
        step = (self.width() - 130 - side) / max(len(counts) - 1, 1) if len(counts) > 1 else 0.0
        step = min(step, 230.0)
        middle = top + room / 2
        found = []
        for number, count in enumerate(counts):
            spread = max(pitch, 2.2 * pitch) if number == 0 else pitch
            first = middle - spread * (count - 1) / 2
            found.append([QRectF(12 + number * step, first + spread * k - side / 2, side, side) for k in range(count)])
        return found

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.units is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens, columns = self._theme.tokens, self.columns()
        goal = QPointF(self.width(), (columns[0][0].center().y() + columns[0][1].center().y()) / 2)
        for before, after, layer in zip(columns, columns[1:], self.units.layers, strict=False):
            self._wires(painter, before, [_left(one) for one in after], layer.weights, tokens)
        self._wires(painter, columns[-1], [goal], self.units.answer[None], tokens)
        self._tiles(painter, columns[0], _features(), tokens)
        for tiles, layer in zip(columns[1:], self.units.layers, strict=True):
            self._tiles(painter, tiles, layer.maps, tokens)
        self._words(painter, columns, tokens)

    def _wires(self, painter: QPainter, tiles: Sequence[QRectF], ends: Sequence[QPointF], weights: NDArray[Any],
               tokens: Tokens) -> None:
        most = float(np.abs(weights).max()) or 1.0
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for at in np.argsort(np.abs(weights), axis=None):  # the thin below the thick
            to, source = divmod(int(at), weights.shape[1])
            weight = float(weights[to, source]) / most
            start = QPointF(tiles[source].right(), tiles[source].center().y())
            half = (ends[to].x() - start.x()) / 2
            path = QPainterPath(start)
            path.cubicTo(start + QPointF(half, 0), ends[to] - QPointF(half, 0), ends[to])
            ink = colour(tokens.positive if weight > 0 else tokens.negative, 0.45 + 0.55 * abs(weight))
            painter.setPen(QPen(ink, THIN + (THICK - THIN) * abs(weight), Qt.PenStyle.SolidLine,
                                Qt.PenCapStyle.FlatCap))
            painter.drawPath(path)

    def _tiles(self, painter: QPainter, tiles: Sequence[QRectF], maps: NDArray[Any], tokens: Tokens) -> None:
        for box, values in zip(tiles, maps, strict=True):
            painter.save()
            painter.setClipPath(rounded(box, 6))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(box, as_image(coloured(values[::-1], tokens, "signed", -1, 1)))
            painter.restore()
            painter.setPen(QPen(colour(tokens.text), 1.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(rounded(box, 6))

    def _words(self, painter: QPainter, columns: Sequence[Sequence[QRectF]], tokens: Tokens) -> None:
        painter.setPen(colour(tokens.text))
        painter.setFont(font(TITLE, 600))
        metrics = painter.fontMetrics()
        for tiles, layer in zip(columns[1:], self.units.layers, strict=True):
            of = "" if len(tiles) == layer.count else f" of {layer.count}"
            text = f"{len(tiles)}{of} {layer.title.lower()}".strip()
            wide = metrics.horizontalAdvance(text)
            painter.drawText(QPointF(max(4.0, tiles[0].center().x() - wide / 2), tiles[0].top() - 14), text)
        for tile, name in zip(columns[0], self.units.features, strict=True):
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, 150)
            painter.drawText(QPointF(max(4.0, tile.center().x() - metrics.horizontalAdvance(text) / 2),
                                     tile.top() - 10), text)
        painter.setFont(font(LEGEND))
        at = 14.0
        for ink, text in ((tokens.negative, "− negative"), (tokens.positive, "+ positive")):
            painter.fillRect(QRectF(at, self.height() - 34, 56, 9), colour(ink))
            painter.setPen(colour(tokens.text))
            painter.drawText(QPointF(at + 68, self.height() - 21), text)
            at += 68 + painter.fontMetrics().horizontalAdvance(text) + 32


def _left(tile: QRectF) -> QPointF:
    return QPointF(tile.left(), tile.center().y())


def _features() -> NDArray[Any]:
    """What the two features say of the plane: left to right, bottom to top."""
    across = np.broadcast_to(np.linspace(-1, 1, 32), (32, 32))
    return np.stack([across, across.T])
