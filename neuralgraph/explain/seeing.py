"""One sample and one node: which row it is, what the network says about it, and what the numbers of the node mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.compiler.program import Program
from neuralgraph.explain.answers import AT_ONCE, probabilities, scores
from neuralgraph.explain.rows import Rows
from neuralgraph.spec import Node
from neuralgraph.training.control import Probe
from neuralgraph.training.events import Reading
from neuralgraph.training.probes import read

PARTS = ("all", "train", "validation", "test")
SEARCHED = 8192
"""So many samples are judged, at most, in one search for a wrong one: a run may be waiting."""
PASSES_ON = ("Softmax", "LogSoftmax", "Sigmoid", "Output")
"""Nodes that leave every class where it was."""

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """Number `place` of a part of the data, which is row `row` of all. `counts` says how many rows each part has."""

    part: str
    place: int
    row: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Classes by number: what is true, what the network says, how sure it is of that (0 … 1)."""

    names: Names
    truth: int
    answer: int
    sure: float

    @property
    def right(self) -> bool:
        return self.truth == self.answer


@dataclass(frozen=True, slots=True)
class Chosen:
    """One sample and what the network says of it; `note` says what was looked for and not found."""

    sample: Sample
    verdict: Verdict | None = None
    note: str = ""


@dataclass(frozen=True, eq=False)
class Seen:
    """What an inspector shows of a node.

    `images` are outputs to be looked at as pictures. `classes` are the outputs, and the parameters, whose first axis
    is one number for each class of the data; `features` those with one for each feature. `labels` are outputs that
    are the number of a class. `note` says what was looked for and not found.
    """

    reading: Reading
    sample: Sample | None = None
    verdict: Verdict | None = None
    names: Names = ()
    images: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    features: Mapping[str, Names] = field(default_factory=dict)
    note: str = ""


def see(program: Program, rows: Rows | None, node: str, part: str, place: int, *, wrong: bool = False) -> Seen:
    """Node `node` for one sample; with `wrong` for the next sample after it that the network gets wrong."""
    chosen = choose(program, rows, part, place, wrong=wrong) if rows is not None else None
    if rows is None or chosen is None:
        return Seen(read(program, Probe(node, None), 0))
    one = rows.one(chosen.sample.row)
    return Seen(
        read(program, Probe(node, one), 0), chosen.sample, chosen.verdict,
        rows.names, *_meanings(program, rows, node), chosen.note)


def choose(program: Program, rows: Rows, part: str, place: int, *, wrong: bool = False) -> Chosen | None:
    """Sample `place` of a part, of all rows where the part is empty; None where there are no rows at all."""
    if not rows.count:
        return None
    note = ""
    numbers = part_of(rows, part)
    if not len(numbers):
        part, place, numbers = "all", 0, part_of(rows, "all")
    place = min(max(place, 0), len(numbers) - 1)
    if wrong:
        place, note = next_wrong(program, rows, numbers, place)
    row = int(numbers[place])
    counts = {name: len(part_of(rows, name)) for name in PARTS}
    return Chosen(Sample(part, place, row, counts), verdict(program, rows, rows.one(row), row), note)


def part_of(rows: Rows, part: str) -> NDArray[np.int64]:
    """The row numbers of a part."""
    match part:
        case "train":
            return rows.split.train
        case "validation":
            return rows.split.validation
        case "test":
            return rows.split.test
        case _:
            return np.arange(rows.count, dtype=np.int64)


def verdict(program: Program, rows: Rows, one: Mapping[str, Any], row: int) -> Verdict | None:
    """What the network says about one row; None where it does not classify."""
    if rows.target is None or not rows.names:
        return None
    chances = _chances(program, rows, {key: one[key] for key in program.module_inputs})
    if chances is None or len(chances) != 1:
        return None
    truth, answer = int(rows.target[row].reshape(-1)[0]), int(chances[0].argmax())
    return Verdict(rows.names, truth, answer, float(chances[0, answer])) if 0 <= truth < len(rows.names) else None


def next_wrong(program: Program, rows: Rows, numbers: NDArray[np.int64], place: int) -> tuple[int, str]:
    """The place of the next wrong sample after `place`, round the end; else where the search ended, and a note."""
    if rows.target is None or not rows.names:
        return place, "Right and wrong are for data with classes."
    order = np.roll(np.arange(len(numbers)), -(place + 1))[:SEARCHED]
    for first in range(0, len(order), AT_ONCE):
        places = order[first : first + AT_ONCE]
        chosen = numbers[places]
        chances = _chances(program, rows, {key: rows.arrays[key][chosen] for key in program.module_inputs})
        if chances is None:
            return place, "This network does not say which class it is."
        truth = rows.target[chosen].reshape(len(chosen), -1)[:, 0].astype(np.int64)
        off = np.flatnonzero(chances.argmax(axis=1) != truth)
        if len(off):
            return int(places[off[0]]), ""
    if len(order) == len(numbers):
        return place, f"None of these {len(numbers):,} is wrong."
    return int(order[-1]), f"The {len(order):,} before this one are right."


def _chances(program: Program, rows: Rows, given: Mapping[str, Any]) -> NDArray[Any] | None:
    value = scores(program, given) if given else None
    if value is None or value.shape[1] not in (1, len(rows.names)):
        return None
    chances = probabilities(program, value)
    return chances if chances.shape[1] == len(rows.names) else None


def _meanings(
    program: Program, rows: Rows, node: str
) -> tuple[frozenset[str], frozenset[str], frozenset[str], dict[str, Names]]:
    """Images, classes, labels and features among the numbers of a node: see `Seen`."""
    specs = program.inference.specs.get(node, {})
    kind = program.inference.nodes.get(node)
    if isinstance(kind, Node) and kind.role == "source":
        images = {name for name, spec in specs.items() if len(spec.shape) == 4 and spec.shape[1] in (1, 3)}
        wide = {name: rows.features for name, spec in specs.items()
                if rows.features and spec.shape[1:] == (len(rows.features),)}
        named = bool(rows.names) and rows.target is not None
        return frozenset(images), frozenset(), frozenset({"y"} & set(specs) if named else ()), wide
    count = len(rows.names)
    told = {name for name, spec in specs.items() if count and spec.shape[1:] == (count,)}
    if not told or node not in judged(program):
        return frozenset(), frozenset(), frozenset(), {}
    return frozenset(), frozenset({*told, "weight", "bias"}), frozenset(), {}


def judged(program: Program) -> set[str]:
    """The nodes whose outputs are the network's answer, and those next to them that leave the classes in place."""
    found = {id for id, _ in program.outputs.values()}
    nodes = program.graph.nodes
    wires = [(edge.source, edge.target) for edge in program.graph.edges.values()
             if edge.target in nodes and (nodes[edge.target].type in PASSES_ON or program.node(edge.target).passes)]
    while True:
        more = {one for wire in wires if found.intersection(wire) for one in wire}
        if more <= found:
            return found
        found |= more
