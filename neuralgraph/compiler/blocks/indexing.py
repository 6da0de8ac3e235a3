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


def expand(x: torch.Tensor, shape: tuple[int, ...], batched: bool) -> torch.Tensor:
    """`x.expand` to samples of this shape; −1 leaves an axis as it is."""
    return x.expand((-1, *shape) if batched else shape)


def scatter(x: torch.Tensor, index: torch.Tensor, src: torch.Tensor, dim: int) -> torch.Tensor:
    """`torch.scatter`, inputs first."""
    return torch.scatter(x, dim, index, src)


def scatter_add(x: torch.Tensor, index: torch.Tensor, src: torch.Tensor, dim: int) -> torch.Tensor:
    """`torch.scatter_add`, inputs first."""
    return torch.scatter_add(x, dim, index, src)


def index_select(x: torch.Tensor, index: torch.Tensor, dim: int) -> torch.Tensor:
    """`torch.index_select`, inputs first."""
    return torch.index_select(x, dim, index)
