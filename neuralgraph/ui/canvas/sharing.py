"""Commands for weights that several nodes use together."""

from __future__ import annotations

from dataclasses import replace

from neuralgraph.graph.edits import ChangeNode, Group
from neuralgraph.ui.canvas.gestures.board import Board, do


def share(board: Board) -> None:
    """The selected nodes use the weights of the one that stands first, or each its own again."""
    session, graph = board.session, board.session.graph
    ids = sorted((id for id in board.selection() if id in graph.nodes), key=lambda id: (
        board.box(id).left(), board.box(id).top()))
    sharing = [id for id in ids if graph.nodes[id].shares is not None]
    if sharing:
        _change(board, sharing, None, "Own weights")
        return
    if len(ids) < 2:
        board.say("Select two or more nodes: they will use the weights of the first one.")
        return
    for id in ids[1:]:
        if why := session.cannot_share(id, ids[0]):
            board.say(why)
            return
    _change(board, ids[1:], ids[0], f"Share weights of {ids[0]}")


def _change(board: Board, ids: list[str], owner: str | None, label: str) -> None:
    nodes = board.session.graph.nodes
    edits = tuple(ChangeNode(replace(nodes[id], shares=owner), label if owner else f"{label} for {id}") for id in ids)
    do(board, edits[0] if len(edits) == 1 else Group(label, edits))
