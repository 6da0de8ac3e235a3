"""Several processes learn together: torch.distributed carries, DistributedDataParallel adds up the gradients.

Every process draws the same order and takes its part of every batch; a gradient is the mean over the rows of the whole
batch, whoever had them. Process 0 decides what is done at which batch, keeps the run and speaks; the others follow.
What is sent beside gradients are numbers and JSON, on gloo.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import math
import os
import socket
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch._C._distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from neuralgraph.data.streaming import Part
from neuralgraph.errors import RunError
from neuralgraph.training import divisible
from neuralgraph.training.checkpoint import Seen
from neuralgraph.training.company import Company
from neuralgraph.training.control import Control
from neuralgraph.training.fingerprint import fingerprint

if TYPE_CHECKING:
    from neuralgraph.training.batches import Batch
    from neuralgraph.training.control import Orders
    from neuralgraph.training.loop import Loop
    from neuralgraph.training.metrics import Meter
    from neuralgraph.training.stopping import Watch
    from neuralgraph.training.tally import Floats

T = TypeVar("T")
BLOCK = 64 * 2**20
PATIENCE = 300.0
"""Seconds after which a process that says nothing counts as lost."""
LISTEN = 0.02
"""Seconds between two words of process 0, roughly."""
BREATH = 5.0
"""While it is paused, process 0 lets the others know so often that it is there."""
_LOST = ("connection closed by peer", "connection reset", "connection refused", "broken pipe", "timed out waiting",
         "socket timeout", "gloo", "nccl", "watchdog")
"""What torch says where another process is gone."""


class Lost(Exception):
    """Another process of the company does not answer any more."""


class Several(Company):
    """So many processes, of which this is number `rank`."""

    def __init__(self, store: Any, rank: int, size: int, job: str, *, restarted: bool = False) -> None:
        self.store, self.rank, self.size, self.job, self.restarted = store, rank, size, job, restarted
        self.leads = rank == 0
        self._rows = self._own = self._runs = 0
        self._next, self._tell, self._often = 0, False, 0.0
        self._heard_at, self._heard_step = time.perf_counter(), 0

    def check(self, loop: Loop) -> tuple[str, ...]:
        """Everybody has the same document, rows and weights, and what is learned can be divided."""
        self._next = self._heard_step = loop.step
        self._runs += 1
        if not self.leads:  # what was seen before is what process 0 knows
            loop.meter.restore(Seen({}, (), loop.meter.limit))
        notes = divisible.refuse(loop, self.size)
        mine = divisible.about(loop)
        mine["data"] = fingerprint(loop.feed)
        for name, value in self.shared(mine).items():
            if name != "weights" and not self._agree(value == mine[name]):
                raise RunError(f"The {self.size} processes have not the same {name}: every machine needs the same "
                               "file, the same data beside it and the same options.")
            if name == "weights" and not self._agree(value == mine[name]):
                for one in loop.program.state_dict().values():
                    self._broadcast(one)
                notes += ("The first weights came out differently on these machines: those of process 0 are used.",)
        return (f"{self.size} processes learn together: each takes its part of every batch of {loop.size:,} rows.",
                *notes)

    def _agree(self, yes: bool) -> bool:
        """All of them say so."""
        table = torch.tensor([int(yes)])
        self._sent(lambda: dist.all_reduce(table, dist.ReduceOp.MIN))
        return bool(table[0])

    # -- a batch ----------------------------------------------------------------------------------------------------

    def part(self, batch: Batch, loop: Loop) -> Batch:
        """The rows of this process. Where there are fewer rows than processes, one that counts nothing."""
        self._rows = len(batch[0]) if batch else 1
        start, self._own = divisible.span(self._rows, self.rank, self.size)
        self.counts = self._own > 0
        # a function of seed, process and step: nothing of it has to be kept to go on exactly
        torch.manual_seed(_seed(loop.plan.seed, self.rank, loop.step))
        if not self._own:
            start = 0
        return tuple(one[start : start + max(self._own, 1)] for one in batch)

    def rows(self, batch: Batch) -> int:
        return self._rows

    def goal(self, goal: Any) -> Any:
        # DistributedDataParallel takes the mean over processes
        return goal * (self.size * self._own / self._rows)

    def forward(self, module: Any, program: Any) -> Callable[..., Any]:
        return Objective(module, program)

    # -- figures ----------------------------------------------------------------------------------------------------

    def mean(self, table: Floats, places: Sequence[int], sizes: Floats) -> Floats:
        rows = np.asarray(sizes, dtype=np.int64)[list(places)]
        own = np.array([divisible.span(int(one), self.rank, self.size)[1] for one in rows], dtype=np.float64)
        return self._sum(table * (own / rows)[:, None])

    def own(self, tensors: Sequence[Part]) -> tuple[list[Part], int]:
        start, count = divisible.span(len(tensors[0]) if tensors else 1, self.rank, self.size)
        start = start if count else 0
        return [one[start : start + max(count, 1)] for one in tensors], count

    def average(self, means: Floats, rows: int) -> Floats:
        weighted = np.array([*(means * rows if rows else np.zeros_like(means)), rows])
        found = self._sum(weighted)
        mean: Floats = found[:-1] / found[-1]
        return mean

    def total(self, statistics: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The sums of all; a process that has seen nothing learns from process 0 how they look."""
        layout: list[Any] = self.shared([[name, list(one.shape), str(one.dtype).partition(".")[2]]
                              for name, one in statistics.items()])
        found: dict[str, Tensor] = {}
        for name, shape, kind in layout:
            held = statistics[name].detach().cpu().double() if name in statistics else torch.zeros(
                shape, dtype=torch.float64)
            held = held.clone()
            self._sent(lambda one=held: dist.all_reduce(one))  # type: ignore[misc]
            device = statistics[name].device if name in statistics else torch.device("cpu")
            found[name] = held.to(device=device, dtype=getattr(torch, kind))
        return found

    def gather(self, meter: Meter) -> None:
        meter.fold()
        found = self.total(meter.statistics)
        meter.statistics = found if self.leads else {name: torch.zeros_like(one) for name, one in found.items()}

    def shared(self, value: T) -> T:
        text = json.dumps(value).encode() if self.leads else b""
        said: T = json.loads(self.sent_bytes(text))
        return said

    def sent_bytes(self, data: bytes) -> bytes:
        """What process 0 has, everywhere."""
        length = torch.tensor([len(data)])
        self._broadcast(length)
        held = torch.zeros(max(int(length[0]), 1), dtype=torch.uint8)
        if self.leads and data:
            held = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        self._broadcast(held)
        return held.numpy().tobytes()[: int(length[0])]

    def align(self, program: Any) -> None:
        for one in program.root.buffers():
            self._broadcast(one)

    def sent_file(self, path: Path) -> Path:
        """The file of process 0, for everybody: in the others a temporary one, which they throw away."""
        if self.leads:
            self.shared(path.stat().st_size)
            with path.open("rb") as source:
                while block := source.read(BLOCK):
                    self.sent_bytes(block)
            return path
        left = int(self.shared(0))
        with tempfile.NamedTemporaryFile(suffix=path.suffix, delete=False) as target:
            while left > 0:
                left -= target.write(self.sent_bytes(b""))
        return Path(target.name)

    def _sum(self, table: Floats) -> Floats:
        held = torch.from_numpy(np.ascontiguousarray(table, dtype=np.float64))
        self._sent(lambda: dist.all_reduce(held))
        found: Floats = held.numpy()
        return found

    # -- edges ------------------------------------------------------------------------------------------------------

    def followed(self, control: Control) -> Control:
        return control if self.leads else Control()

    def calls(self, loop: Loop, waiting: bool) -> bool:
        """Process 0 says before which batch something is to be done, and after how many it says the next word."""
        if loop.step < self._next and loop.batch:
            return False
        control, word = loop.control, [0, 0, 1]
        if self.leads:
            now = time.perf_counter()
            each = (now - self._heard_at) / max(loop.step - self._heard_step, 1)
            ahead = max(1, min(1000, int(LISTEN / max(each, 1e-9))))
            if math.isfinite(control.next_due):
                ahead = max(1, min(ahead, int(control.next_due) - loop.step))
            word = [int(waiting), int(now - loop.told >= self._often), 1 if control.pending else ahead]
            self._heard_at, self._heard_step = now, loop.step
        said = torch.tensor(word)
        self._broadcast(said)
        edge, tell_now, ahead = (int(one) for one in said)
        self._tell, self._next = bool(tell_now), loop.step + ahead
        return bool(edge)

    def tells(self, elapsed: float, often: float) -> bool:
        self._often = often
        tell, self._tell = self._tell, False
        return tell

    def take(self, control: Control, step: int) -> Orders:
        orders = super().take(control, step)
        said: list[Any] = [list(orders.changes), control.state, control.reason]
        changes, state, reason = self.shared(said)
        if not self.leads:
            match state:
                case "stopping":
                    control.stop(reason)
                case "paused":
                    control.pause()
                case _:
                    control.resume()
            control.take()
        self._next = step + 1
        return replace(orders, changes=tuple((name, value) for name, value in changes))

    def wait(self, control: Control) -> None:
        if self.leads:
            control.wait(BREATH)

    def late(self, watch: Watch, seconds: float) -> bool:
        if self.leads:
            watch.late(seconds)
        watch.over = self.shared(watch.over)
        return bool(watch.over)

    # -- the end ----------------------------------------------------------------------------------------------------

    def lost(self, error: Exception) -> str:
        said = str(error).lower()
        if not isinstance(error, Lost) and not (
                isinstance(error, RuntimeError) and any(one in said for one in _LOST)):
            return ""
        told = self._told_by_others()
        return told or f"A process of the {self.size} is gone: it was ended, or its machine cannot be reached."

    def _told_by_others(self) -> str:
        """What a process that failed left behind for the others; it may still be writing it."""
        until = time.monotonic() + 2.0
        while time.monotonic() < until:
            with suppress(Exception):  # the keeper of the words may be gone as well
                if self.store.check([f"failure {self._runs}"]):
                    return str(self.store.get(f"failure {self._runs}").decode(errors="replace"))
            time.sleep(0.1)
        return ""

    def failed(self, message: str) -> None:
        with suppress(Exception):  # who cannot be told finds the connection closed
            self.store.set(f"failure {self._runs}", f"Process {self.rank} ended: {message}")

    def finished(self) -> None:
        with suppress(Lost):  # all is done, whoever is gone
            self._sent(lambda: dist.barrier())

    def _broadcast(self, tensor: Tensor) -> None:
        self._sent(lambda: dist.broadcast(tensor, 0))

    @staticmethod
    def _sent(work: Callable[[], Any]) -> None:
        try:
            work()
        except RuntimeError as error:
            raise Lost(str(error)) from error


