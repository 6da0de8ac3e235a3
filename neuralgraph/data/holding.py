"""What a trained model carries of its data: a card for every data node, and all rows where they are few."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from neuralgraph.data.cards import Card, Column, Form
from neuralgraph.data.delivery import Array, Delivery, finite
from neuralgraph.data.ink import Ink
from neuralgraph.errors import DataError, DocumentError
from neuralgraph.graph.strictjson import parse
from neuralgraph.spec import Spec
from neuralgraph.spec.columns import Coding

SMALL = 4 << 20
"""Bytes of data that travel with a model, all data nodes together; larger data stay where they are."""
MOST_AXIS = 2**31 - 1

Words = Annotated[str, Field(max_length=100_000)]
Axis = Annotated[int, Field(ge=0, le=MOST_AXIS)]
Share = Annotated[float, Field(ge=-10.0, le=10.0)]


@dataclass(frozen=True, eq=False)
class Held:
    """What is known of a data node's data without their files; `delivery` holds the rows where they came along."""

    card: Card
    delivery: Delivery | None = None


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class _Spec(_Entry):
    shape: Annotated[list[Axis], Field(max_length=7)]
    dtype: Annotated[str, Field(pattern=r"^(float32|int64)$")]
    classes: Annotated[int, Field(ge=1, le=MOST_AXIS)] | None = None
    label: Words = ""


class _Column(_Entry):
    name: Words
    low: FiniteFloat
    high: FiniteFloat
    usual: FiniteFloat
    whole: bool
    values: list[Words]
    kind: Literal["number", "category", "date"] | None = None
    """Files of old have none."""
    fill: FiniteFloat | None = None
    mark: bool = False
    month_first: bool = False


class _Ink(_Entry):
    ground: FiniteFloat
    full: FiniteFloat
    height: Share
    width: Share
    x: Share
    y: Share
    by_mass: bool
    binary: bool


class _Whole(_Entry):
    """What an embedded delivery says beside its rows."""

    rows: Axis
    features: list[Words]
    test_rows: Axis
    notes: list[Words]
    ordered: bool
    grouped: bool = False


class _Card(_Entry):
    type: Words
    form: Form
    specs: dict[Annotated[str, Field(pattern=r"^[xy]$")], _Spec]
    classes: list[Words]
    tokens: list[Words]
    columns: Annotated[list[_Column], Field(max_length=100_000)]
    grid: Annotated[list[Axis], Field(max_length=3)]
    ink: _Ink | None
    settings: dict[Words, bool | int | float | Words]
    table: Annotated[list[Words], Field(max_length=100_000)] = []
    whole: _Whole | None


class _Cards(_Entry):
    sources: Annotated[dict[Words, _Card], Field(max_length=1000)]


# -- writing --------------------------------------------------------------------------------------------------------


def as_members(held: Mapping[str, Held]) -> tuple[bytes, bytes]:
    """The cards as JSON and the rows as `.safetensors`, for a trained model."""
    arrays: dict[str, Array] = {}
    cards = {}
    room = SMALL
    for id, one in held.items():
        delivery = one.delivery
        if delivery is not None and (delivery.stays or delivery.bytes > room):
            delivery = None
        cards[id] = _entry(one.card, delivery)
        arrays[f"{id}:samples"] = one.card.samples
        if one.card.truths is not None:
            arrays[f"{id}:truths"] = one.card.truths
        if delivery is not None:
            room -= delivery.bytes
            arrays |= {f"{id}:whole:{name}": array for name, array in delivery.arrays.items()}
            if delivery.groups is not None:
                arrays[f"{id}:groups"] = np.asarray(delivery.groups, np.int64)
    text = json.dumps({"sources": cards}, ensure_ascii=False, allow_nan=False, sort_keys=True)
    return text.encode(), save({name: np.ascontiguousarray(one) for name, one in arrays.items()})


def _entry(card: Card, delivery: Delivery | None) -> dict[str, Any]:
    whole = None if delivery is None else {
        "rows": delivery.rows, "features": list(delivery.feature_names), "test_rows": delivery.test_rows,
        "notes": list(delivery.notes), "ordered": delivery.ordered, "grouped": delivery.groups is not None}
    return {
        "type": card.type, "form": card.form, "classes": list(card.classes), "tokens": list(card.tokens),
        "specs": {name: {"shape": list(one.shape[1:]), "dtype": one.dtype, "classes": one.classes, "label": one.label}
                  for name, one in card.specs.items()},
        "columns": [_column(one) for one in card.columns], "grid": list(card.grid), "table": list(card.table),
        "ink": None if card.ink is None else asdict(card.ink), "settings": dict(card.settings), "whole": whole,
    }


def _column(one: Column) -> dict[str, Any]:
    own = {"low": one.low, "high": one.high, "usual": one.usual, "whole": one.whole}
    return {**asdict(one.coding), "values": list(one.values), **own}


# -- reading --------------------------------------------------------------------------------------------------------


