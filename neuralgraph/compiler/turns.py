"""torch has one random state for the whole process, and several threads that use it."""

from __future__ import annotations

from threading import RLock
from time import sleep
from types import TracebackType


class Turns:
    """Who uses the random state has it alone; enter it for a while, or take and give. Who waits comes next."""

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

    def __enter__(self) -> None:
        self.take()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give()


TURNS = Turns()
