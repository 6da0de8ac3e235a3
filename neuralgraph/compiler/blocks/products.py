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


def kron(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """`torch.kron` of the last two axes, sample by sample."""
    return (a[..., :, None, :, None] * b[..., None, :, None, :]).flatten(-4, -3).flatten(-2, -1)
