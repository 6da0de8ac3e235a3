"""What views of a node look at: its parameters, what flows in and out, and what the axes of that mean."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.compiler.flops import flops
from neuralgraph.explain.seeing import judged, part_of
from neuralgraph.explain.views.view import At
from neuralgraph.nodes.demands import Spatial
from neuralgraph.spec import Node, Spec
from neuralgraph.spec.tensor import BATCH

Array = NDArray[Any]
Names = tuple[str, ...]
WORK, BYTES, NUMBERS = 8e9, 96 << 20, 2e6
"""So many operations, bytes on the way, and numbers that the nodes in sight give, one look may take."""
NO_DATA = "The data of this network cannot be read, so there is no sample to look at."
CHANNELS_FIRST = ("BatchNorm1d", "InstanceNorm1d", "GroupNorm")
"""Besides what moves a window: nodes that take axis 1 as that of the units, whatever comes behind it."""


def kind_of(at: At) -> Node | None:
    """The node in sight as a node type; None where it is a module, or lies in a node that runs one."""
    found = at.program.inference.nodes.get(at.node)
    return found if isinstance(found, Node) else None


def specs(at: At) -> dict[str, Spec]:
    """What the node gives, by output."""
    if at.node in at.program.inference.specs:
        return dict(at.program.inference.specs[at.node])
    flat = at.program.inference.flat
    if at.node not in flat.copies:
        return {}
    known = at.program.inference.specs
    return {output: next(iter(known[bead].values())) for output, bead in flat.doors(at.node).items()
            if known.get(bead)}


def without_values(at: At) -> str:
    """Why no value of the node can be seen, "" where one can."""
    if not specs(at):
        return "This node gives nothing that could be looked at."
    fed = at.rows is not None and at.rows.count > 0
    return "" if fed or not at.program.needed((at.node,)) else NO_DATA  # constants need no data


def asked(wanted: str, known: Mapping[str, Any]) -> str:
    """The output or parameter that an option names; the first where it names none that there is."""
    return wanted if wanted in known else next(iter(known))


def batch_first(value: Array, spec: Spec | None) -> Array:
    """The value with its samples on axis 0: states of recurrent layers have them on axis 1."""
    at = spec.shape.index(BATCH) if spec is not None and BATCH in spec.shape and spec.rank == value.ndim else 0
    return np.moveaxis(value, at, 0) if at else value


def one_value(at: At, output: str) -> Array:
    """What the node gives for the sample in sight, without the axis of the samples."""
    value, spec = at.values(at.sample)[at.node][output], specs(at)[output]
    return batch_first(value, spec)[0] if BATCH in spec.shape and value.ndim else value


def some_rows(at: At, most: int = 256, *, part: str = "", passes: int = 1, nodes: Names = ()) -> Array:
    """The numbers of rows that can be looked at within a second: of a part, fewer where the network is large.

    Where the part is empty, of all rows.
    """
    assert at.rows is not None
    program, path = at.program, at.program.path(nodes or (at.node,))
    work = sum(_work(at, id) for id in path)
    held = sum(program.inference.figures[id].activation_bytes for id in path if id in program.inference.figures)
    given = sum(_size(spec) for id in nodes or (at.node,) for spec in program.inference.specs.get(id, {}).values())
    fit = min(WORK / max(work * passes, 1), BYTES / max(held, 1), NUMBERS / max(given, 1))
    chosen = part_of(at.rows, part or at.part)
    chosen = chosen if len(chosen) else part_of(at.rows, "all")
    least = 2 if passes == 1 else 1
    return np.asarray(chosen[:max(least, min(most, int(fit), at.rows.quick))])


def judging_part(at: At) -> str:
    """The part by which a network is judged: validation rows, or those that it learns from where there are none."""
    return "validation" if at.rows is not None and len(at.rows.split.validation) else "train"


def _size(spec: Spec) -> int:
    return math.prod(int(one) for one in spec.shape if one != BATCH)


def _work(at: At, id: str) -> int:
    node = at.program.inference.nodes.get(id)
    if not isinstance(node, Node) or id not in at.program.inference.calls:
        return 0
    return flops(node, tuple(at.program.inference.inputs.get(id, {}).items()))


def inputs(at: At, given: Mapping[str, Array]) -> dict[str, Array]:
    """What comes in for rows by source key, by port."""
    wires = at.program.inference.wires[at.node]
    values = at.values(given, list(dict.fromkeys(edge.source for edge in wires.values())))
    return {port: values[edge.source][edge.output] for port, edge in wires.items()}


def class_names(at: At, size: int) -> Names:
    """The names of the classes where the node answers with one number for each of them."""
    names = at.rows.names if at.rows is not None else ()
    return names if len(names) == size and at.node in judged(at.program) else ()


def words(at: At, length: int) -> Names:
    """The tokens of the sample in sight where it is a text of so many, "" for what only fills."""
    if at.rows is None or not at.rows.tokens:
        return ()
    for key, value in at.sample.items():
        spec = _source_spec(at, key)
        if value.shape == (1, length) and value.dtype.kind in "iu" and key.endswith(".x") and spec is not None:
            return tuple(token(at.rows.tokens, int(number)) for number in value[0])
    return ()


def token(tokens: Names, number: int) -> str:
    """A token so that it can be read: spaces and ends of line have a sign."""
    text = tokens[number] if 0 <= number < len(tokens) else str(number)
    seen = text.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥")
    return seen if seen.isprintable() and seen else ascii(text).strip("'") or "∅"


def _source_spec(at: At, key: str) -> Spec | None:
    if key not in at.program.sources:
        return None
    id, output, _ = at.program.sources[key]
    return at.program.inference.specs[id].get(output)


def unit_axis(at: At, rank: int) -> int:
    """The axis of the units: channels of images and of what moved a window over a sequence, else the last one."""
    if rank != 3:
        return 1 if rank > 1 else 0
    id = at.node
    while (node := at.program.inference.nodes.get(id)) is not None and isinstance(node, Node):
        if isinstance(node, Spatial) or node.type in CHANNELS_FIRST:
            return 1
        wires = list(at.program.inference.wires[id].values())
        through = node.passes or node.category == "Activations" or node.type == "Dropout"
        if len(wires) != 1 or not through:
            break
        id = wires[0].source
    return 2


def by_unit(value: Array, axis: int) -> Array:
    """All numbers of each unit as a row: (units, rest)."""
    return np.moveaxis(value, axis, 0).reshape(value.shape[axis] if value.ndim else 1, -1)


def size_of(shape: tuple[int | str, ...]) -> str:
    """A shape in words: «16 × 8 × 8»."""
    return " × ".join(map(str, shape)) or "one number"


def many(count: int, what: str) -> str:
    """«1 row», «256 rows»."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def norm(value: Array) -> float:
    """The length as of a vector: the root of the sum of all squares."""
    return math.sqrt(float(np.square(value.astype(np.float64)).sum()))
