"""Functions of yes and no as networks, without a window: part of the public API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from neuralgraph import minterm_nets
from neuralgraph.errors import GraphError, ParameterError
from neuralgraph.graph.wiring import Refusal
from neuralgraph.session import Session


class Graph(Protocol):
    """A handle on a session, as `neuralgraph.Graph` is."""

    session: Session


def minterms(graph: Graph, wanted: str | Iterable[bool], node: str = "") -> tuple[str, ...]:
    """Build a network of sign units that computes any function of inputs that are yes or no: `minterms(g, "0110")`.

    `wanted` says 0 or 1 for each combination, in the order of the truth table: the last input changes fastest.
    The inputs are those that the answer of `node` depends on, by default the first of the graph: a Constant, or data,
    with rows of −1 and 1 or of 0 and 1. Linear, Sign, Linear, Sign and Output are added with typed-in weights, in one
    step of undo; their ids come back, that of the Output last. It says 1 for yes and −1 for no. `ParameterError` for
    a wanted column of another length, `GraphError` where there are no such inputs.
    """
    session = graph.session
    text = wanted if isinstance(wanted, str) else "".join("1" if one else "0" for one in wanted)
    if set(text) - set("01"):
        raise ParameterError(f"wanted expects a sign for each row, 0 for no or 1 for yes; it got {text!r}.",
                             parameter="wanted")
    bits = session.bits({"answer": node}, node) if node else session.bits()
    if bits is None or bits.node not in session.graph.nodes:
        raise GraphError("There are no inputs that are yes or no here. Add a Constant with rows of −1 and 1, or data "
                         "with such columns, and wire them to a node.")
    found = minterm_nets.minterms(session.graph, (bits.node, bits.output), len(bits.names), bits.low,
                               [one == "1" for one in text])
    if isinstance(found, Refusal):
        raise ParameterError(found.message, parameter="wanted")
    session.edit(found[0])
    return found[1]
