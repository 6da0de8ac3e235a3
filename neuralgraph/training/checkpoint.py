"""Everything a run needs to go on as if it had not been interrupted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Weights, optimiser states, random states and the place in the plan. Plain tensors and numbers, all copies.

    `order` is the generator of permutations as it stood before the epoch; `batch` batches of the epoch were learned.
    """

    epoch: int
    step: int
    batch: int
    weights: Mapping[str, Tensor]
    optimizers: tuple[Mapping[str, Any], ...]
    order: Tensor
    randomness: Mapping[str, Tensor]
    sums: Mapping[str, float] = field(default_factory=dict)
    statistics: Mapping[str, Tensor] = field(default_factory=dict)


def copied(value: Any) -> Any:
    """A deep copy of nested dictionaries and lists of tensors and numbers."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, Mapping):
        return {key: copied(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(copied(one) for one in value)
    return value
