"""The rules at every level of a document: in itself, and once in each module that it uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from neuralgraph.graph.document import Graph
from neuralgraph.graph.flatten import scope
from neuralgraph.graph.module_edits import Within
from neuralgraph.graph.reading import Failure, incoming, instances
from neuralgraph.spec import Catalog, Spec
from neuralgraph.validation.problem import Problem
from neuralgraph.validation.rules import INSIDE, RULES, check
from neuralgraph.validation.view import View

Specs = Mapping[str, Mapping[str, Spec]]


def check_levels(
    graph: Graph, catalog: Catalog, rooms: Mapping[str, str], broken: Mapping[str, tuple[str, str]], specs: Specs
) -> tuple[Problem, ...]:
    """Every problem that a rule finds, in the document and in each definition that is used, where it lies first.

    `rooms` are the definitions by the paths that they lie under, `broken` the modules that could not be laid out.
    """
    return tuple(_levels(graph, catalog, rooms, broken, specs))


def _levels(
    graph: Graph, catalog: Catalog, rooms: Mapping[str, str], broken: Mapping[str, tuple[str, str]], specs: Specs
) -> Iterator[Problem]:
    held: dict[str, dict[str, Mapping[str, Spec]]] = {}
    for id, outputs in specs.items() if rooms else ():
        room, _, own = id.rpartition("/")
        held.setdefault(room, {})[own] = outputs
    yield from check(_view(graph, catalog, "", broken, held.get("", {}) if rooms else specs), RULES)
    told: set[str] = set()
    for path, name in sorted(rooms.items()):
        if name in told or name not in graph.modules:
            continue
        told.add(name)
        for one in check(_view(scope(graph, name), catalog, path, broken, held.get(path, {})), INSIDE):
            yield placed_in(one, path, name)


def _view(
    graph: Graph, catalog: Catalog, path: str, broken: Mapping[str, tuple[str, str]], specs: Specs
) -> View:
    nodes = instances(graph, catalog)
    for id, (code, why) in broken.items():
        room, _, own = id.rpartition("/")
        if room == path and own in nodes:
            nodes[own] = Failure(code, why)
    return View(graph, catalog, nodes, incoming(graph), specs, path)


def placed_in(problem: Problem, path: str, module: str) -> Problem:
    """A problem found in a module, as the document tells it: its path, the module's name, fixes that go inside."""
    if not path:
        return problem
    fixes = tuple(replace(fix, edit=Within(module, fix.edit)) if fix.edit is not None else fix
                  for fix in problem.fixes)
    node = f"{path}/{problem.node}" if problem.node else path
    waiting = tuple(f"{path}/{one}" for one in problem.waiting)
    return replace(problem, node=node, message=f"In {module}: {problem.message}", fixes=fixes, waiting=waiting)
