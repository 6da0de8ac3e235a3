"""Beads on wires: a wire that is bent or parted where the hand wants it."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from neuralgraph.graph import wiring
from neuralgraph.graph.document import Placed
from neuralgraph.graph.ids import fresh
from neuralgraph.tokens import GRID
from neuralgraph.ui.canvas.geometry import DOT
from neuralgraph.ui.canvas.gestures.board import Board, End, do

BEAD = "Dot"


def passes(board: Board, id: str) -> bool:
    """Whether it is a bead."""
    node = board.session.node(id) if id in board.session.graph.nodes else None
    return node is not None and node.passes


def put(board: Board, end: End, place: QPointF | None = None) -> None:
    """Put a bead into the wire that ends there, in the middle of it unless a place is given."""
    session = board.session
    graph = session.graph
    middle = place or board.wire_path(end).pointAtPercent(0.5)
    x, y = (float(round((at - size / 2) / GRID) * GRID)
            for at, size in zip((middle.x(), middle.y()), DOT, strict=True))
    placed = Placed(fresh(graph, BEAD), BEAD, x=x, y=y)
    specs = session.analysis.specs if session.analysis else wiring.NOTHING
    edit = wiring.bend(graph, session.catalog, placed, graph.edges[end], specs)
    if do(board, edit):
        board.select((placed.id,))
        board.say("A bead to bend the wire with: drag it, or double-click it to take it away")


def take(board: Board, ids: tuple[str, ...]) -> None:
    """Take beads away; their wires stay."""
    do(board, wiring.heal(board.session.graph, board.session.catalog, ids))
