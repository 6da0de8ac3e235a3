"""The bubble under a node that says what is wrong in one sentence and offers the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.shapes import colour, glyph, icon, octagon, rounded
from neuralgraph.validation.problem import Problem

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.view import CanvasView

WIDEST, MOST = 360.0, 5
"""How wide it may become, in px, and how many lines it says under its title."""
TEXT_X, POINTER, PADDING, SHADOW = 36.0, 11.0, 14.0, 6.0


class Bubble(QWidget):
    """Anchored under a node; follows it when the view moves. Enter or a click on the button takes the first fix."""

    fix_chosen = Signal(object)
    """Carries the `Fix`."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._problem: Problem | None = None
        self._button = QRectF()
        self._lines: list[str] = []
        self._aside = 0
        """Px to the left of where it hangs, so that no edge of the view cuts it off; its pointer stays at the node."""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.hide()
        for bar in (view.horizontalScrollBar(), view.verticalScrollBar()):
            bar.valueChanged.connect(self.settle)
        view.zoomed.connect(self.settle)

    def show_problem(self, problem: Problem | None) -> None:
        """Show a problem that has a node; None hides the bubble."""
        self._problem = problem
        if problem is None or problem.node not in self._view.canvas.nodes:
            self.hide()
            return
        gets = f"It gets {problem.received}." if problem.received else problem.message
        self._lines = [line for line in (gets, problem.hint) if line]
        title = problem.title or problem.message
        self.setAccessibleName(f"{title} {' '.join(self._lines)}")
        texts = [fonts.width(title, 13, 600), *(fonts.width(line, 13) for line in self._lines)]
        wide = min(WIDEST, max(200.0, TEXT_X + max(texts) + PADDING))
        self._lines = [row for line in self._lines for row in fonts.wrapped(line, wide - TEXT_X - PADDING, 13)][:MOST]
        high = 2 * PADDING + 18 * (1 + len(self._lines)) + (36 if problem.fixes else 0)
        if problem.fixes:
            label = 40 + fonts.width(problem.fixes[0].label, 13, 600)
            self._button = QRectF(TEXT_X + SHADOW, SHADOW + POINTER + high - PADDING - 28, label, 28)
        else:
            self._button = QRectF()
        self.setFixedSize(round(wide + 2 * SHADOW), round(high + POINTER + 2 * SHADOW))
        self.settle()
        self.show()
        self.raise_()

    def settle(self) -> None:
        """Go under the node, and as far aside as its words need to be seen."""
        problem = self._problem
        if problem is None or problem.node is None or problem.node not in self._view.canvas.nodes:
            self.hide()
            return
        corner = self._view.mapFromScene(self._view.canvas.node_rect(problem.node).bottomLeft())
        left = corner.x() - 10 - round(SHADOW)
        room = self._view.viewport().width() - self.width()
        self._aside = left - max(min(left, room), 0) if room > 0 else 0
        self.move(left - self._aside, corner.y() + 2 - round(SHADOW))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._problem is not None and self._button.contains(event.position()):
            self.fix_chosen.emit(self._problem.fixes[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._problem is not None and self._problem.fixes:
            self.fix_chosen.emit(self._problem.fixes[0])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._problem is None:
            return
        tokens = self._view.canvas.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        path = self._outline()
        for grow in (1, 3, 5):
            painter.setPen(QPen(colour(tokens.shadow, tokens.shadow_alpha * 0.35), 2 * grow))
            painter.drawPath(path.translated(0, 2))
        error = self._problem.severity == "error"
        line = tokens.error if error else tokens.warning
        painter.setPen(QPen(colour(line), 1.6))
        painter.setBrush(colour(tokens.raised))
        painter.drawPath(path)
        top = SHADOW + POINTER + PADDING + 5
        badge = QPointF(SHADOW + 20, top)
        painter.fillPath(octagon(16).translated(badge), colour(line))
        painter.fillPath(glyph("!", 10).translated(badge), colour(tokens.on_accent))
        room = self.width() - 2 * SHADOW - TEXT_X - PADDING
        x = SHADOW + TEXT_X
        painter.setFont(fonts.font(13, 600))
        painter.setPen(colour(tokens.text))
        title = self._problem.title or self._problem.message
        painter.drawText(QPointF(x, top + 4.7), fonts.elided(title, room, 13, 600))
        painter.setFont(fonts.font(13))
        painter.setPen(colour(tokens.text2))
        for k, text in enumerate(self._lines):
            painter.drawText(QPointF(x, top + 4.7 + 18 * (k + 1)), fonts.elided(text, room, 13))
        if self._problem.fixes:
            self._paint_button(painter, self._problem.fixes[0].label)
        painter.end()

    def _paint_button(self, painter: QPainter, label: str) -> None:
        tokens, box = self._view.canvas.tokens, self._button
        if self.hasFocus():
            painter.setPen(QPen(colour(tokens.accent), 2.5))
            painter.drawPath(rounded(box.adjusted(-3, -3, 3, 3), 8))
        painter.fillPath(rounded(box, 6), colour(tokens.accent))
        painter.fillPath(icon("auto-fix", 16).translated(box.left() + 17, box.center().y()), colour(tokens.on_accent))
        painter.setFont(fonts.font(13, 600))
        painter.setPen(colour(tokens.on_accent))
        painter.drawText(QPointF(box.left() + 30, box.center().y() + 4.7), label)

    def _outline(self) -> QPainterPath:
        box = QRectF(SHADOW, SHADOW + POINTER, self.width() - 2 * SHADOW, self.height() - 2 * SHADOW - POINTER)
        at = min(max(box.left() + 32 + self._aside, box.left() + 16), box.right() - 16)
        tip = QPainterPath(QPointF(at - 8, box.top() + 1))
        tip.lineTo(at, SHADOW)
        tip.lineTo(at + 8, box.top() + 1)
        tip.closeSubpath()
        return rounded(box, 8).united(tip)
