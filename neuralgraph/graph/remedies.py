"""What can be done about a run that fails or learns badly: small values, and the edit of the plan that each one is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from neuralgraph.graph.document import Edge, Graph
from neuralgraph.graph.edits import Connect, Edit
from neuralgraph.graph.plan import Plan, Step

Kind = Literal["rate", "clip", "batch", "best", "back", "insert", "bypass"]


@dataclass(frozen=True, slots=True)
class Remedy:
    """A way out, as a button says it (`label`) and as a sentence for a terminal or a script (`advice`).

    `value` is, by kind: "rate" by what the rates of all steps are multiplied, "clip" the largest gradient norm, "batch"
    the rows of a batch, "best" the patience in epochs. "back" changes nothing: the run goes on from where it stood.
    "insert" puts a node where it helps, "bypass" wires past one that harms: `edit` does it.
    """

    kind: Kind
    label: str
    advice: str
    value: float = 0.0
    edit: Edit | None = None


def slower(plan: Plan, rate: float | None = None) -> Remedy:
    """A tenth of the rate; `rate` is the present one where it is not that of the plan."""
    now = plan.optimizer.lr if rate is None else rate
    return Remedy("rate", f"Learning rate ÷ 10: {now / 10:g}",
                  f"lower the learning rate to {now / 10:g} (--lr {now / 10:g})", 0.1)


def clipped(norm: float = 1.0) -> Remedy:
    return Remedy("clip", f"Clip the gradient at {norm:g}", f"clip the gradient norm at {norm:g} (clip={norm:g} in a "
                  "script, «clip norm» in the plan)", norm)


def smaller(plan: Plan, rows: int) -> Remedy | None:
    """Half a batch, of `rows` rows at present; None where there is nothing to halve."""
    size = (rows if plan.full_batch else min(plan.batch_size, rows)) // 2
    if size < 1:
        return None
    return Remedy("batch", f"Batches of {size}", f"learn batches of {size} rows (--batch-size {size})", size)


def kept_best(patience: int = 5) -> Remedy:
    return Remedy("best", "Keep the best weights", f"keep the best weights and stop after {patience} epochs without a "
                  f"better one (best=True, patience={patience} in a script, «keep the best» in the plan)", patience)


def back(step: int) -> Remedy:
    """Nothing else: from the last good snapshot on."""
    return Remedy("back", "Go on from before", f"go on from step {step:,}, where all was well (--resume)")


def past(graph: Graph, id: str, type: str) -> Remedy | None:
    """Wire what goes into the node of this type before `id` straight into `id`; None where no such node is there."""
    edge = next((one for one in graph.into(id) if one.input == "input"), None)
    before = graph.nodes.get(edge.source) if edge is not None else None
    above = next(graph.into(before.id), None) if before is not None else None
    if before is None or above is None or before.type != type:
        return None
    wire = Connect(Edge(above.source, above.output, id, "input"))
    return Remedy("bypass", f"Bypass {before.id}", f"wire what goes into {before.id} straight into {id}", edit=wire)


def treated(plan: Plan, remedy: Remedy) -> Plan:
    """The plan with the remedy in it: every stage, every step. The same plan where it changes nothing."""
    match remedy.kind:
        case "rate":
            return _stepwise(plan, lambda one: replace(
                one, optimizer=replace(one.optimizer, lr=_rounded(one.optimizer.lr * remedy.value))))
        case "clip":
            return _stepwise(plan, lambda one: replace(
                one, clip=remedy.value if one.clip is None else min(one.clip, remedy.value)))
        case "batch":
            return replace(plan, batch_size=int(remedy.value), full_batch=False)
        case "best":
            return replace(plan, stop=replace(plan.stop, best=True, patience=int(remedy.value)))
        case "back" | "insert" | "bypass":
            return plan


def _stepwise(plan: Plan, change: Callable[[Step], Step]) -> Plan:
    return replace(plan, stages=tuple(
        replace(stage, steps=tuple(change(one) for one in stage.steps)) for stage in plan.stages))


def _rounded(rate: float) -> float:
    """0.0001, not 0.00010000000000000002."""
    return float(f"{rate:.12g}")
