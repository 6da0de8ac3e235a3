"""The formulas of help pages: `$y = x / √(var + eps) · γ$`, read into boxes that a page can set.

What they may hold: letters (set italic), words (upright), numbers, Greek, `_` and `^` with braces, brackets of all
kinds, `√`, sums, products and integrals with limits. `/` makes a fraction of the whole product before it and the one
factor behind it; in an index or an exponent it stays a stroke. Brackets around a whole numerator, denominator or root
only hold it together, so they are left away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Style = Literal["letter", "word", "number", "relation", "operator", "comma", "prefix", "mark", "big"]


@dataclass(frozen=True, slots=True)
class Text:
    """Signs of one kind."""

    text: str
    style: Style


@dataclass(frozen=True, slots=True)
class Row:
    """Boxes side by side."""

    items: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A row in brackets that grow with it."""

    left: str
    inside: Row
    right: str


@dataclass(frozen=True, slots=True)
class Scripts:
    """Something with an index, an exponent, or both; `limits`: the index stands below, as under a sum."""

    base: Box
    sub: Row | None
    sup: Row | None
    limits: bool


@dataclass(frozen=True, slots=True)
class Fraction:
    """One row above another."""

    top: Row
    bottom: Row


@dataclass(frozen=True, slots=True)
class Root:
    """A square root."""

    inside: Row


Box: TypeAlias = "Text | Row | Group | Scripts | Fraction | Root"


class Misread(ValueError):
    """A formula that does not follow the rules above."""


_TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|[A-Za-z]{2,}(?:_[A-Za-z]{2,})*\d?|\S)")
_INDICES = re.compile(r"[h-n]{2,3}")
"""Letters that count, side by side in an index: `a_{ij}`."""
_PAIRS = {"(": ")", "[": "]", "{": "}", "⌊": "⌋", "⌈": "⌉", "|": "|"}
_KINDS: dict[str, Style] = {
    **dict.fromkeys("=<>≤≥≠→←∈", "relation"), **dict.fromkeys("+-−·⊙∧∨⊕×", "operator"), **dict.fromkeys(",;:", "comma"),
    **dict.fromkeys("¬∂∇", "prefix"), **dict.fromkeys("…∞.½", "mark"), **dict.fromkeys("ΣΠ∫", "big"),
}
_BIG = {"Σ": "∑", "Π": "∏", "∫": "∫"}
_BELOW = ("∑", "∏", "max", "min", "argmax", "argmin")
"""What has its index below."""
_APPLIED = ("log", "ln", "sin", "cos", "tan", "tanh", "exp", "det", *_BELOW, "∫")
"""What goes together with the factor behind it."""
_ENDS = ("operator", "relation", "comma")


def read_formula(text: str) -> Row:
    """The boxes of a formula, without its dollar signs."""
    reader = _Reader(text)
    found = reader.row(())
    if reader.tokens:
        raise Misread(f"${text}$: {reader.tokens[0]!r} stands alone")
    return found


