"""How long views of ResNet-18 at 224 pixels take: to the first picture that is true, and to the last one."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import neuralgraph as ng

SIZE, ROWS, CLASSES = 224, 48, 10
NODES = ("stem", "stage3/conv1", "fc")
"""Early, in the middle, last: what a view takes hangs on how much lies before and behind."""
CEILING = 1.0
TOLD = 0.25
"""Views that take so many seconds are listed."""


def views() -> dict[str, Any]:
    """CPU ms to the first picture and to the last one by view, at the slowest of three nodes."""
    with tempfile.TemporaryDirectory() as folder:
        session = resnet(Path(folder), SIZE).session
        session.offers("fc")
        found: dict[str, list[int]] = {}
        for offer in session.offers("fc"):
            for node in ("",) if offer.scope == "network" else NODES:
                times = _timed(session, offer.name, node)
                if times is not None:
                    found[offer.name] = [max(pair) for pair in zip(found.get(offer.name, times), times, strict=True)]
    first = max(one for one, _ in found.values())
    slow = {name: {"first": one, "done": last} for name, (one, last) in sorted(
        found.items(), key=lambda item: -item[1][1]) if last > 1000 * TOLD}
    return {"benchmark": "views", "views": len(found), "ceiling_ms": round(1000 * CEILING), "first_ms": first,
            "ratio": round(first / (1000 * CEILING), 2), "slow": slow}


def resnet(folder: Path, size: int) -> ng.Graph:
    """ResNet-18 with ten classes, and pictures of noise to look at."""
    from tests.compiler.drawn_networks import residual18

    chance = np.random.default_rng(0)
    path = folder / "pictures.npz"
    np.savez(path, x=chance.random((ROWS, 3, size, size)).astype(np.float32), y=chance.integers(0, CLASSES, ROWS))
    g = ng.Graph()
    data = g.add("Npz", path=str(path), id="data")
    g.add("CrossEntropyLoss", residual18(g, data["x"], CLASSES), data["y"], id="loss")
    return g


def _timed(session: Any, name: str, node: str) -> list[int] | None:
    """CPU ms to the first figure and to the last; None where there is nothing to see."""
    from neuralgraph.errors import NeuralGraphError

    began, first = time.process_time(), list[float]()
    try:
        session.view(name, node, so_far=lambda one: first.append(time.process_time() - began))
    except NeuralGraphError:
        return None
    last = time.process_time() - began
    return [round(1000 * one) for one in (min([*first, last]), last)]


def apart() -> dict[str, Any]:
    """CPU ms to take a step of ResNet-18 at 64 pixels apart: the first time, then the median of five."""
    with tempfile.TemporaryDirectory() as folder:
        session = resnet(Path(folder), 64).session
        session.offers("fc")
        times = []
        for _ in range(6):
            began = time.process_time()
            session.step_apart()
            times.append(time.process_time() - began)
    first, again = times[0], statistics.median(times[1:])
    return {"benchmark": "apart", "ceiling_ms": round(1000 * CEILING), "first_ms": round(1000 * first),
            "again_ms": round(1000 * again), "ratio": round(first / CEILING, 2)}
