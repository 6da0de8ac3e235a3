"""Whether what a lesson asks for has come about: from figures of the run, the document, and the selection."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neuralgraph.graph.document import Graph
from neuralgraph.graph.plan import Plan
from neuralgraph.lessons.lesson import Check
from neuralgraph.spec import Catalog
from neuralgraph.spec.initial import OWN

COMPARED = {"<": operator.lt, "<=": operator.le, "=": operator.eq, ">=": operator.ge, ">": operator.gt}


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions are held against. `figures` are those of the last epoch or batch, `epochs` and `steps` among
    them; `errors` is None while the document is being checked."""

    graph: Graph
    catalog: Catalog
    figures: Mapping[str, float] = field(default_factory=dict)
    selected: tuple[str, ...] = ()
    errors: int | None = None


def met(check: Check, facts: Facts) -> bool:
    """Whether a condition holds. What cannot be known yet does not."""
    what, value, graph, figures = check.what, check.value, facts.graph, facts.figures
    if what == "selected":
        return value in facts.selected
    if what == "graph":
        return facts.errors == 0 if value == "sound" else bool(facts.errors)
    if what.startswith("count "):
        kind = what.removeprefix("count ")
        return _holds(check, sum(one.type == kind for one in graph.nodes.values()))
    node, dot, name = what.partition(".")
    if dot:
        found = _planned(graph.plan, name) if node == "plan" else _param(facts, node, name)
        return found is not None and _holds(check, found)
    return what in figures and _holds(check, figures[what])


def _holds(check: Check, found: Any) -> bool:
    if isinstance(found, bool):
        return check.value.lower() in (("yes", "true", "on") if found else ("no", "false", "off"))
    if isinstance(found, (int, float)):
        try:
            return bool(COMPARED["=" if check.by == "is" else check.by](found, float(check.value)))
        except ValueError:
            return False
    return str(found) == check.value


def _param(facts: Facts, node: str, name: str) -> Any:
    placed = facts.graph.nodes.get(node)
    if placed is None:
        return None
    if name in ("frozen", "bypassed", "type"):
        return getattr(placed, name)
    if name == "initial":
        return str(placed.initialiser.get("weight", OWN))
    declared = facts.catalog[placed.type].params.get(name) if placed.type in facts.catalog else None
    return placed.params.get(name, declared.default if declared is not None else None)


def _planned(plan: Plan, name: str) -> Any:
    """A setting of the plan, by the name that `graph.planning.planned` takes; None for one that is not there."""
    stage = plan.stages[0]
    step = stage.steps[0]
    if name in ("optimizer", "schedule"):
        return getattr(step, name).name
    for place in (plan, stage, step, plan.stop, step.optimizer, step.schedule):
        if hasattr(place, name):
            return getattr(place, name)
    return step.optimizer.options.get(name)
