"""Whether a file is still as this program knows it: somebody else may have written it in the meantime."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was read or written."""

    size: int
    time: int
    digest: str


def seen(path: Path) -> Seen | None:
    """The file as it is now; None where there is none."""
    try:
        status = path.stat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
    return Seen(status.st_size, status.st_mtime_ns, digest)


def compared(path: Path, known: Seen) -> Literal["same", "changed", "gone"]:
    """How a file stands to what is known of it. Its bytes are only read where size or time differ."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return "gone"
    except OSError:
        return "same"  # it cannot be looked at: saving will say why
    if (status.st_size, status.st_mtime_ns) == (known.size, known.time):
        return "same"
    now = seen(path)
    return "gone" if now is None else "same" if now.digest == known.digest else "changed"
