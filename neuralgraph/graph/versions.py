"""Earlier saves of a document: the last ten, and one for every hour of the last month.

They lie in the user's data folder, one shelf a document, so that nothing stands beside the document itself.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from neuralgraph.graph.file import Loaded, read
from neuralgraph.graph.save import DISK, Disk, write_checked

LAST, MONTH = 10, timedelta(days=30)
ROOM = 256 * 1024 * 1024
"""Bytes that the versions of one document may take; the oldest go first, the last ten never."""
SUFFIX, NAME = ".ngraph", "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True)
class Version:
    """One kept save. `when` is local time."""

    file: Path
    when: datetime
    size: int

    def read(self) -> Loaded:
        """What it holds; a `DocumentError` where it was damaged since."""
        return read(self.file)


def shelf(folder: Path, path: Path) -> Path:
    """Where the versions of a document are."""
    return folder / hashlib.sha256(os.path.realpath(path).encode()).hexdigest()[:24]


def keep(folder: Path, path: Path, data: bytes, *, when: datetime | None = None, disk: Disk = DISK) -> Path | None:
    """Keep these bytes as a version of `path`; None where the last one is the same. `DocumentError` where it fails."""
    home = shelf(folder, path)
    known = versions(folder, path)
    if known and known[0].size == len(data) and known[0].file.read_bytes() == data:
        return None
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (home / "document.txt").is_file():
        write_checked(home / "document.txt", f"{os.path.realpath(path)}\n".encode(), disk=disk)
    moment = (when or datetime.now(UTC)).astimezone(UTC)
    file = home / f"{moment:{NAME}}{SUFFIX}"
    write_checked(file, data, disk=disk)
    for one in superfluous(versions(folder, path), moment):
        one.file.unlink(missing_ok=True)
    return file


def versions(folder: Path, path: Path) -> list[Version]:
    """The kept versions of a document, the latest first."""
    found = []
    for file in shelf(folder, path).glob(f"*{SUFFIX}"):
        try:
            moment = datetime.strptime(file.name.removesuffix(SUFFIX), NAME).replace(tzinfo=UTC)
            found.append(Version(file, moment.astimezone(), file.stat().st_size))
        except (ValueError, OSError):
            continue
    return sorted(found, key=lambda one: one.when, reverse=True)


def superfluous(known: Iterable[Version], now: datetime) -> list[Version]:
    """Those that need not be kept: neither among the last ten nor the last of an hour of this month, or too large."""
    ordered = sorted(known, key=lambda one: one.when, reverse=True)
    gone: list[Version] = []
    hours: set[datetime] = set()
    room = 0
    for number, one in enumerate(ordered):
        hour = one.when.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        recent = now - one.when < MONTH
        if number < LAST or (recent and hour not in hours and room + one.size <= ROOM):
            hours.add(hour)
            room += one.size
        else:
            gone.append(one)
    return gone
