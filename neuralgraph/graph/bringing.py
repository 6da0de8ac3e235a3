"""Definitions that come into a document from elsewhere: with a ready module, with what is pasted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.edits import Edit
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.module_edits import PutModule


def brought(graph: Graph, table: Mapping[str, Graph]) -> tuple[tuple[Edit, ...], dict[str, str]]:
    """What puts these definitions into a document, and what each is called there.

    A definition that is there already and computes the same is used as it is; another one of the same name is left
    alone, and the new one is put under a free name. `DocumentError` where one contains itself.
    """
    called: dict[str, str] = {}
    made: dict[str, Graph] = {}
    for old in _inner_first(table):
        definition = _titled(_referring(table[old], called), old)
        called[old] = new = _place_for(old, definition, {**graph.modules, **made})
        if new not in graph.modules:
            made[new] = _titled(definition, new)
    return tuple(PutModule(new, one, f"Add module {new}") for new, one in made.items()), called


def needed(nodes: Iterable[Placed], modules: Mapping[str, Graph]) -> dict[str, Graph]:
    """The definitions that nodes are copies of, and those that they use."""
    found: dict[str, Graph] = {}
    todo = sorted(_used(nodes))
    while todo:
        name = todo.pop()
        if name in modules and name not in found:
            found[name] = modules[name]
            todo += sorted(_used(found[name].nodes.values()) - found.keys())
    return found


def renamed(placed: Placed, called: Mapping[str, str]) -> Placed:
    """A copy of a definition that is called otherwise in another document."""
    old = placed.params.get("definition")
    if not isinstance(old, str) or called.get(old, old) == old:
        return placed
    return replace(placed, params=FrozenDict(placed.params.having(definition=called[old])))


def _used(nodes: Iterable[Placed]) -> set[str]:
    return {name for one in nodes if isinstance(name := one.params.get("definition"), str)}


def _titled(graph: Graph, title: str) -> Graph:
    return graph if graph.title == title else graph.having(title=title)


def _inner_first(table: Mapping[str, Graph]) -> Iterator[str]:
    """Every name after those that its definition uses."""
    waiting = {name: _used(one.nodes.values()) & table.keys() for name, one in table.items()}
    while waiting:
        ready = sorted(name for name, used in waiting.items() if not used & waiting.keys())
        if not ready:
            raise DocumentError(f"{min(waiting)} contains itself, so it has no end.")
        yield from ready
        for name in ready:
            del waiting[name]


def _referring(definition: Graph, called: Mapping[str, str]) -> Graph:
    """The definition with what it uses called as it is called in the document."""
    nodes = {id: renamed(one, called) for id, one in definition.nodes.items()}
    return definition if nodes == definition.nodes else definition.having(nodes=nodes)


def _place_for(name: str, definition: Graph, there: Mapping[str, Graph]) -> str:
    """The first of «name», «name 2», … that is free or computes the same."""
    new, number = name, 1
    while new in there and not there[new].computes(definition):
        number += 1
        new = f"{name} {number}"
    return new
