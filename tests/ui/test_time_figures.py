"""While an earlier step is shown, the bars and the cards say the figures of that step, and that they are of then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.touches import Spot
from neuralgraph.ui.time_figures import then
from neuralgraph.ui.training import figure
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


@pytest.fixture
def trained(qtbot: Any, window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    one = window("iris")
    plan = one.bench.session.graph.plan
    one.bench.session.edit(SetPlan(replace(plan, stages=(replace(plan.stages[0], epochs=6),)), "Epochs"))
    one.bench.docks.bottom.open("plots")
    one.bench.training.toggle()
    qtbot.waitUntil(lambda: one.bench.bridge.running, timeout=60000)
    qtbot.waitUntil(lambda: not one.bench.bridge.running, timeout=60000)
    return one


def at(qtbot: Any, one: MainWindow, step: int) -> None:
    one.bench.time.bar.slider.go(step)
    qtbot.waitUntil(lambda: one.bench.session.moment == step, timeout=20000)


def test_the_bar_says_the_figures_of_the_step_and_that_they_are_of_then(qtbot: Any, trained: MainWindow) -> None:
    bench, bar = trained.bench, trained.bench.bar
    now = bar._loss.value.text(), bar._metric.value.text(), bar._loss.name.text()
    curves: Any = bench.docks.bottom.page("plots").run  # type: ignore[attr-defined]
    each = curves.started.steps_per_epoch
    at(qtbot, trained, each + 1)
    known = then(curves, each + 1, bench.training.state.metric)
    losses = curves.figures["loss"].train
    assert known.loss == figure(float(losses.values(smoothed=False)[each])) and known.epoch == 2
    assert bar._loss.name.text() == f"Loss, step {each + 1}" and bar._loss.value.text() == known.loss
    assert bar._metric.isVisible() and bar._metric.name.text() == f"Accuracy, step {each + 1}"
    assert bar._metric.value.text() == known.value != "–"
    assert bar._loss.name.property("type")[2] == "accent" and ">2<" in bar.epoch.value.text()
    bench.time.back()
    assert (bar._loss.value.text(), bar._metric.value.text(), bar._loss.name.text()) == now
    at(qtbot, trained, 1)
    assert bar._metric.value.text() == "–", "nothing was measured by then"
    bench.training.reset()
    assert bar._loss.name.text() == "Loss" and bench.training.state.then is None


def test_a_presenter_says_so_too(qtbot: Any, trained: MainWindow) -> None:
    trained.bench.presenter.enter()
    at(qtbot, trained, 5)
    large = trained.bench.presenter.bar
    assert large is not None
    assert large.numbers[0][0].text() == "Step 5: epoch" and large.numbers[1][1].text() == \
        trained.bench.training.state.then.loss
    trained.bench.time.back()
    assert large.numbers[0][0].text() == "Epoch"
    trained.bench.presenter.leave()


def test_a_card_that_counts_says_how_many_were_wrong_then(qtbot: Any, trained: MainWindow) -> None:
    bench = trained.bench
    id = next(id for id, one in bench.session.graph.nodes.items() if one.type == "ConfusionMatrix")
    at(qtbot, trained, 2)
    qtbot.waitUntil(lambda: bench.canvas.scene.model.values.get(id, "").endswith(" wrong"), timeout=20000)
    direct = bench.session.mistakes(bench.session.at(2))
    assert bench.canvas.scene.model.values[id] == direct[id] != bench.session.mistakes(bench.session.at(18))[id]


def test_keeping_numbers_says_why_the_bar_goes(qtbot: Any, trained: MainWindow) -> None:
    bench = trained.bench
    said: list[str] = []
    bench.status.mention, kept = said.append, bench.status.mention  # type: ignore[method-assign, assignment]
    linear = next(id for id, one in bench.session.graph.nodes.items() if one.type == "Linear")
    bench.views.show_node(linear)
    desk: Any = next(made.touch for made in bench.views._made if hasattr(made, "touch"))
    assert bench.time.bar.isVisible()
    desk.hand.change(Spot(linear, "weight", (0, 0)), 2.0, learns=True)
    desk.hand.keep()
    assert not bench.time.bar.isVisible() and "The bar of time is gone" in said[-1]
    count = len(said)
    desk.hand.take_back()
    assert bench.time.bar.isVisible() and len(said) == count
    bench.status.mention = kept  # type: ignore[method-assign]
