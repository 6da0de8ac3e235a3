"""The card on a node's sheet that says what is wrong with it, with its remedies."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout

from neuralgraph.ui.controls import button, words
from neuralgraph.ui.icons import badge, icon
from neuralgraph.ui.theme import Theme
from neuralgraph.validation.problem import Problem


class ProblemCard(QFrame):
    """What is wrong with the node, in short, with the fix."""

    fix_wanted = Signal(object)

    def __init__(self, problem: Problem, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("problem_card")
        self.setProperty("severity", problem.severity)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(10), theme.px(8), theme.px(10), theme.px(8))
        sign = QLabel()
        sign.setPixmap(badge(problem.severity, theme.px(16), theme.tokens))
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(theme.px(4))
        title = f"Expects {problem.expected}" if problem.expected and problem.received else (
            problem.title or problem.message)
        lines = [(title, 600)]
        if problem.received:
            lines.append((f"Gets {problem.received}", 400))
        elif more := problem.hint or (problem.message if problem.title else ""):
            lines.append((more, 400))
        for text, weight in lines:
            column.addWidget(wrapped(theme, text, 12.5, weight, "text"))
        for index, fix in enumerate(problem.fixes[:3]):
            kind = "primary" if index == 0 else "plain"
            made = button(fix.label, kind=kind, clicked=partial(self.fix_wanted.emit, fix))
            made.setIcon(icon("auto-fix", theme.tokens.on_accent if index == 0 else theme.tokens.text))
            made.setIconSize(QSize(theme.px(16), theme.px(16)))
            column.addWidget(made, 0, Qt.AlignmentFlag.AlignLeft)
        row.addLayout(column, 1)


def wrapped(theme: Theme, text: str, pixels: float = 12, weight: int = 400, role: str = "text2") -> QLabel:
    """A label that breaks its lines."""
    made = words(theme, text, pixels, weight, role)
    made.setWordWrap(True)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return made
