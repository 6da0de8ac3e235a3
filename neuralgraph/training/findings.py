"""What was found, in words: where, why, with which numbers, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralgraph.compiler.misfits import insertion
from neuralgraph.graph.remedies import Remedy, back, clipped, slower
from neuralgraph.nodes import CATALOG
from neuralgraph.spec import Misfit
from neuralgraph.training.causes import Cause
from neuralgraph.training.examination import Finding
from neuralgraph.training.faults import BACK, NotFinite

if TYPE_CHECKING:
    from neuralgraph.training.learner import Learner
    from neuralgraph.training.loop import Loop

GROWN = 100.0
"""Times as large as in the last good snapshot: weights that have grown like this have left all bounds."""


def said(loop: Loop, finding: Finding, learner: Learner, step: int) -> NotFinite:
    """The failure that a finding in batch `step` is."""
    node, cause = finding.node, finding.cause
    grown = _grown(loop) if cause.kind in ("overflow", "rate") else None
    ways = (slower(loop.plan, learner.lr), *(() if learner.clip is not None and learner.clip <= 1 else (clipped(),)),
            back(loop.safety.step))
    if grown is not None or cause.kind == "rate":
        name, now, was = grown or (f"{node}.{finding.tensor}", float("inf"), 0.0)
        owner = str(loop.program.owner(name))
        more = f", from {was:.3g} to {now:.3g} since step {loop.safety.step:,}" if grown else ""
        why = f"the output of {node} is more than the largest number there is" if grown else cause.words
        return NotFinite(
            f"At step {step} the weights {name} grew beyond all numbers{more}: {why}.",
            f"Try a learning rate of {learner.lr / 10:g} instead of {learner.lr:g}, or clip the gradient. {BACK}",
            owner, finding.tensor if owner == node else name.rpartition(".")[2], "rate", ways, step)
    much = "" if cause.kind in ("domain", "zero") else f" ({finding.counted})"
    if finding.tensor == "gradient":
        message = f"At step {step} the gradient through {node} stopped being finite numbers{much}: {cause.words}."
        hint = f"Keep what goes into {node} away from where it is infinitely steep." if cause.kind == "zero" else (
            "Clip the gradient, or learn more slowly.")
    else:
        message = f"At step {step} the output of {node} stopped being finite numbers{much}: {cause.words}."
        hint = _hint(node, cause)
    return NotFinite(message, f"{hint} {BACK}", node, finding.tensor, cause.kind,
                     (*_limits(loop.program, node, cause), *ways), step)


def _hint(node: str, cause: Cause) -> str:
    match cause.kind:
        case "domain" | "zero":
            return f"Keep what goes into {node} where it has a value, with a Clamp before it or by smaller steps."
        case "overflow":
            return "Keep the numbers small: standardise the data, or learn more slowly."
        case "data":
            return "Mend the data, or leave these rows out."
    return f"Look at what goes into {node}: it may have met a number it cannot take."


def _grown(loop: Loop) -> tuple[str, float, float] | None:
    """The weight that has grown most since the last good snapshot, to what and from what."""
    best: tuple[float, str, float, float] | None = None
    for name, one in loop.program.root.named_parameters():
        was = loop.safety.weights.get(name)
        if was is None or not one.numel():
            continue
        now, before = float(one.detach().abs().max()), float(was.abs().max())
        now = float("inf") if now != now else now
        times = now / max(before, 1e-12)
        if times >= GROWN and now > 1e3 and (best is None or times > best[0]):
            best = times, name, now, before
    return best[1:] if best is not None else None


def _limits(program: Any, node: str, cause: Cause) -> tuple[Remedy, ...]:
    """A Clamp on the wire, where the node lies in the document itself."""
    graph = program.document
    if cause.limits is None or node not in graph.nodes:
        return ()
    edge = next(iter(sorted(graph.into(node), key=lambda one: one.input)), None)
    if edge is None:
        return ()
    low, high = cause.limits
    fixes = insertion(graph, CATALOG, edge, Misfit("", insert="Clamp", params={"min": low, "max": high}))
    advice = f"put a Clamp from {low:g} to {high:g} before {node}"
    return tuple(Remedy("insert", f"Clamp before {node}", advice, edit=one.edit) for one in fixes)
