"""Training on rows that stay on the disk: workers read ahead of the epoch, in its order, within bounded memory.

The only place of this folder where threads live. What is read is what would have been gathered from memory, number for
number; whoever stops listening stops the workers.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neuralgraph.data.staging import Staging
from neuralgraph.data.stored import Read, Stored

AHEAD_BYTES = 64 << 20
"""About so much is read ahead; at least two batches are."""
WORKERS = 4


class Stream:
    """The rows of one part of stored data, for the device; `rows` are their numbers among all."""

    def __init__(self, stored: Stored, rows: NDArray[np.int64], dtype: torch.dtype, device: str) -> None:
        self.stored, self.rows, self.dtype, self.device = stored, rows, dtype, torch.device(device)
        self.shape = (len(rows), *stored.shape[1:])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, some: slice) -> Stream:
        """Some of the rows, still on the disk."""
        return Stream(self.stored, self.rows[some], self.dtype, str(self.device))

    @property
    def nbytes(self) -> int:
        """Of all of it, as numbers."""
        return len(self) * self.stored.row_bytes * self.dtype.itemsize // self.stored.dtype.itemsize

    def taken(self, places: NDArray[np.int64], read: Read) -> Tensor:
        """The rows at these places of the part, on the processor."""
        return torch.from_numpy(read(self.rows[places])).to(self.dtype)


Part = Tensor | Stream
"""One source's rows of a part: in memory, or on the disk."""


def streams(parts: Sequence[Part]) -> bool:
    """Some of it is on the disk."""
    return any(isinstance(one, Stream) for one in parts)


def loaded(part: Part) -> Tensor:
    """A few rows, in memory."""
    if isinstance(part, Tensor):
        return part
    with part.stored.opening() as read:
        return part.taken(np.arange(len(part)), read).to(part.device)


def streamed(
    parts: Sequence[Part], order: Tensor | None, size: int, start: int = 0
) -> Generator[tuple[Tensor, ...], None, None]:
    """Batches of `size` rows in this order, from batch number `start` on; the last may be smaller.

    Close it, or let it go, and nothing is read any more. A file that cannot be read raises when its batch is due.
    """
    rows = len(parts[0])
    picked = np.arange(rows) if order is None else order.cpu().numpy()
    batch_bytes = sum(one.nbytes for one in parts) // max(rows, 1) * size
    workers = max(1, min(WORKERS, os.cpu_count() or 1))
    ahead = max(2, min(64, AHEAD_BYTES // max(batch_bytes, 1)))
    firsts = iter(range(start * size, rows, size))
    waiting: deque[tuple[NDArray[np.int64], list[Future[Any]]]] = deque()
    lanes = [Staging(torch.device(one.device)) for one in parts]
    with ExitStack() as open_files:
        reads = [open_files.enter_context(one.stored.opening()) for one in parts if isinstance(one, Stream)]
        pool = ThreadPoolExecutor(workers, thread_name_prefix="rows")
        open_files.callback(pool.shutdown, wait=True, cancel_futures=True)  # before the files are closed
        while True:
            while len(waiting) < ahead and (first := next(firsts, None)) is not None:
                places = picked[first : first + size]
                pieces = np.array_split(places, min(workers, len(places)))
                waiting.append((places, [pool.submit(_pieces, parts, reads, one) for one in pieces]))
            if not waiting:
                return
            places, futures = waiting.popleft()
            yield _joined(parts, places, [one.result() for one in futures], lanes)


def _pieces(parts: Sequence[Part], reads: Sequence[Read], places: NDArray[np.int64]) -> list[Tensor]:
    held = [one for one in parts if isinstance(one, Stream)]
    return [one.taken(places, read) for one, read in zip(held, reads, strict=True)]


def _joined(parts: Sequence[Part], places: NDArray[np.int64], read: list[list[Tensor]], lanes: Sequence[Staging]
            ) -> tuple[Tensor, ...]:
    """What was read piece by piece, and what lies in memory, as one batch on the device."""
    found, number = [], 0
    for one, lane in zip(parts, lanes, strict=True):
        if isinstance(one, Stream):
            found.append(lane.sent([piece[number] for piece in read]))
            number += 1
        else:
            found.append(one.index_select(0, lane.sent([torch.from_numpy(places)])))
    return tuple(found)
