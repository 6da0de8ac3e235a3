"""Parameters of a node type, declared once: the form, the check, the tooltip and the file follow from it."""

from __future__ import annotations

import inspect
import math
import sys
import types
import typing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from neuralgraph.errors import ParameterError
from neuralgraph.spec.columns import KINDS, ROLES

Size: TypeAlias = int | tuple[int, ...]
"""One number for every axis, or one per axis: `3` or `(3, 5)`."""

Numbers: TypeAlias = float | tuple[Any, ...]
"""A number or nested tuples of numbers: `1.5`, `((1, 2), (3, 4))`."""

Columns: TypeAlias = tuple[tuple[str, str, str], ...]
"""Columns of a table by name, with the role and the kind that somebody chose: `(("age", "input", "number"),)`."""

Points: TypeAlias = tuple[tuple[float, float, float], ...]
"""Points in the plane, each with a value: `((0.5, -1.25, 1), …)`."""

Kind = Literal["int", "float", "bool", "text", "choice", "size", "ints", "numbers", "file", "columns", "points"]

LARGEST = 2**31 - 1
MOST_NUMBERS = 100_000
MOST_COLUMNS = 10_000
MOST_POINTS = 5_000


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. `row` is its short name on the canvas; `axis` the input axis it maps from («1 → 16»)."""

    default: Any
    doc: str
    min: float | None = None
    max: float | None = None
    choices: tuple[str, ...] = ()
    row: str = ""
    axis: int | None = None
    suffix: str = ""
    files: str = ""
    """What a file dialog offers: "CSV (*.csv)", "folder", or "folder or CSV (*.csv)"."""
    advanced: bool = False
    live: bool = False
    """It may be changed while a run goes on: it is read at every step, and no shape depends on it."""
    name: str = ""
    kind: Kind = "float"
    optional: bool = False

    def check(self, value: Any) -> Any:
        """`value` in its canonical form, or a `ParameterError` that says what was expected and what came."""
        if value is None and self.optional:
            return None
        checked = _CHECKS[self.kind](self, value)
        if checked is None:
            raise self._wrong(value)
        return checked

    def expected(self) -> str:
        """What it takes, in words: «a whole number from 1 to 512»."""
        words = {
            "int": "a whole number",
            "float": "a number",
            "bool": "yes or no",
            "text": "text",
            "file": "a path",
            "size": "a whole number, or one per axis",
            "ints": "whole numbers",
            "numbers": "numbers",
            "choice": "one of " + ", ".join(self.choices),
            "columns": "columns, each by its name with a role and a kind",
            "points": f"at most {MOST_POINTS:,} points, each with two coordinates and a value",
        }[self.kind]
        if self.min is not None and self.max is not None:
            words += f" from {_plain(self.min)} to {_plain(self.max)}"
        elif self.min is not None:
            words += f" of at least {_plain(self.min)}"
        elif self.max is not None:
            words += f" of at most {_plain(self.max)}"
        return words + (" or nothing" if self.optional else "")

    def within(self, number: float) -> bool:
        low = -LARGEST if self.min is None and self.kind in ("int", "ints", "size") else self.min
        high = LARGEST if self.max is None and self.kind in ("int", "ints", "size") else self.max
        return (low is None or number >= low) and (high is None or number <= high)

    def _wrong(self, value: Any) -> ParameterError:
        try:
            shown = repr(value)
        except ValueError:  # Python writes no whole number of more than 4,300 digits
            shown = "a number of thousands of digits"
        shown = shown if len(shown) <= 40 else shown[:37] + "…"
        return ParameterError(f"{self.name} expects {self.expected()}, not {shown}.", parameter=self.name)


def param(
    default: Any,
    doc: str,
    *,
    min: float | None = None,
    max: float | None = None,
    choices: tuple[str, ...] = (),
    row: str = "",
    axis: int | None = None,
    suffix: str = "",
    files: str = "",
    advanced: bool = False,
    live: bool = False,
) -> Any:
    """Declare a parameter in a `Node` class; its kind is read from the annotation."""
    return Param(default, doc, min, max, choices, row, axis, suffix, files, advanced, live)


def declared(raw: Param, name: str, annotation: Any) -> Param:
    """`raw` with its name and the kind that `annotation` says."""
    kind, optional = _kind(annotation, raw)
    done = replace(raw, name=name, kind=kind, optional=optional)
    return replace(done, default=done.check(raw.default))


def gather(cls: type) -> dict[str, Param]:
    """The parameters of a class by name: those of its bases, then its own, whose attributes become their defaults."""
    found: dict[str, Param] = dict(getattr(cls, "params", {}))
    written = inspect.get_annotations(cls)
    for name, raw in list(vars(cls).items()):
        if isinstance(raw, Param):
            found[name] = declared(raw, name, meant(written[name], cls.__module__))
            setattr(cls, name, found[name].default)
    return found


@cache
def meant(written: Any, module: str) -> Any:
    """What an annotation says in its module, found once: hundreds of node types use the same few."""
    holder = types.SimpleNamespace(__annotations__={"it": written})
    return typing.get_type_hints(holder, globalns=vars(sys.modules[module]), include_extras=True)["it"]


_PLAIN: dict[Any, Kind] = {bool: "bool", int: "int", float: "float"}


def _kind(annotation: Any, raw: Param) -> tuple[Kind, bool]:
    parts = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    optional = type(None) in parts
    kept = tuple(part for part in parts if part is not type(None))
    if len(kept) == 1 and kept[0] in _PLAIN:
        return _PLAIN[kept[0]], optional
    if kept == (str,):
        return ("choice" if raw.choices else "text"), optional
    if kept == (Path,):
        return "file", optional
    if kept == typing.get_args(Size):
        return "size", optional
    if kept == typing.get_args(Numbers):
        return "numbers", optional
    if kept == (tuple[int, ...],):
        return "ints", optional
    if kept == (Columns,):
        return "columns", optional
    if kept == (Points,):
        return "points", optional
    raise TypeError(f"parameter {raw.doc!r}: no form for {annotation!r}")


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _int(p: Param, value: Any) -> Any:
    return value if _is_int(value) and p.within(value) else None


def _float(p: Param, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and p.within(number) else None


def _bool(_: Param, value: Any) -> Any:
    return value if isinstance(value, bool) else None


def _text(_: Param, value: Any) -> Any:
    return value if isinstance(value, str) and len(value) <= 10_000 else None


def _choice(p: Param, value: Any) -> Any:
    return value if isinstance(value, str) and value in p.choices else None


def _file(_: Param, value: Any) -> Any:
    return str(value) if isinstance(value, (str, Path)) and "\0" not in str(value) and len(str(value)) < 4096 else None


def _ints(p: Param, value: Any) -> Any:
    if not isinstance(value, (list, tuple)) or len(value) > 16:
        return None
    return tuple(value) if all(_is_int(one) and p.within(one) for one in value) else None


def _size(p: Param, value: Any) -> Any:
    return _int(p, value) if _is_int(value) else (_ints(p, value) or None)


def _numbers(p: Param, value: Any, depth: int = 0) -> Any:
    if not isinstance(value, (list, tuple)):
        return value if _is_int(value) and abs(value) <= 2**53 else _float(p, value)
    if depth >= 8 or _count(value) > MOST_NUMBERS:
        return None
    inner = tuple(_numbers(p, one, depth + 1) for one in value)
    if any(one is None for one in inner) or len({_form(one) for one in inner}) > 1:
        return None
    return inner


def _columns(_: Param, value: Any) -> Any:
    if not isinstance(value, (list, tuple)) or len(value) > MOST_COLUMNS:
        return None
    for one in value:
        if not isinstance(one, (list, tuple)) or len(one) != 3 or not all(isinstance(part, str) for part in one):
            return None
        if len(one[0]) > 10_000 or one[1] not in ROLES or one[2] not in KINDS:
            return None
    done = tuple(tuple(one) for one in value)
    return done if len({one[0] for one in done}) == len(done) else None


def _points(p: Param, value: Any) -> Any:
    """`min` and `max` bound the coordinates; the value of a point is the node's own matter."""
    if not isinstance(value, (list, tuple)) or len(value) > MOST_POINTS:
        return None
    for one in value:
        if not isinstance(one, (list, tuple)) or len(one) != 3 or any(_float(p, part) is None for part in one[:2]):
            return None
        if isinstance(one[2], bool) or not isinstance(one[2], (int, float)) or not abs(one[2]) <= LARGEST:
            return None
    return tuple(tuple(one) for one in value)


def _count(value: Any) -> int:
    todo, total = [value], 0
    while todo and total <= MOST_NUMBERS:
        one = todo.pop()
        if isinstance(one, (list, tuple)):
            todo.extend(one)
        total += 1
    return total


def _form(value: Any) -> tuple[int, ...]:
    return (len(value), *_form(value[0])) if isinstance(value, tuple) and value else ((0,) if value == () else ())


def _plain(number: float) -> str:
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:g}"


_CHECKS = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "text": _text,
    "choice": _choice,
    "size": _size,
    "ints": _ints,
    "numbers": _numbers,
    "file": _file,
    "columns": _columns,
    "points": _points,
}
