"""What a data node delivers, for the eye: columns, classes, ranges, correlations, some rows. Bounded, numpy out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuralgraph.data.delivery import Delivery
from neuralgraph.data.gather import divided
from neuralgraph.data.stored import Stored
from neuralgraph.errors import DataError
from neuralgraph.graph.plan import Plan

Array = NDArray[Any]
Kind = Literal["table", "images", "text", "series", "numbers"]
LOOKED, SHOWN, COLUMNS, RELATED, BINS = 4000, 60, 64, 32, 24
READ_BYTES = 16 << 20
COLOURS = {1: ("grey",), 3: ("red", "green", "blue")}


@dataclass(frozen=True, eq=False)
class Column:
    """The numbers of a column, of the rows that were looked at; `counts` between `edges` are its distribution."""

    name: str
    low: float
    high: float
    mean: float
    std: float
    different: int
    counts: Array
    edges: Array


@dataclass(frozen=True, eq=False)
class Overview:
    """A data node in numbers. Classes are counted over all rows; columns and correlations over `looked` of them.

    `x` holds the rows `shown`, without more than are looked at, and `answers` what belongs to them. `related` is the
    matrix of correlations between the columns `relations` (−1 … 1; 0 where a column never changes).
    """

    node: str
    type: str
    kind: Kind
    rows: int
    test_rows: int
    outputs: dict[str, str]
    looked: int
    width: int
    columns: tuple[Column, ...]
    classes: tuple[tuple[str, int], ...]
    relations: tuple[str, ...]
    related: Array
    shown: Array
    x: Array
    answers: tuple[str, ...]
    answer_name: str
    tokens: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    parts: tuple[tuple[str, int], ...] = ()
    split: str = ""
    """How many rows each part has, and how they are divided, or why they cannot be."""

    @property
    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "node": self.node, "type": self.type, "kind": self.kind, "rows": self.rows, "test_rows": self.test_rows,
            "outputs": self.outputs, "looked_at": self.looked, "width": self.width,
            "classes": [{"name": name, "rows": count} for name, count in self.classes],
            "columns": [{"name": one.name, "min": one.low, "max": one.high, "mean": one.mean, "std": one.std,
                         "different": one.different, "missing": 0} for one in self.columns],
            "notes": list(self.notes), "parts": dict(self.parts), "split": self.split,
        }


def overview(node: str, type: str, given: Delivery, plan: Plan) -> Overview:
    """Look at what a data node delivers; at no more than 4,000 rows, or 16 MB of what is on the disk."""
    x = next(iter(given.arrays.values())) if "x" not in given.arrays else given.arrays["x"]
    most = LOOKED if not isinstance(x, Stored) else max(8, min(LOOKED, READ_BYTES // x.row_bytes))
    most = max(1, min(most, (256 << 20) // max(8 * int(np.prod(x.shape[1:], dtype=np.int64)), 1)))
    picked = np.unique(np.linspace(0, given.rows - 1, min(given.rows, most)).astype(np.int64))
    some = np.asarray(x[picked])
    kind = _kind(given, some)
    flat, names = _columns(kind, some, given)
    target = given.arrays.get("y")
    answer_name = given.specs["y"].label or "y" if target is not None else ""
    if target is not None and not given.class_names and target.dtype.kind == "f" and target.ndim == 2:
        wide = min(target.shape[1], 4)
        flat = [*flat, *np.asarray(target[picked], dtype=np.float64)[:, :wide].T]
        names = [*names, *(answer_name if wide == 1 else f"{answer_name} {n + 1}" for n in range(wide))]
    parts, split = _parts(given, plan)
    relations, related = _related(flat, names) if kind in ("table", "series") else ((), np.zeros((0, 0)))
    shown = np.arange(min(given.rows, SHOWN))
    if isinstance(x, Stored):
        shown = shown[: max(4, (4 << 20) // x.row_bytes)]
    return Overview(
        node, type, kind, given.rows, given.test_rows, _outputs(given), len(picked), _width(kind, some),
        tuple(_column(name, one) for name, one in zip(names, flat, strict=True)), _classes(given), relations, related,
        shown, np.array(x[shown]), _answers(given, shown), answer_name, given.tokens, given.notes,
        parts, split,
    )


def _parts(given: Delivery, plan: Plan) -> tuple[tuple[tuple[str, int], ...], str]:
    try:
        found, words = divided(given, plan)
    except DataError as error:
        return (), str(error)
    parts = (("training", found.train), ("validation", found.validation), ("test", found.test))
    return tuple((name, len(rows)) for name, rows in parts if len(rows)), words


def digest(given: Delivery) -> str:
    """A fingerprint of everything it delivers: another one where anything changed."""
    found = hashlib.blake2b(digest_size=12)
    for name, one in given.arrays.items():
        found.update(f"{name} {one.dtype} {one.shape}\n".encode())
        held: Any = one
        found.update(held.marks().encode(errors="surrogateescape") if isinstance(held, Stored) else
                     np.ascontiguousarray(one).reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def _kind(given: Delivery, x: Array) -> Kind:
    if given.tokens and x.dtype.kind == "i":
        return "text"
    if x.ndim == 4 and x.shape[1] in COLOURS:
        return "images"
    return {2: "table", 3: "series"}.get(x.ndim, "numbers")  # type: ignore[return-value]


def _width(kind: Kind, x: Array) -> int:
    """How many columns there are, of which no more than some are looked at."""
    return int(x.shape[-1] if kind in ("table", "series") else x.shape[1] if kind == "images" else 1)


def _columns(kind: Kind, x: Array, given: Delivery) -> tuple[list[Array], list[str]]:
    """Numbers by column, with their names."""
    known = given.feature_names
    match kind:
        case "table" | "series":
            wide = min(x.shape[-1], COLUMNS)
            names = [known[n] if len(known) == x.shape[-1] else f"x{n}" for n in range(wide)]
            return [np.asarray(x[..., n], dtype=np.float64).reshape(-1) for n in range(wide)], names
        case "images":
            return [np.asarray(x[:, n], dtype=np.float64).reshape(-1) for n in range(x.shape[1])], list(
                COLOURS[x.shape[1]])
        case "text":
            return [np.asarray((x != 0).sum(axis=1), dtype=np.float64)], ["tokens in a sample"]
        case _:
            return [np.asarray(x, dtype=np.float64).reshape(-1)], ["x"]


def _column(name: str, values: Array) -> Column:
    counts, edges = np.histogram(values, bins=BINS)
    return Column(name, float(values.min()), float(values.max()), float(values.mean()), float(values.std()),
                  len(np.unique(values)), counts, edges)


def _related(flat: Sequence[Array], names: Sequence[str]) -> tuple[tuple[str, ...], Array]:
    sizes = [len(one) for one in flat]
    kept = [n for n, size in enumerate(sizes) if size == sizes[0]]
    kept = kept if len(kept) <= RELATED else [*kept[: RELATED - 1], kept[-1]]  # the last is what is to be told
    if len(kept) < 2 or sizes[0] < 2:
        return (), np.zeros((0, 0))
    table = np.array([flat[n] for n in kept])
    table = table - table.mean(axis=1, keepdims=True)
    norm = np.sqrt((table**2).sum(axis=1, keepdims=True))
    table = np.divide(table, norm, out=np.zeros_like(table), where=norm > 1e-12)
    return tuple(names[n] for n in kept), np.clip(table @ table.T, -1.0, 1.0)


def _classes(given: Delivery) -> tuple[tuple[str, int], ...]:
    target = given.arrays.get("y")
    if target is None or not given.class_names or target.reshape(len(target), -1).shape[1] != 1:
        return ()
    counts = np.bincount(target.reshape(-1).astype(np.int64), minlength=len(given.class_names))
    return tuple(zip(given.class_names, (int(one) for one in counts), strict=True))


def _answers(given: Delivery, rows: Array) -> tuple[str, ...]:
    target = given.arrays.get("y")
    if target is None:
        return ()
    found = []
    for one in np.asarray(target[rows]).reshape(len(rows), -1):
        if len(one) == 1 and given.class_names and float(one[0]).is_integer():
            found.append(given.class_names[int(one[0])])
        else:
            found.append(", ".join(f"{value:.4g}" for value in one[:6]) + (" …" if len(one) > 6 else ""))
    return tuple(found)


def _outputs(given: Delivery) -> dict[str, str]:
    return {name: f"{spec}, {spec.dtype}" for name, spec in given.specs.items()}
