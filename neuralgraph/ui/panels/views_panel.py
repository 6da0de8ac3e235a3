"""The panel of views: several side by side, of the selected node and of the network, for one chosen sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from neuralgraph.session import Session
from neuralgraph.training.events import Event
from neuralgraph.ui.asking import Asker
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.controls import button, dress, words
from neuralgraph.ui.panels.sample_bar import SampleBar
from neuralgraph.ui.panels.views_card import WHOLE, ViewCard
from neuralgraph.ui.theme import Theme
from neuralgraph.validation.analysis import Analysis

MOST = 6
"""So many views stand side by side, at most."""


SIDE, SIDE_NARROW, NARROW = 216, 136, 700
"""Pixels of the column at the left; in panels narrower than this it is narrower, too."""


class ViewsPanel(QWidget):
    """Cards in a row; at the left what they look at."""

    acted = Signal(str)
    """A command of the window was asked for beside what is shown, by its name."""

    def __init__(self, session: Session, bridge: TrainingBridge, theme: Theme) -> None:
        super().__init__()
        self._session, self._bridge, self._theme = session, bridge, theme
        self._node, self._part, self._place, self._seeking = "", "all", 0, False
        self.cards: list[ViewCard] = []
        self.windows: list[ViewWindow] = []
        self._asker = Asker(bridge, self, every=0.5)
        self._asker.answered.connect(self._sampled)
        self.of = words(theme, WHOLE, 13, 600)
        self.of.setWordWrap(True)
        self.sample = SampleBar(theme)
        self.sample.wanted.connect(self._want)
        self.sample.hide()
        self.add = button("Add view", clicked=lambda: self.new_card())
        self._place_widgets()
        self.new_card()

    def _place_widgets(self) -> None:
        side = QVBoxLayout()
        side.setContentsMargins(10, 8, 6, 8)
        side.setSpacing(6)
        side.addWidget(self.of)
        side.addWidget(self.sample)
        side.addStretch(1)
        side.addWidget(self.add)
        self._side = QWidget()
        self._side.setLayout(side)
        self.row = QSplitter(Qt.Orientation.Horizontal)
        self.row.setChildrenCollapsible(False)
        self.row.setHandleWidth(1)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._side)
        box.addWidget(self.row, 1)
        self._settle()

    def _settle(self) -> None:
        """Less room for the sample, and more for the views, where there is little."""
        narrow = self.width() < self._theme.px(NARROW)
        self._side.setFixedWidth(self._theme.px(SIDE_NARROW if narrow else SIDE))
        self.sample.set_narrow(narrow)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle()

    # -- cards ------------------------------------------------------------------------------------------------------

    def new_card(self, view: str = "") -> ViewCard:
        """Another view beside those there are."""
        card = ViewCard(self._bridge, self._theme, self._asking)
        card.view = view
        card.closed.connect(lambda: self._close(card))
        card.enlarged.connect(lambda: self._enlarge(card))
        card.chosen.connect(self._row_chosen)
        card.acted.connect(self.acted)
        self.cards.append(card)
        self.row.addWidget(card)
        self.row.setSizes([1000] * len(self.cards))
        self.add.setEnabled(len(self.cards) < MOST)
        card.shut.setVisible(len(self.cards) > 1)
        self.cards[0].shut.setVisible(len(self.cards) > 1)
        card.look_at(self._node, self._part, self._place)
        card.set_session(self._session)
        return card

    def show_view(self, name: str) -> None:
        """A view in the first card that shows it, else in the first card."""
        card = next((one for one in self.cards if one.view == name), self.cards[0])
        card.show_view(name)

    def _close(self, card: ViewCard) -> None:
        self.cards.remove(card)
        card.close_view()
        card.hide()
        card.deleteLater()
        self.add.setEnabled(True)
        self.cards[0].shut.setVisible(len(self.cards) > 1)

    def _enlarge(self, card: ViewCard) -> None:
        window = ViewWindow(self, self._bridge, self._theme, card)
        window.card.set_session(self._session)
        window.card.chosen.connect(self._row_chosen)
        window.card.acted.connect(self.acted)
        window.gone = lambda: self.windows.remove(window)
        self.windows.append(window)
        window.show()

    def _all(self) -> list[ViewCard]:
        return [*self.cards, *(one.card for one in self.windows)]

    def _asking(self) -> int:
        return max(1, sum(one.isVisible() for one in self._all()))

    # -- what it is told --------------------------------------------------------------------------------------------

    def set_session(self, session: Session) -> None:
        self._session, self._node, self._part, self._place = session, "", "all", 0
        self.of.setText(WHOLE)
        self.sample.hide()
        for card in self._all():
            card.set_session(session)

    def set_analysis(self, _: Analysis) -> None:
        for card in self._all():
            card.renew()
        self._ask()

    def set_theme(self, theme: Theme) -> None:
        self._settle()
        dress(self.of, theme)
        self.sample.dress()

    def show_node(self, node: str | None) -> None:
        self._node = node or ""
        self.of.setText(self._node or WHOLE)
        self._look()

    def feed(self, _: Sequence[Event]) -> None:
        for card in self._all():
            card.ask()
        self._ask()

    def clear(self) -> None:
        self.weights_changed()

    def run_changed(self) -> None:
        """A run gets ready, or is over: what it left no time for is completed."""
        self.weights_changed()

    def weights_changed(self) -> None:
        for card in self._all():
            card.ask()
        self._ask()

    def close_view(self) -> None:
        self._asker.close()
        for window in list(self.windows):
            window.close()
        for card in self.cards:
            card.close_view()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.weights_changed()

    # -- the sample -------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        for card in self._all():
            card.look_at(self._node, self._part, self._place)

    def _want(self, part: str, place: int, wrong: bool) -> None:
        self._part, self._place, self._seeking = part, place, wrong
        if not wrong:
            self._look()
        self._ask()

    def _row_chosen(self, row: int) -> None:
        """A spot of a figure stands for a row of the data: look at it."""
        self._want("all", row, False)

    def _ask(self) -> None:
        session, part, place, wrong = self._session, self._part, self._place, self._seeking
        if session is not None and self.isVisible():
            self._asker.ask(session, lambda program: session.sampled(part, place, program, wrong=wrong))

    def _sampled(self, chosen: Any) -> None:
        self._seeking = False
        self.sample.setVisible(chosen is not None)
        if chosen is not None:
            self._part, self._place = chosen.sample.part, chosen.sample.place
            self.sample.show_seen(chosen)
            self._look()


class ViewWindow(QWidget):
    """A view in a window of its own, as large as a wall; it keeps its node."""

    def __init__(self, home: QWidget, bridge: TrainingBridge, theme: Theme, like: ViewCard) -> None:
        super().__init__(home, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.gone: Any = lambda: None
        self.card = ViewCard(bridge, theme)
        self.card.view, self.card.node = like.view, like.node
        self.card.part, self.card.place = like.part, like.place
        self.card.options = {name: dict(one) for name, one in like.options.items()}
        self.card.pin.setChecked(True)
        self.card.shut.hide()
        self.card.large.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(6, 6, 6, 6)
        box.addWidget(self.card)
        self.setWindowTitle(f"{like.which.text()}: {like.of.text()}")
        self.card.named.connect(self.setWindowTitle)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.resize(theme.px(760), theme.px(560))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.card.ask()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.card.close_view()
        self.gone()
        super().closeEvent(event)
