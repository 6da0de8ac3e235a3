"""Where the four equations of back-propagation apply: chains of Linear, elementwise activation and loss.

Nielsen, Neural Networks and Deep Learning, chapter 2: BP1 the error of the output layer, BP2 that of a hidden layer
from the one behind it, BP3 the gradient of the offsets, BP4 that of the weights.
"""

from __future__ import annotations

from dataclasses import dataclass

from neuralgraph.compiler.program import Program
from neuralgraph.graph.document import Edge

FORMULAS = {
    "BP1": "δ_L = {∂C} / {∂a_L} ⊙ σ'(z_L)",
    "BP2": "δ_l = (w_{l+1}^T δ_{l+1}) ⊙ σ'(z_l)",
    "BP3": "{∂C} / {∂b_l} = δ_l",
    "BP4": "{∂C} / {∂w_l} = δ_l a_{l-1}^T",
}
SAYS = {
    "BP1": "the error δ of the output layer",
    "BP2": "the error δ of a hidden layer, from that of the layer behind it",
    "BP3": "the gradient of the offsets is the error itself",
    "BP4": "the gradient of the weights is the error times what came in",
}
_MIXING = {"Softmax", "LogSoftmax", "Softmin", "GLU", "Softmax2d", "RReLU", "PReLU"}
"""Activations that look at several units at once, or learn: δ = … ⊙ σ'(z) is not true of them."""


@dataclass(frozen=True, slots=True)
class Layers:
    """The Linear nodes that the equations are about: `deltas` says for the wire that leaves each, by the node that it
    enters, which equation gives the derivative there; `linear` are the nodes of BP3 and BP4."""

    deltas: dict[str, str]
    linear: frozenset[str]


def layers(program: Program) -> Layers:
    """The chain that ends in each loss, as far as it is one."""
    graph, deltas, linear = program.graph, {}, set()
    for loss in program.losses:
        edge: Edge | None = program.inference.wires[loss].get("input")
        which, between = "BP1", ""
        while edge is not None:
            kind = graph.nodes[edge.source].type
            if kind == "Linear" and not graph.nodes[edge.source].bypassed:
                if program.inference.inputs[edge.source]["x"].rank == 2:
                    deltas[between or edge.target] = which
                    linear.add(edge.source)
                which, between = "BP2", ""
            elif elementwise(program, edge.source):
                between = "" if between else edge.source
                if not between:
                    break  # two activations one after the other: σ is both of them
            elif not _passes(program, edge.source):
                break
            wires = list(program.inference.wires[edge.source].values())
            alone = sum(one.source == edge.source for one in graph.edges.values()) == 1
            edge = wires[0] if len(wires) == 1 and (alone or which == "BP1") else None
    return Layers(deltas, frozenset(linear))


def elementwise(program: Program, id: str) -> bool:
    """An activation that treats every unit for itself."""
    node = program.node(id)
    return node.category == "Activations" and node.type not in _MIXING and not program.graph.nodes[id].bypassed


def _passes(program: Program, id: str) -> bool:
    node = program.node(id)
    return node.passes or node.type in ("Output", "Identity") or program.graph.nodes[id].bypassed
