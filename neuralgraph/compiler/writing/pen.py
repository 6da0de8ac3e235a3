"""Python as text: targets and values of calls, names that are free, words of the user made harmless, long lines."""

from __future__ import annotations

import io
import keyword
import math
import re
import textwrap
import tokenize
from bisect import bisect_right
from collections.abc import Iterable
from itertools import chain, count
from typing import Any

from neuralgraph.compiler.build import METHODS
from neuralgraph.compiler.writing.library import Library, needed_names
from neuralgraph.spec import Symbol

_BLOCKS = "neuralgraph.compiler.blocks."
_SHORT = {"torch.nn.functional.": "F.", "torch.nn.": "nn."}
WIDTH = 120


class Pen:
    """Writes targets and values, and collects what they need at the top of the file."""

    def __init__(self) -> None:
        self.library = Library()
        self.taken = {"F", "Network", "float", "nn", "operator", "range", "self", "slice", "super", "torch", "train"}
        """Names that code uses for something else than a value."""

    def reserve(self, target: str) -> None:
        """No value may have a name that this target brings along."""
        if target.startswith(_BLOCKS):
            self.taken |= needed_names(*target.rsplit(".", 1))

    def target(self, target: str) -> str:
        """The name by which code calls it."""
        if target.startswith(_BLOCKS):
            module, name = target.rsplit(".", 1)
            self.library.include(module, name)
            return name
        for long, short in _SHORT.items():
            if target.startswith(long):
                if short == "F.":
                    self.library.imports.add(("torch.nn", "functional as F"))
                return short + target.removeprefix(long)
        if target.startswith("operator."):
            self.library.imports.add(("operator", ""))
        return target

    def call(self, target: str, args: list[str], words: list[str], pack: bool) -> str:
        """A call of a function, or of a method of the first argument."""
        if target.startswith(METHODS):
            return f"{args[0]}.{target.removeprefix(METHODS)}({', '.join(args[1:] + words)})"
        return f"{self.target(target)}({', '.join(packed(args, pack) + words)})"


def packed(args: list[str], pack: bool) -> list[str]:
    return [group(args)] if pack else args


def group(items: Iterable[str]) -> str:
    """A tuple."""
    some = list(items)
    return f"({some[0]},)" if len(some) == 1 else f"({', '.join(some)})"


def attribute(path: str) -> str:
    """A local path as code: `block_1/7/linear_2` → `self.block_1[7].linear_2`."""
    return "self" + "".join(f"[{one}]" if one.isdigit() else f".{one}" for one in path.split("/"))


def literal(raw: Any) -> str:
    """A value as Python source; anything but plain data is refused."""
    match raw:
        case Symbol(name):
            return name
        case float() if not math.isfinite(raw):
            return f'float("{raw}")'
        case str():
            text = repr(raw)
            return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text else text
        case bool() | int() | float() | None:
            return repr(raw)
        case slice():
            return f"slice({raw.start!r}, {raw.stop!r}, {raw.step!r})"
        case tuple():
            return group(literal(one) for one in raw)
        case list():
            return f"[{', '.join(literal(one) for one in raw)}]"
        case _ if raw is Ellipsis:
            return "..."
    raise TypeError(f"{type(raw).__name__} cannot be written as Python")


class Names:
    """Gives every value of a piece of code a name of its own."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def take(self, *wishes: str, joint: str = "_") -> str:
        """The first wish that is free; else the last one with a number."""
        numbered = (f"{wishes[-1]}{joint}{number}" for number in count(2))
        free = next(one for one in chain(wishes, numbered) if self._free(one))
        self._taken.add(free)
        return free

    def _free(self, name: str) -> bool:
        return name not in self._taken and not keyword.iskeyword(name)


def class_name(title: str) -> str:
    """A user's words as the name of a class: `residual block` → `ResidualBlock`."""
    words = re.findall(r"[A-Za-z0-9]+", title)
    name = "".join(word[0].upper() + word[1:] for word in words)[:60]
    return name if name[:1].isalpha() else f"Block{name}"


def comment(text: str) -> str:
    """A user's words as they may stand in a docstring: one line, nothing that ends it, no hidden marks.

    Marks that turn the direction of writing can make code look like other code (CVE-2021-42574).
    """
    shown = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(shown.replace("\\", "/").replace('"', "'").split())


def docstring(text: str, indent: str = "") -> list[str]:
    """The lines of a docstring, for a text that `comment` gave."""
    lines = textwrap.wrap(text, WIDTH - 10)
    return [f'{indent}"""{lines[0]}"""'] if len(lines) == 1 else [
        f'{indent}"""{lines[0]}', *(indent + one for one in lines[1:]), f'{indent}"""']


def folded(text: str) -> str:
    """The same code with every line that is too long broken behind commas within brackets."""
    return "\n".join(_fold(line) if len(line) > WIDTH else line for line in text.split("\n"))


def _fold(line: str) -> str:
    text = line.strip()
    indent = " " * (len(line) - len(line.lstrip()))
    opening, commas = _breaks(text)
    if not opening:
        return line
    pieces, start, room = [text[:opening]], opening, WIDTH - len(indent) - 4
    while len(text) - start > room:
        first, behind = bisect_right(commas, start), bisect_right(commas, start + room)
        if first == len(commas):
            break
        end = commas[max(first, behind - 1)]
        pieces.append(text[start:end].strip())
        start = end
    pieces.append(text[start:].strip())
    return indent + f"\n{indent}    ".join(pieces)


def _breaks(text: str) -> tuple[int, list[int]]:
    """Where a line may be broken: behind the bracket of its last call, and behind the commas in it."""
    opening, depth = 0, 0
    commas: list[int] = []
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):  # a line that is only whole with the next one
        return 0, []
    for one in tokens:
        if one.type == tokenize.OP:
            if one.string in "([{" and not depth:
                opening, commas = one.end[1], []
            depth += (one.string in "([{") - (one.string in ")]}")
            if one.string == "," and depth:
                commas.append(one.end[1])
    return opening, commas
