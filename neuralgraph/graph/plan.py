"""The training plan: the part of the document that says how the graph learns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from neuralgraph.graph.frozen import FrozenDict

Split = Literal["random", "stratified", "ordered"]
OPTIMIZERS = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad")


@dataclass(frozen=True, slots=True)
class Optimizer:
    """A torch optimiser by name, with its rate and further options (`momentum`, `nesterov`, `weight_decay`, …)."""

    name: str = "Adam"
    lr: float = 1e-3
    options: FrozenDict[Any] = field(default_factory=FrozenDict)


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of update: which losses, which nodes (ids or patterns with `*`), by which optimiser, how often.

    `clip` is the largest gradient norm (None = no clipping); `every` counts batches.
    """

    losses: tuple[str, ...] = ("*",)
    nodes: tuple[str, ...] = ("*",)
    optimizer: Optimizer = Optimizer()
    l1: float = 0.0
    clip: float | None = None
    every: int = 1


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of training: so many epochs of these steps."""

    epochs: int = 10
    steps: tuple[Step, ...] = (Step(),)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a graph learns. `validation` and `test` are a fraction (< 1) or a number of rows."""

    stages: tuple[Stage, ...] = (Stage(),)
    batch_size: int = 32
    shuffle: bool = True
    seed: int = 0
    validation: float = 0.2
    test: float = 0.0
    split: Split = "random"
    precision: Literal["float32", "float64"] = "float32"

    @property
    def epochs(self) -> int:
        return sum(stage.epochs for stage in self.stages)

    def until(self, epochs: int) -> Plan:
        """The same with its end at this epoch: what comes later is empty, the last stage as long as it takes."""
        left, stages = epochs, []
        for stage in self.stages[:-1]:
            stages.append(replace(stage, epochs=min(stage.epochs, left)))
            left -= stages[-1].epochs
        return replace(self, stages=(*stages, replace(self.stages[-1], epochs=left)))

    def further(self, done: int, more: int | None = None) -> Plan:
        """What is left after `done` epochs: so many more; by default to the end of the plan, or all of it once more."""
        if more is None:
            more = self.epochs - done if done < self.epochs else self.epochs
        return self.until(done + more)

    @property
    def optimizer(self) -> Optimizer:
        """The optimiser of the first step."""
        return self.stages[0].steps[0].optimizer
