"""While comets fly, what is around them is painted once; it is painted anew when it changes, and freed afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QImage

from neuralgraph.graph.edits import ChangeNode
from neuralgraph.tokens import DARK, LIGHT
from neuralgraph.ui.canvas import comets
from neuralgraph.ui.canvas.comets import KEPT, PAINTED
from neuralgraph.ui.canvas.node_item import NodeItem
from neuralgraph.ui.canvas.scene import CanvasScene
from neuralgraph.ui.canvas.view import CanvasView
from tests.ui.canvas.test_scene import Document, apply, chain


@pytest.fixture
def scene(qapp: object) -> Iterator[CanvasScene]:
    made = CanvasScene(Document(chain(4)), LIGHT)  # type: ignore[arg-type]
    yield made
    made.clear()


@pytest.fixture
def view(scene: CanvasScene, qtbot: Any) -> CanvasView:
    made = CanvasView(scene)
    qtbot.addWidget(made)
    made.resize(1200, 400)
    made.show()
    qtbot.waitExposed(made)
    made.fit()
    return made


def fly(scene: CanvasScene) -> None:
    """Everything learns, and the clock beats when the test says so."""
    scene.set_training(scene.nodes)
    scene.motion._timer.setInterval(10**6)
    scene.motion._beat()


def seen(view: CanvasView) -> np.ndarray:
    image = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).copy()


def test_cards_and_wires_are_kept_while_comets_fly_and_no_longer(scene: CanvasScene, view: CanvasView) -> None:
    items = [*scene.nodes.values(), *scene.wires.values()]
    assert {one.cacheMode() for one in items} == {PAINTED}
    fly(scene)
    assert {one.cacheMode() for one in items} == {KEPT}
    assert all(len(wire.childItems()) == 1 for wire in scene.wires.values())
    scene.set_training(())
    assert {one.cacheMode() for one in items} == {PAINTED}
    assert not any(wire.childItems() for wire in scene.wires.values())


def test_a_beat_paints_comets_alone(scene: CanvasScene, view: CanvasView, monkeypatch: pytest.MonkeyPatch,
                                    qtbot: Any) -> None:
    painted: list[str] = []
    card, colour = NodeItem._card, comets.colour  # Qt remembers which `paint` it calls
    monkeypatch.setattr(NodeItem, "_card", lambda self, *rest: painted.append(self.id) or card(self, *rest))
    monkeypatch.setattr(comets, "colour", lambda *rest: painted.append("comets") or colour(*rest))
    fly(scene)
    qtbot.waitUntil(lambda: set(painted) == {*scene.nodes, "comets"})
    qtbot.wait(50)
    painted.clear()
    scene.motion._beat()
    qtbot.waitUntil(lambda: "comets" in painted)
    assert set(painted) == {"comets"}
    painted.clear()
    scene.nodes["linear_1"].update()
    qtbot.waitUntil(lambda: "linear_1" in painted)
    assert "linear_2" not in painted


def test_what_is_kept_looks_as_what_is_painted(scene: CanvasScene, view: CanvasView) -> None:
    scene.set_training(scene.nodes)
    scene.motion.reduced = True  # they stand still: only what is around them is compared
    plain = seen(view)
    for item in (*scene.nodes.values(), *scene.wires.values()):
        item.setCacheMode(KEPT)
    assert np.abs(plain.astype(int) - seen(view)).max() <= 8  # a blend more: roundings of colours


def test_edits_and_themes_are_seen_while_comets_fly(scene: CanvasScene, view: CanvasView) -> None:
    fly(scene)
    before = seen(view)
    apply(scene, ChangeNode(replace(scene.graph.nodes["linear_1"], title="renamed")))
    changed = seen(view)
    assert (before != changed).any()
    scene.set_tokens(DARK)
    assert not any(one.cacheMode() == KEPT for one in scene.nodes.values())
    assert seen(view).mean() < changed.mean() - 50
    scene.motion._beat()
    assert all(one.cacheMode() == KEPT for one in scene.nodes.values())


def test_where_there_is_no_room_nothing_is_kept(scene: CanvasScene, view: CanvasView,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comets, "MOST_PIXELS", 100)
    fly(scene)
    assert not any(one.cacheMode() == KEPT for one in (*scene.nodes.values(), *scene.wires.values()))
