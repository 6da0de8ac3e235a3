"""The table of a graph: what every node gives and costs."""

from __future__ import annotations

from dataclasses import dataclass

from neuralgraph.compiler.budget import budget
from neuralgraph.compiler.flops import flops
from neuralgraph.graph.document import Graph
from neuralgraph.graph.flatten import BEAD, Flat, flatten
from neuralgraph.graph.reading import instance
from neuralgraph.spec import Catalog, Node
from neuralgraph.validation.analysis import Analysis
from neuralgraph.validation.need import Need


@dataclass(frozen=True, slots=True)
class Row:
    """One node. `shape` is that of its first output, "" where it is not known; flops and bytes are for one sample."""

    id: str
    type: str
    shape: str
    dtype: str
    parameters: int
    flops: int
    activation_bytes: int
    training_bytes: int
    """What training takes for this node alone, on a batch: weights, gradients, optimiser, activations."""


@dataclass(frozen=True, slots=True)
class Summary:
    """All rows, with totals. `bytes` estimates one training step on a batch."""

    rows: tuple[Row, ...]
    parameters: int
    bytes: int
    batch_size: int
    need: Need


def summarise(analysis: Analysis, catalog: Catalog) -> Summary:
    """The table of an analysed document, in reading order (left to right, top to bottom), modules laid out."""
    graph = analysis.graph
    flat = flatten(graph, catalog)
    inside = [id for id, one in flat.graph.nodes.items() if not ("/" in id and one.type == BEAD)]
    rows = []
    for id in sorted(inside, key=lambda id: _reading(graph, flat, id)):
        placed = flat.graph.nodes[id]
        first = next(iter(analysis.specs.get(id, {}).values()), None)
        cost = analysis.figures.get(id)
        node = instance(placed, catalog, graph.modules)
        work = flops(node, tuple(analysis.inputs.get(id, {}).values())) if isinstance(node, Node) and first else 0
        rows.append(
            Row(
                id,
                placed.type,
                str(first) if first is not None else "",
                first.dtype if first is not None else "",
                cost.parameters if cost else 0,
                work,
                cost.activation_bytes if cost else 0,
                budget({id: cost}, graph.plan).total if cost else 0,
            )
        )
    return Summary(tuple(rows), analysis.parameters, analysis.bytes, graph.plan.batch_size, analysis.need)


def _reading(graph: Graph, flat: Flat, id: str) -> list[tuple[float, float, str]]:
    """Where a node stands: the places of the modules around it, from outside in, with their turns, and its own."""
    found: list[tuple[float, float, str]] = []
    room, path = graph, ""
    for step in id.split("/"):
        path = f"{path}/{step}" if path else step
        if step in room.nodes:
            one = room.nodes[step]
            found.append((one.x, one.y, step))
        else:
            found.append((float(step), 0.0, ""))
        room = graph.modules[flat.rooms[path]] if path in flat.rooms else room
    return found
