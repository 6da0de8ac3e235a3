"""How the weights of a layer start, written behind what makes it: filled by torch, typed in, or read from a file."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from torch import Tensor

from neuralgraph.compiler.initial import belongs, fills, opened
from neuralgraph.compiler.writing.pen import WIDTH, attribute, comment, literal
from neuralgraph.graph.document import Placed
from neuralgraph.graph.typed import amount
from neuralgraph.spec.initial import files

MOST = 4_096
"""Typed-in numbers of one weight that code shows."""


@dataclass(frozen=True, slots=True)
class Starts:
    """By the name of a weight: the function of `nn.init` with what it takes, the numbers, the file."""

    filled: tuple[tuple[str, str, tuple[tuple[str, Any], ...]], ...] = ()
    typed: tuple[tuple[str, Any], ...] = ()
    large: tuple[tuple[str, int], ...] = ()
    """How many numbers were typed in where they are too many to show."""
    files: tuple[tuple[str, str], ...] = ()


def starts_of(placed: Placed, own: Mapping[str, Tensor]) -> Starts:
    """What the document says about the weights `own` of a node; typed-in numbers hold before all else."""
    initialiser, weights = placed.initialiser, placed.weights
    sizes = {name: amount(numbers) for name, numbers in weights.items()}
    return Starts(
        (*((name, function, tuple(words.items())) for name, function, words in fills(initialiser, own)
           if name not in weights),
         *((f"{name}[{part.start}:{part.stop}]", "constant_", (("val", number),))
           for name, part, number in opened(initialiser, own) if name not in weights)),
        tuple((name, numbers) for name, numbers in weights.items() if sizes[name] <= MOST),
        tuple((name, size) for name, size in sizes.items() if size > MOST),
        tuple((name, path) for group, path in files(initialiser).items() for name in own
              if belongs(name, group) and name not in weights))


def filling(starts: Starts, path: str) -> list[str]:
    """The lines behind the layer at a local path: calls of `nn.init`, and remarks on numbers that lie elsewhere."""
    lines = []
    for name, function, words in starts.filled:
        given = ", ".join([_weight(path, name), *(f"{word}={literal(value)}" for word, value in words)])
        lines.append(f"nn.init.{function}({given})")
    for name, file in starts.files:
        lines += _remark(f"{_weight(path, name)} starts from the file {_shown(file)}: load that, or the saved weights.")
    for name, size in starts.large:
        lines += _remark(f"{_weight(path, name)} has {size:,} typed-in numbers, too many to show: they are in the "
                         "weights file.")
    return lines


def typing(starts: Starts, path: str) -> list[str]:
    """The statements that copy typed-in numbers into the weights, for a block without gradients in a constructor."""
    return [line for name, numbers in starts.typed
            for line in _numbers(numbers, WIDTH - 12, f"{_weight(path, name)}.copy_(torch.tensor(", "))")]


def _weight(path: str, name: str) -> str:
    """As code says it: `self.lstm_1.bias_ih_l0`, or a part of it, `…[8:16]`."""
    name, bracket, part = name.partition("[")
    return attribute(f"{path}/{name.replace('.', '/')}") + bracket + part


def _numbers(numbers: Any, width: int, before: str = "", after: str = ",") -> list[str]:
    """Nested numbers between two texts: on one line where they fit, else row by row."""
    whole = f"{before}{_flat(numbers)}{after}"
    if len(whole) <= width or not isinstance(numbers, tuple):
        return [whole]
    if not any(isinstance(one, tuple) for one in numbers):
        return textwrap.wrap(whole, width, subsequent_indent="    " if before else " ", break_long_words=False,
                             break_on_hyphens=False)
    rows = [line for one in numbers for line in _numbers(one, width - 4)]
    return [f"{before}[", *(f"    {row}" for row in rows), f"]{after}"]


def _flat(numbers: Any) -> str:
    if isinstance(numbers, tuple):
        return f"[{', '.join(map(_flat, numbers))}]"
    return literal(float(numbers))  # whole numbers too: torch would make another type of them


def _remark(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH - 8, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _shown(path: str) -> str:
    """A path as code may name it: in the folder of the document, else the name of the file alone."""
    kinds = PurePosixPath(path), PureWindowsPath(path)
    outside = any(one.is_absolute() or one.drive or one.root or ".." in one.parts for one in kinds) or "://" in path
    shown = comment(kinds[1].name if outside else path)
    return f"'{shown if len(shown) <= 100 else f'…{shown[-99:]}'}'"
