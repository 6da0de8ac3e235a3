"""Twins side by side: the same view of both, with the name and the numbers of each above it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
         ("Samples", "samples", "SamplesPanel"), ("Views", "twin_views", "TwinViews"),
         ("Network", "twin_network", "TwinNetwork"))
PLANE, CLASSES, ANY = 0, 1, 3
"""What suits two features, classes, and everything else."""
JUDGED = ("CrossEntropyLoss", "NLLLoss", "ConfusionMatrix", "BCEWithLogitsLoss", "BCELoss", "HingeLoss")
"""Where one of these stands, rows have classes."""


class BesideBridge(QObject):
    """What a view asks in place of the bridge: the control of the right one. While both stand still nobody learns."""

    ticked = Signal()
    events = Signal(object)
    ended = Signal()

    def __init__(self, bridge: TrainingBridge, stands: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._bridge, self._stands = bridge, stands
        self.control: Any = None
        bridge.ticked.connect(self.ticked)
        bridge.ended.connect(self.ended)

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
        self.numbers.setWordWrap(True)  # rather than scroll the other one out of sight
        head.addWidget(self.name, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.numbers, 1, Qt.AlignmentFlag.AlignTop)
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
        self._node: str | None = None
        self._values: Sequence[Mapping[str, str]] = ({}, {})
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
        self.what.blockSignals(True)
        self.what.setCurrentIndex(suits(left))
        self.what.blockSignals(False)
        for side, name in zip(self.sides, names, strict=True):
            side.name.setText(name)
            side.numbers.setText("")
        self._pages.setCurrentIndex(1)
        self._again()

    def say(self, numbers: Sequence[str], values: Sequence[Mapping[str, str]] = ({}, {})) -> None:
        """The figures of both, in words and by node."""
        self._values = values
        for side, text in zip(self.sides, numbers, strict=True):
            side.numbers.setText(text)
        self._put_values()

    def show_node(self, node: str | None) -> None:
        """Another node is selected: views of a node show it, of both."""
        self._node = node
        for side in self.sides[:1]:
            if hasattr(side.panel, "show_node"):
                side.panel.show_node(node)

    def forget(self) -> None:
        """Another document is open."""
        self._sessions = None
        for side in self.sides:
            side.show_panel(None)
        self._pages.setCurrentIndex(0)

    def feed(self, events: Sequence[Event]) -> None:
        self._bridges[1].events.emit(events)
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
        panels = [kind(session, bridge, self.theme)
                  for session, bridge in zip(self._sessions, self._bridges, strict=True)]
        if hasattr(kind, "joined"):
            panels[0].joined(panels[1])
        for side, made in zip(self.sides, panels, strict=True):
            side.show_panel(made)
        self.show_node(self._node)
        self._put_values()

    def _put_values(self) -> None:
        for side, values in zip(self.sides, self._values, strict=True):
            if hasattr(side.panel, "values"):
                side.panel.values(values)


def suits(session: Session) -> int:
    """The view to begin with: the plane of two features, the classes that are mixed up, or views of one's choice."""
    graph, known = session.graph, session.analysis
    kinds = {id: session.catalog[one.type] for id, one in graph.nodes.items() if one.type in session.catalog}
    fed = {edge.start for edge in graph.edges.values()
           if kinds.get(edge.target) is not None and kinds[edge.target].role not in ("loss", "metric")}
    specs = known.specs if known is not None else {}
    inputs = [specs[id].get(output) for id, output in fed
              if id in specs and id in kinds and kinds[id].role == "source"]
    if inputs and all(spec is not None and len(spec.shape) == 2 and spec.shape[1] == 2 for spec in inputs):
        return PLANE
    return CLASSES if any(graph.nodes[id].type in JUDGED for id in kinds) else ANY
