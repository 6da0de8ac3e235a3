"""How the network divides the plane of two features: regions, contour, and the samples on top."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from neuralgraph.figures.charts import SOFT, TINT
from neuralgraph.figures.marks import Dots, Picture, pixels
from neuralgraph.figures.outline import borders
from neuralgraph.session import Session
from neuralgraph.tokens import Tokens
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.canvas.shapes import colour
from neuralgraph.ui.panels.figure_painter import dots
from neuralgraph.ui.panels.heatmap import as_image
from neuralgraph.ui.panels.inspector_type import Themed, font
from neuralgraph.ui.panels.numbers_view import NumbersView


class Plane(QWidget):
    """Paints a region; class 1 is a blue circle, class 0 an orange triangle, further classes have shapes of
    their own.

    `large` is for the last row of a room: all the room there is, title above and legend below in large words.
    """

    def __init__(self, owner: Themed, *, large: bool = False) -> None:
        super().__init__()
        self._owner, self._large = owner, large
        self.region: Any = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Decision regions")

    def paintEvent(self, _: QPaintEvent) -> None:
        if self.region is None:
            return
        tokens = self._owner.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self._box()
        ground = area(self.region.score, self.region.answer, len(self.region.names), tokens)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(box, as_image(ground[::-1]))
        self._contour(painter, box, tokens)
        self._points(painter, box, tokens)
        painter.setPen(QPen(colour(tokens.outline), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 4, 4)
        if self._large:
            self._words(painter, box, tokens)
        elif self._beside():
            self._legend(painter, QPointF(box.right() + 20, box.top() + 12), tokens)

    def _box(self) -> QRectF:
        if self._large:
            side = min(self.width() - 2, self.height() - 120)
            return QRectF(1, (self.height() - side) / 2 - 6, side, side)
        beside = self._beside()
        side = max(min(self.width() - 16 - beside, self.height() - 16), 1)
        return QRectF(max((self.width() - side - max(beside, 1)) / 2, 8), 8, side, side)

    def _beside(self) -> int:
        """What the names of the classes need at the right of the plane; 0 where they would leave it less than half."""
        names = QFontMetrics(font(12))
        wide = 40 + max(names.horizontalAdvance(one) for one in self._classes())
        return wide if self.width() - 16 - wide >= min(self.width() - 16, self.height() - 16) / 2 else 0

    def _classes(self) -> list[str]:
        names = self.region.names[:8] if self.region is not None else ()
        return [f"class {one}" if len(one) < 3 else one for one in names] or ["below 0", "above 0"]

    def _words(self, painter: QPainter, box: QRectF, tokens: Tokens) -> None:
        painter.setPen(colour(tokens.text))
        painter.setFont(font(27, 600))
        painter.drawText(QPointF(box.left() + 2, box.top() - 16), "Decision boundary")
        painter.setFont(font(25))
        at = QPointF(box.left() + 14, box.bottom() + 38)
        for kind, name in enumerate(self.region.names[:4] or ("below 0", "above 0")):
            text = f"class {name}" if len(name) < 3 else name
            mark(painter, at, kind, tokens, 1.9)
            painter.setPen(colour(tokens.text))
            painter.drawText(at + QPointF(20, 8), text)
            at += QPointF(painter.fontMetrics().horizontalAdvance(text) + 70, 0)

    def _contour(self, painter: QPainter, box: QRectF, tokens: Tokens) -> None:
        classes = len(self.region.names)
        lines = borders(self.region.score if classes <= 2 else self.region.answer, classes)
        grid = len(self.region.score) - 1
        size = _size(box)
        for width, ink in ((7.0 * size, tokens.panel), (3.4 * size, tokens.text)):
            painter.setPen(QPen(colour(ink), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            for (x1, y1), (x2, y2) in lines:
                painter.drawLine(
                    QPointF(box.x() + x1 / grid * box.width(), box.bottom() - y1 / grid * box.height()),
                    QPointF(box.x() + x2 / grid * box.width(), box.bottom() - y2 / grid * box.height()))

    def _points(self, painter: QPainter, box: QRectF, tokens: Tokens) -> None:
        size = _size(box) if len(self.region.points) > 40 else max(1.3, _size(box))
        low, span = self.region.low, self.region.high - self.region.low
        for (x, y), kind in zip((self.region.points - low) / span, self.region.truth, strict=True):
            at = QPointF(box.x() + x * box.width(), box.bottom() - y * box.height())
            mark(painter, at, int(kind > 0) if not self.region.names else int(kind), tokens, size)

    def _legend(self, painter: QPainter, at: QPointF, tokens: Tokens) -> None:
        painter.setFont(font(12))
        for kind, name in enumerate(self._classes()):
            mark(painter, at + QPointF(0, 22 * kind), kind, tokens)
            painter.setPen(colour(tokens.text))
            painter.drawText(at + QPointF(14, 22 * kind + 4), name)


def _size(box: QRectF) -> float:
    """Lines and samples of a small plane are drawn smaller; at 400 px they have the size of the look."""
    return min(1.0, max(0.4, box.height() / 400))


def mark(painter: QPainter, at: QPointF, kind: int, tokens: Tokens, size: float = 1.0) -> None:
    """A sample: shape and colour by class, with a white rim, as in every figure."""
    dots(painter, Dots(np.array([(at.x(), at.y())]), np.array([kind]), size), tokens)


def area(score: NDArray[Any], answer: NDArray[Any], classes: int, tokens: Tokens) -> NDArray[np.uint8]:
    """The soft colours of the plane: the signed map for two classes, else a tint of each class's colour."""
    nowhere = (0.0, 0.0, 1.0, 1.0)
    soft = Picture(nowhere, score * SOFT) if classes <= 2 else Picture(nowhere, answer, "classes", strength=TINT)
    return pixels(soft, tokens)


class BoundaryPanel(NumbersView):
    """Decision regions, live."""

    icon = "vector-curve"
    empty = ("No plane to show", "It appears for data with two features, such as the spiral.")

    def __init__(self, session: Session, bridge: TrainingBridge, theme: Themed) -> None:
        self._plane = Plane(self)
        super().__init__(session, bridge, theme, self._plane)

    @property
    def tokens(self) -> Tokens:
        return self._tokens

    def question(self, session: Session, program: Any) -> Any:
        return session.region(program)

    def show_answer(self, answer: Any) -> None:
        self._plane.region = answer
        self._plane.update()
