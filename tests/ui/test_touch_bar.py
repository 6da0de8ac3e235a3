"""Touching in the whole window: a run, a number, every panel, and the run again."""

from __future__ import annotations

from typing import Any

from pytestqt.qtbot import QtBot

from neuralgraph.graph.touches import Spot, Touches


def test_the_bar_stands_above_the_canvas_whatever_is_selected(window: Any, qtbot: QtBot) -> None:
    one = window("iris")
    bench = one.bench
    node = next(id for id, placed in bench.session.graph.nodes.items() if placed.type == "Linear")
    bench.canvas.select(node)
    desk = next(made.touch for made in bench.views._made if hasattr(made, "touch"))
    desk.hand.change(Spot(node, "bias", (0,)), 4.0, learns=True)
    qtbot.waitUntil(desk.bar.isVisible, timeout=20_000)
    assert desk.bar.what.text().startswith("1 number changed: loss")
    assert bench.canvas.isAncestorOf(desk.bar)
    bench.canvas.select(())
    assert desk.bar.isVisible(), "also before training, and with nothing selected"
    desk.hand.put_back_all()
    assert not desk.bar.isVisible() and bench.session.touches == Touches()


def test_a_real_run_goes_on_untouched_and_comes_back_touched(window: Any, qtbot: QtBot) -> None:
    one = window("digits-mlp")
    bench = one.bench
    desk = next(made.touch for made in bench.views._made if hasattr(made, "touch"))
    bench.training.toggle()
    qtbot.waitUntil(lambda: bench.training.state.step > 3 or bench.training.state.epoch > 1, timeout=30_000)
    bench.training.toggle()
    qtbot.waitUntil(lambda: bench.bridge.control is not None and not desk.hand.moving, timeout=10_000)
    desk.hand.change(Spot("logits", "bias", (0,)), 50.0, learns=True)
    qtbot.waitUntil(lambda: desk._outcome is not None and desk._outcome.after["loss"] > 5, timeout=20_000)
    bench.training.one_batch()
    qtbot.waitUntil(lambda: bool(bench.session.touches) and not desk.hand.moving, timeout=20_000)
    assert float(bench.session.program.state_dict()["logits.bias"][0]) < 5, "what is learned is not what is tried"
    bench.training.stop()
    qtbot.waitUntil(lambda: not bench.bridge.running, timeout=20_000)
    desk.hand.put_back_all()
