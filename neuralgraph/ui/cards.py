"""Cards of documents on the welcome screen: a picture, a name, a line below."""

from __future__ import annotations

import html
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from neuralgraph.lessons.course import lesson_of, lessons
from neuralgraph.lessons.lesson import Lesson
from neuralgraph.resources import examples
from neuralgraph.ui.controls import words
from neuralgraph.ui.theme import Theme
from neuralgraph.ui.thumbnails import Thumbnail, summary

BESIDE, OTHER = 500, 1000
"""After the lessons come the examples that they open beside their own, and then all the others."""


class Card(QFrame):
    """A document: its picture, its name, when or how long."""

    clicked = Signal(Path)

    def __init__(self, theme: Theme, path: Path, when: str, *, height: int, title: bool = False) -> None:
        super().__init__()
        self.theme, self.path = theme, path
        px = theme.px
        found = summary(path)
        lesson = lesson_of(path) if path.parent == examples() else None
        own = lesson is not None and lesson.name == path.stem
        self.topic = lesson.topic if lesson is not None else ""
        name = found.title if title and found.title else path.stem
        if lesson is not None and own:
            name = f"{lesson.number}  {lesson.title}"
        self.words = f"{name} {found.about} {self.topic} {' '.join(found.types)}".casefold()
        self.order = ((0 if own else BESIDE) + lesson.number if lesson is not None else OTHER, found.level, found.title)
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{name} {found.about}")
        self.setToolTip(f"<p>{html.escape(found.about)}</p>" if found.about else "")
        t = theme.tokens
        self.setStyleSheet(f"#card:hover {{ border: 1px solid {t.text2}; }}"
                           f"#card:focus {{ border: 2px solid {t.accent}; }}")
        box = QVBoxLayout(self)
        box.setContentsMargins(px(9), px(9), px(9), px(11))
        box.setSpacing(px(6))
        box.addWidget(Thumbnail(theme, path, px(height)))
        line = QHBoxLayout()
        line.setContentsMargins(px(4), px(2), px(4), 0)
        said = words(theme, name, 14, 600)
        line.addWidget(said, 1)
        if title:
            line.addWidget(Dots(theme, level_of(lesson) if lesson is not None else found.level))
        box.addLayout(line)
        line_below = when or found.line
        if lesson is not None and not when:
            line_below = f"lesson, about {lesson.minutes} minutes" if own else f"belongs to lesson {lesson.number}"
        foot = words(theme, line_below, 12, 400, "text2")
        foot.setContentsMargins(px(4), 0, 0, 0)
        for one in (said, foot):
            one.setWordWrap(True)  # or the longest name of a column pushes the last column out of the window
        box.addWidget(foot)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self.clicked.emit(self.path)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit(self.path)
        else:
            super().keyPressEvent(event)


class Dots(QWidget):
    """How demanding it is: one to three."""

    def __init__(self, theme: Theme, level: int) -> None:
        super().__init__()
        self.theme, self.level = theme, level
        self.setFixedSize(theme.px(38), theme.px(14))
        self.setToolTip(("Easy", "Middling", "Demanding")[level - 1])

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.theme.colour("text2"))
        for dot in range(3):
            painter.setBrush(self.theme.colour("text2") if dot < self.level else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(2 + dot * self.theme.px(12), self.theme.px(3), self.theme.px(8), self.theme.px(8))


def level_of(lesson: Lesson) -> int:
    """How demanding a lesson is, 1 … 3: each builds on those before, however few nodes it needs."""
    return 1 + 3 * (lesson.number - 1) // len(lessons())


def grid(cards: list[Card], columns: int, theme: Theme) -> QWidget:
    """Cards in rows."""
    page = QWidget()
    grid = QGridLayout(page)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(theme.px(20))
    for number, card in enumerate(cards):
        grid.addWidget(card, number // columns, number % columns)
    for column in range(columns):
        grid.setColumnStretch(column, 1)
    return page


