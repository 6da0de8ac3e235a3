"""Any function of yes and no as a network with one hidden layer, its weights typed in: a hidden unit for every row
that should say yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.edits import AddNode, Connect, Edit, Group
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import fresh
from neuralgraph.graph.typed import pinned
from neuralgraph.graph.wiring import Refusal

MOST = 8
"""So many inputs, 256 rows."""
PLACES = (264.0, 568.0, 784.0, 1032.0, 1208.0)
BELOW = 168.0
Made = tuple[Edit, tuple[str, ...]]
"""The edit, and the ids of what it brings; the last one is the Output."""


def minterms(graph: Graph, source: tuple[str, str], inputs: int, low: float, wanted: Sequence[bool]) -> Made | Refusal:
    """Linear, Sign, Linear, Sign and Output that say 1 for the rows that are wanted and −1 for all others, exactly.

    `source` is the node and output that gives rows of `inputs` numbers, each `low` (0 or −1) or 1; `wanted` has an
    entry for each combination, the last input changing fastest. One undoable edit.
    """
    if not 1 <= inputs <= MOST:
        return Refusal(f"A truth table has 1 to {MOST} inputs; this one has {inputs}.")
    if len(wanted) != 2**inputs:
        return Refusal(f"{inputs} inputs have {2**inputs} combinations; the wanted column has {len(wanted)} entries.")
    if low not in (0.0, -1.0):
        return Refusal(f"Inputs are −1 and 1, or 0 and 1; the lower value here is {low:g}.")
    hidden, offsets = _hidden(inputs, low, wanted)
    from_, y = graph.nodes[source[0]], max(one.y for one in graph.nodes.values()) + BELOW
    taken: dict[str, object] = {}

    def placed(type: str, at: int, title: str = "", units: int = 0) -> Placed:
        id = fresh(graph, type, taken)
        taken[id] = True
        params = FrozenDict({"out_features": units} if units else {})
        return Placed(id, type, params, from_.x + PLACES[at], y, title, frozen=units > 0)

    first, signs = placed("Linear", 0, "a unit for each yes", len(hidden)), placed("Sign", 1)
    either, answer, out = placed("Linear", 2, "or", 1), placed("Sign", 3), placed("Output", 4)
    nodes = (first, signs, either, answer, out)
    edits: list[Edit] = [AddNode(one) for one in nodes]
    edits.append(Connect(Edge(*source, first.id, "x")))
    edits += [Connect(Edge(one.id, "out", after.id, "x")) for one, after in pairwise(nodes)]
    after = Group("", tuple(edits)).apply(graph)[0]
    for id, weight, bias in ((first.id, hidden, offsets), (either.id, [[1.0] * len(hidden)], [len(hidden) - 0.5])):
        edit = pinned(after, id, {"weight": weight, "bias": bias})
        edits.append(edit)
        after = edit.apply(after)[0]
    return Group("Build the minterm net", tuple(edits)), tuple(one.id for one in nodes)


def _hidden(inputs: int, low: float, wanted: Sequence[bool]) -> tuple[list[list[float]], list[float]]:
    """Weights and offsets of the hidden units, each above 0 for its own row alone.

    For its own row the weighted sum is the greatest that there is, and at least 1 less for any other.
    """
    weights: list[list[float]] = []
    offsets: list[float] = []
    for bits, yes in zip(product((False, True), repeat=inputs), wanted, strict=True):
        if yes:
            weights.append([1.0 if one else -1.0 for one in bits])
            offsets.append(0.5 - (inputs if low < 0 else sum(bits)))
    if not weights:  # nothing is wanted: a unit that never says yes
        return [[0.0] * inputs], [-0.5]
    return weights, offsets
