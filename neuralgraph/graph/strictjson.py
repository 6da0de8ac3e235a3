"""JSON read strictly: what Python's parser lets through (NaN, 1e999, duplicate keys, half a character) is an error.

Sizes are counted in the text before anything is built from it.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from neuralgraph.errors import DocumentError
from neuralgraph.graph.limits import LIMITS, check

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = re.compile(r"[^\[\]{}]+")
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]:,]', re.DOTALL)
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class _Refused(Exception):
    """A value that JSON does not have. `token` is how it stands in the text, "" for a duplicate key."""

    def __init__(self, why: str, token: str = "") -> None:
        super().__init__(why)
        self.token = token


def parse(source: str | bytes) -> Any:
    """The value that `source` holds; a `DocumentError` with line and column where it is not strict JSON."""
    text = _decoded(source)
    _check_size(text)
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise DocumentError(f"{_place(text, error.pos)}: this is not JSON ({error.msg}).") from None
    except _Refused as error:
        position = _find(text, error.token) if error.token else _find_duplicate(text)
        raise DocumentError(f"{_place(text, position)}: {error}.") from None
    except RecursionError:
        raise DocumentError(f"It is nested too deep; a document has at most {LIMITS['depth']}.") from None
    if _HALF.search(text):
        _refuse_half_characters(text, value)
    return value


def _decoded(source: str | bytes) -> str:
    check("bytes", len(source))
    if isinstance(source, bytes):
        try:
            text = source.decode("utf-8")
        except UnicodeDecodeError as error:
            line = source.count(b"\n", 0, error.start) + 1
            raise DocumentError(f"Line {line}: this is not UTF-8 text (byte {error.start:,}).") from None
    else:
        text = source
        if any("\ud800" <= letter <= "\udfff" for letter in text) if not text.isascii() else False:
            raise DocumentError("It holds half a character (a lone surrogate).")
    return text.removeprefix("\ufeff")


def _check_size(text: str) -> None:
    bare = _STRING.sub("", text)
    check("values", bare.count(",") + bare.count("[") + bare.count("{"))
    brackets = _NOT_BRACKETS.sub("", bare)
    for _ in range(LIMITS["depth"].most):
        shorter = brackets.replace("[]", "").replace("{}", "")
        if len(shorter) == len(brackets):
            break
        brackets = shorter
    if len(brackets) > LIMITS["depth"].most:
        raise DocumentError(f"It is nested too deep; a document has at most {LIMITS['depth']}.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Refused(f"the key {_shown(twice)} stands twice in one object")
    return found


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > LIMITS["digits"].most:
        raise _Refused(f"a whole number has {len(digits.lstrip('-')):,} digits; at most "
                       f"{LIMITS['digits'].most} are read", digits)
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Refused(f"{_shown(digits)} is too large for a number", digits)
    return number


def _constant(name: str) -> Any:
    raise _Refused(f"{name} is not a number that JSON has", name)


def _shown(text: str) -> str:
    return json.dumps(text if len(text) <= 40 else text[:39] + "…")


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    return f"Line {line:,}, column {position - text.rfind(chr(10), 0, position):,}"


def _find(text: str, token: str) -> int:
    """Where a bare token stands outside of strings."""
    blank = _STRING.sub(lambda match: " " * len(match[0]), text)
    found = re.search(rf"(?<![\w.+-]){re.escape(token)}(?![\w.])", blank)
    return found.start() if found else 0


def _find_duplicate(text: str) -> int:
    """Where the first key stands that its object already has."""
    open_: list[set[str]] = []
    last = re.match("", text)
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "{" | "[":
                open_.append(set())
            case "}" | "]":
                if open_:
                    open_.pop()
            case ":" if last and open_:
                key = json.loads(last[0])
                if key in open_[-1]:
                    return last.start()
                open_[-1].add(key)
        last = token
    return 0


def _refuse_half_characters(text: str, value: Any) -> None:
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            todo.extend(one)
            todo.extend(one.values())
        elif isinstance(one, list):
            todo.extend(one)
        elif isinstance(one, str) and any("\ud800" <= letter <= "\udfff" for letter in one):
            found = _HALF.search(text)
            position = found.start() if found else 0
            raise DocumentError(f"{_place(text, position)}: a text holds half a character (a lone surrogate).")
