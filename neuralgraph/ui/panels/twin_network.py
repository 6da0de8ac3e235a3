"""The whole network of one of the twins: its cards with their live pictures, its wires with their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtGui import QHideEvent, QShowEvent
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


class TwinNetwork(QWidget):
    """It can be zoomed and moved about, not edited."""

    def __init__(self, session: Session, bridge: Any, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self.scene = CanvasScene(session, theme)
        self.view = CanvasView(self.scene)
        self.scene.setParent(self.view)
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

    # -- what it is told --------------------------------------------------------------------------------------------

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
        self.view.follow()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: nothing is asked of the run."""
        super().hideEvent(event)
        self.live.wants(Wish(False, "off"))

    # -- what comes -------------------------------------------------------------------------------------------------

    def _analysed(self, found: Any) -> None:
        self.scene.set_analysis(found)
        self.view.follow()

    def _seen(self, seen: Mapping[str, Preview]) -> None:
        if self.isVisible():
            self.scene.set_previews({id: one for id, one in seen.items() if "/" not in id})
            if self.view.following:
                self.view.fit()

    def _flowed(self, flows: Mapping[tuple[str, str], WireLook]) -> None:
        if self.isVisible():
            here = {(id, port): one for (id, port), one in flows.items() if "/" not in id}
            self.scene.wire_pictures.show(self.live.wish.wires, here)
