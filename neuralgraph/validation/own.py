"""Rules on how things learn: what any node has, and what the plan names."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from neuralgraph.graph.edits import ChangeNode, SetPlan
from neuralgraph.graph.stages import ALL, Place, step_at, with_step
from neuralgraph.spec.learning import refusal
from neuralgraph.validation.problem import Fix, Problem

if TYPE_CHECKING:
    from neuralgraph.validation.view import View


def bad_learning(view: View) -> Iterator[Problem]:
    """A rate or a decay of its own that cannot be; one at a time, for the fix takes out that one."""
    for id, placed in view.graph.nodes.items():
        name, why = refusal(placed.learning)
        if why:
            reset = ChangeNode(replace(placed, learning=placed.learning.without(name)), f"Reset {name} of {id}")
            yield Problem("learning", "error", f"{id}: {why}.", id, None, f"It cannot learn with this {name[:40]}",
                          "Set another value in its properties.", fixes=(Fix(f"Reset {name[:40]}", reset),))


def plan_names(view: View) -> Iterator[Problem]:
    """Losses and nodes that the plan names, and that are not there."""
    plan = view.graph.plan
    losses = [id for id, _ in view.of_role("loss")]
    for number, stage in enumerate(plan.stages):
        for at in range(len(stage.steps)):
            place = Place(number, at)
            step = step_at(plan, place)
            where = f"Step {at + 1} of stage {number + 1} of the plan"
            for name in _missing(step.losses, losses) if losses else ():
                everything = with_step(plan, place, replace(step, losses=ALL))
                yield Problem("plan_names", "warning",
                              f"{where} learns from the loss «{name}», which is not there: no run can begin.", None,
                              None, "The plan names a loss that is not there", f"There are: {', '.join(losses)}.",
                              fixes=(Fix("Learn from all losses", SetPlan(everything)),))
            for name in _missing(step.nodes, view.graph.nodes):
                everything = with_step(plan, place, replace(step, nodes=ALL))
                yield Problem("plan_names", "warning", f"{where} moves the node «{name}», which is not there.", None,
                              None, "The plan names a node that is not there",
                              "Choose other nodes in the plan, or let it move all.",
                              fixes=(Fix("Move all nodes", SetPlan(everything)),))


def _missing(patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    """Patterns that match no name; of paths into modules, the module has to be there."""
    known = list(names)
    return [one for one in patterns if not fnmatch.filter(known, one.partition("/")[0]) and one not in known]
