"""The parts of a lesson's step as widgets."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from neuralgraph.lessons.lesson import Answer, Bullets, Check, Do, Formula, Part, Point, Prose, Question, Table
from neuralgraph.ui.controls import dress, words
from neuralgraph.ui.icons import icon
from neuralgraph.ui.prose import formula_label, prose_html, rich
from neuralgraph.ui.theme import Theme

ICONS = {"train": "play", "pause": "pause", "stop": "stop", "reset": "restart", "batch": "skip-next",
         "epoch": "skip-next", "present": "presentation", "undo": "undo", "all": "fit-to-screen-outline",
         "panel": "dock-bottom", "view": "eye-outline", "select": "cursor-default-click-outline",
         "set": "tune-variant", "walk": "shoe-print", "open": "tab-plus"}
SIZE = 14
"""Pixels of the words: they are read beside the canvas, from a chair."""


def widget_of(part: Part, theme: Theme, act: Callable[[Do], object], point: Callable[[Point], object]) -> QWidget:
    """The widget of one part."""
    match part:
        case Prose(text):
            return rich(theme, _lines(prose_html(text, theme, SIZE)), SIZE)
        case Formula(text):
            return formula_label(theme, text, 17)
        case Bullets(items):
            rows = "".join(f'<li style="margin-bottom: 5px">{prose_html(one, theme, SIZE)}</li>' for one in items)
            return rich(theme, f'<ul style="margin-left: -22px; line-height: 135%">{rows}</ul>', SIZE)
        case Table(rows):
            return rich(theme, _table(rows, theme), 13)
        case Do():
            made = Pressing(part.label, theme, icon(ICONS[part.verb], theme.tokens.text), weight=600)
            made.clicked.connect(lambda _on=False: act(part))
            return made
        case Point():
            link = Pressing(part.label, theme, icon("target", theme.tokens.accent), kind="link")
            link.clicked.connect(lambda _on=False: point(part))
            return link
        case Check():
            return Checked(part, theme)
        case Question():
            return Asked(part, theme)


def _lines(html: str) -> str:
    return f'<div style="line-height: 140%">{html}</div>'


def _table(rows: tuple[tuple[str, ...], ...], theme: Theme) -> str:
    lines = []
    for number, row in enumerate(rows):
        tag = "th" if number == 0 else "td"
        cells = "".join(f'<{tag} align="left" style="padding: 3px 12px 3px 0">{prose_html(one, theme, 13)}</{tag}>'
                        for one in row)
        lines.append(f"<tr>{cells}</tr>")
    return f"<table cellspacing='0'>{''.join(lines)}</table>"


class Checked(QWidget):
    """A condition with a circle that becomes a tick when it is met."""

    def __init__(self, check: Check, theme: Theme) -> None:
        super().__init__()
        self.check, self.theme, self.met = check, theme, False
        self._sign = QLabel()
        self._text = words(theme, check.label, 13)
        self._text.setWordWrap(True)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(8))
        box.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        box.addWidget(self._text, 1)
        self.show_met(False)

    def show_met(self, met: bool) -> None:
        """Met stays met: what was reached once was reached."""
        self.met = self.met or met
        name, ink = ("check-circle", self.theme.tokens.ok) if self.met else ("circle-outline", self.theme.tokens.text3)
        self._sign.setPixmap(icon(name, ink).pixmap(self.theme.px(18), self.theme.px(18)))
        self.setAccessibleName(f"{'done' if self.met else 'to do'}: {self.check.label}")


class Asked(QWidget):
    """A question; the chosen answer says whether it is right, and why. `answered` brings the words that say so."""

    answered = Signal(object)

    def __init__(self, question: Question, theme: Theme) -> None:
        super().__init__()
        self.question, self.theme, self.right = question, theme, False
        self._why = words(theme, "", 13)
        self._why.setTextFormat(Qt.TextFormat.RichText)
        self._why.setWordWrap(True)
        self._why.hide()
        self.buttons: list[QPushButton] = []
        box = QVBoxLayout(self)
        box.setContentsMargins(0, theme.px(4), 0, 0)
        box.setSpacing(theme.px(6))
        asked = rich(theme, prose_html(question.text, theme, SIZE), SIZE, weight=600)
        box.addWidget(asked)
        for answer in question.answers:
            made = Answering(answer, theme)
            made.clicked.connect(lambda _on=False, answer=answer, made=made: self._choose(answer, made))
            self.buttons.append(made)
            box.addWidget(made)
        box.addWidget(self._why)

    def _choose(self, answer: Answer, made: QPushButton) -> None:
        t = self.theme.tokens
        for one in self.buttons:
            one.setIcon(icon("circle-outline", t.text3))
        made.setIcon(icon("check-circle", t.ok) if answer.right else icon("close-circle", t.error))
        self.right = self.right or answer.right
        begin = "Right." if answer.right else "Not quite."
        self._why.setText(f"<b>{begin}</b> {prose_html(answer.why, self.theme, 13)}")
        self._why.setAccessibleName(f"{begin} {answer.why}")
        self._why.setProperty("type", (13, 400, "text"))
        dress(self._why, self.theme)
        self._why.show()
        self.answered.emit(self._why)


class Pressing(QPushButton):
    """A button whose words wrap: a lesson is narrow, and what a button does may need a sentence."""

    def __init__(self, text: str, theme: Theme, sign: QIcon, *, kind: str = "plain", weight: int = 400) -> None:
        super().__init__()
        self.setIcon(sign)
        self.setProperty("kind", kind)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self._role = "text2" if kind == "link" else "text"
        self._theme, self._words = theme, rich(theme, prose_html(text, theme, 13), 13, self._role, weight)
        self._words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        box = QHBoxLayout(self)
        left, room = (theme.px(22), 0) if kind == "link" else (theme.px(30), theme.px(5))
        box.setContentsMargins(left, room, theme.px(8), room)
        box.addWidget(self._words)

    def changeEvent(self, event: QEvent) -> None:
        """Words that cannot be pressed now are grey, as those of any button."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            pixels, weight, _ = self._words.property("type")
            self._words.setProperty("type", (pixels, weight, self._role if self.isEnabled() else "text3"))
            dress(self._words, self._theme)

    def minimumSizeHint(self) -> QSize:
        layout = self.layout()
        assert layout is not None
        return QSize(layout.minimumSize().width(), layout.heightForWidth(max(self.width(), 80)))

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()


class Answering(Pressing):
    """An answer."""

    def __init__(self, answer: Answer, theme: Theme) -> None:
        super().__init__(answer.text, theme, icon("circle-outline", theme.tokens.text3), kind="answer")
