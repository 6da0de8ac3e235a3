"""A file or folder that is dropped on the window: a document opens, data become a node, or a first network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData, QObject, QPointF

from neuralgraph.errors import NeuralGraphError
from neuralgraph.graph.document import Placed
from neuralgraph.graph.edits import AddNode, Group
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import fresh
from neuralgraph.room import Room
from neuralgraph.session import Session
from neuralgraph.ui.bridge import AnalysisBridge

if TYPE_CHECKING:
    from neuralgraph.ui.workbench import Workbench

DOCUMENTS = (".ngraph", ".ngz")
IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
"""Of what is dropped: documents are opened, single images tried on the network, the rest are data."""


def wanted(data: QMimeData) -> Path | None:
    """The first of the dropped files that can be opened, by its name; None where there is none."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.toLocalFile()]
    known = [one for one in paths if one.suffix.lower() in (*DOCUMENTS, *IMAGES)]
    return next((one for one in (*known, *paths) if one in known or Session.may_be_data(one)), None)


class Bringing(QObject):
    """Reads data in a thread; what is made of them appears when they are read, and what is wrong with them is told."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._worker = AnalysisBridge(self)
        self._worker.done.connect(self._arrived)
        self._worker.failed.connect(lambda text: bench.say("error", "The data could not be read.", text))
        self._asked: tuple[Path, Room | None, QPointF] | None = None

    def drop(self, path: Path, at: QPointF) -> None:
        """Open a document, or data where nothing is open yet; else put a data node at `at`, a place in the window.

        A single image is tried on the network.
        """
        bench = self._bench
        if path.suffix.lower() in IMAGES:
            bench.views.try_it(path)
            return
        if path.suffix.lower() in DOCUMENTS or (bench.documents.blank and not bench.session.graph.nodes):
            bench.documents.open(path)
            return
        view = bench.canvas.view
        place = view.mapToScene(view.viewport().mapFrom(bench.window, at.toPoint())) if view is not None else QPointF()
        session = bench.session
        self._begin(path, lambda: session.data_node(path), bench.rooms.room, place)

    def open(self, path: Path) -> None:
        """A new document on data."""
        self._begin(path, lambda: Session.open(path, guarded=True), None, QPointF())

    def close(self) -> None:
        self._worker.close()

    def _begin(self, path: Path, read: Callable[[], Any], room: Room | None, place: QPointF) -> None:
        self._asked = path, room, place
        self._bench.status.mention(f"Reading {path.name} …")
        self._worker.ask(lambda graph: _result(path, read), self._bench.session.graph)

    def _arrived(self, answer: tuple[Path, Any, str]) -> None:
        path, found, trouble = answer
        if self._asked is None or self._asked[0] != path:
            return
        (_, room, place), self._asked = self._asked, None
        bench = self._bench
        bench.status.mention("")
        if trouble:
            bench.say("error", trouble, "")
            bench.documents.failed.emit(f"{path.name} cannot be used", trouble)
        elif room is None:
            bench.documents.take(found)
        elif room is bench.rooms.room:
            self._put(path, room, found, place)

    def _put(self, path: Path, room: Room, found: tuple[str, dict[str, Any]], place: QPointF) -> None:
        kind, params = found
        id = fresh(room.graph, kind)
        x, y = round(place.x() / 8) * 8, round(place.y() / 8) * 8
        placed = Placed(id, kind, FrozenDict(params), float(x), float(y))
        room.edit(Group(f"Add {path.name}", (AddNode(placed),)))
        self._bench.canvas.select((id,))


def _result(path: Path, read: Callable[[], Any]) -> tuple[Path, Any, str]:
    """What was read, or why it was not."""
    try:
        return path, read(), ""
    except (NeuralGraphError, OSError) as error:
        return path, None, str(error)
