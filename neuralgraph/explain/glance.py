"""One glance at a whole network: what its cards and its wires show for one row of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.errors import DataError
from neuralgraph.explain.flowing import Flow, Meaning, Place, Wires, flows
from neuralgraph.explain.previews import SAMPLES, Look, activations, neurons, row, samples, scatter, seen, words
from neuralgraph.graph.document import Graph
from neuralgraph.graph.flatten import flatten
from neuralgraph.graph.reading import instances
from neuralgraph.spec import Catalog, Node

if TYPE_CHECKING:
    from neuralgraph.compiler.program import Program
    from neuralgraph.data.delivery import Delivery
    from neuralgraph.data.reach import Reach

MOST_POINTS = 2000


@dataclass(frozen=True, eq=False)
class Glance:
    """Looks by node id, flows by node and port (see `flows`), and what they are of: `row` of `rows` rows."""

    cards: Mapping[str, Look]
    wires: Mapping[Place, Flow] = field(default_factory=dict)
    what: Wires = "off"
    row: int = 0
    rows: int = 0


@dataclass(frozen=True, eq=False)
class Heads:
    """A few rows of every source, by source key, from row `row` on; `given` are the deliveries by node."""

    arrays: Mapping[str, NDArray[Any]]
    given: Mapping[str, Delivery]
    row: int
    rows: int

    @property
    def meaning(self) -> Meaning:
        """What whole numbers stand for, as the first data node says that says anything."""
        given = self.given.values()
        return Meaning(next((one.class_names for one in given if one.class_names), ()),
                       next((one.tokens for one in given if one.tokens), ()))


def heads(graph: Graph, catalog: Catalog, reach: Reach, first: int) -> Heads:
    """Rows `first` and after of all data nodes; those that cannot be read are left out."""
    from neuralgraph.compiler.build import source_key
    from neuralgraph.data.sources import deliver

    arrays: dict[str, Any] = {}
    given: dict[str, Delivery] = {}
    at = rows = 0
    for id, node in instances(flatten(graph, catalog).graph, catalog).items():
        if not isinstance(node, Node) or node.role != "source" or node.type == "Input":
            continue
        try:
            delivery = deliver(node, reach)
        except DataError:
            continue
        given[id] = delivery
        for output, array in delivery.arrays.items():
            count = len(array)
            start = first % count if count else 0
            if not rows:
                at, rows = start, count
            taken = np.array(array[start : start + SAMPLES])
            if len(taken) < min(SAMPLES, count):  # round the end
                taken = np.concatenate([taken, np.array(array[: min(SAMPLES, count) - len(taken)])])
            arrays[source_key(node, id, output)] = taken
    return Heads(arrays, given, at, rows)


def glance(program: Program | None, found: Heads, *, cards: bool = True, wires: Wires = "off") -> Glance:
    """What there is to see; without a program only the samples of the data. Changes nothing."""
    looks = _data(found) if cards else {}
    flowing: dict[Place, Flow] = {}
    if program is not None and all(key in found.arrays for key in program.inputs):
        meaning = found.meaning
        grad = wires == "gradients"
        try:
            values = seen(program, found.arrays, grad=grad) if cards or wires in ("values", "gradients") else {}
            flowing = _flows(program, wires, values, meaning)
        except RuntimeError:
            if not grad:
                raise
            values = seen(program, found.arrays) if cards else {}  # this network cannot be gone back through so
        if cards:
            looks |= activations(program, values, meaning.classes)
            looks |= _plane(program, found)
    return Glance(looks, flowing, wires, found.row, found.rows)


def _flows(program: Program, wires: Wires, values: Mapping[str, Any], meaning: Meaning) -> dict[Place, Flow]:
    with torch.backends.cudnn.flags(enabled=False):  # it goes back through recurrent layers only in training mode
        return flows(program, wires, values, meaning)


def _data(found: Heads) -> dict[str, Look]:
    """What the cards of the data show: pictures, points of the plane, a text, a row of a table."""
    looks = samples(found.arrays)
    for id, given in found.given.items():
        x = given.arrays.get("x")
        if id in looks or x is None or not len(x):
            continue
        start = found.row % len(x)
        one = np.array(x[start : start + 1])[0]
        look: Look | None
        if one.dtype.kind in "iu":
            look = words(one, given.tokens) if given.tokens else None
        elif one.shape == (2,):
            some = np.array(x[:MOST_POINTS])
            y = given.arrays.get("y")
            look = scatter(some, np.array(y[: len(some)]) if y is not None and len(y) >= len(some) else None)
        else:
            look = row(one, given.feature_names)
        if look is not None:
            looks[id] = look
    return looks


def _plane(program: Program, found: Heads) -> dict[str, Look]:
    """Heat maps of the neurons, where the network looks at two features of one data node."""
    keys = program.module_inputs
    id, output, _ = program.sources[keys[0]] if len(keys) == 1 else ("", "", None)
    given = found.given.get(id)
    x = given.arrays.get(output) if given is not None else None
    return neurons(program, np.array(x[:MOST_POINTS])) if x is not None and len(x) and x.ndim == 2 else {}
