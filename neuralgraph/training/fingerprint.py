"""What a run depends on outside its document: the rows it learned from, and the versions of what computed."""

from __future__ import annotations

import platform
from collections.abc import Mapping

import torch

import neuralgraph
from neuralgraph.data.feed import Feed
from neuralgraph.training.checkpoint import CHANGED

WORDS: Mapping[str, str] = {"data": CHANGED, "torch": "PyTorch", "numpy": "NumPy"}


def fingerprint(feed: Feed) -> str:
    """A digest of every number of every part, by source: it tells when the data changed."""
    return feed.digest


def versions() -> dict[str, str]:
    """Of this program, and of what the numbers depend on."""
    import numpy

    return {"neuralgraph": neuralgraph.__version__, "torch": torch.__version__, "numpy": numpy.__version__,
            "python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}


def otherwise(data: tuple[str, str], before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Why the rest of a run may be another one than it would have been, in words."""
    found = [WORDS["data"]] if data[0] and data[0] != data[1] else []
    found += [f"{WORDS[name]} {before[name]} → {now[name]}" for name in ("torch", "numpy")
              if name in before and before[name] != now[name]]
    return tuple(found)
