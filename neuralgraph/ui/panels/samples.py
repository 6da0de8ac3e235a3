"""The browser of right and wrong samples: pictures or features, what is true, what the network says and how surely."""

from __future__ import annotations

from hashlib import blake2b
from time import thread_time
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from neuralgraph.session import Session
from neuralgraph.tokens import Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.canvas.shapes import colour, rounded
from neuralgraph.ui.controls import Choice
from neuralgraph.ui.panels.heatmap import as_image
from neuralgraph.ui.panels.inspector_type import Themed, coloured, label, text_size
from neuralgraph.ui.panels.numbers_view import NumbersView

SHOWN = 240
CELL = QSize(104, 112)
WIDE = 190
WORDS = 40
WRAPPED = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
ORDERS = ("most wrong first", "least sure first", "right ones", "in order")


def in_words(numbers: Any, names: tuple[str, ...]) -> str:
    """A text from the numbers of its words, without what only fills up (number 0); characters join without a gap."""
    words = [names[one] for one in numbers if 0 < one < len(names)][:WORDS]
    return ("" if all(len(one) == 1 for one in words) else " ").join(words)


def surely(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


class Sheet(QWidget):
    """A grid of samples; wrong ones have a red rim and a cross, right ones a green tick."""

    def __init__(self, owner: SamplesPanel) -> None:
        super().__init__()
        self._owner = owner
        self.answers: Any = None
        self.picked: Any = np.zeros(0, dtype=int)
        self._cells: dict[tuple[object, ...], QPixmap] = {}
        """Samples as they were painted: from one answer to the next few look another way."""
        self.setAccessibleName("Samples")

    def cell(self) -> QSize:
        """As wide as the longest answer with its share, within limits."""
        names = self.answers.names if self.answers is not None else ()
        widest = max((fonts.width(f"✕ {name}", 12, 600) for name in names), default=0.0)
        wide = min(max(CELL.width(), round(widest) + 62), WIDE)
        if self.answers is not None and self.answers.tokens:
            wide = WIDE
        return QSize(wide, CELL.height()) * text_size()

    def forget(self) -> None:
        """Another document: the same numbers may stand for other words."""
        self._cells.clear()

    def columns(self) -> int:
        return max(1, self.width() // self.cell().width())

    def fit(self) -> None:
        """As tall as all rows of samples."""
        rows = -(-len(self.picked) // self.columns())
        self.setMinimumHeight(rows * self.cell().height() + 8)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.answers is None:
            return
        began = thread_time()
        painter = QPainter(self)
        columns, cell = self.columns(), self.cell()
        for place, at in enumerate(self.picked):
            corner = QPoint((place % columns) * cell.width(), (place // columns) * cell.height())
            if QRect(corner, cell).intersects(event.rect()):
                painter.drawPixmap(corner, self._cell(int(at), cell))
        self._owner.spent += thread_time() - began

    def _cell(self, at: int, size: QSize) -> QPixmap:
        """One sample as it looks now."""
        found, tokens, ratio = self.answers, self._owner.tokens, self.devicePixelRatioF()
        x = np.ascontiguousarray(found.x[at])
        key = (blake2b(x.data, digest_size=16).digest(), x.shape, x.dtype.str, int(found.rows[at]),
               found.names[found.truth[at]], found.names[found.answer[at]], surely(found.sure[at]), tokens.name,
               size.width(), ratio, text_size())
        if key not in self._cells:
            if len(self._cells) >= 2 * SHOWN:
                self._cells.clear()
            made = self._cells[key] = QPixmap(size * ratio)
            made.setDevicePixelRatio(ratio)
            made.fill(Qt.GlobalColor.transparent)
            painter = QPainter(made)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            factor = text_size()
            painter.scale(factor, factor)
            self._one(painter, QRectF(4, 4, size.width() / factor - 8, size.height() / factor - 8), at, tokens)
            painter.end()
        return self._cells[key]

    def _one(self, painter: QPainter, box: QRectF, at: int, tokens: Tokens) -> None:
        found = self.answers
        right = found.truth[at] == found.answer[at]
        painter.setPen(QPen(colour(tokens.hairline if right else tokens.error), 1 if right else 1.8))
        painter.setBrush(colour(tokens.card))
        painter.drawPath(rounded(box, 6))
        picture = QRectF(box.x() + 8, box.y() + 6, box.width() - 16, 60)
        self._picture(painter, picture, found.x[at], tokens)
        names = found.names
        said = f"{'✓' if right else '✕'} {names[found.answer[at]]}"
        painter.setFont(fonts.font(12, 600))
        painter.setPen(colour(tokens.ok if right else tokens.error))
        line = QRectF(box.x() + 8, box.y() + 68, box.width() - 16, 16)
        sure, row = surely(found.sure[at]), f"row {found.rows[at] + 1:,}"
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft,
                         fonts.elided(said, line.width() - fonts.width(sure, 11) - 6, 12, 600))
        painter.setFont(fonts.font(11))
        painter.setPen(colour(tokens.text2))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, sure)
        below = line.translated(0, 17)
        truth = fonts.elided(f"is {names[found.truth[at]]}", below.width() - fonts.width(row, 11) - 6, 11)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, truth)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, row)

    def _picture(self, painter: QPainter, box: QRectF, x: Any, tokens: Tokens) -> None:
        if x.ndim == 3 and x.shape[0] in (1, 3):
            image = np.clip(np.moveaxis(x, 0, -1), 0, 1)
            if x.shape[0] == 1:
                image = np.repeat(image if tokens.dark else 1 - image, 3, axis=2)
            side = box.height()
            where = QRectF(box.center().x() - side / 2, box.y(), side, side)
            painter.drawImage(where, as_image(np.round(image * 255).astype(np.uint8)))
            return
        if self.answers.tokens and x.ndim == 1 and x.dtype.kind == "i":
            painter.setFont(fonts.font(11))
            painter.setPen(colour(tokens.text))
            painter.drawText(box, WRAPPED, in_words(x, self.answers.tokens))
            return
        values = np.asarray(x, dtype=float).ravel()[:24]
        low, top = float(values.min(initial=0)), float(values.max(initial=0))
        scale = box.height() / ((top - low) or 1.0)
        step, zero = box.width() / max(len(values), 1), box.bottom() + low * scale
        for n, value in enumerate(values):
            high = value * scale
            bar = QRectF(box.x() + n * step + 1, min(zero, zero - high), max(1.0, step - 2), max(1.0, abs(high)))
            painter.fillRect(bar, colour(tokens.positive if value >= 0 else tokens.negative))


class SamplesPanel(NumbersView):
    """Validation rows with the network's answers."""

    icon = "image-multiple-outline"
    empty = ("No answers yet", "They appear for data with classes, once the graph has no error.")

    def __init__(self, session: Session, bridge: TrainingBridge, theme: Themed) -> None:
        self._sheet = Sheet(self)
        self._order = Choice(fit=True)
        self._order.addItems(list(ORDERS))
        self._order.activated.connect(lambda _: self._arrange())
        self._count = label(pixels=12)
        content = QWidget()
        head = QHBoxLayout()
        head.addWidget(self._order)
        head.addWidget(self._count, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self._sheet)
        box = QVBoxLayout(content)
        box.setContentsMargins(12, 6, 12, 6)
        box.addLayout(head)
        box.addWidget(scroll, 1)
        super().__init__(session, bridge, theme, content)
        coloured(self._count, self._tokens.text2)

    @property
    def tokens(self) -> Tokens:
        return self._tokens

    def set_theme(self, theme: Themed) -> None:
        super().set_theme(theme)
        coloured(self._count, self._tokens.text2)
        self._sheet.fit()

    def set_session(self, session: Session) -> None:
        self._sheet.forget()
        super().set_session(session)

    def question(self, session: Session, program: Any) -> Any:
        return session.answers(program)

    def show_answer(self, answer: Any) -> None:
        self._sheet.answers, self.spent = answer, 0.0
        self._arrange()

    def _arrange(self) -> None:
        found = self._sheet.answers
        if found is None:
            return
        wrong, sure = ~found.right, found.sure
        match ORDERS[self._order.currentIndex()]:
            case "most wrong first":
                order = np.lexsort((-sure, ~wrong))
            case "least sure first":
                order = np.argsort(sure)
            case "right ones":
                order = np.flatnonzero(~wrong)
            case _:
                order = np.arange(len(sure))
        self._sheet.picked = order[:SHOWN]
        self._count.setText(f"{int(wrong.sum()):,} of {len(wrong):,} wrong")
        self._sheet.fit()
