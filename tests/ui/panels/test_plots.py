from __future__ import annotations

import csv
import io
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from PySide6.QtGui import QPainter, QPicture

from neuralgraph.tokens import DARK, LIGHT
from neuralgraph.training.events import Changed, EpochEnded, Finished, Started, Step
from neuralgraph.ui.panels.plots import PlotsPanel, marker_text
from neuralgraph.ui.panels.plots_run import RunCurves
from neuralgraph.ui.theme import Theme


@dataclass
class Look:
    tokens: object = LIGHT


def started(epochs=4, steps=10, losses=("loss",)):
    return Started(epochs, steps, 100, 20, 0, "cpu", 0, 7, losses, ("accuracy_1",))


def epoch_of(number, losses, val):
    return [
        Step(number, 10 * (number + 1), 10, np.asarray(losses, float), {"loss": np.asarray(losses, float)}, 0.01, 0.5,
             seconds=number + 1.0),
        EpochEnded(number + 1, 10 * (number + 1), {"loss": float(np.mean(losses)), "val_loss": val, "accuracy_1": 0.5,
                                                   "val_accuracy_1": 0.25}, seconds=number + 1.0),
    ]


@pytest.fixture
def panel(qtbot):
    made = PlotsPanel(None, None, Look())
    qtbot.addWidget(made)
    made.resize(900, 200)
    made.show()
    return made


