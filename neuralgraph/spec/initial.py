"""How weights can start, by torch's names, with the numbers that each way takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

OWN = "own"
"""As torch's layer starts by itself."""
METHODS: Mapping[str, Mapping[str, float]] = {
    OWN: {}, "zeros": {}, "ones": {}, "constant": {"value": 0.1}, "uniform": {"low": -0.1, "high": 0.1},
    "normal": {"mean": 0.0, "std": 0.1}, "trunc_normal": {"mean": 0.0, "std": 0.1}, "xavier_uniform": {"gain": 1.0},
    "xavier_normal": {"gain": 1.0}, "kaiming_uniform": {}, "kaiming_normal": {}, "orthogonal": {"gain": 1.0},
}
PLAIN = (OWN, "zeros", "ones", "constant", "uniform", "normal", "trunc_normal")
"""Those that need no number of inputs and outputs: offsets have none."""
KEEP = "keep gate"
"""Offsets as torch starts them, but this much at the gate that keeps: forget of an LSTM, update of a GRU."""
GATED = ("LSTM", "GRU", "LSTMCell", "GRUCell")
"""Node types with such a gate."""
KEEP_KNOBS: Mapping[str, float] = {"value": 3.0}
GROUPS = ("weight", "bias")
FILE = "file"
"""From a file of numbers, `.npy` or `.safetensors`, whose name is the `path` of the group."""


def ways(group: str) -> tuple[str, ...]:
    """How weights, or offsets, can start; offsets of gates also with the one that keeps open."""
    return (*METHODS, FILE) if group == "weight" else (*PLAIN, KEEP, FILE)


def files(initialiser: Mapping[str, Any]) -> dict[str, str]:
    """The path of each group that starts from a file."""
    return {group: str(initialiser.get(f"{group}.path", "")) for group in GROUPS if initialiser.get(group) == FILE}


def moved(initialiser: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """The same with another path wherever `old` stands."""
    keys = [f"{group}.path" for group, path in files(initialiser).items() if path == old]
    return {**initialiser, **dict.fromkeys(keys, new)}


def knobs(initialiser: Mapping[str, Any], group: str) -> tuple[str, dict[str, float]]:
    """The way of a group and its numbers, defaults filled in."""
    method = str(initialiser.get(group, OWN))
    given = KEEP_KNOBS if method == KEEP else METHODS.get(method, {})
    return method, {name: float(initialiser.get(f"{group}.{name}", usual)) for name, usual in given.items()}


def refusal(initialiser: Mapping[str, Any]) -> str:
    """Why this cannot be; "" where it can."""
    for key, value in initialiser.items():
        group, dot, knob = key.partition(".")
        if group not in GROUPS:
            return f"there is no {group!r} to start with; there are {' and '.join(GROUPS)}"
        method = initialiser.get(group, OWN)
        if not isinstance(method, str) or method not in ways(group):
            return f"{group} cannot start as {str(method)[:40]!r}; it can as {', '.join(ways(group))}"
        if method == FILE:
            if dot and (knob != "path" or not isinstance(value, str) or "\0" in value or len(value) >= 4096):
                return f"{key} is no path to a file"
            continue
        if dot and knob not in (KEEP_KNOBS if method == KEEP else METHODS[method]):
            return f"{method} has no number {knob!r}"
        if dot and (isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)
                    or abs(value) > 1e6):
            return f"{key} expects a number up to 1,000,000, not {str(value)[:40]!r}"
    for group in GROUPS:
        _, given = knobs(initialiser, group)
        if given.get("std", 1.0) < 0:
            return f"{group}.std expects a number of at least 0"
        if given.get("low", 0.0) > given.get("high", 1e9):
            return f"{group}.low expects a number of at most {group}.high"
    return ""
