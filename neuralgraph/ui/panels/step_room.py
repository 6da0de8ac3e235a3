"""How the parts of a step lie in the room there is: levers beside the numbers, or above them where it is narrow."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QLabel, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from neuralgraph.ui.controls import dress
from neuralgraph.ui.panels.step_body import Body
from neuralgraph.ui.panels.step_controls import StepControls
from neuralgraph.ui.theme import Theme

NARROW = 700
"""Pixels below which the levers would leave the numbers less than a matrix and what made one of them need."""


class StepRoom:
    """Lays out `panel`: `controls`, and what is told about a moment with its numbers; or `notice` instead."""

    def __init__(self, panel: QWidget, theme: Theme, controls: StepControls, notice: QWidget,
                 told: tuple[QLabel, ...], body: Body) -> None:
        self._panel, self._theme, self._controls, self._told, self._body = panel, theme, controls, told, body
        inner, home = QWidget(), QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for label in told:
            label.setWordWrap(True)
            column.addWidget(label)
        column.addWidget(body, 1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inner)
        self._notice = notice
        self._stack = QStackedLayout(home)
        self._stack.addWidget(notice)
        self._stack.addWidget(self._scroll)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, panel)
        self._parts.setContentsMargins(10, 8, 10, 8)
        self._parts.setSpacing(14)
        self._parts.addWidget(controls)
        self._parts.addWidget(home, 1)

    def settle(self) -> None:
        """The levers in a line where a column of them would take the width that numbers need."""
        across = self._panel.width() < self._theme.px(NARROW)
        if across == self._controls.across:
            return
        self._parts.setDirection(QBoxLayout.Direction.TopToBottom if across else QBoxLayout.Direction.LeftToRight)
        self._parts.setSpacing(4 if across else 14)
        self._controls.lay(across=across)
        self._body.show_whole(across)
        self._told[0].setProperty("type", (13 if across else 15, 600, "text"))
        dress(self._told[0], self._theme)

    def show(self, numbers: bool) -> None:
        """The numbers, or the notice."""
        self._stack.setCurrentWidget(self._scroll if numbers else self._notice)

    def reveal_terms(self) -> None:
        """Bring what made a number into sight."""
        self._body.ensureWidgetVisible(self._body.terms)
        self._scroll.ensureWidgetVisible(self._body.terms.title, 0, self._theme.px(60))
