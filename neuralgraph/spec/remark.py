"""What there is to know about a node although it works: said as a note, with values that would change it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remark:
    """What `Node.remarks` finds.

    `code` is the name of what was found («unseen_edge»). `text` continues «pool_1: » and ends without a full stop
    («the last row is never seen»), `hint` is why, with the numbers, and the next step. `ways` are parameter values that
    mend it, each a mapping as pairs, the best first.
    """

    code: str
    text: str
    hint: str = ""
    ways: tuple[tuple[tuple[str, object], ...], ...] = ()


def said(way: tuple[tuple[str, object], ...]) -> str:
    """«kernel_size = 4, ceil_mode = yes»."""
    return ", ".join(f"{name} = {_written(value)}" for name, value in way)


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return " × ".join(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
