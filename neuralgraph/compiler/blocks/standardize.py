"""Mean 0 and spread 1, measured on the training part."""

from __future__ import annotations

import torch

from neuralgraph.compiler.blocks.fitted import Fitted, Parts, exact, summed


class Standardize(Fitted):
    """(x − mean) / std. `shape` is that of mean and std: one sample's, with 1 for axes that are measured together."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("std", torch.ones(shape))

    @torch.no_grad()
    def measure(self, parts: Parts) -> None:
        """Measure rows, N × …; a spread of 0 counts as 1."""
        axes = [0, *(at + 1 for at, size in enumerate(self.mean.shape) if size == 1)]
        size = self.mean.numel()
        count = sum(one.numel() for one in parts()) / size
        mean = summed(exact(one).sum(dim=axes, keepdim=True) for one in parts()) / count
        std = (summed((exact(one) - mean).square().sum(dim=axes, keepdim=True) for one in parts()) / count).sqrt()
        # what rounding leaves of a constant column is no spread
        flat = std <= 1e-7 * mean.abs()
        self.mean.copy_(mean[0])
        self.std.copy_(torch.where(flat, torch.ones_like(std), std)[0])

    @torch.no_grad()
    def reset_fit(self) -> None:
        """Forget what was measured: everything passes unchanged."""
        self.mean.zero_()
        self.std.fill_(1.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - self.mean) / self.std

    @torch.no_grad()
    def undo(self, y: torch.Tensor) -> torch.Tensor:
        """The numbers that forward() made y of: what was predicted, in the unit of the data."""
        mean, std = self.mean.to(y), self.std.to(y)
        return y * std + mean if mean.ndim == y.ndim - 1 else y * std.reshape(-1) + mean.reshape(-1)
