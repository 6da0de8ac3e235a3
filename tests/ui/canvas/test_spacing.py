"""A node that goes into a short wire makes room: no card lies on another, in one undo step."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QMimeData, QPointF, QRectF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.edits import AddNode, Connect, Move
from neuralgraph.ui.canvas.gestures.palette_drop import MIME
from neuralgraph.ui.canvas.gestures.spacing import GAP, room_for
from tests.ui.canvas.test_gestures import LEFT, NONE, Desk

WIDE, HIGH = 152.0, 72.0


def chain(*places: tuple[str, float, float]) -> Graph:
    """Nodes wired one after the other, but `other`, and `new`, which is free."""
    graph = Graph()
    for id, x, y in places:
        graph, _ = AddNode(Placed(id, "ReLU", x=x, y=y)).apply(graph)
    wired = [id for id, _, _ in places if id not in ("other", "new")]
    for one, two in itertools.pairwise(wired):
        graph, _ = Connect(Edge(one, "out", two, "x")).apply(graph)
    return graph


def boxes(graph: Graph) -> dict[str, QRectF]:
    return {id: QRectF(one.x, one.y, WIDE, HIGH) for id, one in graph.nodes.items()}


def after(graph: Graph) -> dict[str, tuple[float, float]]:
    places = room_for(graph, "new", Edge("a", "out", "b", "x"), boxes(graph))
    if places:
        graph, _ = Move(places).apply(graph)
    overlaps = [(one, two) for one, two in itertools.combinations(boxes(graph), 2)
                if boxes(graph)[one].intersects(boxes(graph)[two])]
    assert overlaps == []
    return {id: (one.x, one.y) for id, one in graph.nodes.items()}


def test_what_comes_after_moves_on() -> None:
    found = after(chain(("a", 0, 0), ("b", 200, 0), ("c", 400, 40), ("new", 176, 8)))
    assert found["a"] == (0, 0) and found["new"] == (184, 8)
    assert found["b"][0] == 184 + WIDE + GAP and found["c"] == (400 + found["b"][0] - 200, 40)


def test_where_there_is_room_nothing_moves() -> None:
    graph = chain(("a", 0, 0), ("b", 600, 0), ("new", 240, 0))
    assert room_for(graph, "new", Edge("a", "out", "b", "x"), boxes(graph)) == ()
    below = chain(("a", 0, 0), ("b", 200, 0), ("new", 176, 200))
    assert room_for(below, "new", Edge("a", "out", "b", "x"), boxes(below)) == ()


def test_a_wire_that_runs_back_is_left_alone() -> None:
    graph = chain(("a", 300, 0), ("b", 0, 0), ("new", 160, 0))
    assert room_for(graph, "new", Edge("a", "out", "b", "x"), boxes(graph)) == ()


def test_what_would_be_pushed_onto_moves_too_and_what_lies_elsewhere_stays() -> None:
    found = after(chain(("a", 0, 0), ("b", 200, 0), ("c", 400, 0), ("other", 600, 0), ("new", 176, 8)))
    assert found["other"][0] > 600
    found = after(chain(("a", 0, 0), ("b", 200, 0), ("other", 600, 400), ("new", 176, 8)))
    assert found["other"] == (600, 400)


@pytest.fixture
def desk(qtbot) -> Desk:
    return Desk(qtbot)


def cards_apart(desk: Desk) -> None:
    cards = {id: desk.board.box(id) for id in desk.graph.nodes}
    for one, two in itertools.combinations(cards, 2):
        assert not cards[one].intersects(cards[two]), (one, two)


def test_dropped_from_the_palette_it_makes_room_in_one_step(desk) -> None:
    before = desk.graph
    wire = desk.board.wire_path(("linear_2", "x")).pointAtPercent(0.5)
    data = QMimeData()
    data.setData(MIME, b"Dropout")
    spot, copy = desk.at(wire), Qt.DropAction.CopyAction
    for event in (QDragEnterEvent(spot, copy, data, LEFT, NONE), QDragMoveEvent(spot, copy, data, LEFT, NONE),
                  QDropEvent(QPointF(spot), copy, data, LEFT, NONE)):
        QApplication.sendEvent(desk.view.viewport(), event)
    assert desk.graph.edges["linear_2", "x"].source == "dropout_2" and desk.steps == 1
    cards_apart(desk)
    assert desk.graph.nodes["linear_2"].x > 480 and desk.graph.nodes["linear_1"].x == 0
    desk.session.undo()
    assert desk.graph.nodes == before.nodes and desk.graph.edges == before.edges


def test_a_free_node_let_go_on_a_wire_makes_room_in_one_step(desk) -> None:
    start = desk.middle("dropout_1")
    wire = desk.board.wire_path(("linear_2", "x")).pointAtPercent(0.5)
    desk.press(start)
    desk.move(wire)
    desk.release(wire)
    assert desk.graph.edges["linear_2", "x"].source == "dropout_1" and desk.steps == 1
    cards_apart(desk)
