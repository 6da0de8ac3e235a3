"""The inspector of the selected node: weights, activations of a chosen sample, gradients, with their figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QTabBar, QVBoxLayout, QWidget

from neuralgraph.session import Session
from neuralgraph.training.events import Event
from neuralgraph.ui.asking import Asker
from neuralgraph.ui.bridge import TrainingBridge
from neuralgraph.ui.panels.filters import Topic
from neuralgraph.ui.panels.inspector_empty import Notice
from neuralgraph.ui.panels.numbers_page import NumbersPage
from neuralgraph.ui.panels.sample_bar import SampleBar
from neuralgraph.ui.panels.touch_desk import TouchDesk
from neuralgraph.ui.theme import Theme
from neuralgraph.validation.analysis import Analysis

TOPICS: tuple[Topic, ...] = ("weights", "activations", "gradients")
EMPTY = {
    "weights": ("No weights yet", "They appear as soon as the input shape is known."),
    "activations": ("Nothing to show yet", "Activations appear as soon as the graph has no error."),
    "gradients": ("No gradients yet", "Learn one batch: they are those of the last one."),
}
COMING = ("Not in the run yet", "The run learns the graph as it was. When it is paused and goes on, this node is taken "
          "over.")
NONE = {
    "weights": ("No weights", "This node learns nothing."),
    "activations": ("No activations", "This node gives no numbers for a sample."),
    "gradients": ("No gradients", "This node learns nothing."),
}


class Inspector(QWidget):
    """Asks the session, or the run under way, what there is to see of one node, and shows it.

    `row_shown`: another row of the data is looked at.
    """

    row_shown = Signal(int)

    def __init__(self, session: Session, bridge: TrainingBridge, theme: Theme) -> None:
        super().__init__()
        self._session, self._bridge, self._theme = session, bridge, theme
        self._node: str | None = None
        self._part, self._row, self._seeking, self._wish = "all", 0, False, 0
        self._seen: Any = None  # what `Session.see` answers
        self._asker = Asker(bridge, self, every=0.15, share=0.01)
        self._asker.answered.connect(self._arrived)
        self._asker.failed.connect(self._failed)
        self._tabs = QTabBar()
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        for topic in TOPICS:
            self._tabs.addTab(topic.capitalize())
        self._tabs.currentChanged.connect(lambda _: self._show())
        self.sample, self.page = SampleBar(theme), NumbersPage(theme)
        self.sample.wanted.connect(self._look_at)
        self.page.chosen.connect(self._show)
        self.touch = TouchDesk(session, bridge, theme, self.page)
        self._notice = Notice(theme.tokens, "grid")
        self._place()
        self.set_theme(theme)
        self._show()

    def _place(self) -> None:
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(12, 8, 12, 12)
        body.setSpacing(8)
        body.addWidget(self.touch)
        body.addWidget(self.sample)
        body.addWidget(self.page)
        body.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._body)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._tabs)
        box.addWidget(self._scroll, 1)
        box.addWidget(self._notice, 1)

    # -- what it is told --------------------------------------------------------------------------------------------

    def set_session(self, session: Session) -> None:
        self._session, self._node, self._seen, self._part, self._row = session, None, None, "all", 0
        self.touch.set_session(session)
        self._show()

    def set_analysis(self, _: Analysis) -> None:
        self._ask()
        self.touch.hand.ask()

    def set_theme(self, theme: Theme) -> None:
        t = theme.tokens
        self._notice.set_tokens(t)
        self.sample.dress()
        self.page.dress()
        self.touch.dress()
        self._tabs.setStyleSheet(
            f"QTabBar::tab {{ padding: 8px 12px 6px; color: {t.text2}; border: none; }}"
            f"QTabBar::tab {{ border-bottom: 3px solid {t.panel}; }}"
            f"QTabBar::tab:selected {{ color: {t.text}; font-weight: 600; border-bottom: 3px solid {t.accent}; }}"
            f"QTabBar::tab:focus {{ color: {t.accent}; }}")

    def show_node(self, node: str | None) -> None:
        """Look at another node."""
        if node != self._node:
            self._node, self._seen = node, None
            self.page.which.clear()
            self._asker.hurry()
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

    def moment_changed(self) -> None:
        """Another step of the run is shown: what is touched comes to something else there."""
        self.touch.hand.ask()

    def run_changed(self) -> None:
        """A run gets ready, or is over."""
        self._ask()
        self._show()

    def clear(self) -> None:
        self._seen = None
        self.touch.forget()
        self._ask()
        self._show()

    def close_view(self) -> None:
        self._asker.close()
        self.touch.close_desk()

    # -- asking and showing -----------------------------------------------------------------------------------------

    def _ask(self) -> None:
        node, session, part, row, wrong = self._node, self._session, self._part, self._row, self._seeking
        wish = self._wish
        if node is not None and session is not None:
            self._asker.ask(session, lambda program: (session.see(node, part, row, program, wrong=wrong), wish))

    def _arrived(self, answer: tuple[Any, int]) -> None:
        seen, wish = answer
        if wish != self._wish:
            return  # somebody wants another sample by now
        if seen is None or seen.reading.node == self._node:
            self._seen, self._seeking = seen, False
            if seen is not None and seen.sample is not None:
                self._part, self._row = seen.sample.part, seen.sample.place
                self.touch.hand.look_at(self._part, self._row)
                self.row_shown.emit(seen.sample.row)
            self._show()

    def _failed(self, text: str) -> None:
        """There is no answer, and these words say why."""
        self._seen = None
        self._show()
        self._notice.say("No answer came", text, error=True)

    def _look_at(self, part: str, place: int, wrong: bool) -> None:
        self._part, self._row, self._seeking = part, place, wrong
        self._wish += 1
        self._asker.hurry()
        self._ask()

    @property
    def topic(self) -> Topic:
        return TOPICS[max(0, self._tabs.currentIndex())]

    def _arrays(self) -> dict[str, NDArray[Any]]:
        if self._seen is None:
            return {}
        found = dict(getattr(self._seen.reading, self.topic))
        if self.topic == "activations":
            found = {name: one[0] if one.ndim and len(one) == 1 else one for name, one in found.items()}
        return found

    def _is_new(self) -> bool:
        """A run is under way, and learns a graph without this node."""
        program = self._session.program if self._bridge.running else None
        return self._node is not None and program is not None and not program.holds(self._node)

    def _show(self) -> None:
        """Fill the page of the present tab, or say why it is empty."""
        arrays, seen = self._arrays(), self._seen
        self._scroll.setVisible(bool(arrays))
        self._notice.setVisible(not arrays)
        if not arrays or seen is None:
            title, hint = (EMPTY if seen is None or self.topic == "gradients" else NONE)[self.topic]
            if self._is_new():
                title, hint = COMING
            if self._node is None:
                title, hint = "Nothing selected", "Click a node to look inside it."
            if (self._notice.title.text(), self._notice.hint.text()) != (title, hint):
                self._notice.say(title, hint)
            return
        self.sample.show_seen(seen)
        self.sample.setVisible(self.topic == "activations" and seen.sample is not None)
        name = self.page.offer(list(arrays))
        looks = self.topic == "activations"
        names = seen.names if name in seen.classes or (looks and name in seen.labels) else ()
        self.page.show_array(
            arrays[name], self.topic, stem=f"{self._node}-{self.topic}-{name}", image=looks and name in seen.images,
            names=names or (seen.features.get(name, ()) if looks else ()))
        self.touch.show_numbers(self._node or "", self.topic, name, arrays[name], image=looks and name in seen.images)
