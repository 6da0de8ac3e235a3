"""Failures and hints in the window: what is read, what the buttons do, that it can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

import neuralgraph as ng
from neuralgraph.graph.edits import SetPlan
from neuralgraph.graph.planning import planned
from neuralgraph.graph.remedies import Remedy, clipped, kept_best, slower, treated
from neuralgraph.training.events import Hint, Started
from neuralgraph.ui.advice import Advice, AdviceBar
from neuralgraph.ui.flow import Flow
from neuralgraph.ui.theme import Theme
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


def document(path: Path, *, log: bool = False, **plan: Any) -> Path:
    g = ng.Graph()
    data = g.add("Dataset", name="iris")
    h = g.add("Linear", data["x"], out_features=8, id="hidden")
    h = g.add("Log", h, id="bad") if log else g.add("ReLU", h)
    g.add("CrossEntropyLoss", g.add("Linear", h, out_features=3, id="scores"), data["y"], id="loss")
    g.session.edit(SetPlan(planned(g.session.graph.plan, epochs=3, **plan)))
    ng.save(g, path)
    return path


def press(bar: AdviceBar, start: str) -> None:
    next(one for one in bar.buttons if isinstance(one, QPushButton) and one.text().startswith(start)).click()


@pytest.fixture
def bar(qtbot: Any) -> Iterator[AdviceBar]:
    made = AdviceBar(Theme())
    qtbot.addWidget(made)
    yield made


def test_a_failure_is_shown_with_its_remedies_and_the_run_goes_on(window: Open, tmp_path: Path, qtbot: Any) -> None:
    bench = window(file=document(tmp_path / "a.ngraph", log=True)).bench
    bench.training.toggle()
    advice = bench.canvas.advice
    qtbot.waitUntil(lambda: advice.isVisible() and not bench.bridge.running, timeout=20000)
    assert advice.present is not None and advice.present.severity == "error" and advice.present.node == "bad"
    assert "are 0 or less" in advice.present.text and "Clamp" in advice.present.more
    assert next(one.text() for one in advice.buttons) == "Clamp before bad" and len(advice.buttons) == 4
    assert bench.training.state.message.startswith("At step 1 the output of bad") and len(
        bench.training.state.message) < 100
    assert any(entry.level == "error" and "You can" in entry.more for entry in bench.log.entries)
    before = bench.session.graph
    press(advice, "Clamp")
    assert any(one.type == "Clamp" for one in bench.session.graph.nodes.values())
    qtbot.waitUntil(lambda: bench.bridge.running, timeout=5000)
    qtbot.waitUntil(lambda: not bench.bridge.running, timeout=20000)
    run = bench.session.run
    assert run is not None and run.failure is None and run.epochs == 3
    assert not any(one.severity == "error" for one in advice.shown)
    bench.undo()
    assert bench.session.graph.having(counters=before.counters) == before


def test_a_lower_rate_is_an_edit_of_the_plan_that_can_be_undone(window: Open, tmp_path: Path, qtbot: Any) -> None:
    path = document(tmp_path / "a.ngraph", lr=1e15, optimizer="SGD")
    bench = window(file=path).bench
    bench.training.toggle()
    advice = bench.canvas.advice
    qtbot.waitUntil(lambda: advice.isVisible() and not bench.bridge.running, timeout=20000)
    press(advice, "Learning rate ÷ 10")
    assert bench.session.graph.plan.optimizer.lr == 1e14
    qtbot.waitUntil(lambda: not bench.bridge.running, timeout=20000)
    bench.undo()
    assert bench.session.graph.plan.optimizer.lr == 1e15


def test_news_of_the_same_trouble_take_the_place_of_what_was_said(bar: AdviceBar) -> None:
    bar.add(Advice(("over-fitting", None), "warning", "It rises to 0.477."))
    bar.add(Advice(("dead units", "a"), "warning", "3 of 4 units are 0."))
    bar.add(Advice(("over-fitting", None), "warning", "It rises to 0.535."))
    assert [one.text for one in bar.shown] == ["It rises to 0.535.", "3 of 4 units are 0."]


def test_a_hint_can_be_dismissed_and_does_not_come_back(window: Open, qtbot: Any) -> None:
    bench = window("xor").bench
    hint = Hint(5, "dead units", "3 of 4 units are 0.", 0.75, "linear_1", (slower(bench.session.graph.plan),))
    bench.doctor.hear([hint, Hint(6, "over-fitting", "It rises.", 1.2)])
    advice = bench.canvas.advice
    assert advice.isVisible() and advice.present is not None and advice.present.text == "3 of 4 units are 0."
    advice.dismiss()
    assert advice.present is not None and advice.present.text == "It rises."
    bench.doctor.hear([hint])
    assert [one.text for one in advice.shown] == ["It rises."]
    advice.dismiss()
    assert not advice.isVisible()
    bench.training.reset()
    bench.doctor.hear([hint])
    assert advice.isVisible(), "a fresh start"
    rate = bench.session.graph.plan.optimizer.lr
    press(advice, "Learning rate")
    assert bench.session.graph.plan.optimizer.lr == pytest.approx(rate / 10) and not bench.bridge.running


def test_a_remedy_for_a_run_under_way_ends_it_and_goes_on(window: Open, tmp_path: Path, qtbot: Any) -> None:
    path = document(tmp_path / "a.ngraph")
    bench = window(file=path).bench
    plan = planned(bench.session.graph.plan, epochs=100_000)
    bench.session.edit(SetPlan(plan))
    bench.training.toggle()
    qtbot.waitUntil(lambda: bench.training.state.epoch > 1, timeout=20000)
    begun: list[int] = []
    bench.bridge.events.connect(lambda events: begun.extend(
        one.start_step for one in events if isinstance(one, Started)))
    bench.doctor.hear([Hint(1, "exploding gradients", "It grows.", 1e4, None, (clipped(),))])
    press(bench.canvas.advice, "Clip")
    qtbot.waitUntil(lambda: bool(begun), timeout=20000)
    assert begun[0] > 0 and bench.session.graph.plan.stages[0].steps[0].clip == 1.0
    bench.bridge.close()


def test_errors_come_first_and_a_new_run_settles_them(bar: AdviceBar) -> None:
    bar.add(Advice(("a", None), "warning", "slow"))
    bar.add(Advice(("failed", "x"), "error", "broke", remedies=(clipped(),)))
    bar.add(Advice(("failed", "y"), "error", "broke again"))
    assert [one.text for one in bar.shown] == ["broke again", "slow"] and bar._count.text() == "1 of 2"
    bar.settle()
    assert [one.text for one in bar.shown] == ["slow"]
    bar.forget()
    assert bar.present is None and not bar.isVisible()


def test_a_second_remedy_of_the_same_kind_is_out_of_date(bar: AdviceBar) -> None:
    way = Remedy("rate", "Rate ÷ 10: 0.1", "learn more slowly", 0.1)
    for name in ("a", "b"):
        bar.add(Advice((name, None), "warning", name, remedies=(way, clipped())))
    bar.dismiss()
    bar.outdate("rate")
    assert [one.text() for one in bar.buttons if isinstance(one, QPushButton)] == ["Clip the gradient at 1"]


def test_buttons_go_on_in_the_next_row(qtbot: Any) -> None:
    home = QWidget()
    qtbot.addWidget(home)
    flow = Flow(home, 8)
    for _ in range(4):
        flow.addWidget(QPushButton("A rather long label"))
    wide, narrow = flow.heightForWidth(2000), flow.heightForWidth(300)
    assert narrow > 2 * wide and flow.minimumSize().width() < 300
    home.resize(300, 400)
    home.show()
    QApplication.processEvents()
    places = [flow.itemAt(at).geometry() for at in range(flow.count())]  # type: ignore[union-attr]
    assert not any(one.intersects(other) for at, one in enumerate(places) for other in places[:at])
    assert all(one.right() <= 300 for one in places)


def test_every_remedy_changes_every_step_of_the_plan() -> None:
    plan = planned(ng.Graph().session.graph.plan, lr=0.3, clip=0.5)
    assert treated(plan, slower(plan)).optimizer.lr == 0.03
    assert treated(plan, clipped()).stages[0].steps[0].clip == 0.5, "never less strict than before"
    best = treated(plan, kept_best())
    assert best.stop.best and best.stop.patience == 5
