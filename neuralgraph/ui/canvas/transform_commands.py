"""Commands that lay a network out in another way, which computes the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from neuralgraph import transforms
from neuralgraph.errors import DocumentError
from neuralgraph.graph.wiring import Refusal
from neuralgraph.ui.canvas.gestures.board import do

if TYPE_CHECKING:
    from neuralgraph.ui.canvas.gestures.hands import Hands


def to_convolutions(hands: Hands) -> None:
    """The Linears behind the selected Flatten become convolutions."""
    def made(id: str) -> transforms.Made | Refusal:
        room = hands.board.session
        inputs = room.analysis.inputs if room.analysis is not None else {}
        return transforms.to_convolutions(room.graph, room.catalog, id, inputs)

    _change(hands, made)


def collapse(hands: Hands) -> None:
    """Linear layers without an activation between become one."""
    _change(hands, lambda id: transforms.collapse(
        hands.board.session.graph, hands.board.session.catalog, id, _weights(hands)))


def expand(hands: Hands) -> None:
    """The selected layer becomes the elementary nodes that it is made of."""
    _change(hands, lambda id: transforms.expand(hands.board.session.graph, id, _weights(hands)))


def _change(hands: Hands, make: Callable[[str], transforms.Made | Refusal]) -> None:
    board = hands.board
    chosen = [id for id in board.selection() if id in board.session.graph.nodes]
    if len(chosen) != 1:
        board.say("Select one layer.")
        return
    if board.session.graph is not board.session.document.graph:
        board.say("This works on the document itself: leave the module first.")
        return
    try:
        found = make(chosen[0])
    except DocumentError as error:
        board.say(str(error))
        return
    if isinstance(found, Refusal):
        board.say(found.message)
    elif do(board, found[0]):
        board.select(found[1])


def _weights(hands: Hands) -> Callable[[str], Mapping[str, Any] | None]:
    """What was learnt, or how a layer starts."""
    def of(id: str) -> Mapping[str, Any] | None:
        found = hands.board.session.document.weights(id)
        return found.arrays if found is not None else None

    return of
