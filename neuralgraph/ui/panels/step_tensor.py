"""A tensor of a step: its name, its numbers as colours, a number that can be picked, numbers that are marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from neuralgraph.figures.colours import DARK_INK, LIGHT_INK, coloured
from neuralgraph.figures.words import spelled
from neuralgraph.tokens import Tokens
from neuralgraph.ui.controls import dress, words
from neuralgraph.ui.panels.colorbar import ColorBar
from neuralgraph.ui.panels.figure import Spot
from neuralgraph.ui.panels.heatmap import HeatMap
from neuralgraph.ui.theme import Theme

Index = tuple[int, ...]
MOST_TILES = 48
SMALL, FITS = 8, 5
WRITTEN = 34
"""Pixels that a cell is wide at least to have its number written in it."""


@dataclass(frozen=True, eq=False)
class Laid:
    """An array laid out as a matrix or as tiles. `lead` are the axes that the tiles number, `before` what is fixed."""

    values: NDArray[Any]
    before: Index = ()
    lead: Index = ()
    left_out: int = 0

    def index(self, tile: int, row: int, column: int, rank: int) -> Index:
        """The place in the array."""
        if rank == 0:
            return ()
        if rank == 1:
            return (column,)
        head = tuple(int(one) for one in np.unravel_index(tile, self.lead)) if self.lead else ()
        return (*self.before, *head, row, column)

    def spot(self, index: Index, columns: int) -> Spot | None:
        """Where a place of the array is in the grid of the figure; None where it is not shown."""
        if len(index) == 0:
            return 0, 0
        if len(index) == 1:
            return 0, index[0]
        if index[:len(self.before)] != self.before:
            return None
        head, (row, column) = index[len(self.before):-2], index[-2:]
        if not self.lead:
            return row, column
        tile = int(np.ravel_multi_index(head, self.lead))
        if tile >= len(self.values):
            return None
        rows, across = self.values.shape[-2:]
        return tile // columns * rows + row, tile % columns * across + column


def laid(array: NDArray[Any], *, samples: bool) -> Laid:
    """A matrix, or tiles. `samples` says that the first axis is the batch: of pictures and the like the first one."""
    array = np.asarray(array, dtype=np.float64)
    if array.ndim <= 2:
        return Laid(np.atleast_2d(array))
    before: Index = ()
    if (array.ndim == 3 and len(array) == 1) or (samples and array.ndim > 3):
        array, before = array[0], (0,)
    if array.size and array.size == array.shape[-1] * array.shape[-2]:  # a single tile is a matrix
        before, array = (*before, *(0,) * (array.ndim - 2)), array.reshape(array.shape[-2:])
    if array.ndim == 2:
        return Laid(array, before)
    lead = array.shape[:-2]
    tiles = array.reshape(-1, *array.shape[-2:])
    return Laid(tiles[:MOST_TILES], before, lead, max(0, len(tiles) - MOST_TILES))


class CellMap(HeatMap):
    """A heat map with numbers in cells that are wide enough; `picked` brings tile, row and column of a click."""

    picked = Signal(int, int, int)

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__(theme, name)
        self.marks: tuple[Spot, ...] = ()
        self.asked: Spot | None = None

    def read(self, spot: Spot | None) -> None:
        super().read(spot)
        if spot is not None and self.at == spot:
            self.picked.emit(*self.inside(spot))

    def mark(self, marks: Iterable[Spot], asked: Spot | None = None) -> None:
        """Ring these cells; `asked` is the one that was asked about."""
        self.marks, self.asked = tuple(marks), asked
        self.update()

    def heights(self, width: int) -> int:
        found = super().heights(width)
        if self.values.ndim == 2 and self.values.size and width / self.values.shape[1] >= WRITTEN:
            return max(found, min(26 * len(self.values), 220))
        return found

    def paint(self, painter: QPainter, tokens: Tokens) -> None:
        super().paint(painter, tokens)
        if self.values.ndim == 2 and self.values.size:
            self._numbers(painter, tokens)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for box in self._marked():
            self._ring(painter, tokens, box, 1.6, tokens.text)
        if self.asked is not None:
            self._ring(painter, tokens, self.box(self.asked), 3.0, tokens.accent)

    def _marked(self) -> list[QRectF]:
        """A box for each marked cell; of cells too small for that, one for all of them in a tile."""
        boxes = [self.box(one) for one in self.marks]
        if not boxes or min(boxes[0].width(), boxes[0].height()) >= SMALL:
            return boxes
        tiles: dict[int, QRectF] = {}
        for spot, box in zip(self.marks, boxes, strict=True):
            tile = self.inside(spot)[0]
            tiles[tile] = tiles.get(tile, QRectF()).united(box)
        return list(tiles.values())

    def _ring(self, painter: QPainter, tokens: Tokens, box: QRectF, wide: float, ink: str) -> None:
        room = max(0.0, SMALL - min(box.width(), box.height())) / 2
        box = box.adjusted(1 - room, 1 - room, room - 1, room - 1)
        painter.setPen(QPen(QColor(tokens.panel), wide + 2))
        painter.drawRect(box)
        painter.setPen(QPen(QColor(ink), wide))
        painter.drawRect(box)

    def _numbers(self, painter: QPainter, tokens: Tokens) -> None:
        rows, columns = self.values.shape
        if self.width() / columns < WRITTEN or self.height() / rows < 15:
            return
        painter.setFont(self.theme.font(11, 600, figures=True))
        pixels = coloured(self.values, tokens, self.map, self.low, self.high)
        for row, column in np.ndindex(rows, columns):
            red, green, blue = (int(one) for one in pixels[row, column])
            bright = 0.299 * red + 0.587 * green + 0.114 * blue > 140
            painter.setPen(QColor(DARK_INK if bright else LIGHT_INK))
            painter.drawText(self.box((row, column)), Qt.AlignmentFlag.AlignCenter,
                             written(float(self.values[row, column])))


def written(value: float) -> str:
    """A number as a cell has room for it: 1, 0.324, −0.01."""
    if np.isnan(value):
        return "–"
    texts = (f"{value:.{digits}g}" for digits in (3, 2, 1))
    return next((one for one in texts if len(one) <= FITS), spelled(value)).replace("-", "−")


class TensorBox(QWidget):
    """Name and shape, numbers, colour bar, what is under the pointer. `picked` brings the place in the array."""

    picked = Signal(object)

    def __init__(self, theme: Theme, title: str, array: NDArray[Any], *, samples: bool = False, width: int = 0,
                 limit: float | None = None) -> None:
        super().__init__()
        self.theme, self.title, self.array = theme, title, np.asarray(array)
        self.laid = laid(self.array, samples=samples)
        shape = " × ".join(map(str, self.array.shape)) or "one number"
        self.caption = words(theme, f"{title}  {shape}", 12, 600)
        self.map = CellMap(theme, f"{title}, {shape}")
        limits = (-limit, limit) if limit else None
        self.map.set_values(self.laid.values, "signed", limits=limits)
        self.map.picked.connect(self._picked)
        self.bar = ColorBar(theme.tokens)
        self.bar.set_range("signed", self.map.low, self.map.high)
        self.bar.setVisible(self.array.size > 1)
        note = f"{self.laid.left_out:,} more are not shown" if self.laid.left_out else (
            f"sample 1 of {len(self.array)}" if self.laid.before and len(self.array) > 1 else "")
        self.reading = words(theme, note, 11, 400, "text2")
        self.map.pointed.connect(lambda text: self.reading.setText(text or note))
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(3)
        for one in (self.caption, self.map, self.bar, self.reading):
            box.addWidget(one)
        self.setFixedWidth(width or max(theme.px(self.wanted()), self.caption.sizeHint().width() + 2))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def wanted(self) -> int:
        """So wide that its numbers can be read, within limits."""
        if self.laid.values.ndim == 3:
            return 190
        return min(max(40 * int(self.laid.values.shape[1]), 90), 200 if len(self.laid.values) == 1 else 250)

    def mark(self, places: Iterable[Index], chosen: Index | None = None) -> None:
        """Ring the numbers at these places."""
        across = self.map.columns() if self.laid.values.ndim == 3 else 1
        spots = [spot for one in places if len(one) == self.array.ndim
                 if (spot := self.laid.spot(one, across)) is not None]
        self.map.mark(spots[:4000], self.laid.spot(chosen, across) if chosen is not None else None)

    def dress(self) -> None:
        self.bar.set_tokens(self.theme.tokens)
        for one in (self.caption, self.reading):
            dress(one, self.theme)
        self.map.update()

    def _picked(self, tile: int, row: int, column: int) -> None:
        self.picked.emit(self.laid.index(tile, row, column, self.array.ndim))
