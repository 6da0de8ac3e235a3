"""The graph is changed while a run stands still: it goes on with the new one, from the same place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt

from neuralgraph.graph.document import Edge, Placed
from neuralgraph.graph.edits import AddNode, ChangeNode, Connect, Disconnect, Group, SetPlan
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.training.events import Changed, EpochEnded, Note, Step
from neuralgraph.ui.asked_numbers import AskedNumbers
from neuralgraph.ui.controls import NumberField
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


def paused(qtbot: Any, one: MainWindow, epochs: int = 30) -> list[Any]:
    """A window whose run stands after one epoch; what the run says from here on."""
    plan = one.bench.session.graph.plan
    one.bench.session.edit(SetPlan(replace(plan, stages=(replace(plan.stages[0], epochs=epochs),))))
    qtbot.waitUntil(lambda: not one.bench.analysis.busy, timeout=20000)
    training, heard = one.bench.training, []
    one.bench.bridge.events.connect(heard.extend)
    training.one_epoch()
    qtbot.waitUntil(lambda: training.state.phase == "paused", timeout=60000)
    return heard


def test_a_layer_more(qtbot: Any, window: Open) -> None:
    one = window("digits-mlp")
    heard = paused(qtbot, one)
    training, session = one.bench.training, one.bench.session
    before = {name: tensor.clone() for name, tensor in session.program.state_dict().items()}
    step = heard[-2].step if isinstance(heard[-2], Step) else training.state.steps
    edge = next(edge for edge in session.graph.edges.values() if session.graph.nodes[edge.source].type == "ReLU")
    session.edit(Group("Put in a layer", (
        Disconnect(edge.target, edge.input),
        AddNode(Placed("extra", "Linear", FrozenDict({"out_features": 10}))),
        Connect(Edge(edge.source, edge.output, "extra", "x")), Connect(Edge("extra", "out", edge.target, edge.input)))))
    qtbot.waitUntil(lambda: not one.bench.analysis.busy, timeout=20000)
    heard.clear()
    training.one_batch()
    qtbot.waitUntil(lambda: training.state.phase == "paused" and any(isinstance(e, Step) for e in heard), timeout=60000)
    notes = [event.message for event in heard if isinstance(event, Note)]
    assert any("fresh weights in" in note and "extra" in note for note in notes), notes
    assert session.program.document is session.graph or session.program.document.computes(session.graph)
    assert [event.step for event in heard if isinstance(event, Step)][-1] == step + 1, "from the same place"
    kept = session.program.state_dict()
    same = [name for name, tensor in before.items() if name in kept and kept[name].shape == tensor.shape]
    assert same and all(float((kept[name] - before[name]).abs().max()) < 0.05 for name in same)
    training.stop()
    qtbot.waitUntil(lambda: training.state.phase == "idle", timeout=10000)


def test_a_problem_is_told_first(qtbot: Any, window: Open) -> None:
    one = window("xor")
    paused(qtbot, one)
    training, session = one.bench.training, one.bench.session
    edge = next(iter(session.graph.edges.values()))
    session.edit(Disconnect(edge.target, edge.input))
    qtbot.waitUntil(lambda: training.state.errors > 0, timeout=20000)
    training.toggle()
    assert training.state.phase == "paused"
    assert any("has problems now" in entry.text for entry in one.bench.log.entries)
    session.undo()
    qtbot.waitUntil(lambda: training.state.errors == 0, timeout=20000)
    training.toggle()
    assert training.state.phase == "running"
    training.stop()
    qtbot.waitUntil(lambda: training.state.phase == "idle", timeout=10000)


def test_levers_of_nodes_and_plan_act_at_once(qtbot: Any, window: Open) -> None:
    one = window("xor")
    heard = paused(qtbot, one, epochs=5000)
    training, session = one.bench.training, one.bench.session
    loss = next(id for id, placed in session.graph.nodes.items() if placed.type.endswith("Loss"))
    placed = session.graph.nodes[loss]
    session.edit(ChangeNode(replace(placed, params=FrozenDict({**placed.params, "weight": 2.0})), "Change weight"))
    session.edit(SetPlan(replace(session.graph.plan, batch_size=2)))
    qtbot.waitUntil(lambda: not one.bench.analysis.busy, timeout=20000)
    training.toggle()
    assert training.state.phase == "running"
    qtbot.waitUntil(lambda: len([one for one in heard if isinstance(one, Changed)]) == 2, timeout=20000)
    marks = {one.name: one.new for one in heard if isinstance(one, Changed)}
    assert marks == {f"{loss}.weight": 2.0, "batch_size": 2.0}
    assert training.state.phase == "running", "a lever needs no new run"
    training.stop()
    qtbot.waitUntil(lambda: training.state.phase == "idle", timeout=10000)


def test_a_number_typed_into_the_plan_is_one_lever(qtbot: Any, window: Open) -> None:
    one = window("xor")
    heard = paused(qtbot, one, epochs=5000)
    training, sheet = one.bench.training, one.bench.properties.sheet
    box = sheet.form.fields["lr"].box
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "1e-3")
    assert one.bench.session.graph.plan.optimizer.lr != 1.0
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert one.bench.session.graph.plan.optimizer.lr == 1e-3
    training.toggle()
    qtbot.waitUntil(lambda: any(isinstance(one, Changed) for one in heard), timeout=20000)
    training.stop()
    qtbot.waitUntil(lambda: training.state.phase == "idle", timeout=10000)
    assert [(one.name, one.new) for one in heard if isinstance(one, Changed)] == [("lr", 1e-3)]
    box.selectAll()
    qtbot.keyClicks(box, "5")
    assert one.bench.session.graph.plan.optimizer.lr == 5.0, "without a run every sign counts"


def test_more_epochs_while_paused_and_beyond_the_end(qtbot: Any, window: Open) -> None:
    one = window("xor")
    heard = paused(qtbot, one, epochs=6)
    training = one.bench.training

    def ended() -> list[int]:
        return [one.epoch for one in heard if isinstance(one, EpochEnded)]

    def stands(phase: str, epoch: int) -> None:
        qtbot.waitUntil(lambda: training.state.phase == phase and bool(ended()) and ended()[-1] == epoch, timeout=30000)

    training.more_epochs(3)
    stands("paused", 4)
    training.one_epoch()
    stands("paused", 5)
    said: list[str] = []
    training.said.connect(lambda _level, text, _more: said.append(text))
    training.more_epochs(3)
    stands("idle", 6)
    assert "ends with its plan, after 6 epochs" in said[0]
    training.more_epochs(9)  # the plan would have six more
    stands("idle", 15)
    assert len(one.bench.session.run.history["loss"]) == 9 and one.bench.session.graph.plan.epochs == 6


def test_the_number_of_more_epochs_is_asked_for(qtbot: Any, window: Open) -> None:
    one = window("xor")
    training = one.bench.training
    qtbot.waitUntil(lambda: not one.bench.analysis.busy, timeout=20000)
    dialog = AskedNumbers(one.bench).epochs()
    field = dialog.findChild(NumberField)
    assert field.text() == str(one.bench.session.graph.plan.epochs) and dialog.windowTitle() == "More epochs"
    field.selectAll()
    qtbot.keyClicks(field, "2")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: training.state.phase == "paused" and training.state.epoch == 2, timeout=30000)
    training.stop()
    qtbot.waitUntil(lambda: training.state.phase == "idle", timeout=10000)
    dialog = AskedNumbers(one.bench).rate()
    field = dialog.findChild(NumberField)
    field.selectAll()
    qtbot.keyClicks(field, "0.25")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert one.bench.session.graph.plan.optimizer.lr == 0.25, "Enter means Change"


def test_what_was_measured_is_seen_and_not_touched(qtbot: Any, window: Open) -> None:
    one = window("iris")
    one.bench.canvas.select(("standardize_1",))
    inspector = next(view for view in one.bench.views._made if type(view).__name__ == "Inspector")
    qtbot.waitUntil(lambda: inspector.page.bars.isVisible(), timeout=20000)
    assert not inspector.page.bars.pliable and not inspector.page.heat.pliable
    one.bench.canvas.select(("hidden",))
    qtbot.waitUntil(lambda: inspector.page.heat.pliable, timeout=20000)


def test_a_reset_takes_the_ticks_away(qtbot: Any, window: Open) -> None:
    one = window("xor")
    paused(qtbot, one, epochs=2)
    one.bench.training.toggle()
    qtbot.waitUntil(lambda: one.bench.training.state.phase == "idle", timeout=30000)
    assert one.bench.canvas.scene.model.finished
    one.bench.training.reset()
    assert not one.bench.canvas.scene.model.finished


def test_a_new_node_says_that_it_is_taken_over_when_the_run_goes_on(qtbot: Any, window: Open) -> None:
    one = window("xor")
    paused(qtbot, one)
    training, session = one.bench.training, one.bench.session
    session.edit(AddNode(Placed("extra", "Linear", FrozenDict({"out_features": 3}))))
    known = next(id for id, placed in session.graph.nodes.items() if placed.type == "Linear" and id != "extra")
    one.bench.canvas.select(("extra",))
    inspector = next(view for view in one.bench.views._made if type(view).__name__ == "Inspector")
    qtbot.waitUntil(lambda: inspector._notice.title.text() == "Not in the run yet", timeout=10000)
    assert "goes on" in inspector._notice.hint.text() and not inspector._notice.isHidden()
    one.bench.canvas.select((known,))
    qtbot.waitUntil(lambda: inspector._notice.isHidden(), timeout=10000)
    one.bench.canvas.select(("extra",))
    training.stop()
    qtbot.waitUntil(lambda: training.state.phase == "idle" and "in the run" not in inspector._notice.title.text(),
                    timeout=10000)
