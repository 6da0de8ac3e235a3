"""The pages on which a data node is looked at: rows, columns, classes, correlations, and step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QToolTip, QWidget

from neuralgraph.figures.words import spelled
from neuralgraph.tokens import Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.panels import data_painting as paint
from neuralgraph.ui.panels.data_painting import figure
from neuralgraph.ui.panels.inspector_type import text_size

PAGES = ("rows", "columns", "classes", "correlations", "steps")
SIZES = {"images": QSize(92, 104), "text": QSize(230, 104), "series": QSize(190, 112), "numbers": QSize(150, 104)}
COLUMN, STEP, LINE, EDGE = QSize(196, 110), QSize(174, 124), 24, 4
UNEVEN = 10
"""So many times the rows of the rarest class make classes uneven."""


class DataSheet(QWidget):
    """Paints one page of `seen` (an overview) or of `steps`; as high as that takes."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.tokens = tokens
        self.seen: Any = None
        self.steps: tuple[Any, ...] = ()
        self.page = "rows"
        self.setMouseTracking(True)
        self.setAccessibleName("What the data node delivers")

    def offered(self) -> tuple[str, ...]:
        """The pages that these data have."""
        has = {"classes": bool(self.seen.classes), "correlations": len(self.seen.relations) > 1,
               "steps": len(self.steps) > 1}
        return tuple(page for page in PAGES if has.get(page, True))

    @property
    def picks(self) -> tuple[int, ...]:
        """Which columns of a series are drawn: those with the most different numbers."""
        if self.seen is None or self.seen.kind != "series":
            return ()
        columns = self.seen.columns[: min(self.seen.width, self.seen.x.shape[-1])]
        order = sorted(range(len(columns)), key=lambda n: -columns[n].different)
        return tuple(sorted(order[: paint.LINES]))

    def fit(self) -> None:
        """As high as the page is."""
        self.setMinimumHeight(round((self._height() + 2 * EDGE) * text_size()))
        self.setAccessibleDescription(self.said())
        self.update()

    def said(self) -> str:
        """The page in words, for those who do not see it."""
        seen = self.seen
        if seen is None:
            return ""
        match self.page:
            case "columns":
                return "; ".join(f"{one.name} {spelled(one.low)} to {spelled(one.high)}, mean {spelled(one.mean)}"
                                 for one in seen.columns)
            case "classes":
                return "; ".join(f"{name} {count:,}" for name, count in seen.classes)
            case "correlations":
                pairs = [(abs(seen.related[a, b]), f"{one} with {seen.relations[b]} {seen.related[a, b]:+.2f}")
                         for a, one in enumerate(seen.relations) for b in range(a)]
                return "; ".join(words for _, words in sorted(pairs, reverse=True)[:10])
            case "steps":
                return "; ".join(f"{one.type} {spelled(float(one.value.min()))} to {spelled(float(one.value.max()))}"
                                 for one in self.steps)
            case _:
                return f"{len(seen.shown):,} of {seen.rows:,} rows"

    # -- where things are -------------------------------------------------------------------------------------------

    def _cells(self) -> tuple[int, QSize]:
        seen = self.seen
        match self.page:
            case "rows":
                return len(seen.shown), SIZES.get(seen.kind, SIZES["numbers"])
            case "columns":
                return len(seen.columns), COLUMN
            case "steps":
                return len(self.steps), STEP
            case _:
                return 0, COLUMN

    def _across(self, size: QSize) -> int:
        return max(1, int((self._wide - EDGE) // size.width()))

    def _height(self) -> int:
        seen = self.seen
        if seen is None:
            return 0
        if self.page == "classes":
            return LINE * (len(seen.classes) + 1)
        if self.page == "correlations":
            size, _, _ = paint.relation_cells(self._room(), len(seen.relations))
            return round(size.height() * len(seen.relations)) + 20
        count, each = self._cells()
        return -(-count // self._across(each)) * each.height()

    def _room(self) -> QRectF:
        return QRectF(EDGE, EDGE, self._wide - 2 * EDGE, max(self.height() / text_size() - 2 * EDGE, 1))

    @property
    def _wide(self) -> float:
        """The width, where everything is painted as many times larger as words are."""
        return self.width() / text_size()

    def _place(self, number: int, size: QSize) -> QRectF:
        across = self._across(size)
        return QRectF(EDGE + number % across * size.width(), EDGE + number // across * size.height(),
                      size.width() - 8, size.height() - 8)

    # -- painting ---------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self.fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.seen is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        factor = text_size()
        painter.scale(factor, factor)
        if self.page == "classes":
            self._classes(painter)
        elif self.page == "correlations":
            paint.relations(painter, self._room(), self.seen.relations, self.seen.related, self.tokens)
        else:
            count, each = self._cells()
            for number in range(count):
                box = self._place(number, each)
                if QRectF(box.topLeft() * factor, box.size() * factor).toAlignedRect().intersects(event.rect()):
                    self._cell(painter, number, box)

    def _cell(self, painter: QPainter, number: int, box: QRectF) -> None:
        if self.page == "columns":
            paint.column(painter, box, self.seen.columns[number], self.tokens)
        elif self.page == "steps":
            self._step(painter, number, box)
        else:
            self._row(painter, number, box)

    def _row(self, painter: QPainter, number: int, box: QRectF) -> None:
        seen, tokens = self.seen, self.tokens
        paint.card(painter, box, tokens)
        inner = box.adjusted(8, 6, -8, -4)
        paint.sample(painter, inner.adjusted(0, 0, 0, -20), seen.x[number], tokens, seen.tokens, self.picks)
        line = QRectF(inner.x(), inner.bottom() - 16, inner.width(), 16)
        row = f"row {int(seen.shown[number]) + 1:,}"
        if seen.answers:
            taken = QRectF(line.x(), line.y(), line.width() - fonts.width(row, 11) - 6, 16)
            paint.written(painter, taken, seen.answers[number], tokens.text, 12, 600)
        paint.written(painter, line, row, tokens.text2, 11, where=paint.RIGHT)

    def _step(self, painter: QPainter, number: int, box: QRectF) -> None:
        step, tokens = self.steps[number], self.tokens
        card = box.adjusted(0, 0, -16, 0)
        paint.card(painter, card, tokens, tokens.warning if "chance" in step.says else "")
        inner = card.adjusted(10, 6, -10, -6)
        head = QRectF(inner.x(), inner.y(), inner.width(), 16)
        paint.written(painter, head, step.type, tokens.text, 12, 600)
        shape = " × ".join(str(one) for one in step.value.shape)
        word = "by chance" if "chance" in step.says else "measured" if step.says else ""
        if word and fonts.width(step.type, 12, 600) + fonts.width(shape, 11) + 8 < head.width():
            paint.written(painter, head, shape, tokens.text2, where=paint.RIGHT)
        words = self.seen.tokens if step.value.dtype.kind == "i" else ()
        paint.sample(painter, inner.adjusted(0, 20, 0, -18), step.value, tokens, words, self.picks)
        ends = f"{figure(float(step.value.min()))} … {figure(float(step.value.max()))}"
        line = QRectF(inner.x(), inner.bottom() - 14, inner.width(), 14)
        room = line.width() - fonts.width(word or shape, 11) - 6
        paint.written(painter, QRectF(line.x(), line.y(), room, line.height()), ends, tokens.text)
        paint.written(painter, line, word or shape, tokens.text2, where=paint.RIGHT)
        if number + 1 < len(self.steps):
            paint.arrow(painter, QPointF(card.right() + 12, card.center().y()), tokens)

    def _classes(self, painter: QPainter) -> None:
        counts = [count for _, count in self.seen.classes]
        most, total = max(counts), sum(counts)
        for number, (name, count) in enumerate(self.seen.classes):
            line = QRectF(EDGE, EDGE + number * LINE, min(self._wide - 2 * EDGE, 720), LINE)
            paint.share(painter, line, name, count, most, total, self.tokens)
        line = QRectF(EDGE, EDGE + len(counts) * LINE, self._wide - 2 * EDGE, LINE)
        rare = min(counts)
        uneven = most >= UNEVEN * max(rare, 1)
        said = "Every class has rows." if rare else "A class has no row."
        if uneven and rare:
            said = (f"! Uneven: the most frequent class has {most / rare:.0f} times the rows of the rarest. Whoever "
                    f"always answers it is right in {100 * most / total:.0f} % of the rows.")
        paint.written(painter, line, said, self.tokens.warning if uneven else self.tokens.text2, 12)

    # -- reading ----------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        said = self.at(event.position() / text_size())
        if said:
            QToolTip.showText(event.globalPosition().toPoint(), said, self)
        else:
            QToolTip.hideText()

    def at(self, point: QPointF) -> str:
        """What lies under a point, in words; in pixels at a text size of 100 %."""
        seen = self.seen
        if seen is None:
            return ""
        if self.page == "correlations":
            size, left, top = paint.relation_cells(self._room(), len(seen.relations))
            row, column = int((point.y() - top) // size.height()), int((point.x() - left) // size.width())
            if 0 <= row < len(seen.relations) and 0 <= column < len(seen.relations):
                return f"{seen.relations[row]} and {seen.relations[column]}: {seen.related[row, column]:+.3f}"
            return ""
        count, each = self._cells()
        for number in range(count):
            if self._place(number, each).contains(point):
                return self._read(number)
        return ""

    def _read(self, number: int) -> str:
        if self.page == "columns":
            one = self.seen.columns[number]
            return (f"{one.name}: {spelled(one.low)} … {spelled(one.high)}, mean {spelled(one.mean)}, spread "
                    f"{spelled(one.std)}, {one.different:,} different")
        if self.page == "steps":
            one = self.steps[number]
            says = f", {one.says}" if one.says else ""
            return f"{one.type} {one.id}{says}: " + ", ".join(
                spelled(float(value)) for value in np.asarray(one.value).ravel()[:12]) + " …"
        answer = f" {self.seen.answer_name} {self.seen.answers[number]}" if self.seen.answers else ""
        return f"row {int(self.seen.shown[number]) + 1:,}{answer}"
