"""The columns of a table: what each is for, and how its cells are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ROLES = ("auto", "input", "target", "left out")
"""«auto» is an input, or the target where the parameter `target` names it."""
KINDS = ("auto", "number", "category", "date", "text")
"""«auto» looks at the cells; a column of running text is left out."""
Choice = tuple[str, str, str]
"""A column by its name, its role and its kind, where somebody chose them."""


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of a column: its role and kind as they are used, the wish for both, and what its cells hold.

    `values` are its categories (the first of them), or the first cells; `different` counts them, `missing` the gaps.
    """

    name: str
    role: str
    kind: str
    wish: str = "auto"
    values: tuple[str, ...] = ()
    different: int = 0
    missing: int = 0
    trouble: str = ""


def wishes(chosen: Iterable[Choice]) -> dict[str, tuple[str, str]]:
    """Role and kind by the name of the column."""
    return {name: (role, kind) for name, role, kind in chosen}


def having(chosen: Iterable[Choice], name: str, *, role: str = "", kind: str = "") -> tuple[Choice, ...]:
    """The same choices with another role or kind for one column; one that wishes nothing is not listed."""
    known = wishes(chosen)
    old = known.get(name, ("auto", "auto"))
    known[name] = role or old[0], kind or old[1]
    return tuple((one, *both) for one, both in known.items() if both != ("auto", "auto"))
