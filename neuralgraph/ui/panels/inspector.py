"""The inspector of the selected node: weights, activations of a chosen sample, gradients, with their figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QTabBar, QVBoxLayout, QWidget

from neuralgraph.session import Session
from neuralgraph.training.events import Event, Reading
from neuralgraph.ui.asking import Asker
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.controls import Choice
from neuralgraph.ui.panels.colorbar import ColorBar
from neuralgraph.ui.panels.filters import Topic, View, figures_of, view_of
from neuralgraph.ui.panels.heatmap import HeatMap, as_text
from neuralgraph.ui.panels.histogram import Bars, Histogram
from neuralgraph.ui.panels.inspector_empty import Notice
from neuralgraph.ui.panels.inspector_type import Themed, coloured, label, tool_button
from neuralgraph.validation.analysis import Analysis

TOPICS: tuple[Topic, ...] = ("weights", "activations", "gradients")
EMPTY = {
    "weights": ("No weights yet", "They appear as soon as the input shape is known."),
    "activations": ("Nothing to show yet", "Activations appear as soon as the graph has no error."),
    "gradients": ("No gradients yet", "Learn one batch: they are those of the last one."),
}
NONE = {
    "weights": ("No weights", "This node learns nothing."),
    "activations": ("No activations", "This node gives no numbers for a sample."),
    "gradients": ("No gradients", "This node learns nothing."),
}


class Inspector(QWidget):
    """Asks the session, or the run under way, for a `Reading` of one node and shows it."""

    def __init__(self, session: Session, bridge: TrainingBridge, theme: Themed) -> None:
        super().__init__()
        self._session, self._bridge, self._tokens = session, bridge, theme.tokens
        self._node: str | None = None
        self._row = 0
        self._reading: Reading | None = None
        self._asker = Asker(bridge, self, every=0.15)
        self._asker.answered.connect(self._arrived)
        self._tabs = QTabBar()
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        for topic in TOPICS:
            self._tabs.addTab(topic.capitalize())
        self._tabs.currentChanged.connect(lambda _: self._show())
        self._which, self._channel = Choice(), Choice()
        self._which.activated.connect(lambda _: self._show())
        self._channel.activated.connect(lambda _: self._show())
        self._caption, self._pointed = label(pixels=12), label(pixels=11)
        self._heat, self._bar = HeatMap(self._tokens), ColorBar(self._tokens)
        self._bars, self._histogram = Bars(self._tokens), Histogram(self._tokens)
        self._heat.pointed.connect(self._pointed.setText)
        self._figures = label(pixels=12, weight=600, figures=True)
        self._figures.setWordWrap(True)
        self._notice = Notice(self._tokens, "grid")
        self._place()
        self.set_theme(theme)
        self._show()

    def _place(self) -> None:
        self._sample = QWidget()
        line = QHBoxLayout(self._sample)
        line.setContentsMargins(0, 0, 0, 0)
        self._sample_label = label(pixels=12)
        line.addWidget(self._sample_label, 1)
        for text, tip, step in (("‹", "Sample before", -1), ("›", "Next sample", 1)):
            button = tool_button(text, tip)
            button.setAccessibleName(tip)
            button.clicked.connect(lambda _=False, step=step: self._walk(step))
            line.addWidget(button)
        copy = tool_button("CSV", "Copy these numbers as CSV")
        copy.clicked.connect(self._copy)
        head = QHBoxLayout()
        head.addWidget(self._which, 1)
        head.addWidget(self._channel, 1)
        head.addWidget(copy)
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(12, 6, 12, 12)
        body.setSpacing(6)
        body.addWidget(self._sample)
        body.addLayout(head)
        for one in (self._caption, self._heat, self._bars, self._bar, self._pointed, self._histogram, self._figures):
            body.addWidget(one)
        body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._body)
        self._scroll = scroll
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._tabs)
        box.addWidget(scroll, 1)
        box.addWidget(self._notice, 1)

    # -- what it is told --------------------------------------------------------------------------------------------

    def set_session(self, session: Session) -> None:
        self._session, self._node, self._reading, self._row = session, None, None, 0
        self._show()

    def set_analysis(self, _: Analysis) -> None:
        self._ask()

    def set_theme(self, theme: Themed) -> None:
        self._tokens = theme.tokens
        for one in (self._heat, self._bar, self._bars, self._histogram, self._notice):
            one.set_tokens(self._tokens)
        t = self._tokens
        self._tabs.setStyleSheet(
            f"QTabBar::tab {{ padding: 8px 12px 6px; color: {t.text2}; border: none; }}"
            f"QTabBar::tab {{ border-bottom: 3px solid {t.panel}; }}"
            f"QTabBar::tab:selected {{ color: {t.text}; font-weight: 600; border-bottom: 3px solid {t.accent}; }}"
            f"QTabBar::tab:focus {{ color: {t.accent}; }}")
        for text in (self._caption, self._pointed, self._sample_label):
            coloured(text, self._tokens.text2)

    def show_node(self, node: str | None) -> None:
        """Look at another node."""
        if node != self._node:
            self._node, self._reading = node, None
            self._which.clear()
            self._ask()
            self._show()
            home = self.parentWidget()
            if home is not None:  # without a node its room goes to what is above it
                home.setVisible(node is not None)

    def feed(self, _: Sequence[Event]) -> None:
        """The run goes on: look again."""
        if self.isVisible():
            self._ask()

    def weights_changed(self) -> None:
        self._ask()

    def clear(self) -> None:
        self._reading = None
        self._ask()
        self._show()

    def close_view(self) -> None:
        self._asker.close()

    # -- asking and showing -----------------------------------------------------------------------------------------

    def _ask(self) -> None:
        node, row, session = self._node, self._row, self._session
        if node is not None and session is not None:
            self._asker.ask(session, lambda program: session.inspect(node, row, program))

    def _arrived(self, reading: object) -> None:
        if reading is None or (isinstance(reading, Reading) and reading.node == self._node):
            self._reading = reading
            self._show()

    def _walk(self, step: int) -> None:
        self._row = max(0, min(self._row + step, self._session.sample_rows - 1))
        self._ask()

    @property
    def topic(self) -> Topic:
        return TOPICS[max(0, self._tabs.currentIndex())]

    def _arrays(self) -> dict[str, NDArray[Any]]:
        if self._reading is None:
            return {}
        found = dict(getattr(self._reading, self.topic))
        if self.topic == "activations":
            found = {name: one[0] if one.ndim and len(one) == 1 else one for name, one in found.items()}
        return found

    def _show(self) -> None:
        """Fill the page of the present tab, or say why it is empty."""
        arrays = self._arrays()
        self._scroll.setVisible(bool(arrays))
        self._notice.setVisible(not arrays)
        if not arrays:
            title, hint = (EMPTY if self._reading is None or self.topic == "gradients" else NONE)[self.topic]
            if self._node is None:
                title, hint = "Nothing selected", "Click a node to look inside it."
            if (self._notice.title.text(), self._notice.hint.text()) != (title, hint):
                self._notice.say(title, hint)
            return
        names = list(arrays)
        if [self._which.itemText(n) for n in range(self._which.count())] != names:
            self._which.clear()
            self._which.addItems(names)
        self._which.setVisible(len(names) > 1)
        self._sample.setVisible(self.topic == "activations")
        self._sample_label.setText(f"sample {self._row} of {self._session.sample_rows:,}")
        self._picture(arrays[self._which.currentText() or names[0]])

    def _picture(self, array: NDArray[Any]) -> None:
        view = view_of(array, self.topic, max(0, self._channel.currentIndex()))
        self._offer_channels(view)
        self._caption.setText(view.caption)
        numbers = np.asarray(array, dtype=np.float64)
        bars = view.kind == "bars"
        self._bars.setVisible(bars)
        self._heat.setVisible(view.kind in ("matrix", "tiles"))
        self._bar.setVisible(self._heat.isVisibleTo(self._body))
        self._histogram.setVisible(numbers.size > 8)
        if bars:
            self._bars.set_values(view.values)
        elif view.kind != "number":
            self._heat.set_values(np.asarray(view.values), view.map)
            self._bar.set_range(view.map, self._heat.low, self._heat.high)
        self._histogram.set_values(numbers)
        self._figures.setText(_line(numbers))

    def _offer_channels(self, view: View) -> None:
        many = view.channels > 1
        self._channel.setVisible(many)
        if many and self._channel.count() != view.channels:
            self._channel.clear()
            self._channel.addItems([f"{view.channel_name} {n + 1}" for n in range(view.channels)])

    def _copy(self) -> None:
        arrays = self._arrays()
        if arrays:
            array = arrays[self._which.currentText() or next(iter(arrays))]
            flat = np.atleast_2d(array) if array.ndim < 3 else array.reshape(-1, *array.shape[-2:])
            QGuiApplication.clipboard().setText(as_text(flat))


def _line(numbers: NDArray[Any]) -> str:
    """mean, std and norm under a picture."""
    if numbers.size == 1:
        return f"{float(numbers.reshape(-1)[0]):.4g}".replace("-", "−")
    figures = figures_of(numbers)
    text = f"mean {figures.mean:.2g}   std {figures.std:.2g}   norm {figures.norm:.3g}"
    if figures.bad:
        text += f"   {figures.bad:,} not finite"
    return text.replace("-", "−")
