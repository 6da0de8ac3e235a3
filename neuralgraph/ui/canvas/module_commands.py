"""Modules on the canvas: make one of the selection, go inside and out, take one apart, part it from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralgraph import library
from neuralgraph.errors import DocumentError
from neuralgraph.graph import grouping, unrolling
from neuralgraph.graph.flatten import scope
from neuralgraph.graph.wiring import Refusal
from neuralgraph.room import way_in
from neuralgraph.spec import Drawn
from neuralgraph.ui.canvas.gestures.board import do

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.gestures.hands import Hands


def group(hands: Hands) -> None:
    """A module of what is selected; frames and notes that are selected go along."""
    board = hands.board
    found = grouping.make(board.session.graph, board.session.catalog, board.selection())
    if isinstance(found, Refusal):
        board.say(found.message)
        return
    if do(board, found[0]):
        board.select((found[1],))


def ungroup(hands: Hands) -> None:
    """Lay the selected module out in its place."""
    id = _module(hands)
    if not id:
        return
    board = hands.board
    node = board.session.node(id)
    if node is not None and isinstance(node, Drawn) and node.runs:
        unroll(hands)
        return
    found = grouping.dissolve(board.session.graph, board.session.catalog, id)
    if isinstance(found, Refusal):
        board.say(found.message)
        return
    if do(board, found[0]):
        board.select(found[1])


def unroll(hands: Hands) -> None:
    """Lay the steps of the selected Recurrent out, one copy for each."""
    id = _module(hands)
    if not id:
        return
    board, room = hands.board, hands.board.session
    inputs = room.analysis.inputs.get(id, {}) if room.analysis is not None else {}
    found = unrolling.unroll(room.graph, room.catalog, id, inputs)
    if isinstance(found, Refusal):
        board.say(found.message)
        return
    if do(board, found[0]):
        board.select(found[1])


def unique(hands: Hands) -> None:
    """Give the selected copy a definition of its own."""
    id = _module(hands)
    if id:
        do(hands.board, grouping.unique(hands.board.session.graph, id))


def keep(hands: Hands) -> None:
    """Put the module that is selected into one's own library: every document can take it from the palette."""
    id = _module(hands)
    if not id:
        return
    graph = hands.board.session.graph
    name = str(graph.nodes[id].params.get("definition", ""))
    try:
        library.save(scope(graph, name), name)
    except (DocumentError, KeyError) as error:
        hands.board.say(str(error) if isinstance(error, DocumentError) else f"There is no module {name!r} here.")
        return
    hands.board.say(f"{name} is in your modules now: take it from the palette in any document.")


def enter(hands: Hands) -> None:
    """Go inside the selected module."""
    id = _module(hands)
    if id:
        hands.board.enter(id)


def leave(hands: Hands) -> None:
    """Go out to what is around."""
    hands.board.leave()


def can_enter(hands: Hands, id: str) -> bool:
    """The node has an inside to go to."""
    return id in hands.board.session.graph.nodes and way_in(hands.board.session, id) is not None


def _module(hands: Hands) -> str:
    """The one selected module; says what to do where there is none."""
    board = hands.board
    chosen = [id for id in board.selection() if id in board.session.graph.nodes]
    if len(chosen) == 1 and (isinstance(board.session.node(chosen[0]), Drawn)
                             or "definition" in board.session.graph.nodes[chosen[0]].params):
        return chosen[0]
    board.say("Select one module.")
    return ""
