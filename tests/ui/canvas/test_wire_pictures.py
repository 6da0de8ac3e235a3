"""Pictures on wires lie where there is room, say what flows, and give way."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPainter

from neuralgraph.graph.document import Edge, Frame, Graph, Note, Placed
from neuralgraph.graph.edits import AddNode, Connect, Disconnect, Edit
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.lessons.course import lesson_of
from neuralgraph.resources import examples
from neuralgraph.session import Session
from neuralgraph.tokens import DARK, LIGHT, Tokens
from neuralgraph.ui.canvas.miniatures import said
from neuralgraph.ui.canvas.placing import candidates, line_of, touches
from neuralgraph.ui.canvas.previews import Preview
from neuralgraph.ui.canvas.scene import CanvasScene
from neuralgraph.ui.canvas.view import CanvasView
from neuralgraph.ui.canvas.wire_painting import WireLook, sizes_of
from neuralgraph.ui.canvas.wire_pictures import THICK, THIN
from neuralgraph.ui.canvas.wires import forward

KINDS: dict[str, np.ndarray] = {
    "images": np.eye(8)[None], "maps": np.random.default_rng(0).random((3, 4, 4)),
    "signed": np.random.default_rng(0).standard_normal((3, 4, 4)), "strip": np.array([0.5, -1.0, 0.2]),
    "heat": np.random.default_rng(0).standard_normal((6, 9)), "number": np.array([-3.25]),
    "words": np.array([7]), "spark": np.sin(np.arange(30.0)), "bundle": np.array([[1.0, -2.0], [0.5, 0.1]]),
}


class Document:
    def __init__(self, graph: Graph) -> None:
        from neuralgraph.nodes import CATALOG

        self.graph, self.catalog = graph, CATALOG


def chain(pitch: float = 240.0) -> Graph:
    nodes = {f"n_{k}": Placed(f"n_{k}", "Linear", FrozenDict({"out_features": 7}), pitch * k, 0.0) for k in range(3)}
    edges = [Edge(f"n_{k}", "out", f"n_{k + 1}", "x") for k in range(2)]
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


def look(kind: Any = "strip", size: float | None = None, version: int = 1) -> WireLook:
    return WireLook(Preview(kind, KINDS[kind], ("seven",) if kind == "words" else (), version), size)


def painted(scene: CanvasScene, scale: float = 1.0) -> bytes:
    box = scene.content_rect().adjusted(-40, -40, 40, 40)
    image = QImage(round(box.width() * scale), round(box.height() * scale), QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    scene.render(painter, QRectF(0, 0, box.width() * scale, box.height() * scale), box)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).tobytes()


def overlapping(scene: CanvasScene) -> list[str]:
    """What any picture lies on."""
    pictures, found = scene.wire_pictures, []
    for end, box in pictures.boxes.items():
        found += [f"{end} on card {id}" for id in scene.nodes if scene.node_rect(id).adjusted(-7, 0, 7, 0).intersects(
            box)]
        found += [f"{end} on wire {other}" for other, route in scene.routes.items()
                  if touches(line_of(route.path), box)]
        found += [f"{end} on the words of {other}" for other in scene.labels if pictures._label(other).intersects(box)]
        found += [f"{end} on {other}" for other, one in pictures.boxes.items() if other != end and one.intersects(box)]
        found += [f"{end} on {id}" for id, one in scene.others.items() if id.startswith("note")
                  and one.sceneBoundingRect().intersects(box)]
    return found


@pytest.mark.parametrize("name", sorted(path.stem for path in examples().glob("*.ngraph") if "mnist" not in path.stem))
@pytest.mark.parametrize("what", ["values", "weights", "gradients"])
def test_in_every_example_nothing_lies_under_a_picture(qapp: object, name: str, what: Any) -> None:
    session = Session.open(examples() / f"{name}.ngraph")
    session.accept(session.analyse())
    scene = CanvasScene(session, LIGHT)
    scene.set_analysis(session.analysis)
    seen = session.glance(session.graph, wires=what)
    scene.set_previews({id: Preview(one.kind, one.values, one.names, 1) for id, one in seen.cards.items()
                        if id in scene.nodes})
    looks = {place: WireLook(Preview(one.look.kind, one.look.values, one.look.names, 1), one.size)
             for place, one in seen.wires.items()}
    scene.wire_pictures.show(what, looks)
    pictures = scene.wire_pictures
    if lesson_of(name) is None:  # some of the course stand too close for pictures, or have no weights at all
        assert len(pictures.boxes) >= 0.45 * len(pictures.looks) > 0
    assert overlapping(scene) == []
    scene.clear()


def test_a_picture_hangs_under_its_wire_and_says_itself_once(scene: CanvasScene) -> None:
    apply(scene, AddNode(Placed("side", "ReLU", x=240.0, y=200.0)))
    apply(scene, Connect(Edge("n_0", "out", "side", "x")))
    scene.wire_pictures.show("values", {("n_0", "out"): look(), ("n_1", "out"): look("number")})
    assert len([end for end in scene.wire_pictures.looks if scene.graph.edges[end].source == "n_0"]) == 1
    box = scene.wire_pictures.boxes["n_2", "x"]
    assert box.top() > 16 and abs(box.center().x() - scene.routes["n_2", "x"].label.x()) < 1
    assert scene.wire_pictures.picture_at(box.center()) == ("n_2", "x")


def test_without_room_there_is_no_picture(qapp: object) -> None:
    scene = CanvasScene(Document(chain(150.0)), LIGHT)  # type: ignore[arg-type]
    scene.wire_pictures.show("weights", {("n_1", "x"): look("heat", 1.0)})
    assert scene.wire_pictures.looks and not scene.wire_pictures.boxes
    scene.move_nodes({"n_1": QPointF(300, 0), "n_2": QPointF(600, 0)})
    assert ("n_1", "x") in scene.wire_pictures.boxes
    scene.clear()


def test_notes_and_the_titles_of_frames_stay_free(scene: CanvasScene) -> None:
    pictures = scene.wire_pictures
    pictures.show("weights", {("n_1", "x"): look("strip", 1.0)})
    before = QRectF(pictures.boxes["n_1", "x"])
    note = Note("note_1", "here", before.x() - 4, before.y() - 2, before.width() + 8, 60)
    scene.sync(scene.graph, scene.graph.having(notes={"note_1": note}))
    after = pictures.boxes["n_1", "x"]
    assert after != before and overlapping(scene) == []
    frame = Frame("frame_1", "Part", after.x() - 20, after.y() - 4, 300, 300)
    scene.sync(scene.graph, scene.graph.having(frames={"frame_1": frame}))
    assert pictures.boxes.get(("n_1", "x")) != after


def test_pictures_go_with_their_wires_and_follow_them(scene: CanvasScene) -> None:
    pictures = scene.wire_pictures
    pictures.show("weights", {("n_1", "x"): look("bundle", 2.0), ("n_2", "x"): look("strip", 1.0)})
    before = QRectF(pictures.boxes["n_2", "x"])
    scene.move_nodes({"n_2": QPointF(480, 80)})
    assert pictures.boxes["n_2", "x"] != before and overlapping(scene) == []
    scene.move_nodes({})
    apply(scene, Disconnect("n_2", "x"))
    assert pictures.boxes.keys() == pictures.looks.keys() == {("n_1", "x")}
    pictures.show("off", {})
    assert not pictures.boxes and not pictures.shown and pictures.thickness(("n_1", "x"), 1.0) is None


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda one: one.name)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_painted_and_changes_with_its_numbers(qapp: object, kind: Any, tokens: Tokens) -> None:
    scene = CanvasScene(Document(chain()), tokens)  # type: ignore[arg-type]
    plain = painted(scene)
    scene.wire_pictures.show("values", {("n_0", "out"): look(kind)})
    first = painted(scene)
    assert first != plain
    other = 2 - np.flip(KINDS[kind]) + np.arange(KINDS[kind].size).reshape(KINDS[kind].shape) % 3
    names = ("eight",) if kind == "words" else ()
    scene.wire_pictures.show("values", {("n_0", "out"): WireLook(Preview(kind, other, names, 2))})
    assert painted(scene) != first
    broken = np.full_like(KINDS[kind], np.nan, dtype=float)
    scene.wire_pictures.show("values", {("n_0", "out"): WireLook(Preview(kind, broken, names, 3))})
    assert painted(scene)
    scene.clear()


def test_from_afar_there_is_nothing(scene: CanvasScene, qtbot: Any) -> None:
    view = CanvasView(scene)
    qtbot.addWidget(view)
    plain = painted(scene, 0.59)
    scene.wire_pictures.show("weights", {("n_1", "x"): look("strip", 4.0), ("n_2", "x"): look("strip", 1.0)})
    assert painted(scene, 0.59) == plain != painted(scene, 0.61)
    view.zoom_to(0.5)
    assert not scene.wire_pictures.shown
    view.zoom_to(0.6)
    assert scene.wire_pictures.shown and view.legend.look() and not view.legend.isHidden()
    view.close()


def test_pictures_and_widths_give_way_to_who_else_writes_on_wires(scene: CanvasScene) -> None:
    plain = painted(scene)
    pictures = scene.wire_pictures
    pictures.show("weights", {("n_1", "x"): look("strip", 4.0), ("n_2", "x"): look("strip", 1.0)})
    assert painted(scene) != plain
    pictures.give_way(True)
    assert not pictures.shown and pictures.thickness(("n_1", "x"), 1.0) is None and painted(scene) == plain
    pictures.give_way(False)
    assert pictures.shown and painted(scene) != plain


def test_a_wire_is_as_thick_as_what_it_carries(scene: CanvasScene) -> None:
    pictures, first, second = scene.wire_pictures, ("n_1", "x"), ("n_2", "x")
    pictures.show("weights", {first: look("strip", 4.0), second: look("strip", 1.0)})
    assert pictures.thickness(first, 1.0) == THICK
    assert pictures.thickness(second, 1.0) == pytest.approx(THIN + (THICK - THIN) / 4, abs=0.13)
    gradients = {("n_0", "out"): look("strip", 1e-2), ("n_1", "out"): look("strip", 1.0), ("n_2", "out"): look()}
    pictures.show("gradients", gradients)
    assert pictures.thickness(second, 1.0) == THICK
    assert pictures.thickness(first, 1.0) == pytest.approx((THIN + THICK) / 2, abs=0.13), "two of four powers of ten"
    pictures.show("gradients", {("n_0", "out"): look("strip", math.nan), ("n_1", "out"): look("strip", 0.0),
                                ("n_2", "out"): look("strip", 1e-30)})
    assert pictures.thickness(first, 1.0) == THIN


def test_where_nothing_comes_back_no_gradient_is_shown(scene: CanvasScene) -> None:
    """A metric hears the answer too, but nothing flows back from it."""
    apply(scene, AddNode(Placed("accuracy_1", "Accuracy", x=240.0, y=200.0)))
    apply(scene, Connect(Edge("n_0", "out", "accuracy_1", "input")))
    scene.wire_pictures.show("gradients", {("n_0", "out"): look("strip", 1.0), ("n_1", "out"): look("strip", 1.0)})
    assert ("accuracy_1", "input") not in scene.wire_pictures.looks
    assert scene.wire_pictures.thickness(("accuracy_1", "input"), 1.0) is None
    assert scene.wire_pictures.thickness(("n_1", "x"), 1.0) == THICK


def test_a_picture_that_changes_its_numbers_keeps_its_place(
    scene: CanvasScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = scene.wire_pictures
    pictures.show("values", {("n_0", "out"): look("number")})
    box, item = QRectF(pictures.boxes["n_1", "x"]), pictures._items["n_1", "x"]
    monkeypatch.setattr(type(pictures), "_place", lambda _self, ends: pytest.fail(f"{ends}") if set(ends) else None)
    pictures.show("values", {("n_0", "out"): WireLook(Preview("number", np.array([12345.678]), (), 2))})
    assert pictures.boxes["n_1", "x"] == box and pictures._items["n_1", "x"] is item


def test_places_are_tried_from_the_label_outwards() -> None:
    route = forward(QPointF(0, 0), QPointF(100, 0))
    boxes = list(candidates(route, line_of(route.path), QRectF(), QSizeF(40, 10)))
    assert [one.center().x() for one in boxes] == [50, 50]
    assert boxes[0].top() > 0 > boxes[1].bottom()


@pytest.mark.parametrize("kind", KINDS)
def test_no_picture_is_wider_than_the_gap_between_two_cards(qapp: object, kind: Any) -> None:
    assert all(size.width() <= 72 and size.height() <= 64 for what in ("values", "gradients")
               for size in sizes_of(look(kind, 1.23e-7), what))


def test_numbers_are_short() -> None:
    numbers = (0.0, 0.03125, -12.44, 999.4, 999.6, 1234.5, 1e-6, -3.1e-12, 2e7, math.inf, -math.inf, math.nan)
    told = [said(one) for one in numbers]
    assert told == [
        "0", "0.0312", "−12.4", "999", "1,000", "1,234", "1.0e−6", "−3.1e−12", "2.0e7", "∞", "−∞", "not a number"]
