"""What features and samples have to do with an answer: shuffled columns, and the nearest rows in a layer's eyes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from neuralgraph.explain import inputs
from neuralgraph.explain.goal import affordable, at_once, tensors
from neuralgraph.explain.views.view import Array, At, View
from neuralgraph.figures.shown import Board, Pictures, Shown, Table
from neuralgraph.spec import param
from neuralgraph.training.metrics import evaluate, rows_at_once

MOST_FEATURES = 256
MOST_ROWS = 512
SEARCHED = 4096
EUCLIDEAN, COSINE = "euclidean", "cosine"


def table_of(at: At) -> str:
    """The key of an input that is a row of numbers with the features as columns; "" where there is none."""
    for key in at.program.inputs:
        id, output = at.program._sources[key]
        spec = at.program.inference.specs[id].get(output)
        if spec is not None and len(spec.shape) == 2 and isinstance(spec.shape[1], int) and key in \
                at.program.training_inputs:
            return key
    return ""


class FeatureImportance(View):
    """How much worse the network becomes when one column of the data is shuffled.

    A tall bar: the network relies on that column. A bar near zero: it could do without it, or another column tells it
    the same. The whiskers are the standard deviation over several shufflings. Breiman 2001; Fisher et al. 2019.
    """

    scope = "network"
    group = "Why"
    icon = "shuffle-variant"
    costly = True
    measure: str = param("loss", "What is measured: the loss, or a metric.")
    repeats: int = param(5, "So many shufflings of each column.", min=1, max=50)
    seed: int = param(0, "Which shufflings.", min=0, max=1_000_000)

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        return ("loss", *(id for id in at.program.metrics if at.program.graph.nodes[id].type != "ConfusionMatrix"))

    @classmethod
    def fits(cls, at: At) -> str:
        if not at.program.losses:
            return "There is no loss to measure by: add one and wire it."
        if at.rows is None or not table_of(at):
            return "The data are no table: there are no columns to shuffle."
        return ""

    def look(self, at: At) -> Shown:
        program, key = at.program, table_of(at)
        part = "validation" if at.rows is not None and len(at.rows.split.validation) else "all"
        columns = int(at.program.inference.specs[program._sources[key][0]][program._sources[key][1]].shape[1])
        count, repeats = min(columns, MOST_FEATURES), self.repeats
        looks = affordable(program, 4_000_000)
        while repeats > 1 and repeats * count * MOST_ROWS > looks:
            repeats -= 1
        numbers = at.some(int(max(16, min(MOST_ROWS, looks // (repeats * count)))), part)
        given = tensors(program, at.given(numbers))
        before = self._figure(at, given)
        what = "loss" if self.measure == "loss" else self.measure
        note = f"The {what} of {len(numbers):,} {part} rows: {before:.4g}. Each column shuffled {repeats} times."
        chance, found = torch.Generator().manual_seed(self.seed), list[Array]()
        for column in range(count):
            figures = []
            for _ in range(repeats):
                shuffled = given[key].clone()
                shuffled[:, column] = shuffled[torch.randperm(len(shuffled), generator=chance), column]
                figures.append(self._figure(at, {**given, key: shuffled}) - before)
            found.append(np.array(figures))
            at.so_far(column + 1, count, lambda: self._drawn(at, key, columns, found, note))
            if at.stop():
                break
        return self._drawn(at, key, columns, found, note)

    def _drawn(self, at: At, key: str, columns: int, found: Sequence[Array], note: str) -> Shown:
        """How much worse it became by the columns that have been shuffled."""
        worse = np.array(found) if self.measure == "loss" or self._lower(at) else -np.array(found)
        names = inputs.features(at.program, at.rows, key, columns)
        if len(found) < columns:
            note += f" The first {len(found)} of {columns:,} columns."
        return inputs.ranked(np.nan_to_num(worse.mean(axis=1)), names[:len(found)], "What the network relies on",
                             f"{'loss' if self.measure == 'loss' else self.measure}: how much worse", note,
                             worse.std(axis=1) if worse.shape[1] > 1 else None)

    def _figure(self, at: At, given: dict[str, torch.Tensor]) -> float:
        found = evaluate(at.program, given, batch_size=rows_at_once(at.program, 64)).figures
        return float(found.get(self.measure, found["loss"]))

    def _lower(self, at: At) -> bool:
        """A smaller number is better."""
        placed = at.program.graph.nodes.get(self.measure)
        return placed is not None and "Error" in placed.type


class NearestSamples(View):
    """The training samples that look most alike to this layer.

    What a layer gives is a place in a space; here are the training samples whose places are nearest to that of the
    sample in sight. In an early layer they look alike, in a late one they mean the same. Neighbours of another class
    say where the network confuses things, and sometimes which labels are wrong.
    """

    group = "Why"
    icon = "account-group-outline"
    costly = True
    count: int = param(9, "So many neighbours.", min=1, max=60)
    distance: str = param(EUCLIDEAN, "How far is measured.", choices=(EUCLIDEAN, COSINE))

    @classmethod
    def fits(cls, at: At) -> str:
        if at.rows is None or at.rows.count < 2:
            return "There are no rows of data to compare."
        specs = list(at.program.inference.specs.get(at.node, {}).values())
        if not specs or not specs[0].batched or specs[0].dtype not in ("float32", "float64"):
            return "This node gives no numbers for each sample."
        return ""

    def look(self, at: At) -> Shown:
        assert at.rows is not None
        part = "train" if len(at.rows.split.train) else "all"
        numbers = at.some(affordable(at.program, SEARCHED), part)
        numbers = numbers[numbers != at.row]
        own = self._places(at, np.array([at.row]))
        away, step = [np.zeros(0)], at_once(at.program)
        for first in range(0, len(numbers), step):
            away.append(self._far(own, self._places(at, numbers[first : first + step])))
            at.so_far(min(first + step, len(numbers)), len(numbers),
                      lambda: self._drawn(at, part, numbers, own.shape[1], away))
            if at.stop():
                break
        return self._drawn(at, part, numbers, own.shape[1], away)

    def _drawn(self, at: At, part: str, numbers: Array, wide: int, found: Sequence[Array]) -> Shown:
        """The nearest of those rows whose distance is known."""
        away = np.concatenate([*found])
        order = np.argsort(away, kind="stable")[: self.count]
        note = f"Nearest of {len(away):,} {'training ' if part == 'train' else ''}samples, in the " \
               f"{wide:,} numbers that {at.node} gives."
        return rows_shown(at, np.concatenate([[at.row], numbers[order]]),
                          ("this one", *(f"{away[n]:.3g}" for n in order)), f"Samples that {at.node} sees alike",
                          "distance", note)

    def _places(self, at: At, numbers: Array) -> Array:
        found = next(iter(at.values(at.given(numbers))[at.node].values()))
        return np.asarray(found.reshape(len(numbers), -1), dtype=np.float64)

    def _far(self, own: Array, others: Array) -> Array:
        if self.distance == COSINE:
            size = np.linalg.norm(own) * np.linalg.norm(others, axis=1)
            return np.asarray(1 - (others @ own[0]) / np.maximum(size, 1e-12))
        return np.asarray(np.linalg.norm(others - own, axis=1))


def sighted(at: At, most: int) -> Array:
    """The first rows of the part in sight, of all where it has none."""
    numbers = at.some(most)
    return numbers if len(numbers) else at.some(most, "all")


def rows_shown(at: At, numbers: Array, said: tuple[str, ...], title: str, unit: str, note: str) -> Shown:
    """Rows of the data as what they are: pictures with their class, texts, or a table; `said` is one word a row."""
    rows = at.rows
    assert rows is not None
    key = next((one for one in at.program.inputs if inputs.kind(at.program, rows, one) == "picture"),
               at.program.inputs[0])
    given: Any = rows.arrays[key]
    truth = _truth(at, numbers)
    keys = tuple(int(one) for one in numbers)
    if inputs.kind(at.program, rows, key) == "picture":
        images = np.stack([inputs.picture(np.asarray(given[int(one) : int(one) + 1])[0]) for one in numbers])
        captions = tuple(f"{name} · {word}" if name else word for name, word in zip(truth, said, strict=True))
        what = "what it gives" if unit == "gives" else unit
        told = f"Below each: its class · {what}." if any(truth) else f"Below each: {what}."
        return Pictures(images, captions, across=5, keys=keys, title=title, note=f"{note} {told}")
    values = [np.asarray(given[int(one) : int(one) + 1])[0] for one in numbers]
    if inputs.kind(at.program, rows, key) == "words":
        heads: tuple[str, ...] = ("text",)
        cells: list[tuple[Any, ...]] = [(inputs.text(rows, one),) for one in values]
    else:
        names = inputs.features(at.program, rows, key, values[0].size)
        heads, cells = names[:8], [tuple(float(n) for n in one.reshape(-1)[:8]) for one in values]
    columns = ("row", unit, *(("true",) if any(truth) else ()), *heads)
    lines = tuple((f"{number + 1:,}", word, *((name,) if any(truth) else ()), *cell)
                  for number, word, name, cell in zip(numbers.tolist(), said, truth, cells, strict=True))
    return Board((Table(columns, lines, keys=keys, title=title, note=note),))


def _truth(at: At, numbers: Array) -> tuple[str, ...]:
    """What is true of rows: the class, or a number; "" where nothing is known."""
    rows = at.rows
    if rows is None or rows.target is None:
        return ("",) * len(numbers)
    found = []
    for one in numbers:
        value = np.asarray(rows.target[int(one)]).reshape(-1)
        if value.size != 1:
            found.append("")
        elif rows.names and 0 <= int(value[0]) < len(rows.names):
            found.append(rows.names[int(value[0])])
        else:
            found.append(f"{float(value[0]):.4g}")
    return tuple(found)


VIEWS: tuple[type[View], ...] = (FeatureImportance, NearestSamples)
