"""The panel to try a network in: draw, type, move sliders, drop an image; while it learns too."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

import neuralgraph as ng
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.resources import examples
from neuralgraph.tokens import DARK
from neuralgraph.ui.bridge import Pace
from neuralgraph.ui.controls import Choice
from neuralgraph.ui.panels.try_bars import AnswerBars, Bar
from neuralgraph.ui.panels.try_it import TryItPanel
from neuralgraph.ui.panels.try_pad import SIDE
from neuralgraph.ui.theme import Theme
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


def digits(folder: Path, epochs: int = 20) -> Path:
    graph = ng.load(examples() / "digits-mlp.ngraph")
    ng.train(graph, epochs=epochs)
    return ng.save_model(graph, folder / "digits.ngz")


def tried(qtbot: Any, one: MainWindow) -> TryItPanel:
    """The panel, open, with a first answer."""
    one.bench.views.try_it()
    panel = one.bench.docks.bottom.page("try")
    assert isinstance(panel, TryItPanel)
    qtbot.waitUntil(lambda: panel._card is not None, timeout=20000)
    return panel


def answered(qtbot: Any, panel: TryItPanel, count: int) -> list[Bar]:
    qtbot.waitUntil(lambda: len(panel.bars.bars) == count, timeout=20000)
    return list(panel.bars.bars)


def draw_seven(panel: TryItPanel) -> None:
    """With the mouse, as people do."""
    pad = panel.pad
    sheet = pad._sheet()
    corners = [(0.25, 0.2), (0.7, 0.2), (0.42, 0.85)]
    places = [QPoint(round(sheet.left() + x * sheet.width()), round(sheet.top() + y * sheet.height()))
              for x, y in corners]
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=places[0])
    for start, end in itertools.pairwise(places):
        for step in range(1, 9):
            QTest.mouseMove(pad, start + (end - start) * (step / 8))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=places[-1])


def best(bars: list[Bar]) -> str:
    return next(one.name for one in bars if one.chosen)


def test_a_seven_drawn_with_the_mouse_is_a_seven(qtbot: Any, window: Open, tmp_path: Path) -> None:
    one = window(file=digits(tmp_path))
    panel = tried(qtbot, one)
    assert len(answered(qtbot, panel, 10)) == 10
    assert panel.said.text().startswith("In the data: ")
    draw_seven(panel)
    drawing = panel.pad.drawing()
    assert drawing.shape == (SIDE, SIDE)
    assert 0.02 < drawing.mean() < 0.3
    qtbot.waitUntil(lambda: panel.said.isHidden() and best(list(panel.bars.bars)) == "7", timeout=20000)
    assert abs(sum(bar.share or 0 for bar in panel.bars.bars) - 1) < 1e-3
    assert panel.bars.accessibleDescription().startswith("7 ")
    assert one.bench.session.program is not None
    QTest.keyClick(panel.pad, Qt.Key.Key_Delete)
    assert panel.pad.empty
    assert not panel.bars.bars
    panel.set_theme(Theme(DARK))
    panel.grab()


def test_it_says_when_nothing_has_been_trained_and_wakes_up_with_the_first_run(qtbot: Any, window: Open) -> None:
    one = window("iris")
    one.bench.views.try_it()
    panel = one.bench.docks.bottom.page("try")
    assert isinstance(panel, TryItPanel)
    qtbot.waitUntil(lambda: panel.notice.title.text() == "Nothing has been trained yet", timeout=20000)
    one.bench.training.toggle()
    answered(qtbot, panel, 3)
    one.bench.training.stop()
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=20000)
    assert one.bench.session.trained
    one.bench.training.reset()
    qtbot.waitUntil(lambda: panel.notice.isVisible(), timeout=20000)


def test_sliders_start_from_a_sample_and_move_the_answer_while_it_learns(qtbot: Any, window: Open) -> None:
    one = window("iris")
    one.bench.training.toggle()
    qtbot.waitUntil(lambda: one.bench.bridge.running, timeout=20000)
    panel = tried(qtbot, one)
    answered(qtbot, panel, 3)
    one.bench.training.toggle()
    values = panel._values
    assert values is not None
    assert next(field.accessibleName() for field in values.fields) == "sepal length (cm)"
    assert np.array_equal(values.row, panel._card.samples[0])
    before = panel.bars.bars
    for field in values.fields:
        assert not isinstance(field, Choice)
        field.setValue(field.maximum())
    assert np.allclose(values.row, [column.high for column in values.columns], atol=0.05)
    qtbot.waitUntil(lambda: panel.bars.bars != before and panel.said.isHidden(), timeout=20000)
    assert one.bench.training.state.phase == "paused"
    panel._step(1)
    assert np.array_equal(values.row, panel._card.samples[1])
    qtbot.waitUntil(lambda: panel.said.text().startswith("In the data"), timeout=20000)
    one.bench.training.stop()
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=20000)


def test_every_column_has_one_control_as_people_know_it(qtbot: Any, window: Open, tmp_path: Path) -> None:
    lines = ["id,day,kind,size,price"] + [
        f"n{n},2026-01-{n % 28 + 1:02},{'abc'[n % 3] if n % 10 else ''},{n % 7 if n % 5 else ''},{n}.5"
        for n in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    graph = ng.Graph()
    data = graph.add("Csv", path=str(tmp_path / "t.csv"), columns=(("id", "left out", "auto"),), missing="median",
                     mark=True)
    graph.add("MSELoss", graph.add("Linear", data["x"], out_features=1), data["y"])
    ng.train(graph, epochs=1)
    ng.save_model(graph, tmp_path / "t.ngz")
    (tmp_path / "t.csv").unlink()
    panel = tried(qtbot, window(file=tmp_path / "t.ngz"))
    values = panel._values
    assert values is not None
    assert [one.accessibleName() for one in values.fields] == ["day", "kind", "size"]
    day, kind, size = values.fields
    assert isinstance(kind, Choice)
    assert [kind.itemText(n) for n in range(kind.count())] == ["a", "b", "c", "(missing)"]
    assert values.row.tolist() == [9497, 0, 0, 0, 1, 3, 1], "the first row lacks both; 3 is the median"
    assert kind.currentText() == "(missing)"
    assert [one.text() for one in values._values if one is not None] == ["2026-01-01", "missing"]
    day.setValue(day.maximum())
    kind.setCurrentIndex(1)
    kind.activated.emit(1)
    size.setValue(size.maximum())
    assert values.row.tolist() == [9524, 0, 1, 0, 0, 6, 0]
    shown = values._values[2]
    assert isinstance(shown, QPushButton)
    assert values._values[0].text() == "2026-01-28"
    shown.click()
    assert values.row.tolist() == [9524, 0, 1, 0, 0, 3, 1]
    assert shown.text() == "missing"
    shown.click()
    assert values.row.tolist() == [9524, 0, 1, 0, 0, 6, 0]
    given = {"day": "2026-01-28", "kind": "b", "size": 6}
    wanted = ng.predict(tmp_path / "t.ngz", given).answers[0].values
    asked = ng.predict(tmp_path / "t.ngz", values.row[None])
    assert np.array_equal(asked.answers[0].values, wanted)
    panel.set_theme(Theme(DARK))


def test_an_image_that_is_dropped_on_the_window_is_tried(qtbot: Any, window: Open, tmp_path: Path) -> None:
    one = window(file=digits(tmp_path))
    x = ng.load(tmp_path / "digits.ngz").session.card().samples[5, 0]
    picture = Image.fromarray(np.round(x * 255).astype(np.uint8)).resize((160, 160))
    picture.save(tmp_path / "five.png")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "five.png"))])
    event = QDropEvent(QPointF(10, 10), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                       Qt.KeyboardModifier.NoModifier)
    one.dropEvent(event)
    qtbot.waitUntil(lambda: isinstance(one.bench.docks.bottom.page("try"), TryItPanel), timeout=5000)
    panel = one.bench.docks.bottom.page("try")
    assert isinstance(panel, TryItPanel)
    qtbot.waitUntil(lambda: panel._wish is not None and panel._wish[0] == "files" and bool(panel.bars.bars)
                    and panel.said.isHidden(), timeout=20000)
    wanted = ng.predict(tmp_path / "digits.ngz", tmp_path / "five.png").best[0]
    assert best(list(panel.bars.bars)) == wanted
    (tmp_path / "bad.png").write_bytes(b"no image")
    panel.take(tmp_path / "bad.png")
    qtbot.waitUntil(lambda: "bad.png is no image" in panel.said.text(), timeout=20000)
    assert not panel.bars.bars


def test_a_text_is_typed_and_judged(qtbot: Any, window: Open, tmp_path: Path) -> None:
    graph = ng.Graph()
    data = graph.add("Dataset", name="sentiment")
    x = graph.add("EmbeddingBag", data["x"], num_embeddings=67, embedding_dim=8)
    graph.add("CrossEntropyLoss", graph.add("Linear", x, out_features=2), data["y"], id="loss")
    ng.train(graph, epochs=30, optimizer="Adam", lr=0.05)
    panel = tried(qtbot, window(file=ng.save_model(graph, tmp_path / "s.ngz")))
    answered(qtbot, panel, 2)
    panel.text.setPlainText("a superb and brilliant film, great")
    qtbot.waitUntil(lambda: panel.said.isHidden() and best(list(panel.bars.bars)) == "positive", timeout=20000)
    assert "Not in its vocabulary: ','" in panel.notes.text()


def test_a_text_goes_on(qtbot: Any, window: Open, tmp_path: Path) -> None:
    from tests.explain.test_generating import SAYING, taught

    path = ng.save_model(taught(tmp_path), tmp_path / "writer.ngz")
    panel = tried(qtbot, window(file=path))
    going = panel.going
    qtbot.waitUntil(going.isVisible, timeout=5000)
    going.text.setPlainText("the cat")
    going.temperature.set_value(0)
    going.toggle()
    assert going.text.isReadOnly()
    qtbot.waitUntil(lambda: len(going.text.toPlainText()) > 30, timeout=20000)
    going.toggle()
    text = going.text.toPlainText()
    assert (SAYING * 20).startswith(text)
    assert not going.running
    assert not going.text.isReadOnly()
    going.text.setPlainText("Ω")
    going.toggle()
    qtbot.waitUntil(lambda: "has no 'Ω'" in going.said.text(), timeout=20000)
    assert not going.running


def test_a_number_comes_in_the_unit_of_the_target(qtbot: Any, window: Open, tmp_path: Path) -> None:
    (tmp_path / "houses.csv").write_text("size,town,price\n" + "\n".join(
        f"{n},{'ab'[n % 2]},{1000 + 100 * n}.5" for n in range(30)) + "\n")
    graph = ng.Graph()
    data = graph.add("Csv", path=str(tmp_path / "houses.csv"))
    y = graph.add("Standardize", data["y"])
    graph.add("MSELoss", graph.add("Linear", graph.add("Standardize", data["x"]), out_features=1), y, id="loss")
    ng.train(graph, epochs=40, optimizer="Adam", lr=0.1, validation=0.0)
    panel = tried(qtbot, window(file=ng.save_model(graph, tmp_path / "houses.ngz")))
    bar = answered(qtbot, panel, 1)[0]
    assert (bar.name, bar.share) == ("price", None)
    assert 500 < float(bar.text) < 5000
    values = panel._values
    assert values is not None
    town = values.fields[1]
    assert isinstance(town, Choice)
    town.setCurrentIndex(1)
    town.activated.emit(1)
    assert list(values.row[1:]) == [0.0, 1.0]


def test_more_classes_than_there_is_room_for_show_the_likeliest(qtbot: Any) -> None:
    bars = AnswerBars(Theme())
    qtbot.addWidget(bars)
    bars.resize(300, 60)
    bars.show_bars([Bar(str(n), f"{n} %", n / 100, n == 99) for n in range(100)])
    assert [one.name for one in bars.shown()] == ["99", "98", "97", "96"]
    bars.grab()


def test_a_pace_is_kept_and_the_last_word_counts(qtbot: Any) -> None:
    from PySide6.QtCore import QObject

    home = QObject()
    called: list[int] = []
    pace = Pace(40, lambda: called.append(1), home)
    for _ in range(50):
        pace.nudge()
    assert called == [1]
    qtbot.waitUntil(lambda: len(called) == 2, timeout=2000)
    qtbot.wait(120)
    assert len(called) == 2
    pace.nudge()
    pace.nudge()
    pace.stop()
    qtbot.wait(80)
    assert len(called) == 3


def test_a_drawing_that_has_changed_since_says_so(qtbot: Any, window: Open, tmp_path: Path) -> None:
    one = window(file=digits(tmp_path, epochs=1))
    panel = tried(qtbot, one)
    answered(qtbot, panel, 10)
    assert panel.notes.text() == ""
    graph = one.bench.session.graph
    placed = next(node for node in graph.nodes.values() if node.type == "ReLU")
    one.bench.session.edit(ChangeNode(replace(placed, bypassed=True), "Bypass"))
    qtbot.waitUntil(lambda: "has changed since it was trained" in panel.notes.text(), timeout=20000)
