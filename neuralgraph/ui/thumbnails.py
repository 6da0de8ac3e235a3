"""Small pictures of documents: their nodes as tiles where they stand, their wires behind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from neuralgraph.errors import NeuralGraphError
from neuralgraph.graph.document import Graph
from neuralgraph.ui.canvas.shapes import mixed
from neuralgraph.ui.icons import tile
from neuralgraph.ui.theme import Theme

TILE = 20


@dataclass(frozen=True, slots=True)
class Summary:
    """What a card says about a document. `level` is 1 … 3 by its size."""

    title: str = ""
    about: str = ""
    line: str = ""
    level: int = 1
    types: tuple[str, ...] = ()
    graph: Graph | None = None


def summary(path: Path) -> Summary:
    """Read a document for its card; an empty one where it cannot be read."""
    try:
        return _summary(path, path.stat().st_mtime_ns)
    except OSError:
        return Summary(line="cannot be read", level=3)


@lru_cache(maxsize=128)
def _summary(path: Path, _time: int) -> Summary:
    from neuralgraph.graph.file import read

    try:
        graph = read(path).graph
    except NeuralGraphError as error:
        return Summary(about=str(error), line="cannot be read", level=3)
    types = tuple(one.type for one in graph.nodes.values())
    level = 1 if len(types) <= 8 else 2 if len(types) <= 12 else 3
    epochs = graph.plan.epochs
    line = f"{len(types)} nodes, {epochs} epoch{'' if epochs == 1 else 's'}"
    return Summary(graph.title, graph.about, line, level, types, graph)


class Thumbnail(QWidget):
    """The picture of a document, in the present theme."""

    def __init__(self, theme: Theme, source: Path | Graph, height: int) -> None:
        super().__init__()
        self.theme, self._source = theme, source
        self.setFixedHeight(height)
        self.setMinimumWidth(80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_graph(self, graph: Graph) -> None:
        """Show another document."""
        self._source = graph
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = self.theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(QColor(t.outline), 1))
        painter.setBrush(QColor(t.canvas))
        painter.drawRoundedRect(box, 6, 6)
        graph = self._source if isinstance(self._source, Graph) else summary(self._source).graph
        if graph is not None and graph.nodes:
            _paint(painter, box.adjusted(12, 12, -12, -12), graph, self.theme)


def _paint(painter: QPainter, box: QRectF, graph: Graph, theme: Theme) -> None:
    from neuralgraph.nodes import CATALOG

    t = theme.tokens
    xs = sorted({round(one.x / 96) for one in graph.nodes.values()})
    ys = sorted({round(one.y / 96) for one in graph.nodes.values()})
    wide, high = box.width() / len(xs), box.height() / len(ys)
    side = max(8.0, min(float(TILE), wide * 0.62, high * 0.72))
    places = {}
    for id, one in graph.nodes.items():
        column, row = xs.index(round(one.x / 96)), ys.index(round(one.y / 96))
        places[id] = QPointF(box.left() + wide * (column + 0.5), box.top() + high * (row + 0.5))
    painter.setPen(QPen(QColor(t.wire), 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for edge in graph.edges.values():
        if edge.source in places and edge.target in places:
            a, b = places[edge.source], places[edge.target]
            path = QPainterPath(a)
            reach = (b.x() - a.x()) / 2
            path.cubicTo(a + QPointF(reach, 0), b - QPointF(reach, 0), b)
            painter.drawPath(path)
    for id, one in graph.nodes.items():
        category = CATALOG[one.type].category if one.type in CATALOG else ""
        colour = t.category(category)
        card = QRectF(0, 0, side * 1.5, side * 1.4)
        card.moveCenter(places[id])
        painter.setPen(QPen(QColor(t.outline), 1))
        painter.setBrush(mixed(t.card, colour, t.header_tint))
        painter.drawRoundedRect(card, 4, 4)
        painter.drawPixmap(places[id] - QPointF(round(side) / 2, round(side) / 2), tile(category, round(side), t))
