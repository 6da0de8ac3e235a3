"""How much of a network and its data can be looked at in a moment: counted, not timed, so that it is repeatable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.compiler.program import Program
from neuralgraph.errors import RunError
from neuralgraph.explain.seeing import part_of
from neuralgraph.explain.views.view import At
from neuralgraph.spec import Node

Array = NDArray[Any]
WORK = 1e10
"""Operations that a processor core does in well under a second."""
CARRIED = 60
"""What a byte of activations takes, in operations."""
ALL_ROWS = 2000
LEAST = 4
HELD = 48 << 20
"""Bytes of activations that may lie in memory at once."""


def cost(program: Program, nodes: Sequence[str]) -> tuple[int, int]:
    """About how many operations, and how many bytes of activations, one row takes up to these nodes.

    Every weight is multiplied and added once for each place of the output; what has no weights is told by its bytes.
    """
    found = program.inference
    path = set(program.path(nodes))
    figures = {id: one for id, one in found.figures.items() if id in path}
    work = sum(2 * one.parameters * _places(program, id) for id, one in figures.items() if one.parameters)
    held = sum(one.activation_bytes for one in figures.values())
    return max(work + CARRIED * held, 1), max(held, 1)


def _places(program: Program, id: str) -> int:
    """At how many places a node uses its weights: pixels of a convolution, steps of a sequence."""
    spec = next(iter(program.inference.specs[id].values()))
    sizes = [one for one in spec.shape[1:] if isinstance(one, int)]
    node = program.inference.nodes[id]
    channels = (sizes[0] if isinstance(node, Node) and node.type.startswith("Conv") else sizes[-1]) if sizes else 1
    return max(int(np.prod(sizes, dtype=np.int64)) // max(channels, 1), 1)


def affordable(program: Program, nodes: Sequence[str], most: int, least: int = LEAST) -> int:
    """How many rows, at most `most`, go through the network in a moment."""
    return int(min(most, max(least, WORK // cost(program, nodes)[0])))


def sampled(
    at: At, nodes: Sequence[str], rows: int = 0, most: int = ALL_ROWS, least: int = 1
) -> tuple[Array, str]:
    """Row numbers of the part in sight, spread evenly over it, and a sentence where they are not all of them.

    `rows` asks for so many; 0 for as many as take a moment. A part of fewer than `least` rows will not do.
    """
    whole, missing = part_rows(at, least)
    if not len(whole):
        return whole, ""
    count = min(rows or affordable(at.program, nodes, most), len(whole))
    chosen = whole[np.unique(np.linspace(0, len(whole) - 1, count).astype(np.int64))]
    part = "rows" if at.part == "all" or missing else f"{at.part} rows"
    few = f"{len(chosen):,} of {len(whole):,} {part}, evenly spread." if len(chosen) < len(whole) else ""
    return chosen, f"{missing} {few}".strip()


def part_rows(at: At, least: int = 1) -> tuple[Array, str]:
    """The row numbers of the part in sight; of all rows where it has too few, with a sentence that says so."""
    if at.rows is None:
        return np.zeros(0, np.int64), ""
    found = part_of(at.rows, at.part)
    missing = ""
    if len(found) < least and at.part != "all":
        few = "is empty" if not len(found) else f"has only {len(found)} of them"
        missing, found = f"The {at.part} part {few}: these are all rows.", part_of(at.rows, "all")
    quick = min(at.rows.quick, len(found))  # rows on the disk are read first
    return np.asarray(found[np.unique(np.linspace(0, len(found) - 1, quick).astype(np.int64))] if quick < len(found)
                      else found), missing


def batches(program: Program, nodes: Sequence[str], count: int) -> Iterator[slice]:
    """Pieces of `count` rows, each small enough to be held with all activations."""
    size = int(max(1, min(1024, HELD // cost(program, nodes)[1])))
    return (slice(first, min(first + size, count)) for first in range(0, count, size))


def computed(
    at: At, given: Mapping[str, Array], nodes: Sequence[str], outputs: Sequence[tuple[str, str]],
    kept: Callable[[Array], Array] = np.asarray,
) -> dict[tuple[str, str], Array]:
    """What these outputs are for rows by source key, in batches; rows that nobody waits for are left out.

    `kept` says what is kept of a batch, so that large outputs are not all held. `RunError` where they are not finite.
    """
    count = len(next(iter(given.values())))
    found: dict[tuple[str, str], list[Array]] = {one: [] for one in outputs}
    for piece in batches(at.program, nodes, count):
        if at.stop() and found[outputs[0]]:
            break
        values = at.values({key: one[piece] for key, one in given.items()}, nodes)
        for id, name in outputs:
            found[id, name].append(_finite(id, kept(values[id][name])))
    return {one: np.concatenate(parts) for one, parts in found.items()}


def _finite(id: str, value: Array) -> Array:
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        raise RunError(f"{id} gives numbers that are not finite, so there is nothing to draw. Train afresh with a "
                       "smaller rate, or load other weights.")
    return value
