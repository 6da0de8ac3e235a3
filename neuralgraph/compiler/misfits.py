"""From what torch or a node says about its inputs to a `Problem` with a place, a sentence and a fix."""

from __future__ import annotations

from collections.abc import Mapping

from neuralgraph.compiler.shapes import Memo, Outcome
from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.edits import AddNode, Connect, Group
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.ids import fresh
from neuralgraph.spec import Catalog, Misfit, Node, Spec
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
    x, y = _between(graph, start, end)
    placed = Placed(new, kind, FrozenDict(misfit.params), x, y)
    edits = (
        AddNode(placed),
        Connect(Edge(edge.source, edge.output, new, catalog[kind].ports[0].name)),
        Connect(Edge(new, "out", edge.target, edge.input)),
    )
    return (Fix(f"Insert {kind}", Group(f"Insert {kind}", edits), kind),)


def _between(graph: Graph, start: Placed, end: Placed) -> tuple[float, float]:
    """Halfway where there is room, else right of the start, left of the end, or under the start: on top of nobody."""
    wide, high = 200.0, 112.0  # a card and the air around it
    halfway = round((start.x + end.x) / 16) * 8.0, round((start.y + end.y) / 16) * 8.0
    spots = [(start.x + 240.0, start.y), (end.x - 240.0, end.y)]
    spots = [halfway, *spots] if end.x - start.x >= 2 * wide else spots
    spots += [(start.x, start.y + high * rows) for rows in range(1, 8)]

    def free(x: float, y: float) -> bool:
        return all(abs(one.x - x) >= wide - 40 or abs(one.y - y) >= high - 40 for one in graph.nodes.values())

    return next((spot for spot in spots if free(*spot)), spots[0])


def fits(memo: Memo, node: Node, specs: tuple[Spec, ...]) -> bool:
    """Whether a node takes these inputs."""
    outcome = memo.outcome(node, specs, ())
    return outcome.misfit is None and not outcome.error