class _Reader:
    """Takes tokens from the left."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _TOKEN.findall(text)
        self.flat = False
        """In an index or exponent, where `/` is a stroke."""

    def row(self, ends: tuple[str, ...]) -> Row:
        found: list[Box] = []
        product = 0
        while self.tokens and self.tokens[0] not in ends:
            if self.tokens[0] == "/" and not self.flat:
                self.tokens.pop(0)
                top = _bare(found[product:])
                found[product:] = [Fraction(top, _bare(self._operand()))]
                continue
            one = self._factor()
            found.append(_freed(one, found[-1] if found else None))
            base = one.base if isinstance(one, Scripts) else one
            if isinstance(base, Text) and (base.style in (*_ENDS, "big")) and base.text not in "·⊙":
                product = len(found)
        return Row(tuple(found))

    def _operand(self) -> list[Box]:
        """One factor, with what it is applied to."""
        first = self._factor()
        base = first.base if isinstance(first, Scripts) else first
        if isinstance(base, Text) and (base.text in _APPLIED or base.style == "prefix"):  # ∂C / ∂w: not ∂C/∂ w
            return [first, *self._operand()]
        if isinstance(base, Text) and base.style == "word" and self.tokens and self.tokens[0] == "(":
            return [first, self._factor()]
        return [first]

    def _factor(self) -> Box:
        base = self._atom()
        sub: Row | None = None
        sup: Row | None = None
        while self.tokens and self.tokens[0] in ("_", "^", "'", "!", "²"):
            match self.tokens.pop(0):
                case "_":
                    sub = self._script()
                case "^":
                    sup = self._script()
                case "²":
                    sup = Row((Text("2", "number"),))
                case sign:
                    base = Row((base, Text("′" if sign == "'" else sign, "mark")))
        if sub is None and sup is None:
            return base
        return Scripts(base, sub, sup, isinstance(base, Text) and base.text in _BELOW)

    def _script(self) -> Row:
        before, self.flat = self.flat, True
        one = self._atom()
        self.flat = before
        return one if isinstance(one, Row) else Row((one,))

    def _atom(self) -> Box:
        if not self.tokens:
            raise Misread(f"${self.text}$ breaks off")
        sign = self.tokens.pop(0)
        if sign in _PAIRS:
            return self._group(sign)
        if sign == "√":
            return Root(_bare([self._factor()]))
        if sign[0].isdigit():
            return Text(sign, "number")
        if sign in _KINDS:
            return Text(_BIG.get(sign, "−" if sign == "-" else sign), _KINDS[sign])
        if sign == "/" and self.flat:
            return Text("/", "mark")
        if self.flat and _INDICES.fullmatch(sign):
            return Row(tuple(Text(letter, "letter") for letter in sign))
        if sign.replace("_", "").isalnum():
            return Text(sign, "letter" if len(sign) == 1 or sign == "dt" else "word")
        raise Misread(f"${self.text}$: nothing is known of {sign!r}")

    def _group(self, left: str) -> Box:
        right = _PAIRS[left]
        inside = self.row((right,))
        if not self.tokens:
            raise Misread(f"${self.text}$: {left!r} is never closed")
        self.tokens.pop(0)
        return inside if left == "{" else Group(left, inside, right)


def _freed(one: Box, before: Box | None) -> Box:
    """A fraction without the brackets that kept it together, unless they belong to what is before them."""
    whole = isinstance(one, Group) and one.left == "(" and len(one.inside.items) == 1
    if isinstance(one, Group) and whole and isinstance(one.inside.items[0], Fraction):
        return one if _style(before) in ("word", "letter") else one.inside.items[0]
    return one


def _bare(found: list[Box]) -> Row:
    """The row without the round brackets that hold it together."""
    if not found:
        raise Misread("a fraction needs something above its line")
    if len(found) == 1 and isinstance(found[0], Group) and found[0].left == "(":
        return found[0].inside
    return Row(tuple(found))


def is_flat(box: Box) -> bool:
    """Whether a line of text with indices can show it: no fraction, no root, nothing below a sum."""
    match box:
        case Text():
            return True
        case Row(items):
            return all(is_flat(one) for one in items)
        case Group(_, inside, _):
            return is_flat(inside)
        case Scripts(base, sub, sup, limits):
            return not (limits or (sub and sup)) and all(is_flat(one) for one in (base, sub, sup) if one is not None)
    return False


def gap(before: Box | None, after: Box, *, small: bool = False) -> float:
    """The space between two neighbours in a row, in ems; none inside an index, where `small`."""
    left, right = _style(before), _style(after)
    if before is None or (small and not left == right == "word"):
        return 0.0
    if "relation" in (left, right):
        return 0.0 if left == right else 0.28
    if left == "comma":
        return 0.22
    if "operator" in (left, right) or right == "comma":
        return 0.2 if right != "comma" else 0.0
    if left == "prefix" or right == "mark":
        return 0.0
    if "big" in (left, right):
        return 0.17
    if isinstance(after, Group) and after.left in "([" and left in ("word", "letter"):
        return 0.0
    if "word" in (left, right):
        return 0.2
    return 0.0 if left == "number" and right != "number" and not isinstance(after, Group) else 0.1


def _style(box: Box | None) -> str:
    """As what a box counts in a row."""
    if isinstance(box, Scripts):
        return _style(box.base)
    return box.style if isinstance(box, Text) else ""


def signed(items: tuple[Box, ...]) -> tuple[Box, ...]:
    """Minus and plus signs that begin a row or follow another sign belong to what is behind them."""
    found: list[Box] = []
    for one in items:
        first = not found or (isinstance(found[-1], Text) and found[-1].style in _ENDS)
        found.append(Text(one.text, "prefix") if first and isinstance(one, Text) and one.text in "−+" else one)
    return tuple(found)
