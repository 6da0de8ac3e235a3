"""Inputs that are yes or no: where they come from, all their combinations, and what nodes answer to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.compiler.program import Program
from neuralgraph.data.sources import drawn
from neuralgraph.explain.affording import computed
from neuralgraph.explain.rows import Rows
from neuralgraph.explain.views.view import At
from neuralgraph.spec import Node

Array = NDArray[Any]
MOST_BITS = 8
"""So many inputs make 256 rows."""
WIDE = 8
"""Nodes of more units are no columns of a table."""
SETTLED = 4
"""Of so many inputs it is soon known whether a single unit can do a function."""
LOOKED = 2000
"""The values of inputs are looked for in so many rows of the data."""


@dataclass(frozen=True)
class Bits:
    """`output` of the node `node` gives rows of numbers by these `names` that are only `low` or `high`.

    `key` is that of a source of the program, "" for a Constant, which is a table of rows itself.
    """

    node: str
    output: str
    names: tuple[str, ...]
    low: float
    high: float
    key: str = ""

    @property
    def table(self) -> Array:
        """Every combination as a row, the last input changing fastest: 2ⁿ × n."""
        return np.array(list(product((self.low, self.high), repeat=len(self.names))), np.float32)


def bits_of(program: Program, rows: Rows | None) -> list[Bits]:
    """All inputs of a program that are yes or no: those of data, and constants of at least two columns."""
    found = [one for key in (rows.arrays if rows is not None else ()) if (one := _data(program, rows, key)) is not None]
    return found + [one for id in program.inference.order if (one := _constant(program, id)) is not None]


def levels(values: Array) -> tuple[float, float] | None:
    """The two values that numbers take, 0 or −1 and 1; None where they take others."""
    found = np.unique(values)
    return (float(found[0]), 1.0) if len(found) == 2 and found[1] == 1 and found[0] in (0, -1) else None


def _data(program: Program, rows: Rows | None, key: str) -> Bits | None:
    if rows is None or key not in program.sources:
        return None
    id, output, node = program.sources[key]
    array = rows.arrays[key]
    if output == "y" or drawn(node) or array.dtype.kind != "f" or array.ndim != 2 or array.shape[1] > MOST_BITS:
        return None
    ends = levels(np.asarray(array[: min(len(array), rows.quick, LOOKED)]))
    names = rows.features if len(rows.features) == array.shape[1] else tuple(
        f"x{n + 1}" for n in range(array.shape[1]))
    return Bits(id, output, names, *ends, key) if ends is not None else None


def _constant(program: Program, id: str) -> Bits | None:
    node = program.inference.nodes[id]
    if not isinstance(node, Node) or node.type != "Constant":
        return None
    shape = program.inference.specs[id]["out"].shape
    if len(shape) != 2 or not 2 <= int(shape[1]) <= MOST_BITS:
        return None
    ends = levels(np.asarray(node.values["value"], float))
    return Bits(id, "out", tuple(f"x{n + 1}" for n in range(int(shape[1]))), *ends) if ends is not None else None


def answering(program: Program, found: list[Bits]) -> dict[str, Bits]:
    """The nodes with few numbers for each row that depend on nothing but one of these inputs, in order."""
    by_source = {(one.node, one.output): one for one in found}
    hangs: dict[str, frozenset[Bits | str]] = {}
    answers: dict[str, Bits] = {}
    for id in program.inference.order if found else ():
        node, specs = program.inference.nodes[id], program.inference.specs.get(id, {})
        on: set[Bits | str] = set()
        for edge in program.inference.wires.get(id, {}).values():
            start = by_source.get(edge.start)
            on |= {start} if start is not None else hangs.get(edge.source, frozenset())
        if isinstance(node, Node) and node.role == "source":
            on.add(id)  # other data come in, too
        hangs[id] = frozenset(on)
        spec = next(iter(specs.values()), None)
        whole = isinstance(node, Node) and node.role in ("transform", "output") and spec is not None
        if whole and len(on) == 1 and isinstance(one := next(iter(on)), Bits) and spec is not None and (
                spec.rank == 2 and spec.dtype.startswith("float") and int(spec.shape[1]) <= WIDE):
            answers[id] = one
    return answers


def said(at: At, bits: Bits, node: str, table: Array) -> Array:
    """What the first output of a node gives for rows of these inputs: rows × units."""
    output = at.program.outputs_of(node)[0]
    if bits.key:
        assert at.rows is not None
        shape = at.rows.arrays[bits.key].shape[1:]
        return computed(at, {bits.key: table.reshape(-1, *shape)}, [node], [(node, output)])[node, output]
    with fed(at.program, bits.node, table):
        return at.values({}, [node])[node][output]


@contextmanager
def fed(program: Program, constant: str, rows: Array) -> Iterator[None]:
    """While it lasts a Constant gives these rows instead of its own."""
    part = program.part(constant)
    assert part is not None, "a Constant is a module"
    value = torch.as_tensor(rows, dtype=program.dtype, device=program.device)
    hook = part.register_forward_hook(lambda *_: value)
    try:
        yield
    finally:
        hook.remove()


def separable(table: Array, wanted: Array) -> bool | None:
    """A single unit, the sign of a weighted sum and an offset, can say yes exactly where it is wanted.

    Found by the perceptron rule from zero weights: where such weights are, it finds some (Novikoff, On convergence
    proofs for perceptrons, 1962). Where it comes to weights that it had before, it goes round for ever, and there are
    none. None where that would take long: for more than four inputs.
    """
    if table.shape[1] > SETTLED:
        return None
    rows = [(*one, 1) for one in table.astype(int).tolist()]
    weights, known = [0] * len(rows[0]), set[tuple[int, ...]]()
    while tuple(weights) not in known:
        known.add(tuple(weights))
        right = True
        for row, yes in zip(rows, wanted.tolist(), strict=True):
            total = sum(w * x for w, x in zip(weights, row, strict=True))
            if (total > 0) != bool(yes) or total == 0:
                right = False
                weights = [w + (x if yes else -x) for w, x in zip(weights, row, strict=True)]
        if right:
            return True
    return False
