"""Answers as bars: names, lengths and per cent, the likeliest marked by more than its colour; or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from neuralgraph.ui.theme import Theme

ROWS = (15, 22)
"""Pixels from bar to bar, at least and at most."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of the answer. `share` is 0 … 1 for a probability, None for a number; `chosen` is an answer."""

    name: str
    text: str
    share: float | None = None
    chosen: bool = False


class AnswerBars(QWidget):
    """Shows as many as there is room for; where there are more, the likeliest."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.bars: tuple[Bar, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(theme.px(130), theme.px(60)))
        self.setAccessibleName("What the network says")

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Another answer."""
        self.bars = tuple(bars)
        said = [f"{one.name} {one.text}" for one in self.bars if one.chosen or one.share is None]
        self.setAccessibleDescription(", ".join(said[:8]))
        self.update()

    def shown(self) -> tuple[Bar, ...]:
        """Those that there is room for, in their order; of more classes the likeliest first."""
        room = max(1, self.height() // self.theme.px(ROWS[0]))
        if len(self.bars) <= room:
            return self.bars
        return tuple(sorted(self.bars, key=lambda one: -(one.share if one.share is not None else 0.0))[:room])

    def paintEvent(self, _event: QPaintEvent) -> None:
        t, px = self.theme.tokens, self.theme.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = self.shown()
        high = min(max(self.height() / max(1, len(shown)), px(ROWS[0])), px(ROWS[1]))
        bold, plain = self.theme.font(12, 600, figures=True), self.theme.font(12, figures=True)
        wide = max((QFontMetricsF(bold).horizontalAdvance(one.name) for one in shown), default=0.0)
        wide = min(max(wide + px(20), px(40)), self.width() * 0.45)
        end = px(64)
        for place, one in enumerate(shown):
            top = place * high
            painter.setFont(bold if one.chosen else plain)
            painter.setPen(QColor(t.text if one.chosen or one.share is None else t.text2))
            name = QFontMetricsF(painter.font()).elidedText(one.name, Qt.TextElideMode.ElideRight, wide - px(16))
            painter.drawText(QRectF(px(14), top, wide - px(14), high), Qt.AlignmentFlag.AlignVCenter, name)
            if one.chosen:
                painter.drawText(QRectF(0, top, px(14), high), Qt.AlignmentFlag.AlignVCenter, "▸")
            if one.share is None:
                painter.setFont(self.theme.font(15, 600, figures=True))
                painter.drawText(QRectF(wide + px(8), top, self.width() - wide, high),
                                 Qt.AlignmentFlag.AlignVCenter, one.text)
                continue
            track = QRectF(wide + px(8), top + high * 0.22, max(px(20), self.width() - wide - end - px(8)), high * 0.56)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.sunken))
            painter.drawRoundedRect(track, 3, 3)
            if one.share > 0.002:
                painter.setBrush(QColor(t.accent if one.chosen else t.outline))
                painter.drawRoundedRect(QRectF(track.left(), track.top(), track.width() * one.share, track.height()),
                                        3, 3)
            painter.setPen(QColor(t.text if one.chosen else t.text2))
            painter.drawText(QRectF(self.width() - end, top, end - px(4), high),
                             Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, one.text)
