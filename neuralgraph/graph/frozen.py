"""A mapping that cannot be changed and can be hashed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

V = TypeVar("V")


class FrozenDict(Mapping[str, V]):
    """An immutable, hashable mapping with text keys. Lists in values become tuples, mappings become `FrozenDict`s."""

    __slots__ = ("_hash", "_items")

    def __init__(self, items: Mapping[str, V] | None = None, **more: V) -> None:
        merged = {**(items or {}), **more}
        self._items: dict[str, V] = {str(key): freeze(value) for key, value in merged.items()}
        self._hash: int | None = None

    def __getitem__(self, key: str) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._items.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and self._items == dict(other)

    def __repr__(self) -> str:
        return f"FrozenDict({self._items!r})"

    def having(self, **changes: V) -> FrozenDict[V]:
        """A copy with `changes`."""
        return FrozenDict({**self._items, **changes})

    def without(self, *keys: str) -> FrozenDict[V]:
        """A copy that lacks `keys`."""
        return FrozenDict({key: value for key, value in self._items.items() if key not in keys})


def freeze(value: Any) -> Any:
    """`value` with every list as a tuple and every mapping as a `FrozenDict`, to any depth the file format allows."""
    if isinstance(value, (list, tuple)):
        return tuple(freeze(one) for one in value)
    if isinstance(value, FrozenDict):
        return value
    if isinstance(value, Mapping):
        return FrozenDict(value)
    return value


def thaw(value: Any) -> Any:
    """The reverse of `freeze`: plain lists and dictionaries, ready for JSON."""
    if isinstance(value, (list, tuple)):
        return [thaw(one) for one in value]
    if isinstance(value, Mapping):
        return {key: thaw(one) for key, one in value.items()}
    return value
