"""A mean of the weights, kept beside them while they learn: it is checked and given away, they go on learning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from neuralgraph.errors import RunError
from neuralgraph.training.checkpoint import copied
from neuralgraph.training.learner import Learner


class Average:
    """The exponential moving average of all weights that learn, as torch's `AveragedModel` makes it."""

    def __init__(self, program: Any, decay: float) -> None:
        if isinstance(decay, bool) or not 0 <= decay < 1:
            raise RunError(f"The decay of the mean of the weights expects a number from 0 to below 1, not {decay!r}.")
        self.decay = decay
        self.weights = {name: one for name, one in program.root.named_parameters() if one.requires_grad}
        self.mean: dict[str, Tensor] = {}
        self._seen: tuple[int, int] = (0, 0)

    def follow(self, stage: int, learners: Sequence[Learner]) -> None:
        """The weights may have moved. The first time the mean is the weights."""
        moved = stage, sum(one.moved for one in learners)
        if moved == self._seen or moved[1] == 0 or not self.weights:
            return
        self._seen = moved
        with torch.no_grad():
            if not self.mean:
                self.mean = copied(self.weights)
            else:
                torch._foreach_lerp_(list(self.mean.values()), list(self.weights.values()), 1 - self.decay)

    def put(self) -> None:
        """Let the mean be the weights."""
        with torch.no_grad():
            for name, one in self.mean.items():
                self.weights[name].copy_(one)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The mean is the weights inside; they are back afterwards, bit for bit."""
        kept = copied(self.weights) if self.mean else {}
        self.put()
        try:
            yield
        finally:
            with torch.no_grad():
                for name, one in kept.items():
                    self.weights[name].copy_(one)

    def restore(self, saved: Mapping[str, Tensor]) -> None:
        """Stand as before, for weights of the same shape; the others start from what they are."""
        if saved:
            self.mean = {name: copied(saved[name]).to(one.device, one.dtype)
                         if name in saved and saved[name].shape == one.shape else copied(one)
                         for name, one in self.weights.items()}
