"""The bar above the canvas that says why a run failed or learns badly, with the remedies as buttons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from neuralgraph.graph.remedies import Remedy
from neuralgraph.ui.controls import button, dress, flat, repolish, words
from neuralgraph.ui.flow import Flow
from neuralgraph.ui.icons import badge, icon
from neuralgraph.ui.panels.problem_card import wrapped
from neuralgraph.ui.theme import Theme


@dataclass(frozen=True)
class Advice:
    """`text` is what is wrong, `more` the next step; `key` is the same for what is the same trouble."""

    key: tuple[str, str | None]
    severity: Literal["error", "warning"]
    text: str
    more: str = ""
    remedies: tuple[Remedy, ...] = ()
    node: str | None = None


class AdviceBar(QFrame):
    """Shows one piece of advice at a time, errors first; the ✕ lets the next one come.

    `taken` brings a `Remedy`, `wanted` the node that the advice is about.
    """

    taken = Signal(object)
    wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.setObjectName("advice")
        self.shown: list[Advice] = []
        self.dismissed: set[tuple[str, str | None]] = set()
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(12), theme.px(8), theme.px(4), theme.px(8))
        row.setSpacing(theme.px(8))
        self._sign = QLabel()
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(theme.px(4))
        self._text, self._more = wrapped(theme, "", 13, 600, "text"), wrapped(theme, "", 12, 400, "text2")
        self._ways = QWidget()
        self._flow = Flow(self._ways, theme.px(8))
        self.buttons: list[QWidget] = []
        for one in (self._text, self._more, self._ways):
            column.addWidget(one)
        row.addLayout(column, 1)
        self._count = words(theme, "", 12, 400, "text2")
        row.addWidget(self._count, 0, Qt.AlignmentFlag.AlignTop)
        self._find = flat(theme, "crosshairs-gps", "Show the node", clicked=self._show_node)
        self._close = flat(theme, "close", "Dismiss", clicked=self.dismiss)
        for made in (self._find, self._close):
            row.addWidget(made, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    @property
    def present(self) -> Advice | None:
        """What can be read now."""
        return self.shown[0] if self.shown else None

    def add(self, advice: Advice) -> None:
        """One more; news of a trouble take the place of what was said of it. What was dismissed comes back no more."""
        if advice.severity == "error":
            self.shown = [advice, *(one for one in self.shown if one.severity != "error")]
        elif advice.key in self.dismissed:
            return
        elif any(one.key == advice.key for one in self.shown):
            self.shown = [advice if one.key == advice.key else one for one in self.shown]
        else:
            self.shown.append(advice)
        self._show()

    def dismiss(self) -> None:
        """It was read: the next one comes, and this one does not come back."""
        if self.shown:
            self.dismissed.add(self.shown.pop(0).key)
        self._show()

    def outdate(self, kind: str) -> None:
        """A remedy of this kind was taken: what others of its kind say was meant for how it was before."""
        self.shown = [replace(one, remedies=tuple(way for way in one.remedies if way.kind != kind))
                      for one in self.shown]
        self._show()

    def settle(self) -> None:
        """A run begins: what the last one failed by is over."""
        self.shown = [one for one in self.shown if one.severity != "error"]
        self._show()

    def forget(self) -> None:
        """Another document, or a fresh start."""
        self.shown, self.dismissed = [], set()
        self._show()

    def dress(self) -> None:
        """The colours of the present theme."""
        for label in (self._text, self._more, self._count):
            dress(label, self.theme)
        self._find.setIcon(icon("crosshairs-gps", self.theme.tokens.text2))
        self._close.setIcon(icon("close", self.theme.tokens.text2))
        self._show()

    def _show(self) -> None:
        one = self.present
        self.setVisible(one is not None)
        for made in self.buttons:
            self._flow.removeWidget(made)
            made.hide()
            made.deleteLater()
        self.buttons = []
        if one is None:
            return
        self.setProperty("severity", one.severity)
        repolish(self)
        self._sign.setPixmap(badge(one.severity, self.theme.px(18), self.theme.tokens))
        self._text.setText(one.text)
        self._more.setText(one.more)
        self._more.setVisible(bool(one.more))
        self._count.setText(f"1 of {len(self.shown)}" if len(self.shown) > 1 else "")
        self._find.setVisible(one.node is not None)
        self.setAccessibleName(f"{one.text} {one.more}".strip())
        for number, remedy in enumerate(one.remedies):
            primary = number == 0 and one.severity == "error"
            made = button(remedy.label, kind="primary" if primary else "plain",
                          clicked=partial(self.taken.emit, remedy))
            made.setToolTip(remedy.advice[:1].upper() + remedy.advice[1:])
            self.buttons.append(made)
            self._flow.addWidget(made)
        self._ways.setVisible(bool(self.buttons))
        self._ways.updateGeometry()

    def _show_node(self) -> None:
        one = self.present
        if one is not None and one.node is not None:
            self.wanted.emit(one.node)
