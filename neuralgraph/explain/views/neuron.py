"""One unit beside the nerve cell that it is named after."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.explain.views.inside import inputs, kind_of, without_values
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Cell, Shown
from neuralgraph.spec import Node, param

Array = NDArray[Any]
DENDRITES = 10
"""Of more inputs those are drawn that bring the most."""


class Neuron(View):
    """One unit as a nerve cell: what comes in along each dendrite, the sum in the soma, what leaves along the axon.

    A line is as thick as input times weight. Positive ones excite (arrow), negative ones inhibit (bar at the end), as
    synapses do. What the activation makes of the sum stands at the right. A nerve cell does not send a number but
    spikes: below it fires at every step with a chance of σ(sum), so that its rate is what a sigmoid unit says.
    """

    title = "Neuron and nerve cell"
    group = "Activations"
    icon = "brain"
    unit: int = param(0, "Which unit.", min=0)
    row: int = param(0, "Which row comes in, where a Constant gives several; 0: that with the number of the sample.",
                     min=0)
    steps: int = param(60, "So many steps it may fire.", min=1, max=100_000)
    seed: int = param(0, "The same seed fires at the same steps.", min=0, max=2**31 - 1)

    @classmethod
    def fits(cls, at: At) -> str:
        node = kind_of(at)
        weight = at.parameters.get("weight")
        if node is None or node.type != "Linear" or weight is None:
            return "Only a Linear has units that add up weighted inputs, one by one."
        if at.program.inference.specs[at.node]["out"].rank != 2:
            return "It answers at several places of each sample; a nerve cell has one answer."
        return without_values(at)

    def look(self, at: At) -> Shown:
        rows = np.asarray(next(iter(inputs(at, at.sample).values())), float)
        row = min(self.row - 1 if self.row else at.place, len(rows) - 1)
        x = rows[row]
        weight = at.weights["weight"].astype(float)
        unit = min(self.unit, len(weight) - 1)
        bias = float(at.weights["bias"][unit]) if "bias" in at.weights else 0.0
        products = weight[unit] * x
        total = float(products.sum() + bias)
        function, value = self._activated(at, unit, row, total)
        kept, rest = np.arange(len(x)), None
        if len(x) > DENDRITES:
            kept = np.sort(np.argsort(-np.abs(products), kind="stable")[:DENDRITES - 1])
            rest = (f"{len(x) - len(kept):,} others", float(products.sum() - products[kept].sum()))
        chance = 1 / (1 + np.exp(-np.clip(total, -700, 700)))
        spikes = np.random.default_rng(self.seed).random(self.steps) < chance
        names = _names(at, len(x))
        title = f"Unit {unit} of {at.node}" + ("" if len(weight) > self.unit else f" (there is no unit {self.unit})")
        return Cell(tuple(names[n] for n in kept), x[kept], weight[unit][kept], bias, total, function, value, spikes,
                    float(chance), rest, title=title, note="Arrow: excites. Bar: inhibits. As thick as input × weight.")

    def _activated(self, at: At, unit: int, row: int, total: float) -> tuple[str, float]:
        """What the activation that follows makes of the sum; the sum itself where none does."""
        for id, wires in at.program.inference.wires.items():
            node = at.program.inference.nodes.get(id)
            if any(edge.source == at.node for edge in wires.values()) and isinstance(node, Node) and (
                    node.category == "Activations" and len(wires) == 1):
                found = next(iter(at.values(at.sample, [id])[id].values()))
                return node.type, float(found[min(row, len(found) - 1)].reshape(-1)[unit])
        return "no activation", total


def _names(at: At, count: int) -> tuple[str, ...]:
    """The features, where the data come in directly; else the numbers of the inputs."""
    wires = at.program.inference.wires[at.node]
    source = at.program.inference.nodes.get(next(iter(wires.values())).source)
    features = at.rows.features if at.rows is not None else ()
    direct = isinstance(source, Node) and (source.role == "source" or source.type in ("Standardize", "MinMax"))
    return features if direct and len(features) == count else tuple(f"x{n + 1}" for n in range(count))
