"""What is to be predicted of a table that is larger than memory, and which of its rows belong together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.data.delivery import Array, Delivery, classified, measured, sealed
from neuralgraph.data.large_cells import lines_at
from neuralgraph.data.large_columns import Dates, Words
from neuralgraph.data.tabular import MOST, number_of
from neuralgraph.spec import Spec

if TYPE_CHECKING:
    from neuralgraph.data.coded import Wanted
    from neuralgraph.data.large_csv import Look

MANY = f"at most {MOST['categories']:,} classes are told apart"


def answered(look: Look, x: Array, answers: Sequence[Array], names: tuple[str, ...], notes: list[str], wanted: Wanted,
             lying: tuple[Array, Array]) -> Delivery:
    """x with its classes, its numbers, or several targets side by side."""
    goals = tuple(look.plan.goals)
    label = ", ".join(look.head.table.names[at] for at in goals)
    if len(goals) > 1:
        y = np.stack([_side_by_side(look, at, one, notes) for at, one in zip(goals, answers, strict=True)], axis=1)
        specs = {"x": Spec(("N", x.shape[1]), "float32", None, "features"),
                 "y": Spec(("N", y.shape[1]), "float32", None, label)}
        return sealed(Delivery(specs, {"x": x, "y": y.astype(np.float32)}, len(y), (), names, 0, tuple(notes)))
    column = look.worded.get(goals[0])
    if isinstance(column, Words):
        from neuralgraph.data.coded import all_alike

        values, rank = ranked(column, comma=look.cells.comma)
        notes += [all_alike(label, values[0])] if len(values) == 1 else []
        return classified(x, rank[answers[0]], values, label=label, feature_names=names, notes=tuple(notes))
    if isinstance(column, Dates):
        notes += column.notes(label)
        return measured(x, answers[0].astype(np.float32), label=label, feature_names=names, notes=tuple(notes))
    return _numbers(look, x, answers[0], names, notes, wanted, lying)


def ranked(column: Words, *, comma: bool) -> tuple[tuple[str, ...], Array]:
    """The texts in the order of numbers, then of letters, and the place there of each in the order they came in."""
    values = sorted(column.values, key=lambda cell: (number_of(cell, comma) or 0.0, cell))
    rank = np.zeros(len(column.places), np.int64)
    for place, value in enumerate(values):
        rank[column.places[value]] = place
    return tuple(values), rank


def _side_by_side(look: Look, at: int, answers: Array, notes: list[str]) -> Array:
    """One of several targets: numbers, or 0 and 1 for two texts."""
    column, name = look.worded.get(at), look.head.table.names[at]
    if isinstance(column, Words):
        values = column.values
        if len(values) > 2:
            raise look.cells.wrong(f"{len(values):,} different texts. Several columns to predict have to hold numbers, "
                                   "or two texts each. Predict this one alone.", at, column.lines[0])
        notes.append(f"{name!r} is 1 for {values[-1]!r} and 0 for {values[0]!r}.")
        one: Array = (answers == column.places[values[-1]]).astype(np.float32)
        return one
    if isinstance(column, Dates):
        notes += column.notes(name)
    return answers


def _numbers(look: Look, x: Array, y: Array, names: tuple[str, ...], notes: list[str], wanted: Wanted,
             lying: tuple[Array, Array]) -> Delivery:
    from neuralgraph.data.coded import FEW
    from neuralgraph.data.large_csv import too_large

    goal = next(iter(look.plan.goals))
    label = look.head.table.names[goal]
    values, first, places = np.unique(y, return_index=True, return_inverse=True)
    whole = len(values) <= FEW and bool((values == np.round(values)).all())
    if look.plan.certain or (wanted.task == "auto" and not whole):
        return measured(x, y.astype(np.float32), label=label, feature_names=names, notes=tuple(notes))
    if len(values) > MOST["categories"]:
        raise too_large(look.head.table, goal, MANY)
    written = [look.cells.cell(line, goal) for line in lines_at(look.path, *lying, first)]
    return classified(x, places.reshape(-1), tuple(written), label=label, feature_names=names, notes=tuple(notes))


def groups_of(parts: Sequence[Sequence[Array]]) -> Array | None:
    """A number for the group of every row, in the order in which they come; None where no column tells."""
    if not parts or not parts[0]:
        return None
    columns = np.stack([np.concatenate(one) for one in zip(*parts, strict=True)], axis=1)
    _, first, inverse = np.unique(columns, axis=0, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    found: Array = rank[inverse.reshape(-1)]
    return found
