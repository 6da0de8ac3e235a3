"""Cards grow with the pictures in them: in the examples they do not lie on one another, nor stick out of a frame."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QRectF

from neuralgraph.graph.definitions import type_of
from neuralgraph.resources import examples
from neuralgraph.session import Session
from neuralgraph.tokens import LIGHT
from neuralgraph.ui.canvas.previews import Preview
from neuralgraph.ui.canvas.scene import CanvasScene


@pytest.mark.parametrize("name", sorted(path.stem for path in examples().glob("*.ngraph") if "mnist" not in path.stem))
def test_cards_with_their_pictures_lie_apart_and_within_their_frames(qapp: object, name: str) -> None:
    session = Session.open(examples() / f"{name}.ngraph")
    session.accept(session.analyse())
    graph = session.graph
    scene = CanvasScene(session, LIGHT)
    scene.set_analysis(session.analysis)
    seen = {id: Preview(one.kind, one.values, one.names, 1) for id, one in session.glance(graph).cards.items()}
    for id, placed in graph.nodes.items():
        kind = type_of(placed, session.catalog)
        if kind is not None and kind.role == "loss":
            seen[id] = Preview("spark", np.zeros(0), (), 1)
    scene.set_previews({id: one for id, one in seen.items() if id in scene.nodes})
    boxes = {id: scene.node_rect(id) for id in scene.nodes}
    assert [(a, b) for a, b in combinations(boxes, 2) if boxes[a].intersects(boxes[b])] == []
    for frame in graph.frames.values():
        area = QRectF(frame.x, frame.y, frame.width, frame.height)
        assert [id for id, box in boxes.items() if area.contains(box.topLeft()) and not area.contains(box)] == []
    for note in graph.notes.values():
        area = QRectF(note.x, note.y, note.width, note.height)
        assert [id for id, box in boxes.items() if area.intersects(box)] == []
    scene.clear()
