"""An optimiser's own fused kernel on the optimiser's own state, called without what `step()` looks up each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

Group = dict[str, Any]


class Kernel:
    """Moves the weights once by the gradients in `places`; as `optimizer.step()` does, bit for bit.

    `stale` says that the optimiser remembers otherwise than when this was made: make another then.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, places: dict[nn.Parameter, Tensor]) -> None:
        self._groups: list[_Adam | _SGD] = []
        self._places = places
        self._remembered = [optimizer.state[one] for group in optimizer.param_groups for one in group["params"]
                            if one in places]
        for group in optimizer.param_groups:
            held = [one for one in group["params"] if one in places]
            if held:
                kind = _SGD if isinstance(optimizer, torch.optim.SGD) else _Adam
                self._groups.append(kind(group, optimizer, held, [places[one] for one in held]))
        self._tensors = self._now()

    def __call__(self) -> None:
        for group in self._groups:
            group.step()

    def moves(self, places: dict[nn.Parameter, Tensor]) -> bool:
        """These weights by these gradients, and no others."""
        return len(places) == len(self._places) and all(self._places.get(one) is place for one, place in places.items())

    @property
    def stale(self) -> bool:
        """Its tensors were replaced, or a setting that it was made for was changed."""
        now = self._now()
        return (len(now) != len(self._tensors) or any(a is not b for a, b in zip(now, self._tensors, strict=True))
                or any(one.stale for one in self._groups))

    def _now(self) -> list[Any]:
        return [one for state in self._remembered for one in state.values()]


def has_kernel(optimizer: torch.optim.Optimizer) -> bool:
    """There is a fused kernel for it on the processor, and nothing hangs on its steps."""
    hooks = optimizer._optimizer_step_pre_hooks or optimizer._optimizer_step_post_hooks
    return (type(optimizer) in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW) and not hooks
            and all(_plain(group) for group in optimizer.param_groups))


def remembered(optimizer: torch.optim.Optimizer, parameters: Sequence[nn.Parameter]) -> list[Tensor] | None:
    """All that it remembers of these parameters; None where it has not learned yet, or keeps other than tensors."""
    states = [optimizer.state.get(one, {}) for one in parameters]
    found = [value for state in states for value in state.values() if value is not None]
    if not all(isinstance(one, Tensor) for one in found):
        return None
    remembers = not isinstance(optimizer, torch.optim.SGD) or any(
        group.get("momentum") for group in optimizer.param_groups)
    return found if all(states) or not remembers else None


def _plain(group: Group) -> bool:
    switched = ("amsgrad", "maximize", "capturable", "differentiable")
    return bool(group.get("fused")) and not any(group.get(name) for name in switched) and isinstance(group["lr"], float)


class _Adam:
    """Adam and AdamW."""

    stale = False

    def __init__(self, group: Group, optimizer: torch.optim.Optimizer, held: list[nn.Parameter],
                 gradients: list[Tensor]) -> None:
        self.group, self.parameters, self.gradients = group, [one.detach() for one in held], gradients
        states = [optimizer.state[one] for one in held]
        self.means = [one["exp_avg"] for one in states]
        self.squares = [one["exp_avg_sq"] for one in states]
        # each counter keeps its own tensor, all in one piece of memory: one addition counts for all
        self.counters = torch.stack([one["step"] for one in states])
        self.counts = list(self.counters.unbind())
        for state, count in zip(states, self.counts, strict=True):
            state["step"] = count
        decoupled = isinstance(optimizer, torch.optim.AdamW) or bool(group.get("decoupled_weight_decay"))
        self.kernel = torch._fused_adamw_ if decoupled else torch._fused_adam_

    def step(self) -> None:
        group = self.group
        self.counters.add_(1)
        first, second = group["betas"]
        self.kernel(self.parameters, self.gradients, self.means, self.squares, [], self.counts, lr=group["lr"],
                    beta1=first, beta2=second, weight_decay=group["weight_decay"], eps=group["eps"], amsgrad=False,
                    maximize=False)


class _SGD:
    """SGD, with momentum or without."""

    def __init__(self, group: Group, optimizer: torch.optim.Optimizer, held: list[nn.Parameter],
                 gradients: list[Tensor]) -> None:
        self.group, self.parameters, self.gradients = group, [one.detach() for one in held], gradients
        self.moving = bool(group["momentum"])
        self.buffers = [optimizer.state[one]["momentum_buffer"] for one in held] if self.moving else []

    @property
    def stale(self) -> bool:
        return bool(self.group["momentum"]) != self.moving

    def step(self) -> None:
        group = self.group
        torch._fused_sgd_(self.parameters, self.gradients, self.buffers, weight_decay=group["weight_decay"],
                          momentum=group["momentum"], lr=group["lr"], dampening=group["dampening"],
                          nesterov=group["nesterov"], maximize=False, is_first_step=False)
