"""One array as a picture: bars, a matrix or tiles, with colour bar, distribution and figures; to be taken along."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from neuralgraph.tokens import LIGHT
from neuralgraph.ui.controls import Choice, dress, words
from neuralgraph.ui.panels.colorbar import ColorBar
from neuralgraph.ui.panels.figure import drawn
from neuralgraph.ui.panels.filters import Topic, View, figures_of, view_of
from neuralgraph.ui.panels.heatmap import HeatMap, as_text
from neuralgraph.ui.panels.histogram import Bars, Histogram
from neuralgraph.ui.panels.taking import take_button
from neuralgraph.ui.theme import Theme


class NumbersPage(QWidget):
    """Shows one of several named arrays. `chosen` says that another name or channel was picked: show again."""

    chosen = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme, self.stem = theme, "numbers"
        self._array: NDArray[Any] | None = None
        self._names: tuple[str, ...] = ()
        self.which, self.channel = Choice(theme), Choice(theme)
        self.which.setAccessibleName("Which numbers")
        self.channel.setAccessibleName("Which channel")
        self.which.activated.connect(lambda _: self.chosen.emit())
        self.channel.activated.connect(lambda _: self.chosen.emit())
        self.caption, self.pointed = (words(theme, "", size, 400, "text2") for size in (12, 11))
        self.caption.setWordWrap(True)
        self.pointed.setMinimumHeight(theme.px(16))
        self.heat, self.bar = HeatMap(theme), ColorBar(theme.tokens)
        self.bars, self.histogram = Bars(theme), Histogram(theme)
        self.figures = words(theme, "", 12, 600)
        self.figures.setWordWrap(True)
        for figure in (self.heat, self.bars, self.histogram):
            figure.pointed.connect(self.pointed.setText)
            figure.subject = self
        head = QHBoxLayout()
        head.addWidget(self.which, 1)
        head.addWidget(self.channel, 1)
        title = QHBoxLayout()
        title.addWidget(self.caption, 1)
        title.addWidget(take_button(theme, self))
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addLayout(head)
        box.addLayout(title)
        for one in (self.heat, self.bars, self.bar, self.pointed, self.histogram, self.figures):
            box.addWidget(one)

    def put_below(self, row: QWidget) -> None:
        """Something that belongs to the number that is read out: right below it."""
        box = self.layout()
        assert isinstance(box, QVBoxLayout)
        box.insertWidget(box.indexOf(self.pointed) + 1, row)

    def offer(self, names: list[str]) -> str:
        """What there is to choose from; the name that is chosen now."""
        if [self.which.itemText(n) for n in range(self.which.count())] != names:
            self.which.clear()
            self.which.addItems(names)
        self.which.setVisible(len(names) > 1)
        return self.which.currentText() or names[0]

    def show_array(self, array: NDArray[Any], topic: Topic, *, stem: str, image: bool = False,
                   names: tuple[str, ...] = ()) -> None:
        """Show an array; `image`: inputs to be looked at; `names` are those of the entries of its first axis."""
        self._array, self._names, self.stem = array, names, stem
        view = view_of(array, topic, max(0, self.channel.currentIndex()), image=image)
        self._offer_channels(view)
        self.caption.setText(view.caption)
        numbers = np.asarray(array, dtype=np.float64)
        self.bars.setVisible(view.kind == "bars")
        heat = view.kind in ("matrix", "tiles")
        self.heat.setVisible(heat)
        self.bar.setVisible(heat)
        self.pointed.setVisible(view.kind != "number")
        self.histogram.setVisible(numbers.size > 16 and not image)
        if view.kind == "bars":
            self.bars.set_values(view.values, names)
        elif heat:
            self.heat.set_values(np.asarray(view.values), view.map, names=names if view.kind == "tiles" else ())
            self.bar.set_range(view.map, self.heat.low, self.heat.high)
        self.histogram.set_values(numbers)
        self.figures.setText(line_of(numbers, names))

    def dress(self) -> None:
        """The colours of the present theme."""
        for one in (self.caption, self.pointed, self.figures):
            dress(one, self.theme)
        self.bar.set_tokens(self.theme.tokens)
        self.update()

    # -- taking it along --------------------------------------------------------------------------------------------

    def csv(self) -> str:
        """The whole array, exactly: not only what is drawn of it."""
        array = self._array
        if array is None:
            return ""
        if array.ndim == 1 and len(self._names) == len(array):
            return "".join(f"{name},{value!s}\n" for name, value in zip(self._names, array, strict=True))
        return as_text(np.atleast_2d(array) if array.ndim < 3 else array.reshape(-1, *array.shape[-2:]))

    def picture(self) -> QImage:
        """What is drawn of it, one below the other, in the light theme."""
        parts = [one for one in (self.heat, self.bars, self.bar, self.histogram) if one.isVisibleTo(self)]
        size = self.size()
        size.setHeight(sum(one.height() + 8 for one in parts))

        def paint(painter: QPainter) -> None:
            place = QPoint(0, 4)
            for one in parts:
                painter.save()
                painter.translate(place)
                one.paint(painter, LIGHT)
                painter.restore()
                place.setY(place.y() + one.height() + 8)

        return drawn(size, paint)

    def _offer_channels(self, view: View) -> None:
        many = view.channels > 1
        self.channel.setVisible(many)
        if many and self.channel.count() != view.channels:
            self.channel.clear()
            self.channel.addItems([f"{view.channel_name} {n + 1}" for n in range(view.channels)])


def line_of(numbers: NDArray[Any], names: tuple[str, ...] = ()) -> str:
    """mean, std and norm under a picture; the number itself where there is one."""
    if numbers.size == 1:
        value = float(numbers.reshape(-1)[0])
        if names and value.is_integer() and 0 <= value < len(names):
            return f"{value:.0f}: {names[int(value)]}" if names[int(value)] != f"{value:.0f}" else f"{value:.0f}"
        return f"{value:.4g}".replace("-", "−")
    figures = figures_of(numbers)
    text = f"mean {figures.mean:.2g}   std {figures.std:.2g}   norm {figures.norm:.3g}"
    if figures.bad:
        text += f"   {figures.bad:,} not finite"
    return text.replace("-", "−")
