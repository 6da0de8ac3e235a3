"""The panel that takes a step apart: it walks, says, lights the canvas, and tells what made a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

import neuralgraph as ng
from neuralgraph.explain.apart.moment import PHASES
from neuralgraph.graph.edits import SetPlan
from neuralgraph.resources import examples
from neuralgraph.tokens import DARK
from neuralgraph.ui.canvas.step_layer import MANY, StepLayer, chip, pill
from neuralgraph.ui.panels.step_controls import WIDE
from neuralgraph.ui.panels.step_tensor import laid, written
from neuralgraph.ui.panels.step_view import WAITS
from neuralgraph.ui.step_on_canvas import lit_at
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


def opened(window: Open, qtbot: QtBot, name: str = "xor") -> tuple[MainWindow, Any]:
    made = window(name)
    made.bench.views.step()
    panel = made.bench.docks.bottom.page("step")
    qtbot.waitUntil(lambda: panel.apart is not None, timeout=20_000)
    return made, panel


def layer(window: MainWindow) -> StepLayer | None:
    return next((one for one in window.bench.canvas.scene.items() if isinstance(one, StepLayer)), None)


def test_keys_walk_through_every_phase(window: Open, qtbot: QtBot) -> None:
    made, panel = opened(window, qtbot)
    panel.setFocus()
    seen = [panel.moment.phase]
    for _ in panel.apart.moments[1:]:
        QTest.keyClick(panel, Qt.Key.Key_Right)
        seen.append(panel.moment.phase)
        assert panel.says.text() == panel.moment.says
        assert not panel.grab().isNull() and not made.bench.canvas.grab().isNull()
    assert list(dict.fromkeys(seen)) == list(PHASES)
    QTest.keyClick(panel, Qt.Key.Key_Right)
    assert panel.controls.at == len(seen) - 1, "the end is the end"
    QTest.keyClick(panel, Qt.Key.Key_Left)
    assert panel.controls.at == len(seen) - 2
    QTest.keyClick(panel, Qt.Key.Key_Home)
    assert panel.controls.at == 0 and panel.moment.phase == "data"
    QTest.keyClick(panel, Qt.Key.Key_End)
    assert panel.moment.phase == "optimiser"
    assert [key.partition(":")[0] for key in panel.body.boxes] == ["old", "new", "change", "gradient"] * 2
    changed = panel.body.boxes["change:answer.weight"].array
    assert np.allclose(changed, panel.body.boxes["new:answer.weight"].array
                       - panel.body.boxes["old:answer.weight"].array) and np.abs(changed).max() > 0


def test_the_canvas_is_lit_and_dark_again(window: Open, qtbot: QtBot) -> None:
    made, panel = opened(window, qtbot)
    found = layer(made)
    assert found is not None and found.lit.node == panel.moment.node and not found.lit.back
    panel.go(len(panel.apart.moments) - 1)
    ends = {(edge.target, edge.input) for edge in made.bench.session.graph.edges.values()}
    assert set(found.lit.values) == ends
    assert ("answer", "x") in found.lit.back and ("accuracy", "input") not in found.lit.back
    panel.go(next(at for at, one in enumerate(panel.apart.moments) if one.wire == ("answer", "x")))
    assert found.lit.wire == ("answer", "x") and found.lit.returns
    made.bench.docks.bottom.open("plots")
    qtbot.waitUntil(lambda: layer(made) is None, timeout=2000)
    made.bench.docks.bottom.open("step")
    qtbot.waitUntil(lambda: layer(made) is not None, timeout=20_000)
    made.bench.docks.toggle_bottom()
    qtbot.waitUntil(lambda: layer(made) is None, timeout=2000)


def test_the_pictures_on_the_wires_make_room_for_its_numbers(window: Open, qtbot: QtBot) -> None:
    made = window("xor")
    pictures = lambda: made.bench.canvas.scene.wire_pictures  # noqa: E731
    qtbot.waitUntil(lambda: pictures().what == "weights" and bool(pictures().looks), timeout=20_000)
    made.bench.canvas.zoom_reset()
    made.bench.views.step()
    qtbot.waitUntil(lambda: layer(made) is not None, timeout=20_000)
    assert not pictures().shown and made.bench.live.wish.wires == "off"
    made.bench.rooms.show_session(made.bench.session)
    assert not pictures().shown, "nor after another look at the room"
    made.bench.docks.bottom.open("plots")
    qtbot.waitUntil(lambda: layer(made) is None and bool(pictures().looks), timeout=20_000)
    made.bench.canvas.zoom_reset()
    assert pictures().shown and made.bench.previewing.on_wires == "weights"


def test_nothing_of_the_document_or_its_weights_changes(window: Open, qtbot: QtBot) -> None:
    made, panel = opened(window, qtbot)
    session = made.bench.session
    before = session.graph
    program = session._present()
    assert program is not None
    weights = {name: one.clone() for name, one in program.state_dict().items()}
    panel.go(len(panel.apart.moments) - 1)
    panel.ask()
    qtbot.wait(300)
    assert session.graph is before and not session.modified and session.program is None
    assert all(bool((one == weights[name]).all()) for name, one in program.state_dict().items())


def test_a_click_on_a_number_says_what_made_it(window: Open, qtbot: QtBot) -> None:
    _, panel = opened(window, qtbot)
    panel.go(next(at for at, one in enumerate(panel.apart.moments) if one.node == "hidden"))
    box = panel.body.boxes["out:out"]
    assert box.array.shape == (1, 8)
    qtbot.waitUntil(lambda: panel.body.terms.found is not None, timeout=20_000)
    spot = box.map.box((0, 3)).center().toPoint()
    QTest.mouseClick(box.map, Qt.MouseButton.LeftButton, pos=QPoint(spot))
    qtbot.waitUntil(lambda: panel.body.terms.found.index == (0, 3), timeout=20_000)
    found = panel.body.terms.found
    assert found.total == pytest.approx(float(box.array[0, 3]), abs=1e-6)
    assert box.map.asked == (0, 3)
    assert panel.body.boxes["weight:hidden.weight"].map.marks == ((3, 0), (3, 1))
    assert panel.body.boxes["weight:hidden.bias"].map.marks == ((0, 3),)
    assert panel.body.boxes["in:x"].map.marks == ((0, 0), (0, 1))
    assert "weight[3, 1]" in panel.body.terms.table.text()
    assert panel._numbers == found.formula != ""


def test_it_plays_and_stops_at_the_end(window: Open, qtbot: QtBot) -> None:
    _, panel = opened(window, qtbot)
    panel.controls.speed.setCurrentIndex(4)
    panel.controls.speed.activated.emit(4)
    panel.controls.toggle()
    assert panel.controls.playing
    qtbot.waitUntil(lambda: not panel.controls.playing, timeout=20_000)
    assert panel.controls.at == len(panel.apart.moments) - 1
    panel.controls.toggle()
    assert panel.controls.at == 0 and panel.controls.playing, "from the start again"
    panel.hide()
    assert not panel.controls.playing


@pytest.mark.parametrize("mode", ["forward", "reverse", "static", "dynamic"])
def test_every_walk(window: Open, qtbot: QtBot, mode: str) -> None:
    made, panel = opened(window, qtbot)
    at = ["step", "forward", "reverse", "static", "dynamic"].index(mode)
    panel.controls.mode.setCurrentIndex(at)
    panel.controls.mode.activated.emit(at)
    qtbot.waitUntil(lambda: panel.apart.mode == mode, timeout=20_000)
    for moment in range(len(panel.apart.moments)):
        panel.go(moment)
        if panel.moment.phase == "forward" and panel.moment.outputs:
            qtbot.waitUntil(lambda: panel.body.terms.found is not None, timeout=20_000)
    panel.go(len(panel.apart.moments) - 1)
    found = layer(made)
    assert found is not None and found.lit.values and not panel.grab().isNull()
    assert bool(found.lit.back) == (mode in ("forward", "reverse"))
    assert panel.controls.of.isVisible() == (mode in ("forward", "reverse"))
    if mode == "forward":
        assert panel.controls.of.currentText() == "truth_table.x" and "forward sweep" in panel.notes.text()
    if mode == "static":
        assert found.lit.dead == {"accuracy"}


def test_a_pause_brings_the_step_that_comes_next(window: Open, qtbot: QtBot) -> None:
    made, panel = opened(window, qtbot)
    fresh = panel.apart
    made.bench.training.one_batch()
    qtbot.waitUntil(lambda: panel.apart is not fresh, timeout=30_000)
    qtbot.waitUntil(lambda: made.bench.training.state.phase == "paused", timeout=30_000)
    panel.ask()
    qtbot.waitUntil(lambda: any("step" in one.memory for moment in panel.apart.moments for one in moment.changes)
                    and panel.apart.moments[-1].changes[0].memory["step"] == 2, timeout=30_000)
    weights = made.bench.session.program.state_dict()
    assert np.array_equal(panel.apart.moments[-1].changes[0].old, weights["answer.weight"].numpy())
    made.bench.training.stop()
    qtbot.waitUntil(lambda: not made.bench.bridge.running, timeout=30_000)


def test_why_not_stands_where_the_numbers_would_be(window: Open, qtbot: QtBot) -> None:
    made = window()
    made.bench.views.step()
    panel = made.bench.docks.bottom.page("step")
    qtbot.waitUntil(lambda: made.bench.session.analysis is not None, timeout=20_000)
    qtbot.waitUntil(lambda: "no loss" in panel._notice.hint.text(), timeout=20_000)
    assert layer(made) is None


def test_inputs_without_data_get_made_up_numbers_and_that_is_said(window: Open, qtbot: QtBot, tmp_path: Any) -> None:
    g = ng.Graph()
    h = g.add("Conv2d", g.add("Input", id="x", shape=(1, 5, 5)), out_channels=2, id="conv")
    g.add("CrossEntropyLoss", g.add("Linear", g.add("Flatten", h), out_features=3),
          g.add("Input", id="y", shape=(), dtype="int64", classes=3), id="loss")
    ng.save(g, tmp_path / "inputs.ngraph")
    made = window(file=tmp_path / "inputs.ngraph")
    made.bench.views.step()
    panel = made.bench.docks.bottom.page("step")
    qtbot.waitUntil(lambda: panel.apart is not None, timeout=20_000)
    assert panel.notes.text() == "x, y wait for data: these numbers are made up."
    assert panel.controls.sample.text() == "made-up numbers"
    assert not any(one.isVisible() for one in panel.controls.nearby[:2]), "there is no sample before or after"
    panel.go(next(at for at, one in enumerate(panel.apart.moments) if one.node == "conv"))
    qtbot.waitUntil(lambda: panel.body.terms.found is not None, timeout=20_000)
    assert panel.body.terms.found.columns is not None and panel.body.terms._laid.count() == 3
    assert len(panel.body.boxes["in:x"].map.marks) == 9, "the window"


def test_of_a_plan_with_several_steps_one_is_chosen(window: Open, qtbot: QtBot) -> None:
    made, panel = opened(window, qtbot)
    assert not panel.controls.of.isVisible()
    plan = made.bench.session.graph.plan
    stage = plan.stages[0]
    first = replace(stage.steps[0], nodes=("hidden",))
    made.bench.session.edit(SetPlan(replace(plan, stages=(replace(stage, steps=(
        first, replace(first, nodes=("answer",)))),))))
    qtbot.waitUntil(lambda: panel.controls.of.isVisible(), timeout=20_000)
    assert panel.controls.of.itemText(1) == "step 2: *"
    assert panel.apart.moments[-1].node == "hidden"
    panel.controls.of.setCurrentIndex(1)
    panel.controls.of.activated.emit(1)
    qtbot.waitUntil(lambda: panel.apart.moments[-1].node == "answer", timeout=20_000)


def test_dark_and_large(window: Open, qtbot: QtBot) -> None:
    made, panel = opened(window, qtbot)
    made.theme.set_tokens(DARK)
    made.theme.set_scale(1.5)
    panel.go(3)
    assert not panel.grab().isNull() and panel.controls.width() == made.theme.px(WIDE)


def test_for_the_last_row_of_a_room(window: Open, qtbot: QtBot) -> None:
    """Presenting hides the chrome; the command brings the step back, in words of 27 px, with the canvas above it."""
    made, panel = opened(window, qtbot)
    assert panel.says.font().pixelSize() == 15
    made.bench.presenter.enter()
    qtbot.waitUntil(lambda: layer(made) is None, timeout=5000)
    made.bench.views.step()
    qtbot.waitUntil(lambda: layer(made) is not None, timeout=20_000)
    qtbot.waitUntil(lambda: panel.says.font().pixelSize() == 27, timeout=5000)
    qtbot.waitUntil(lambda: made.centre.currentWidget() is made.bench.canvas, timeout=20_000)
    found = layer(made)
    assert found is not None and found.large and not made.grab().isNull()
    made.bench.presenter.leave()
    made.bench.views.step()
    qtbot.waitUntil(lambda: panel.says.font().pixelSize() == 15, timeout=20_000)


def test_wires_of_modules_bring_what_lies_inside() -> None:
    g = ng.load(examples() / "digits-blocks.ngraph")
    shown = ng.step_apart(g, places=(0, 1))
    outer = lit_at(shown, len(shown.moments) - 1, "")
    assert set(outer.values) == {(edge.target, edge.input) for edge in g.session.graph.edges.values()}
    modules = [id for id, one in g.session.graph.nodes.items() if one.type == "Module"]
    assert modules and all((modules[0], edge.input) in outer.back for edge in g.session.graph.into(modules[0]))
    inside = next(at for at, one in enumerate(shown.moments) if one.node.startswith(f"{modules[0]}/"))
    assert lit_at(shown, inside, "").node == modules[0], "what is inside lights the module"
    rooms = [path for path in shown.drawn if path[0].startswith(f"{modules[0]}/")]
    room = rooms[0][0].rpartition("/")[0]
    within = lit_at(shown, len(shown.moments) - 1, room)
    assert within.values and within.back and all("/" not in end[0] for end in within.values)


def test_numbers_in_cells_are_as_short_as_they_can_be() -> None:
    assert [written(one) for one in (1.0, 0.0, -2.0, 0.324, -0.0123, float("nan"))] == [
        "1", "0", "−2", "0.324", "−0.01", "–"]


def test_a_number_stands_on_a_point_or_hangs_from_it(qtbot: QtBot) -> None:
    """Pills hang below wires and stand above labels; `anchor` moves them by half their height."""
    ink = []
    for anchor in (-0.5, 0.5):
        image = QImage(80, 80, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        pill(painter, DARK, QPointF(40, 40), "→ 1", np.ones((3, 3)), 11.0, anchor=anchor)
        painter.end()
        ink.append([y for y in range(80) for x in range(80) if image.pixelColor(x, y).alpha()])
    assert max(ink[0]) <= 40 and min(ink[1]) >= 39


def test_tensors_in_short() -> None:
    assert chip(np.float64(-0.5)).text == "−0.5"
    assert chip(np.array([[1.0, 2.0]])).text == "1, 2" and chip(np.array([[1.0, 2.0]])).cells.shape == (1, 2)
    assert chip(np.ones((1, 2, 3))).cells.shape == (2, 3) and not chip(np.ones((1, 2, 3))).text
    assert chip(np.ones(MANY + 9)).text == "norm 5" and chip(np.ones(MANY + 9)).cells is None
    assert chip(np.array([np.nan])).text == "nan"


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (1, 3, 4), (1, 1, 3, 4), (2, 3, 4), (2, 3, 4, 5), (3, 2, 2, 2, 2)])
@pytest.mark.parametrize("samples", [True, False])
def test_places_and_cells_are_one_to_one(shape: tuple[int, ...], samples: bool) -> None:
    array = np.arange(float(np.prod(shape))).reshape(shape)
    found = laid(array, samples=samples)
    tiles = found.values if found.values.ndim == 3 else found.values[None]
    for tile, row, column in np.ndindex(*tiles.shape):
        index = found.index(tile, row, column, array.ndim)
        assert array[index] == tiles[tile, row, column]
        spot = found.spot(index, 4 if found.values.ndim == 3 else 1)
        assert spot == ((tile // 4 * tiles.shape[1] + row, tile % 4 * tiles.shape[2] + column)
                        if found.values.ndim == 3 else (row, column))


def test_without_a_loss_it_begins_with_a_sweep_that_needs_none(window: Open, qtbot: QtBot) -> None:
    _, panel = opened(window, qtbot, "03-forward-sweep")
    assert panel.controls.mode_key == "forward" and panel.apart.mode == "forward"
    _, panel = opened(window, qtbot)
    assert panel.controls.mode_key == "step"


def test_in_a_narrow_window_the_numbers_have_the_whole_width(window: Open, qtbot: QtBot) -> None:
    made, panel = opened(window, qtbot)
    made.resize(1024, 768)
    qtbot.waitUntil(lambda: panel.controls.across is True, timeout=2000)
    panel.go(len(panel.apart.moments) - 1)
    qtbot.waitUntil(lambda: panel.body.width() > 0.9 * panel.width(), timeout=2000)
    inner = panel.body.widget()
    assert panel.body.viewport().height() >= inner.sizeHint().height(), "nothing is cut: what is around it scrolls"
    controls = panel.controls
    assert controls.more.isVisible() and controls.play.isVisible() and controls.where.isVisible()
    rest = (controls.slider, controls.speed, controls.samples, *controls.nearby)
    assert not any(one.isVisible() for one in rest)
    controls.more.click()
    assert all(one.isVisible() for one in rest)
    made.resize(1440, 900)
    qtbot.waitUntil(lambda: panel.controls.across is False, timeout=2000)
    assert controls.width() == made.theme.px(WIDE) and not controls.more.isVisible()
    assert all(one.isVisible() for one in rest)


def test_while_it_is_taken_apart_it_says_so(window: Open) -> None:
    made = window("xor")
    made.bench.views.step()
    panel = made.bench.docks.bottom.page("step")
    assert panel.apart is None and panel._notice.title.text() == WAITS[0]


def test_who_comes_back_to_it_finds_the_canvas_where_it_was(window: Open, qtbot: QtBot) -> None:
    made, panel = opened(window, qtbot)
    view = made.bench.canvas.view
    view.following = False
    view.zoom_to(3.0)
    panel.go(2)
    view.verticalScrollBar().setValue(5000)
    made.bench.docks.bottom.open("plots")
    qtbot.waitUntil(lambda: layer(made) is None, timeout=2000)
    made.bench.docks.bottom.open("step")
    qtbot.waitUntil(lambda: layer(made) is not None, timeout=20_000)
    assert view.verticalScrollBar().value() == 5000
    panel.go(3)
    assert view.verticalScrollBar().value() != 5000, "another node is shown"
