"""Out of memory: what takes most of it, what would help, and giving back what a failed run still holds."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import torch

from neuralgraph.compiler.budget import size
from neuralgraph.graph.plan import Plan
from neuralgraph.graph.remedies import Remedy, smaller
from neuralgraph.training.events import Failed

_SAID = ("out of memory", "can't allocate memory", "not enough memory")
"""What torch says on the devices; on the processor it raises a plain `RuntimeError`."""
NAMED = 3


@dataclass(frozen=True)
class Large:
    """A tensor of a training step: what node has it, which ("output", "weight", …), its shape, bytes."""

    node: str
    name: str
    shape: tuple[int, ...]
    bytes: int

    @property
    def words(self) -> str:
        return f"the {self.name} of {self.node} ({' × '.join(map(str, self.shape)) or '1'}: {size(self.bytes)})"


def out_of_memory(error: BaseException) -> bool:
    """Whatever device says it."""
    first = str(error).strip().partition("\n")[0].lower()
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or any(one in first for one in _SAID)


def largest(program: Any, rows: int) -> list[Large]:
    """The largest tensors of a training step on so many rows, the largest first: from shapes, nothing is computed."""
    return sorted((*_outputs(program, rows), *_weights(program)), key=lambda one: -one.bytes)


def _outputs(program: Any, rows: int) -> Iterator[Large]:
    for id, outputs in program.inference.specs.items():
        for name, spec in outputs.items():
            shape = tuple(one if isinstance(one, int) else rows for one in spec.shape)
            kind = getattr(torch, spec.dtype, torch.float32)
            called = "output" if len(outputs) == 1 else f"output {name}"
            yield Large(id, called, shape, prod(shape) * kind.itemsize)


def _weights(program: Any) -> Iterator[Large]:
    for name, one in program.root.named_parameters():
        yield Large(str(program.owner(name)), name.rpartition(".")[2], tuple(one.shape), one.nbytes)


def no_memory(program: Any, epoch: int, step: int, node: str | None, plan: Plan | None, rows: int) -> Failed:
    """The end of a run by a lack of memory."""
    at = f" at {node}" if node else ""
    found = largest(program, max(rows, 1))[:NAMED]
    named = f" The largest tensors of a batch of {rows:,}: {'; '.join(one.words for one in found)}." if found else ""
    ways: tuple[Remedy, ...] = ()
    if plan is not None:
        half = smaller(plan, rows)
        ways = (half,) if half is not None else ()
    back = " The weights went back to those of the last good snapshot." if step else ""
    return Failed(epoch, step, f"There was not enough memory{at}.{named}",
                  f"Make the batch or the layers smaller.{back}", node, "", "memory", ways)


def let_go(error: BaseException) -> None:
    """Drop what the frames of an exception, and of those that it came from, hold: the values of the broken batch."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        traceback.clear_frames(one.__traceback__)
        one = one.__cause__ or one.__context__


def give_back(device: str) -> None:
    """Free memory goes back to the device."""
    gc.collect()
    if device.startswith("cuda") and torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif device.startswith("mps") and torch.backends.mps.is_available():
        torch.mps.empty_cache()
