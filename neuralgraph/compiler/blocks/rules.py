"""Losses that are learning rules, and what turns a gradient round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


class PerSample(nn.Module):
    """A loss function, summed within every sample and averaged over the samples."""

    def __init__(self, of: Callable[..., Tensor], **options: Any) -> None:
        super().__init__()
        self.of, self.options = of, options

    def forward(self, *xs: Tensor) -> Tensor:
        return self.of(*xs, reduction="sum", **self.options) / len(xs[0])


def joined(x: Tensor, reduction: str) -> Tensor:
    """All numbers of x as one: their mean, their sum, or the sum within a row averaged over rows."""
    if reduction == "mean":
        return x.mean()
    return x.sum() / len(x) if reduction == "per sample" and x.ndim else x.sum()


def energy_loss(input: Tensor, target: Tensor | None = None, *, reduction: str) -> Tensor:
    """What makes `input` small, and `target` large."""
    found = joined(input, reduction)
    return found if target is None else found - joined(target, reduction)


def signs(target: Tensor) -> Tensor:
    """1 where the target is above 0, else −1: it may be −1 and 1, or 0 and 1."""
    return torch.where(target > 0, 1.0, -1.0).to(target.dtype)


def perceptron_loss(input: Tensor, target: Tensor, *, reduction: str) -> Tensor:
    """−t · z of what is on the wrong side, or on the line: its slope there is the perceptron rule."""
    agree = input * signs(target)
    return joined(torch.where(agree <= 0, -agree, torch.zeros_like(agree)), reduction)


class Mistakes(nn.Module):
    """How many numbers have the wrong sign, or none."""

    def statistics(self, input: Tensor, target: Tensor) -> Tensor:
        """[wrong], int64."""
        return (input * signs(target) <= 0).sum()[None]

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return self.statistics(input, target)

    def result(self, statistics: Tensor) -> float:
        """The number of them."""
        return float(statistics)


class Reversed(torch.autograd.Function):
    """Passes numbers on, and turns their slope round."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * grad, None

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, _: None) -> Tensor:
        return tangent * -ctx.strength  # type: ignore[no-any-return]


class GradientReversal(nn.Module):
    """x, with −strength times the gradient."""

    def __init__(self, strength: float) -> None:
        super().__init__()
        self.strength = strength

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = Reversed.apply(x, self.strength)  # type: ignore[no-untyped-call]
        return found
