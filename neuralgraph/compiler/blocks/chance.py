"""Random numbers from torch's state of the moment: that of the run, while it learns."""

from __future__ import annotations

import torch
from torch import nn


class GaussianNoise(nn.Module):
    """x + std · ε while training, x in use."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x


def randn_like(x: torch.Tensor, mean: float, std: float) -> torch.Tensor:
    """Normally distributed numbers in the shape of x."""
    return mean + std * torch.randn_like(x)


def rand_like(x: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Evenly spread numbers in the shape of x."""
    return low + (high - low) * torch.rand_like(x)
