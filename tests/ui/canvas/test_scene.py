"""The canvas follows the document exactly, finds what is under the hand, and paints every state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from neuralgraph.graph.document import Edge, Frame, Graph, Note, Placed
from neuralgraph.graph.edits import AddNode, Connect, Edit, Move, RemoveNode
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.nodes import CATALOG
from neuralgraph.spec import Spec
from neuralgraph.tokens import DARK, LIGHT, Tokens
from neuralgraph.ui import fonts
from neuralgraph.ui.canvas.card import Detail, detail, far
from neuralgraph.ui.canvas.content import face_of
from neuralgraph.ui.canvas.ports import PortRef
from neuralgraph.ui.canvas.previews import Preview, averaged
from neuralgraph.ui.canvas.scene import CanvasScene
from neuralgraph.ui.canvas.view import CanvasView
from neuralgraph.validation.analysis import Analysis, Figures
from neuralgraph.validation.problem import Problem


class Document:
    """What the canvas needs of a session."""

    def __init__(self, graph: Graph) -> None:
        from neuralgraph.nodes import CATALOG

        self.graph, self.catalog = graph, CATALOG


def chain(count: int = 3, **placed: object) -> Graph:
    nodes = {f"linear_{k}": Placed(f"linear_{k}", "Linear", FrozenDict({"out_features": 7}), 240.0 * k, 0.0, **placed)
             for k in range(count)}
    port = "x"
    edges = [Edge(f"linear_{k}", "out", f"linear_{k + 1}", port) for k in range(count - 1)]
    return Graph(nodes, {edge.end: edge for edge in edges})


@pytest.fixture
def scene(qapp: object) -> Iterator[CanvasScene]:
    made = CanvasScene(Document(chain()), LIGHT)  # type: ignore[arg-type]
    yield made
    made.clear()


def apply(scene: CanvasScene, edit: Edit) -> None:
    before = scene.graph
    after, _ = edit.apply(before)
    scene.sync(before, after)


def painted(scene: CanvasScene, scale: float = 1.0) -> np.ndarray:
    box = scene.content_rect().adjusted(-20, -20, 20, 20)
    image = QImage(int(box.width() * scale) + 1, int(box.height() * scale) + 1, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    scene.render(painter, QRectF(0, 0, box.width() * scale, box.height() * scale), box)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).copy()


def test_ports_of_simple_nodes_lie_on_one_line_so_that_equal_tops_give_straight_wires(scene: CanvasScene) -> None:
    for card in scene.cards.values():
        assert {one.y for one in card.ports} == {16}
        assert card.width % 8 == 0 and 88 <= card.width <= 240
    assert scene.routes["linear_1", "x"].path.boundingRect().height() == 0


def test_sync_adds_moves_and_removes_exactly_what_changed(scene: CanvasScene) -> None:
    kept = dict(scene.nodes)
    apply(scene, AddNode(Placed("relu_1", "ReLU", x=900.0)))
    assert scene.nodes.keys() == kept.keys() | {"relu_1"}
    apply(scene, Connect(Edge("linear_2", "out", "relu_1", "x")))
    assert ("relu_1", "x") in scene.wires
    apply(scene, Move((("relu_1", 960.0, 64.0),)))
    assert scene.nodes["relu_1"].pos() == QPointF(960, 64)
    apply(scene, RemoveNode("linear_1"))
    assert scene.nodes.keys() == {"linear_0", "linear_2", "relu_1"}
    assert scene.wires.keys() == {("relu_1", "x")}
    assert all(scene.nodes[id] is kept[id] for id in ("linear_0", "linear_2"))


def test_a_wire_follows_its_node_while_it_is_dragged_and_comes_back(scene: CanvasScene) -> None:
    end = scene.routes["linear_1", "x"].path.currentPosition()
    scene.move_nodes({"linear_1": QPointF(240, 80)})
    assert scene.routes["linear_1", "x"].path.currentPosition() == end + QPointF(0, 80)
    scene.move_nodes({})
    assert scene.routes["linear_1", "x"].path.currentPosition() == end


def test_what_lies_under_the_hand(scene: CanvasScene) -> None:
    assert scene.node_at(QPointF(250, 10)) == "linear_1"
    assert scene.node_at(QPointF(220, -50)) is None
    ref = PortRef("linear_1", "x", True)
    assert scene.port_position(ref) == QPointF(240, 16)
    assert scene.port_at(QPointF(229, 27)) == ref
    assert scene.port_at(QPointF(227, 16)) is None
    assert scene.wire_at(QPointF(200, 19)) == ("linear_1", "x")
    assert scene.wire_at(QPointF(200, 40)) is None


def test_selection_is_told_once_and_forgets_what_is_deleted(scene: CanvasScene) -> None:
    told: list[tuple[str, ...]] = []
    scene.selection_changed.connect(lambda: told.append(scene.selected_ids()))
    scene.select(["linear_2", "linear_0", "nobody"])
    scene.select(["linear_0", "linear_2"])
    apply(scene, RemoveNode("linear_2"))
    assert told == [("linear_0", "linear_2"), ("linear_0",)]


def test_a_backward_wire_runs_in_the_gap_between_the_rows(scene: CanvasScene) -> None:
    apply(scene, Move((("linear_2", 0.0, 200.0),)))
    route = scene.routes["linear_2", "x"]
    assert route.lane is not None
    assert scene.node_rect("linear_1").bottom() < route.lane[0] < scene.node_rect("linear_2").top()


def test_shapes_stand_on_wires_and_in_the_rows(scene: CanvasScene) -> None:
    spec = Spec(("N", 7))
    scene.set_analysis(Analysis(
        scene.graph, specs={id: {"out": spec} for id in scene.graph.nodes}, inputs={"linear_1": {"x": spec}},
        figures={"linear_1": Figures(parameters=56)}))
    assert scene.labels["linear_1", "x"] == "N × 7"
    assert scene.faces["linear_1"].rows[0] == ("features", "7 → 7")
    assert scene.faces["linear_1"].footer == ("56 parameters", "")
    assert scene.faces["linear_2"].footer[0] == "N×7"


@pytest.mark.parametrize(("value", "shown"), [
    (((1.0, 2.0), (3.0, 4.0)), "1, 2, 3, 4"),
    (((0.0,) * 6,) * 5, "5 × 6"),
    ((((0.0,) * 8,) * 8,) * 3, "3 × 8 × 8"),
    (((0.0,) * 30,) * 3, "0, 0, 0, 0, …, 0, 0, 0, 0, …, 0, 0, 0, 0, …"),
])
def test_numbers_of_the_size_of_a_picture_are_not_spelled_out_on_a_card(value: tuple[object, ...], shown: str) -> None:
    placed = Placed("c", "Constant", FrozenDict({"value": value}))
    face = face_of(placed, Graph(nodes={"c": placed}), CATALOG)
    assert dict(face.rows)["value"] == shown


def test_an_error_marks_node_port_and_wire(scene: CanvasScene) -> None:
    problem = Problem("shape", "error", "linear_1 expects a flat input.", "linear_1", "x",
                      expected="N × features", received="N × 3 × 3")
    scene.set_analysis(Analysis(scene.graph, (problem,)))
    assert scene.faces["linear_1"].severity == "error"
    assert scene.faces["linear_1"].inputs[0].bad
    assert scene.bad_wires == {("linear_1", "x")}
    assert "≠" in scene.labels["linear_1", "x"]


LOOKS: dict[str, Callable[[Placed], Placed]] = {
    "plain": lambda one: one,
    "frozen": lambda one: replace(one, frozen=True),
    "bypassed": lambda one: replace(one, bypassed=True),
    "titled": lambda one: replace(one, title="a rather long name for it"),
}


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda one: one.name)
@pytest.mark.parametrize("scale", [1.0, 0.7, 0.5, 0.25, 0.1])
def test_every_state_looks_different_at_every_zoom_that_shows_it(qapp: object, tokens: Tokens, scale: float) -> None:
    pictures = {}
    for name, change in LOOKS.items():
        graph = chain(1)
        graph = graph.having(nodes={"linear_0": change(graph.nodes["linear_0"])})
        made = CanvasScene(Document(graph), tokens)  # type: ignore[arg-type]
        pictures[name] = painted(made, scale).tobytes()
        made.select(["linear_0"])
        pictures[name + " selected"] = painted(made, scale).tobytes()
        made.clear()
    if scale == 1.0:
        assert len(set(pictures.values())) == len(pictures)
    assert pictures["plain"] != pictures["bypassed"]


def test_previews_frames_notes_and_training_are_painted(scene: CanvasScene) -> None:
    apply(scene, AddNode(Placed("mse_loss_1", "MSELoss", y=300.0)))
    plain = painted(scene).tobytes()
    scene.set_previews({
        "linear_0": Preview("images", np.random.default_rng(0).random((4, 8, 8))),
        "linear_1": Preview("maps", np.random.default_rng(0).random((8, 6, 6))),
        "linear_2": Preview("bars", np.array([0.1, -0.4, 0.9])),
        "mse_loss_1": Preview("spark", np.array([3.0, 1.0, np.nan, 0.5]))})
    scene.set_training({"linear_0", "linear_1"}, 0.5)
    graph = scene.graph.having(frames={"frame_1": Frame("frame_1", "Part", -20, -20)},
                               notes={"note_1": Note("note_1", "Try this\nWhat happens?", 0, 400)})
    scene.sync(scene.graph, graph)
    assert painted(scene).tobytes() != plain
    scene.set_training(())
    assert not scene.motion.on


def test_only_what_is_seen_anew_counts_as_painting_of_live_pictures(scene: CanvasScene) -> None:
    apply(scene, AddNode(Placed("mse_loss_1", "MSELoss", y=300.0)))
    scene.set_previews({"mse_loss_1": Preview("spark", np.arange(300.0), (), 1)})
    painted(scene)
    assert scene.pictures.spent > 0
    scene.pictures.spent = 0.0
    scene.set_values({"mse_loss_1": "0.25"})  # the number in its footer is another one, its picture is not
    before = len(scene.pictures._made)
    painted(scene)
    assert len(scene.pictures._made) > before and scene.pictures.spent == 0.0
    scene.set_previews({"mse_loss_1": Preview("spark", np.arange(300.0), (), 2)})
    painted(scene)
    assert scene.pictures.spent > 0


def test_a_long_curve_is_drawn_by_the_means_of_its_pieces() -> None:
    line = np.random.default_rng(0).standard_normal(1001)
    line[5] = line[997] = np.nan
    line[40:60] = np.nan
    edges = np.linspace(0, len(line), 129).astype(int)
    pieces = [line[a:b][np.isfinite(line[a:b])] for a, b in pairwise(edges)]
    expected = [one.mean() for one in pieces if len(one)]
    assert len(expected) < 128
    np.testing.assert_allclose(averaged(line, 128), expected)


def test_levels_of_detail_switch_where_the_look_says() -> None:
    levels = [detail(one) for one in (1.0, 0.6, 0.59, 0.35, 0.34, 0.2, 0.19)]
    assert levels == [Detail.FULL, Detail.FULL, Detail.NAMED, Detail.NAMED, Detail.TITLE, Detail.TITLE, Detail.BLOCK]


def test_zoom_keeps_what_is_under_the_cursor_and_fit_shows_everything(scene: CanvasScene, qtbot: object) -> None:
    view = CanvasView(scene)
    qtbot.addWidget(view)  # type: ignore[attr-defined]
    view.resize(800, 500)
    view.show()
    spot = view.viewport().rect().center() / 2
    held = view.mapToScene(spot)
    view.zoom_to(0.5, spot)
    moved = view.mapToScene(spot) - held
    assert abs(moved.x()) <= 2 and abs(moved.y()) <= 2
    view.fit()
    shown = view.mapToScene(view.viewport().rect()).boundingRect()
    assert shown.contains(scene.content_rect())
    view.close()


def test_a_drawing_that_nearly_shows_its_pictures_shows_them(scene: CanvasScene, qtbot: object) -> None:
    view = CanvasView(scene)
    qtbot.addWidget(view)  # type: ignore[attr-defined]
    view.show()
    box, found = scene.content_rect(), set()
    for part in (0.66, 0.63, 0.61, 0.5):
        view.resize(int(box.width() * part), int(box.height() * 2) + 200)
        view.fit()
        assert view.mapToScene(view.viewport().rect()).boundingRect().contains(box)
        found.add(round(view.zoom, 3))
        assert detail(view.zoom) == Detail.FULL or view.zoom < 0.57
    assert 0.6 in found and min(found) < 0.5
    view.close()


def test_far_away_one_item_paints_everything_and_near_each_does_again(scene: CanvasScene, qtbot: object) -> None:
    view = CanvasView(scene)
    qtbot.addWidget(view)  # type: ignore[attr-defined]
    view.resize(400, 300)
    view.show()
    view.zoom_to(0.1)
    view.centerOn(scene.content_rect().center())
    assert scene.overview.isVisible() and not scene.nodes["linear_0"].isVisible()
    far = view.grab().toImage()
    apply(scene, RemoveNode("linear_2"))
    assert view.grab().toImage() != far
    view.zoom_to(1.0)
    assert not scene.overview.isVisible() and scene.nodes["linear_0"].isVisible()
    view.close()


def test_new_words_in_a_footer_leave_the_wires_alone(scene: CanvasScene, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(scene, AddNode(Placed("mse_loss_1", "MSELoss", y=300.0)))
    scene.set_values({"mse_loss_1": "0.512"})
    routed: list[object] = []
    weave = scene.model.weave
    monkeypatch.setattr(scene.model, "weave", lambda nets: routed.extend(nets := list(nets)) or weave(nets))
    apply(scene, Connect(Edge("linear_2", "out", "mse_loss_1", "input")))
    assert routed
    routed.clear()
    scene.set_values({"mse_loss_1": "0.499"})
    assert scene.faces["mse_loss_1"].footer and not routed


def test_while_something_trains_the_cards_change_their_pictures_in_turn(scene: CanvasScene) -> None:
    pictures = {id: Preview("bars", np.array([0.1, 0.9]), (), 1) for id in scene.nodes}
    scene.set_training(set(scene.nodes))
    scene.set_previews(pictures)
    assert not scene.previews
    counts = []
    for _ in pictures:
        scene.motion._beat()
        counts.append(len(scene.previews))
    assert counts == [1, 2, 3]
    scene.set_previews({id: Preview("bars", np.array([0.5, 0.5]), (), 2) for id in scene.nodes})
    scene.set_training(())
    assert {one.version for one in scene.previews.values()} == {2}
    scene.set_previews({})
    assert not scene.previews


def test_a_level_wire_keeps_off_the_card_between_its_ends(scene: CanvasScene) -> None:
    """The box of a level wire has no height, and was said to touch nothing."""
    apply(scene, AddNode(Placed("sum", "Add", x=760.0, y=-28.0)))
    apply(scene, Connect(Edge("linear_0", "out", "sum", "a")))
    route, card = scene.routes["sum", "a"], scene.node_rect("linear_1")
    start, end = scene.port_position(PortRef("linear_0", "out", False)), scene.port_position(PortRef("sum", "a", True))
    assert start is not None and end is not None and start.y() == end.y()
    assert not any(card.contains(route.path.pointAtPercent(k / 64)) for k in range(65))


def test_where_a_wire_leaves_a_lane_there_is_a_dot(scene: CanvasScene) -> None:
    """A lane back to two nodes of the next row: the nearer one leaves it at a dot."""
    apply(scene, AddNode(Placed("a", "ReLU", x=100.0, y=200.0)))
    apply(scene, AddNode(Placed("b", "ReLU", x=300.0, y=200.0)))
    for target in ("a", "b"):
        apply(scene, Connect(Edge("linear_2", "out", target, "x")))
    near, far = scene.routes["b", "x"], scene.routes["a", "x"]
    assert near.lane is not None and far.lane is not None and near.lane[0] == far.lane[0]
    dots = {(round(dot.x()), round(dot.y())) for dot in scene.dots["b", "x"]}
    assert dots == {(round(near.corners[-3].x()), round(near.lane[0]))}


@pytest.mark.parametrize(("name", "width", "height", "tile", "title"), [
    ("Linear", 200, 60, "beside", "Linear"),
    ("Linear", 120, 90, "above", "Linear"),
    ("ReLU", 80, 40, "none", "ReLU"),
    ("CrossEntropyLoss", 150, 40, "beside", "Cro"),
])
def test_far_away_the_title_is_not_cut_where_the_tile_can_give_way(
        qapp: object, name: str, width: float, height: float, tile: str, title: str) -> None:
    size, px, one = 32.0, 22.0, 2.0  # at 50 %
    at, shown, start = far(name, width, height, size, px, one)
    end = start.x() + fonts.width(shown, px, 600)
    assert shown.startswith(title) and start.x() >= 0 and end <= width
    if tile == "none":
        assert at is None
    else:
        assert at is not None
        assert at.x() + size / 2 <= start.x() if tile == "beside" else at.y() + size / 2 <= start.y() - px / 2
        assert at.y() - size / 2 >= 0 and at.y() + size / 2 <= height
