"""What a network says about rows of its data: answers, probabilities, the plane that it divides. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from neuralgraph.compiler.program import Program
from neuralgraph.spec.tensor import INTEGERS
from neuralgraph.training.randomness import undisturbed

Array = NDArray[Any]
AT_ONCE = 1024
GRID = 96
MARGIN = 0.12


@dataclass(frozen=True, eq=False)
class Answers:
    """One entry for each row: its number, what is true, what the network says, how sure it is of that (0 … 1).

    `tokens` are the words that the numbers of `x` stand for, where it is text.
    """

    rows: Array
    truth: Array
    answer: Array
    sure: Array
    x: Array
    names: tuple[str, ...]
    tokens: tuple[str, ...] = ()

    @property
    def right(self) -> Array:
        return np.asarray(self.truth == self.answer)

    def table(self) -> Array:
        """Counts by true class (rows) and answer (columns)."""
        size = len(self.names)
        return np.bincount(self.truth * size + self.answer, minlength=size * size).reshape(size, size)


@dataclass(frozen=True, eq=False)
class Region:
    """The plane of two features: `answer` is the class at each point of a grid (row 0 at the lowest second feature).

    `score` is −1 … +1 between the two classes of a yes-or-no question, else how sure the answer is. `low` and `high`
    bound the plane; `points` N × 2 with their classes `truth`.
    """

    answer: Array
    score: Array
    low: Array
    high: Array
    points: Array
    truth: Array
    names: tuple[str, ...]
    features: tuple[str, ...]


def scores(program: Program, arrays: Mapping[str, Array]) -> torch.Tensor | None:
    """The first output for these rows, on the processor; None where it is not a table of numbers."""
    found = []
    rows = len(next(iter(arrays.values())))
    with undisturbed(program.device, program.seed):
        for first in range(0, rows, AT_ONCE):
            part = {key.replace(".", "_"): np.array(one[first : first + AT_ONCE]) for key, one in arrays.items()}
            result = program.predict(**part)
            first_one = next(iter(result.values())) if isinstance(result, dict) else result
            found.append(first_one.float().cpu())
    value = torch.cat(found) if found else None
    return value if value is not None and value.ndim == 2 and len(value) == rows else None


def probabilities(program: Program, value: torch.Tensor, node: str = "") -> Array:
    """N × classes: what `node`, by default the first output, gives as probabilities.

    One output is a yes-or-no question: its sigmoid, unless the network has already done that.
    """
    last = _last(program, node or next(iter(program.outputs.values()))[0])
    if last == "LogSoftmax":
        return value.exp().numpy()
    done = last in ("Softmax", "Sigmoid")
    if value.shape[1] == 1:
        yes = value[:, 0] if done else torch.sigmoid(value[:, 0])
        return torch.stack((1 - yes, yes), dim=1).numpy()
    return (value if done else torch.softmax(value, dim=1)).numpy()


def _last(program: Program, node: str) -> str:
    """The type of the last node that does anything to the numbers: an Output only names them."""
    while program.graph.nodes[node].type == "Output" or program.node(node).passes:
        before = next(iter(program.graph.into(node)), None)
        if before is None:
            break
        node = before.source
    return program.graph.nodes[node].type


def answers(
    program: Program, arrays: Mapping[str, Array], rows: Array, target: Array, names: tuple[str, ...],
    tokens: tuple[str, ...] = (),
) -> Answers | None:
    """Answers for some rows of a classification; None where the network does not classify."""
    if any(program.node(id).role == "source" for id, _ in program.outputs.values()):
        return None  # only data: nobody answers
    given = {key: arrays[key][rows] for key in program.module_inputs}
    value = scores(program, given) if given and names else None
    if value is None or value.shape[1] not in (1, len(names)):
        return None
    chances = probabilities(program, value)
    truth = target[rows].reshape(len(rows)).astype(np.int64)
    answer = chances.argmax(axis=1)
    x = next(iter(given.values()))
    return Answers(rows, truth, answer, chances[np.arange(len(rows)), answer], np.array(x), names, tokens)


def by_number(program: Program, node: str) -> bool:
    """On the way to a node numbers become whole, to look something up: between two rows nothing is known then."""
    seen, due = set[str](), [node]
    while due:
        for edge in program.graph.into(due.pop()):
            if edge.source not in seen:
                seen.add(edge.source)
                due.append(edge.source)
    specs, kinds = program.inference.specs, program.inference.nodes
    return any(getattr(kinds.get(id), "role", "") == "transform" and one.dtype in INTEGERS
               for id in seen for one in specs.get(id, {}).values())


def plane(points: Array, side: int) -> tuple[Array, Array, Array]:
    """side·side points that cover these with some room around, row by row from the lowest; low and high corner."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.maximum(high - low, 1e-6) * MARGIN
    low, high = low - room, high + room
    first, second = (np.linspace(low[at], high[at], side, dtype=np.float32) for at in (0, 1))
    return np.stack([one.ravel() for one in np.meshgrid(first, second)], axis=1), low, high


def region(
    program: Program, arrays: Mapping[str, Array], target: Array | None, names: tuple[str, ...],
    features: tuple[str, ...], most: int = 500,
) -> Region | None:
    """How the network divides the plane; None where it does not look at two features."""
    keys = program.module_inputs
    if len(keys) != 1 or arrays[keys[0]].ndim != 2 or arrays[keys[0]].shape[1] != 2:
        return None
    if any(by_number(program, id) for id, _ in program.outputs.values()):
        return None
    points = arrays[keys[0]]
    grid, low, high = plane(points, GRID)
    value = scores(program, {keys[0]: grid})
    if value is None:
        return None
    if names:
        chances = probabilities(program, value)
        answer = chances.argmax(axis=1)
        score = chances[:, 1] * 2 - 1 if chances.shape[1] == 2 else chances.max(axis=1)
    else:
        numbers = value[:, 0].numpy()
        reach = float(np.abs(numbers).max()) or 1.0
        answer, score = (numbers > 0).astype(np.int64), numbers / reach
    truth = np.zeros(len(points)) if target is None else target.reshape(len(points), -1)[:, 0]
    some = np.unique(np.linspace(0, len(points) - 1, most).astype(int))  # of all of them, whatever their order
    return Region(answer.reshape(GRID, GRID), score.reshape(GRID, GRID), low, high, np.array(points[some]),
                  np.array(truth[some]), names, features)
