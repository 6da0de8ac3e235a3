"""A line above the plots: whose curves these are, where they are not those of the open document."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy

from neuralgraph.ui.controls import button, dress, tip, words
from neuralgraph.ui.fitting import fitted
from neuralgraph.ui.icons import icon
from neuralgraph.ui.theme import Theme

SIGNS = {"": ("access-point", "accent"), "ok": ("check-circle", "ok"), "warning": ("alert", "warning"),
         "error": ("alert-octagon", "error")}


class Strip(QFrame):
    """A sign, one sentence, and how to end it."""

    def __init__(self, theme: Theme, stop: Callable[[], object]) -> None:
        super().__init__()
        self.theme, self._level = theme, ""
        self.setObjectName("offer")
        self.sign, self.words = QLabel(), words(theme, "", 12)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(10), 2, 4, 2)
        row.setSpacing(theme.px(8))
        row.addWidget(self.sign)
        row.addWidget(self.words, 1)
        self.button = button("Stop following", kind="link", clicked=stop)
        row.addWidget(self.button)
        fitted(self, theme, self._dress)

    def say(self, text: str, level: str = "") -> None:
        """`level` is "", "ok", "warning" or "error"."""
        if text != self.words.text():
            self.words.setText(text)
            self.words.setToolTip(tip(text))
        if level != self._level:
            self._level = level
            self._dress()

    def end(self) -> None:
        """Nothing more comes: it is only to be put away."""
        self.button.setText("Close")

    def _dress(self) -> None:
        sign, role = SIGNS[self._level]
        colour = str(getattr(self.theme.tokens, role))
        self.sign.setPixmap(icon(sign, colour).pixmap(self.theme.px(16), self.theme.px(16)))
        dress(self.words, self.theme)
