"""What the panels on answers share: they ask while they can be seen, and show a notice while there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from neuralgraph.session import Session
from neuralgraph.training.events import Event
from neuralgraph.ui.asking import Asker
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.panels.inspector_empty import Notice
from neuralgraph.ui.panels.inspector_type import Themed
from neuralgraph.validation.analysis import Analysis

SHARE = 0.02
"""So much of the time of a run answers may take, to be found and shown."""


class NumbersView(QWidget):
    """A view that asks one question of the network and shows what comes; `content` is its picture."""

    icon = "grid"
    empty = ("Nothing to show yet", "")
    waits = ("Looking …", "The numbers are on their way.")

    def __init__(self, session: Session, bridge: TrainingBridge, theme: Themed, content: QWidget) -> None:
        super().__init__()
        self._session, self._tokens = session, theme.tokens
        self.spent = 0.0
        """Seconds of the processor that painting the last answer took."""
        self._asker = Asker(bridge, self, share=SHARE, painted=lambda: self.spent)
        self._asker.answered.connect(self._arrived)
        self._asker.failed.connect(self._failed)
        self._content = content
        self._notice = Notice(self._tokens, self.icon, *self.empty)
        self._told = False
        """Whether anything came since the document was opened; until then nobody knows that there is nothing."""
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._notice)
        self._stack.addWidget(content)

    def question(self, session: Session, program: Any) -> Any:
        """What is asked of the session; runs in another thread."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether no answer means that there is none; where not, it is asked again soon."""
        return True

    def show_answer(self, answer: Any) -> None:
        """Show what came."""
        raise NotImplementedError

    def set_session(self, session: Session) -> None:
        self._session, self._told = session, False
        self._stack.setCurrentWidget(self._notice)

    def set_analysis(self, _: Analysis) -> None:
        self._ask()

    def set_theme(self, theme: Themed) -> None:
        self._tokens = theme.tokens
        self._notice.set_tokens(self._tokens)
        self._content.update()

    def feed(self, _: Sequence[Event]) -> None:
        self._ask()

    def clear(self) -> None:
        self._ask()

    def weights_changed(self) -> None:
        self._ask()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def close_view(self) -> None:
        self._asker.close()

    def _ask(self) -> None:
        session = self._session
        if self.isVisible() and session is not None:
            if not self._told:
                self._notice.say(*self.waits)
            self._asker.ask(session, lambda program: self.question(session, program))

    def _arrived(self, answer: Any) -> None:
        if answer is None and not self.ready():
            return
        self._told = True
        if answer is None:
            self._notice.say(*self.empty)
        self._stack.setCurrentWidget(self._notice if answer is None else self._content)
        if answer is not None:
            self.show_answer(answer)

    def _failed(self, text: str) -> None:
        self._told = True
        self._notice.say("No answer came", text, error=True)
        self._stack.setCurrentWidget(self._notice)
