"""Module definitions as node types: ports from their doors, parameters from what they expose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from neuralgraph.errors import NeuralGraphError
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.spec import Catalog, Door, Drawn, Interface, Node, Param
from neuralgraph.spec.drawn import exposable, fitted

Modules = Mapping[str, Graph]
NONE: Modules = {}
DEEPEST = 40
"""How deep modules may be nested."""


class Same:
    """A value compared by identity, so that what is derived from it can be remembered."""

    __slots__ = ("it",)

    def __init__(self, it: Any) -> None:
        self.it = it

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.it is self.it


def type_of(placed: Placed, catalog: Catalog) -> type[Node] | None:
    """The node type in the catalogue; None where this version does not know it."""
    return catalog[placed.type] if placed.type in catalog else None  # noqa: SIM401  (a former name is found too)


def kind_of(placed: Placed, catalog: Catalog, modules: Modules) -> type[Node]:
    """The node type of a placed node: that of the catalogue, with the ports of its definition where it has one."""
    kind = catalog[placed.type]
    name = placed.params.get("definition")
    if issubclass(kind, Drawn) and isinstance(name, str) and name in modules:
        return fitted_kind(kind, name, catalog, modules)
    return kind


def fitted_kind(kind: type[Drawn], name: str, catalog: Catalog, modules: Modules) -> type[Drawn]:
    """The node type of a copy of the definition `name`, which is there."""
    known = remembered(catalog, modules)
    if (kind, name) not in known:
        known[kind, name] = _fitted(kind, name, catalog, modules)
    made: type[Drawn] = known[kind, name]
    return made


def remembered(catalog: Catalog, modules: Modules) -> dict[Any, Any]:
    """What was derived from a table of definitions; it goes when other tables were asked about since."""
    found: dict[Any, Any] = _remembered(Same(catalog), Same(modules))
    return found


@lru_cache(maxsize=16)
def _remembered(catalog: Same, modules: Same) -> dict[Any, Any]:
    return {}


def _fitted(kind: type[Drawn], name: str, catalog: Catalog, modules: Modules) -> type[Drawn]:
    from neuralgraph.graph.flatten import inside

    found = interface_of(name, catalog, modules)
    if kind.runs:
        found = replace(found, inside=inside(name, catalog, modules))
    kinds: Any = kind  # classes are hashable
    return fitted(kinds, found)


def interface_of(name: str, catalog: Catalog, modules: Modules) -> Interface:
    """What the definition `name` of a table shows; looked at once, however many copies there are."""
    known = remembered(catalog, modules)
    if ("interface", name) not in known:
        known["interface", name] = interface(name, modules[name], catalog, modules)
    found: Interface = known["interface", name]
    return found


def interface(name: str, definition: Graph, catalog: Catalog, modules: Modules = NONE) -> Interface:
    """Entries and exits from top to bottom, and the parameters that are exposed."""
    entries, exits = doors(definition, catalog, "in"), doors(definition, catalog, "out")
    shown = [_exposed(one, targets, definition, catalog, modules)
             for one, targets in definition.exposed.items() if not exposable(one)]
    return Interface(name, entries, exits, tuple(one for one in shown if one is not None))


def doors(definition: Graph, catalog: Catalog, way: str) -> tuple[Door, ...]:
    """The entries ("in") or exits ("out") of a definition, from top to bottom; of two with one name the first."""
    found: dict[str, Door] = {}
    for placed in sorted(definition.nodes.values(), key=lambda one: (one.y, one.x, one.id)):
        if placed.type not in catalog or catalog[placed.type].door != way:
            continue
        try:
            node = catalog[placed.type](**placed.params)
        except NeuralGraphError:
            node = catalog[placed.type]()
        name = node.door_name(placed.id)
        found.setdefault(name, Door(name, placed.id, node, placed.title))
    return tuple(found.values())


def set_outside(definition: Graph, placed: Placed) -> dict[tuple[str, ...], Any]:
    """The parameters inside that a copy sets, by node and parameter."""
    return {tuple(target.rsplit(".", 1)): placed.params[one] for one, targets in definition.exposed.items()
            if one in placed.params for target in targets if "." in target}


def _exposed(
    name: str, targets: tuple[str, ...], definition: Graph, catalog: Catalog, modules: Modules
) -> Param | None:
    """The declaration of an exposed parameter: that of the first target that is there, with the value that it has."""
    for id, parameter in (one.rsplit(".", 1) for one in targets if "." in one):
        placed = definition.nodes.get(id)
        if placed is None or placed.type not in catalog:
            continue
        declared = _params(placed, catalog, modules).get(parameter)
        if declared is None:
            continue
        given = placed.params.get(parameter, declared.default)
        try:
            return replace(declared, name=name, default=declared.check(given), row=declared.row and name, axis=None)
        except NeuralGraphError:
            return replace(declared, name=name)
    return None


def _params(placed: Placed, catalog: Catalog, modules: Modules) -> Mapping[str, Param]:
    from neuralgraph.graph.flatten import loops

    kind: type[Node] = catalog[placed.type]
    inner = placed.params.get("definition")
    if not issubclass(kind, Drawn) or not isinstance(inner, str) or inner not in modules:
        return kind.params
    if loops(catalog, modules)[inner]:
        return kind.params
    return {**kind.params, **{one.name: one for one in interface_of(inner, catalog, modules).exposed}}


def uses(graph: Graph, catalog: Catalog) -> set[str]:
    """The names of the definitions that nodes of a graph are copies of."""
    return {name for one in graph.nodes.values() if isinstance(name := one.params.get("definition"), str)
            and one.type in catalog and issubclass(catalog[one.type], Drawn)}
