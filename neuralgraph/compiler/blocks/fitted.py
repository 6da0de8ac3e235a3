"""What measures the training part before training: once, in parts that need not all be in memory together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

import torch
from torch import nn

Parts = Callable[[], Iterable[torch.Tensor]]
"""The training rows, piece by piece, N × …; can be gone through several times."""


class Fitted(nn.Module, ABC):
    """A block with numbers that are measured, kept as buffers and saved with the weights."""

    @abstractmethod
    def measure(self, parts: Parts) -> None:
        """Take the numbers from these rows."""

    def fit(self, x: torch.Tensor) -> None:
        """Take the numbers from x, N × …"""
        self.measure(lambda: (x,))


def summed(parts: Iterable[torch.Tensor]) -> torch.Tensor:
    """What they come to together, one after the other."""
    given = iter(parts)
    total = next(given)
    for one in given:
        total = total + one
    return total


def exact(x: torch.Tensor) -> torch.Tensor:
    """In double precision, on the processor: sums do not depend on the device."""
    return x.detach().cpu().to(torch.float64)  # in this order: MPS has no float64


def measured(block: nn.Module | None) -> dict[str, torch.Tensor]:
    """The numbers that a block measures, by name; none of any other module."""
    return dict(block.named_buffers()) if block is not None and hasattr(block, "fit") else {}
