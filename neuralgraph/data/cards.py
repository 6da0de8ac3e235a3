"""What a data node taught with, as a plain value: enough to prepare new things in the same way and to name answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from neuralgraph.data.dates import date_of
from neuralgraph.data.delivery import Array, Delivery
from neuralgraph.data.encoding import laid
from neuralgraph.data.ink import Ink, measured
from neuralgraph.data.tokens import PADDING, UNKNOWN
from neuralgraph.spec import Node, Spec
from neuralgraph.spec.columns import Coding

Form = Literal["table", "picture", "text", "running", "series", "array"]
KEPT = 32
ON_DISK = 2000
"""Rows that are read of those on the disk to know their ranges."""
"""So many rows of the data are kept as samples to start from."""
MOST_KEPT = 1 << 20
"""Bytes of all those samples."""
_PIXEL = re.compile(r"pixel[ _](\d+)[,_](\d+)\Z")
_SETTINGS = ("task", "tokens", "lower", "length", "side", "colour", "fit", "missing", "target", "x", "window",
             "stride", "pattern", "header", "encoding", "decimal")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table as people write it: how it is coded, and where its numbers (days, of dates) lie."""

    coding: Coding
    low: float = 0.0
    high: float = 1.0
    usual: float = 0.0
    whole: bool = False

    @property
    def name(self) -> str:
        return self.coding.name

    @property
    def values(self) -> tuple[str, ...]:
        """Its categories; none where it holds numbers."""
        return self.coding.values

    @property
    def width(self) -> int:
        """How many numbers it becomes."""
        return len(self.coding.features)

    @property
    def gaps(self) -> bool:
        """That a value is missing tells the network something of its own."""
        return self.coding.fill is not None and (self.coding.mark or self.coding.kind == "category")

    def numbers(self, value: float | None) -> Array:
        """What it becomes with this number, or place among the categories; None is a gap."""
        gap = np.array([value is None])
        done: Array = laid(self.coding, np.array([0.0 if value is None else value]), gap)[0]
        return done

    def value(self, numbers: Array) -> float | None:
        """The same the other way."""
        if self.coding.kind == "category":
            hot = numbers[: len(self.values)]
            return float(hot.argmax()) if hot.any() else None
        return None if self.coding.mark and numbers[1] else float(numbers[0])

    def date(self, value: float) -> str:
        """A number of a column of dates as a date; "" where it holds none."""
        return date_of(value) if self.coding.kind == "date" else ""


