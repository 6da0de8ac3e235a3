"""Gestures on the real canvas with real mouse events: what changes, in one undo step, and what Esc leaves."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from neuralgraph.graph.document import Edge, Frame, Note, Placed
from neuralgraph.graph.edits import AddNode, Connect, PutFrame, PutNote
from neuralgraph.session import Session
from neuralgraph.ui.canvas import canvas_commands
from neuralgraph.ui.canvas.export_picture import export_picture
from neuralgraph.ui.canvas.gestures.board import Port
from neuralgraph.ui.canvas.gestures.hands import Hands
from neuralgraph.ui.canvas.gestures.overlay import Bubble
from neuralgraph.ui.canvas.gestures.palette_drop import MIME
from neuralgraph.ui.canvas.gestures.scene_board import SceneBoard
from neuralgraph.ui.canvas.scene import CanvasScene
from neuralgraph.ui.canvas.view import CanvasView
from neuralgraph.validation.analysis import Analysis
from neuralgraph.validation.problem import Fix, Problem

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, CTRL, ALT, SHIFT = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier,
                          Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier)
PLACES = {"linear_1": ("Linear", 0, 0), "relu_1": ("ReLU", 240, 0), "linear_2": ("Linear", 480, 0),
          "cross_entropy_loss_1": ("CrossEntropyLoss", 720, 0), "accuracy_1": ("Accuracy", 720, 200),
          "dropout_1": ("Dropout", 0, 240)}


class Desk:
    """A session on a canvas, and a hand."""

    def __init__(self, qtbot) -> None:
        self.session = Session()
        self.scene = CanvasScene(self.session)
        self.session.history.subscribe(lambda change: self.scene.sync(change.before, change.after))
        self.view = CanvasView(self.scene)
        qtbot.addWidget(self.view)
        self.view.resize(1200, 700)
        self.board = SceneBoard(self.view, say=lambda text: self.said.append(text))
        self.said: list[str] = []
        self.hands = Hands(self.board)
        for id, (kind, x, y) in PLACES.items():
            self.session.edit(AddNode(Placed(id, kind, x=float(x), y=float(y))))
        for wire in (("linear_1", "out", "relu_1", "x"), ("relu_1", "out", "linear_2", "x")):
            self.session.edit(Connect(Edge(*wire)))
        self.view.show()
        qtbot.waitExposed(self.view)
        self.view.centerOn(440, 200)
        self.start = self.session.history.position

    @property
    def graph(self):
        return self.session.graph

    @property
    def steps(self) -> int:
        return self.session.history.position - self.start

    def at(self, place: QPointF) -> QPoint:
        return self.view.mapFromScene(place)

    def middle(self, id: str) -> QPointF:
        return self.board.box(id).center()

    def port(self, id: str, name: str, *, output: bool) -> QPointF:
        return self.board.port_position(Port(id, name, output))

    def send(self, kind: QEvent.Type, place: QPointF, button, keys=NONE, held=None) -> None:
        spot = QPointF(self.at(place))
        held = button if held is None else held
        event = QMouseEvent(kind, spot, QPointF(self.view.viewport().mapToGlobal(spot.toPoint())), button, held, keys)
        QApplication.sendEvent(self.view.viewport(), event)

    def press(self, place: QPointF, button=LEFT, keys=NONE) -> None:
        self.send(QEvent.Type.MouseButtonPress, place, button, keys)

    def move(self, place: QPointF, keys=NONE) -> None:
        self.send(QEvent.Type.MouseMove, place, Qt.MouseButton.NoButton, keys, LEFT)

    def release(self, place: QPointF, button=LEFT, keys=NONE) -> None:
        self.send(QEvent.Type.MouseButtonRelease, place, button, keys, Qt.MouseButton.NoButton)

    def drag(self, start: QPointF, end: QPointF, button=LEFT, keys=NONE) -> None:
        self.press(start, button, keys)
        for share in (0.3, 0.7, 1.0):
            self.move(start + (end - start) * share, keys)
        self.release(end, button, keys)

    def key(self, key, keys=NONE) -> None:
        QTest.keyClick(self.view, key, keys)


@pytest.fixture
def desk(qtbot):
    return Desk(qtbot)


def test_a_click_selects_and_a_click_on_nothing_does_not(desk) -> None:
    QTest.mouseClick(desk.view.viewport(), LEFT, NONE, desk.at(desk.middle("relu_1")))
    assert desk.board.selection() == ("relu_1",)
    QTest.mouseClick(desk.view.viewport(), LEFT, CTRL, desk.at(desk.middle("linear_1")))
    assert set(desk.board.selection()) == {"linear_1", "relu_1"}
    QTest.mouseClick(desk.view.viewport(), LEFT, NONE, desk.at(QPointF(300, 400)))
    assert desk.board.selection() == ()
    assert desk.steps == 0


def test_moving_snaps_to_the_grid_in_one_step(desk) -> None:
    start = desk.middle("dropout_1")
    desk.drag(start, start + QPointF(37, 61))
    assert (desk.graph.nodes["dropout_1"].x, desk.graph.nodes["dropout_1"].y) == (40, 304)
    assert desk.steps == 1
    desk.session.undo()
    assert desk.graph.nodes["dropout_1"].y == 240


def test_escape_cancels_a_move_without_a_trace(desk) -> None:
    before, start = desk.graph, desk.middle("dropout_1")
    desk.press(start)
    desk.move(start + QPointF(80, 80))
    assert desk.board.box("dropout_1").x() == 80
    desk.key(Qt.Key.Key_Escape)
    desk.release(start + QPointF(80, 80))
    assert desk.graph is before
    assert desk.board.box("dropout_1").x() == 0
    assert desk.steps == 0


def test_alt_moves_copies_with_their_wires(desk) -> None:
    desk.board.select(("linear_1", "relu_1"))
    start = desk.middle("linear_1")
    desk.drag(start, start + QPointF(0, 320), keys=ALT)
    assert desk.steps == 1
    assert desk.graph.nodes["linear_3"].y == 320
    assert desk.graph.edges["relu_2", "x"].source == "linear_3"
    assert set(desk.board.selection()) == {"linear_3", "relu_2"}


def test_rubber_band_selects_what_it_touches(desk) -> None:
    desk.drag(QPointF(-40, -40), QPointF(300, 100))
    assert set(desk.board.selection()) == {"linear_1", "relu_1"}
    desk.drag(QPointF(-40, 220), QPointF(60, 300), keys=SHIFT)
    assert set(desk.board.selection()) == {"linear_1", "relu_1", "dropout_1"}
    assert desk.steps == 0


def test_port_to_port_and_port_to_body(desk) -> None:
    loss = "cross_entropy_loss_1"
    desk.drag(desk.port("linear_2", "out", output=True), desk.port(loss, "input", output=False))
    assert desk.graph.edges[loss, "input"].source == "linear_2"
    desk.drag(desk.port("linear_2", "out", output=True), desk.middle("accuracy_1") + QPointF(0, 20))
    assert [e.input for e in desk.graph.into("accuracy_1")] == ["input"]
    assert desk.steps == 2


def test_from_an_input_backwards(desk) -> None:
    desk.drag(desk.port("dropout_1", "x", output=False), desk.port("linear_1", "out", output=True))
    assert desk.graph.edges["dropout_1", "x"].source == "linear_1"


def test_click_and_click(desk) -> None:
    a, b = desk.port("linear_2", "out", output=True), desk.port("dropout_1", "x", output=False)
    for place in (a, b):
        desk.press(place)
        desk.release(place)
        desk.move(b)
    assert desk.graph.edges["dropout_1", "x"].source == "linear_2"
    assert desk.hands.gesture is None


def test_ports_glow_and_dim_and_a_cycle_says_why(desk) -> None:
    desk.press(desk.port("linear_2", "out", output=True))
    desk.move(desk.middle("linear_2") + QPointF(100, 100))
    assert desk.scene.mark_of("linear_1", "x", True) == "dims"
    assert desk.scene.mark_of("dropout_1", "x", True) == "fits"
    desk.move(desk.port("linear_1", "x", output=False))
    assert desk.said[-1] == "This would be a cycle: linear_1 → relu_1 → linear_2 → linear_1."
    assert desk.scene.drag_wire.state == "refused"
    desk.release(desk.port("linear_1", "x", output=False))
    assert desk.steps == 0
    assert desk.scene.mark_of("dropout_1", "x", True) is None
    assert not desk.scene.drag_wire.isVisible()


def test_a_wire_is_picked_up_laid_elsewhere_and_dropped(desk) -> None:
    desk.drag(desk.port("linear_2", "x", output=False), desk.port("dropout_1", "x", output=False))
    assert ("linear_2", "x") not in desk.graph.edges
    assert desk.graph.edges["dropout_1", "x"].source == "relu_1"
    assert desk.steps == 1
    desk.drag(desk.port("dropout_1", "x", output=False), QPointF(360, 480))
    assert ("dropout_1", "x") not in desk.graph.edges


def test_a_wire_dropped_on_nothing_places_and_wires_in_one_step(desk) -> None:
    desk.drag(desk.port("linear_2", "out", output=True), QPointF(400, 420))
    popup = desk.hands.popup
    assert popup is not None
    assert popup.isVisible()
    QTest.keyClicks(popup.search, "dense")
    assert popup.types()[0] == "Linear"
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert desk.graph.edges["linear_3", "x"].source == "linear_2"
    assert desk.steps == 1
    assert desk.board.selection() == ("linear_3",)


def test_only_what_fits_is_offered(desk) -> None:
    desk.drag(desk.port("linear_2", "out", output=True), QPointF(400, 420))
    assert "Dataset" not in desk.hands.popup.types()
    assert "ReLU" in desk.hands.popup.types()
    QTest.keyClick(desk.hands.popup.search, Qt.Key.Key_Escape)
    assert not desk.hands.popup.isVisible()
    assert desk.steps == 0


def test_a_free_node_dropped_on_a_wire_goes_into_it_and_ctrl_keeps_it_out(desk) -> None:
    wire = desk.board.wire_path(("linear_2", "x")).pointAtPercent(0.5)
    box = desk.board.box("dropout_1")
    grip = QPointF(box.center().x(), box.top() + 16)
    desk.drag(grip, wire)
    assert desk.graph.edges["dropout_1", "x"].source == "relu_1"
    assert desk.graph.edges["linear_2", "x"].source == "dropout_1"
    assert desk.steps == 1
    desk.session.undo()
    desk.press(grip)
    desk.move(wire, CTRL)
    desk.release(wire, keys=CTRL)
    assert desk.graph.edges["linear_2", "x"].source == "relu_1"


def test_the_knife_cuts_what_it_crosses_in_one_step(desk) -> None:
    a, b = (desk.board.wire_path(end).pointAtPercent(0.5) for end in (("relu_1", "x"), ("linear_2", "x")))
    desk.press(a + QPointF(-2, -40), RIGHT, CTRL)
    for place in (a + QPointF(2, 60), b + QPointF(-2, 60), b + QPointF(2, -40)):
        desk.move(place, CTRL)
    desk.release(b + QPointF(2, -40), RIGHT, CTRL)
    assert desk.graph.edges == {}
    assert desk.steps == 1


def test_the_palette_drops_into_a_wire(desk) -> None:
    wire = desk.board.wire_path(("linear_2", "x")).pointAtPercent(0.5)
    data = QMimeData()
    data.setData(MIME, b"Dropout")
    spot, copy = desk.at(wire), Qt.DropAction.CopyAction
    for event in (QDragEnterEvent(spot, copy, data, LEFT, NONE), QDragMoveEvent(spot, copy, data, LEFT, NONE),
                  QDropEvent(QPointF(spot), copy, data, LEFT, NONE)):
        QApplication.sendEvent(desk.view.viewport(), event)
    assert desk.graph.edges["linear_2", "x"].source == "dropout_2"
    assert desk.steps == 1


def test_quick_add_wires_with_the_one_selected_node(desk) -> None:
    desk.board.select(("linear_2",))
    desk.view.setFocus()
    desk.key(Qt.Key.Key_Slash)
    QTest.keyClicks(desk.hands.popup.search, "relu")
    QTest.keyClick(desk.hands.popup.search, Qt.Key.Key_Return)
    assert desk.graph.edges["relu_2", "x"].source == "linear_2"
    assert desk.steps == 1


def test_a_double_click_on_nothing_searches(desk) -> None:
    QTest.mouseDClick(desk.view.viewport(), LEFT, NONE, desk.at(QPointF(300, 400)))
    assert desk.hands.popup.isVisible()


def test_a_frame_takes_its_content_along_and_resizes(desk) -> None:
    desk.session.edit(PutFrame(Frame("frame_1", "Part", -24.0, 200.0, 200.0, 160.0)))
    start = QPointF(60, 210)
    desk.drag(start, start + QPointF(200, 0))
    assert desk.graph.frames["frame_1"].x == 176
    assert desk.graph.nodes["dropout_1"].x == 200
    assert desk.steps == 2
    corner = desk.board.box("frame_1").bottomRight() - QPointF(4, 4)
    desk.drag(corner, corner + QPointF(40, 24))
    assert (desk.graph.frames["frame_1"].width, desk.graph.frames["frame_1"].height) == (240, 184)


def test_a_note_is_written_in_place(desk) -> None:
    desk.session.edit(PutNote(Note("note_1", "old", 300.0, 300.0)))
    QTest.mouseDClick(desk.view.viewport(), LEFT, NONE, desk.at(desk.middle("note_1")))
    field = desk.hands.editor.field
    QTest.keyClicks(field, "new")
    QTest.keyClick(field, Qt.Key.Key_Return, CTRL)
    assert desk.graph.notes["note_1"].text == "new"


def test_keys(desk) -> None:
    desk.view.setFocus()
    desk.board.select(("linear_1",))
    desk.key(Qt.Key.Key_Right)
    assert desk.board.selection() == ("relu_1",)
    desk.key(Qt.Key.Key_Down, CTRL)
    desk.key(Qt.Key.Key_Down, CTRL)
    assert desk.graph.nodes["relu_1"].y == 16
    assert desk.steps == 1
    desk.key(Qt.Key.Key_Delete, CTRL)
    assert desk.graph.edges["linear_2", "x"].source == "linear_1"
    desk.key(Qt.Key.Key_A, CTRL)
    desk.key(Qt.Key.Key_Delete)
    assert not desk.graph.nodes
    assert desk.steps == 3


def test_flags_and_aligning(desk) -> None:
    desk.view.setFocus()
    desk.board.select(("relu_1",))
    desk.key(Qt.Key.Key_B)
    assert desk.graph.nodes["relu_1"].bypassed
    desk.key(Qt.Key.Key_B, SHIFT)
    assert desk.graph.nodes["relu_1"].frozen
    desk.board.select(("cross_entropy_loss_1",))
    desk.key(Qt.Key.Key_B)
    assert "cannot be bypassed" in desk.said[-1]
    desk.board.select(("linear_1", "dropout_1", "relu_1"))
    desk.key(Qt.Key.Key_A, ALT)
    desk.key(Qt.Key.Key_L)
    assert {desk.graph.nodes[id].x for id in ("linear_1", "dropout_1", "relu_1")} == {0.0}
    desk.key(Qt.Key.Key_U, ALT)
    assert set(desk.board.selection()) == {"linear_1", "relu_1", "dropout_1"}


def test_tidy_is_one_step_and_glides(desk, qtbot) -> None:
    desk.view.setFocus()
    desk.key(Qt.Key.Key_L, CTRL | SHIFT)
    assert desk.steps == 1
    qtbot.waitUntil(lambda: all(
        desk.board.box(id).topLeft() == QPointF(one.x, one.y) for id, one in desk.graph.nodes.items()), timeout=3000)
    assert desk.session.undo() == "Tidy"


def test_duplicate_frame_note_rename(desk) -> None:
    desk.view.setFocus()
    desk.board.select(("relu_1",))
    desk.key(Qt.Key.Key_D, CTRL)
    assert desk.graph.nodes["relu_2"].x == 272
    desk.key(Qt.Key.Key_C)
    assert desk.graph.frames["frame_1"].width > 100
    desk.hands.editor.end(keep=False)
    desk.key(Qt.Key.Key_N)
    assert "note_1" in desk.graph.notes
    desk.hands.editor.end(keep=False)
    desk.board.select(("relu_1",))
    desk.key(Qt.Key.Key_F2)
    QTest.keyClicks(desk.hands.editor.field, "gate")
    QTest.keyClick(desk.hands.editor.field, Qt.Key.Key_Return)
    assert desk.graph.nodes["relu_1"].title == "gate"
    assert canvas_commands.find(desk.hands, "gate") == ["relu_1"]


def test_a_picture_of_the_graph(desk, tmp_path) -> None:
    png, svg = export_picture(desk.board, tmp_path / "a.png"), export_picture(desk.board, tmp_path / "a.svg")
    assert png.read_bytes()[:4] == b"\x89PNG"
    drawn = svg.read_text()
    assert "<image" not in drawn
    assert "CrossEntropyLoss" in drawn


def test_shapes_that_do_not_fit_say_why_and_offer_the_fix_while_dragging(desk, monkeypatch) -> None:
    fix = Fix("Insert Flatten", AddNode(Placed("flatten_1", "Flatten")))
    bad = Problem("misfit", "error", "…", "dropout_1", "x", "Dropout needs a flat input", received="N × 32 × 7 × 7",
                  fixes=(fix,))
    desk.session.accept(Analysis(desk.graph))
    monkeypatch.setattr(desk.session, "preview", lambda edit: (bad,))
    desk.press(desk.port("linear_2", "out", output=True))
    desk.move(desk.middle("linear_2") + QPointF(0, 90))
    desk.move(desk.port("dropout_1", "x", output=False))
    bubble = desk.view.viewport().findChild(Bubble)
    assert bubble.isVisible()
    assert bubble.accessibleName() == "Dropout needs a flat input This is N × 32 × 7 × 7. Insert Flatten"
    assert desk.scene.drag_wire.state == "refused"
    desk.key(Qt.Key.Key_Escape)
    assert not bubble.isVisible()
    assert desk.steps == 0


def test_every_action_has_its_own_keys() -> None:
    keys = [key for one in canvas_commands.CANVAS_ACTIONS for key in one.keys]
    assert len(keys) == len(set(keys))
    assert len({one.id for one in canvas_commands.CANVAS_ACTIONS}) == len(canvas_commands.CANVAS_ACTIONS)


def double(desk, place: QPointF) -> None:
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick,
                 QEvent.Type.MouseButtonRelease):
        desk.send(kind, place, LEFT, held=Qt.MouseButton.NoButton if "Release" in kind.name else LEFT)


def test_a_double_click_bends_a_wire_and_takes_the_bead_away_again(desk) -> None:
    wire = desk.board.wire_path(("relu_1", "x"))
    place = wire.pointAtPercent(0.5)
    before = desk.graph
    double(desk, place)
    assert desk.graph.nodes["dot_1"].type == "Dot" and desk.board.selection() == ("dot_1",) and desk.steps == 1
    assert desk.graph.edges["relu_1", "x"].source == "dot_1" and desk.graph.edges["dot_1", "x"].source == "linear_1"
    assert (desk.middle("dot_1") - place).manhattanLength() <= 8
    desk.drag(desk.middle("dot_1"), desk.middle("dot_1") + QPointF(0, 80))
    assert desk.steps == 2 and desk.graph.nodes["dot_1"].y > 60
    bead = desk.scene.cards["dot_1"]
    assert bead.width == 40 and not any("N" in text for end, text in desk.scene.labels.items() if end[0] == "relu_1")
    double(desk, desk.middle("dot_1"))
    assert desk.steps == 3 and desk.graph == before
    for _ in range(3):
        desk.session.undo()
    assert desk.graph == before


def test_a_bead_that_is_deleted_leaves_its_wire(desk) -> None:
    before = desk.graph
    desk.board.select((), (("relu_1", "x"),))
    canvas_commands.bend(desk.hands)
    assert "dot_1" in desk.graph.nodes
    desk.key(Qt.Key.Key_Delete)
    assert desk.graph == before


def test_nodes_are_wired_without_a_mouse(desk) -> None:
    from neuralgraph.ui.canvas.wire_menu import offers, wire_menu

    desk.board.select(("linear_2", "cross_entropy_loss_1"))
    desk.key(Qt.Key.Key_W)
    assert desk.graph.edges["cross_entropy_loss_1", "input"].source == "linear_2" and desk.steps == 1
    desk.board.select(("linear_2",))
    found = dict(offers(desk.board, "linear_2"))
    assert any("accuracy_1 · input" in text for text in found)
    assert not any("linear_1" in text or "relu_1" in text for text in found), "that would be a circle"
    assert any("(now linear_2)" not in text for text in found)
    menu = wire_menu(desk.board, "linear_2")
    next(one for one in menu.actions() if "accuracy_1 · input" in one.text()).trigger()
    menu.close()
    assert desk.graph.edges["accuracy_1", "input"].source == "linear_2" and desk.steps == 2
    desk.board.select(())
    desk.key(Qt.Key.Key_W)
    assert desk.steps == 2 and desk.said[-1].startswith("Select one or two")


def test_weights_are_shared_by_a_key_and_own_again_by_the_same(desk) -> None:
    from neuralgraph.graph.frozen import FrozenDict

    desk.session.edit(AddNode(Placed("data", "Input", FrozenDict({"shape": (6,)}), x=-300.0, y=100.0)))
    for id in ("linear_1", "linear_2"):
        desk.session.edit(Connect(Edge("data", "out", id, "x")))
    start = desk.steps
    desk.board.select(("linear_2", "linear_1"))
    desk.key(Qt.Key.Key_S)
    assert desk.graph.nodes["linear_2"].shares == "linear_1" and desk.steps == start + 1
    assert ("weights", "of linear_1") in desk.scene.faces["linear_2"].rows
    links = desk.scene.links
    assert len(links.lines) == 1
    assert {links.lines[0].x1(), links.lines[0].x2()} == {desk.middle(id).x() for id in ("linear_1", "linear_2")}
    desk.board.select(("linear_2",))
    desk.drag(desk.middle("linear_2"), desk.middle("linear_2") + QPointF(0, 160))
    assert links.lines[0].p2() == QPointF(desk.middle("linear_2").x(), desk.board.box("linear_2").top())
    assert links.boundingRect().contains(links.lines[0].center())
    desk.board.select(("linear_2",))
    desk.key(Qt.Key.Key_S)
    assert desk.graph.nodes["linear_2"].shares is None and not links.lines
    desk.board.select(("linear_1", "relu_1"))
    desk.key(Qt.Key.Key_S)
    assert desk.graph.nodes["relu_1"].shares is None and "no weights" in desk.said[-1]
