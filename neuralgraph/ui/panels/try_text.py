"""A page on which text is typed, and the network goes on."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from neuralgraph.errors import NeuralGraphError
from neuralgraph.session import Session
from neuralgraph.ui.asking import Asker
from neuralgraph.ui.bridge import Pace, TrainingBridge
from neuralgraph.ui.controls import NumberField, button, dress, words
from neuralgraph.ui.theme import Theme

AT_ONCE, AT_MOST = 8, 2000
"""Tokens for one question, and before it asks to be told to go on again."""


class Going(QWidget):
    """The text, how boldly it goes on, and from which seed: the same text, temperature and seed go on the same."""

    def __init__(self, session: Session, bridge: TrainingBridge, theme: Theme) -> None:
        super().__init__()
        self._session, self.theme = session, theme
        self._asker = Asker(bridge, self, every=0.05)
        self._asker.answered.connect(self._arrived)
        self._asker.failed.connect(self._failed)
        self._pace = Pace(100, self._more, self)
        self._writer: Any = None
        self._on, self._left, self._number = False, 0, 0
        self.text = QPlainTextEdit()
        self.text.setPlaceholderText("Type how a text begins, then let the network go on.")
        self.text.setAccessibleName("Text")
        self.text.setFont(theme.code_font(13))
        self.temperature = NumberField(theme, low=0.0, high=5.0)
        self.temperature.set_value(0.8)
        self.seed = NumberField(theme, whole=True, low=0)
        self.seed.set_value(0)
        self.go: QPushButton = button("Go on", kind="primary", clicked=self.toggle)
        self._labels = [words(theme, one, 12, 400, "text2") for one in ("Temperature", "Seed")]
        self.said = words(theme, "", 12, 400, "text2")
        self.said.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.go)
        for label, field in zip(self._labels, (self.temperature, self.seed), strict=True):
            field.setFixedWidth(theme.px(84))
            field.setAccessibleName(label.text())
            row.addWidget(label)
            row.addWidget(field)
        row.addWidget(self.said, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addWidget(self.text, 1)
        box.addLayout(row)

    @property
    def running(self) -> bool:
        """It is writing."""
        return self._on

    def toggle(self) -> None:
        """Go on writing, or stop."""
        self.stop() if self._on else self._begin()

    def stop(self) -> None:
        """No more text."""
        self._on = False
        self._number += 1
        self.go.setText("Go on")
        self.text.setReadOnly(False)

    def set_session(self, session: Session) -> None:
        self.stop()
        self._session = session

    def dress(self) -> None:
        """The colours of the present theme."""
        for one in (*self._labels, self.said):
            dress(one, self.theme)

    def close_view(self) -> None:
        self.stop()
        self._asker.close()

    def _begin(self) -> None:
        self._on, self._left, self._writer = True, AT_MOST, None
        self._number += 1
        self.said.setText("")
        self.go.setText("Stop")
        self.text.setReadOnly(True)
        self._more()

    def _more(self) -> None:
        """The next few tokens: asked of the run, or of a thread of its own."""
        if not self._on:
            return
        session, prompt, number = self._session, self.text.toPlainText(), self._number
        heat, seed = float(self.temperature.value() or 0.0), int(self.seed.value() or 0)

        def written(program: Any) -> tuple[int, str, str]:
            try:
                if self._writer is None:
                    self._writer = session.writer(prompt, temperature=heat, seed=seed, program=program)
                return number, "".join(self._writer.write(AT_ONCE)), ""
            except NeuralGraphError as error:
                return number, "", str(error)

        self._asker.ask(session, written)

    def _arrived(self, answer: tuple[int, str, str]) -> None:
        number, text, trouble = answer
        if number != self._number or not self._on:
            return
        if trouble:
            self.said.setText(trouble)
            self.stop()
            return
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text)
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.maximum())
        self._left -= AT_ONCE
        if self._left <= 0:
            self.stop()
        else:
            self._pace.nudge()

    def _failed(self, text: str) -> None:
        self.said.setText(text)
        self.stop()
