"""Tensors that are simply there: fixed or learnt."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class Constant(nn.Module):
    """A fixed tensor; it comes from the document, so it is no part of the saved weights."""

    def __init__(self, value: Any, dtype: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("value", torch.tensor(value, dtype=dtype), persistent=False)

    def forward(self) -> torch.Tensor:
        return self.value  # type: ignore[return-value]


class Parameter(nn.Module):
    """A tensor that is learnt, `value`, of this shape; `init` is zeros, ones, normal or uniform."""

    def __init__(self, shape: tuple[int, ...], init: str, scale: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.ones(shape) if init == "ones" else torch.zeros(shape))
        if init == "normal":
            nn.init.normal_(self.value, std=scale)
        elif init == "uniform":
            nn.init.uniform_(self.value, -scale, scale)

    def forward(self) -> torch.Tensor:
        return self.value


class Arange(nn.Module):
    """`torch.arange`, made once; no part of the saved weights."""

    def __init__(self, start: float, end: float, step: float, dtype: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("value", torch.arange(start, end, step, dtype=dtype), persistent=False)

    def forward(self) -> torch.Tensor:
        return self.value  # type: ignore[return-value]


class Linspace(nn.Module):
    """`torch.linspace`, made once; no part of the saved weights."""

    def __init__(self, start: float, end: float, steps: int) -> None:
        super().__init__()
        self.register_buffer("value", torch.linspace(start, end, steps), persistent=False)

    def forward(self) -> torch.Tensor:
        return self.value  # type: ignore[return-value]


class Eye(nn.Module):
    """`torch.eye`, made once; no part of the saved weights."""

    def __init__(self, n: int, m: int) -> None:
        super().__init__()
        self.register_buffer("value", torch.eye(n, m), persistent=False)

    def forward(self) -> torch.Tensor:
        return self.value  # type: ignore[return-value]


class Full(nn.Module):
    """`torch.full`, made once; no part of the saved weights."""

    def __init__(self, shape: tuple[int, ...], value: float) -> None:
        super().__init__()
        self.register_buffer("value", torch.full(shape, value), persistent=False)

    def forward(self) -> torch.Tensor:
        return self.value  # type: ignore[return-value]


def heaviside(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """`torch.heaviside`, which has no gradient."""
    return torch.heaviside(a.detach(), b.detach())


def zeros(x: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """N × shape of zeros, for as many samples as `x` has."""
    return torch.zeros(x.shape[0], *shape, device=x.device)
