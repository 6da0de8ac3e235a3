"""Products of several tensors."""

from __future__ import annotations

import torch
from torch import nn


class Einsum(nn.Module):
    """`torch.einsum` with the equation kept, so that inputs come first as everywhere."""

    def __init__(self, equation: str) -> None:
        super().__init__()
        self.equation = equation

    def forward(self, *xs: torch.Tensor) -> torch.Tensor:
        return torch.einsum(self.equation, *xs)
