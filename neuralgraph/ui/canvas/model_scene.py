"""A scene that answers what its model shows, so that items and gestures need not know the model."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QGraphicsScene

from neuralgraph.graph.document import Graph
from neuralgraph.ui.canvas.content import Face, label_of
from neuralgraph.ui.canvas.geometry import Card
from neuralgraph.ui.canvas.model import EdgeEnd, Model
from neuralgraph.ui.canvas.previews import Preview
from neuralgraph.ui.canvas.wires import Route


class ModelScene(QGraphicsScene):
    """The document as it is drawn: faces, cards, routes, labels."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    @property
    def graph(self) -> Graph:
        return self.model.graph

    @property
    def faces(self) -> Mapping[str, Face]:
        return self.model.faces

    @property
    def cards(self) -> Mapping[str, Card]:
        return self.model.cards

    @property
    def routes(self) -> Mapping[EdgeEnd, Route]:
        return self.model.routes

    @property
    def labels(self) -> Mapping[EdgeEnd, str]:
        return self.model.labels

    @property
    def letters(self) -> Mapping[EdgeEnd, str]:
        return self.model.letters

    @property
    def dots(self) -> Mapping[EdgeEnd, tuple[QPointF, ...]]:
        return self.model.dots

    @property
    def bad_wires(self) -> set[EdgeEnd]:
        return self.model.bad

    @property
    def previews(self) -> Mapping[str, Preview]:
        return self.model.previews

    def is_bypassed(self, end: EdgeEnd) -> bool:
        edge = self.graph.edges.get(end)
        return edge is not None and any(
            self.graph.nodes[id].bypassed for id in (edge.source, edge.target) if id in self.graph.nodes)

    def detailed(self, end: EdgeEnd) -> str:
        """What a wire says under the mouse: shape and dtype."""
        edge = self.graph.edges.get(end)
        spec = self.model.spec(edge.start) if edge else None
        return f"{label_of(spec)}\u2002{spec.dtype}" if spec else ""
