"""The weights of a node as they are now, ready to be typed over."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from neuralgraph.compiler.build import built
from neuralgraph.compiler.pinned import retyped, shapes_of, unfit
from neuralgraph.compiler.program import Program
from neuralgraph.graph.document import Graph
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.spec import Call

Array = NDArray[np.float64]
MOST_STARTED = 4_000_000
"""A layer with more numbers than that is not made only to show how it would start."""


@dataclass(frozen=True, eq=False)
class Present:
    """Weights by name, every number as short as it reads back exactly; `shapes` also of those that are too large."""

    node: str
    shapes: Mapping[str, tuple[int, ...]]
    arrays: Mapping[str, Array]


def present(
    graph: Graph, node: str, call: Call, last: Program | None, most: int, arrays: Mapping[str, Any]
) -> Present:
    """What `last`, the program of a run, has learnt, where that still fits; else how the weights start.

    `arrays` are those that they start from, read from files. Weights of more than `most` numbers come as a shape
    alone. What was typed in since the run holds.
    """
    shapes = shapes_of(call)
    wanted = {name for name, shape in shapes.items() if math.prod(shape) <= most}
    typed = retyped(last.graph, graph) if last is not None else frozenset()
    learnt = _named(last, node) if last is not None else {}
    held = {name: one for name, one in learnt.items()
            if name in wanted and tuple(one.shape) == shapes[name] and f"{node}.{name}".replace("/", ".") not in typed}
    if wanted - held.keys() and sum(map(math.prod, shapes.values())) <= MOST_STARTED:
        held = {**_started(graph, node, call, shapes, arrays), **held}
    return Present(node, shapes, {name: _short(held[name]) for name in shapes if name in wanted and name in held})


def _started(
    graph: Graph, node: str, call: Call, shapes: Mapping[str, tuple[int, ...]], arrays: Mapping[str, Any]
) -> dict[str, Tensor]:
    """Initial weights, with what was typed in as far as it fits: this is where the rest is mended."""
    placed = graph.nodes[node]
    fitting = {name: one for name, one in placed.weights.items() if unfit(name, one, shapes) is None}
    made = built(replace(placed, weights=FrozenDict(fitting)), call, graph.plan.seed, arrays)
    return dict(made.named_parameters())


def _named(program: Program, node: str) -> Mapping[str, Tensor]:
    module = program.part(node)
    return dict(module.named_parameters()) if module is not None else {}


def _short(tensor: Tensor) -> Array:
    """0.1 in float32 as 0.1, not as 0.10000000149011612."""
    array = tensor.detach().cpu().numpy()
    return np.array([float(str(one)) for one in array.reshape(-1)], dtype=np.float64).reshape(array.shape)
