"""What a panel shows while it has nothing to show: why, what fills it, and what to do about it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from neuralgraph.tokens import Tokens
from neuralgraph.ui.panels.inspector_type import coloured, font, text_size


class Notice(QWidget):
    """An icon of 36 px, one line in bold, one line that says what fills it, perhaps a button."""

    pressed = Signal()

    def __init__(self, tokens: Tokens, icon: str = "chart-line", title: str = "", hint: str = "") -> None:
        super().__init__()
        self.tokens, self._icon, self._error = tokens, icon, False
        self.picture, self.title, self.hint = QLabel(), QLabel(), QLabel()
        self.button = QPushButton()
        self.button.clicked.connect(self.pressed)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 12, 8, 12)
        box.setSpacing(6)
        box.addStretch(1)
        for one in (self.picture, self.title, self.hint):
            one.setTextFormat(Qt.TextFormat.PlainText)
            one.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            one.setWordWrap(one is not self.picture)
            box.addWidget(one)
        box.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.say(title, hint)

    def say(self, title: str, hint: str = "", *, icon: str = "", button: str = "", error: bool = False) -> None:
        """Another message; `error` colours the icon and keeps the words in text colour."""
        self._icon, self._error = icon or self._icon, error
        self.title.setText(title)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self.set_tokens(self.tokens)

    def set_tokens(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.title.setFont(font(13, 600))
        self.hint.setFont(font(12))
        coloured(self.title, tokens.text)
        coloured(self.hint, tokens.text2)
        import qtawesome

        colour, side = tokens.error if self._error else tokens.text3, round(36 * text_size())
        self.picture.setPixmap(qtawesome.icon(f"mdi6.{self._icon}", color=colour).pixmap(QSize(side, side)))
