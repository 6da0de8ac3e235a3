"""Ranges and principal directions, measured on the training part."""

from __future__ import annotations

import torch

from neuralgraph.compiler.blocks.fitted import Fitted, Parts, exact, summed


class MinMax(Fitted):
    """low + (x − minimum) / (maximum − minimum) · (high − low). `shape` as in Standardize."""

    minimum: torch.Tensor
    maximum: torch.Tensor

    def __init__(self, shape: tuple[int, ...], low: float, high: float, clip: bool) -> None:
        super().__init__()
        self.low, self.high, self.clip = low, high, clip
        self.register_buffer("minimum", torch.zeros(shape))
        self.register_buffer("maximum", torch.ones(shape))

    @torch.no_grad()
    def measure(self, parts: Parts) -> None:
        """The least and the greatest number of the rows, N × …"""
        axes = [0, *(at + 1 for at, size in enumerate(self.minimum.shape) if size == 1)]
        ends = [(one.amin(dim=axes, keepdim=True)[0], one.amax(dim=axes, keepdim=True)[0]) for one in parts()]
        self.minimum.copy_(torch.stack([least for least, _ in ends]).amin(dim=0))
        self.maximum.copy_(torch.stack([most for _, most in ends]).amax(dim=0))

    @torch.no_grad()
    def reset_fit(self) -> None:
        """Forget what was measured."""
        self.minimum.zero_()
        self.maximum.fill_(1.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        span = self.maximum - self.minimum
        share = (x - self.minimum) / torch.where(span > 0, span, torch.ones_like(span))
        if self.clip:
            share = share.clamp(0.0, 1.0)
        return self.low + share * (self.high - self.low)

    @torch.no_grad()
    def undo(self, y: torch.Tensor) -> torch.Tensor:
        """The numbers that forward() made y of: what was predicted, in the unit of the data. `ValueError` where all of
        them became one.
        """
        if self.high == self.low:
            raise ValueError(f"MinMax made {self.low:g} of every number, so that what it was cannot be told. Give "
                             "`high` another value than `low`, and train again.")
        least, span = self.minimum.to(y), (self.maximum - self.minimum).to(y)
        if least.ndim != y.ndim - 1:
            least, span = least.reshape(-1), span.reshape(-1)
        return least + (y - self.low) / (self.high - self.low) * torch.where(span > 0, span, torch.ones_like(span))


class PCA(Fitted):
    """(x − mean) · componentsᵀ, divided by the spread along each of them with `whiten`."""

    mean: torch.Tensor
    components: torch.Tensor
    std: torch.Tensor
    explained: torch.Tensor

    def __init__(self, features: int, n_components: int, whiten: bool) -> None:
        super().__init__()
        self.whiten = whiten
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("components", torch.eye(n_components, features))
        self.register_buffer("std", torch.ones(n_components))
        self.register_buffer("explained", torch.zeros(n_components))

    @torch.no_grad()
    def measure(self, parts: Parts) -> None:
        """The directions of the rows, N × F, in which they spread most; the greatest entry of each is positive."""
        count = sum(len(one) for one in parts())
        mean = summed(exact(one).sum(dim=0) for one in parts()) / count
        spread = torch.zeros(len(self.mean), len(self.mean), dtype=torch.float64)
        for one in parts():
            off = exact(one) - mean
            spread.addmm_(off.T, off)
        values, vectors = torch.linalg.eigh(spread / max(count - 1, 1))
        values, found = values.flip(0).clamp(min=0.0), vectors.flip(1).T
        largest = found.gather(1, found.abs().argmax(dim=1, keepdim=True))
        found = found * torch.where(largest < 0, -1.0, 1.0)
        kept, total = len(self.std), values.sum()
        std = values[:kept].sqrt()
        self.mean.copy_(mean)
        self.components.copy_(found[:kept])
        # what rounding leaves of a direction without spread is not blown up
        self.std.copy_(torch.where(std > 1e-6 * values[0].sqrt(), std, torch.ones_like(std)))
        self.explained.copy_(values[:kept] / total if total > 0 else torch.zeros(kept))

    @torch.no_grad()
    def reset_fit(self) -> None:
        """Forget what was measured: the first features pass."""
        self.mean.zero_()
        self.components.copy_(torch.eye(*self.components.shape))
        self.std.fill_(1.0)
        self.explained.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = torch.nn.functional.linear(x - self.mean, self.components)
        return found / self.std if self.whiten else found

    @torch.no_grad()
    def undo(self, y: torch.Tensor) -> torch.Tensor:
        """What forward() made y of, N × F: what was predicted, in the unit of the data. Of directions that were not
        kept it has the mean.
        """
        found = y * self.std.to(y) if self.whiten else y
        return found @ self.components.to(y) + self.mean.to(y)
