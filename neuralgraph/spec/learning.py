"""How one node learns, beside what the plan says for all: its share of the learning rate, and what holds it small."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuralgraph.errors import ParameterError
from neuralgraph.spec.param import Param, declared, param

_WEIGHTS = "Of its weights only, offsets stay free; comes on top of what the plan says."
KNOBS: Mapping[str, Param] = {
    "rate": declared(param(
        1.0, "Times the learning rate of the plan, for its weights and offsets: 0 keeps them as they are, as freezing "
        "does; 0.1 suits layers that were trained before.", min=0.0, max=100.0), "rate", float),
    "l1": declared(param(
        0.0, f"Pulls weights to exactly 0: this times the sum of their sizes is added to the loss. {_WEIGHTS}",
        min=0.0, max=1e6), "l1", float),
    "l2": declared(param(
        0.0, f"Keeps weights small: torch's weight_decay. {_WEIGHTS}", min=0.0, max=1e6), "l2", float),
}
"""What can be set for a node, by its key in the document."""


def knob(learning: Mapping[str, Any], name: str) -> float:
    """The number that holds: the given one, or the usual."""
    return float(learning.get(name, KNOBS[name].default))


def still(learning: Mapping[str, Any]) -> bool:
    """Nothing is learnt: at a rate of 0 a node is as good as frozen."""
    return knob(learning, "rate") == 0.0


def refusal(learning: Mapping[str, Any]) -> tuple[str, str]:
    """The key that cannot be as it is, and why; two empty texts where all can."""
    for name, value in learning.items():
        if name not in KNOBS:
            return name, f"it has no setting {name[:40]!r} for how it learns; it has {', '.join(KNOBS)}"
        try:
            KNOBS[name].check(value)
        except ParameterError as error:
            return name, str(error).removesuffix(".")
    return "", ""
