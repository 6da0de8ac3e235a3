"""What it costs a run that its moments are kept: processor time of the thread that trains, as a share of all."""

from __future__ import annotations

import time
from typing import Any
from unittest.mock import patch

import torch

import neuralgraph as ng
from neuralgraph.training import moments
from neuralgraph.training.moments import Stretch

CASES = (("xor", 3000), ("digits-mlp", 60), ("digits-cnn", 6), ("iris", 120), ("digits-lstm", 4))
FLOOR = 0.95


def kept() -> dict[str, Any]:
    """The worst speed with moments, where that without is 1; first that both learn the same."""
    found = {name: round(_speed(name, epochs), 4) for name, epochs in CASES}
    return {"benchmark": "moments", "ratio": min(found.values()), "floor": FLOOR, **found}


def _speed(example: str, epochs: int) -> float:
    graph = ng.load(f"examples/{example}.ngraph")
    with patch.object(moments, "MOST_BYTES", 0):
        plain = ng.train(graph, epochs=epochs).program.state_dict()
    spent, look = 0.0, Stretch.look

    def timed(self: Stretch, loop: Any) -> None:
        nonlocal spent
        begun = time.thread_time()
        look(self, loop)
        spent += time.thread_time() - begun

    begun = time.thread_time()
    with patch.object(Stretch, "look", timed):
        run = ng.train(graph, epochs=epochs)
    all_of_it = time.thread_time() - begun
    assert len(run.moments.steps) > 10 and not plain.keys() - run.program.state_dict().keys()
    assert all(torch.equal(one, plain[name]) for name, one in run.program.state_dict().items())
    return 1 - spent / all_of_it
