"""`python -m tests.benchmarks NAME …` prints one line of JSON for each; without a name it lists them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

TABLE = {
    "tiny": ("training", "tiny"),
    "digits": ("training", "digits"),
    "cnn": ("training", "cnn"),
    "replayed": ("replayed", "replayed"),
    "cnn_channels_last": ("training", "cnn_channels_last"),
    "compiled": ("training", "compiled"),
    "shapes": ("shapes", "shapes"),
    "figures": ("figures", "figures"),
    "canvas": ("canvas", "canvas"),
    "startup": ("startup", "main"),
    "alive": ("alive", "alive"),
    "following": ("following", "following"),
    "moments": ("moments", "kept"),
    "pictures": ("pictures", "pictures"),
    "docks": ("docks", "docks"),
    "views": ("views", "views"),
    "apart": ("views", "apart"),
}
"""Benchmark → its module here, and the function."""


def main(names: list[str]) -> int:
    """Run the named benchmarks."""
    if not names:
        print("\n".join(TABLE))
        return 2
    for name in names:
        module, function = TABLE[name]
        run: Callable[[], Any] = getattr(import_module(f"tests.benchmarks.{module}"), function)
        found = run()
        if isinstance(found, dict):
            print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
