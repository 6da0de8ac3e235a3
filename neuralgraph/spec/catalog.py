"""The closed set of node types, as a value that is passed around."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from neuralgraph.errors import UnknownNodeError
from neuralgraph.spec.node import Node

CATEGORIES = ("Data", "Layers", "Activations", "Maths", "Losses", "Metrics", "Modules")


class Catalog(Mapping[str, type[Node]]):
    """Node types by name, in the order of the palette. Looks up former names too (`formerly`).

    `left_out` says, by a name that one may look for, what to take instead.
    """

    def __init__(self, types: Iterable[type[Node]], left_out: Mapping[str, str] | None = None) -> None:
        self.left_out = dict(left_out or {})
        ordered = sorted(types, key=lambda one: CATEGORIES.index(one.category))
        self._types = {one.__name__: one for one in ordered}
        self._former = {old: one for one in ordered for old in one.formerly}

    def __getitem__(self, name: str) -> type[Node]:
        found = self._types.get(name) or self._former.get(name)
        if found is None:
            raise UnknownNodeError(f"There is no node type {name!r}.")
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    def __contains__(self, name: object) -> bool:
        return name in self._types or name in self._former

    def by_category(self) -> dict[str, list[type[Node]]]:
        """Node types grouped for the palette; every category that has one."""
        groups: dict[str, list[type[Node]]] = {}
        for one in self._types.values():
            groups.setdefault(one.category, []).append(one)
        return groups

    def by_group(self, category: str) -> dict[str, list[type[Node]]]:
        """Node types of a category by their sub-heading, in the order of the catalogue; "" for those without."""
        groups: dict[str, list[type[Node]]] = {}
        for one in self.by_category().get(category, []):
            groups.setdefault(one.group, []).append(one)
        return groups

    def find(self, query: str) -> list[type[Node]]:
        """Node types that match `query` by name, synonym, torch class or help text, the best first."""
        wanted = query.casefold().strip()
        if not wanted:
            return list(self._types.values())
        scored = [(score, one) for one in self._types.values() if (score := _score(one, wanted))]
        return [one for _, one in sorted(scored, key=lambda pair: -pair[0])]

    def why_not(self, query: str) -> str:
        """What to say to whoever looks for something that was left out; "" for anything else."""
        wanted = query.strip().removeprefix("torch.").removeprefix("nn.").casefold()
        name = next((one for one in self.left_out if one.casefold() == wanted), "")
        return f"There is no {name} here. {self.left_out[name]}" if name else ""


def _score(one: type[Node], wanted: str) -> int:
    name = one.__name__.casefold()
    words = [word.casefold() for word in one.synonyms]
    if name == wanted:
        return 100
    if wanted in words:
        return 90
    if name.startswith(wanted):
        return 80
    if any(word.startswith(wanted) for word in words):
        return 70
    if wanted in name:
        return 60
    if _initials(one.__name__).startswith(wanted):
        return 50
    if any(wanted in word for word in words):
        return 40
    if one.category.casefold().startswith(wanted):
        return 30
    return 20 if len(wanted) > 3 and wanted in one.summary().casefold() else 0


def _initials(name: str) -> str:
    return "".join(letter for letter in name if letter.isupper() or letter.isdigit()).casefold()
