"""What of a document may change while a run goes on, and whether anything else did."""

from __future__ import annotations

from dataclasses import replace

from neuralgraph.graph.document import Edge, Graph, Placed
from neuralgraph.graph.flatten import flatten
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.graph.reading import instances
from neuralgraph.spec import Catalog, Node


def levers(graph: Graph, catalog: Catalog) -> dict[str, float]:
    """Everything that may be changed while a run goes on, as the document has it: `lr`, `batch_size`, `dropout_1.p`."""
    optimizer, step = graph.plan.optimizer, graph.plan.stages[0].steps[0]
    found = {"lr": optimizer.lr, "l1": step.l1, "batch_size": float(graph.plan.batch_size)}
    options = optimizer.options
    found |= {name: float(options[name]) for name in ("momentum", "weight_decay") if name in options}
    for path, node in instances(flatten(graph, catalog).graph, catalog).items():
        if isinstance(node, Node):
            found |= {f"{path}.{name}": float(node.values[name]) for name, one in node.params.items() if one.live}
    return found


def another(learned: Graph, now: Graph, catalog: Catalog) -> bool:
    """`now` computes otherwise than `learned`, levers aside."""
    return not learned.computes(now) and _fixed(learned, catalog) != _fixed(now, catalog)


def _fixed(graph: Graph, catalog: Catalog) -> tuple[dict[str, Placed], dict[tuple[str, str], Edge]]:
    """Nodes and wires, laid out, without words, places and levers: equal where the same is learned."""
    flat = flatten(graph, catalog).graph
    nodes = {}
    for id, placed in flat.nodes.items():
        kind = catalog.get(placed.type)
        live = [name for name, one in kind.params.items() if one.live] if kind is not None else []
        kept = {name: value for name, value in placed.params.items() if name not in live}
        nodes[id] = replace(placed.bare, params=FrozenDict(kept))
    return nodes, dict(flat.edges)


CALLED = {"lr": "learning rate", "weight_decay": "weight decay", "batch_size": "batch size"}


def called(name: str) -> str:
    """A lever in plain words, as the plan calls it."""
    return CALLED.get(name, name)
