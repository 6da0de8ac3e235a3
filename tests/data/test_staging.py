"""Rows on their way to a device that copies by itself: never overwritten before they have arrived."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from neuralgraph.data import staging
from neuralgraph.data.staging import SLOTS, Staging


class Later:
    """A device that copies only when somebody waits for it, as late as a real one may."""

    def __init__(self) -> None:
        self.rooms: list[torch.Tensor] = []
        self.due: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.waited = 0

    def room(self, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        self.rooms.append(torch.empty(shape, dtype=dtype))
        return self.rooms[-1]

    def send(self, rows: torch.Tensor) -> torch.Tensor:
        there = torch.full_like(rows, -1)
        self.due.append((there, rows))
        return there

    def mark(self) -> Any:
        way, count = self, len(self.due)

        class Mark:
            def synchronize(self) -> None:
                way.waited += 1
                way.arrive(count)

        return Mark()

    def arrive(self, count: int) -> None:
        for number in range(count):
            there, rows = self.due[number]
            if bool((there == -1).all()):
                there.copy_(rows)


def batches() -> list[torch.Tensor]:
    rows = torch.arange(0, 10 * 8 * 3, dtype=torch.float32).reshape(-1, 3)
    return [*rows.split(8)][:-1] + [rows[-5:]]


def sent(lane: Staging) -> list[torch.Tensor]:
    return [lane.sent(list(one.split(3))) for one in batches()]


def test_what_is_sent_arrives_though_the_device_copies_late() -> None:
    way = Later()
    found = sent(Staging(torch.device("cpu"), way))
    way.arrive(len(way.due))
    assert [one.tolist() for one in found] == [one.tolist() for one in batches()]
    assert len(way.rooms) == SLOTS and way.waited == len(batches()) - SLOTS


def test_a_slot_that_is_not_waited_for_would_be_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A canary: the device above does notice."""
    way = Later()
    monkeypatch.setattr(way, "mark", lambda: None)
    found = sent(Staging(torch.device("cpu"), way))
    way.arrive(len(way.due))
    assert [one.tolist() for one in found] != [one.tolist() for one in batches()]


def test_a_larger_batch_gets_more_room() -> None:
    way = Later()
    lane = Staging(torch.device("cpu"), way)
    for rows in (2, 2, 2, 9):
        found = lane.sent([torch.ones(rows, 2)])
    way.arrive(len(way.due))
    assert found.tolist() == [[1.0, 1.0]] * 9


def test_without_memory_to_pin_rows_are_copied_as_usual() -> None:
    class Full(Later):
        def room(self, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
            raise RuntimeError("cannot pin memory")

    assert [one.tolist() for one in sent(Staging(torch.device("cpu"), Full()))] == [one.tolist() for one in batches()]


def test_the_processor_needs_no_staging() -> None:
    lane = Staging(torch.device("cpu"))
    assert [one.tolist() for one in sent(lane)] == [one.tolist() for one in batches()] and lane._way is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_rows_arrive_on_cuda() -> None:
    device = torch.device("cuda")
    lane = Staging(device)
    found = sent(lane)
    assert isinstance(lane._way, staging.Cuda) and all(one.room.is_pinned() for one in lane._slots)
    assert [one.tolist() for one in found] == [one.tolist() for one in batches()]
