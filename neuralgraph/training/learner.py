"""One kind of update of the plan: its program, its parameters, its optimiser."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from neuralgraph.compiler.learning import drawn, groups
from neuralgraph.errors import RunError
from neuralgraph.graph.plan import Step as PlanStep
from neuralgraph.training.checkpoint import Updates
from neuralgraph.training.control import RANGES
from neuralgraph.training.optimizers import change, make_optimizer, remember, setting, state, switches

Batch = tuple[Tensor, ...]


class Learner:
    """Carries out one step of the plan on a batch.

    `learn(batch)` gives the total loss, the losses and what metrics look at, all detached by the caller.
    """

    def __init__(self, program: Any, step: PlanStep) -> None:
        if not program.losses:
            raise RunError("The graph has no loss, so there is nothing to learn from. Add one and wire it.")
        self.losses = chosen(step.losses, program.losses, "loss")
        module = program.training_for(self.losses)
        self._forward: Callable[..., Any] = module.forward
        named = {name: one for name, one in program.root.named_parameters() if one.requires_grad}
        ids = tuple(dict.fromkeys(program.owner(name) for name in named))
        owners = chosen(step.nodes, ids, "node", strict=False)
        mine = {name: one for name, one in named.items() if program.owner(name) in owners}
        sorts = groups(program.graph, mine)
        self.names = tuple(name for one in sorts for name in one.names)
        self.parameters = [mine[name] for name in self.names]
        self._drawn = [(pull, [mine[name] for name in some]) for pull, some in drawn(program.graph, mine).items()]
        self.every, self.clip, self.l1 = step.every, step.clip, step.l1
        held = self.parameters if len(sorts) == 1 else [
            {"params": [mine[name] for name in one.names], "rate": one.rate, "l2": one.l2} for one in sorts]
        self.optimizer = make_optimizer(step.optimizer, held, program.device) if self.parameters else None
        self.kind, self._lr = step.optimizer.name, step.optimizer.lr
        self._zero = self.optimizer.zero_grad if self.optimizer else _nothing
        self._step: Callable[[], Any] = self.optimizer.step if self.optimizer else _nothing
        self.planned = self.levers

    @property
    def lr(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"]) if self.optimizer else self._lr

    def learn(self, batch: Batch) -> tuple[Tensor, Sequence[Tensor], Sequence[Sequence[Tensor]]]:
        """Forward, backward, step."""
        self._zero()
        total, losses, watched = self._forward(*batch)
        goal = total + self.l1 * _absolute(self.parameters) if self.l1 and self.parameters else total
        for pull, some in self._drawn:
            goal = goal + pull * _absolute(some)
        if goal.requires_grad:
            goal.backward()
        if self.clip is not None and self.parameters:
            torch.nn.utils.clip_grad_norm_(self.parameters, self.clip)
        self._step()
        return total.detach(), losses, watched

    def gradient_norm(self) -> float:
        """Of the last batch, over all parameters; NaN where there is none."""
        held = [one.grad for one in self.parameters if one.grad is not None]
        return float(nn.utils.get_total_norm(held)) if held else float("nan")

    @property
    def levers(self) -> dict[str, float]:
        """What can be changed while running, as it is now; without those that this optimiser does not have."""
        found = {name: self.get(name) for name in RANGES}
        return {name: value for name, value in found.items() if value is not None}

    def get(self, name: str) -> float | None:
        """The present value of a lever; None where there is no such thing."""
        if name == "l1":
            return self.l1
        return setting(self.optimizer, name) if self.optimizer is not None else None

    def set(self, name: str, value: float) -> float | None:
        """Change a lever from the next batch on; the old value, None where it has no such thing."""
        before = self.get(name)
        if name == "l1":
            self.l1 = value
        elif before is not None and self.optimizer is not None:
            change(self.optimizer, name, value)
        return before

    def save(self, planned: Mapping[str, float]) -> Updates:
        """How it stands: copies. `planned` are levers that the plan asks for since it was changed."""
        asked = {**self.planned, **{name: value for name, value in planned.items() if name in self.planned}}
        if self.optimizer is None:
            return Updates(self.kind, asked, self.levers)
        remembered = state(self.optimizer, self.names)
        return Updates(self.kind, asked, self.levers, switches(self.optimizer), remembered)

    def restore(self, saved: Updates) -> bool:
        """Stand as `saved` did; False where that was another optimiser, and this one starts afresh.

        A lever that was changed while running stays changed, unless the plan asks for another value than it did then.
        """
        known = self.optimizer is None or (self.kind, switches(self.optimizer)) == (saved.optimizer, saved.switches)
        if self.optimizer is not None and known:
            remember(self.optimizer, self.names, saved.state)
        for name, value in self.planned.items():
            if known and saved.planned.get(name) == value and name in saved.levers:
                self.set(name, saved.levers[name])
        return known


def _absolute(parameters: Sequence[Tensor]) -> Tensor:
    return torch.stack([one.abs().sum() for one in parameters]).sum()


def chosen(patterns: Sequence[str], names: Sequence[str], what: str, *, strict: bool = True) -> tuple[str, ...]:
    """The names that match any pattern, in their own order; a `RunError` for a pattern that matches none.

    A pattern that matches a module matches all that lies in it.
    """
    for pattern in patterns:
        if strict and not any(_under(name, pattern) for name in names):
            known = ", ".join(names) or "none"
            raise RunError(f"The plan names the {what} {pattern!r}, which the graph has not. It has: {known}.")
    return tuple(name for name in names if any(_under(name, pattern) for pattern in patterns))


def _under(name: str, pattern: str) -> bool:
    """The pattern matches the path of a node, or that of a module around it."""
    while name:
        if fnmatch.fnmatchcase(name, pattern):
            return True
        name = name.rpartition("/")[0]
    return False


def _nothing() -> None:
    """There is nothing to learn."""
