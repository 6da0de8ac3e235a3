"""A scene that answers what its model shows, so that items and gestures need not know the model."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QGraphicsScene

from neuralgraph.graph.document import Graph
from neuralgraph.ui.canvas.content import Face
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
