"""The whole network of one of the twins: its cards with their live pictures, its wires with their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint
from PySide6.QtGui import QHideEvent, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from neuralgraph.session import Session
from neuralgraph.training.events import Event
from neuralgraph.ui.bridge import AnalysisBridge
from neuralgraph.ui.canvas.previews import Preview
from neuralgraph.ui.canvas.scene import CanvasScene
from neuralgraph.ui.canvas.view import CanvasView
from neuralgraph.ui.canvas.wire_painting import WireLook
from neuralgraph.ui.live import LivePictures, Wish
from neuralgraph.ui.theme import Theme

READ = 0.62
"""From so large on cards show their pictures; where not everything fits that large, a part of it is shown."""
HIGH = 240
"""So high it has to be for the buttons of the zoom to be in nobody's way."""


class Drag:
    """A hand moves the network about."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._at: QPoint | None = None

    def press(self, event: QMouseEvent) -> bool:
        self._at = event.position().toPoint()
        return True

    def move(self, event: QMouseEvent) -> bool:
        if self._at is None:
            return False
        now = event.position().toPoint()
        across, down = self._view.horizontalScrollBar(), self._view.verticalScrollBar()
        across.setValue(across.value() + self._at.x() - now.x())
        down.setValue(down.value() + self._at.y() - now.y())
        self._at = now
        return True

    def release(self, _: QMouseEvent) -> bool:
        held, self._at = self._at is not None, None
        return held

    def cancel(self) -> None:
        self._at = None


class TwinNetwork(QWidget):
    """It can be zoomed and moved about, not edited; the other one moves along."""

    def __init__(self, session: Session, bridge: Any, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self.scene = CanvasScene(session, theme)
        self.view = CanvasView(self.scene)
        self.scene.setParent(self.view)
        self.view.gestures = [Drag(self.view)]
        self._node = ""
        self.live = LivePictures(bridge, self)
        self.live.seen.connect(self._seen)
        self.live.flowed.connect(self._flowed)
        self._known = AnalysisBridge(self)
        self._known.done.connect(self._analysed)
        self.live.set_session(session)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.view)
        if session.analysis is not None:
            self.scene.set_analysis(session.analysis)
        else:
            self._known.ask(lambda _graph: session.analyse(), session.graph)

    def joined(self, other: TwinNetwork) -> None:
        """These two are moved and zoomed together."""
        for one, two in ((self.view, other.view), (other.view, self.view)):
            one.horizontalScrollBar().valueChanged.connect(two.horizontalScrollBar().setValue)
            one.verticalScrollBar().valueChanged.connect(two.verticalScrollBar().setValue)
            one.zoomed.connect(lambda zoom, two=two: two.zoom_to(zoom) if two.zoom != zoom else None)

    def look(self) -> None:
        """Everything, where it is large enough to be read; else what is selected, or where it begins."""
        view = self.view
        view.fit()
        if view.zoom >= READ or not self.scene.cards:
            return
        view.zoom_to(READ)
        if self._node in self.scene.nodes:
            view.centerOn(self.scene.node_rect(self._node).center())
            return
        box = self.scene.content_rect()
        room = view.viewport().rect()
        view.centerOn(box.left() + (room.width() / 2 - 12) / READ, box.top() + (room.height() / 2 - 12) / READ)

    # -- what it is told --------------------------------------------------------------------------------------------

    def show_node(self, node: str | None) -> None:
        """It is selected: bring it into sight."""
        self._node = (node or "").partition("/")[0]
        if self._node in self.scene.nodes and self.isVisible():
            self.view.ensureVisible(self.scene.node_rect(self._node), 24, 24)

    def feed(self, _: Sequence[Event]) -> None:
        """Its pictures hear of the run by themselves."""

    def weights_changed(self) -> None:
        if self.isVisible():
            self.live.look()

    def values(self, values: Mapping[str, str]) -> None:
        """What losses and metrics say in their cards."""
        self.scene.set_values(values)

    def set_theme(self, theme: Theme) -> None:
        self.scene.set_tokens(theme.tokens)
        self.view.viewport().update()

    def close_view(self) -> None:
        self.live.close()
        self._known.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.live.wants(Wish(True, "weights"))
        self.look()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.view.pill.setVisible(self.height() >= HIGH)
        self.look()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: nothing is asked of the run."""
        super().hideEvent(event)
        self.live.wants(Wish(False, "off"))

    # -- what comes -------------------------------------------------------------------------------------------------

    def _analysed(self, found: Any) -> None:
        self.scene.set_analysis(found)
        self.look()

    def _seen(self, seen: Mapping[str, Preview]) -> None:
        if self.isVisible():
            self.scene.set_previews({id: one for id, one in seen.items() if "/" not in id})

    def _flowed(self, flows: Mapping[tuple[str, str], WireLook]) -> None:
        if self.isVisible():
            here = {(id, port): one for (id, port), one in flows.items() if "/" not in id}
            self.scene.wire_pictures.show(self.live.wish.wires, here)
