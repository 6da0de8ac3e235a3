"""A network as a table: what each node gives and costs."""

from __future__ import annotations

from typing import Any

from neuralgraph.compiler.budget import budget, size
from neuralgraph.compiler.flops import flops
from neuralgraph.explain.views.view import At, View
from neuralgraph.figures.shown import Shown, Table
from neuralgraph.spec import Node, param


class NodeTable(View):
    """What each node gives and costs: output shape, parameters, operations and memory for one row.

    The row with the most parameters stands out. Convolutions have few parameters and many operations, fully connected
    layers the other way round. An addition and a multiplication count as two operations (FLOPs).
    """

    scope = "network"
    title = "Parameters and memory"
    group = "Network"
    icon = "table-large"
    sort: str = param("order", "In the order of computing, or the largest first.",
                      choices=("order", "parameters", "operations", "memory"))

    @classmethod
    def fits(cls, at: At) -> str:
        return "" if at.program.inference.figures else "There is nothing here that computes."

    def look(self, at: At) -> Shown:
        found, plan = at.program.inference, at.program.graph.plan
        rows: list[tuple[Any, ...]] = []
        for id in found.order:
            node, specs = found.nodes[id], found.specs.get(id, {})
            if not isinstance(node, Node) or not specs or (node.passes and "/" in id):
                continue
            cost = found.figures.get(id)
            work = flops(node, tuple(found.inputs.get(id, {}).items())) if id in found.calls else 0
            rows.append((id, node.type, str(next(iter(specs.values()))), cost.parameters if cost else 0, work,
                         cost.activation_bytes if cost else 0))
        column = {"order": None, "parameters": 3, "operations": 4, "memory": 5}[self.sort]
        if column is not None:
            rows.sort(key=lambda row: -int(row[column]))
        most = max((row[3] for row in rows), default=0)
        need = budget(found.figures, plan)
        total = tuple(sum(row[n] for row in rows) for n in (3, 4, 5))
        note = (f"Training takes about {size(need.total)} with batches of {plan.batch_size:,} and "
                f"{plan.optimizer.name}: weights {size(need.weights)}, gradients {size(need.gradients)}, optimiser "
                f"{size(need.optimizer)}, activations {size(need.activations)}.")
        return Table(("node", "type", "output", "parameters", "operations", "memory"),
                     tuple((*row[:5], size(row[5])) for row in rows),
                     total=("in all", "", "", *total[:2], size(total[2])),
                     marked=frozenset(n for n, row in enumerate(rows) if most and row[3] == most),
                     title="Parameters and memory", note=note)


STRUCTURE: tuple[type[View], ...] = (NodeTable,)
