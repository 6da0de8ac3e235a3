"""Between the graph that is compiled and the rooms in which it was drawn: names, problems and fixes carried over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import ChangeNode, Edit
from neuralgraph.graph.flatten import Flat, scope
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.spec import Spec
from neuralgraph.validation.analysis import Figures
from neuralgraph.validation.levels import placed_in
from neuralgraph.validation.problem import Fix, Problem

if TYPE_CHECKING:
    from neuralgraph.compiler.infer import Inference

Specs = Mapping[str, Mapping[str, Spec]]


def repeats(graph: Graph, flat: Flat, specs: Specs) -> Iterator[Problem]:
    """Modules that are repeated and give something else than they take."""
    for path, copy in flat.copies.items():
        if len(copy.turns) == 1:
            continue
        for exit, entry in zip(copy.interface.exits, copy.interface.entries, strict=False):
            takes = specs.get(f"{copy.turns[0]}/{entry.id}", {}).get("out")
            gives = specs.get(f"{copy.turns[0]}/{exit.id}", {}).get("out")
            if takes is None or gives is None or (takes.shape, takes.dtype) == (gives.shape, gives.dtype):
                continue
            room, own = flat.origin(path)
            home = scope(graph, flat.rooms[room]) if room else graph
            placed = home.nodes[own]
            once: Edit = ChangeNode(
                replace(placed, params=FrozenDict(placed.params.having(repeat=1))), f"Run {own} once")
            problem = Problem(
                "repeat_mismatch", "error",
                f"{own} runs {len(copy.turns)} times in a row, but takes {takes} at {entry.name} and gives {gives} at "
                f"{exit.name}: the next turn cannot take that.",
                own, entry.name, "What it gives does not fit what it takes",
                f"Make its inside end with {takes}, or let it run once.", str(takes), str(gives),
                (Fix("Run once", once),))
            yield placed_in(problem, room, flat.rooms.get(room, ""))
            break


@dataclass(frozen=True)
class Known:
    """What is known of every wire and node, in the graph that is compiled and in what was drawn."""

    specs: dict[str, dict[str, Spec]] = field(default_factory=dict)
    inputs: dict[str, dict[str, Spec]] = field(default_factory=dict)
    figures: dict[str, Figures] = field(default_factory=dict)


def everywhere(found: Inference) -> Known:
    """All of it by path: nodes laid out, modules as seen from outside, the inside of those that run by themselves."""
    known = Known()
    todo = [("", found)]
    while todo:
        before, here = todo.pop()
        for path, inside in here.within.items():
            todo.append((f"{before}{path}/", inside))
        _add(known, before, here)
    return known


def _add(known: Known, before: str, here: Inference) -> None:
    flat = here.flat
    known.specs.update((before + id, one) for id, one in here.specs.items())
    known.inputs.update((before + id, one) for id, one in here.inputs.items())
    known.figures.update((before + id, one) for id, one in here.figures.items())
    for path, copy in flat.copies.items():
        gives = {name: here.specs[bead]["out"] for name, bead in flat.doors(path).items()
                 if "out" in here.specs.get(bead, {})}
        takes = {door.name: here.specs[bead]["out"] for door in copy.interface.entries
                 if "out" in here.specs.get(bead := f"{copy.turns[0]}/{door.id}", {})}
        if gives:
            known.specs[before + path] = gives
        known.inputs[before + path] = takes
    known.figures.update((before + path, one) for path, one in _sums(flat, here.figures).items())


def _sums(flat: Flat, figures: Mapping[str, Figures]) -> dict[str, Figures]:
    """What modules cost: all that is laid out under them."""
    found = dict.fromkeys(flat.copies, Figures())
    for id, one in figures.items() if found else ():
        path = id.rpartition("/")[0]
        while path:
            if path in found:
                old = found[path]
                found[path] = Figures(
                    old.parameters + one.parameters, old.parameter_bytes + one.parameter_bytes,
                    old.activation_bytes + one.activation_bytes)
            path = path.rpartition("/")[0]
    return found


def rooms(found: Inference) -> dict[str, str]:
    """The definition that lies under each path one can enter: a module, a turn of one, a node that runs one."""
    known: dict[str, str] = {}
    todo = [("", found)]
    while todo:
        before, here = todo.pop()
        known.update((before + path, name) for path, name in here.flat.rooms.items())
        for path, inside in here.within.items():
            known[before + path] = str(here.graph.nodes[path].params.get("definition"))
            todo.append((f"{before}{path}/", inside))
    return known