def test_it_says_what_fills_it_and_loads_nothing_before():
    code = (
        "import sys, os; os.environ['QT_QPA_PLATFORM'] = 'offscreen'\n"
        "from PySide6.QtWidgets import QApplication\n"
        "app = QApplication([])\n"
        "from neuralgraph.ui.panels.plots import PlotsPanel\n"
        "panel = PlotsPanel(); panel.show()\n"
        "assert panel.notice.title.text()\n"
        "print(sorted({'pyqtgraph', 'torch'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_events_become_curves_and_legend(panel):
    panel.feed([started(), *epoch_of(0, np.full(10, 2.0), 1.5), *epoch_of(1, np.full(10, 2.0), 0.75)])
    assert panel.legend("left") == {"train": "2.000", "validation": "0.750"}
    assert panel.legend("right") == {"train": "50.0 %", "validation": "25.0 %"}
    train = panel.run.figures["loss"].train
    np.testing.assert_allclose(train.x("step"), np.arange(1, 21))
    np.testing.assert_allclose(train.x("epoch"), np.arange(1, 21) / 10)
    np.testing.assert_allclose(train.x("time"), np.arange(1, 21) / 10)
    assert panel.run.figures["loss"].validation.x("epoch").tolist() == [1, 2]


def test_the_axis_reaches_to_the_planned_end_until_the_run_is_over():
    run = RunCurves()
    run.feed([started(epochs=6), *epoch_of(0, np.ones(10), 1.0)])
    assert run.end("epoch") == 6
    assert run.end("step") == 60
    run.feed([Finished(1, 10, 1.0, {}, "done")])
    assert run.end("epoch") == 1


def test_of_a_thousand_planned_epochs_the_axis_shows_some_more_than_were_learned():
    run = RunCurves()
    run.feed([started(epochs=1000), *epoch_of(0, np.ones(10), 1.0), *epoch_of(1, np.ones(10), 1.0)])
    assert (run.end("epoch"), run.end("step")) == (10, 100)
    for epoch in range(2, 40):
        run.feed(epoch_of(epoch, np.ones(10), 1.0))
    assert run.end("epoch") == pytest.approx(52) and run.end("step") == pytest.approx(520)
    run.started = started(epochs=45)
    assert run.end("epoch") == 45, "never beyond what is planned"
    run.feed([Finished(40, 400, 1.0, {}, "done")])
    assert run.end("epoch") == 40


def test_who_zoomed_in_is_not_taken_along(panel):
    panel.feed([started(epochs=1000), *epoch_of(0, np.ones(10), 1.0)])
    view = panel.views["left"]
    view.box.setXRange(0.2, 0.6, padding=0)
    view._taken()
    for epoch in range(1, 60):
        panel.feed(epoch_of(epoch, np.ones(10), 1.0))
    panel.refresh()
    assert view.box.viewRange()[0] == pytest.approx([0.2, 0.6])
    view.show_all()
    assert 60 < view.box.viewRange()[0][1] < 100


def test_while_a_run_gets_ready_it_says_so(qtbot):
    class Bridge:
        running = False

    made = PlotsPanel(None, Bridge(), Look())
    qtbot.addWidget(made)
    made.show()
    assert made.notice.title.text() == "No curves yet" and "Press Train" in made.notice.hint.text()
    made.bridge.running = True
    made.run_changed()
    assert made.notice.title.text() == "Getting ready …" and "Press Train" not in made.notice.hint.text()
    made.bridge.running = False
    made.run_changed()
    assert made.notice.title.text() == "No curves yet"


def test_a_new_run_begins_anew_and_a_resumed_one_goes_on(panel):
    panel.feed([started(), *epoch_of(0, np.ones(10), 1.0)])
    panel.feed([started()])
    assert panel.run.empty
    panel.feed(epoch_of(0, np.ones(10), 1.0))
    resumed = Started(4, 10, 100, 20, 0, "cpu", 0, 7, ("loss",), (), start_epoch=1, start_step=10)
    panel.feed([resumed, *epoch_of(1, np.ones(10), 1.0)])
    assert len(panel.run.figures["loss"].train) == 20


def read(text):
    rows = list(csv.reader(io.StringIO(text)))
    return rows[0], [(name, float(x), float(y) if y else float("nan")) for name, x, y in rows[1:]]


@pytest.mark.parametrize("axis", ["epoch", "step", "time"])
def test_the_csv_holds_exactly_what_is_plotted(panel, axis):
    losses = np.random.default_rng(0).uniform(0.1, 3, 10)
    losses[3] = np.nan
    panel.feed([started(), *epoch_of(0, losses, 1.5)])
    panel.set_axis(axis)
    head, rows = read(panel.csv())
    assert head == ["curve", {"time": "seconds"}.get(axis, axis), "value"]
    wanted = {}
    for name, view in (("loss", panel.views["left"]), ("accuracy_1", panel.views["right"])):
        title = panel.run.figures[name].title
        for one in panel.curves(name):
            line = one.track.line(view.axis, smoothed=one.smoothed)
            wanted[f"{title}, {one.name}"] = (line.x, line.y)
            if one.smoothed:
                raw = one.track.line(view.axis)
                wanted[f"{title}, {one.name} (raw)"] = (raw.x, raw.y)
    assert {name for name, _, _ in rows} == set(wanted)
    for name, (x, y) in wanted.items():
        np.testing.assert_array_equal([row[1] for row in rows if row[0] == name], x)
        np.testing.assert_array_equal([row[2] for row in rows if row[0] == name], y)
    assert sum(y != y for _, _, y in rows) == 2


def test_a_change_while_running_is_marked_where_it_happened(panel):
    change = Changed(5, 0.5, "lr", 0.002, 0.001)
    panel.feed([started(), *epoch_of(0, np.ones(10), 1.0), change])
    assert marker_text(change) == "learning rate 0.002 → 0.001"
    assert [panel.run.place(change, axis) for axis in ("epoch", "step", "time")] == [0.5, 5, 0.5]
    assert [one.text for one in panel.views["left"]._markers] == ["learning rate 0.002 → 0.001"]


def test_a_pinned_run_stays_behind_the_next(panel):
    panel.feed([started(), *epoch_of(0, np.full(10, 3.0), 1.0)])
    panel.pin()
    panel.feed([started(), *epoch_of(0, np.full(10, 1.0), 0.5)])
    assert panel.legend("left") == {"pinned": "3.000", "train": "1.000", "validation": "0.500"}
    panel.pin(False)
    assert panel.legend("left") == {"train": "1.000", "validation": "0.500"}


def test_no_entry_of_a_crowded_legend_is_cut(panel, qtbot):
    panel.feed([started(), *epoch_of(0, np.full(10, 3.0), 1.0)])
    view = panel.views["left"]

    def whole():
        return all(key.width() >= key.sizeHint().width() for key in view._keys.values())

    qtbot.waitUntil(lambda: whole() and not view.crowd.isVisible(), timeout=5000)
    panel.resize(480, 200)
    qtbot.waitUntil(lambda: whole() and view.crowd.isVisible(), timeout=5000)
    panel.resize(900, 200)
    qtbot.waitUntil(lambda: whole() and not view.crowd.isVisible(), timeout=5000)
    panel.resize(640, 200)
    panel.pin()
    panel.feed([started(), *epoch_of(0, np.full(10, 1.0), 0.5)])
    qtbot.waitUntil(lambda: whole() and len(view._keys) == 3 and view.crowd.isVisible(), timeout=5000)


def test_several_losses_can_each_be_looked_at(panel):
    event = Step(0, 2, 2, np.array([3.0, 3.0]), {"a": np.array([1.0, 1.0]), "b": np.array([2.0, 2.0])}, 0.1)
    panel.feed([started(losses=("a", "b")), event])
    panel.choose("left", "b")
    assert panel.legend("left") == {"train": "2.000"}


def test_the_total_is_not_mixed_with_a_loss_that_is_called_loss():
    """In a network with several losses one may have the name that the sum goes by."""
    totals, own, other = np.array([3.0, 2.5]), np.array([2.0, 1.5]), np.array([1.0, 1.0])
    run = RunCurves(0.0)
    run.feed([Step(0, 2, 2, totals, {"loss": own, "other": other}, batches=2)])
    assert run.figures["loss"].train.values().tolist() == [3.0, 2.5]
    assert run.figures["other"].train.values().tolist() == [1.0, 1.0]


def test_smoothing_and_log_axis_are_settings_of_the_drawing(panel):
    panel.feed([started(), *epoch_of(0, [1, 0, 1, 0, 1, 0, 1, 0, 1, 0], 1.0)])
    panel.set_smoothing(0.0)
    assert panel.legend("left")["train"] == "0"
    panel.set_smoothing(0.9)
    assert 0.3 < float(panel.legend("left")["train"]) < 0.7
    panel.views["left"].set_log(True)
    track = panel.run.figures["loss"].train
    assert np.isnan(track.line("epoch", log=True).y).tolist() == [False, True] * 5


def test_pictures_are_light_whatever_the_theme(panel, tmp_path):
    panel.feed([started(), *epoch_of(0, np.ones(10), 1.0)])
    panel.set_theme(Look(DARK))
    assert panel.picture(1.0).pixelColor(1, 1).name().upper() == LIGHT.panel
    assert panel.views["left"].tokens is DARK
    panel.export(tmp_path / "a.svg")
    panel.export(tmp_path / "a.png")
    panel.export(tmp_path / "a.csv")
    svg = (tmp_path / "a.svg").read_text()
    assert "<path" in svg and DARK.series[0].lower() not in svg
    assert (tmp_path / "a.png").stat().st_size > 1000
    assert (tmp_path / "a.csv").read_text() == panel.csv()


def test_a_hidden_panel_draws_when_it_is_seen(qtbot):
    panel = PlotsPanel()
    qtbot.addWidget(panel)
    panel.feed([started(), *epoch_of(0, np.ones(10), 1.0)])
    assert not panel.views
    panel.show()
    assert panel.legend("left")["train"] == "1.000"


def test_in_a_hurry_one_plot_is_drawn_and_then_the_other(panel, monkeypatch):
    from neuralgraph.ui.panels import plots

    now = [100.0]
    monkeypatch.setattr(plots, "monotonic", lambda: now[0])
    panel.feed([started(), *epoch_of(0, np.ones(10), 1.0)])
    drawn = []
    for side, view in panel.views.items():
        monkeypatch.setattr(view, "show_curves", lambda *_, side=side, **__: drawn.append(side))
    for k in range(1, 5):
        now[0] += plots.EVERY + 0.01
        panel.feed(epoch_of(k, np.ones(10), 1.0))
    assert sorted(drawn) == ["left", "left", "right", "right"] and drawn[0] != drawn[1]
    now[0] += plots.CALM + 0.01
    panel.feed(epoch_of(5, np.ones(10), 1.0))
    assert sorted(drawn[4:]) == ["left", "right"]


def test_what_is_drawn_is_what_the_tracks_hold(panel):
    panel.feed([started(2), *epoch_of(0, [3.0, 2.5, np.nan, *[2.0] * 7], 1.5), Changed(0, 10, "lr", 0.002, 0.001),
                *epoch_of(1, np.linspace(2, 1, 10), 0.75)])
    content = panel.views["left"].lines.content
    raw, train, validation = (next(one for one in content.curves if one.end == end and (end or one.x.size > 2))
                              for end in ("", "o", "s"))
    assert np.isnan(raw.y).sum() == 1 and len(content.crosses) == 1
    assert validation.y.tolist() == [1.5, 0.75] and train.x[-1] == raw.x[-1]
    assert [text for _, text, _ in content.marks] == ["learning rate 0.002 → 0.001"]
    low, high = panel.views["left"].box.viewRange()[1]
    assert all(low <= tick <= high for tick in content.hairlines) and content.hairlines


def test_the_axes_stand_still_while_the_curves_fit(panel):
    view = panel.views["left"] if panel.views else None
    panel.feed([started(100), *epoch_of(0, np.linspace(3, 2.9, 10), 2.9)])
    view = view or panel.views["left"]
    view.show_curves(view._curves, axis="epoch", end=21.0)
    first = view.box.viewRange()
    view.show_curves(view._curves, axis="epoch", end=21.9)
    assert view.box.viewRange() == first
    view.show_curves(view._curves, axis="epoch", end=30.0)
    assert view.box.viewRange()[0][1] >= 30.0


@pytest.fixture
def large_type(qapp):
    before = qapp.font()
    qapp.setFont(Theme(scale=2.0).font())
    yield
    qapp.setFont(before)


@pytest.mark.parametrize("name", ["accuracy_1", "learning rate"])
def test_the_axes_have_their_numbers_at_twice_the_text_size(large_type, panel, name):
    panel.resize(1800, 420)
    panel.feed([started(), *epoch_of(0, np.full(10, 2.0), 1.5)])
    panel.choose("right", name)
    for side in panel.views.values():
        for axis in (side.left, side.bottom):
            picture = QPicture()
            painter = QPainter(picture)
            painter.setFont(axis.style["tickFont"])
            written = axis.generateDrawSpecs(painter)[2]
            painter.end()
            assert written, (side.title.text(), axis.orientation)


@pytest.mark.parametrize("value", [0.700825, 0.002, 3.0, 1234.5])
def test_beside_a_constant_stand_round_numbers(panel, value):
    noise = value * (1 + 1e-6 * np.sin(np.arange(10)))
    panel.feed([started(), *epoch_of(0, noise, value)])
    axis, box = panel.views["left"].left, panel.views["left"].box
    step, ticks = axis.tickValues(*box.viewRange()[1], box.height())[0]
    low, high = box.viewRange()[1]
    assert low < value < high and len(ticks) >= 2
    assert all(len(one.lstrip("−").replace(".", "").lstrip("0")) <= 4 for one in axis.tickStrings(ticks, 1.0, step))
