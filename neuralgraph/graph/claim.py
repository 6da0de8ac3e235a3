"""Which window has a document open: an empty locked file in the user's state folder, freed by the system at the end.

The file stays when its window goes: only the lock counts, and a file that comes and goes could be locked twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from datetime import datetime
from pathlib import Path

from neuralgraph.graph.lock import hold

SUFFIX = ".claim"


class Claim:
    """Holds a document for as long as it is open here."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        """Another window may have it."""
        if self._handle >= 0:
            with contextlib.suppress(OSError):
                os.close(self._handle)
            self._handle = -1


def claim(folder: Path, path: Path) -> Claim | datetime | None:
    """Claim a document: a `Claim`, or since when another window has it; None where nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / f"{hashlib.sha256(os.path.realpath(path).encode()).hexdigest()[:24]}{SUFFIX}"
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None
    if hold(handle):
        os.utime(file)
        return Claim(handle)
    since = datetime.fromtimestamp(os.fstat(handle).st_mtime)
    os.close(handle)
    return since
