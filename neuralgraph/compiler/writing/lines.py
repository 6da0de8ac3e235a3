"""What a class of the exported file consists of: its lines, in words that are local to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from neuralgraph.compiler.writing.starts import Starts
from neuralgraph.spec import Call

Key = tuple[str, str]
"""A value: the local path of what gives it, and the output."""
Values = tuple[tuple[str, ...], ...]
"""What stands in the slots of every line, as Python."""


@dataclass(frozen=True, slots=True)
class Step:
    """A node. Its slots are the values in the call that makes it, then those in the call that runs it."""

    path: str
    outputs: tuple[str, ...]
    takes: tuple[Key, ...]
    named: tuple[tuple[str, Key], ...]
    call: Call | None
    """With no values in it; None where the input passes through."""
    owner: str
    """The local path of the node whose module it calls; "" for a function."""
    init: tuple[str, ...]
    run: tuple[str, ...]
    cells: tuple[tuple[str, Made], ...] = ()
    """Modules that it runs by itself, by the argument that they are."""
    frozen: bool = False
    starts: Starts = Starts()
    """How the weights of its module start, where the document says so."""


@dataclass(frozen=True, slots=True)
class Part:
    """A copy of a drawn module that has a class."""

    path: str
    outputs: tuple[str, ...]
    takes: tuple[Key, ...]
    feeds: tuple[int, ...]
    """For each input the output of the turn before that goes into it, or -1."""
    loop: Literal["once", "each", "times", "unrolled"]
    calls: tuple[str, ...]
    """The local path of what is called: once, many times, for each in it, or one after the other."""
    own: Literal["", "one", "list", "repeat"]
    """What its attribute is, if it has one: a module, a list of them, a list of like ones."""
    classes: tuple[Made, ...]
    init: tuple[str, ...]
    run: tuple[str, ...]
    frozen: bool = False


Line = Step | Part


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What a class is but for the values in its slots."""

    definition: str
    entries: tuple[Key, ...]
    exits: tuple[Key, ...]
    doors: tuple[str, ...]
    """The doors that the exits are drawn as."""
    lines: tuple[Line, ...]
    rooms: tuple[tuple[str, int], ...] = ()
    """Copies that are laid out in it, in need of a place for what they hold, and how many turns they have."""
    alone: bool = False
    """It gives a single value, and that in a tuple: what runs it step by step asks for one."""


@dataclass(frozen=True, eq=False, slots=True)
class Made:
    """A class: where its copies differ, it has parameters."""

    name: str
    about: str
    skeleton: Skeleton
    texts: Values
    """What stands in the slots of the first copy."""
    filled: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """The slots (line, place) that a parameter fills."""
    params: tuple[tuple[str, str], ...] = ()
    """Name and type of each parameter of the constructor."""


def needed(lines: Iterable[Line], keys: Iterable[Key]) -> set[str]:
    """The local paths of all that these values depend on, arguments among them."""
    takes = {one.path: wants(one) for one in lines}
    found: set[str] = set()
    todo = [path for path, _ in keys]
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo.extend(one for one, _ in takes.get(path, ()))
    return found


def wants(line: Line) -> tuple[Key, ...]:
    """Every value that a line needs."""
    return (*line.takes, *(key for _, key in line.named)) if isinstance(line, Step) else line.takes
