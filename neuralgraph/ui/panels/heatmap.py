"""Matrices and stacks of small pictures in colour, with the number under the pointer."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QResizeEvent

from neuralgraph.figures.colours import Map, Pixels, coloured, ends, pooled
from neuralgraph.figures.words import spelled
from neuralgraph.tokens import Tokens
from neuralgraph.ui.panels.figure import Figure, Spot
from neuralgraph.ui.theme import Theme

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


class HeatMap(Figure):
    """One matrix (rows × columns) or tiles (count × rows × columns), nearest neighbour, in one of three maps."""

    clicked = Signal(int)

    def __init__(self, theme: Theme, name: str = "Numbers as colours") -> None:
        super().__init__(theme, name)
        self.map: Map = "signed"
        self.low, self.high = -1.0, 1.0
        self.values: NDArray[Any] = np.empty((0, 0))
        self.names: tuple[str, ...] = ()
        self._images: dict[str, list[QImage]] = {}

    def set_values(
        self, values: NDArray[Any], which: Map = "signed", *, limits: tuple[float, float] | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        """Shows an array of rank 2 or 3. Without `limits` the ends of the map are those of the numbers."""
        self.values, self.map, self.names = values, which, names
        self.low, self.high = limits or ends(values, which)
        self._images = {}
        self._fit()
        self.renewed()

    @property
    def tiles(self) -> int:
        return len(self.values) if self.values.ndim == 3 else int(self.values.size > 0)

    def csv(self) -> str:
        return as_text(self.values) if self.values.size else ""

    # -- where things are -------------------------------------------------------------------------------------------

    def columns(self) -> int:
        """Tiles in a row: eight of them, fewer when there are fewer or when they are large."""
        return max(1, min(8 if self.tiles > 4 else 4, self.tiles))

    def place(self, number: int) -> QRectF:
        """Where a tile is painted."""
        if self.values.ndim < 3:
            return QRectF(0, 0, self.width(), self.height())
        across = self.columns()
        width = (self.width() - GAP * (across - 1)) / across
        if self.tiles == 1:
            width = min(width, 160.0)
        height = width * self.values.shape[1] / max(self.values.shape[2], 1)
        return QRectF(number % across * (width + GAP), number // across * (height + GAP), width, height)

    def heights(self, width: int) -> int:
        """How high it wants to be at a width."""
        if not self.values.size:
            return 0
        if self.values.ndim == 3:
            across = self.columns()
            each = (width - GAP * (across - 1)) / across
            each = (min(each, 160.0) if self.tiles == 1 else each) * self.values.shape[1] / self.values.shape[2]
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

    def grid(self) -> Spot:
        if not self.values.size:
            return 0, 0
        rows, columns = self.values.shape[-2:]
        if self.values.ndim < 3:
            return rows, columns
        return -(-self.tiles // self.columns()) * rows, self.columns() * columns

    def spot(self, point: QPointF) -> Spot | None:
        for number in range(self.tiles):
            where = self.place(number)
            if where.contains(point):
                rows, columns = self.values.shape[-2:]
                row = min(int((point.y() - where.top()) / where.height() * rows), rows - 1)
                column = min(int((point.x() - where.left()) / where.width() * columns), columns - 1)
                across = self.columns() if self.values.ndim == 3 else 1
                return number // across * rows + row, number % across * columns + column
        return None

    def box(self, spot: Spot) -> QRectF:
        tile, row, column = self.inside(spot)
        where, (rows, columns) = self.place(tile), self.values.shape[-2:]
        return QRectF(where.left() + column * where.width() / columns, where.top() + row * where.height() / rows,
                      where.width() / columns, where.height() / rows)

    def inside(self, spot: Spot) -> tuple[int, int, int]:
        """Tile, row and column of a place in the grid."""
        if self.values.ndim < 3:
            return 0, *spot
        rows, columns = self.values.shape[-2:]
        return spot[0] // rows * self.columns() + spot[1] // columns, spot[0] % rows, spot[1] % columns

    def outside(self, tile: int, row: int, column: int) -> Spot:
        """Where in the grid a row and a column of a tile are."""
        if self.values.ndim < 3:
            return row, column
        rows, columns = self.values.shape[-2:]
        across = self.columns()
        return tile // across * rows + row, tile % across * columns + column

    def said(self, spot: Spot) -> str:
        tile, row, column = self.inside(spot)
        if tile >= self.tiles:
            return ""
        value = float(self.values[tile, row, column] if self.values.ndim == 3 else self.values[row, column])
        name = self.names[tile] + " " if tile < len(self.names) else (f"{tile} " if self.values.ndim == 3 else "")
        return f"{name}[{row}, {column}] = {spelled(value, signed=self.map == 'signed')}"

    # -- painting ---------------------------------------------------------------------------------------------------

    def images(self, tokens: Tokens) -> list[QImage]:
        """The tiles in the colours of a theme."""
        if tokens.name not in self._images:
            tiles = self.values if self.values.ndim == 3 else self.values[None]
            self._images[tokens.name] = [
                as_image(coloured(pooled(tile, 512, 512), tokens, self.map, self.low, self.high))
                for tile in tiles if tile.size]
        return self._images[tokens.name]

    def paint(self, painter: QPainter, tokens: Tokens) -> None:
        for number, image in enumerate(self.images(tokens)):
            where = self.place(number)
            painter.drawImage(where, image)
            rows, columns = self.values.shape[-2:]
            cell = min(where.width() / max(columns, 1), where.height() / max(rows, 1))
            if cell >= 6 and self.map != "grey":
                _cells(painter, where, rows, columns, tokens)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        found = self.spot(event.position())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self.inside(found)[0])


def _cells(painter: QPainter, where: QRectF, rows: int, columns: int, tokens: Tokens) -> None:
    """Lines between the numbers."""
    line = QColor(tokens.panel)
    line.setAlphaF(0.55)
    painter.setPen(line)
    for row in range(1, rows):
        y = where.top() + row * where.height() / rows
        painter.drawLine(QPointF(where.left(), y), QPointF(where.right(), y))
    for column in range(1, columns):
        x = where.left() + column * where.width() / columns
        painter.drawLine(QPointF(x, where.top()), QPointF(x, where.bottom()))
