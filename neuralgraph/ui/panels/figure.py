"""What every painted view of numbers has: the number under the pointer, a walk by keys, CSV, and a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from neuralgraph.tokens import LIGHT, Tokens
from neuralgraph.ui.theme import Theme

if TYPE_CHECKING:
    from neuralgraph.ui.panels.taking import Subject

Spot = tuple[int, int]
"""A place that can be read out: row and column of the figure's grid."""
DRAG = 4
"""A press that moves so many pixels is a drag."""
STEPS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class Figure(QWidget):
    """A figure lays its numbers out in a grid, so that pointer and arrow keys read the same places.

    A subclass says `grid`, `box`, `spot`, `said`, `csv` and paints. `pointed` brings what is read, "" when nothing is.
    `subject` is what its menu copies and saves: the figure itself, or the view that it is part of.
    """

    pointed = Signal(str)
    chosen = Signal(object)
    """Another spot is read out, by a click or by a key; None: none any more."""
    opened = Signal(object)
    """A spot was double-clicked, or Enter was pressed on it."""
    pulled = Signal(object, float)
    """A spot is being dragged upwards by so many pixels since it was pressed; only where it is `pliable`."""

    def __init__(self, theme: Theme, name: str, stem: str = "picture") -> None:
        super().__init__()
        self.theme, self.stem = theme, stem
        self.subject: Subject = self
        self.at: Spot | None = None
        self.pliable = False
        self.framed: tuple[tuple[Spot, Spot], ...] = ()
        """Frames, each from a spot to one below and at the right of it."""
        self.offered: Callable[[QMenu, QPointF], None] | None = None
        """Puts rows of its own on top of the menu that is asked for at a point."""
        self._held: tuple[Spot, QPointF] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    # -- what a subclass knows --------------------------------------------------------------------------------------

    def grid(self) -> Spot:
        """How many rows and columns there are to read; (0, 0) while there is nothing."""
        raise NotImplementedError

    def box(self, spot: Spot) -> QRectF:
        """Where a spot is painted."""
        raise NotImplementedError

    def spot(self, point: QPointF) -> Spot | None:
        """The spot under a point."""
        raise NotImplementedError

    def said(self, spot: Spot) -> str:
        """What is read out there; "" for a hole in the grid."""
        raise NotImplementedError

    def csv(self) -> str:
        """The numbers behind the picture, exactly."""
        raise NotImplementedError

    def paint(self, painter: QPainter, tokens: Tokens) -> None:
        """Paint all of it in these colours."""
        raise NotImplementedError

    # -- what all of them do ----------------------------------------------------------------------------------------

    def renewed(self) -> None:
        """Other numbers are shown: what is read out at the present spot is another."""
        rows, columns = self.grid()
        if self.at is not None and (self.at[0] >= rows or self.at[1] >= columns):
            self.at = None
        if self.at is not None and self.hasFocus():
            self.pointed.emit(self.said(self.at))
        self.update()

    def picture(self) -> QImage:
        """All of it in the light theme, twice its size on screen."""
        return drawn(self.size(), lambda painter: self.paint(painter, LIGHT))

    def walk(self, down: int, across: int) -> None:
        """Go to the neighbouring spot and read it out."""
        rows, columns = self.grid()
        if not rows or not columns:
            return
        row, column = self.at or (0, 0)
        if self.at is not None:
            row, column = row + down, column + across
        self.read((min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)))

    def read(self, spot: Spot | None) -> None:
        """Read a spot out, to eyes and to ears; None goes away from it."""
        if spot is not None and not self.said(spot):
            return
        self.at = spot
        text = self.said(spot) if spot is not None else ""
        self.pointed.emit(text)
        self.setAccessibleDescription(text)
        self.chosen.emit(spot)
        if text and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        rows, columns = self.grid()
        if event.matches(QKeySequence.StandardKey.Copy):
            from neuralgraph.ui.panels.taking import copy_csv

            copy_csv(self.subject)
        elif key in STEPS and rows and columns:
            self.walk(*STEPS[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and rows and columns:
            self.walk(0, -columns if key == Qt.Key.Key_Home else columns)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.at is not None and self.pliable:
            self.opened.emit(self.at)
        elif key == Qt.Key.Key_Escape and self.at is not None:
            self.read(None)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None and event.buttons() & Qt.MouseButton.LeftButton:
            spot, start = self._held
            if (event.position() - start).manhattanLength() > DRAG:
                self.pulled.emit(spot, start.y() - event.position().y())
            return
        found = self.spot(event.position())
        self.pointed.emit(self.said(found) if found is not None else "")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            found = self.spot(event.position())
            self._held = (found, event.position()) if found is not None and self.pliable else None
            self.read(found)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        found = self.spot(event.position())
        if found is not None and self.pliable and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(found)

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(self.said(self.at) if self.at is not None and self.hasFocus() else "")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        from neuralgraph.ui.panels.taking import menu

        made = menu(self.subject, self)
        if self.offered is not None:
            self.offered(made, QPointF(event.pos()))
        made.popup(event.globalPos())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.at is not None:
            self.pointed.emit(self.said(self.at))
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.pointed.emit("")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.paint(painter, self.theme.tokens)
        self._frames(painter)
        if self.hasFocus():
            self._focus(painter)

    def _frames(self, painter: QPainter) -> None:
        tokens = self.theme.tokens
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for first, last in self.framed:
            where = self.box(first) | self.box(last)
            room = max(0.0, 7 - min(where.width(), where.height())) / 2
            where = where.adjusted(1 - room, 1 - room, room - 1, room - 1) & QRectF(self.rect()).adjusted(1, 1, -1, -1)
            for ink, thick in ((tokens.panel, 4.0), (tokens.text, 2.0)):
                painter.setPen(QPen(QColor(ink), thick))
                painter.drawRect(where)

    def _focus(self, painter: QPainter) -> None:
        """A ring around the spot that is read out, or around everything before there is one."""
        tokens = self.theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        where = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.at is not None:
            spot = self.box(self.at)
            room = max(0.0, 8 - min(spot.width(), spot.height())) / 2
            where = spot.adjusted(-room, -room, room, room) & where
            painter.setPen(QPen(QColor(tokens.panel), 4.5))
            painter.drawRoundedRect(where, 2, 2)
        painter.setPen(QPen(QColor(tokens.accent), 2.5))
        painter.drawRoundedRect(where, 2, 2)


def drawn(size: QSize, paint: Callable[[QPainter], None], ratio: float = 2.0) -> QImage:
    """A picture on the ground of the light theme."""
    size = QSize(max(size.width(), 1), max(size.height(), 1))
    image = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(LIGHT.panel))
    painter = QPainter(image)
    paint(painter)
    painter.end()
    return image
