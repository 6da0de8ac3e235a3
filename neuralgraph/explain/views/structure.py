"""A network as tables: what each node gives and costs, and what it answers to every input of a truth table."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.compiler.budget import budget, size
from neuralgraph.compiler.flops import flops
from neuralgraph.explain.affording import computed
from neuralgraph.explain.judging import Head, Judged, head, meant
from neuralgraph.explain.slicing import Input, inputs
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Shown, Table
from neuralgraph.figures.words import spelled
from neuralgraph.spec import Node, param

Array = NDArray[Any]
MOST_BITS = 8
LOOKED = 2000


class NodeTable(View):
    """What each node gives and costs: output shape, parameters, operations and memory for one row.

    The row with the most parameters stands out. Convolutions have few parameters and many operations, fully connected
    layers the other way round. An addition and a multiplication count as two operations (FLOPs).
    """

    scope = "network"
    title = "Parameters and memory"
    group = "Network"
    icon = "table-large"
    sort: str = param("order", "In the order of computing, or the largest first.",
                      choices=("order", "parameters", "operations", "memory"))

    @classmethod
    def fits(cls, at: At) -> str:
        return "" if at.program.inference.figures else "There is nothing here that computes."

    def look(self, at: At) -> Shown:
        found, plan = at.program.inference, at.program.graph.plan
        rows: list[tuple[Any, ...]] = []
        for id in found.order:
            node, specs = found.nodes[id], found.specs.get(id, {})
            if not isinstance(node, Node) or not specs or (node.passes and "/" in id):
                continue
            cost = found.figures.get(id)
            work = flops(node, tuple(found.inputs.get(id, {}).items())) if id in found.calls else 0
            rows.append((id, node.type, str(next(iter(specs.values()))), cost.parameters if cost else 0, work,
                         cost.activation_bytes if cost else 0))
        column = {"order": None, "parameters": 3, "operations": 4, "memory": 5}[self.sort]
        if column is not None:
            rows.sort(key=lambda row: -int(row[column]))
        most = max((row[3] for row in rows), default=0)
        need = budget(found.figures, plan)
        total = tuple(sum(row[n] for row in rows) for n in (3, 4, 5))
        note = (f"Training takes about {size(need.total)} with batches of {plan.batch_size:,} and "
                f"{plan.optimizer.name}: weights {size(need.weights)}, gradients {size(need.gradients)}, optimiser "
                f"{size(need.optimizer)}, activations {size(need.activations)}.")
        return Table(("node", "type", "output", "parameters", "operations", "memory"),
                     tuple((*row[:5], size(row[5])) for row in rows),
                     total=("in all", "", "", *total[:2], size(total[2])),
                     marked=frozenset(n for n, row in enumerate(rows) if most and row[3] == most),
                     title="Parameters and memory", note=note)


class TruthTable(View):
    """Every combination of inputs that are yes or no, with the answer of the network and what it should be.

    A row that stands out, with a ×, is wrong. A row without a truth is none of the data: the network had to make up its
    mind by itself.
    """

    scope = "network"
    group = "Answers"
    icon = "table-eye"
    answer: str = param("", "Whose answer, where the network gives several; the first where nothing is said.")

    @classmethod
    def choices(cls, at: At, option: str) -> tuple[str, ...]:
        from neuralgraph.explain.judging import heads

        return tuple(one.node for one in heads(at) if one.kind in ("classes", "numbers", "labels"))

    @classmethod
    def fits(cls, at: At) -> str:
        one = head(at, "", "classes", "numbers", "labels")
        if one is None or one.spec(at.program).rank != 2:
            return "This network gives no answer that could stand in a table."
        known = inputs(at, [one.node])
        if not known or len({found.key for found in known}) > 1:
            return "Its inputs are not a row of numbers."
        if len(known) > MOST_BITS:
            return f"It has {len(known):,} inputs; a truth table takes at most {MOST_BITS}."
        return "" if _levels(at, known) is not None else \
            "Its inputs are not only yes or no; they take other values too."

    def look(self, at: At) -> Shown:
        which = head(at, self.answer, "classes", "numbers", "labels")
        assert which is not None and at.rows is not None, "it fits"
        known = inputs(at, [which.node])
        levels = _levels(at, known)
        assert levels is not None, "it fits"
        table = np.array(list(product(*(levels,) * len(known))), np.float32)
        shape = at.rows.arrays[known[0].key].shape[1:]
        raw = computed(at, {known[0].key: table.reshape(-1, *shape)}, [which.node],
                       [(which.node, which.output)])[which.node, which.output]
        truths = _truths(at, which, known[0].key, table)
        told = [_row(at, which, raw[n:n + 1], truths[n]) for n in range(len(table))]
        rows = tuple((*(f"{value:g}".replace("-", "−") for value in row),
                      *((f"× {one[0][0]}", *one[0][1:]) if one[1] is False else one[0]))
                     for row, one in zip(table, told, strict=True))
        judged = [one[1] for one in told if one[1] is not None]
        note = f"{sum(judged)} of {len(judged)} are right." if which.kind != "numbers" else ""
        strange = sum(one is None for one in truths)
        note += f" {strange} of {len(table)} are not in the data." if strange else ""
        heads = (*(one.name for one in known), "answer", *(("sure",) if which.kind == "classes" else ()), "truth")
        return Table(heads, rows, marked=frozenset(n for n, one in enumerate(told) if one[1] is False),
                     title="Truth table", note=note.strip())


def _levels(at: At, known: list[Input]) -> tuple[float, float] | None:
    """The two values that all inputs take, low and high; None where they take others."""
    assert at.rows is not None
    array = at.rows.arrays[known[0].key]
    values = np.unique(np.asarray(array[: min(len(array), at.rows.quick, LOOKED)]))
    if len(values) == 2 and values[1] == 1 and values[0] in (0, -1):
        return float(values[0]), 1.0
    return None


def _truths(at: At, which: Head, key: str, table: Array) -> list[Array | None]:
    """What is true of each row of the table, where the data say."""
    assert at.rows is not None
    target = next(name for name, (id, output, _) in at.program.sources.items() if (id, output) == which.truth)
    x, y = (np.asarray(at.rows.arrays[name][: LOOKED]) for name in (key, target))
    flat = x.reshape(len(x), -1)
    known = {tuple(row.tolist()): n for n, row in reversed(list(enumerate(flat)))}
    return [y[known[tuple(row.tolist())]][None] if tuple(row.tolist()) in known else None for row in table]


def _row(at: At, which: Head, raw: Array, truth: Array | None) -> tuple[tuple[Any, ...], bool | None]:
    """The cells of an answer, and whether it is right."""
    wide = len(which.names)
    blank = np.zeros((1, wide) if which.kind in ("labels", "numbers") else (1,), np.float32)
    found: Judged = meant(at, which, np.zeros(1, np.int64), raw, truth if truth is not None else blank)
    if which.kind == "classes":
        said = which.names[int(found.answer[0])]
        hit = int(found.answer[0]) == int(found.true[0]) if truth is not None else None
        return (said, f"{found.sure[0]:.1%}", which.names[int(found.true[0])] if truth is not None else ""), hit
    if which.kind == "labels":
        said, true = found.said[0] >= 0.5, found.true[0] > 0.5
        words = [", ".join(name for name, yes in zip(which.names, one, strict=True) if yes) or "none"
                 for one in (said, true)]
        right = bool((said == true).all()) if truth is not None else None
        return (words[0], words[1] if truth is not None else ""), right
    numbers = [", ".join(spelled(float(value)) for value in one[0][:4]) for one in (found.said, found.true)]
    return (numbers[0], numbers[1] if truth is not None else ""), None


STRUCTURE: tuple[type[View], ...] = (NodeTable, TruthTable)
