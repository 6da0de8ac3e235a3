"""Train with a twin: both curves, both views, one run of two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from neuralgraph.training.store import Store
from neuralgraph.ui.panels.twin_dialog import BEND, FILE, OPTIMIZER, RATE, START, TwinDialog
from neuralgraph.ui.panels.twin_view import VIEWS
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Store()


def learned(qtbot: Any, one: MainWindow, other: Any, steps: int = 40) -> Any:
    """Let both learn so many batches, then stop them."""
    bench = one.bench
    bench.twins.begin(other)
    qtbot.waitUntil(lambda: bench.bridge.running, timeout=60000)
    qtbot.waitUntil(lambda: bench.session.moments.last >= steps, timeout=60000)
    bench.training.stop()
    qtbot.waitUntil(lambda: not bench.bridge.running, timeout=60000)
    return bench


def test_both_learn_and_are_seen(qtbot: Any, window: Open, store: Store) -> None:
    one = window("xor")
    bench = learned(qtbot, one, {"plan.lr": 0.002})
    pair = bench.twins.pair
    assert pair is not None and pair.left is bench.session
    left, right = pair.runs
    assert left.checkpoint.step == right.checkpoint.step >= 40
    assert {kept.name for kept in store.runs()} == {"twin of run 1", "twin of run 2"}
    plots: Any = bench.docks.bottom.page_of("plots")
    (curves,) = plots.pinned
    assert curves.kind == "ghost twin" and curves.name == "lr 0.002"
    mine, yours = (run.figures["loss"].train for run in (plots.run, curves))
    assert len(mine) == len(yours) == left.checkpoint.step
    assert mine.values()[0] == yours.values()[0] and mine.values()[-1] < yours.values()[-1]
    bench.docks.bottom.open("plots")
    qtbot.waitUntil(lambda: "lr 0.002" in plots.legend("left"), timeout=20000)
    view: Any = bench.docks.bottom.open("twin")
    planes = [side.panel._plane for side in view.sides]
    qtbot.waitUntil(lambda: all(plane.region is not None for plane in planes), timeout=20000)
    qtbot.waitUntil(lambda: np.array_equal(planes[0].region.score, pair.left.region().score), timeout=20000)
    qtbot.waitUntil(lambda: np.array_equal(planes[1].region.score, pair.right.region().score), timeout=20000)
    assert not np.array_equal(planes[0].region.score, planes[1].region.score)
    assert [side.name.text() for side in view.sides] == [bench.session.title, "twin: lr 0.002"]
    assert all("loss" in side.numbers.text() for side in view.sides)
    for number in range(len(VIEWS)):
        view.what.setCurrentIndex(number)
        assert all(type(side.panel).__name__ == VIEWS[number][2] for side in view.sides)


def test_the_bar_of_time_winds_both_back(qtbot: Any, window: Open) -> None:
    bench = learned(qtbot, window("xor"), {"plan.lr": 0.002})
    pair = bench.twins.pair
    bench.time.bar.slider.go(9)
    qtbot.waitUntil(lambda: pair.left.moment == 9 and pair.right.moment == 9, timeout=20000)
    view: Any = bench.docks.bottom.open("twin")
    planes = [side.panel._plane for side in view.sides]
    for plane, session in zip(planes, (pair.left, pair.right), strict=True):
        wanted = session.region(session.at(9)).score
        qtbot.waitUntil(lambda plane=plane, wanted=wanted: plane.region is not None and np.array_equal(
            plane.region.score, wanted), timeout=20000)
    plots: Any = bench.docks.bottom.page_of("plots")
    figures = [run.figures["loss"] for run in (plots.run, bench.twins._curves)]
    for side, figure in zip(view.sides, figures, strict=True):
        assert f"loss {figure.spell(figure.at('step', 9))}" in side.numbers.text(), "of the step that is shown"
    bench.time.back()
    assert pair.left.moment is None and pair.right.moment is None
    for side, figure in zip(view.sides, figures, strict=True):
        assert f"loss {figure.spell(figure.at('step', float('inf')))}" in side.numbers.text()


def test_they_are_paused_together_and_looked_at_meanwhile(qtbot: Any, window: Open) -> None:
    one = window("xor")
    bench = one.bench
    bench.twins.begin({"weights.seed": 7})
    qtbot.waitUntil(lambda: bench.session.moments.last > 20, timeout=60000)
    bench.training.toggle()
    qtbot.waitUntil(lambda: bench.training.state.phase == "paused", timeout=20000)
    qtbot.wait(200)
    pair = bench.twins.pair
    assert pair is not None
    stood = [run.moments.last for run in pair.runs]  # type: ignore[union-attr]
    view: Any = bench.docks.bottom.open("twin")
    planes = [side.panel._plane for side in view.sides]
    qtbot.waitUntil(lambda: all(plane.region is not None for plane in planes), timeout=20000)
    assert [run.moments.last for run in pair.runs] == stood  # type: ignore[union-attr]
    bench.training.one_batch()
    qtbot.waitUntil(lambda: pair.left.run.moments.last == stood[0] + 1, timeout=20000)  # type: ignore[union-attr]
    bench.training.stop()
    qtbot.waitUntil(lambda: not bench.bridge.running, timeout=20000)
    left, right = pair.runs
    assert left.checkpoint.step == right.checkpoint.step  # type: ignore[union-attr]


def test_another_document_can_be_the_twin(qtbot: Any, window: Open) -> None:
    other = window("spiral")
    one = window("xor")
    said: list[str] = []
    one.bench.training.said.connect(lambda _level, text, _more: said.append(text))
    bench = learned(qtbot, one, other.bench.session, 5)
    assert bench.twins.pair.right.graph.computes(other.bench.session.graph)
    assert any("do not learn the same batches" in text for text in said)


def test_what_cannot_be_is_said(window: Open) -> None:
    one = window("xor")
    one.bench.twins.begin({"nobody": "ReLU"})
    assert one.bench.twins.pair is None and "no node" in one.bench.status.word.label.text()


def test_the_dialogue_says_what_is_otherwise(qtbot: Any, window: Open) -> None:
    one = window("xor")
    session = one.bench.session
    dialog = TwinDialog(one, one.theme, session.graph, session.catalog, ["spiral.ngraph"])
    found = {}
    for index in range(dialog.what.count()):
        dialog.what.setCurrentIndex(index)
        found[dialog.what.currentText()] = dialog.chosen()
    rate = session.graph.plan.optimizer.lr
    assert found[RATE] in ({"plan.lr": rate * 10}, {"plan.lr": rate / 10})
    assert set(found[OPTIMIZER]) == {"plan.optimizer"}  # type: ignore[arg-type]
    assert found[START] == {"weights.seed": session.graph.plan.seed + 1}
    bends = found[BEND]
    assert isinstance(bends, dict) and all(session.graph.nodes[id].type != kind for id, kind in bends.items())
    assert found["«spiral.ngraph», which is open"] == 0 and found[FILE] == -1
    taken: list[Any] = []
    dialog.wanted.connect(taken.append)
    dialog.what.setCurrentIndex(0)
    dialog.open()
    dialog.rate.setFocus()
    qtbot.keyClick(dialog.rate, Qt.Key.Key_Return)
    assert taken == [found[RATE]], "Enter trains both"


def test_it_opens_on_what_suits_the_task(window: Open) -> None:
    from neuralgraph.session import Session
    from neuralgraph.ui.panels.twin_view import suits

    for name, title in (("xor", "Boundary"), ("spiral", "Boundary"), ("digits-cnn", "Confusion"), ("iris", "Confusion"),
                        ("diabetes", "Views")):
        session = Session.open(Path("examples") / f"{name}.ngraph")
        session.analysis = session.analyse()
        assert VIEWS[suits(session)][0] == title, name


def test_the_same_views_of_both_on_the_same_scales(qtbot: Any, window: Open) -> None:
    bench = learned(qtbot, window("xor"), {"plan.lr": 0.5})
    view: Any = bench.docks.bottom.open("twin")
    view.what.setCurrentIndex([title for title, _, _ in VIEWS].index("Views"))
    left, right = (side.panel for side in view.sides)
    bench.canvas.select(("hidden",))
    left.cards[0].show_view("weights")
    qtbot.waitUntil(lambda: all(one.cards[0].view == "weights" and one.cards[0].node == "hidden" and
                                one.cards[0].pad.shown is not None for one in (left, right)), timeout=20000)
    def grids() -> list[Any]:
        return [getattr(shown, "parts", (shown,))[0] for one in (left, right) for shown in [one.cards[0].pad.shown]]

    qtbot.waitUntil(lambda: grids()[0].limits is not None and grids()[0].limits == grids()[1].limits, timeout=20000)
    shown = grids()
    assert not np.array_equal(shown[0].values, shown[1].values)
    assert max(float(np.abs(one.values).max()) for one in shown) == pytest.approx(shown[0].limits[1])
    left.add.click()
    assert len(left.cards) == len(right.cards) == 2 and not right.add.isVisible()
    right.cards[1].show_view("bias")
    assert left.cards[1].view == "bias", "whatever is chosen in one is chosen in the other"
    left.cards[1].shut.click()
    assert len(left.cards) == len(right.cards) == 1


def test_both_networks_with_their_pictures(qtbot: Any, window: Open) -> None:
    bench = learned(qtbot, window("xor"), {"tanh_1": "ReLU"})
    view: Any = bench.docks.bottom.open("twin")
    view.what.setCurrentIndex([title for title, _, _ in VIEWS].index("Network"))
    scenes = [side.panel.scene for side in view.sides]
    assert [scene.graph.nodes["tanh_1"].type for scene in scenes] == ["Tanh", "ReLU"]
    qtbot.waitUntil(lambda: all("hidden" in scene.previews for scene in scenes), timeout=20000)
    hidden = [scene.previews["hidden"].values for scene in scenes]
    qtbot.waitUntil(lambda: not np.array_equal(*[scene.previews["hidden"].values for scene in scenes]), timeout=20000)
    assert hidden[0].shape == hidden[1].shape
    loss = next(id for id, one in scenes[0].graph.nodes.items() if "Loss" in one.type)
    values = [scene.model.values.get(loss) for scene in scenes]
    assert None not in values and values[0] != values[1], "each card says its own loss"
    assert not view.sides[0].panel.grab().isNull()
