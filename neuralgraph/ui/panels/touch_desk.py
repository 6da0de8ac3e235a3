"""Touching in the inspector: the numbers that it shows can be changed, held and put back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from neuralgraph.graph.touches import MEAN, Spot
from neuralgraph.session import Session
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.panels.figure import Figure
from neuralgraph.ui.panels.filters import Topic
from neuralgraph.ui.panels.heatmap import HeatMap
from neuralgraph.ui.panels.numbers_page import NumbersPage
from neuralgraph.ui.panels.touch_bar import TouchBar, TouchRow
from neuralgraph.ui.panels.touch_hand import PAUSE, Hand
from neuralgraph.ui.panels.touch_places import MOST, Place, Places
from neuralgraph.ui.theme import Theme

PIXELS = 80.0
"""Dragging a number so far up adds as much as the largest one is."""
FRAMED = 400
"""At most so many frames are drawn."""


class TouchDesk(QWidget):
    """Stands above the page of numbers and has its hand in it. `touched`: everybody has to look again."""

    touched = Signal()

    def __init__(self, session: Session, bridge: TrainingBridge, theme: Theme, page: NumbersPage) -> None:
        super().__init__()
        self._page = page
        self.hand = Hand(session, bridge, self)
        self.bar, self.row = TouchBar(theme), TouchRow(theme)
        self._node, self._name, self._topic = "", "", "weights"
        self._array: NDArray[Any] = np.zeros(0)
        self._key: object = None
        self._places: Places | None = None
        self._chosen: Place | None = None
        self._start, self._far = 0.0, 1.0
        self._outcome: Any = None
        self._said = ""
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        box.addWidget(self.bar)
        page.put_below(self.row)  # what is looked at does not move when it comes
        for figure in (page.heat, page.bars):
            figure.chosen.connect(lambda spot, figure=figure: self._choose(figure, spot))
            figure.opened.connect(lambda spot, figure=figure: self._open(figure, spot))
            figure.pulled.connect(lambda spot, up, figure=figure: self._pull(figure, spot, up))
            figure.offered = lambda menu, point, figure=figure: self._offer(menu, figure, point)
        self._wire()

    def _wire(self) -> None:
        hand, bar = self.hand, self.bar
        hand.touched.connect(self.touched)
        hand.told.connect(self._tell)
        hand.said.connect(self._say)
        self.row.typed.connect(self._type)
        self.row.back.connect(self._back)
        bar.undo.connect(hand.undo)
        bar.back.connect(hand.put_back_all)
        bar.keep.connect(hand.keep)
        bar.take_back.connect(hand.take_back)

    # -- what it is told --------------------------------------------------------------------------------------------

    def set_session(self, session: Session) -> None:
        self._said = ""
        self.hide_numbers()
        self.hand.set_session(session)

    def show_numbers(self, node: str, topic: Topic, name: str, array: NDArray[Any], *, image: bool,
                     fixed: bool = False) -> None:
        """The page shows this array, which can be touched where it is no gradient and not `fixed`."""
        able = topic != "gradients" and not fixed and array.size <= MOST
        channel = max(0, self._page.channel.currentIndex())
        key = (node, topic, name, array.shape, channel)
        if key != self._key:
            self._places = Places(array.shape, topic, channel, image=image) if able else None
            self._chosen = self._chosen if self._key is not None and key[:4] == self._key[:4] else None  # type: ignore[index]
            self._key = key
        self._node, self._topic, self._name, self._array = node, topic, name, array
        for figure in (self._page.heat, self._page.bars):
            figure.pliable = able
            figure.framed = tuple(self._frames(figure))
            figure.update()
        if self._places is not None and array.ndim == 0:
            self._chosen, self._far = (), max(self._far, 2 * self._reach())
        self._show_row()

    def forget(self) -> None:
        """The run was reset."""
        self._said = ""
        self.hand.forget()

    def hide_numbers(self) -> None:
        """Nothing is shown that could be touched."""
        self._key, self._places, self._chosen = None, None, None
        self.row.hide()

    def dress(self) -> None:
        self.bar.dress()
        self.row.dress()

    def close_desk(self) -> None:
        self.hand.close()

    # -- choosing and changing --------------------------------------------------------------------------------------

    @property
    def _learns(self) -> bool:
        return self._topic == "weights"

    def _place(self, figure: Figure, spot: tuple[int, int] | None) -> Place | None:
        """The place in the array that a spot of a figure shows."""
        if spot is None or self._places is None or not figure.isVisible():
            return None
        inside = figure.inside(spot) if isinstance(figure, HeatMap) else (0, 0, spot[1])
        return self._places.of(*inside)

    def _choose(self, figure: Figure, spot: tuple[int, int] | None) -> None:
        place = self._place(figure, spot)
        if place is not None:
            self._chosen, self._start, self._far = place, float(self._array[place]), 2 * self._reach()
        self._show_row()

    def _open(self, figure: Figure, spot: tuple[int, int]) -> None:
        self._choose(figure, spot)
        if self.row.isVisible():
            self.row.field.setFocus()
            self.row.field.selectAll()

    def _pull(self, figure: Figure, spot: tuple[int, int], up: float) -> None:
        place = self._place(figure, spot)
        if place is not None:
            self._chosen = place
            self._type(float(f"{self._start + up / PIXELS * self._far / 2:.4g}"))

    def _type(self, value: float) -> None:
        if self._chosen is not None:
            self.hand.change(Spot(self._node, self._name, self._chosen), value, learns=self._learns)

    def _back(self) -> None:
        for spot in self._of_chosen():
            self.hand.put_back(spot)

    def _of_chosen(self) -> list[Spot]:
        """The touches that the chosen number comes from."""
        return [spot for spot in (*self.hand.touches.numbers, *self.hand.touches.held)
                if (spot.node, spot.name) == (self._node, self._name) and self._chosen is not None
                and all(one is None or one == other for one, other in zip(spot.at, self._chosen, strict=False))]

    def _meant(self, place: Place) -> float | None:
        """What somebody set this very number to; the array may still be the one of before."""
        touches, spot = self.hand.touches, Spot(self._node, self._name, place)
        found = touches.numbers.get(spot, touches.held.get(spot))
        return found if isinstance(found, float) else None

    def _reach(self) -> float:
        finite = np.abs(self._array[np.isfinite(self._array)]) if self._array.size else np.zeros(0)
        return max(float(finite.max(initial=0.0)), 0.1)

    def _show_row(self) -> None:
        place = self._chosen
        if place is None or self._places is None or len(place) != self._array.ndim:
            self.row.hide()
            return
        inside = ", ".join(map(str, place))
        value = float(self._array[place])
        self.row.show_number(f"[{inside}]" if inside else self._name,
                             value if math.isfinite(value) else 0.0, self._far,
                             touched=bool(self._of_chosen()), meant=self._meant(place))
        self.row.setEnabled(not self.hand.moving)
        self.row.setToolTip(PAUSE if self.hand.moving else "")

    def _frames(self, figure: Figure) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """Around each place of a figure that is touched, in each tile."""
        touches, found = self.hand.touches, list[tuple[tuple[int, int], tuple[int, int]]]()
        if self._places is None:
            return found
        for spot in (*touches.numbers, *touches.held):
            if (spot.node, spot.name) == (self._node, self._name):
                for first, last in self._places.around(spot.at):
                    found.append((figure.outside(*first), figure.outside(*last)) if isinstance(figure, HeatMap)
                                 else ((0, first[2]), (0, last[2])))
        return found[:FRAMED]

    # -- the menu ---------------------------------------------------------------------------------------------------

    def _offer(self, menu: QMenu, figure: Figure, point: QPointF) -> None:
        """Rows for the number under the pointer on top of a figure's menu."""
        spot = figure.spot(point) or figure.at
        place = self._place(figure, spot)
        if self._places is None or place is None:
            return
        first = menu.actions()[0] if menu.actions() else None
        rows: list[tuple[str, Any]] = [("Change this number", lambda: self._open(figure, spot or (0, 0)))]
        unit = self.hand.unit(self._node, self._name, place) if self._topic == "activations" else None
        if unit is not None:
            which = f"unit {next(one for one in unit.at if one is not None)}"
            rows += [(f"Hold {which} at 0", lambda: self.hand.hold(unit, 0.0)),
                     (f"Hold {which} at its mean", lambda: self.hand.hold(unit, MEAN))]
        if self._topic == "activations" and self.hand.can_skip(self._node):
            rows.append(("Skip this node: hand on what it gets", lambda: self.hand.skip(self._node)))
        self._chosen = place
        if self._of_chosen():
            rows.append(("Put it back", self._back))
        for text, act in rows:
            made = menu.addAction(text)
            made.triggered.connect(lambda _on=False, act=act: act())
            made.setEnabled(not self.hand.moving)
            if first is not None:
                menu.insertAction(first, made)
        if first is not None:
            menu.insertSeparator(first)

    # -- what comes of it -------------------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        self._said = text
        self._refresh()

    def _tell(self, outcome: Any) -> None:
        self._outcome = outcome
        if outcome is not None:
            self._said = ""
        self._refresh()

    def _refresh(self) -> None:
        hand = self.hand
        some, still = bool(hand.touches), not hand.moving
        self.bar.show_outcome(self._outcome if some else None, self._said, undo=hand.can_undo and still,
                              keep=hand.can_keep and still, back=some, kept=hand.can_take_back and not some)
        self._show_row()
