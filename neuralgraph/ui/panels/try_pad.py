"""A pad to draw on with the mouse, and the picture that the network gets to see of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from neuralgraph.ui.theme import Theme

SIDE = 280
"""Pixels of the drawing, whatever the size on the screen."""
PEN = 24.0


class Pad(QWidget):
    """White ink on black paper, in the file of the theme's colours. `drawn` says that a stroke went on."""

    drawn = Signal()
    cleared = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.able = True
        self._image = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
        self._image.fill(0)
        self._last: QPointF | None = None
        self.empty = True
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(QSize(theme.px(120), theme.px(120)))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Pad to draw on")
        self.setToolTip("Draw with the mouse. Delete clears it.")

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(160), self.theme.px(160))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        side = min(self.height(), self.theme.px(320))  # a square, as tall as there is room
        if self.width() != side:
            self.setFixedWidth(side)

    def drawing(self) -> NDArray[np.float32]:
        """What was drawn: 0 is paper, 1 is ink."""
        bits = np.frombuffer(self._image.constBits(), np.uint8).reshape(SIDE, self._image.bytesPerLine())
        return (bits[:, :SIDE] / np.float32(255.0)).astype(np.float32)

    def clear(self) -> None:
        """A fresh sheet."""
        self._image.fill(0)
        self._last, self.empty = None, True
        self.update()
        self.cleared.emit()

    def stroke(self, start: QPointF, end: QPointF) -> None:
        """A line of ink, in pixels of the drawing."""
        painter = QPainter(self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(255, 255, 255), PEN, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap,
                            Qt.PenJoinStyle.RoundJoin))
        painter.drawLine(start, end) if start != end else painter.drawPoint(start)
        painter.end()
        self.empty = False
        self.update()
        self.drawn.emit()

    def _sheet(self) -> QRectF:
        side = min(self.width(), self.height()) - 2.0
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def _place(self, event: QMouseEvent) -> QPointF:
        sheet = self._sheet()
        return (event.position() - sheet.topLeft()) * (SIDE / sheet.width())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.able and event.button() == Qt.MouseButton.LeftButton:
            self._last = self._place(event)
            self.stroke(self._last, self._last)
        elif event.button() == Qt.MouseButton.RightButton:
            self.clear()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            now = self._place(event)
            self.stroke(self._last, now)
            self._last = now

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = self.theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        sheet = self._sheet()
        ink = QImage(self._image.size(), QImage.Format.Format_ARGB32)
        ink.fill(QColor(t.text))
        ink.setAlphaChannel(self._image)
        painter.fillRect(sheet, QColor(t.sunken))
        painter.drawImage(sheet, ink)
        painter.setPen(QPen(QColor(t.accent if self.hasFocus() else t.outline), 2 if self.hasFocus() else 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(sheet, 4, 4)
        if self.empty:
            painter.setPen(QColor(t.text2))
            painter.setFont(self.theme.font(12))
            said = "Draw here" if self.able else "Drop an image here"
            painter.drawText(sheet, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, said)


class Sight(QWidget):
    """What the network sees: channels × height × width as a picture, pixel by pixel."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self._image: QImage | None = None
        self.setMinimumSize(QSize(theme.px(72), theme.px(88)))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("What the network sees")

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(104), self.theme.px(120))

    def show_pixels(self, pixels: NDArray[Any] | None) -> None:
        """1 or 3 channels of 0 … 1; None for nothing."""
        self._image = None
        if pixels is not None:
            low, high = float(pixels.min()), float(pixels.max())
            scaled = (pixels - min(low, 0.0)) / max(high - min(low, 0.0), 1.0 if high <= 1.0 else high)
            levels = np.clip(scaled * 255, 0, 255).astype(np.uint8)
            rgb = np.ascontiguousarray(np.moveaxis(np.broadcast_to(levels, (3, *levels.shape[1:])), 0, -1))
            tall, wide = rgb.shape[:2]
            self._image = QImage(rgb.tobytes(), wide, tall, 3 * wide, QImage.Format.Format_RGB888).copy()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t, px = self.theme.tokens, self.theme.px
        painter = QPainter(self)
        painter.setPen(QColor(t.text2))
        painter.setFont(self.theme.font(11))
        painter.drawText(QRectF(0, 0, self.width(), px(16)), Qt.AlignmentFlag.AlignCenter, "what it sees")
        if self._image is None:
            return
        room = QRectF(1, px(20), self.width() - 2, self.height() - px(21))
        scale = min(room.width() / self._image.width(), room.height() / self._image.height())
        size = QSize(round(self._image.width() * scale), round(self._image.height() * scale))
        box = QRectF(room.center().x() - size.width() / 2, room.top(), size.width(), size.height())
        painter.drawImage(box, self._image)
        painter.setPen(QPen(QColor(t.outline), 1))
        painter.drawRect(box)
