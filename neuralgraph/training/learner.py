"""One kind of update of the plan: its program, its parameters, its optimiser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from neuralgraph.compiler.learning import chosen, drawn, groups
from neuralgraph.errors import RunError
from neuralgraph.graph.plan import Step as PlanStep
from neuralgraph.training.checkpoint import Updates
from neuralgraph.training.company import ALONE, Company
from neuralgraph.training.control import RANGES
from neuralgraph.training.gradients import Gathered, Precision
from neuralgraph.training.optimizers import change, make_optimizer, remember, setting, state, switches
from neuralgraph.training.schedules import Pace, Rate, scheduled
from neuralgraph.training.traced.capture import recorder_for
from neuralgraph.training.traced.quick import Quick

Batch = tuple[Tensor, ...]
Heard = tuple[Tensor, Sequence[Tensor], Sequence[Sequence[Tensor]]]
"""The total loss, the losses, and what metrics look at."""


class Learner:
    """Carries out one step of the plan on a batch.

    `learn(batch)` gives the total loss, the losses and what metrics look at, all detached by the caller.
    """

    def __init__(self, program: Any, step: PlanStep, pace: Pace | None = None, precision: str = "float32",
                 company: Company = ALONE) -> None:
        if not program.losses:
            raise RunError("The graph has no loss, so there is nothing to learn from. Add one and wire it.")
        self.losses = chosen(step.losses, program.losses, "loss")
        self.program, self.company = program, company
        self.forward = program.training_for(self.losses)
        self._forward: Callable[..., Any] = company.forward(self.forward, program)
        named = {name: one for name, one in program.root.named_parameters() if one.requires_grad}
        ids = tuple(dict.fromkeys(program.owner(name) for name in named))
        owners = chosen(step.nodes, ids, "node", strict=False)
        mine = {name: one for name, one in named.items() if program.owner(name) in owners}
        sorts = groups(program.graph, mine)
        self.names = tuple(name for one in sorts for name in one.names)
        self.parameters = [mine[name] for name in self.names]
        self._drawn = [(pull, [mine[name] for name in some]) for pull, some in drawn(program.graph, mine).items()]
        self.every, self.clip, self.clip_value, self.l1 = step.every, step.clip, step.clip_value, step.l1
        held = self.parameters if len(sorts) == 1 else [
            {"params": [mine[name] for name in one.names], "rate": one.rate, "l2": one.l2} for one in sorts]
        self.optimizer = make_optimizer(
            step.optimizer, held, program.device, self.names) if self.parameters else None
        self.kind, self._lr = step.optimizer.name, step.optimizer.lr
        self._zero = self.optimizer.zero_grad if self.optimizer else _nothing
        self._step: Callable[..., Any] = self.optimizer.step if self.optimizer else _nothing
        self.precision = Precision(precision, program.device)
        self._several = Gathered(self.parameters, step.accumulate) if step.accumulate > 1 else None
        self.rate: Rate | None = None
        if self.optimizer is not None and scheduled(step.schedule):
            self.rate = Rate(step.schedule, self.optimizer, step.optimizer.lr, pace or Pace(), every=step.every,
                             accumulate=step.accumulate)
        self._goal: Tensor | None = None
        self._only = self.parameters if len(mine) < len(named) and company.size == 1 else None
        """Other steps of the plan move the other weights: their gradients are not computed here."""
        self.moved = 0
        """How often the weights were changed."""
        self._looks_again = isinstance(self.optimizer, torch.optim.LBFGS)
        if self._looks_again and (self._several or self.precision.scaler):
            raise RunError("LBFGS looks at a batch several times, so it takes no gathered gradients and no float16. "
                           "Learn the full batch instead, in float32, float64 or bfloat16.")
        self.planned = self.levers
        self._pace = pace or Pace()
        self.quick = Quick(self, self._to_come, self._why_not(program.device), recorder_for(program.device))

    def reread(self) -> None:
        """A node was changed: its program is taken up anew."""
        self.forward = self.program.training_for(self.losses)
        self._forward = self.company.forward(self.forward, self.program)
        self.quick.drop()

    def _why_not(self, device: str) -> str:
        """Why steps are not replayed from a trace; empty where they may be."""
        if self.company.size > 1:
            return "several processes learn together"
        if torch.device(device).type not in ("cpu", "cuda"):
            return "only the processor and CUDA replay steps"
        if self._several is not None:
            return "gradients are gathered over batches"
        if self.precision.dtype is not None:
            return "it computes in mixed precision"
        return "" if self.optimizer is not None else "there is nothing to learn"

    def _to_come(self, usual: bool) -> int:
        """How often the stage learns a batch of the usual size; of the last, smaller one."""
        return self._pace.left * (self._pace.batches if usual else 1) // self.every

    @property
    def lr(self) -> float:
        """The rate of the last step, or of the next where there was none."""
        if self.rate is not None:
            return self.rate.used if self.rate.count else float(self.rate.optimizer.param_groups[0]["lr"])
        return float(self.optimizer.param_groups[0]["lr"]) if self.optimizer else self._lr

    def learn(self, batch: Batch) -> Heard:
        """Forward, backward, step."""
        return self._search(batch) if self._looks_again else self.quick.learn(batch)

    def reference(self, batch: Batch) -> Heard:
        """The same as torch runs it, operation by operation."""
        heard = self._gradients(batch)
        if self._several is None or self._several.add(self.company.rows(batch)):
            self._move()
        return heard

    def _gradients(self, batch: Batch) -> Heard:
        self._zero()
        if self.precision.dtype is None:
            total, losses, watched = self._forward(*batch)
        else:
            with self.precision.forward():
                total, losses, watched = self._forward(*batch)
            watched = [[one.float() if one.is_floating_point() else one for one in given] for given in watched]
        goal = self.goal(total)
        if self._several is not None:
            goal = goal * self._several.share(self.company.rows(batch))
        goal = self.company.goal(goal)
        if goal.requires_grad and self.parameters:
            scaled = goal if self.precision.scaler is None else self.precision.scaler.scale(goal)
            scaled.backward(inputs=self._only)
        if self._looks_again:
            self._goal = goal.detach()
        return total.detach(), losses, watched

    def goal(self, total: Tensor, stand_ins: Mapping[int, Tensor] | None = None) -> Tensor:
        """What is made smaller: the loss, and what pulls weights to zero. `stand_ins` of parameters go by `id`."""
        def taken(some: Sequence[Tensor]) -> list[Tensor]:
            return [stand_ins[id(one)] for one in some] if stand_ins is not None else list(some)

        goal = total + self.l1 * _absolute(taken(self.parameters)) if self.l1 and self.parameters else total
        for pull, some in self._drawn:
            goal = goal + pull * _absolute(taken(some))
        return goal

    def _move(self) -> None:
        """Change the weights by the gradients that are there."""
        if self._several is not None:
            self._several.give()
        scaler = self.precision.scaler
        if scaler is not None and all(one.grad is None for one in self.parameters):
            scaler = None
        if scaler is None or self.optimizer is None:
            self.clipped()
            self._step()
        else:
            scaler.unscale_(self.optimizer)
            self.clipped()
            scaler.step(self.optimizer)  # left out where a gradient is not finite: the scale falls then
            scaler.update()
        self.moved_once()

    def _search(self, batch: Batch) -> Heard:
        """LBFGS asks for the gradients at several places; what it saw first is what is told."""
        first: list[Heard] = []

        def look() -> Tensor | None:
            first.append(self._gradients(batch))
            self.clipped()
            del first[1:]
            return self._goal

        self._step(look)
        self.moved_once()
        return first[0]

    def clipped(self) -> None:
        """Hold the gradients within the bounds of the plan."""
        if self.clip_value is not None and self.parameters:
            torch.nn.utils.clip_grad_value_(self.parameters, self.clip_value)
        if self.clip is not None and self.parameters:
            torch.nn.utils.clip_grad_norm_(self.parameters, self.clip)

    def moved_once(self) -> None:
        """The weights were changed."""
        self.moved += 1
        if self.rate is not None:
            self.rate.stepped()

    def last_batch(self) -> None:
        """The last batch of an epoch was learned: what was gathered makes a step, though it be from fewer batches."""
        if self._several is not None and self._several.batches:
            self._move()

    def forget(self) -> None:
        """Let go of the gradients and of what was gathered."""
        self.quick.forget()
        for one in self.parameters:
            one.grad = None
        self._several, self._goal = None, None

    def epoch_ended(self, figures: Mapping[str, float]) -> None:
        """These are the figures of the epoch."""
        if self.rate is not None:
            self.rate.epoch_ended(figures)

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
        if self.rate is not None and (name == "lr" or (name == "momentum" and self.rate.moves_momentum)):
            return self.rate.lever if name == "lr" else None
        return setting(self.optimizer, name) if self.optimizer is not None else None

    def set(self, name: str, value: float) -> float | None:
        """Change a lever from the next batch on; the old value, None where it has no such thing."""
        before = self.get(name)
        if name in ("l1", "momentum"):
            self.quick.drop()
        if name == "l1":
            self.l1 = value
        elif name == "lr" and self.rate is not None:
            self.rate.pull(value)
        elif before is not None and self.optimizer is not None:
            change(self.optimizer, name, value)
        return before

    def save(self, planned: Mapping[str, float]) -> Updates:
        """How it stands: copies. `planned` are levers that the plan asks for since it was changed."""
        asked = {**self.planned, **{name: value for name, value in planned.items() if name in self.planned}}
        if self.optimizer is None:
            return Updates(self.kind, asked, self.levers)
        remembered = state(self.optimizer, self.names)
        more: dict[str, Any] = {}
        if self.rate is not None:
            more["rate"] = self.rate.save()
        if self._several is not None:
            more["gathered"] = self._several.save(self.names)
        if self.precision.scaler is not None:
            more["scaler"] = self.precision.scaler.state_dict()
        return Updates(self.kind, asked, self.levers, switches(self.optimizer), remembered, more)

    def restore(self, saved: Updates) -> bool:
        """Stand as `saved` did; False where that was another optimiser, and this one starts afresh.

        A lever that was changed while running stays changed, unless the plan asks for another value than it did then.
        """
        known = self.optimizer is None or (self.kind, switches(self.optimizer)) == (saved.optimizer, saved.switches)
        self.quick.drop()
        if self.optimizer is not None and known:
            remember(self.optimizer, self.names, saved.state)
        for name, value in self.planned.items():
            if known and saved.planned.get(name) == value and name in saved.levers:
                self.set(name, saved.levers[name])
        return known

    def resume(self, saved: Mapping[str, Any]) -> tuple[str, ...]:
        """Take up `more` of what was saved; what starts afresh, because it was otherwise then."""
        afresh: tuple[str, ...] = ()
        if self.rate is not None and not self.rate.restore(saved.get("rate")):
            afresh += ("the schedule of the learning rate",)
        gathered = saved.get("gathered")
        if gathered and gathered["batches"] and (
                self._several is None or not self._several.restore(gathered, self.names)):
            afresh += ("gathering gradients",)
        if self.precision.scaler is not None and "scaler" in saved:
            self.precision.scaler.load_state_dict(saved["scaler"])
        return afresh


def _absolute(parameters: Sequence[Tensor]) -> Tensor:
    return torch.stack([one.abs().sum() for one in parameters]).sum()


def _nothing() -> None:
    """There is nothing to learn."""
