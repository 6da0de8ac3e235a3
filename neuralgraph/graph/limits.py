"""How large a document may be: one table, checked before memory is taken, shown in the message."""

from __future__ import annotations

from dataclasses import dataclass

from neuralgraph.errors import DocumentError


@dataclass(frozen=True, slots=True)
class Limit:
    """The most there may be of something, in words for the message: «33,554,432 bytes»."""

    most: int
    unit: str

    def __str__(self) -> str:
        return f"{self.most:,} {self.unit}"


LIMITS = {
    "bytes": Limit(32 * 1024 * 1024, "bytes of text"),
    "depth": Limit(64, "levels of nesting"),
    "values": Limit(2_500_000, "values"),
    "digits": Limit(19, "digits in a whole number"),
    "nodes": Limit(100_000, "nodes"),
    "edges": Limit(400_000, "wires"),
    "notes": Limit(10_000, "notes"),
    "frames": Limit(10_000, "frames"),
    "modules": Limit(10_000, "module definitions"),
    "name": Limit(200, "characters in a name"),
    "title": Limit(10_000, "characters in a title"),
    "text": Limit(1_000_000, "characters in a text"),
    "stages": Limit(1_000, "stages in a plan"),
    "weights": Limit(131_072, "typed-in numbers (1 MB)"),
    "findings": Limit(20, "findings shown"),
}
"""Every limit of the file format by name."""


def check(name: str, amount: int) -> None:
    """A `DocumentError` where `amount` is above the limit of that name."""
    limit = LIMITS[name]
    if amount > limit.most:
        raise DocumentError(f"It holds {amount:,} {limit.unit}, and a document may hold at most {limit.most:,}.")
