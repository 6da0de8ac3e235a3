"""Worked examples as the docstring of a node type writes them: read here, shown on its help page, proved by a test.

    Example (out_features = 1; weight = [[1, 2]], bias = [3]): [[4, 5]] → [[17]], for 1·4 + 2·5 + 3 = 17.

In brackets stand parameters by name, and `in use` or `while training` where that makes a difference; behind a semicolon
weights by name (`weights = 0` are all that are not named). Several inputs and outputs are named: `a = [[1, 2]], b =
[[3, 4]] → …`; ports that take many stand one after the other. A value is a number, `yes` or `no`, lists of them, or a
shape such as 2 × 3 for any numbers of that shape; `Constant` before it says that it has no batch axis, `classes` that
it holds class numbers; texts one after another are the lines of a file. Fewer than three decimals are exact, three or
more are rounded. What follows the last value says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Shape:
    """Numbers of which only the shape is said."""

    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a file."""

    lines: tuple[str, ...]


Value: TypeAlias = "Decimal | bool | str | Shape | Lines | tuple[Value, ...]"
"""What an example holds. A `Decimal` knows how many decimals were written."""

MODES = ("in use", "while training")
MARKS = ("Constant", "classes")


@dataclass(frozen=True, slots=True)
class Given:
    """An input or an output; `name` is "" where there is only one, `mark` one of `MARKS` or ""."""

    name: str
    value: Value
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """Settings, what goes in, what comes out; `text` is how it is written, `settings_text` what stood in brackets."""

    settings: dict[str, Value] = field(default_factory=dict)
    weights: dict[str, Value] = field(default_factory=dict)
    mode: str = ""
    inputs: tuple[Given, ...] = ()
    outputs: tuple[Given, ...] = ()
    remark: str = ""
    text: str = ""
    settings_text: str = ""


class Unreadable(ValueError):
    """An example that does not follow the grammar; says where."""


_TOKEN = re.compile(r"""\s*(?:(?P<number>[-−]?(?:\d+(?:\.\d+)?(?:e[-−+]?\d+)?|∞))|(?P<word>[A-Za-z_][\w.]*)"""
                    r"""|"(?P<text>[^"]*)"|(?P<sign>[][(),;:=×→]))""")
_NAMED = re.compile(r"\s*([A-Za-z_][\w.]*) =")
_WORDS = {"yes": True, "no": False}


def read_example(line: str) -> Example:
    """`line` begins with «Example»."""
    return _Reader(line).whole()


class _Reader:
    """Reads from the left; `at` is where it stands."""

    def __init__(self, line: str) -> None:
        self.line, self.at = line, len("Example")

    def whole(self) -> Example:
        settings, weights, mode, written = self._settings()
        self._take(":")
        start = self.at
        inputs = () if self._peek() == "→" else self._list()
        self._take("→")
        outputs = self._list()
        text = self.line[start:self.at].strip()
        remark = self.line[self.at:].strip()
        if remark and not re.match(r"[,:.] ?", remark):
            raise self._wrong("a comma before the reason")
        return Example(settings, weights, mode, inputs, outputs, remark.lstrip(",:. "), text, written)

    def _settings(self) -> tuple[dict[str, Value], dict[str, Value], str, str]:
        settings: dict[str, Value] = {}
        weights: dict[str, Value] = {}
        mode, start, found = "", self.at, settings
        if self._peek() != "(":
            return settings, weights, mode, ""
        self._take("(")
        while True:
            if named := _NAMED.match(self.line, self.at):
                self.at = named.end()
                found[named[1]] = self._value()
            else:
                mode = self._mode()
            match self._take(",;)"):
                case ")":
                    return settings, weights, mode, self.line[start:self.at].strip()[1:-1]
                case ";":
                    found = weights

    def _mode(self) -> str:
        mode = next((one for one in MODES if self.line[self.at:].lstrip().startswith(one)), "")
        if not mode:
            raise self._wrong("a setting «name = value», or one of " + ", ".join(MODES))
        self.at = self.line.index(mode, self.at) + len(mode)
        return mode

    def _list(self) -> tuple[Given, ...]:
        found = [self._given()]
        while self._peek() == "," and self._another():
            self._take(",")
            found.append(self._given())
        return tuple(found)

    def _another(self) -> bool:
        """A value comes behind the comma, not the reason."""
        rest = self.line[self.at:].lstrip()[1:]
        return bool(_NAMED.match(rest)) or rest.lstrip()[:1] == "["

    def _given(self) -> Given:
        name = ""
        if named := _NAMED.match(self.line, self.at):
            name, self.at = named[1], named.end()
        mark = self._peek()
        if mark in MARKS:
            self._take(mark)
        return Given(name, self._value(), mark if mark in MARKS else "")

    def _value(self) -> Value:
        found = _TOKEN.match(self.line, self.at)
        if found is None:
            raise self._wrong("a value")
        self.at = found.end()
        if found["number"]:
            return self._number(found["number"])
        if found["text"] is not None:
            return self._texts(found["text"])
        if found["word"]:
            word = found["word"]
            return Decimal("NaN") if word == "nan" else _WORDS.get(word, word)
        if found["sign"] in "[(":
            return self._sequence("]" if found["sign"] == "[" else ")")
        raise self._wrong("a value")

    def _number(self, written: str) -> Value:
        first = Decimal(written.replace("−", "-").replace("∞", "Infinity"))
        sizes = [first]
        while self._peek() == "×":
            self._take("×")
            size = self._value()
            if not isinstance(size, Decimal):
                return Shape((*(int(one) for one in sizes), *(size.sizes if isinstance(size, Shape) else ())))
            sizes.append(size)
        return Shape(tuple(int(one) for one in sizes)) if len(sizes) > 1 else first

    def _texts(self, first: str) -> Value:
        found = [first]
        while (more := _TOKEN.match(self.line, self.at)) is not None and more["text"] is not None:
            found.append(more["text"])
            self.at = more.end()
        return Lines(tuple(found)) if len(found) > 1 else first

    def _sequence(self, end: str) -> Value:
        found: list[Value] = []
        while self._peek() != end:
            found.append(self._value())
            if self._peek() != end:
                self._take(",")
        self._take(end)
        return tuple(found)

    def _peek(self) -> str:
        found = _TOKEN.match(self.line, self.at)
        return (found["sign"] or found["word"] or "") if found is not None else ""

    def _take(self, wanted: str) -> str:
        """The next word or sign: `wanted`, or one of its signs."""
        found = _TOKEN.match(self.line, self.at)
        got = self._peek()
        if found is None or not got or (got != wanted and got not in tuple(wanted)):
            raise self._wrong(" or ".join(wanted) if len(wanted) < 4 else wanted)
        self.at = found.end()
        return got

    def _wrong(self, expected: str) -> Unreadable:
        return Unreadable(f"«{self.line}»: expected {expected} at «{self.line[self.at:self.at + 20]}».")