class Objective(nn.Module):
    """One step of the plan under DistributedDataParallel, which sees the total alone."""

    def __init__(self, module: Any, program: Any) -> None:
        super().__init__()
        self.inner = module
        self.heard: Any = ()
        self._program = [program]
        self._spread: list[Any] = []

    def __call__(self, *batch: Tensor) -> Any:
        if not self._spread:
            self._spread.append(self._made(batch))
        total = self._spread[0](*batch)
        losses, watched = self.heard
        return total, losses, watched

    def _made(self, batch: Sequence[Tensor]) -> Any:
        weights = [one for one in self.inner.parameters() if one.requires_grad]
        stage = _Total(self)
        if not weights:
            return stage
        with self._program[0].quiet(), torch.random.fork_rng(devices=[]):
            total = self.inner.forward(*batch)[0]
            used = torch.autograd.grad(total, weights, allow_unused=True) if total.requires_grad else [None]
        device = weights[0].device
        return DistributedDataParallel(
            stage, device_ids=[device.index] if device.type == "cuda" else None,
            find_unused_parameters=any(one is None for one in used))


class _Total(nn.Module):
    def __init__(self, objective: Objective) -> None:
        super().__init__()
        self.inner = objective.inner
        self._objective = [objective]

    def forward(self, *batch: Tensor) -> Tensor:
        total, losses, watched = self.inner.forward(*batch)
        self._objective[0].heard = ([one.detach() for one in losses], [[one.detach() for one in some]
                                                                       for some in watched])
        found: Tensor = total
        return found


