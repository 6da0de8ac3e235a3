"""The training plan: the part of the document that says how the graph learns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.spec import optimizers

Split = Literal["random", "stratified", "grouped", "ordered"]
Precision = Literal["float32", "float64", "bfloat16", "float16"]
MemoryFormat = Literal["contiguous", "channels_last"]
Unit = Literal["usual", "epoch", "step"]
Better = Literal["auto", "lower", "higher"]
OPTIMIZERS = tuple(optimizers.OPTIMIZERS)


@dataclass(frozen=True, slots=True)
class Optimizer:
    """A torch optimiser by name, with its rate and further options (`momentum`, `nesterov`, `weight_decay`, …)."""

    name: str = "Adam"
    lr: float = 1e-3
    options: FrozenDict[Any] = field(default_factory=FrozenDict)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the rate goes on from that of the optimiser: a torch schedule by name, or "none".

    `by` says what it counts, where that is not what torch usually does. In the first `warmup` steps the rate is
    1/warmup, 2/warmup, … of what it would be.
    """

    name: str = "none"
    options: FrozenDict[Any] = field(default_factory=FrozenDict)
    warmup: int = 0
    by: Unit = "usual"


@dataclass(frozen=True, slots=True)
class Stop:
    """When a run ends before its last epoch, and with which weights.

    `figure` is what is watched, `val_accuracy`; empty: the validation loss, or the loss where nothing is kept apart.
    It ends after more than `patience` epochs in which that did not get better by more than `min_delta`, where it
    reaches `target`, or after so many `seconds`. `best` gives back the weights of the best epoch.
    """

    figure: str = ""
    better: Better = "auto"
    patience: int | None = None
    min_delta: float = 0.0
    target: float | None = None
    seconds: float | None = None
    best: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of update: which losses, which nodes (ids or patterns with `*`), by which optimiser, how often.

    `clip` is the largest gradient norm, `clip_value` the largest gradient of a weight (None = no clipping); `every`
    counts batches; the gradients of `accumulate` batches make one step.
    """

    losses: tuple[str, ...] = ("*",)
    nodes: tuple[str, ...] = ("*",)
    optimizer: Optimizer = Optimizer()
    l1: float = 0.0
    clip: float | None = None
    every: int = 1
    schedule: Schedule = Schedule()
    clip_value: float | None = None
    accumulate: int = 1


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of training: so many epochs of these steps."""

    epochs: int = 10
    steps: tuple[Step, ...] = (Step(),)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a graph learns. `validation` and `test` are a fraction (< 1) or a number of rows.

    `full_batch` learns all rows at once. "bfloat16" and "float16" are torch's autocast, with weights in float32. `ema`
    is the decay of a mean of the weights, which is what is checked, kept and predicts. `memory_format` is how images
    lie in memory while learning: "channels_last" is often faster for convolutions, and rounds otherwise.
    """

    stages: tuple[Stage, ...] = (Stage(),)
    batch_size: int = 32
    shuffle: bool = True
    seed: int = 0
    validation: float = 0.2
    test: float = 0.0
    split: Split = "random"
    precision: Precision = "float32"
    full_batch: bool = False
    ema: float | None = None
    stop: Stop = Stop()
    memory_format: MemoryFormat = "contiguous"
    search: FrozenDict[Any] = field(default_factory=FrozenDict)
    """What a search may try of its settings, `{"lr": "0.0001..0.1:log"}`: no part of how it learns."""

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