def of_members(text: bytes, rows: bytes, name: str) -> dict[str, Held]:
    """The same again; a `DocumentError` says what cannot be. `name` is what messages call the file."""
    try:
        cards = _Cards.model_validate(parse(text))
        arrays = {str(key): one for key, one in load(rows).items()}
        return {id: _held(id, one, arrays) for id, one in cards.sources.items()}
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(one) for one in first["loc"])[:120]
        why = f"{where}: {first['msg']}"
    except (SafetensorError, DataError, DocumentError, ValueError, TypeError, KeyError) as error:
        why = str(error)
    raise DocumentError(f"{name} cannot be opened. Its description of the data cannot be used: {why[:300]}.") from None


def _held(id: str, one: _Card, arrays: Mapping[str, Array]) -> Held:
    specs = {name: Spec(("N", *spec.shape), spec.dtype, spec.classes, spec.label) for name, spec in one.specs.items()}
    if "x" not in specs or any(math.prod(spec.shape) > MOST_AXIS for spec in one.specs.values()):
        raise DataError(f"{id} tells of no x, or of one that is too large")
    columns = tuple(Column(_coding(c), c.low, c.high, c.usual, c.whole) for c in one.columns)
    ink = Ink(**one.ink.model_dump()) if one.ink is not None else None
    samples = _fitting(f"{id}:samples", arrays, specs["x"], short=True)
    truths = _fitting(f"{id}:truths", arrays, specs["y"]) if f"{id}:truths" in arrays and "y" in specs else None
    card = Card(one.type, one.form, specs, tuple(one.classes), tuple(one.tokens), columns, tuple(one.grid), ink,
                dict(one.settings), samples, truths, tuple(one.table))
    _sound(id, card)
    return Held(card, _whole(id, one.whole, card, arrays) if one.whole is not None else None)


def _coding(c: _Column) -> Coding:
    kind = c.kind or ("category" if c.values else "number")
    if (kind != "category" and c.values) or (c.mark and c.fill is None):
        raise DataError(f"its column {c.name[:80]!r} is of another kind than its values")
    return Coding(c.name, kind, tuple(c.values), c.fill, c.mark, c.month_first)


def _sound(id: str, card: Card) -> None:
    """The parts of a card fit each other."""
    x = card.specs["x"]
    inner = tuple(int(one) for one in x.shape[1:])
    wrong = ""
    if card.form in ("table", "series") and (not inner or sum(one.width for one in card.columns) != inner[-1]):
        wrong = "its columns are not those of x"
    elif card.form == "picture" and (len(card.grid) != 3 or math.prod(card.grid) != math.prod(inner)
                                     or min(card.grid) < 1 or card.grid[0] not in (1, 3)):
        wrong = "its pictures have another size than x"
    elif card.form in ("text", "running") and (
            len(inner) != 1 or x.dtype != "int64" or not card.tokens or x.classes != len(card.tokens)
            or card.settings.get("tokens") not in ("words", "characters", "bytes")
            or card.settings.get("side", "end") not in ("start", "end")
            or (card.settings["tokens"] == "bytes" and len(card.tokens) != 256 + 2 * card.special)):
        wrong = "its vocabulary is not that of x"
    elif card.form == "series" and len(inner) != 2:
        wrong = "its windows are not those of x"
    if card.truths is not None and len(card.truths) != len(card.samples):
        wrong = "its samples have other answers"
    if wrong:
        raise DataError(f"{id}: {wrong}")


def _fitting(name: str, arrays: Mapping[str, Array], spec: Spec, *, short: bool = False) -> Array:
    array = arrays[name]
    if short and not len(array):
        return np.zeros((0, *(int(one) for one in spec.shape[1:])), spec.dtype)
    if array.shape[1:] != spec.shape[1:] or str(array.dtype) != spec.dtype:
        raise DataError(f"{name} has another shape than it should")
    finite(array, name)
    if spec.classes is not None and array.size and not 0 <= int(array.min()) <= int(array.max()) < spec.classes:
        raise DataError(f"{name} holds classes that there are not")
    array.setflags(write=False)
    return array


def _whole(id: str, one: _Whole, card: Card, arrays: Mapping[str, Array]) -> Delivery:
    found = {output: _fitting(f"{id}:whole:{output}", arrays, spec) for output, spec in card.specs.items()}
    if any(len(array) != one.rows for array in found.values()) or one.test_rows > one.rows:
        raise DataError(f"{id} has another number of rows than it says")
    groups = arrays[f"{id}:groups"] if one.grouped else None
    if groups is not None and (groups.shape != (one.rows,) or groups.dtype != np.int64):
        raise DataError(f"{id} has groups of another number of rows than it says")
    coding = tuple(column.coding for column in card.columns)
    return Delivery(card.specs, found, one.rows, card.classes, tuple(one.features), one.test_rows, tuple(one.notes),
                    one.ordered, card.tokens, coding, card.table, groups)
