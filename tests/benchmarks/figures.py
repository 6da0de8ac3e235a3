"""What the examples reach: stratified 80/20, the median of five seeds (XOR: how many of ten seeds learn it)."""

from __future__ import annotations

import statistics
from typing import Any

import neuralgraph as ng
from neuralgraph.resources import examples

FLOORS = {"digits-cnn": 0.98, "digits-mlp": 0.965, "breast-cancer": 0.96, "spiral": 0.95}


def figures() -> dict[str, Any]:
    """Validation accuracies and the floors they have to reach."""
    found: dict[str, Any] = {"benchmark": "figures"}
    for name, floor in FLOORS.items():
        values = [_final(name, seed)["val_accuracy"] for seed in range(5)]
        found[name] = {"median": round(statistics.median(values), 4), "min": round(min(values), 4), "floor": floor}
    found["xor"] = {"seeds of 10": sum(_final("xor", seed)["accuracy"] == 1.0 for seed in range(10)), "floor": 9}
    found["ratio"] = round(min(found[name]["median"] / floor for name, floor in FLOORS.items()), 4)
    return found


def _final(name: str, seed: int) -> dict[str, float]:
    return dict(ng.train(ng.load(examples() / f"{name}.ngraph"), seed=seed, split=_split(name)).final)


def _split(name: str) -> str:
    return "random" if name == "xor" else "stratified"
