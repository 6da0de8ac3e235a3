"""A step or a walk as plain values: a table with a row for every number, and objects for JSON."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from neuralgraph.explain.apart.moment import Apart, Array, Moment
    from neuralgraph.explain.apart.terms import Term, Terms

COLUMNS = ("moment", "phase", "node", "time", "kind", "name", "from", "index", "value")
TERMS = ("kind", "port", "place", "x", "weight", "at", "w", "product", "label")


def parts(moment: Moment) -> Iterator[tuple[str, str, str, Array]]:
    """All numbers of a moment: what they are, their name, where they come from (of contributions), the array."""
    named: tuple[tuple[str, Mapping[str, Array]], ...] = (
        ("input", moment.inputs), ("weight", moment.weights), ("output", moment.outputs), ("tangent", moment.tangents))
    for kind, some in named:
        for name, array in some.items():
            yield kind, name, "", array
    for one in moment.contributions:
        yield "contribution", one.of, one.came, one.value
        if one.count > 1:
            yield "sum so far", one.of, f"{one.number} of {one.count}", one.sum
    for change in moment.changes:
        for kind, array in (("old", change.old), ("gradient", change.gradient), ("used gradient", change.used),
                            ("new", change.new), *((f"memory {name}", one) for name, one in change.memory.items())):
            yield kind, change.weight, "", array


def table(apart: Apart, at: int | None = None) -> str:
    """Every number of all moments, or of one (from 0), as CSV; moments count from 1, places from 0."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, moment in enumerate(apart.moments, 1):
        if at is not None and number != at + 1:
            continue
        head = [number, moment.phase, moment.node, time_of(moment)]
        for kind, name, came, array in parts(moment):
            values = np.asarray(array)
            for index in np.ndindex(values.shape):
                writer.writerow([*head, kind, name, came, " ".join(map(str, index)), _figure(values[index])])
    return made.getvalue()


def plain(apart: Apart, at: int | None = None) -> dict[str, Any]:
    """The same for JSON: numbers that are none are null."""
    chosen = [(number, one) for number, one in enumerate(apart.moments, 1) if at is None or number == at + 1]
    return {
        "mode": apart.mode, "precision": apart.precision, "rows": list(apart.rows), "total": number_of(apart.total),
        "losses": {name: number_of(value) for name, value in apart.losses.items()}, "optimizer": apart.optimizer,
        "unused": list(apart.unused), "notes": list(apart.notes), "sweeps": apart.sweeps, "count": len(apart.moments),
        "moments": [_moment(number, one) for number, one in chosen],
    }


def _moment(number: int, moment: Moment) -> dict[str, Any]:
    return {
        "moment": number, "phase": moment.phase, "node": moment.node, "says": moment.says, "time": list(moment.time),
        "equation": moment.equation, "formulas": list(moment.formulas), "notes": list(moment.notes),
        "wire": list(moment.wire) if moment.wire is not None else None,
        "numbers": [{"kind": kind, "name": name, **({"from": came} if came else {}), "shape": list(np.shape(array)),
                     "values": numbers(np.asarray(array))} for kind, name, came, array in parts(moment)],
    }


def terms_table(found: Terms) -> str:
    """What made a number, as CSV: a row for every product, the offset, what they come to; gates one after the other."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(("part", *TERMS))
    for name, part in {"": found, **found.parts}.items():
        for one in part.terms:
            writer.writerow((name, "term", *_cells(one)))
        if part.bias_name:
            writer.writerow((name, "offset", "", "", "", part.bias_name, "", "", _figure(part.bias), ""))
        writer.writerow((name, "value", part.output, " ".join(map(str, part.index)), "", "", "", "",
                         _figure(part.value), part.how))
    return made.getvalue()


def plain_terms(found: Terms) -> dict[str, Any]:
    """The same for JSON, with the matrices of a convolution."""
    columns = found.columns
    return {
        "node": found.node, "type": found.type, "output": found.output, "index": list(found.index),
        "value": number_of(found.value), "how": found.how, "says": found.says, "formula": found.formula,
        "terms": [{"port": one.port, "place": list(one.spot), "x": number_of(one.x), "weight": one.weight,
                   "at": list(one.at), "w": number_of(one.w), "product": number_of(one.product), "label": one.label}
                  for one in found.terms],
        "offset": number_of(found.bias), "offset_name": found.bias_name,
        "parts": {name: plain_terms(one) for name, one in found.parts.items()},
        "columns": None if columns is None else {
            "weights": numbers(columns.weights), "windows": numbers(columns.windows), "row": columns.row,
            "column": columns.column, "note": columns.note},
    }


def _cells(one: Term) -> tuple[Any, ...]:
    return (one.port, " ".join(map(str, one.spot)), _figure(one.x), one.weight, " ".join(map(str, one.at)),
            _figure(one.w), _figure(one.product), one.label)


def time_of(moment: Moment) -> str:
    """«3», or «3.1» in the cell of another Recurrent; "" outside."""
    return ".".join(map(str, moment.time))


def number_of(value: float) -> float | None:
    """A float for JSON."""
    return float(value) if math.isfinite(value) else None


def numbers(array: Array) -> Any:
    """Nested lists for JSON."""
    values = np.asarray(array)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        known = values.astype(object)
        known[~np.isfinite(values)] = None
        return known.tolist()
    if values.dtype.kind == "c":
        return np.stack([values.real, values.imag], axis=-1).tolist()
    return values.tolist()


def _figure(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
