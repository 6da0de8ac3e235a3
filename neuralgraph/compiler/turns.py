"""torch has one random state for the whole process, and several threads that use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from time import sleep

import torch


class Turns:
    """Who uses the random state has it alone, from taking it to giving it back. Who waits comes next."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._waiting = 0

    def take(self) -> None:
        if not self._lock.acquire(blocking=False):
            self._waiting += 1
            self._lock.acquire()
            self._waiting -= 1

    def give(self) -> None:
        self._lock.release()

    def polite(self) -> None:
        """Having given it back: let somebody who waits have it."""
        if self._waiting:
            sleep(0.001)


TURNS = Turns()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Random numbers of this seed inside; the global state is afterwards as it was."""
    TURNS.take()
    try:
        # seeds go to every device: those that are in use get their state back as well
        used = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
        gpus = range(torch.cuda.device_count()) if used else range(0)
        with torch.random.fork_rng(devices=gpus), _mps_as_it_was():
            torch.manual_seed(seed)
            yield
    finally:
        TURNS.give()


@contextmanager
def _mps_as_it_was() -> Iterator[None]:
    if not torch.backends.mps.is_available():
        yield
        return
    before = torch.mps.get_rng_state()
    try:
        yield
    finally:
        torch.mps.set_rng_state(before)
