"""The confusion matrix of the validation rows: counts, shares of each true class, and figures for each class."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from neuralgraph.session import Session
from neuralgraph.tokens import Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.canvas.shapes import colour
from neuralgraph.ui.panels.inspector_type import Themed, text_size
from neuralgraph.ui.panels.numbers_view import NumbersView

BESIDE, NARROW = 150.0, 560
"""Pixels for the names of the classes, and of a panel in which they have to do with less."""


class Matrix(QWidget):
    """Rows are true classes, columns answers; the diagonal is right."""

    def __init__(self, owner: ConfusionPanel) -> None:
        super().__init__()
        self._owner = owner
        self.answers: Any = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Confusion matrix")

    def _box(self) -> tuple[QRectF, float, float]:
        """Where the matrix is, and the width and height of a cell: flat ones where the panel is low."""
        size = len(self.answers.names)
        beside = self._beside
        wide = max(10.0, min(48.0, (self._across - beside - (250.0 if beside == BESIDE else 190.0)) / size))
        high = max(10.0, min(wide, (self.height() / text_size() - 38.0) / size))
        return QRectF(beside, 30, wide * size, high * size), wide, high

    @property
    def _across(self) -> float:
        """The width, where everything is painted as many times larger as words are."""
        return self.width() / text_size()

    @property
    def _beside(self) -> float:
        """How much room the names at the left take: less where there is little."""
        if self._across >= NARROW:
            return BESIDE
        return min(BESIDE, max(44.0, 16 + max(fonts.width(name[:20], 11) for name in self.answers.names)))

    def paintEvent(self, _: QPaintEvent) -> None:
        if self.answers is None:
            return
        tokens = self._owner.tokens
        counts = self.answers.table()
        totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
        shares = counts / totals
        box, wide, high = self._box()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(text_size(), text_size())
        for row, column in np.ndindex(counts.shape):
            where = QRectF(box.x() + column * wide, box.y() + row * high, wide, high).adjusted(1, 1, -1, -1)
            ink = tokens.positive if row == column else tokens.negative
            share = float(shares[row, column])
            painter.fillRect(where, colour(tokens.sunken))
            strength = 0.9 * share if row == column else min(0.9, 0.2 + 2.5 * share)
            if counts[row, column]:
                painter.fillRect(where, colour(ink, strength))
            if counts[row, column] and wide >= 18:
                painter.setFont(fonts.font(11 if high >= 14 else 9, 600))
                strong = share > (0.55 if row == column else 0.25)
                painter.setPen(colour(tokens.canvas if strong else tokens.text))
                painter.drawText(where, Qt.AlignmentFlag.AlignCenter, f"{counts[row, column]:,}")
        self._names(painter, box, wide, high, tokens)
        self._figures(painter, box, counts, tokens)

    def _names(self, painter: QPainter, box: QRectF, wide: float, high: float, tokens: Tokens) -> None:
        painter.setFont(fonts.font(11))
        painter.setPen(colour(tokens.text2))
        for n, name in enumerate(self.answers.names):
            row = QRectF(0, box.y() + n * high, box.x() - 8, high)
            painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name[:20])
            column = QRectF(box.x() + n * wide, 10, wide, 18)
            painter.drawText(column, Qt.AlignmentFlag.AlignCenter, fonts.elided(name, wide - 2, 11))
        if box.x() == BESIDE:
            painter.drawText(QPointF(8, 20), "true class ↓   answer →")

    def _figures(self, painter: QPainter, box: QRectF, counts: Any, tokens: Tokens) -> None:
        total, right = int(counts.sum()), int(np.trace(counts))
        lines = [("right", f"{right:,} of {total:,}"), ("accuracy", f"{right / max(total, 1):.1%}".replace("%", " %"))]
        recall = np.diag(counts) / np.maximum(counts.sum(axis=1), 1)
        worst = int(recall.argmin())
        lines.append(("hardest class", f"{self.answers.names[worst]}  {recall[worst]:.1%}".replace("%", " %")))
        roomy = box.x() == BESIDE
        first, second = (28, 128) if roomy else (14, 96)
        if not roomy:
            lines.append(("true class ↓", "answer →"))
        for n, (name, value) in enumerate(lines):
            y = box.y() + 18 + n * (26 if roomy else 22)
            painter.setPen(QPen(colour(tokens.text2)))
            painter.setFont(fonts.font(12))
            painter.drawText(QPointF(box.right() + first, y), name)
            painter.setPen(QPen(colour(tokens.text)))
            painter.setFont(fonts.font(12, 600))
            painter.drawText(QPointF(box.right() + second, y), value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.answers is None:
            return
        box, wide, high = self._box()
        at = event.position() / text_size()
        column, row = int((at.x() - box.x()) // wide), int((at.y() - box.y()) // high)
        names = self.answers.names
        if 0 <= row < len(names) and 0 <= column < len(names):
            count = int(self.answers.table()[row, column])
            text = f"true {names[row]}, answer {names[column]}: {count:,}"
            QToolTip.showText(event.globalPosition().toPoint(), text, self)


class ConfusionPanel(NumbersView):
    """Which classes the network takes for which."""

    icon = "grid"
    empty = ("No classes to compare", "It appears for data with classes, once the graph has no error.")

    def __init__(self, session: Session, bridge: TrainingBridge, theme: Themed) -> None:
        self._matrix = Matrix(self)
        super().__init__(session, bridge, theme, self._matrix)

    @property
    def tokens(self) -> Tokens:
        return self._tokens

    def question(self, session: Session, program: Any) -> Any:
        return session.answers(program)

    def show_answer(self, answer: Any) -> None:
        self._matrix.answers = answer
        self._matrix.update()
