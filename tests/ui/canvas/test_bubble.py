"""What is wrong with a node is said under it, within the view."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from neuralgraph.lessons.lesson import Do
from neuralgraph.ui.window import MainWindow


def test_a_bubble_of_a_node_at_the_edge_is_not_cut_off(window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    bench = window("01-tensors").bench
    qtbot.waitUntil(lambda: bench.guide.on, timeout=5000)
    bench.guide._hands.do(Do("set", ("row.value", "5, 6, 7"), ""))
    bench.rooms.reveal("broadcast")
    bubble, view = bench.canvas.bubble, bench.canvas.view
    qtbot.waitUntil(bubble.isVisible, timeout=5000)
    view.ensureVisible(bench.canvas.scene.node_rect("broadcast"), 0, 0)
    bar = view.horizontalScrollBar()
    corner = view.mapFromScene(bench.canvas.scene.node_rect("broadcast").bottomLeft()).x()
    for aim in (view.viewport().width() - 60, view.viewport().width() // 2, 4):
        bar.setRange(-5000, 5000)
        bar.setValue(bar.value() + corner - aim)
        bubble.settle()
        corner = view.mapFromScene(bench.canvas.scene.node_rect("broadcast").bottomLeft()).x()
        assert abs(corner - aim) < 3
        assert bubble.x() >= 0 and bubble.geometry().right() < view.viewport().width()
        path = bubble._outline()
        points = [path.elementAt(k) for k in range(path.elementCount())]
        at = min(points, key=lambda one: one.y).x
        assert abs(bubble.x() + at - corner) < 60, "its pointer stays at the node"
