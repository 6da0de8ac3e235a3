"""What each step between the data and the first layer does to one sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.compiler.program import Program
from neuralgraph.spec import Node
from neuralgraph.training.randomness import undisturbed

BLOCKS = "neuralgraph.compiler.blocks.augmentation"


@dataclass(frozen=True, eq=False)
class Step:
    """The sample as a node leaves it, without the batch axis. `says` is what the node does in words."""

    id: str
    type: str
    value: NDArray[Any]
    says: str = ""


def steps(program: Program, source: str, sample: Mapping[str, NDArray[Any]], draw: int = 0) -> tuple[Step, ...]:
    """The sample as it is, then as every node of preparation and augmentation below `source` leaves it.

    `sample` by source key, with one row. Augmentation acts as in training; another `draw` brings another chance.
    Changes nothing.
    """
    found, ids = [], prepared(program, source)
    key = f"{source}.x" if f"{source}.x" in sample else next((one for one in sample if one.startswith(source)), "")
    if not key:
        return ()
    found.append(Step(source, program.node(source).type, np.array(sample[key][0])))
    if not ids:
        return tuple(found)
    tensors = {name: program.tensor(name, value) for name, value in sample.items()}
    with undisturbed(program.device, program.seed + draw), program.quiet():
        for id in ids:
            if by_chance(program, id):
                part = program.part(id)
                assert part is not None
                part.train()
        values = program.trace(tensors, ids)
    for id in ids:
        value = values[program.output_name(id, program.node(id).outputs()[0])]
        chance = "by chance, while training only" if by_chance(program, id) else ""
        measured = "measured on the training part" if hasattr(program.part(id), "fit") else ""
        found.append(Step(id, program.node(id).type, value.detach().cpu().numpy()[0].copy(), chance or measured))
    return tuple(found)


def by_chance(program: Program, id: str) -> bool:
    """The node changes samples by chance, while training."""
    return type(program.part(id)).__module__ == BLOCKS


def prepared(program: Program, source: str) -> list[str]:
    """The nodes between a source and the last one that prepares its data, in order; none where nothing does."""
    graph, below = program.graph, {source}
    for id in program.inference.order:
        node = program.inference.nodes.get(id)
        if isinstance(node, Node) and node.role == "transform" and any(
                edge.target == id and edge.source in below for edge in graph.edges.values()):
            below.add(id)
    ends = [id for id in program.inference.order
            if id in below and id != source and program.node(id).category == "Data"]
    return [id for id in program.path(ends) if id in below and id != source] if ends else []
