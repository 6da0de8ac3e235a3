"""Matrices and stacks of small pictures in colour, with the number under the pointer."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from neuralgraph.ui.panels.colorbar import short
from neuralgraph.ui.panels.heatmap_colours import Map, Pixels, coloured, ends, pooled
from neuralgraph.ui.tokens import LIGHT, Tokens

GAP = 3.0
TALLEST = 220


def as_image(pixels: Pixels) -> QImage:
    """(rows, columns, 3) bytes as a picture that owns its memory."""
    pixels = np.ascontiguousarray(pixels)
    rows, columns = pixels.shape[:2]
    return QImage(pixels.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()


def as_text(values: NDArray[Any]) -> str:
    """A matrix as CSV; tiles one below the other with an empty line between. Exact to the last bit of the dtype."""
    out = io.StringIO()
    for number, tile in enumerate(values if values.ndim == 3 else values[None]):
        if number:
            out.write("\n")
        for row in tile:
            out.write(",".join(str(value) for value in row) + "\n")
    return out.getvalue()


class HeatMap(QWidget):
    """One matrix (rows × columns) or tiles (count × rows × columns), nearest neighbour, in one of three maps.

    `pointed` says place and number under the pointer, "" when it leaves.
    """

    pointed = Signal(str)
    clicked = Signal(int)

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.tokens = tokens
        self.map: Map = "signed"
        self.low, self.high = -1.0, 1.0
        self.values: NDArray[Any] = np.empty((0, 0))
        self.names: tuple[str, ...] = ()
        self._images: list[QImage] = []
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_values(
        self, values: NDArray[Any], which: Map = "signed", *, limits: tuple[float, float] | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        """Shows an array of rank 2 or 3. Without `limits` the ends of the map are those of the numbers."""
        self.values, self.map, self.names = values, which, names
        self.low, self.high = limits or ends(values, which)
        self._paint_images()
        self._fit()
        self.update()

    def set_tokens(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._paint_images()
        self.update()

    @property
    def tiles(self) -> int:
        return len(self.values) if self.values.ndim == 3 else int(self.values.size > 0)

    def _paint_images(self) -> None:
        tiles = self.values if self.values.ndim == 3 else self.values[None]
        self._images = [
            as_image(coloured(pooled(tile, 512, 512), self.tokens, self.map, self.low, self.high))
            for tile in tiles if tile.size]

    # Where things are

    def columns(self) -> int:
        """Tiles in a row: eight of them, fewer when there are fewer or when they are large."""
        return max(1, min(8 if self.tiles > 4 else 4, self.tiles))

    def place(self, number: int) -> QRectF:
        """Where a tile is painted."""
        if self.values.ndim < 3:
            return QRectF(0, 0, self.width(), self.height())
        across = self.columns()
        width = (self.width() - GAP * (across - 1)) / across
        height = width * self.values.shape[1] / max(self.values.shape[2], 1)
        return QRectF(number % across * (width + GAP), number // across * (height + GAP), width, height)

    def heights(self, width: int) -> int:
        """How high it wants to be at a width."""
        if not self.values.size:
            return 0
        if self.values.ndim == 3:
            across = self.columns()
            each = (width - GAP * (across - 1)) / across * self.values.shape[1] / max(self.values.shape[2], 1)
            down = -(-self.tiles // across)
            return int(np.ceil(down * each + (down - 1) * GAP))
        rows, columns = self.values.shape
        cell = min(width / columns, 28.0)
        return int(min(max(cell * rows, 20 if rows == 1 else min(6 * rows, 96)), TALLEST))

    def sizeHint(self) -> QSize:
        return QSize(228, self.heights(max(self.width(), 64)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        wanted = self.heights(self.width())
        if wanted != self.height():
            self.setFixedHeight(max(wanted, 1))

    # Painting and pointing

    def paintEvent(self, event: QEvent) -> None:
        self.paint(QPainter(self), self.tokens)

    def paint(self, painter: QPainter, tokens: Tokens) -> None:
        """Paints tiles with their grid lines."""
        for number, image in enumerate(self._images):
            where = self.place(number)
            painter.drawImage(where, image)
            rows, columns = self.values.shape[-2:]
            cell = min(where.width() / max(columns, 1), where.height() / max(rows, 1))
            if cell >= 6:
                self._cells(painter, where, rows, columns)

    def _cells(self, painter: QPainter, where: QRectF, rows: int, columns: int) -> None:
        line = QColor(self.tokens.panel)
        line.setAlphaF(0.55)
        painter.setPen(line)
        for row in range(1, rows):
            y = where.top() + row * where.height() / rows
            painter.drawLine(QPointF(where.left(), y), QPointF(where.right(), y))
        for column in range(1, columns):
            x = where.left() + column * where.width() / columns
            painter.drawLine(QPointF(x, where.top()), QPointF(x, where.bottom()))

    def at(self, point: QPointF) -> tuple[int, int, int] | None:
        """Tile, row and column under a point."""
        for number in range(self.tiles):
            where = self.place(number)
            if where.contains(point):
                rows, columns = self.values.shape[-2:]
                row = int((point.y() - where.top()) / where.height() * rows)
                column = int((point.x() - where.left()) / where.width() * columns)
                return number, min(row, rows - 1), min(column, columns - 1)
        return None

    def reading(self, tile: int, row: int, column: int) -> str:
        """What is said about a number."""
        value = float(self.values[tile, row, column] if self.values.ndim == 3 else self.values[row, column])
        name = self.names[tile] + " " if tile < len(self.names) else (f"{tile} " if self.values.ndim == 3 else "")
        return f"{name}[{row}, {column}] = {short(value, signed=self.map == 'signed')}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self.at(event.position())
        self.pointed.emit(self.reading(*found) if found else "")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self.at(event.position())
        if found and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(found[0])

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit("")

    def picture(self) -> QImage:
        """The map in the light theme, twice its size on screen."""
        image = QImage(self.size() * 2, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(2.0)
        image.fill(QColor(LIGHT.panel))
        mine = self.tokens
        self.set_tokens(LIGHT)
        painter = QPainter(image)
        self.paint(painter, LIGHT)
        painter.end()
        self.set_tokens(mine)
        return image
