"""What training tells: frozen facts made of numbers and small numpy copies, never live tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralgraph.graph.remedies import Remedy

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Started:
    """A run begins. Rows are samples; `steps_per_epoch` batches."""

    epochs: int
    steps_per_epoch: int
    rows: int
    validation_rows: int
    test_rows: int
    device: str
    seed: int
    parameters: int
    losses: tuple[str, ...]
    metrics: tuple[str, ...]
    start_epoch: int = 0
    start_step: int = 0
    """Not 0 where the run goes on from an earlier one."""
    processes: int = 1
    job: str = ""
    """What the attempts of one job of several processes have in common."""
    split: str = ""
    """How rows were divided, in words."""


def divided(event: Started) -> str:
    """How many rows each part of the data has, and how they were chosen."""
    parts = ((event.rows, "train"), (event.validation_rows, "validate"), (event.test_rows, "test, at the very end"))
    said = ", ".join(f"{count:,} {what}" for count, what in parts if count)
    return f"{said}; divided {event.split}." if event.split and event.validation_rows + event.test_rows else f"{said}."


@dataclass(frozen=True, slots=True)
class Step:
    """Some batches were learned: those since the last such event. `step` counts all batches of the run so far.

    `losses` holds the total loss of each of these batches, `parts` those of every loss node, `lr` the present rate,
    `gradient_norm` that of the last batch, `rate` samples per second, `seconds` since the start. Where the plan
    computes a loss in some of these batches only, `places` says by its name ("" for the total) in which.
    """

    epoch: int
    step: int
    step_in_epoch: int
    losses: Floats
    parts: Mapping[str, Floats] = field(default_factory=dict)
    lr: float = 0.0
    gradient_norm: float = float("nan")
    rate: float = 0.0
    seconds: float = 0.0
    remaining: tuple[float, float] | None = None
    """Seconds left, from … to."""
    places: Mapping[str, NDArray[np.intp]] = field(default_factory=dict)
    batches: int = 0
    """How many; `losses` has fewer where `places` says so."""

    @property
    def curves(self) -> Mapping[str, Floats]:
        """The total ("") and, where there are several losses, each by its name.

        One that is called `loss` has no curve of its own then: the name stands for the total wherever curves are kept.
        """
        own = {name: one for name, one in self.parts.items() if name != "loss"} if len(self.parts) > 1 else {}
        return {"": self.losses, **own}


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """An epoch is over. `figures` by name: `loss`, `val_loss`, `accuracy`, `val_accuracy`, …"""

    epoch: int
    step: int
    figures: Mapping[str, float]
    tables: Mapping[str, Any] = field(default_factory=dict)
    """Figures that are arrays: `val_confusion_matrix_1` → (classes, classes) counts, row = true class."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Changed:
    """A setting was changed while running: recorded, so that the run can be replayed."""

    step: int
    epoch: float
    name: str
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence that the user should read: what was asked for and cannot be, what is otherwise than before."""

    step: int
    message: str


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that keeps the run from learning well, with the number behind it; told once a run.

    `kind` names the rule (`"dead units"`), `value` is the number that it went by, `node` the canvas id if there is one.
    """

    step: int
    kind: str
    message: str
    value: float
    node: str | None = None
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a probe saw at a batch edge: numpy copies.

    `weights` and `gradients` by parameter name (`weight`, `bias`), `activations` by output name for the chosen sample.
    """

    node: str
    step: int
    weights: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    gradients: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    activations: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    note: str = ""
    measured: frozenset[str] = frozenset()
    """Those of `weights` that are no parameters: what a node measured on the training part."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The weights at a moment, by `state_dict` name; `kind` is "last" or "best"."""

    epoch: int
    step: int
    kind: str
    weights: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Paused:
    """Stands at a batch edge and waits for a word."""

    epoch: int
    step: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """Ended by the user before the plan was done; the weights are kept."""

    epoch: int
    step: int
    reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The plan is done."""

    epoch: int
    step: int
    seconds: float
    final: Mapping[str, float]
    reason: str


def judged(event: Finished) -> str:
    """What came out on the test part: «On the test part: loss 0.1432, accuracy 0.9611.»; empty where there is none."""
    found = [f"{name.removeprefix('test_')} {value:.4g}" for name, value in event.final.items()
             if name.startswith("test_")]
    return f"On the test part: {', '.join(found)}." if found else ""


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot go on. `node` is the canvas id where it happened, as far as it is known.

    `tensor` says what went wrong there (`"output"`, `"gradient"`, `"bias"`, …), `cause` why, in short (`"rate"`,
    `"domain"`, `"zero"`, `"overflow"`, `"data"`, `"memory"`, …), each empty where it is not known.
    """

    epoch: int
    step: int
    message: str
    hint: str = ""
    node: str | None = None
    tensor: str = ""
    cause: str = ""
    remedies: tuple[Remedy, ...] = ()
    interrupted: bool = field(default=False, repr=False)
    """Nothing is wrong with the run: another process was lost, and it can go on from what was kept."""


@dataclass(frozen=True, slots=True)
class Beside:
    """An event of a twin, among those of the run that it learns beside."""

    event: Event


Event = (Started | Step | EpochEnded | Changed | Note | Hint | Reading | Snapshot | Paused | Stopped | Finished
         | Failed)
