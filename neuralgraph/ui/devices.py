"""What this computer can compute on, found without loading torch."""

from __future__ import annotations

import os
import platform
import shutil
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def devices() -> tuple[tuple[str, str], ...]:
    """Pairs of torch's name and the name for people, the processor first."""
    found = [("cpu", "CPU")]
    if Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi"):
        found.append(("cuda", "CUDA"))
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        found.append(("mps", "MPS"))
    return tuple(found)


def processors() -> int:
    """How many this computer has, or at least one."""
    return os.cpu_count() or 1


def threads() -> int:
    """How many threads torch will take unless it is told otherwise."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return int(told) if told.isdigit() and int(told) else os.cpu_count() or 1
