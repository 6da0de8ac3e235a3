"""The Step panel inside a Recurrent, and numbers of a sample that are typed over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pytestqt.qtbot import QtBot

import neuralgraph as ng
from neuralgraph.graph.touches import Spot, Touches
from neuralgraph.ui.step_on_canvas import lit_at
from neuralgraph.ui.window import MainWindow

Open = Callable[..., MainWindow]


def echo(folder: Path) -> Path:
    inner = ng.Graph()
    total = inner.add("Add", inner.add("Linear", inner.add("Input", id="x", shape=(2,)), out_features=3, id="u"),
                      inner.add("Linear", inner.add("State", id="h", state="h", shape=(3,)), out_features=3, id="w"))
    inner.add("NextState", inner.add("Tanh", total, id="after"), state="h", id="next")
    inner.add("Output", inner["after"], id="y")
    g = ng.Graph()
    x = g.add("Input", id="x", shape=(4, 2))
    g.define("Cell", inner)
    loop = g.add("Recurrent", x, definition="Cell", id="loop", output="last")
    g.add("MSELoss", g.add("Linear", loop["y"], out_features=1), g.add("Input", id="y", shape=(1,)), id="loss")
    ng.save(g, folder / "echo.ngraph")
    return folder / "echo.ngraph"


def opened(window: Open, qtbot: QtBot, *name: str, **how: Any) -> tuple[MainWindow, Any]:
    made = window(*name, **how)
    made.bench.views.step()
    panel = made.bench.docks.bottom.page("step")
    qtbot.waitUntil(lambda: panel.apart is not None, timeout=20_000)
    return made, panel


def test_it_goes_inside_a_recurrent_from_time_to_time(window: Open, qtbot: QtBot, tmp_path: Path) -> None:
    made, panel = opened(window, qtbot, file=echo(tmp_path))
    time = panel.controls.time
    assert time.isVisible() and not time.chosen and not time.at.isVisible()
    whole = panel.apart
    made.bench.rooms.show_path("loop", "Cell")
    qtbot.waitUntil(lambda: panel.apart is not whole, timeout=20_000)
    assert time.chosen == "loop" and time.at.isVisible(), "who enters the cell wants its numbers"
    seen = []
    for _ in range(4):
        time.buttons[1].click()
        seen.append(time.at.text())
        lit = lit_at(panel.apart, panel.controls.at + 3, "loop")
        t = panel.moment.time[0]
        assert ("u", "x") in lit.values and f"loop/{t}/x" in {one.node for one in panel.apart.moments}
    assert seen == [f"t = {t} of 4" for t in (1, 2, 3, 4)]
    last = len(panel.apart.moments) - 1
    back = [n for n, one in enumerate(panel.apart.moments) if one.phase == "backward" and one.time == (2,)]
    panel.go(back[-1])
    lit = lit_at(panel.apart, back[-1], "loop")
    assert ("w", "x") in lit.back and np.allclose(
        float(lit.values["w", "x"].text.partition(",")[0].replace("−", "-")),
        float(panel.apart.values["loop/2/h", "out"][0, 0]), atol=1e-2), "the numbers of t = 2"
    time.buttons[0].click()
    assert panel.moment.time == (3,) and panel.moment.phase == "backward"
    outside = lit_at(panel.apart, last, "")
    assert ("loop", "x") in outside.back, "what all times bring, added"
    time.inside.setCurrentIndex(0)
    time.inside.activated.emit(0)
    qtbot.waitUntil(lambda: len(panel.apart.moments) == len(whole.moments), timeout=20_000)
    assert not time.at.isVisible()


def test_a_number_of_a_sample_is_typed_over_and_all_follows(window: Open, qtbot: QtBot) -> None:
    _, panel = opened(window, qtbot, "xor")
    assert "Click a number" in panel.typing.says.text()
    before = panel.apart
    box = panel.body.boxes["out:x"]
    box.picked.emit((0, 1))
    assert panel.typing.row.isVisible() and panel.typing.row.name.text() == "x[0, 1]"
    panel.typing.row.typed.emit(0.25)
    qtbot.waitUntil(lambda: panel.apart is not before, timeout=20_000)
    assert float(panel.apart.moments[0].outputs["x"][0, 1]) == 0.25
    assert float(panel.apart.moments[0].outputs["x"][0, 0]) == float(before.moments[0].outputs["x"][0, 0])
    first = next(n for n, one in enumerate(panel.apart.moments) if one.phase == "forward")
    assert not np.array_equal(panel.apart.moments[first].outputs["out"], before.moments[first].outputs["out"])
    assert panel.apart.total != before.total
    panel.go(first)
    assert "1 number is typed over" in panel.notes.text() and not panel.typing.isVisible()
    panel.go(0)
    assert panel.body.boxes["out:x"].map.marks, "it is ringed"
    typed = panel.apart
    panel.controls.nearby[1].click()  # another sample has its own numbers
    qtbot.waitUntil(lambda: panel.apart is not typed, timeout=20_000)
    assert panel.apart.rows != typed.rows and not panel.body.boxes["out:x"].map.marks
    panel.controls.nearby[0].click()
    qtbot.waitUntil(lambda: panel.apart.rows == typed.rows, timeout=20_000)
    assert float(panel.apart.moments[0].outputs["x"][0, 1]) == 0.25, "it waited"
    again = panel.apart
    panel.typing.put_back()
    qtbot.waitUntil(lambda: panel.apart is not again, timeout=20_000)
    assert np.array_equal(panel.apart.moments[0].outputs["x"], before.moments[0].outputs["x"])


def test_what_cannot_stand_there_is_refused_and_said(window: Open, qtbot: QtBot) -> None:
    _, panel = opened(window, qtbot, "iris")
    before = panel.apart
    panel.body.boxes["out:y"].picked.emit((0,))
    panel.typing.row.typed.emit(7.0)
    qtbot.waitUntil(lambda: "from 0 to 2, not 7" in panel.typing.says.text(), timeout=20_000)
    assert panel.apart is before and not panel.typing.typed
    panel.typing.row.typed.emit(2.0)
    qtbot.waitUntil(lambda: panel.apart is not before, timeout=20_000)
    assert int(panel.apart.moments[0].outputs["y"][0]) == 2


def test_an_input_that_is_held_by_hand_is_held_in_the_step_too() -> None:
    g = ng.load("examples/xor.ngraph")
    session = g.session
    source = next(id for id, one in session.graph.nodes.items() if one.type in ("TruthTable", "Dataset"))
    session.touches = Touches().hold(Spot(source, "x", (0,)), 0.5)
    shown = session.step_apart(places=(0, 1, 2, 3))
    assert np.all(shown.values[source, "x"][:, 0] == 0.5)
    assert not any("left out" in one for one in shown.notes)
