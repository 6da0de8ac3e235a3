"""What an optimiser does to a weight, as a formula: torch's own rules, in the signs of the help pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PLAIN = "w ← w − lr · g"
_MOMENTUM = ("v ← momentum · v + (1 − dampening) · g", "w ← w − lr · v")
_ADAM = ("m ← β_1 m + (1 − β_1) g", "v ← β_2 v + (1 − β_2) g^2",
         "a ← m / (1 − β_1^t)", "b ← v / (1 − β_2^t)", "w ← w − lr · a / (√b + eps)")
RULES: Mapping[str, tuple[str, ...]] = {
    "Adam": _ADAM,
    "AdamW": ("w ← w − lr · weight_decay · w", *_ADAM),
    "RMSprop": ("v ← α v + (1 − α) g^2", "w ← w − lr · g / (√v + eps)"),
    "Adagrad": ("s ← s + g^2", "w ← w − lr · g / (√s + eps)"),
}
"""Those with one rule for all settings; the others say how far they moved the weight."""
CHANGED = "w ← w + Δw"


def rules(name: str, group: Mapping[str, Any]) -> tuple[str, ...]:
    """The formulas of an optimiser with its settings; g is the gradient after clipping."""
    decay = ("g ← g + weight_decay · w",) if group.get("weight_decay") and name in ("SGD", "Adam", "RMSprop",
                                                                                   "Adagrad") else ()
    if name == "SGD":
        if group.get("nesterov"):
            return (*decay, _MOMENTUM[0], "w ← w − lr · (g + momentum · v)")
        return (*decay, *(_MOMENTUM if group.get("momentum") else (PLAIN,)))
    return (*decay, *RULES[name]) if name in RULES else (CHANGED,)


def settings(group: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of an optimiser by torch's names, the rate first; without switches."""
    found = {name: float(value) for name, value in group.items()
             if isinstance(value, (int, float)) and not isinstance(value, bool) and name not in ("rate", "l2")}
    if isinstance(group.get("betas"), tuple):
        found["beta1"], found["beta2"] = (float(one) for one in group["betas"])
    return dict(sorted(found.items(), key=lambda one: one[0] != "lr"))