def meet(environment: Mapping[str, str]) -> Several:
    """Meet the others where `torchrun` says; `RunError` where they do not come."""
    rank, size = int(environment["RANK"]), int(environment["WORLD_SIZE"])
    attempt = int(environment.get("TORCHELASTIC_RESTART_COUNT", "0") or 0)
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    patience = timedelta(seconds=PATIENCE)
    try:
        store, _, _ = next(rendezvous("env://", rank, size, timeout=patience))
        own = PrefixStore(f"neuralgraph-{attempt}", store)
        dist.init_process_group(backend, store=own, rank=rank, world_size=size, timeout=patience)
    except (RuntimeError, ValueError) as error:
        where = f"{environment['MASTER_ADDR']}:{environment['MASTER_PORT']}"
        raise RunError(f"Process {rank} of {size} did not meet the others at {where}: "
                       f"{str(error).partition(chr(10))[0]}") from None
    atexit.register(_part)
    found = Several(own, rank, size, "", restarted=attempt > 0)
    found.job = found.shared(f"{environment.get('TORCHELASTIC_RUN_ID', '')}@{socket.gethostname()}:{os.getppid()}")
    return found


def _part() -> None:
    with suppress(Exception):  # the program ends in any case
        dist.destroy_process_group()


def _seed(seed: int, rank: int, step: int) -> int:
    digest = hashlib.blake2b(f"{seed} {rank} {step}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
