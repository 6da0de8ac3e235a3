"""NeuralGraph: draw a neural network and watch it learn.

The names of the public API (`ng.Graph`, `ng.train`, `ng.load`, …) are handed on when they are first used, so that
importing the package, or a folder of it, never loads torch.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "api": ("Graph", "check", "compile", "evaluate", "fit", "generate", "gradients", "load", "predict", "runs", "save",
            "save_model", "save_weights", "shapes", "summary", "to_python", "train", "train_seeds", "tune"),
    "asking": ("at", "cell", "jacobian", "schedule", "step_apart", "sweep_apart"),
    "inspecting": ("inspect", "picture", "views"),
    "lockstep": ("twins",),
    "logic_nets": ("minterms",),
    "touching": ("touch",),
}
"""Where the names of the public API are at home."""
__all__ = sorted(name for names in _HOMES.values() for name in names)


def __getattr__(name: str) -> Any:
    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module 'neuralgraph' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"neuralgraph.{home}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
