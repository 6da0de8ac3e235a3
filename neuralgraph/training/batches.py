"""The order of rows in each epoch, and batches as views of one gathered copy."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import torch
from torch import Tensor

from neuralgraph.data.streaming import Part, streamed, streams

BLOCK_BYTES = 512 * 2**20
"""At most so much is gathered at once."""

Batch = tuple[Tensor, ...]


class Order:
    """A fresh permutation of the rows for every epoch, from a generator of its own; `shuffle=False` keeps the order.

    The n-th permutation is that of the n-th `torch.randperm(rows, generator=…)` of a generator with this seed.
    """

    def __init__(self, rows: int, seed: int, *, shuffle: bool = True) -> None:
        self.rows = rows
        self.shuffle = shuffle
        self._generator = torch.Generator().manual_seed(seed)

    def draw(self) -> Tensor | None:
        """The next epoch's rows; None for the order in which they are."""
        return torch.randperm(self.rows, generator=self._generator) if self.shuffle else None

    @property
    def state(self) -> Tensor:
        """Where the generator stands, as bytes."""
        return self._generator.get_state()

    @state.setter
    def state(self, state: Tensor) -> None:
        self._generator.set_state(state)


def batches(tensors: Sequence[Part], order: Tensor | None, size: int, start: int = 0) -> Generator[Batch, None, None]:
    """Batches of `size` rows from batch number `start` on; the last one may be smaller.

    One gather for an epoch (or for every 512 MiB of one); a batch is a view. What is on the disk is read ahead.
    """
    if streams(tensors):
        yield from streamed(tensors, order, size, start)
        return
    held = [one for one in tensors if isinstance(one, Tensor)]
    if not held:  # a function of its own parameters: one batch that holds nothing
        yield from [()][start:]
        return
    rows = len(held[0])
    row_bytes = sum(one.nbytes for one in held) // max(rows, 1)
    block = max(1, BLOCK_BYTES // max(row_bytes * size, 1)) * size
    first = start * size
    while first < rows:
        last = min(first + block, rows)
        if order is None:
            gathered = [one[first:last] for one in held]
        else:
            picked = order[first:last].to(held[0].device)
            gathered = [one.index_select(0, picked) for one in held]
        yield from zip(*(one.split(size) for one in gathered), strict=True)  # type: ignore[no-untyped-call]
        first = last
