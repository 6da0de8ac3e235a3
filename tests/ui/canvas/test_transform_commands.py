"""Networks laid out in another way, from the canvas: one undo step each, and a word where it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import neuralgraph as ng
from neuralgraph.graph.file import canonical
from neuralgraph.ui.window import MainWindow


def drawn(one: MainWindow, qtbot: Any) -> ng.Graph:
    graph = ng.Graph(one.bench.session)
    x = graph.add("Flatten", graph.add("Input", shape=(2, 4, 4), id="image"), id="flat")
    first = graph.add("Linear", x, out_features=6, id="first")
    graph.add("Output", graph.add("Sigmoid", graph.add("Linear", first, out_features=3, id="second"), id="squash"))
    session = one.bench.session
    qtbot.waitUntil(lambda: session.analysis is not None and session.analysis.graph is session.graph, timeout=20_000)
    return graph


@pytest.mark.parametrize(("command", "id", "types"), [
    ("canvas.convolve", "flat", {"Conv2d", "Flatten"}), ("canvas.collapse", "first", {"Linear"}),
    ("canvas.expand", "squash", {"Neg", "Exp", "Add", "Pow"}), ("canvas.expand", "second", {"MatMul", "Parameter"}),
])
def test_each_is_one_step(qtbot: Any, window: Callable[..., MainWindow], command: str, id: str,
                          types: set[str]) -> None:
    one = window()
    drawn(one, qtbot)
    session, canvas = one.bench.session, one.bench.canvas
    before, position = canonical(session.graph), session.history.position
    canvas.select((id,))
    canvas.run(command)
    assert session.history.position == position + 1
    assert types <= {placed.type for placed in session.graph.nodes.values()}
    assert id not in session.graph.nodes
    one.bench.undo()
    assert canonical(session.graph) == before


def test_what_cannot_be_is_said_and_changes_nothing(qtbot: Any, window: Callable[..., MainWindow]) -> None:
    one = window()
    drawn(one, qtbot)
    session, canvas = one.bench.session, one.bench.canvas
    before = canonical(session.graph)
    for chosen, command in (((), "canvas.collapse"), (("squash",), "canvas.collapse"), (("image",), "canvas.expand"),
                            (("squash",), "canvas.convolve")):
        canvas.select(chosen)
        canvas.run(command)
        assert canonical(session.graph) == before
