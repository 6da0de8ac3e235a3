"""Everything a run needs to go on as if it had not been interrupted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from neuralgraph.data.feed import Feed
from neuralgraph.graph.document import Graph
from neuralgraph.graph.plan import Plan

Held = tuple[tuple[tuple[Tensor, ...], ...], ...]
"""What metrics looked at, by batch, metric and input."""


@dataclass(frozen=True, eq=False)
class Updates:
    """How one step of the plan stood: what its optimiser remembers of each parameter, and its levers.

    `planned` are the levers that the plan had asked for, `levers` those in force; they differ where one was changed
    while running. `switches` are the options that say what the optimiser remembers.
    """

    optimizer: str
    planned: Mapping[str, float]
    levers: Mapping[str, float]
    switches: Mapping[str, int] = field(default_factory=dict)
    state: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    """Where its schedule stands, the gradients gathered so far, the scale of float16."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What metrics have seen of an epoch: their sums, the batches that are not yet in them, how many are held."""

    statistics: Mapping[str, Tensor]
    held: Held
    limit: int


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Weights, optimisers, random states and the place in the plan. Plain tensors and numbers, all copies.

    `order` is the generator of permutations as it stood before the epoch, of which `batch` batches were learned.
    `sums` are, by name, a loss summed over the rows seen in this epoch, and how many. `facts` are the settings without
    which the rest of the run would be another one.
    """

    epoch: int
    step: int
    batch: int
    stage: int
    weights: Mapping[str, Tensor]
    learners: tuple[Updates, ...]
    order: Tensor
    randomness: Mapping[str, Tensor]
    sums: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    meter: Seen | None = None
    graph: Graph | None = None
    """What was learned: figures of half an epoch of one graph say nothing about another."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    mean: Mapping[str, Tensor] = field(default_factory=dict)
    """The mean of the weights, where the plan asks for one."""
    watch: Mapping[str, Any] = field(default_factory=dict)
    """What the stop rules have seen, and the best weights."""
    pulled: Mapping[str, float] = field(default_factory=dict)
    """The levers besides those of the optimiser that were pulled, and where they stand."""
    size: int = 0
    """Rows of a batch in this epoch; another one may be asked for from the next on."""


FACTS: Mapping[str, str] = {
    "seed": "seed", "batch_size": "batch size", "shuffle": "shuffling", "split": "split",
    "validation": "validation part", "test": "test part",
    "precision": "precision", "memory_format": "memory format", "ema": "mean of the weights", "rows": "rows",
    "device": "device", "threads": "torch threads", "processes": "processes",
}
TESTED = "tested"
"""How often the test part was judged."""
PARTIAL = "partial"
"""The figures of the epoch under way are not known."""
PARTING = ("seed", "split", "validation", "test", "precision", "rows")
CHANGED = "the data is not what it was"
PLACE = ("batch_size", "shuffle", "rows")
"""Where these are the same, a place within an epoch still means the same rows."""


def facts(feed: Feed, plan: Plan, device: str, processes: int = 1) -> dict[str, Any]:
    """What a run depends on besides its graph and its levers."""
    found = {name: getattr(plan, name) for name in FACTS if hasattr(plan, name)}
    size = feed.rows if plan.full_batch else plan.batch_size
    return {**found, "batch_size": size, "rows": feed.rows, "device": device, "threads": torch.get_num_threads(),
            "processes": processes, "data": feed.digest, TESTED: 0}


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """What is another than it was, in words."""
    before = {"processes": 1, **before}
    found = [f"{words} {before[name]} → {now[name]}" for name, words in FACTS.items()
             if name in before and before[name] != now.get(name, 1)]
    parted = all(before.get(name) == now.get(name) for name in PARTING)  # else the same rows lie in other parts
    if parted and before.get("data", now["data"]) != now["data"]:
        found.append(CHANGED)
    return tuple(found)


def copied(value: Any) -> Any:
    """A deep copy of nested dictionaries and lists of tensors and numbers."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, Mapping):
        return {key: copied(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(copied(one) for one in value)
    return value
