"""NeuralGraph: draw a neural network and watch it learn.

The names of the public API (`ng.Graph`, `ng.train`, `ng.load`, …) are handed on when they are first used, so that
importing the package, or a folder of it, never loads torch.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

__all__ = [
    "Graph", "at", "check", "compile", "evaluate", "fit", "generate", "gradients", "load", "predict", "runs", "save",
    "save_model", "save_weights", "shapes", "summary", "to_python", "train", "train_seeds", "tune", "twins",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from neuralgraph import api

        return getattr(api, name)
    raise AttributeError(f"module 'neuralgraph' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
