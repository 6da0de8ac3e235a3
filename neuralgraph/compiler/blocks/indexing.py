"""Taking parts of tensors, and writing class numbers as rows."""

from __future__ import annotations

from typing import Any

import torch


def part(x: torch.Tensor, index: tuple[Any, ...]) -> torch.Tensor:
    """`x[index]`."""
    return x[index]


def one_hot(x: torch.Tensor, classes: int) -> torch.Tensor:
    """Class numbers … (int64) as rows … × classes of float32 with a single 1."""
    return torch.nn.functional.one_hot(x, classes).to(torch.float32)