@dataclass(frozen=True, eq=False)
class Card:
    """`form` says what its inputs are. `grid` is channels, height and width of a picture, whatever the shape of x.

    `samples` are a few rows of x as they were delivered, `truths` the answers to them. `settings` are those of the
    data node's parameters that say how things become numbers.
    """

    type: str
    form: Form
    specs: Mapping[str, Spec]
    classes: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    grid: tuple[int, ...] = ()
    ink: Ink | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    samples: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    truths: Array | None = None
    table: tuple[str, ...] = ()
    """All columns of the table, in their order, those left out and to be predicted among them."""

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns to be predicted."""
        several = tuple(self.label.split(", "))
        return several if self.label not in self.table and set(several) <= set(self.table) else (self.label,)

    @property
    def label(self) -> str:
        """What is to be predicted."""
        return self.specs["y"].label if "y" in self.specs else ""

    @property
    def special(self) -> bool:
        """Its vocabulary has numbers for padding and for what it does not hold."""
        return self.tokens[:2] == (PADDING, UNKNOWN)


def card_of(node: Node, delivery: Delivery) -> Card:
    """The card of what a data node delivered."""
    x = delivery.arrays["x"]
    form = _form(node, delivery)
    grid = _grid(delivery) if form == "picture" else ()
    settings = {name: _plain(node.values[name]) for name in _SETTINGS if name in node.values}
    if form == "text" and node.type == "Dataset":
        settings = {"tokens": "words", "lower": True, "length": int(x.shape[1]), "side": "end"}
    learned = x[: len(x) - delivery.test_rows] if delivery.test_rows < len(x) else x
    ink = measured(learned[:500].reshape(-1, *grid[1:])) if grid and grid[0] == 1 else None
    columns = columns_of(_coding(delivery), learned) if form in ("table", "series") else ()
    samples = _spread(learned)
    y = delivery.arrays.get("y")
    small = samples.nbytes <= MOST_KEPT
    truths = np.array(_spread(y[: len(learned)])) if y is not None and small and form != "running" else None
    return Card(node.type, form, dict(delivery.specs), delivery.class_names, delivery.tokens, columns, grid, ink,
                settings, np.array(samples if small else samples[:0]), truths, delivery.table)


def _plain(value: Any) -> Any:
    """As JSON has it."""
    return value if isinstance(value, (bool, int, float, str)) else str(value)


def _form(node: Node, delivery: Delivery) -> Form:
    x = delivery.specs["x"]
    if delivery.tokens:
        return "running" if node.values.get("task") == "next" else "text"
    if (x.rank == 4 and x.shape[1] in (1, 3)) or (x.rank == 2 and bitmap(delivery.feature_names)):
        return "picture"
    if x.rank == 2 and x.dtype == "float32":
        return "table"
    if x.rank == 3 and len(delivery.feature_names) == x.shape[2]:
        return "series"
    return "array"


def bitmap(names: Sequence[str]) -> tuple[int, int] | None:
    """Height and width of bitmaps whose pixels are features by name."""
    found = [_PIXEL.match(one) for one in names]
    if not found or not all(found):
        return None
    last = found[-1]
    assert last is not None
    tall, wide = int(last[1]) + 1, int(last[2]) + 1
    return (tall, wide) if tall * wide == len(names) else None


def _grid(delivery: Delivery) -> tuple[int, ...]:
    x = delivery.specs["x"]
    if x.rank == 4:
        return tuple(int(one) for one in x.shape[1:])
    return (1, *(bitmap(delivery.feature_names) or (1, int(x.shape[1]))))


def _coding(delivery: Delivery) -> tuple[Coding, ...]:
    """What the source says, else every feature is a number."""
    width = int(delivery.arrays["x"].shape[-1])
    names = delivery.feature_names
    return delivery.coding or plain(names if len(names) == width else tuple(f"x{n + 1}" for n in range(width)))


def plain(names: Sequence[str]) -> tuple[Coding, ...]:
    """Columns of numbers."""
    return tuple(Coding(name, "number") for name in names)


def columns_of(coding: Sequence[Coding], x: Array) -> tuple[Column, ...]:
    """The columns that the features of x came from, with the range of their numbers; filled gaps do not count."""
    x = x if isinstance(x, np.ndarray) else x[np.unique(np.linspace(0, len(x) - 1, ON_DISK).astype(np.int64))]
    flat = x.reshape(-1, x.shape[-1])
    flat = flat[:: max(1, len(flat) // 20_000)]
    found: list[Column] = []
    at = 0
    for one in coding:
        numbers = flat[:, at]
        if one.mark and one.kind != "category":
            numbers = numbers[flat[:, at + 1] == 0]
        elif one.fill is not None:
            numbers = numbers[numbers != np.float32(one.fill)]
        at += len(one.features)
        if one.kind == "category":
            found.append(Column(one))
            continue
        if not len(numbers):
            numbers = np.array([one.fill or 0.0])
        found.append(Column(one, float(numbers.min()), float(numbers.max()), float(np.median(numbers)),
                            bool((numbers == np.round(numbers)).all())))
    return tuple(found)


def _spread(rows: Array) -> Array:
    """A few of them, from all over."""
    return rows[np.unique(np.linspace(0, max(len(rows) - 1, 0), KEPT).astype(int))] if len(rows) else rows


def blank(spec: Spec) -> Card:
    """The card of numbers that nobody has described: those of an Input."""
    inner = tuple(one for one in spec.shape[1:] if isinstance(one, int))
    if len(inner) == 3 and inner[0] in (1, 3) and spec.dtype == "float32":
        return Card("Input", "picture", {"x": spec}, grid=inner)
    if len(inner) == 1 and spec.dtype == "float32":
        names = [f"x{n + 1}" for n in range(inner[0])]
        none = np.zeros((0, inner[0]), np.float32)
        return Card("Input", "table", {"x": spec}, columns=columns_of(plain(names), none))
    return Card("Input", "array", {"x": spec})
