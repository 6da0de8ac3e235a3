"""A file or folder that is dropped on the window: a document opens, data become a node, or a first network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPointF

from neuralgraph.errors import NeuralGraphError
from neuralgraph.graph.document import Placed
from neuralgraph.graph.edits import AddNode, Group
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import fresh
from neuralgraph.session import Session

if TYPE_CHECKING:
    from neuralgraph.ui.workbench import Workbench

DOCUMENT = ".ngraph"


def wanted(data: QMimeData) -> Path | None:
    """The first of the dropped files that can be opened, by its name; None where there is none."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.toLocalFile()]
    documents = [one for one in paths if one.name.endswith(DOCUMENT)]
    return next((one for one in (*documents, *paths) if one in documents or Session.may_be_data(one)), None)


def take(bench: Workbench, path: Path, at: QPointF) -> None:
    """Open a document, or data where nothing is open yet; else put a data node where the file was dropped.

    `at` is a place in the window.
    """
    if path.name.endswith(DOCUMENT) or (bench.documents.blank and not bench.session.graph.nodes):
        bench.documents.open(path)
        return
    room, view = bench.rooms.room, bench.canvas.view
    try:
        kind, params = bench.session.data_node(path)
    except (NeuralGraphError, OSError) as error:
        bench.say("error", str(error), "")
        bench.documents.failed.emit(f"{path.name} cannot be used", str(error))
        return
    place = QPointF()
    if view is not None:
        place = view.mapToScene(view.viewport().mapFrom(bench.window, at.toPoint()))
    id = fresh(room.graph, kind)
    x, y = round(place.x() / 8) * 8, round(place.y() / 8) * 8
    placed = Placed(id, kind, FrozenDict(params), float(x), float(y))
    room.edit(Group(f"Add {path.name}", (AddNode(placed),)))
    bench.canvas.select((id,))
