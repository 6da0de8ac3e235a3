"""Rows on their way to a GPU: through memory that its copying unit reads by itself, while the processor goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

SLOTS = 3
"""So many batches may be on their way."""


class Way(Protocol):
    """A device that copies by itself."""

    def room(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Memory of the processor that the device may read at any time."""

    def send(self, rows: Tensor) -> Tensor:
        """The rows on the device: they will be there when it gets to what uses them."""

    def mark(self) -> Any:
        """Something whose `synchronize()` waits until all that was sent has arrived."""


class Cuda:
    """Pinned memory, copies that do not wait, events.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#use-pinned-memory-buffers
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def room(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return torch.empty(shape, dtype=dtype, pin_memory=True)

    def send(self, rows: Tensor) -> Tensor:
        return rows.to(self.device, non_blocking=True)

    def mark(self) -> torch.cuda.Event:
        event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(self.device))
        return event


@dataclass
class _Slot:
    room: Tensor
    sent: Any = None
    """The mark behind what was sent from here last."""


class Staging:
    """Takes the rows of one source to `device`, batch by batch; all but the last are of one size.

    A slot is written to again only when what it held has arrived. Where the device does not copy by itself, or there is
    no memory to pin, rows are copied as usual.
    """

    def __init__(self, device: torch.device, way: Way | None = None) -> None:
        self.device = device
        self._way = way or (Cuda(device) if device.type == "cuda" else None)
        self._slots: list[_Slot] = []
        self._turn = 0

    def sent(self, pieces: Sequence[Tensor]) -> Tensor:
        """The rows of these pieces, one after the other, on the device."""
        way, rows = self._way, sum(len(one) for one in pieces)
        slot = self._free(rows, pieces[0]) if way is not None else None
        if way is None or slot is None:
            return torch.cat(list(pieces)).to(self.device)
        held = slot.room[:rows]
        torch.cat(list(pieces), out=held)
        found = way.send(held)
        slot.sent = way.mark()
        return found

    def _free(self, rows: int, like: Tensor) -> _Slot | None:
        assert self._way is not None
        if len(self._slots) < SLOTS:
            try:
                self._slots.append(_Slot(self._way.room((rows, *like.shape[1:]), like.dtype)))
            except RuntimeError:  # the system pins no more: slower, not wrong
                self._way = None
                return None
        slot = self._slots[self._turn % len(self._slots)]
        self._turn += 1
        if slot.sent is not None:
            slot.sent.synchronize()
        if len(slot.room) < rows:
            slot.room = self._way.room((rows, *like.shape[1:]), like.dtype)
        return slot
