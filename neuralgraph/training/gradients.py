"""What becomes of gradients between the backward pass and the step: gathered, unscaled, clipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from neuralgraph.training.checkpoint import copied

AUTOCAST = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class Precision:
    """torch's autocast for the forward pass; with float16 the loss is scaled, so that small gradients do not vanish."""

    def __init__(self, name: str, device: str) -> None:
        self.dtype = AUTOCAST.get(name)
        self.kind = torch.device(device).type
        self.scaler = torch.amp.GradScaler(self.kind) if name == "float16" else None

    def forward(self) -> AbstractContextManager[Any]:
        """In force while the losses are computed."""
        if self.dtype is None:
            return nullcontext()
        return torch.autocast(self.kind, dtype=self.dtype)


class Gathered:
    """The gradients of several batches, each with the share that its rows have, for one step.

    Kept apart from `.grad`, which another step of the plan writes to in between.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], count: int) -> None:
        self.parameters, self.count = parameters, count
        self.sums: list[Tensor | None] = [None] * len(parameters)
        self.batches, self.rows, self.usual = 0, 0, 0

    def share(self, rows: int) -> float:
        """Times the loss of a batch of so many rows."""
        self.usual = self.usual or rows * self.count
        return rows / self.usual

    def add(self, rows: int) -> bool:
        """Take over `.grad`; True where there are enough batches for a step."""
        for at, one in enumerate(self.parameters):
            held = self.sums[at]
            if one.grad is not None and held is None:
                self.sums[at] = one.grad.detach().clone()
            elif one.grad is not None and held is not None:
                held += one.grad
        self.batches, self.rows = self.batches + 1, self.rows + rows
        return self.batches >= self.count

    def give(self) -> None:
        """Put the mean over all rows into `.grad`, and start anew."""
        for one, held in zip(self.parameters, self.sums, strict=True):
            if held is not None and self.rows != self.usual:
                held *= self.usual / self.rows
            one.grad = held
        self.sums = [None] * len(self.parameters)
        self.batches, self.rows, self.usual = 0, 0, 0

    def save(self, names: Sequence[str]) -> dict[str, Any]:
        """How it stands: copies."""
        return {"batches": self.batches, "rows": self.rows, "usual": self.usual, "count": self.count,
                "sums": {name: copied(one) for name, one in zip(names, self.sums, strict=True) if one is not None}}

    def restore(self, saved: Mapping[str, Any], names: Sequence[str]) -> bool:
        """Stand as `saved` did; False where that does not fit."""
        shapes = dict(zip(names, self.parameters, strict=True))
        sums = saved["sums"]
        if saved["count"] != self.count or any(
                name not in shapes or shapes[name].shape != one.shape for name, one in sums.items()):
            return not saved["batches"]
        self.batches, self.rows, self.usual = saved["batches"], saved["rows"], saved["usual"]
        self.sums = [copied(sums[name]).to(shapes[name].device, shapes[name].dtype) if name in sums else None
                     for name in names]
        return True
