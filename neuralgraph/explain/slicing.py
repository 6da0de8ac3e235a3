"""A plane through the space of inputs: two of them vary, the others are held. And what areas it falls into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuralgraph.data.sources import drawn
from neuralgraph.errors import ParameterError
from neuralgraph.explain.affording import affordable, computed, part_rows
from neuralgraph.explain.answers import plane
from neuralgraph.explain.views.view import At

Array = NDArray[Any]
Held = Literal["mean", "sample"]
MEASURED = 300
AVERAGED = 2000
"""The mean of the other inputs is that of so many rows."""
LEAST = 12
"""Fewer points on a side are no picture."""
NAMED = 1024
"""So many inputs can be chosen from."""


@dataclass(frozen=True)
class Input:
    """One number that goes in: the source it belongs to, and its place there, laid flat."""

    key: str
    place: int
    name: str


def inputs(at: At, nodes: Sequence[str]) -> list[Input]:
    """The numbers that these nodes depend on; none where they are words, or drawn by chance.

    Of very many the first ones.
    """
    kept = ("inputs", *nodes)
    if kept not in at.known:
        at.known[kept] = _inputs(at, nodes)
    return list(at.known[kept])


def _inputs(at: At, nodes: Sequence[str]) -> list[Input]:
    found: list[Input] = []
    rows = at.rows
    keys = [key for key in at.program.needed(nodes) if not drawn(at.program.sources[key][2])]
    for key in keys if rows is not None else ():
        assert rows is not None
        array = rows.arrays[key]
        if array.dtype.kind != "f" or array.ndim < 2 or (rows.tokens and at.program.sources[key][1] == "x"):
            continue
        shape = array.shape[1:]
        count = int(np.prod(shape, dtype=np.int64))
        before = f"{key.partition('.')[0]} " if len(keys) > 1 else ""
        named = rows.features if len(rows.features) == count and at.program.sources[key][1] == "x" else ()
        found += [Input(key, n, before + (named[n] if named else _place(n, shape, rows.features)))
                  for n in range(min(count, NAMED))]
    return found


def _place(number: int, shape: tuple[int, ...], names: tuple[str, ...]) -> str:
    if len(shape) == 1:
        return f"x{number + 1}"
    at = np.unravel_index(number, shape)
    if len(shape) == 2 and len(names) == shape[1]:
        return f"{names[at[1]]} at {int(at[0])}"
    if len(shape) == 3 and shape[0] == 1:
        return f"pixel {int(at[1])},{int(at[2])}"
    return ",".join(str(int(one)) for one in at)


def chosen(at: At, nodes: Sequence[str], names: Sequence[str]) -> list[Input]:
    """The inputs of these names, or others that are not taken; `ParameterError` for a name that is not there."""
    known = inputs(at, nodes)
    likely = known if all(names) else _telling(at, known)
    found: list[Input] = []
    for name in names:
        one = next((one for one in known if one.name == name), None) if name else \
            next((one for one in likely if one not in found and one.name not in names), None)
        if one is None:
            some = ", ".join(f"«{one.name}»" for one in known[:12])
            raise ParameterError(f"There is no input «{name}». There are: {some}.", parameter="input")
        found.append(one)
    if len(set(found)) < len(found):
        raise ParameterError(f"«{found[0].name}» was chosen twice. Choose two different inputs.", parameter="input")
    return found


def _telling(at: At, known: list[Input]) -> list[Input]:
    """Of a table as they come, but those that never change last; of pictures and the like those that change most."""
    assert at.rows is not None
    some = _spread(at.over("all"), MEASURED)
    spread: dict[Input, float] = {}
    for key in dict.fromkeys(one.key for one in known):
        flat = np.asarray(at.rows.arrays[key][some]).reshape(len(some), -1)
        std = flat.std(axis=0)
        spread |= {one: float(std[one.place]) if at.rows.arrays[key].ndim > 2 else float(std[one.place] > 0)
                   for one in known if one.key == key}
    return sorted(known, key=lambda one: -spread[one])


def affords(at: At, nodes: Sequence[str], axes: int = 2) -> bool:
    """A plane (or a line) of answers takes no longer than a moment."""
    points: int = LEAST**axes
    return affordable(at.program, nodes, points) >= points


@dataclass(frozen=True, eq=False)
class Slice:
    """Points of the plane as rows to go through the network. `low` and `high` are its corners.

    `points` n × 2 are rows of the data there, with their numbers `rows`.
    """

    axes: tuple[Input, ...]
    given: dict[str, Array]
    side: int
    low: Array
    high: Array
    points: Array
    rows: Array
    note: str

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top."""
        return float(self.low[0]), float(self.high[0]), float(self.low[1]), float(self.high[1])

    @property
    def dotted(self) -> str:
        """The note of a picture with the rows of the data as dots."""
        return f"{self.note[:-1]}; the dots have their own." if self.note else ""

    def values(self, at: At, node: str, output: str) -> Array:
        """What a node gives at every point: points × …"""
        return computed(at, self.given, [node], [(node, output)])[node, output]

    def units(self, at: At, first: int, count: int) -> tuple[Array, int]:
        """points × count: these units of the node in sight (the last ones where there are not so many), and the number
        of the first of them."""
        output = at.program.outputs_of(at.node)[0]
        sizes = [int(one) for one in at.program.inference.specs[at.node][output].shape[1:]]
        whole = int(np.prod(sizes, dtype=np.int64))
        first = max(0, min(first, whole - count))

        def kept(value: Array) -> Array:
            return np.array(value.reshape(len(value), -1)[:, first:first + count])

        return computed(at, self.given, [at.node], [(at.node, output)], kept)[at.node, output], first


