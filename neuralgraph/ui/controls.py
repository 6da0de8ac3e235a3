"""Small controls of the look: switch, number, choice, size and file fields, buttons with icons."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.icons import icon
from neuralgraph.ui.theme import Theme


def chevron(painter: QPainter, centre: QPointF, colour: QColor, *, up: bool = False, half: float = 3.0) -> None:
    """A small open arrow."""
    tip = -half / 2 if up else half / 2
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([
        centre + QPointF(-half, -tip), centre + QPointF(0, tip), centre + QPointF(half, -tip)]))


class Switch(QAbstractButton):
    """On or off, with the word beside it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(80), self.theme.px(28))

    def paintEvent(self, _event: QPaintEvent) -> None:
        t, px = self.theme.tokens, self.theme.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(1, (self.height() - px(20)) / 2, px(36), px(20))
        on = self.isChecked()
        painter.setPen(QPen(QColor(t.accent if on else t.outline), 1.2))
        painter.setBrush(QColor(t.accent if on else t.sunken))
        painter.drawRoundedRect(body, body.height() / 2, body.height() / 2)
        radius = body.height() / 2 - 3
        x = body.right() - body.height() / 2 if on else body.left() + body.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.on_accent if on else t.text3))
        painter.drawEllipse(QPointF(x, body.center().y()), radius, radius)
        painter.setPen(QColor(t.text if self.isEnabled() else t.text3))
        painter.setFont(self.theme.font(13))
        room = QRectF(body.right() + px(8), 0, self.width(), self.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, "on" if on else "off")
        if self.hasFocus():
            painter.setPen(QPen(QColor(t.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(body.adjusted(-0.5, -3, 3, 3), body.height() / 2 + 3, body.height() / 2 + 3)


LIVE = "live"
"""The property of a widget whose numbers a run under way follows."""


class TextField(QLineEdit):
    """A line of text. Ctrl+Z takes back what was typed in it; when there is nothing more, a step of the document."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undo, redo = (event.matches(key) for key in (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo))
            if (undo and not self.isUndoAvailable()) or (redo and not self.isRedoAvailable()):
                event.ignore()
                return False
        return super().event(event)


class NumberField(TextField):
    """A number: `0.001`, `0,001` and `1e-3` are the same. Arrows and wheel step it; `typed` says what was meant."""

    typed = Signal(object)

    def __init__(
        self, theme: Theme, *, whole: bool = False, low: float | None = None, high: float | None = None,
        empty: str | None = None, parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.theme, self.whole, self.low, self.high, self.empty = theme, whole, low, high, empty
        self._value: float | int | None = None
        self.unsaid = False
        """What was typed is not told yet."""
        self.setTextMargins(0, 0, theme.px(18), 0)
        self.setPlaceholderText(empty or "")
        self.textEdited.connect(self._edited)
        self.editingFinished.connect(self._finished)

    def value(self) -> float | int | None:
        return self._value

    def set_value(self, value: float | int | None) -> None:
        """Show a value; says nothing."""
        self._value, self.unsaid = value, False
        self.setText("" if value is None else spelled(value))
        self._mark(False)

    def step(self, count: int) -> None:
        """Up or down: whole numbers by one, others by a tenth of their size."""
        now = self._value if self._value is not None else 0
        jump: float = 1
        if not self.whole:
            jump = 10 ** math.floor(math.log10(abs(now)) + 1e-9) if now else 0.1
            if now and count < 0 and math.isclose(abs(now), jump):
                jump /= 10
        new = now + count * jump
        new = int(new) if self.whole else float(f"{new:.10g}")
        new = new if self.low is None else max(new, int(self.low) if self.whole else self.low)
        new = new if self.high is None else min(new, int(self.high) if self.whole else self.high)
        if new != self._value:
            self.set_value(new)
            self.typed.emit(new)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Up | Qt.Key.Key_PageUp:
                self.step(10 if event.key() == Qt.Key.Key_PageUp and self.whole else 1)
            case Qt.Key.Key_Down | Qt.Key.Key_PageDown:
                self.step(-10 if event.key() == Qt.Key.Key_PageDown and self.whole else -1)
            case Qt.Key.Key_Escape:
                self.set_value(self._value)
                event.ignore()
            case _:
                super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus() and event.angleDelta().y():
            self.step(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.position().x() > self.width() - self.theme.px(24) and self.isEnabled():
            self.setFocus()
            self.step(1 if event.position().y() < self.height() / 2 else -1)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at_arrows = event.position().x() > self.width() - self.theme.px(24)
        self.setCursor(Qt.CursorShape.ArrowCursor if at_arrows else Qt.CursorShape.IBeamCursor)
        super().mouseMoveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        colour = self.theme.colour("text2" if self.isEnabled() else "text3")
        x = self.width() - self.theme.px(13)
        for up in (True, False):
            y = self.height() / 2 + self.theme.px(-6 if up else 6)
            chevron(painter, QPointF(x, y), colour, up=up, half=self.theme.px(3))

    def _edited(self, text: str) -> None:
        value = self._read(text)
        self._mark(value is _WRONG)
        if value is not _WRONG:
            self._value = value  # type: ignore[assignment]
            self.unsaid = self._live()
            if not self.unsaid:
                self.typed.emit(value)

    def _finished(self) -> None:
        said, value = not self.unsaid, self._value
        self.unsaid = False
        if self._read(self.text()) is _WRONG:
            self.set_value(value)
        if not said:
            self.typed.emit(value)

    def _live(self) -> bool:
        """A run takes what is typed here at once: half of «1e-3» is 1, so it is told when it is whole."""
        above = self.parentWidget()
        while above is not None and not above.property(LIVE):
            above = above.parentWidget()
        return above is not None

    def _read(self, text: str) -> object:
        text = text.strip()
        if not text and self.empty is not None:
            return None
        value = number(text)
        if value is None or (self.whole and value != int(value)):
            return _WRONG
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            return _WRONG
        return int(value) if self.whole else value

    def _mark(self, wrong: bool) -> None:
        if bool(self.property("wrong")) != wrong:
            self.setProperty("wrong", wrong)
            self.style().unpolish(self)
            self.style().polish(self)


class SizeField(NumberField):
    """One whole number for every axis, or one for each: `3`, `3, 5`."""

    def set_value(self, value: Any) -> None:
        if isinstance(value, tuple):
            self._value = value  # type: ignore[assignment]
            self.setText(", ".join(map(str, value)))
            self._mark(False)
        else:
            super().set_value(value)

    def step(self, count: int) -> None:
        if isinstance(self._value, tuple):
            lowest = -math.inf if self.low is None else self.low
            new = tuple(int(max(one + count, lowest)) for one in self._value)
            self.set_value(new)
            self.typed.emit(new)
        else:
            super().step(count)

    def _read(self, text: str) -> object:
        parts = text.replace("×", " ").replace(",", " ").split()
        if len(parts) < 2:
            return super()._read(text)
        found = [super(SizeField, self)._read(part) for part in parts]
        return _WRONG if any(one is _WRONG or one is None for one in found) else tuple(found)


_WRONG = object()


def number(text: str) -> float | None:
    """A number as people write it, with a point or a comma; None where it is none."""
    try:
        found = float(text.strip().replace(",", ".").replace("−", "-").replace("\u00d710^", "e"))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def spelled(value: float | int) -> str:
    """A number as a field shows it: 0.001, 1e-05, 32."""
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value == int(value) and abs(value) < 1e6 else f"{value:.6g}"


class Choice(QComboBox):
    """A drop-down list with the chevron of the look, perhaps an icon at its left.

    It takes the room there is; with `fit`, what its longest entry needs.
    """

    def __init__(self, theme: Theme | None = None, sign: str = "", *, fit: bool = False) -> None:
        super().__init__()
        self.theme, self.sign = theme, sign
        if fit:
            self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        else:
            self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            self.setMinimumContentsLength(4)
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # a scroll over the form must not change it

    def showPopup(self) -> None:
        """Open as wide as the longest entry: the field itself may be narrower."""
        scale = self.theme.scale if self.theme is not None else 1.0
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + round(24 * scale))
        super().showPopup()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        scale = self.theme.scale if self.theme is not None else 1.0
        colour = self.palette().color(QPalette.ColorRole.Text)
        chevron(painter, QPointF(self.width() - 14 * scale, self.height() / 2), colour, half=4 * scale)
        if self.sign:
            side = round(18 * scale)
            mark = icon(self.sign, colour.name())
            mark.paint(painter, round(10 * scale), (self.height() - side) // 2, side, side)


class Rule(QWidget):
    """A hairline."""

    def __init__(self, *, upright: bool = False) -> None:
        super().__init__()
        self.setObjectName("bar_rule" if upright else "rule")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        if upright:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)


def button(
    text: str, *, kind: str = "plain", size: str = "", clicked: Callable[[], object] | None = None
) -> QPushButton:
    """A push button of the look."""
    made = QPushButton(text)
    made.setProperty("kind", kind)
    made.setProperty("cut", size)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if clicked is not None:
        made.clicked.connect(lambda _checked=False: clicked())
    return made


def flat(theme: Theme, sign: str, tip: str, *, clicked: Callable[[], object] | None = None, size: int = 28,
         checkable: bool = False) -> QToolButton:
    """A flat square button with an icon."""
    made = QToolButton()
    made.setIcon(icon(sign, theme.tokens.text2, theme.tokens.hairline))

    def fit() -> None:
        made.setIconSize(QSize(theme.px(16), theme.px(16)))
        made.setFixedSize(theme.px(size), theme.px(size))

    fitted(made, theme, fit)
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    made.setCheckable(checkable)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if clicked is not None:
        made.clicked.connect(lambda _checked=False: clicked())
    return made


def words(theme: Theme, text: str = "", pixels: float = 13, weight: int = 400, role: str = "text") -> QLabel:
    """A label in one of the sizes of the look; `dress` gives it the colours of another theme."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)  # a document's words are text, whatever they look like
    made.setProperty("type", (pixels, weight, role))
    dress(made, theme)
    return made


def tip(text: str) -> str:
    """Words as a tool tip: text with its lines, whatever they look like."""
    return f"<p style='white-space: pre-wrap'>{escape(text)}</p>" if text else ""


def dress(label: QLabel, theme: Theme) -> None:
    """Font and colour of a label of `words`, anew."""
    pixels, weight, role = label.property("type")
    label.setFont(theme.font(pixels, weight, figures=True))
    label.setStyleSheet(f"color: {getattr(theme.tokens, role)};")


def repolish(widget: QWidget) -> None:
    """Let the stylesheet see a changed property."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
