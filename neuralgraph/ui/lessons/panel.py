"""The panel of a lesson: one step at a time, with its progress, back and next, and a way back to the start."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from neuralgraph.lessons.lesson import Do, Lesson, Point
from neuralgraph.ui.bridge import later
from neuralgraph.ui.controls import button, dress, flat, words
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.icons import icon
from neuralgraph.ui.lessons.checking import Facts, met
from neuralgraph.ui.lessons.parts import Asked, Checked, widget_of
from neuralgraph.ui.theme import Theme

WIDTH = 320


class LessonPanel(QWidget):
    """`acted` and `pointed` bring what is to be done or shown; `closed` and `restarted` say what the learner wants."""

    acted = Signal(object)
    pointed = Signal(object)
    closed = Signal()
    restarted = Signal()
    changed = Signal(int)
    """Another step is shown."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.lesson: Lesson | None = None
        self.document = ""
        """The name of the example that lies beside the panel."""
        self.at = 0
        self.setAccessibleName("Lesson")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._checks: list[Checked] = []
        self._met: dict[tuple[int, int], bool] = {}
        self._pointed: list[Point] = []
        self._head()
        self._foot()
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.px(16), theme.px(12), theme.px(8), theme.px(12))
        box.setSpacing(theme.px(8))
        box.addLayout(self._top)
        box.addWidget(self._bar)
        box.addWidget(self._area, 1)
        box.addLayout(self._bottom)
        theme.changed.connect(self.show_step)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(WIDTH), self.theme.px(600))

    def _head(self) -> None:
        theme = self.theme
        self.number, self.title = words(theme, "", 12, 600, "text2"), words(theme, "", 17, 600)
        self.title.setWordWrap(True)
        again = flat(theme, "restart", "Back to the start: the network and the lesson as they were", size=26,
                     clicked=self.restarted.emit)
        shut = flat(theme, "close", "Close the lesson; the network stays, and View ▸ Lesson goes on where you were",
                    size=26, clicked=self.closed.emit)
        for made, sign in ((again, "restart"), (shut, "close")):
            fitted(made, theme, lambda made=made, sign=sign: made.setIcon(icon(sign, theme.tokens.text2)))  # type: ignore[misc]
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.number)
        left.addWidget(self.title)
        self._top = QHBoxLayout()
        self._top.setSpacing(2)
        self._top.addLayout(left, 1)
        for one in (again, shut):
            self._top.addWidget(one, 0, Qt.AlignmentFlag.AlignTop)
        self._bar = QProgressBar()
        self._bar.setObjectName("lessonbar")
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(theme.px(4))

    def _foot(self) -> None:
        self.back = button("Back", clicked=lambda: self.go(self.at - 1))
        self.next = button("Next", kind="primary", clicked=self.forward)
        self.place = words(self.theme, "", 12, 400, "text2")
        self.place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._bottom = QHBoxLayout()
        self._bottom.addWidget(self.back)
        self._bottom.addWidget(self.place, 1)
        self._bottom.addWidget(self.next)

    # -- what is shown ----------------------------------------------------------------------------------------------

    @property
    def last(self) -> bool:
        """The last step is shown."""
        return self.lesson is not None and self.at + 1 == len(self.lesson.screens)

    def open(self, lesson: Lesson, at: int = 0, document: str = "") -> None:
        """A lesson from its first step or a later one, or the same one from where it was left, with its ticks; beside
        its own example or another."""
        self._met = self._met if at and lesson is self.lesson else {}
        self.lesson, self.at, self.document = lesson, at, document or lesson.name
        self.show_step()

    @property
    def about(self) -> str:
        """The name of the example that the present step is about."""
        return (self.lesson.screens[self.at].opens or self.lesson.name) if self.lesson is not None else ""

    @property
    def here(self) -> bool:
        """The present step is about the example beside the panel."""
        return self.about == self.document

    def go(self, at: int) -> None:
        """Another step, within the lesson."""
        if self.lesson is not None and 0 <= at < len(self.lesson.screens) and at != self.at:
            self.at = at
            self.show_step()
            self.changed.emit(at)

    def forward(self) -> None:
        """The next step; after the last one the lesson is over."""
        if self.lesson is None:
            return
        if self.last:
            self.closed.emit()
        else:
            self.go(self.at + 1)

    def show_step(self) -> None:
        """Set the present step anew."""
        lesson = self.lesson
        if lesson is None:
            return
        screen, count = lesson.screens[self.at], len(lesson.screens)
        self.number.setText(f"Lesson {lesson.number}: {lesson.title}")
        self.title.setText(screen.title)
        self._bar.setRange(0, count)
        self._bar.setValue(self.at + 1)
        self.place.setText(f"{self.at + 1} of {count}")
        self.back.setEnabled(self.at > 0)
        self.next.setText("Done" if self.at + 1 == count else "Next")
        page = QWidget()
        page.setObjectName("lesson")
        box = QVBoxLayout(page)
        box.setContentsMargins(0, self.theme.px(4), self.theme.px(10), 0)
        box.setSpacing(self.theme.px(12))
        self._checks, self._pointed = [], [one for one in screen.parts if isinstance(one, Point) and self.here]
        for part in screen.parts:
            made = widget_of(part, self.theme, self._act, self._point)
            if isinstance(made, Checked):
                made.show_met(self._met.get((self.at, len(self._checks)), False))
                self._checks.append(made)
            elif isinstance(part, Point) or (isinstance(part, Do) and part.verb != "open"):
                made.setEnabled(self.here)
                made.setToolTip("" if self.here else "Open the example first: this step is about it.")
            elif isinstance(part, Do):
                made.setEnabled(not self.here)
            elif isinstance(made, Asked):
                made.answered.connect(self._reveal)
            box.addWidget(made)
        box.addStretch(1)
        self._area.setWidget(page)
        for one in (self.number, self.title, self.place):
            dress(one, self.theme)

    def look(self, facts: Facts) -> None:
        """What is true now: conditions that are met get their tick."""
        for number, one in enumerate(self._checks):
            if not one.met and met(one.check, facts):
                one.show_met(True)
                self._met[self.at, number] = True

    @property
    def done(self) -> bool:
        """Every condition of this step was met."""
        return all(one.met for one in self._checks)

    def _reveal(self, words: QWidget) -> None:
        """Scroll to words that have just appeared: they have their place only when the page was laid out anew."""
        later(0, lambda: self._area.ensureWidgetVisible(words, 0, self.theme.px(8)), words)

    def _act(self, what: Do) -> None:
        self.acted.emit(what)

    def _point(self, at: Point) -> None:
        self.pointed.emit(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Right | Qt.Key.Key_PageDown | Qt.Key.Key_Space:
                self.forward()
            case Qt.Key.Key_Left | Qt.Key.Key_PageUp:
                self.go(self.at - 1)
            case Qt.Key.Key_Home:
                self.go(0)
            case Qt.Key.Key_Escape:
                self.closed.emit()
            case _:
                super().keyPressEvent(event)
