"""Metrics as additive statistics: sum those of any batches, then ask for the result."""

from __future__ import annotations

import torch
from torch import nn


class Accuracy(nn.Module):
    """Share of samples that are right: N × classes against N class numbers, one-hot rows, or N × 1 against 0 and 1.

    With `several` every number is a yes or no of its own, and each counts.
    """

    def __init__(self, threshold: float = 0.0, several: bool = False) -> None:
        super().__init__()
        self.threshold, self.several = threshold, several

    def statistics(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """[right, all], int64."""
        if self.several or input.dim() == 1 or input.shape[1] == 1:
            right = (input > self.threshold) == (target.reshape(input.shape) > 0.5)
        else:
            wanted = target.argmax(dim=1) if target.shape == input.shape else target
            right = input.argmax(dim=1) == wanted
        return torch.stack((right.sum(), torch.ones_like(right, dtype=torch.int64).sum()))

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return self.statistics(input, target)

    def result(self, statistics: torch.Tensor) -> float:
        """The share, 0 … 1; not a number where there were no samples."""
        right, total = statistics.tolist()
        return right / total if total else float("nan")


class ConfusionMatrix(nn.Module):
    """Counts by true class (rows) and answer (columns); reads its inputs as `Accuracy` does."""

    def __init__(self, classes: int, threshold: float = 0.0) -> None:
        super().__init__()
        self.classes = classes
        self.threshold = threshold

    def statistics(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """classes × classes counts, int64. A label outside 0 … classes − 1 is not counted."""
        if input.dim() == 1 or input.shape[1] == 1:
            answer = (input > self.threshold).to(torch.int64)
            wanted = (target.reshape(input.shape) > 0.5).to(torch.int64)
        else:
            answer = input.argmax(dim=1)
            wanted = (target.argmax(dim=1) if target.shape == input.shape else target).to(torch.int64)
        known = (wanted >= 0) & (wanted < self.classes)
        cell = (wanted.clamp(0, self.classes - 1) * self.classes + answer).reshape(-1)
        counts = torch.zeros(self.classes**2, dtype=torch.int64, device=input.device)
        return counts.scatter_add(0, cell, known.reshape(-1).to(torch.int64)).reshape(self.classes, self.classes)

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return self.statistics(input, target)

    def result(self, statistics: torch.Tensor) -> torch.Tensor:
        """The table itself."""
        return statistics


class MeanAbsoluteError(nn.Module):
    """Mean of |input − target| over all samples and outputs."""

    def statistics(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """[sum of errors, how many], float32."""
        error = (input - target).detach().abs()
        return torch.stack((error.sum(), torch.ones_like(error).sum())).to(torch.float32)

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return self.statistics(input, target)

    def result(self, statistics: torch.Tensor) -> float:
        """The mean; not a number where there were no samples."""
        total, count = statistics.tolist()
        return total / count if count else float("nan")
