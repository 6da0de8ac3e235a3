"""Twins side by side: the same view of both, with the name and the numbers of each above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from neuralgraph.session import Session
from neuralgraph.training.events import Event
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.controls import Choice, dress, words
from neuralgraph.ui.panels.inspector_empty import Notice
from neuralgraph.ui.theme import Theme

VIEWS = (("Boundary", "boundary", "BoundaryPanel"), ("Confusion", "confusion", "ConfusionPanel"),
         ("Samples", "samples", "SamplesPanel"))


class BesideBridge(QObject):
    """What a view asks in place of the bridge: the control of the right one. While both stand still nobody learns."""

    ticked = Signal()

    def __init__(self, bridge: TrainingBridge, stands: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._bridge, self._stands = bridge, stands
        self.control: Any = None
        bridge.ticked.connect(self.ticked)

    @property
    def running(self) -> bool:
        return self._bridge.running and self.control is not None and not self._stands()


class Side(QWidget):
    """One of the two: its name, its numbers, the view."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.name, self.numbers = words(theme, "", 13, 600), words(theme, "", 13, 400, "text2")
        self.stack = QStackedWidget()
        head = QHBoxLayout()
        head.setSpacing(theme.px(10))
        head.addWidget(self.name)
        head.addWidget(self.numbers)
        head.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(2))
        box.addLayout(head)
        box.addWidget(self.stack, 1)
        self.panel: Any = None

    def show_panel(self, made: QWidget | None) -> None:
        old, self.panel = self.panel, made
        if old is not None:
            old.close_view()
            self.stack.removeWidget(old)
            old.hide()
            old.deleteLater()
        if made is not None:
            self.stack.addWidget(made)
            self.stack.setCurrentWidget(made)
            made.weights_changed()  # type: ignore[attr-defined]

    def dress(self) -> None:
        for one in (self.name, self.numbers):
            dress(one, self.theme)


class TwinView(QWidget):
    """Empty until twins learn."""

    def __init__(self, bridge: TrainingBridge, beside: BesideBridge, theme: Theme) -> None:
        super().__init__()
        self.theme, self._bridges = theme, (bridge, beside)
        self._sessions: tuple[Session, Session] | None = None
        self.what = Choice(theme, fit=True)
        self.what.addItems([title for title, _, _ in VIEWS])
        self.what.setAccessibleName("View of both")
        self.what.currentIndexChanged.connect(self._again)
        self.sides = (Side(theme), Side(theme))
        self.notice = Notice(theme.tokens, "compare-horizontal", "No twins yet",
                             "Train ▸ Train with a twin: two that learn the same batches, side by side.")
        self._pages = QStackedWidget()
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(theme.px(12), theme.px(4), theme.px(12), theme.px(4))
        row.setSpacing(theme.px(16))
        for side in self.sides:
            row.addWidget(side, 1)
        row.addWidget(self.what, 0, Qt.AlignmentFlag.AlignTop)
        self._pages.addWidget(self.notice)
        self._pages.addWidget(page)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._pages)

    def show_twins(self, left: Session, right: Session, names: Sequence[str]) -> None:
        """These two from now on."""
        self._sessions = (left, right)
        for side, name in zip(self.sides, names, strict=True):
            side.name.setText(name)
            side.numbers.setText("")
        self._pages.setCurrentIndex(1)
        self._again()

    def say(self, numbers: Sequence[str]) -> None:
        """The figures of both."""
        for side, text in zip(self.sides, numbers, strict=True):
            side.numbers.setText(text)

    def forget(self) -> None:
        """Another document is open."""
        self._sessions = None
        for side in self.sides:
            side.show_panel(None)
        self._pages.setCurrentIndex(0)

    def feed(self, events: Sequence[Event]) -> None:
        for side in self.sides if self.isVisible() else ():
            if side.panel is not None:
                side.panel.feed(events)

    def weights_changed(self) -> None:
        for side in self.sides:
            if side.panel is not None:
                side.panel.weights_changed()

    def set_theme(self, theme: Theme) -> None:
        self.notice.set_tokens(theme.tokens)
        for side in self.sides:
            side.dress()
            if side.panel is not None:
                side.panel.set_theme(theme)

    def close_view(self) -> None:
        for side in self.sides:
            if side.panel is not None:
                side.panel.close_view()

    def _again(self) -> None:
        if self._sessions is None:
            return
        _, module, name = VIEWS[self.what.currentIndex()]
        kind = getattr(import_module(f"neuralgraph.ui.panels.{module}"), name)
        for side, session, bridge in zip(self.sides, self._sessions, self._bridges, strict=True):
            side.show_panel(kind(session, bridge, self.theme))
