"""By how much the next step of training would change each weight: the plan's own optimiser, on copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from neuralgraph.compiler.learning import chosen, drawn, groups
from neuralgraph.compiler.program import Program
from neuralgraph.explain.slopes import slopes
from neuralgraph.graph.plan import Stage
from neuralgraph.graph.plan import Step as PlanStep
from neuralgraph.training.checkpoint import Updates
from neuralgraph.training.optimizers import change, make_optimizer, remember, switches

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Change:
    """A parameter and its next update, as lengths (roots of sums of squares)."""

    name: str
    weight: float
    update: float
    remembered: bool
    """The optimiser knew of the steps before this one."""

    @property
    def ratio(self) -> float:
        """The update by the weight; not a number where all weights are zero."""
        return self.update / self.weight if self.weight else float("nan")


def stage_of(program: Program) -> Stage:
    """The stage of the plan in which the last run stood; the first where there was none."""
    stages, stood = program.document.plan.stages, program.checkpoint
    return stages[min(stood.stage if stood is not None else 0, len(stages) - 1)]


def next_changes(program: Program, given: Mapping[str, Array]) -> tuple[Change, ...]:
    """What the steps of the plan would do to every weight for these rows, in the order of the nodes.

    Without dropout, and at the rate of the plan or where it was pulled to, before its schedule. A `RunError` for an
    option that an optimiser refuses.
    """
    named = {name: one for name, one in program.root.named_parameters() if one.requires_grad}
    ids = tuple(dict.fromkeys(program.owner(name) for name in named))
    stood, found = program.checkpoint, dict[str, Change]()
    for number, step in enumerate(stage_of(program).steps):
        owners = chosen(step.nodes, ids, "node", strict=False)
        mine = {name: one for name, one in named.items() if program.owner(name) in owners}
        losses = chosen(step.losses, program.losses, "loss", strict=False)
        if not mine or not losses:
            continue
        saved = stood.learners[number] if stood is not None and number < len(stood.learners) else None
        known = slopes(program, given, losses, mine).weights
        for one in _moved(program, step, mine, known, saved):
            found.setdefault(one.name, one)
    place = {id: at for at, id in enumerate(program.inference.order)}
    return tuple(sorted(found.values(), key=lambda one: place.get(program.owner(one.name), 0)))


def _moved(program: Program, step: PlanStep, mine: Mapping[str, nn.Parameter], known: Mapping[str, Tensor],
           saved: Updates | None) -> list[Change]:
    copies = {name: nn.Parameter(one.detach().clone()) for name, one in mine.items()}
    pulls = {name: pull for pull, names in drawn(program.graph, mine).items() for name in names}
    for name, copy in copies.items():
        l1 = (saved.levers.get("l1", step.l1) if saved is not None else step.l1) + pulls.get(name, 0.0)
        if name in known:
            copy.grad = known[name] + l1 * copy.detach().sign() if l1 else known[name]
    sorts = groups(program.graph, mine)
    names = tuple(name for one in sorts for name in one.names)
    held: Any = [copies[name] for name in names] if len(sorts) == 1 else [
        {"params": [copies[name] for name in one.names], "rate": one.rate, "l2": one.l2} for one in sorts]
    optimizer = make_optimizer(step.optimizer, held, program.device, names)
    remembered = _as_it_stood(optimizer, names, step, saved)
    _clip(step, list(copies.values()))
    optimizer.step()
    return [Change(name, _length(mine[name]), _length(copies[name].detach() - mine[name].detach()), remembered)
            for name in names]


def _as_it_stood(optimizer: torch.optim.Optimizer, names: Sequence[str], step: PlanStep, saved: Updates | None) -> bool:
    if saved is None or (saved.optimizer, dict(saved.switches)) != (step.optimizer.name, switches(optimizer)):
        return not _remembers(step)
    remember(optimizer, names, saved.state)
    for name, value in saved.levers.items():
        if name != "l1" and saved.planned.get(name) != value:
            change(optimizer, name, value)
    return bool(saved.state) or not _remembers(step)


def _remembers(step: PlanStep) -> bool:
    return step.optimizer.name != "SGD" or bool(step.optimizer.options.get("momentum"))


def _clip(step: PlanStep, parameters: list[nn.Parameter]) -> None:
    if step.clip_value is not None:
        nn.utils.clip_grad_value_(parameters, step.clip_value)
    if step.clip is not None:
        nn.utils.clip_grad_norm_(parameters, step.clip)


def _length(one: Tensor) -> float:
    return float(torch.linalg.vector_norm(one.detach(), dtype=torch.float64))
