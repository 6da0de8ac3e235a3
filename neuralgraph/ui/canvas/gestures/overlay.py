"""What gestures draw above the canvas: rubber band, knife, ghost of a node, a wire that lights up, the bubble."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainterPath, QPen
from PySide6.QtWidgets import QFrame, QGraphicsItem, QGraphicsPathItem, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from neuralgraph.tokens import HEADER, NODE_MIN, RADIUS_CARD, Tokens
from neuralgraph.ui.canvas.gestures.board import Board

ABOVE = 1e6


class Overlay:
    """One outline above everything; `clear` takes it away."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._item: QGraphicsPathItem | None = None

    def show(
        self, path: QPainterPath, *, colour: str, width: float = 1.5, fill: float = 0.0, dashed: bool = False
    ) -> None:
        if self._item is None:
            self._item = QGraphicsPathItem()
            self._item.setZValue(ABOVE)
            self._item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            self._item.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable, False)
            self.board.paper().addItem(self._item)
        pen = QPen(QColor(colour), width, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine)
        pen.setCosmetic(True)
        brush = QColor(colour)
        brush.setAlphaF(fill)
        self._item.setPen(pen)
        self._item.setBrush(brush if fill else Qt.BrushStyle.NoBrush)
        self._item.setPath(path)

    def clear(self) -> None:
        if self._item is not None:
            scene = self._item.scene()
            if scene is not None:
                scene.removeItem(self._item)
            self._item = None


def band(a: QPointF, b: QPointF) -> QPainterPath:
    """The rectangle between two corners."""
    path = QPainterPath()
    path.addRoundedRect(QRectF(a, b).normalized(), 2, 2)
    return path


def ghost(corner: QPointF) -> QPainterPath:
    """Where a new node would lie."""
    path = QPainterPath()
    path.addRoundedRect(QRectF(corner.x(), corner.y(), NODE_MIN, HEADER + 8), RADIUS_CARD, RADIUS_CARD)
    return path


class Bubble(QFrame):
    """One sentence beside the pointer, why something does not fit, and the fix in words."""

    def __init__(self, parent: QWidget, tokens: Tokens) -> None:
        super().__init__(parent)
        self.setObjectName("canvas_bubble")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setStyleSheet(
            f"#canvas_bubble {{ background: {tokens.raised}; border: 2px solid {tokens.error}; border-radius: 8px; }}"
            f"QLabel {{ color: {tokens.text}; }} #more {{ color: {tokens.text2}; }}"
            f"#fix {{ color: {tokens.on_accent}; background: {tokens.accent}; border-radius: 6px; padding: 4px 10px;"
            " font-weight: 600; }")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(4)
        self._title, self._more, self._fix = QLabel(), QLabel(), QLabel()
        for one in (self._title, self._more, self._fix):
            one.setTextFormat(Qt.TextFormat.PlainText)
        self._more.setObjectName("more")
        self._fix.setObjectName("fix")
        self._title.setStyleSheet("font-weight: 600;")
        for label in (self._title, self._more):
            label.setWordWrap(True)
            label.setMinimumWidth(220)
            label.setMaximumWidth(280)
            column.addWidget(label)
        row = QHBoxLayout()
        row.addWidget(self._fix)
        row.addStretch()
        column.addLayout(row)
        self.hide()

    def tell(self, at: QPoint, title: str, more: str = "", fix: str = "") -> None:
        """Show it below `at`, inside the viewport."""
        for label, text in ((self._title, title), (self._more, more), (self._fix, fix)):
            label.setText(text)
            label.setVisible(bool(text))
        self.setAccessibleName(" ".join(one for one in (title, more, fix) if one))
        self.adjustSize()
        parent = self.parentWidget()
        assert parent is not None
        room = parent.rect()
        x = min(max(4, at.x() - 32), max(4, room.width() - self.width() - 4))
        below = at.y() + 18
        y = below if below + self.height() < room.height() else max(4, at.y() - 18 - self.height())
        self.move(x, y)
        self.show()
        self.raise_()