def sliced(at: At, nodes: Sequence[str], axes: Sequence[Input], held: Held = "mean", side: int = 96,
           most: int = 500) -> Slice:
    """The plane (or line) of these inputs over the range of the data, the others at their mean or at the sample's."""
    rows = at.rows
    assert rows is not None
    some, many = _spread(at, most), _spread(at.over("all"), AVERAGED)
    columns = np.stack([_column(rows.arrays[one.key][some], one) for one in axes], axis=1)
    power = 2 if len(axes) == 2 else 1
    side = max(LEAST, min(side, int(affordable(at.program, nodes, side**power) ** (1 / power))))
    around = np.stack([_column(rows.arrays[one.key][many], one) for one in axes], axis=1)
    if len(axes) == 2:
        grid, low, high = plane(around, side)
    else:
        low, high = around.min(axis=0), around.max(axis=0)
        room = np.maximum(high - low, 1e-6) * 0.05
        low, high = low - room, high + room
        grid = np.linspace(low[0], high[0], side, dtype=np.float32)[:, None]
    return Slice(tuple(axes), _given(at, nodes, axes, held, grid), side, low, high, columns, some,
                 _note(at, nodes, axes, held))


def _given(at: At, nodes: Sequence[str], axes: Sequence[Input], held: Held, grid: Array) -> dict[str, Array]:
    assert at.rows is not None
    given = {}
    averaged = _spread(at.over("all"), AVERAGED)
    for key in at.program.needed(nodes):
        array = at.rows.arrays[key]
        if held == "sample" or array.dtype.kind != "f":
            base = np.asarray(array[at.row : at.row + 1])
        else:
            base = np.asarray(array[averaged]).mean(axis=0, keepdims=True, dtype=np.float64).astype(array.dtype)
        flat = np.repeat(base.reshape(1, -1), len(grid), axis=0)
        for column, one in enumerate(axes):
            if one.key == key:
                flat[:, one.place] = grid[:, column]
        given[key] = flat.reshape(len(grid), *array.shape[1:])
    return given


def _note(at: At, nodes: Sequence[str], axes: Sequence[Input], held: Held) -> str:
    others = len(inputs(at, nodes)) - len(axes)
    if others <= 0:
        return ""
    words = "its mean" if held == "mean" else f"that of row {at.row + 1:,}"
    many = "The other input is" if others == 1 else f"Each of the other {others:,} inputs is"
    return f"{many} held at {words}."


def _spread(at: At, most: int) -> Array:
    whole, _ = part_rows(at)
    return whole[np.unique(np.linspace(0, len(whole) - 1, min(most, len(whole))).astype(np.int64))]


def _column(array: Array, one: Input) -> Array:
    return np.asarray(array.reshape(len(array), -1)[:, one.place], dtype=np.float64)


# -- areas -----------------------------------------------------------------------------------------------------------


def areas(labels: Array) -> tuple[Array, Array]:
    """Connected areas of equal numbers (rows × columns; neighbours share an edge): each cell's area, 0 …, and the
    number of every area."""
    parent: list[int] = []
    value: list[int] = []
    found = np.zeros(labels.shape, np.int64)

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    above: list[tuple[int, int, int]] = []
    for number, row in enumerate(labels):
        cuts = np.flatnonzero(np.diff(row)) + 1
        runs = []
        for first, last in zip([0, *cuts.tolist()], [*cuts.tolist(), len(row)], strict=True):
            name = len(parent)
            parent.append(name)
            value.append(int(row[first]))
            runs.append((first, last, name))
            found[number, first:last] = name
        _joined(above, runs, parent, value, root)
        above = runs
    roots = np.array([root(one) for one in range(len(parent))], np.int64)
    kept, numbers = np.unique(roots, return_inverse=True)
    return numbers.reshape(-1)[found], np.array(value, np.int64)[kept]


def _joined(above: list[tuple[int, int, int]], runs: list[tuple[int, int, int]], parent: list[int], value: list[int],
            root: Any) -> None:
    """Runs of two rows that touch and have the same number belong together."""
    upper = 0
    for first, last, name in runs:
        while upper < len(above) and above[upper][1] <= first:
            upper += 1
        at = upper
        while at < len(above) and above[at][0] < last:
            one, other = root(name), root(above[at][2])
            if value[name] == value[above[at][2]] and one != other:
                parent[max(one, other)] = min(one, other)
            at += 1


def patterns(states: Array) -> Array:
    """Rows of small whole numbers (points × units) as the number of the distinct row each is, 0 …"""
    packed = np.ascontiguousarray(states.astype(np.int8, copy=False))
    whole = packed.view([("", np.void, packed.shape[1])]).reshape(-1) if packed.shape[1] else np.zeros(len(packed))
    return np.unique(whole, return_inverse=True)[1].reshape(-1)
