"""The table of a graph: what every node gives and costs."""

from __future__ import annotations

from dataclasses import dataclass

from neuralgraph.compiler.budget import budget
from neuralgraph.compiler.flops import flops
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
    """The table of an analysed document, in reading order (left to right, top to bottom)."""
    graph = analysis.graph
    rows = []
    for id, placed in sorted(graph.nodes.items(), key=lambda item: (item[1].x, item[1].y, item[0])):
        first = next(iter(analysis.specs.get(id, {}).values()), None)
        cost = analysis.figures.get(id)
        node = instance(placed, catalog)
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
