"""The legend of a plot: an entry for every curve, beside the title or, where they are many, in rows below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from neuralgraph.tokens import Tokens
from neuralgraph.ui.flow import Flow
from neuralgraph.ui.panels.inspector_type import coloured, font, tabular

DASH, DOT = [4.0, 2.4], [1.0, 2.0]
DOTS, LONG = [4.0, 2.0, 1.0, 2.0], [7.0, 3.0]
SPARE = 40
"""Pixels more than needed, before entries go back beside the title: a longer number shall not move the plot."""


class Key(QWidget):
    """An entry of the legend: a piece of the line, the name, the present value."""

    def __init__(self, tokens: Tokens, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.tokens = tokens
        self.name, self.value = QLabel(), QLabel()
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.name.setFont(font(12))
        self.name.setMinimumWidth(12)  # many names give way before the window does
        self.value.setFont(tabular(12, 600))
        row = QHBoxLayout(self)
        row.setContentsMargins(32, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.name)
        row.addWidget(self.value)
        self.restyle(tokens)

    def restyle(self, tokens: Tokens) -> None:
        self.tokens = tokens
        coloured(self.name, tokens.text2)
        coloured(self.value, tokens.text)
        self.update()

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(self.tokens, self.kind))
        middle = self.height() / 2
        painter.drawLine(QPointF(1, middle), QPointF(26, middle))


def pen(tokens: Tokens, kind: str) -> QPen:
    """The pen of a curve: train solid, validation dashed, ghost dotted, further ghosts each in their own dashes."""
    colour, width, dashes = {
        "train": (tokens.series[0], 2.2, None),
        "validation": (tokens.series[1], 2.2, DASH),
        "ghost": (tokens.ghost, 1.5, DOT),
        "ghost twin": (tokens.series[2], 2.2, LONG),
        "ghost 2": (tokens.series[2], 1.5, DOTS),
        "ghost 3": (tokens.series[3], 1.5, LONG),
        "ghost 4": (tokens.positive, 1.5, DOT),
    }[kind]
    made = QPen(QColor(colour), width)
    made.setCosmetic(True)
    made.setCapStyle(Qt.PenCapStyle.FlatCap if dashes else Qt.PenCapStyle.RoundCap)
    made.setJoinStyle(Qt.PenJoinStyle.BevelJoin)  # thousands of round joins are dear, and nobody sees them
    if dashes:
        made.setDashPattern(dashes)
    return made


class Keys(QWidget):
    """Rows below the title, for more entries than have room beside it: none is cut to a few letters."""

    def __init__(self) -> None:
        super().__init__()
        self._flow = Flow(self, 6)
        self.hide()

    def place(self, keys: Sequence[Key], head: QHBoxLayout, room: int) -> None:
        """Put the entries beside the title if `room` pixels are enough for all of them."""
        need = sum(key.sizeHint().width() + head.spacing() for key in keys)
        crowded = need > room - (SPARE if not self.isHidden() else 0)
        for key in keys:
            if crowded and key.parentWidget() is not self:
                head.removeWidget(key)
                self._flow.addWidget(key)
                key.show()
            elif not crowded and head.indexOf(key) < 0:
                self._flow.removeWidget(key)
                head.addWidget(key)
        self.setVisible(crowded)
