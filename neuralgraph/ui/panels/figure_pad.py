"""Any figure as a widget: drawn once for its size, read by pointer and keys, clicked through, and taken along."""

from __future__ import annotations

from time import thread_time

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from neuralgraph.figures.draw import draw
from neuralgraph.figures.marks import Drawing
from neuralgraph.figures.painting import painted, pen_of
from neuralgraph.figures.shown import Shown, Surface
from neuralgraph.figures.svg import svg
from neuralgraph.tokens import LIGHT, Tokens
from neuralgraph.ui.panels.figure import Figure, Spot, drawn
from neuralgraph.ui.panels.figure_painter import paint
from neuralgraph.ui.theme import Theme

GAP = 4.0
"""A stroke looks what lies under it every so many pixels."""


class Pad(Figure):
    """Shows what a view answered. `keyed` brings the key of a spot that was clicked, or that Enter was pressed on: of
    a spot that stands for several the next one each time; `turned` how a surface is dragged, in degrees; `painted` an
    option and its new text, when a hand has changed entries of a pen; Delete takes all of that back."""

    keyed = Signal(int)
    turned = Signal(float, float)
    painted = Signal(str, str)

    def __init__(self, theme: Theme, name: str = "Figure") -> None:
        super().__init__(theme, name, "view")
        self.shown: Shown | None = None
        self.spent = 0.0
        """Seconds of the processor that painting the present figure took."""
        self.room = QSize(0, 0)
        """What is offered; a table may come out higher, and is scrolled then."""
        self._drawing: Drawing | None = None
        self._painted: tuple[object, ...] = ()
        self._pixmap = QPixmap()
        self._grip: QPointF | None = None
        self._visited: tuple[Spot | None, int] = (None, 0)
        self._ink = ""
        """The sign that the stroke under way sets."""
        self._from = QPointF()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_shown(self, shown: Shown) -> None:
        self.shown, self._drawing, self.spent = shown, None, 0.0
        self._fit()
        self.renewed()

    def set_room(self, room: QSize) -> None:
        """The part of it that can be seen at once."""
        if room != self.room:
            self.room, self._drawing = room, None
            self._fit()

    @property
    def drawing(self) -> Drawing:
        """The figure in the present size; at 100 % of the text size."""
        if self._drawing is None:
            size = self.room if not self.room.isEmpty() else self.size()
            scale = self.theme.scale
            self._drawing = draw(self.shown, size.width() / scale, size.height() / scale) if self.shown is not None \
                else Drawing(1, 1)
        return self._drawing

    def _fit(self) -> None:
        high = round(self.drawing.height * self.theme.scale)
        self.setMinimumHeight(high if high > self.room.height() else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.room.isEmpty() or event.size().width() != self.room.width():
            self._drawing = None
        super().resizeEvent(event)

    # -- what a figure is asked -------------------------------------------------------------------------------------

    def grid(self) -> Spot:
        spots = self.drawing.spots
        across = max(1, min(spots.across, spots.count))
        return (-(-spots.count // across), across) if spots.count else (0, 0)

    def _number(self, spot: Spot) -> int:
        return min(spot[0] * self.grid()[1] + spot[1], self.drawing.spots.count - 1)

    def box(self, spot: Spot) -> QRectF:
        x, y, wide, high = (one * self.theme.scale for one in self.drawing.spots.box(self._number(spot)))
        return QRectF(x, y, wide, high)

    def spot(self, point: QPointF) -> Spot | None:
        scale = self.theme.scale
        found = self.drawing.spots.at(point.x() / scale, point.y() / scale)
        return divmod(found, max(1, self.grid()[1])) if found is not None else None

    def said(self, spot: Spot) -> str:
        return self.drawing.spots.said(self._number(spot)) if self.drawing.spots.count else ""

    def csv(self) -> str:
        return self.shown.csv() if self.shown is not None else ""

    def svg(self) -> str:
        """The figure as an SVG file in the light theme."""
        return svg(self.drawing, LIGHT)

    def paint(self, painter: QPainter, tokens: Tokens) -> None:
        painter.scale(self.theme.scale, self.theme.scale)
        paint(painter, self.drawing, tokens)

    def picture(self) -> QImage:
        scale = self.theme.scale
        size = QSize(round(self.drawing.width * scale), round(self.drawing.height * scale))
        return drawn(size, lambda painter: self.paint(painter, LIGHT))

    # -- painting and the hand --------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """What was drawn is kept as a picture until anything is another."""
        ratio = self.devicePixelRatioF()
        what = (self.drawing, self.theme.tokens.name, self.size(), ratio)
        if what != self._painted:
            began = thread_time()
            self._painted, self._pixmap = what, QPixmap(self.size() * ratio)
            self._pixmap.setDevicePixelRatio(ratio)
            self._pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._pixmap)
            self.paint(painter, self.theme.tokens)
            painter.end()
            self.spent += thread_time() - began
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._pixmap)
        if self.hasFocus() and self.shown is not None:
            self._focus(painter)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._grip = event.position() if isinstance(self.shown, Surface) else None
        self._clicked(self.spot(event.position()), event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._clicked(self.spot(event.position()), event.position())  # a quick second click is one, too

    def _clicked(self, spot: Spot | None, at: QPointF) -> None:
        if spot is not None and self._touched(spot, start=True):
            self._from = at
        else:
            self._visit(spot)

    def _visit(self, spot: Spot | None) -> None:
        """Go to what a spot stands for; to the next of several, where it was the last one that was visited."""
        if spot is None:
            return
        number = self._number(spot)
        key = self.drawing.spots.key(number)
        every = self.drawing.spots.keys(number) or (() if key is None else (key,))
        before, times = self._visited
        self._visited = (spot, times + 1 if spot == before else 0)
        if every:
            self.keyed.emit(every[self._visited[1] % len(every)])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None and event.buttons() & Qt.MouseButton.LeftButton:
            moved = event.position() - self._grip
            self._grip = event.position()
            self.turned.emit(moved.x() * 0.5, moved.y() * 0.5)
            return
        if self._ink:
            self._drawn_to(event.position())
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        self._lift()
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.at is not None and \
                self._touched(self.at, start=True):
            self._lift()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.at is not None:
            self._visit(self.at)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and (pen := pen_of(self.shown)) is not None:
            self.painted.emit(pen.option, "")
        else:
            super().keyPressEvent(event)

    # -- painting into a figure -------------------------------------------------------------------------------------

    @property
    def painting(self) -> bool:
        """A stroke is under way: what is shown is ahead of what the view has answered."""
        pen = pen_of(self.shown) if self._ink else None
        return pen is not None and not pen.picks

    def _touched(self, spot: Spot, *, start: bool = False) -> bool:
        """Set the entry at a spot; False where there is none to set."""
        pen = pen_of(self.shown)
        entry = self.drawing.spots.entry(self._number(spot)) if pen is not None else None
        if pen is None or entry is None or self.shown is None:
            return False
        if start:
            self._ink = pen.next(entry)
        self.at = spot  # what is read out goes along with the hand
        after = pen.having(entry, self._ink)
        if after.text != pen.text:
            self.set_shown(painted(self.shown, after))
            if pen.picks:  # what is chosen is looked at while the hand still moves
                self.painted.emit(after.option, after.text)
        return True

    def _drawn_to(self, point: QPointF) -> None:
        """The stroke goes on: a fast hand leaves no gaps."""
        way = point - self._from
        count = max(1, int(max(abs(way.x()), abs(way.y())) / GAP))
        for step in range(1, count + 1):
            found = self.spot(self._from + way * (step / count))
            if found is not None:
                self._touched(found)
        self._from = point

    def _lift(self) -> None:
        """The stroke is over: tell what the entries are now."""
        pen, self._ink = pen_of(self.shown) if self._ink else None, ""
        if pen is not None and not pen.picks:
            self.painted.emit(pen.option, pen.text)
