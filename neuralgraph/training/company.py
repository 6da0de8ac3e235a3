"""Who trains: one process alone, or several that divide every batch among them. The loop asks here and knows no more.

One process pays a call that gives back what it was given. Several are `distributed.Several`, on torch.distributed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from torch import Tensor

from neuralgraph.compiler.devices import there
from neuralgraph.errors import RunError

if TYPE_CHECKING:
    from neuralgraph.data.streaming import Part
    from neuralgraph.training.batches import Batch
    from neuralgraph.training.control import Control, Orders
    from neuralgraph.training.loop import Loop
    from neuralgraph.training.metrics import Meter
    from neuralgraph.training.stopping import Watch
    from neuralgraph.training.tally import Floats

T = TypeVar("T")


class Company:
    """One process, alone: it has all rows, hears itself only, and nothing is sent."""

    size = 1
    rank = 0
    leads = True
    """It decides, keeps the run and speaks."""
    counts = True
    """It has rows of the present batch."""
    job = ""
    """What the attempts of one `torchrun` have in common."""
    restarted = False
    """An earlier attempt of the same job lost a process."""

    def check(self, loop: Loop) -> tuple[str, ...]:
        """`RunError` where this run cannot be divided; what there is to say about dividing it."""
        return ()

    # -- a batch ----------------------------------------------------------------------------------------------------

    def part(self, batch: Batch, loop: Loop) -> Batch:
        """The rows of this process."""
        return batch

    def rows(self, batch: Batch) -> int:
        """Of the whole batch that this is a part of."""
        return len(batch[0]) if batch else 1

    def goal(self, goal: Any) -> Any:
        """With the share that the rows of this process have."""
        return goal

    def forward(self, module: Any, program: Any) -> Callable[..., Any]:
        """Computes what the module does; gradients are afterwards those of all processes."""
        found: Callable[..., Any] = module.forward
        return found

    # -- figures ----------------------------------------------------------------------------------------------------

    def mean(self, table: Floats, places: Sequence[int], sizes: Floats) -> Floats:
        """Losses by batch over the rows of all."""
        return table

    def own(self, tensors: Sequence[Part]) -> tuple[list[Part], int]:
        """The rows that this process judges, and how many of them count."""
        return list(tensors), len(tensors[0]) if tensors else 1

    def average(self, means: Floats, rows: int) -> Floats:
        """Means over so many rows each."""
        return means

    def total(self, statistics: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What metrics saw in all processes."""
        return dict(statistics)

    def gather(self, meter: Meter) -> None:
        """Process 0 knows what all have seen, so that it can be kept."""

    def shared(self, value: T) -> T:
        """What process 0 says: plain numbers and words."""
        return value

    def sent_file(self, path: Path) -> Path:
        """The file of process 0."""
        return path

    def align(self, program: Any) -> None:
        """Running averages are the same everywhere."""

    # -- edges ------------------------------------------------------------------------------------------------------

    def followed(self, control: Control) -> Control:
        """The levers that count: in every process those of process 0."""
        return control

    def calls(self, loop: Loop, waiting: bool) -> bool:
        """Something is to be done before the next batch."""
        return waiting

    def tells(self, elapsed: float, often: float) -> bool:
        """It is time to tell."""
        return elapsed >= often

    def take(self, control: Control, step: int) -> Orders:
        """What is to be done, with the changes that are due."""
        due = control.due(step)
        orders = control.take()
        return replace(orders, changes=(*due, *orders.changes)) if due else orders

    def wait(self, control: Control) -> None:
        """Stand still until there is a word."""
        control.wait()

    def late(self, watch: Watch, seconds: float) -> bool:
        """The time is up."""
        return watch.late(seconds)

    # -- the end ----------------------------------------------------------------------------------------------------

    def lost(self, error: Exception) -> str:
        """Another process is gone, in words; "" where the error is our own."""
        return ""

    def failed(self, message: str) -> None:
        """Let the others know why this process ends."""

    def finished(self) -> None:
        """Nothing more will be sent in this run."""


ALONE = Company()
NEEDED = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
"""What `torchrun` tells every process it starts."""


def company() -> Company:
    """The processes that `torchrun` started with this one; alone where it did not. `RunError` where they never meet."""
    if any(not os.environ.get(name, "") for name in NEEDED) or os.environ["WORLD_SIZE"] == "1":
        return ALONE
    return _together()


@cache
def _together() -> Company:
    from neuralgraph.training.distributed import meet

    return meet(os.environ)


def device_of(company: Company, device: str) -> str:
    """Where this process learns: of several each on a GPU of its own. `RunError` where there is none for it."""
    if company.size == 1 or device == "cpu":
        return there(device)
    import torch

    kind, local = torch.device(device).type, int(os.environ["LOCAL_RANK"])
    if kind != "cuda":
        raise RunError(f"Several processes learn on cpu or cuda, not on {device}. Give --device cpu or --device cuda.")
    count = torch.cuda.device_count()
    if local >= count:
        raise RunError(f"Process {company.rank} finds no GPU of its own: it is number {local + 1} on this machine, "
                       f"which has {count}. Give torchrun --nproc_per_node {max(count, 1)}, or --device cpu.")
    torch.cuda.set_device(local)
    return f"cuda:{local}"
