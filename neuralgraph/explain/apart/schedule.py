"""The same graph, declared first and then run, or run while it is drawn: what is left out, what could run at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import networkx as nx

from neuralgraph.compiler.program import Program
from neuralgraph.errors import UnknownNodeError
from neuralgraph.validation.lens import digraph


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the nodes are computed, by their paths.

    `dynamic` is the order of a graph that is built while it runs: every node, as soon as it is drawn and its inputs are
    there. `static` is that of a graph known before: only what `wanted` needs, in topological order; `dead` is what it
    leaves out. Nodes of one of the `levels` wait for nothing in it: they can run at the same time. `parallel` are the
    levels with more than one node.
    """

    wanted: tuple[str, ...]
    dynamic: tuple[str, ...]
    static: tuple[str, ...]
    dead: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]

    @property
    def parallel(self) -> tuple[tuple[str, ...], ...]:
        return tuple(one for one in self.levels if len(one) > 1)


def schedule(program: Program, wanted: Iterable[str] = ()) -> Schedule:
    """For these nodes: by default the losses, else what the network gives."""
    chosen = tuple(wanted) or program.losses or tuple(id for id, _ in program.outputs.values())
    strange = next((one for one in chosen if not program.holds(one)), None)
    if strange is not None:
        raise UnknownNodeError(f"There is no node {strange!r} to ask for.")
    lens = digraph(program.graph)
    drawn = {id: at for at, id in enumerate(program.graph.nodes)}
    known = set(program.inference.order)
    dynamic = tuple(id for id in nx.lexicographical_topological_sort(lens, key=lambda id: f"{drawn[id]:09d}")
                    if id in known and not program.node(id).passes)
    needed = set(program.path(chosen))
    levels: dict[str, int] = {}
    for id in program.inference.order:
        before = [levels[edge.source] for edge in program.graph.into(id) if edge.source in levels]
        own = 0 if program.node(id).passes else 1  # a bead takes no time
        levels[id] = max(before, default=-1 if own else 0) + own
    static = tuple(id for id in program.inference.order if id in needed and not program.node(id).passes)
    groups: dict[int, list[str]] = {}
    for id in static:
        groups.setdefault(levels[id], []).append(id)
    return Schedule(chosen, dynamic, static, tuple(id for id in dynamic if id not in needed),
                    tuple(tuple(groups[at]) for at in sorted(groups)))
