"""What it costs a run that others can follow it: processor time of the thread that trains, as a share of all."""

from __future__ import annotations

import os
import tempfile
import time
from typing import Any
from unittest.mock import patch

import neuralgraph as ng
from neuralgraph.training.broadcast import Broadcast

CASES = (("digits-mlp", 60), ("xor", 1500))
CEILING = 0.03


def following() -> dict[str, Any]:
    """The share for a usual run, and for one whose epochs are single batches."""
    shares = {}
    with tempfile.TemporaryDirectory() as home, patch.dict(os.environ, {"XDG_DATA_HOME": home}):
        for name, epochs in CASES:
            shares[name] = round(_share(name, epochs), 4)
    return {"benchmark": "following", "ratio": max(shares.values()), "ceiling": CEILING, **shares}


def _share(example: str, epochs: int) -> float:
    spent = 0.0
    hear, write = Broadcast.hear, Broadcast.write

    def timed(inner: Any) -> Any:
        def call(self: Broadcast, *arguments: Any) -> Any:
            nonlocal spent
            begun = time.thread_time()
            try:
                return inner(self, *arguments)
            finally:
                spent += time.thread_time() - begun
        return call

    begun = time.thread_time()
    with patch.object(Broadcast, "hear", timed(hear)), patch.object(Broadcast, "write", timed(write)):
        ng.train(ng.load(f"examples/{example}.ngraph"), epochs=epochs, store=True)
    return spent / (time.thread_time() - begun)
