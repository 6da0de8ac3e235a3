"""Type and labels in the sizes of the look, for plots and inspectors."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from neuralgraph.tokens import Tokens


class Themed(Protocol):
    """Anything that knows the present tokens."""

    @property
    def tokens(self) -> Tokens: ...


PLAIN = 13
"""Pixels of the words of the window where the text size is 100 %."""


def text_size() -> float:
    """How many times larger than that they are now: the theme gives the program its font."""
    return max(round(QGuiApplication.font().pixelSize() / PLAIN, 1), 1.0)


def font(pixels: int, weight: int = 400) -> QFont:
    """The interface face at a size in px, at the present text size."""
    made = QFont()
    made.setFamilies(["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans"])
    made.setPixelSize(round(pixels * text_size()))
    made.setWeight(QFont.Weight(weight))
    return made


def tabular(pixels: int, weight: int = 400) -> QFont:
    """The same with figures of one width, so that numbers change in place."""
    made = font(pixels, weight)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def coloured(widget: QWidget, colour: str) -> None:
    """Sets the text colour."""
    palette = widget.palette()
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(role, QColor(colour))
    widget.setPalette(palette)


def label(text: str = "", pixels: int = 12, weight: int = 400, *, figures: bool = False) -> QLabel:
    """A label in the type of the look."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setFont(tabular(pixels, weight) if figures else font(pixels, weight))
    return made


def tool_button(text: str = "", tip: str = "") -> QToolButton:
    """A flat button of text or icon."""
    made = QToolButton()
    made.setText(text)
    made.setToolTip(tip)
    made.setAutoRaise(True)
    return made
