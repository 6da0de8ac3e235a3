"""A document read through a catalogue: node instances, ports that exist, which wire enters where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from neuralgraph.errors import ParameterError
from neuralgraph.graph.definitions import Modules, kind_of
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.spec import Catalog, Drawn, Node, Port


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no instance of a placed node."""

    code: str
    message: str
    parameter: str = ""


@lru_cache(maxsize=50_000)
def _instance(kind: type[Node], params: FrozenDict[object]) -> Node | Failure:
    try:
        return kind(**params)
    except ParameterError as error:
        return Failure("bad_parameter", str(error), error.parameter)


def instance(placed: Placed, catalog: Catalog, modules: Modules) -> Node | Failure:
    """The node type with its checked parameters, or why there is none. `modules` are the document's definitions."""
    if placed.type not in catalog:
        return Failure("unknown_type", f"This version has no node type {placed.type!r}; it is kept as it came.")
    kind = kind_of(placed, catalog, modules)
    if issubclass(kind, Drawn) and kind.interface is None and (name := placed.params.get("definition")):
        return Failure("no_module", f"There is no module {name!r} in this document.", "definition")
    try:
        return _instance(kind, _typed(placed.params))  # type: ignore[arg-type]  # classes are hashable
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return Failure("bad_parameter", f"{placed.name} has a number of thousands of digits.")


def _typed(params: FrozenDict[object]) -> FrozenDict[object]:
    # True == 1 == 1.0 for a cache: make values of different types different keys
    return _Typed(params) if params else params


class _Typed(FrozenDict[object]):
    __slots__ = ()

    def __hash__(self) -> int:
        return hash(repr(sorted(self._items.items())))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Typed) and repr(sorted(self._items.items())) == repr(sorted(other._items.items()))


def instances(graph: Graph, catalog: Catalog) -> dict[str, Node | Failure]:
    """Every placed node's instance or failure, by id."""
    return {id: instance(placed, catalog, graph.modules) for id, placed in graph.nodes.items()}


def incoming(graph: Graph) -> dict[str, dict[str, Edge]]:
    """For every node, the wires that enter it by input name."""
    found: dict[str, dict[str, Edge]] = {id: {} for id in graph.nodes}
    for edge in graph.edges.values():
        if edge.target in found:
            found[edge.target][edge.input] = edge
    return found


def port_of(node: Node, name: str) -> Port | None:
    """The declared port that an input name belongs to: `xs_2` belongs to `*xs`."""
    for port in node.ports:
        if port.name == name and not port.many:
            return port
        if port.many and re.fullmatch(re.escape(port.name) + r"_(0|[1-9]\d{0,5})", name):
            return port
    return None


def arguments(node: Node, wires: Mapping[str, Edge]) -> tuple[list[tuple[str, Edge | None]], dict[str, Edge]]:
    """What `call` gets: positional inputs in order (None = open), and the optional ones that are wired, by name."""
    positional: list[tuple[str, Edge | None]] = []
    optional: dict[str, Edge] = {}
    for port in node.ports:
        if port.many:
            names = [name for name in wires if (found := port_of(node, name)) is not None and found.name == port.name]
            positional.extend((name, wires[name]) for name in sorted(names, key=_index))
        elif port.optional:
            if port.name in wires:
                optional[port.name] = wires[port.name]
        else:
            positional.append((port.name, wires.get(port.name)))
    return positional, optional


def input_names(node: Node, wires: Mapping[str, Edge]) -> list[str]:
    """Every input port there is now, with the next free one of a port that takes many."""
    names: list[str] = []
    for port in node.ports:
        if not port.many:
            names.append(port.name)
            continue
        used = sorted(
            (n for n in wires if (found := port_of(node, n)) is not None and found.name == port.name), key=_index
        )
        names.extend(used)
        names.append(f"{port.name}_{_index(used[-1]) + 1 if used else 0}")
    return names


def node_in(graph: Graph, id: str, catalog: Catalog) -> Node | None:
    """A node's type with its parameters; None where it is not there, unknown, or a parameter is wrong."""
    found = instance(graph.nodes[id], catalog, graph.modules) if id in graph.nodes else None
    return found if isinstance(found, Node) else None


def ports_in(graph: Graph, id: str, catalog: Catalog) -> tuple[list[str], list[str]]:
    """The names of its inputs, with the next free one where it takes many, and of its outputs."""
    node = node_in(graph, id, catalog)
    if node is None:
        wires = list(graph.touching(id))
        return [e.input for e in wires if e.target == id], sorted({e.output for e in wires if e.source == id})
    return input_names(node, {edge.input: edge for edge in graph.into(id)}), list(node.outputs())


def _index(name: str) -> int:
    return int(name.rpartition("_")[2])
