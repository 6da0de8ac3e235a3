"""Room for a node that goes into a short wire: what comes after it moves on, so that no card lies on another."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from PySide6.QtCore import QRectF

from neuralgraph.graph import wiring
from neuralgraph.graph.document import Edge, Graph
from neuralgraph.graph.edits import Edit, Group, Move
from neuralgraph.tokens import GRID

GAP = 4 * GRID
"""Between two cards: a wire is seen there."""
Boxes = Mapping[str, QRectF]


def with_room(edit: Group, graph: Graph, id: str, edge: Edge, boxes: Boxes) -> Edit:
    """The edit that puts `id` into the wire `edge`, and what moves for it: one step.

    `graph` has the node in it, unwired; `boxes` are all cards, its own where it was dropped.
    """
    places = room_for(graph, id, edge, boxes)
    return Group(edit.label, (*edit.edits, Move(places))) if places else edit


def room_for(graph: Graph, id: str, edge: Edge, boxes: Boxes) -> tuple[tuple[str, float, float], ...]:
    """The new places of the node and of all that has to move on for it; empty where there is room."""
    source, target, box = boxes[edge.source], boxes[edge.target], QRectF(boxes[id])
    if target.left() <= source.left():
        return ()  # the wire runs back: there is no way on
    if _beside(box, source):
        box.moveLeft(max(box.left(), _up(source.right() + GAP)))
    by = _up(box.right() + GAP - target.left()) if _beside(box, target) else 0.0
    moving = _pushed(graph, id, edge, boxes, by) if by > 0 else set()
    places = [(one, boxes[one].left() + by, boxes[one].top()) for one in graph.nodes if one in moving]
    if box.left() != boxes[id].left():
        places.append((id, box.left(), box.top()))
    return tuple(places)


def _pushed(graph: Graph, id: str, edge: Edge, boxes: Boxes, by: float) -> set[str]:
    """What comes after the wire and lies to its right, and what that would be pushed onto."""
    left = boxes[edge.target].left()
    free = {one for one in graph.nodes if one not in (id, edge.source) and boxes[one].left() >= left}
    moving = wiring.reach(graph, [edge.target], forward=True) & free
    while True:
        there = [boxes[one].translated(by, 0) for one in moving]
        hit = {one for one in free - moving if any(boxes[one].intersects(box) for box in there)}
        if not hit:
            return moving
        moving |= hit


def _beside(one: QRectF, other: QRectF) -> bool:
    """They share some height."""
    return one.top() < other.bottom() and other.top() < one.bottom()


def _up(value: float) -> float:
    return float(ceil(value / GRID) * GRID)
