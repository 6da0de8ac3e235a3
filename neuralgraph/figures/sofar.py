"""A figure on its way: true as far as it goes, and finer ones follow."""

from __future__ import annotations

from dataclasses import dataclass

from neuralgraph.figures.shown import Shown


@dataclass(frozen=True, slots=True, eq=False)
class SoFar:
    """What there is to see after `done` of `of` pieces of work; the last one is the whole answer."""

    shown: Shown
    done: int
    of: int
