"""The window as a whole: open, edit, undo, problems and fixes, train, save, close."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest

from neuralgraph.graph.document import Edge, Placed
from neuralgraph.graph.edits import AddNode, ChangeNode, Connect, Group, Move, RemoveNode, SetPlan
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.wiring import Refusal, bend
from neuralgraph.resources import examples
from neuralgraph.session import Session
from neuralgraph.ui import documents
from neuralgraph.ui.controls import Choice, NumberField
from neuralgraph.ui.dialogs import Answer
from neuralgraph.ui.last_weights import place
from neuralgraph.ui.panels.fields import Numeric
from neuralgraph.ui.panels.plan_form import PlanForm
from neuralgraph.ui.panels.properties import NodeSheet
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


def sheet(window: MainWindow) -> NodeSheet:
    found = window.bench.properties.sheet
    assert isinstance(found, NodeSheet)
    return found


def settled(qtbot: Any, window: MainWindow) -> None:
    """Until the analysis speaks of the document as it is."""
    session = window.bench.session
    qtbot.waitUntil(lambda: session.analysis is not None and session.analysis.graph is session.graph, timeout=20000)


def test_an_example_opens_as_a_copy(window: Open) -> None:
    one = window("xor")
    assert one.bench.session.path is None
    assert one.row.title.text() == "xor.ngraph"
    assert not one.bench.session.modified


def test_the_palette_lists_the_catalogue_and_adds(qtbot: Any, window: Open) -> None:
    one = window()
    palette = one.bench.palette
    palette.search.setText("dense")
    assert palette.types()[0] == "Linear"
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert [placed.type for placed in one.bench.session.graph.nodes.values()] == ["Linear"]
    assert one.bench.properties.ids == ("linear_1",)


def test_typing_in_the_form_edits_the_document_in_one_step(qtbot: Any, window: Open) -> None:
    one = window("digits-mlp")
    session = one.bench.session
    one.bench.canvas.select(("hidden",))
    field = sheet(one).form.fields["out_features"]  # type: ignore[union-attr]
    assert isinstance(field, Numeric)
    field.box.setFocus()
    field.box.selectAll()
    qtbot.keyClicks(field.box, "128")
    assert session.graph.nodes["hidden"].params["out_features"] == 128
    assert len(session.history.labels) == 1
    one.bench.undo()
    assert session.history.position == 0
    assert field.box.value() == session.node("hidden").out_features  # type: ignore[union-attr]
    settled(qtbot, one)


def test_undo_names_its_step(qtbot: Any, window: Open) -> None:
    one = window("xor")
    node = next(iter(one.bench.session.graph.nodes))
    one.bench.session.edit(RemoveNode(node))
    qtbot.waitUntil(lambda: one.bench.actions["undo"].text() == f"Undo Delete {node}", timeout=2000)
    assert one.row.title.text().endswith("•")
    one.bench.actions["undo"].trigger()
    qtbot.waitUntil(lambda: one.bench.actions["redo"].text() == f"Redo Delete {node}", timeout=2000)
    assert not one.bench.session.modified
    settled(qtbot, one)


def without_flatten(session: Session) -> None:
    flat = next(id for id, placed in session.graph.nodes.items() if placed.type == "Flatten")
    before = next(session.graph.into(flat))
    after = next(session.graph.out_of(flat))
    session.edit(Group("Delete Flatten", (
        RemoveNode(flat), Connect(Edge(before.source, before.output, after.target, after.input)))))


def test_a_problem_is_listed_and_its_fix_mends_it(qtbot: Any, window: Open) -> None:
    one = window("digits-cnn")
    without_flatten(one.bench.session)
    qtbot.waitUntil(lambda: bool(one.bench.problems.rows), timeout=20000)
    row = one.bench.problems.rows[0]
    assert row.problem.severity == "error"
    assert not one.bar.train.isEnabled()
    assert "1 problem" in one.bar._trouble_text.text()
    row.clicked.emit(row.problem.node)
    assert one.bench.properties.ids == (row.problem.node,)
    row.fix_wanted.emit(row.problem.fixes[0])
    settled(qtbot, one)
    qtbot.waitUntil(lambda: one.bar.train.isEnabled(), timeout=5000)
    assert not one.bench.session.analysis.errors  # type: ignore[union-attr]


def test_training_fills_the_bar_and_ends(qtbot: Any, window: Open) -> None:
    one = window("iris")
    bench = one.bench
    bench.session.edit(documents_plan(bench.session, epochs=3))
    settled(qtbot, one)
    bench.training.toggle()
    assert bench.training.state.phase == "running"
    qtbot.waitUntil(lambda: not bench.bridge.running, timeout=60000)
    state = bench.training.state
    assert (state.phase, state.epoch, state.epochs) == ("idle", 3, 3)
    assert state.metric == "Accuracy"
    assert state.metric_value.endswith("%")
    assert any("Finished" in entry.text for entry in bench.log.entries)
    bench.training.reset()
    assert bench.session.program is None
    assert bench.training.state.epoch == 0


def test_one_batch_stands_still_after_it(qtbot: Any, window: Open) -> None:
    one = window("xor")
    training = one.bench.training
    training.one_batch()
    qtbot.waitUntil(lambda: training.state.phase == "paused", timeout=60000)
    assert training.state.step == 1
    training.stop()
    qtbot.waitUntil(lambda: training.state.phase == "idle", timeout=10000)


def documents_plan(session: Session, *, epochs: int) -> Any:
    from neuralgraph.graph.edits import SetPlan
    from neuralgraph.ui.panels.plan_form import changed

    return SetPlan(changed(session.graph.plan, "epochs", epochs))


def test_the_plan_is_edited_where_nothing_is_selected(qtbot: Any, window: Open) -> None:
    one = window("xor")
    form = one.bench.properties.sheet
    assert isinstance(form, PlanForm)
    rate = form.form.fields["lr"]
    assert isinstance(rate, Numeric)
    rate.box.setFocus()
    rate.box.selectAll()
    qtbot.keyClicks(rate.box, "0,05")
    assert one.bench.session.graph.plan.optimizer.lr == 0.05
    one.bench.undo()
    assert rate.box.value() == one.bench.session.graph.plan.optimizer.lr
    settled(qtbot, one)


@pytest.mark.parametrize(("answer", "stays", "saved"), [
    (Answer.SAVE, False, True), (Answer.DISCARD, False, False), (Answer.CANCEL, True, False)])
def test_closing_with_changes_asks(
    qtbot: Any, window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, stays: bool, saved: bool
) -> None:
    file = tmp_path / "mine.ngraph"
    Session().save(file)
    before = file.read_bytes()
    one = window(file=file)
    one.bench.canvas.add("ReLU")
    settled(qtbot, one)
    monkeypatch.setattr(documents, "ask_to_save", lambda _parent, _name: answer)
    one.close()
    assert one.isVisible() == stays
    assert (file.read_bytes() != before) == saved


def test_a_broken_file_leaves_the_open_document(window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = window("xor")
    told: list[str] = []
    monkeypatch.setattr("neuralgraph.ui.dialogs.tell", lambda _parent, title, text: told.append(f"{title}: {text}"))
    broken = tmp_path / "broken.ngraph"
    broken.write_text('{"format": 1, "nodes": [')
    graph = one.bench.session.graph
    assert not one.bench.documents.open(broken)
    assert one.bench.session.graph is graph
    assert "broken.ngraph" in told[0]


def test_a_file_can_be_dropped(qtbot: Any, window: Open, tmp_path: Path) -> None:
    file = tmp_path / "dropped.ngraph"
    Session().save(file)
    one = window("xor")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    event = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                       Qt.KeyboardModifier.NoModifier)
    one.dropEvent(event)
    qtbot.waitUntil(lambda: one.bench.session.path == file, timeout=5000)
    settled(qtbot, one)


def test_an_exception_in_a_slot_goes_to_the_log(qtbot: Any, window: Open, capfd: Any) -> None:
    import sys

    one = window("xor")
    try:
        raise ZeroDivisionError("a slot went wrong")
    except ZeroDivisionError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    qtbot.waitUntil(lambda: bool(one.bench.log.entries), timeout=2000)
    assert "a slot went wrong" in one.bench.log.entries[-1].text
    assert one.bench.log.unread == 1
    capfd.readouterr()


def test_both_themes_and_a_larger_text(qapp: Any, window: Open) -> None:
    one = window("digits-cnn")
    one.theme.follow(qapp, "light")
    light = one.grab().toImage().pixelColor(QPoint(4, 400))
    one.dark()
    dark = one.grab().toImage().pixelColor(QPoint(4, 400))
    assert light.lightness() > 200 > 60 > dark.lightness()
    one.larger()
    one.smaller()
    one.light()
    qapp.setStyleSheet("")


def test_the_welcome_screen_opens_an_example(qtbot: Any, window: Open) -> None:
    one = window(welcome=True)
    bench = one.bench
    assert bench.welcome is not None
    assert one.centre.currentWidget() is bench.welcome
    card = next(card for card in bench.welcome.gallery.cards if card.path.stem == "xor")
    card.clicked.emit(card.path)
    assert one.centre.currentWidget() is bench.canvas
    assert bench.session.title == "xor.ngraph"
    settled(qtbot, one)


def test_the_last_weights_are_offered_again(qtbot: Any, window: Open, tmp_path: Path) -> None:
    one = window("xor")
    file = tmp_path / "trained.ngraph"
    one.bench.session.save(file)
    one.bench.training.one_batch()
    qtbot.waitUntil(lambda: one.bench.training.state.phase == "paused", timeout=60000)
    one.bench.training.stop()
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=10000)
    kept = {name: value.clone() for name, value in one.bench.session.program.state_dict().items()}  # type: ignore[union-attr]
    one.bench.documents.open(file)
    assert one.bench.session.program is None
    assert one.bench.canvas.offer.isVisible()
    one.bench.canvas.offer._accept()
    found = one.bench.session.program.state_dict()  # type: ignore[union-attr]
    assert all(bool((found[name] == value).all()) for name, value in kept.items())
    settled(qtbot, one)


def test_the_last_weights_are_not_offered_over_those_of_a_run(qtbot: Any, window: Open, tmp_path: Path) -> None:
    one = window("xor")
    file = tmp_path / "trained.ngraph"
    one.bench.session.save(file)
    bench = one.bench
    for turn in range(2):
        bench.training.one_batch()
        qtbot.waitUntil(lambda: bench.training.state.phase == "paused", timeout=60000)
        assert not bench.canvas.offer.isVisible(), "whoever took them would lose what this run learns"
        bench.training.stop()
        qtbot.waitUntil(lambda: not bench.bridge.running, timeout=10000)
        if not turn:
            bench.documents.open(file)
            assert bench.canvas.offer.isVisible()
    settled(qtbot, one)


def test_the_layout_is_remembered_and_reset(qtbot: Any, window: Open) -> None:
    one = window("xor")
    one.bench.docks.toggle_left()
    assert not one.bench.docks.shown("left")
    one.bench.docks.save()
    two = window("xor")
    assert not two.bench.docks.shown("left")
    two.bench.docks.reset()
    assert two.bench.docks.shown("left")


def test_what_was_learnt_goes_stale_with_an_edit_and_comes_back_with_undo(qtbot: Any, window: Open) -> None:
    one = window("digits-mlp")
    bench = one.bench
    stage = replace(bench.session.graph.plan.stages[0], epochs=1)
    bench.session.edit(SetPlan(replace(bench.session.graph.plan, stages=(stage,))))
    settled(qtbot, one)
    bench.training.toggle()
    faces = bench.canvas.scene.faces
    qtbot.waitUntil(lambda: not bench.bridge.running and faces["hidden"].done, timeout=20000)
    assert faces["hidden"].done and not faces["accuracy"].stale and faces["accuracy"].footer[1].endswith("%")
    assert faces["confusion"].footer[1].endswith(" wrong")
    bench.session.edit(Move((("hidden", 300.0, 10.0),)))
    assert faces["hidden"].done and not bench.session.stale
    node = bench.session.graph.nodes["hidden"]
    bench.session.edit(ChangeNode(replace(node, params=FrozenDict({**node.params, "out_features": 33}))))
    assert bench.session.stale and faces["accuracy"].stale and not faces["hidden"].done
    bench.undo()
    assert not faces["accuracy"].stale and faces["hidden"].done


def test_the_ghost_stands_where_its_fix_will_put_the_node(qtbot: Any, window: Open) -> None:
    one = window("digits-mlp")
    session, canvas = one.bench.session, one.bench.canvas
    flatten = next(id for id, placed in session.graph.nodes.items() if placed.type == "Flatten")
    source, target = next(session.graph.into(flatten)), next(session.graph.out_of(flatten))
    session.edit(Group("Take out", (
        RemoveNode(flatten), Connect(Edge(source.source, source.output, target.target, target.input)))))
    settled(qtbot, one)
    canvas.select((target.target,))
    problem = session.analysis.problems_of(target.target)[0]  # type: ignore[union-attr]
    assert canvas.ghost.isVisible() and problem.fixes[0].ghost == "Flatten"
    at = canvas.ghost.pos()
    one.bench.apply_fix(problem.fixes[0])
    new = next(placed for placed in session.graph.nodes.values() if placed.type == "Flatten")
    assert (new.x, new.y) == (at.x(), at.y())
    assert not any(rect.intersects(canvas.scene.node_rect(new.id)) for id in session.graph.nodes
                   if id != new.id and (rect := canvas.scene.node_rect(id)))


def test_weights_that_fit_in_part_are_offered(window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from neuralgraph.compiler.weights import write_weights

    one = window("xor")
    session = one.bench.session
    state = session.compile(seed=5).state_dict()
    name = next(iter(state))
    write_weights(tmp_path / "w.safetensors", {name: state[name], **{
        other: tensor for other, tensor in state.items() if other.partition(".")[0] == name.partition(".")[0]}})
    asked: list[str] = []
    monkeypatch.setattr(documents, "choose", lambda _window, question, text, *labels: asked.append(
        f"{question} {text} {labels}") or (0 if len(asked) > 1 else -1))
    assert not one.bench.documents.take_weights(tmp_path / "w.safetensors") and session.program is None
    assert one.bench.documents.take_weights(tmp_path / "w.safetensors")
    assert "Only 1 nodes" not in asked[0] and "is not in the file" in asked[0]
    assert session.program is not None and torch.equal(session.program.state_dict()[name], state[name])


def test_undo_in_a_field_takes_back_the_typing_first_and_then_the_document(qtbot: Any, window: Open) -> None:
    one = window("digits-mlp")
    bench = one.bench
    bench.session.edit(AddNode(Placed("extra", "ReLU")))
    bench.canvas.select(("hidden",))
    qtbot.waitUntil(lambda: bool(bench.properties.findChildren(NumberField)), timeout=5000)
    field = next(one for one in bench.properties.findChildren(NumberField) if one.accessibleName() == "out_features")
    one.activateWindow()
    qtbot.waitUntil(one.isActiveWindow, timeout=5000)
    field.setFocus()
    qtbot.waitUntil(field.hasFocus, timeout=5000)
    field.selectAll()
    QTest.keyClicks(field, "77")
    assert bench.session.graph.nodes["hidden"].params["out_features"] == 77
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert field.text() == "128" and bench.session.graph.nodes["hidden"].params["out_features"] == 128
    assert "extra" in bench.session.graph.nodes
    for _ in range(4):
        qtbot.wait(20)
        QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert "extra" not in bench.session.graph.nodes


def test_a_bead_on_a_wire_leaves_what_was_learnt_and_said(qtbot: Any, window: Open) -> None:
    """Found by a teacher: one double-click made everything look untrained."""
    one = window("xor")
    session = one.bench.session
    list(session.train())
    edge = session.graph.edges["tanh_1", "x"]
    edit = bend(session.graph, session.catalog, Placed("dot_1", "Dot", x=300.0, y=200.0), edge)
    assert not isinstance(edit, Refusal)
    session.edit(edit)
    assert not session.stale and session.region() is not None
    node = session.graph.nodes["hidden"]
    session.edit(ChangeNode(replace(node, params=node.params.having(out_features=3))))
    assert session.stale


def test_softmax_before_the_loss_is_seen_through_a_bead() -> None:
    session = Session.open(examples() / "iris.ngraph")
    graph, catalog = session.graph, session.catalog
    for id, kind in (("soft", "Softmax"), ("dot_1", "Dot")):
        edit = bend(session.graph, catalog, Placed(id, kind), session.graph.edges["loss", "input"])
        assert not isinstance(edit, Refusal)
        session.edit(edit)
    assert graph is not session.graph
    found = [one for one in session.analyse().problems if one.code == "softmax_before_loss"]
    assert len(found) == 1 and found[0].fixes


def test_a_node_that_a_fix_inserts_lies_on_top_of_nobody() -> None:
    session = Session()
    session.edit(AddNode(Placed("data", "Dataset", FrozenDict({"name": "digits"}))))
    session.edit(AddNode(Placed("linear_1", "Linear", x=240.0)))
    session.edit(AddNode(Placed("relu_1", "ReLU", x=480.0)))
    session.edit(Connect(Edge("data", "x", "linear_1", "x")))
    session.edit(Connect(Edge("linear_1", "out", "relu_1", "x")))
    fix = next(fix for one in session.analyse().problems for fix in one.fixes if fix.label == "Insert Flatten")
    assert fix.edit is not None
    session.edit(fix.edit)
    places = {id: (one.x, one.y) for id, one in session.graph.nodes.items()}
    assert places["data"][0] < places["flatten_1"][0] < places["linear_1"][0] < places["relu_1"][0]
    assert all(abs(a[0] - b[0]) >= 176 or abs(a[1] - b[1]) >= 96 for a, b in combinations(places.values(), 2))
    session.undo()
    assert session.graph.nodes["linear_1"].x == 240.0


def test_a_bar_above_the_canvas_moves_no_node_that_it_need_not_cover(qtbot: Any, window: Open) -> None:
    one = window("xor")
    area = one.bench.canvas
    view = area.view
    assert view is not None
    view.following = False
    view.zoom_to(0.5)
    view.centerOn(area.scene.content_rect().center())

    def top() -> int:
        corner = view.mapFromScene(area.scene.content_rect().topLeft())
        return int(view.viewport().mapToGlobal(corner).y())

    for lower, kept in ((0, True), (view.mapFromScene(area.scene.content_rect().topLeft()).y() - 20, False)):
        view.verticalScrollBar().setValue(view.verticalScrollBar().value() + lower)
        before = top()
        area.offer.ask("There is an earlier version of this document.", "Open it", lambda: None)
        qtbot.waitUntil(lambda: view.y() > 10, timeout=5000)
        assert (top() == before) is kept
        assert view.mapFromScene(area.scene.content_rect().topLeft()).y() > 0, "the bar covers nothing"
        area.offer.hide()
        qtbot.waitUntil(lambda: view.y() < 10, timeout=5000)
        assert top() == before


def test_curves_are_kept_whichever_tab_is_open(qtbot: Any, window: Open) -> None:
    one = window("iris")
    one.bench.docks.bottom.open("confusion")
    one.bench.training.toggle()
    plots = one.bench.docks.bottom.page("plots")
    assert plots is not None
    qtbot.waitUntil(lambda: len(plots.run.figures["loss"].train) > 5, timeout=20000)
    one.bench.training.stop()
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=10000)
    assert plots.run.figures["loss"].train.x("step")[0] == 1


def test_train_without_a_loss_says_so_until_there_is_one(qtbot: Any, window: Open) -> None:
    one = window("iris")
    bench = one.bench
    bench.session.edit(RemoveNode("loss"))
    qtbot.waitUntil(lambda: bench.session.analysis is not None and bench.session.analysis.graph is bench.session.graph,
                    timeout=20000)
    bench.training.toggle()
    qtbot.waitUntil(lambda: bool(bench.training.state.message), timeout=20000)
    assert bench.training.state.message.startswith("The graph has no loss")
    qtbot.waitUntil(lambda: not bench.bridge.running, timeout=10000)
    bench.undo()
    qtbot.waitUntil(lambda: not bench.training.state.message, timeout=10000)


def test_data_alone_answer_nothing() -> None:
    session = Session()
    session.edit(AddNode(Placed("data", "Dataset", FrozenDict({"name": "xor_table"}))))
    assert session.answers() is None


def test_weights_of_a_document_that_is_saved_after_training_are_offered_again(
    qtbot: Any, window: Open, tmp_path: Path
) -> None:
    one = window("xor")
    bench = one.bench
    list(bench.session.train())
    bench.session.save(tmp_path / "mine.ngraph")
    bench.documents.saved.emit()
    weight = bench.session.program.state_dict()["hidden.weight"].clone()
    one.close()
    again = window(file=tmp_path / "mine.ngraph")
    assert again.bench.canvas.offer.isVisible()
    again.bench.last._take(place(tmp_path / "mine.ngraph"))
    assert torch.equal(again.bench.session.program.state_dict()["hidden.weight"], weight)


def test_how_weights_start_is_set_in_the_properties(qtbot: Any, window: Open) -> None:
    one = window("digits-mlp")
    bench = one.bench
    bench.canvas.select(("hidden",))
    form = sheet(one).initial
    assert form is not None and form.isVisible() and form.body.isHidden()
    form.link.click()
    ways = next(each for each in form.findChildren(Choice) if each.accessibleName() == "weights start")
    ways.setCurrentIndex(ways.findText("normal"))
    ways.activated.emit(ways.currentIndex())
    placed = bench.session.graph.nodes["hidden"]
    assert dict(placed.initialiser) == {"weight": "normal"}
    field = next(each for each in form.findChildren(NumberField) if each.accessibleName() == "weight std")
    assert field.value() == 0.1
    field.typed.emit(0.02)
    assert bench.session.graph.nodes["hidden"].initialiser["weight.std"] == 0.02
    bench.undo()
    assert not bench.session.graph.nodes["hidden"].initialiser
    bench.canvas.select(("relu_1",))
    qtbot.waitUntil(lambda: sheet(one).initial is not None and not sheet(one).initial.isVisible(), timeout=3000)


def test_a_name_that_is_too_long_ends_in_dots_and_is_whole_when_it_is_changed(qtbot: Any, window: Open) -> None:
    one = window("spiral")
    one.bench.canvas.select(("loss",))
    title = sheet(one)._title
    title.setFixedWidth(90)
    qtbot.waitUntil(lambda: title.text().endswith("…"), timeout=3000)
    title.begin()
    assert title.text() == "BCEWithLogitsLoss"
    QTest.keyClick(title, Qt.Key.Key_Escape)
    assert title.text().endswith("…") and not one.bench.session.modified
