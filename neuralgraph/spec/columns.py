"""The columns of a table: what each is for, and how its cells are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ROLES = ("auto", "input", "target", "group", "left out")
"""«auto» is an input, or the target where the parameter `target` names it. Rows with the same «group» stay together in
a split by groups; nothing is learnt from that column."""
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


@dataclass(frozen=True, slots=True)
class Coding:
    """How a column became numbers: enough to do the same with another table. Numbers and dates give one, a category
    one for each of its `values`. A gap becomes `fill` (of a category: none of its values); None stops at it.
    """

    name: str
    kind: str
    values: tuple[str, ...] = ()
    fill: float | None = None
    mark: bool = False
    """Behind it comes 1 where the value was missing, else 0."""
    month_first: bool = False

    @property
    def features(self) -> tuple[str, ...]:
        """What the numbers are called."""
        own = tuple(f"{self.name} = {value}" for value in self.values) if self.kind == "category" else (self.name,)
        return (*own, f"{self.name} is missing") if self.mark else own


def wishes(chosen: Iterable[Choice]) -> dict[str, tuple[str, str]]:
    """Role and kind by the name of the column."""
    return {name: (role, kind) for name, role, kind in chosen}


def having(chosen: Iterable[Choice], name: str, *, role: str = "", kind: str = "") -> tuple[Choice, ...]:
    """The same choices with another role or kind for one column; one that wishes nothing is not listed."""
    known = wishes(chosen)
    old = known.get(name, ("auto", "auto"))
    known[name] = role or old[0], kind or old[1]
    return tuple((one, *both) for one, both in known.items() if both != ("auto", "auto"))
