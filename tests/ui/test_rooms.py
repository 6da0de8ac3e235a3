"""Going inside modules: what the canvas, the forms and the breadcrumb show there, and that nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt

import neuralgraph as ng
from neuralgraph.graph.file import canonical
from neuralgraph.room import Inside
from neuralgraph.ui.panels.module_form import ShowOutside
from neuralgraph.ui.panels.properties import NodeSheet
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


@pytest.fixture
def nested(tmp_path: Path) -> Path:
    """digits → Stage ×2 (each a Pair and a Linear) → logits."""
    pair = ng.Graph()
    x = pair.add("Input", id="x", shape=(64,))
    pair.add("Output", pair.add("Tanh", pair.add("Linear", x, out_features=64, id="inner")), id="y")
    stage = ng.Graph()
    stage.define("Pair", pair)
    x = stage.add("Input", id="x", shape=(64,))
    h = stage.add("Module", x, definition="Pair", id="pair")
    stage.add("Output", stage.add("Linear", h, out_features=64, id="mix"), id="y")
    g = ng.Graph()
    g.define("Stage", stage)
    data = g.add("Dataset", name="digits", id="data")
    h = g.add("Module", g.add("Flatten", data["x"]), definition="Stage", repeat=2, id="body")
    out = g.add("Linear", h, out_features=10, id="logits")
    g.add("CrossEntropyLoss", out, data["y"], id="loss")
    g.add("Accuracy", out, data["y"], id="accuracy")
    path = tmp_path / "nested.ngraph"
    ng.save(g, path)
    return path


def known(qtbot: Any, one: MainWindow) -> None:
    session = one.bench.session
    qtbot.waitUntil(lambda: session.analysis is not None and session.analysis.graph is session.graph, timeout=20000)


def inside(qtbot: Any, one: MainWindow, path: str) -> Inside:
    qtbot.waitUntil(lambda: one.bench.rooms.path == path, timeout=5000)
    room = one.bench.rooms.room
    assert isinstance(room, Inside)
    return room


def test_in_by_double_click_and_out_by_the_breadcrumb(qtbot: Any, window: Open, nested: Path) -> None:
    one = window(file=nested)
    bench = one.bench
    view = bench.canvas.view
    assert view is not None
    qtbot.wait(50)
    rect = bench.canvas.scene.node_rect("body")
    at = view.mapFromScene(rect.center().x(), rect.top() + 12)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at.x(), at.y()))
    inside(qtbot, one, "body/0")
    assert set(bench.canvas.scene.nodes) == {"x", "pair", "mix", "y"}
    trail = bench.canvas.trail
    assert trail.isVisible()
    assert [button.text() for button in trail.buttons] == ["nested.ngraph"]
    trail.turns[1].click()
    inside(qtbot, one, "body/1")
    bench.canvas.select(("pair",))
    bench.canvas.run("canvas.enter")
    inside(qtbot, one, "body/1/pair")
    assert [button.text() for button in trail.buttons] == ["nested.ngraph", "Stage · body"]
    bench.canvas.run("canvas.leave")
    inside(qtbot, one, "body/1")
    assert bench.canvas.scene.selected_ids() == ("pair",)
    trail.buttons[0].click()
    qtbot.waitUntil(lambda: bench.rooms.path == "", timeout=5000)
    assert not trail.isVisible()
    bench.canvas.run("canvas.leave")
    assert bench.rooms.path == ""


def test_enter_goes_inside(qtbot: Any, window: Open, nested: Path) -> None:
    one = window(file=nested)
    one.bench.canvas.select(("body",))
    assert one.bench.canvas.view is not None
    qtbot.keyClick(one.bench.canvas.view, Qt.Key.Key_Return)
    inside(qtbot, one, "body/0")


def test_shapes_and_properties_inside(qtbot: Any, window: Open, nested: Path) -> None:
    one = window(file=nested)
    bench = one.bench
    bench.rooms.show_path("body/0")
    room = inside(qtbot, one, "body/0")
    assert room.analysis is not None
    assert room.analysis.specs["mix"]["out"].shape == ("N", 64)
    assert room.analysis.specs["pair"]["y"].shape == ("N", 64)
    bench.canvas.select(("mix",))
    sheet = bench.properties.sheet
    assert isinstance(sheet, NodeSheet)
    assert sheet.form is not None
    sheet._edit("out_features", 32)
    known(qtbot, one)
    assert bench.session.graph.modules["Stage"].nodes["mix"].params["out_features"] == 32
    wrong = next(p for p in bench.session.analysis.problems if p.severity == "error")  # type: ignore[union-attr]
    assert (wrong.code, wrong.node) == ("repeat_mismatch", "body")
    bench.undo()
    known(qtbot, one)
    assert bench.session.analysis is not None
    assert not bench.session.analysis.errors
    assert bench.rooms.path == "body/0", "undo stays where the hand is"


def test_a_problem_inside_is_reached_from_the_list(qtbot: Any, window: Open, nested: Path) -> None:
    one = window(file=nested)
    bench = one.bench
    bench.rooms.show_path("body/0/pair")
    room = inside(qtbot, one, "body/0/pair")
    from neuralgraph.graph.edits import Disconnect

    room.edit(Disconnect("inner", "x"))
    bench.rooms.show_path("")
    known(qtbot, one)
    found = [p for p in bench.session.analysis.problems if p.code == "open_input"]  # type: ignore[union-attr]
    assert [p.node for p in found] == ["body/0/pair/inner"]
    assert "body" in {id for id in ("body", "logits") if bench.session.analysis.worst(id)}  # type: ignore[union-attr]
    bench.problems.jump.emit(found[0].node)
    inside(qtbot, one, "body/0/pair")
    assert bench.canvas.scene.selected_ids() == ("inner",)


def test_a_room_that_is_undone_is_left(qtbot: Any, window: Open) -> None:
    one = window("xor")
    bench = one.bench
    before = canonical(bench.session.graph)
    layers = [id for id, placed in bench.session.graph.nodes.items() if placed.type in ("Linear", "Tanh", "Sigmoid")]
    bench.canvas.select(tuple(layers))
    bench.canvas.run("canvas.group")
    known(qtbot, one)
    (module,) = bench.canvas.scene.selected_ids()
    bench.canvas.run("canvas.enter")
    inside(qtbot, one, module)
    bench.undo()
    qtbot.waitUntil(lambda: bench.rooms.path == "", timeout=5000)
    assert canonical(bench.session.graph) == before
    bench.redo()
    known(qtbot, one)
    bench.canvas.select((module,))
    bench.canvas.run("canvas.dissolve")
    assert set(bench.canvas.scene.selected_ids()) == set(layers)


def test_training_is_seen_from_inside(qtbot: Any, window: Open, nested: Path) -> None:
    one = window(file=nested)
    bench = one.bench
    bench.rooms.show_path("body/1")
    inside(qtbot, one, "body/1")
    bench.canvas.select(("mix",))
    bench.training.one_epoch()
    session = bench.session
    qtbot.waitUntil(lambda: session.run is not None and bool(session.run.history.get("loss")), timeout=30000)
    bench.training.stop()
    qtbot.waitUntil(lambda: not bench.bridge.running, timeout=30000)
    assert bench.session.program is not None
    assert "body.1.pair.inner.weight" in bench.session.program.state_dict()
    seen = bench.session.see("body/1/mix")
    assert seen is not None
    assert "weight" in seen.reading.weights
    assert seen.reading.activations["out"].shape == (1, 64)


def test_parameters_are_shown_outside_and_set_there(qtbot: Any, window: Open, nested: Path) -> None:
    one = window(file=nested)
    bench = one.bench
    bench.rooms.show_path("body/0")
    room = inside(qtbot, one, "body/0")
    bench.canvas.select(("mix",))
    button = bench.properties.findChild(ShowOutside)
    assert button is not None
    assert [a.isChecked() for a in button.menu_now().actions() if a.text() == "bias"] == [False]
    button.flip("bias")
    assert room.graph.exposed == {"bias": ("mix.bias",)}
    bench.rooms.show_path("")
    bench.canvas.select(("body",))
    sheet = bench.properties.sheet
    assert isinstance(sheet, NodeSheet)
    sheet._edit("bias", False)
    known(qtbot, one)
    assert "body.0.mix.bias" not in ng.compile(ng.Graph(bench.session)).state_dict()
    bench.rooms.show_path("body/0")
    inside(qtbot, one, "body/0")
    bench.canvas.select(("mix",))
    again = bench.properties.findChild(ShowOutside)
    assert again is not None
    again.flip("bias")
    assert not bench.rooms.room.graph.exposed


def test_a_module_gets_another_name(qtbot: Any, window: Open, nested: Path) -> None:
    one = window(file=nested)
    bench = one.bench
    bench.rooms.show_path("body/0/pair")
    room = inside(qtbot, one, "body/0/pair")
    trail = bench.canvas.trail
    assert trail.name is not None
    assert trail.name.text() == "Pair"
    assert trail.rename("Stage").startswith("There already is")
    assert trail.rename("Twins") == ""
    assert set(bench.session.graph.modules) == {"Stage", "Twins"}
    assert bench.session.graph.modules["Stage"].nodes["pair"].params["definition"] == "Twins"
    known(qtbot, one)
    assert (bench.rooms.room, room.module) == (room, "Twins")
    qtbot.waitUntil(lambda: trail.name is not None and trail.name.text() == "Twins", timeout=5000)
    bench.undo()
    known(qtbot, one)
    assert room.module == "Pair"
    assert bench.session.analysis is not None
    assert not bench.session.analysis.errors


def test_a_recurrent_from_the_palette_runs_at_once(qtbot: Any, window: Open) -> None:
    one = window()
    bench = one.bench
    graph = ng.Graph(bench.session)
    graph.add("Input", shape=(5, 3), id="steps")
    bench.canvas.select(("steps",))
    bench.canvas.add("Recurrent")
    known(qtbot, one)
    assert bench.session.analysis is not None
    assert not bench.session.analysis.errors
    assert bench.session.analysis.specs["recurrent_1"]["output_1"].shape == ("N", 5, 32)
    bench.canvas.select(("recurrent_1",))
    bench.canvas.run("canvas.enter")
    room = inside(qtbot, one, "recurrent_1")
    assert room.analysis is not None
    assert room.analysis.specs["tanh_1"]["out"].shape == ("N", 32)
    bench.canvas.run("canvas.leave")
    qtbot.waitUntil(lambda: bench.rooms.path == "", timeout=5000)
    bench.canvas.select(("recurrent_1",))
    bench.canvas.run("canvas.unroll")
    assert sum(placed.type == "Module" for placed in bench.session.graph.nodes.values()) == 5


def test_a_ready_module_from_the_palette(qtbot: Any, window: Open) -> None:
    one = window()
    bench = one.bench
    graph = ng.Graph(bench.session)
    graph.add("Input", shape=(16, 8, 8), id="image")
    bench.canvas.select(("image",))
    bench.palette.search.setText("residual block")
    assert bench.palette.listed()[0] == "module:Residual block"
    before = bench.session.history.position
    bench.palette.wanted.emit("module:Residual block")
    assert bench.session.history.position == before + 1, "one step"
    assert "Residual block" in bench.session.graph.modules
    assert bench.session.graph.nodes["module_1"].params["definition"] == "Residual block"
    assert any(edge.target == "module_1" for edge in bench.session.graph.edges.values()), "wired with the selection"
    bench.palette.search.clear()
    assert "Residual block" in bench.palette._here
    bench.undo()
    assert not bench.session.graph.modules


def test_a_cell_from_the_palette_comes_with_its_loop(qtbot: Any, window: Open) -> None:
    one = window()
    graph = ng.Graph(one.bench.session)
    graph.add("Input", shape=(5, 3), id="steps")
    one.bench.canvas.select(("steps",))
    one.bench.palette.wanted.emit("module:LSTM cell")
    known(qtbot, one)
    assert one.bench.session.graph.nodes["module_1"].type == "Recurrent"
    assert one.bench.session.analysis is not None
    assert not one.bench.session.analysis.errors


def test_a_module_of_ones_own_is_kept_for_other_documents(
    qtbot: Any, window: Open, nested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuralgraph.places.modules", lambda: tmp_path / "own")
    one = window(file=nested)
    one.bench.canvas.select(("body",))
    one.bench.canvas.run("canvas.keep")
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["stage.ngraph"]
    other = window()
    other.bench.palette.show_modules((), again=True)
    assert "module:Stage" in other.bench.palette.catalog.find("Stage")[0].wanted  # type: ignore[attr-defined]
    other.bench.palette.wanted.emit("module:Stage")
    assert set(other.bench.session.graph.modules) == {"Stage", "Pair"}


def test_modules_put_down_one_after_the_other_stay_apart(qtbot: Any, window: Open) -> None:
    bench = window().bench
    for _ in range(4):
        bench.canvas.select(())
        bench.canvas.add("Module")
    graph = bench.session.graph
    names = [placed.params["definition"] for placed in graph.nodes.values()]
    assert sorted(names) == sorted(graph.modules) == ["Module", "Module 2", "Module 3", "Module 4"]
