"""Which rows of numbers are pictures laid flat: found from where they come from, and where they go."""

from __future__ import annotations

from neuralgraph.data.cards import bitmap
from neuralgraph.explain.views.view import At
from neuralgraph.nodes.energy import ENERGY_OF_ROWS
from neuralgraph.spec import Node

IN_PLACE = ("Flatten", "Standardize", "MinMax", "Dropout", "Identity", "Output", "Cast", "Clamp", "Add", "Sub", "Mul",
            "Div", "Neg", "Sign", "Where", "Bernoulli")
"""Besides activations: what leaves every number in its place."""

Size = tuple[int, int]


def sides(at: At, node: str, output: str = "") -> Size | None:
    """Height and width of the pictures that an output holds row by row; None where it holds none.

    Those of data are known by the names of the pixels or the shape of the source; units of a network with an energy
    stand for the pixels of what it is given, and of what the one is given that it shares its weights with; a Constant
    for those of what it is wired to.
    """
    return _sides(at, node, output or next(iter(at.program.inference.specs.get(node, {"": None})), ""), set())


def _sides(at: At, id: str, output: str, seen: set[str]) -> Size | None:
    program = at.program
    node, spec = program.inference.nodes.get(id), program.inference.specs.get(id, {}).get(output)
    if id in seen or not isinstance(node, Node) or spec is None:
        return None
    seen.add(id)
    if node.role == "source":
        return _of_data(at, id, output)
    wires = program.inference.wires.get(id, {})
    if node.type in ENERGY_OF_ROWS:
        return _of_energy(at, id, seen) if output in ENERGY_OF_ROWS[node.type] else None
    if node.type == "Constant":
        return _of_constant(at, id, seen) if spec.rank == 2 else None
    if node.type in IN_PLACE or node.passes or node.category == "Activations":
        found = (_sides(at, edge.source, edge.output, seen) for edge in wires.values())
        return next((one for one in found if one is not None and one[0] * one[1] == spec.shape[-1]), None)
    return None


def _of_data(at: At, id: str, output: str) -> Size | None:
    key = next((key for key, (source, name, _) in at.program.sources.items() if (source, name) == (id, output)), "")
    if at.rows is None or key not in at.rows.arrays or output == "y":
        return None
    shape = tuple(at.rows.arrays[key].shape[1:])
    if len(shape) == 1:
        size = bitmap(at.rows.features)
        return size if size is not None and size[0] * size[1] == shape[0] else None
    if len(shape) == 3 and shape[0] == 1:
        return int(shape[1]), int(shape[2])
    series = len(shape) == 2 and len(at.rows.features) == shape[1]
    return (int(shape[0]), int(shape[1])) if len(shape) == 2 and min(shape) > 1 and not series else None


def _of_energy(at: At, id: str, seen: set[str]) -> Size | None:
    """By what it is given, or what any node is given that has the same weights."""
    graph, wires = at.program.graph, at.program.inference.wires
    owner = graph.nodes[id].shares or id
    for one in (id, *(other for other, placed in graph.nodes.items() if owner in (other, placed.shares))):
        edge = wires.get(one, {}).get("x")
        found = _sides(at, edge.source, edge.output, seen) if edge is not None else None
        if found is not None:
            return found
    return None


def _of_constant(at: At, id: str, seen: set[str]) -> Size | None:
    for target, wires in at.program.inference.wires.items():
        node = at.program.inference.nodes.get(target)
        for port, edge in wires.items():
            if edge.source == id and isinstance(node, Node) and node.type in ENERGY_OF_ROWS and port == "x":
                found = _of_energy(at, target, seen)
                if found is not None:
                    return found
    return None
