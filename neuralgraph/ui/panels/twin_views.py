"""The views of one of the twins; those of the other one beside it are the same, of the same node, on the same scales.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from neuralgraph.figures.alike import alike
from neuralgraph.figures.shown import Shown
from neuralgraph.session import Session
from neuralgraph.training.events import Event
from neuralgraph.ui.bridge import later
from neuralgraph.ui.controls import flat
from neuralgraph.ui.icons import icon
from neuralgraph.ui.panels.views_card import ViewCard
from neuralgraph.ui.theme import Theme

MOST = 3
"""So many views of each stand side by side, at most."""


class TwinViews(QWidget):
    """Whatever is chosen in one is chosen in the other one too, as soon as they are `joined`."""

    def __init__(self, session: Session, bridge: Any, theme: Theme) -> None:
        super().__init__()
        self._session, self._bridge, self._theme = session, bridge, theme
        self._node, self._part, self._place = "", "all", 0
        self.cards: list[ViewCard] = []
        self._came: list[Shown | None] = []
        """What each card was given, on its own scales."""
        self.other: TwinViews | None = None
        self.row = QSplitter(Qt.Orientation.Horizontal)
        self.row.setChildrenCollapsible(False)
        self.row.setHandleWidth(1)
        self.add = flat(theme, "plus", "Another view of both", size=26, clicked=self.more)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        box.addWidget(self.row, 1)
        box.addWidget(self.add, 0, Qt.AlignmentFlag.AlignTop)
        self._put()

    def joined(self, other: TwinViews) -> None:
        """These two are looked at together."""
        self.other, other.other = other, self
        other.add.hide()

    # -- cards ------------------------------------------------------------------------------------------------------

    def more(self) -> None:
        """Another view of both."""
        for one in self._both():
            one._put()

    def _both(self) -> list[TwinViews]:
        return [self] if self.other is None else [self, self.other]

    def _put(self) -> None:
        card = ViewCard(self._bridge, self._theme, lambda: 2 * max(1, len(self.cards)))
        card.large.hide()
        card.fit = partial(self._fit, card)
        card.changed.connect(lambda: self._follow(card))
        card.closed.connect(lambda: self._close(card))
        card.chosen.connect(lambda row: self.look_at(self._node, "all", row))
        self.cards.append(card)
        self._came.append(None)
        self.row.addWidget(card)
        self.row.setSizes([1000] * len(self.cards))
        self._count()
        card.look_at(self._node, self._part, self._place)
        card.set_session(self._session)

    def _count(self) -> None:
        self.add.setEnabled(len(self.cards) < MOST)
        for card in self.cards:
            card.shut.setVisible(len(self.cards) > 1)

    def _close(self, card: ViewCard) -> None:
        place = self.cards.index(card)
        for one in self._both():
            gone = one.cards.pop(place)
            one._came.pop(place)
            gone.close_view()
            gone.hide()
            gone.deleteLater()
            one._count()

    def _follow(self, card: ViewCard) -> None:
        """The same view with the same options in the other one."""
        if self.other is None or card not in self.cards:
            return
        place = self.cards.index(card)
        beside = self.other.cards[place]
        options = {name: dict(one) for name, one in card.options.items()}
        beside.default = card.default
        if (beside.view, beside.options) != (card.view, options):
            beside.options = options
            beside.show_view(card.view)

    def _fit(self, card: ViewCard, found: Shown) -> Shown:
        """On the scales of both; the other one is drawn anew on them."""
        if card not in self.cards:
            return found
        place = self.cards.index(card)
        self._came[place] = found
        other = self.other
        known = other._came[place] if other is not None and place < len(other._came) else None
        if other is None or known is None or other.cards[place].view != card.view:
            return found
        mine, theirs = alike(found, known)
        if type(theirs) is type(other.cards[place].pad.shown):
            beside = other.cards[place]
            later(0, lambda: beside.pad.set_shown(theirs), beside)
        return mine

    # -- what it is told --------------------------------------------------------------------------------------------

    def look_at(self, node: str, part: str, place: int) -> None:
        """A node and a sample, for both."""
        for one in self._both():
            one._node, one._part, one._place = node, part, place
            for card in one.cards:
                card.look_at(node, part, place)

    def show_node(self, node: str | None) -> None:
        """Another node is selected: where nobody has chosen a view, one that suits it."""
        for one in self._both() if (node or "") != self._node else []:
            for card in one.cards:
                card.view = "" if card.view == card.default and not card.pinned else card.view
        self.look_at(node or "", self._part, self._place)

    def feed(self, _: Sequence[Event]) -> None:
        self.weights_changed()

    def weights_changed(self) -> None:
        for card in self.cards:
            card.ask()

    def set_theme(self, theme: Theme) -> None:
        self.add.setIcon(icon("plus", theme.tokens.text2))

    def close_view(self) -> None:
        self.other = None
        for card in self.cards:
            card.close_view()
