"""What a run depends on outside its document: the rows it learned from, and the versions of what computed."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping

import torch

import neuralgraph
from neuralgraph.data.feed import Feed

WORDS: Mapping[str, str] = {"data": "the data is not what it was", "torch": "PyTorch", "numpy": "NumPy"}


def fingerprint(feed: Feed) -> str:
    """A digest of every number of every part, by source: it tells when the data changed."""
    digest = hashlib.blake2b(digest_size=12)
    for part in (feed.train, feed.validation, feed.test):
        for key, one in part.items():
            digest.update(f"{key} {one.dtype} {tuple(one.shape)}\n".encode())
            if one.numel():
                digest.update(one.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        digest.update(b"\n")
    return digest.hexdigest()


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
