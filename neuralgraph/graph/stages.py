"""A plan of several stages and steps: where one stands in it, and what can be done there. A plan keeps one of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from neuralgraph.graph.plan import Plan, Stage, Step

ALL = ("*",)


@dataclass(frozen=True, slots=True)
class Place:
    """A step of a stage, both counted from 0."""

    stage: int = 0
    step: int = 0

    def within(self, plan: Plan) -> Place:
        """The nearest place that the plan has."""
        stage = min(self.stage, len(plan.stages) - 1)
        return Place(stage, min(self.step, len(plan.stages[stage].steps) - 1))


FIRST = Place()


def stage_at(plan: Plan, place: Place) -> Stage:
    return plan.stages[place.stage]


def step_at(plan: Plan, place: Place) -> Step:
    return plan.stages[place.stage].steps[place.step]


def with_stage(plan: Plan, place: Place, stage: Stage) -> Plan:
    """The plan with this stage there."""
    return replace(plan, stages=(*plan.stages[:place.stage], stage, *plan.stages[place.stage + 1:]))


def with_step(plan: Plan, place: Place, step: Step) -> Plan:
    """The plan with this step there."""
    stage = stage_at(plan, place)
    steps = (*stage.steps[:place.step], step, *stage.steps[place.step + 1:])
    return with_stage(plan, place, replace(stage, steps=steps))


def several(plan: Plan) -> bool:
    """There is more to it than one step."""
    return len(plan.stages) > 1 or len(plan.stages[0].steps) > 1


def another_stage(plan: Plan, place: Place) -> tuple[Plan, Place]:
    """A copy of the stage behind it, and where it is."""
    at = place.stage + 1
    return replace(plan, stages=(*plan.stages[:at], stage_at(plan, place), *plan.stages[at:])), Place(at, 0)


def another_step(plan: Plan, place: Place) -> tuple[Plan, Place]:
    """A copy of the step behind it, and where it is."""
    stage, at = stage_at(plan, place), place.step + 1
    steps = (*stage.steps[:at], step_at(plan, place), *stage.steps[at:])
    return with_stage(plan, place, replace(stage, steps=steps)), Place(place.stage, at)


def removed(plan: Plan, place: Place) -> tuple[Plan, Place]:
    """Without that step, or without the stage where it is its only one; the last step of all stays."""
    stage = stage_at(plan, place)
    if len(stage.steps) > 1:
        steps = (*stage.steps[:place.step], *stage.steps[place.step + 1:])
        plan = with_stage(plan, place, replace(stage, steps=steps))
    elif len(plan.stages) > 1:
        plan = replace(plan, stages=(*plan.stages[:place.stage], *plan.stages[place.stage + 1:]))
    return plan, place.within(plan)


def moved(plan: Plan, place: Place, by: int) -> tuple[Plan, Place]:
    """The step one place up (−1) or down (1) in its stage; a stage of one step among the stages."""
    stage = stage_at(plan, place)
    if len(stage.steps) > 1:
        to = place.step + by
        if not 0 <= to < len(stage.steps):
            return plan, place
        steps = list(stage.steps)
        steps[place.step], steps[to] = steps[to], steps[place.step]
        return with_stage(plan, place, replace(stage, steps=tuple(steps))), Place(place.stage, to)
    to = place.stage + by
    if not 0 <= to < len(plan.stages):
        return plan, place
    stages = list(plan.stages)
    stages[place.stage], stages[to] = stages[to], stages[place.stage]
    return replace(plan, stages=tuple(stages)), Place(to, place.step)


def renamed(plan: Plan, old: str, new: str) -> Plan:
    """The plan with another name wherever a step names this loss or node; patterns with * stay as they are."""
    def named(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if one == old else one for one in names)

    if not names_it(plan, old):
        return plan
    return replace(plan, stages=tuple(replace(stage, steps=tuple(
        replace(step, losses=named(step.losses), nodes=named(step.nodes)) for step in stage.steps))
        for stage in plan.stages))


def names_it(plan: Plan, id: str) -> bool:
    """Some step names this loss or node."""
    return any(id in (*step.losses, *step.nodes) for stage in plan.stages for step in stage.steps)


def patterns(text: str) -> tuple[str, ...]:
    """Names and patterns as one types them, with commas or spaces between; nothing is all."""
    found = tuple(dict.fromkeys(filter(None, re.split(r"[,;\s]+", text))))
    return found or ALL


def told(step: Step) -> str:
    """A step in one line: «low_loss → low · SGD 0.1»."""
    losses = "all losses" if step.losses == ALL else ", ".join(step.losses)
    nodes = "all nodes" if step.nodes == ALL else ", ".join(step.nodes)
    often = f" · every {step.every} batches" if step.every > 1 else ""
    return f"{losses} → {nodes} · {step.optimizer.name} {step.optimizer.lr:g}{often}"
