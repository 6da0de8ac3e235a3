"""From what torch or a node says about its inputs to a `Problem` with a place, a sentence and a fix."""

from __future__ import annotations

from collections.abc import Mapping

from neuralgraph.compiler.shapes import Memo, Outcome
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.edits import AddNode, Connect, Edit, Group, Move
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import fresh
from neuralgraph.spec import Catalog, Misfit, Node, Spec
from neuralgraph.validation.lens import digraph, downstream
from neuralgraph.validation.problem import Fix, Problem


def problem_of(
    graph: Graph,
    catalog: Catalog,
    id: str,
    inputs: Mapping[str, Spec],
    wires: Mapping[str, Edge],
    outcome: Outcome,
    waiting: tuple[str, ...],
) -> Problem:
    """The problem of a node whose call does not take its inputs."""
    kind = graph.nodes[id].type
    if outcome.misfit is None:
        return _refused(graph, id, kind, inputs, outcome.error, waiting)
    misfit = outcome.misfit
    port = misfit.port or next(iter(inputs), "")
    received = str(inputs[port]) if port in inputs else ""
    fixes = insertion(graph, catalog, wires[port], misfit) if misfit.insert and port in wires else ()
    but = f", but gets {received}" if received else ""
    return Problem(
        "shape_mismatch",
        "error",
        f"{id} expects {misfit.expected}{but}.",
        id,
        port or None,
        f"{kind} expects {misfit.expected}",
        misfit.hint,
        misfit.axes or misfit.expected,
        received,
        fixes,
        waiting,
    )


def _refused(
    graph: Graph,
    id: str,
    kind: str,
    inputs: Mapping[str, Spec],
    error: str,
    waiting: tuple[str, ...],
) -> Problem:
    received = ", ".join(f"{name}: {spec}" for name, spec in inputs.items())
    gets = f" that gets {received}" if received else ""
    return Problem(
        "shape_mismatch",
        "error",
        f"{id}{gets} cannot work: {error.rstrip('.')}.",
        id,
        next(iter(inputs), None),
        f"{kind} cannot take this",
        "Change its parameters or what is wired into it.",
        "",
        received,
        (),
        waiting,
    )


def insertion(graph: Graph, catalog: Catalog, edge: Edge, misfit: Misfit) -> tuple[Fix, ...]:
    """The fix that puts a node of the wanted type on the wire."""
    kind = misfit.insert
    if kind not in catalog:
        return ()
    new = fresh(graph, kind)
    start, end = graph.nodes[edge.source], graph.nodes[edge.target]
    x, y, aside = _between(graph, start, end)
    placed = Placed(new, kind, FrozenDict(misfit.params), x, y)
    edits: tuple[Edit, ...] = (
        *((Move(aside),) if aside else ()),
        AddNode(placed),
        Connect(Edge(edge.source, edge.output, new, catalog[kind].ports[0].name)),
        Connect(Edge(new, "out", edge.target, edge.input)),
    )
    return (Fix(f"Insert {kind}", Group(f"Insert {kind}", edits), kind),)


WIDE, HIGH, PITCH = 208.0, 160.0, 240.0
"""A card with the air around it, and how far cards stand apart."""


def _between(graph: Graph, start: Placed, end: Placed) -> tuple[float, float, tuple[tuple[str, float, float], ...]]:
    """Halfway where there is room, else where the end stands, which steps aside with all to its right.

    Where the wire runs backwards: right of the start, left of the end, or under the start. On top of nobody.
    """
    def free(x: float, y: float, without: frozenset[str] = frozenset()) -> bool:
        return all(abs(one.x - x) >= WIDE - 40 or abs(one.y - y) >= HIGH - 48
                   for one in graph.nodes.values() if one.id not in without)

    halfway = round((start.x + end.x) / 16) * 8.0, round((start.y + end.y) / 16) * 8.0
    if end.x - start.x >= 2 * WIDE and free(*halfway):
        return *halfway, ()
    if end.x > start.x:
        behind = {id for id, one in graph.nodes.items() if one.x >= end.x and abs(one.y - end.y) < HIGH} | {
            id for id in downstream(digraph(graph), (end.id,)) if graph.nodes[id].x >= end.x}
        x = max(end.x, start.x + PITCH) if end.x - start.x >= WIDE else start.x + PITCH
        if free(x, end.y, frozenset(behind)):
            step = x + PITCH - end.x
            return x, end.y, tuple((id, graph.nodes[id].x + step, graph.nodes[id].y) for id in sorted(behind))
    spots = [(start.x + PITCH, start.y), (end.x - PITCH, end.y)]
    spots += [(start.x, start.y + HIGH * rows) for rows in range(1, 8)]
    return *next((spot for spot in spots if free(*spot)), spots[0]), ()



def fits(memo: Memo, node: Node, specs: tuple[Spec, ...]) -> bool:
    """Whether a node takes these inputs."""
    outcome = memo.outcome(node, specs, ())
    return not outcome.wrong
