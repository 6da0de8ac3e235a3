"""Work that a crash left behind: journals whose window is gone, read like files from a stranger."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import time
from typing import Any

from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.file import loads
from neuralgraph.graph.journal import SUFFIX, Origin
from neuralgraph.graph.limits import LIMITS
from neuralgraph.graph.lock import hold
from neuralgraph.graph.patch import Replay
from neuralgraph.graph.save import DISK
from neuralgraph.graph.strictjson import parse

BAD, GIVEN_UP = ".bad", ".discarded"
DAYS = 30
"""How long what was given up, or could not be read, is kept."""
YOUNG = 60.0
"""Seconds for which a journal that cannot be read is left alone: its window may be about to begin it."""
PATIENCE = 500
"""How many changes from the end are tried for one that opens."""
MOST = 8
"""A journal may hold so many times the bytes of the largest document."""


@dataclass(frozen=True)
class Lost:
    """One document as it was within a second of the crash. `edits` counts the writings since the last save."""

    file: Path
    graph: Graph
    origin: Origin
    when: datetime
    edits: int
    length: int
    """Bytes of the journal that are good; what follows is torn."""
    unread: int = 0
    """Later changes that no document can hold, and that are therefore missing."""

    @property
    def title(self) -> str:
        return self.origin.title or (self.origin.path.name if self.origin.path else "untitled")


def lost(folder: Path) -> tuple[list[Lost], list[str]]:
    """The journals that nobody has open, the latest first, and what had to be set aside, in plain words.

    Nothing is deleted, save what was given up or set aside more than a month ago.
    """
    found: list[Lost] = []
    notes: list[str] = []
    with contextlib.suppress(OSError):
        _sweep(folder)
    for file in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            if (one := read(file)) is not None:
                found.append(one)
        except DocumentError as error:
            with contextlib.suppress(OSError):
                if time() - file.stat().st_mtime > YOUNG:
                    aside = _rename(file, BAD)
                    notes.append(
                        f"A journal of unsaved work could not be read and was set aside as {aside.name}. {error}")
        except FileNotFoundError:
            continue  # its window has just saved
        except OSError as error:
            notes.append(f"The journal {file.name} could not be read: {error.strerror or error}.")
    return sorted(found, key=lambda one: one.when, reverse=True), notes


def read(file: Path) -> Lost | None:
    """What a journal holds; None while its window lives. `DocumentError` where not even its beginning can be read."""
    taken = take(file)
    if taken is None:
        return None
    handle, one = taken
    DISK.close(handle)
    return one


def take(file: Path) -> tuple[int, Lost] | None:
    """Lock a journal and read what it holds now; None where another window has it. The handle is the caller's."""
    handle = DISK.reopen(file)
    try:
        if not hold(handle):
            DISK.close(handle)
            return None
        return handle, _read(file)
    except BaseException:
        with contextlib.suppress(OSError):
            DISK.close(handle)
        raise


def _read(file: Path) -> Lost:
    when = datetime.fromtimestamp(file.stat().st_mtime)
    if file.stat().st_size > MOST * LIMITS["bytes"].most:
        raise DocumentError("It is larger than a journal can be.")
    records = list(_records(file.read_bytes()))
    head = records[0][1] if records else None
    if not isinstance(head, dict) or head.get("journal") != 1:
        raise DocumentError("It does not begin as a journal does.")
    count, graph = _last_good(head.get("document"), [change for _, change in records[1:]])
    path, title = head.get("path"), head.get("title")
    origin = Origin(Path(path) if isinstance(path, str) else None, title if isinstance(title, str) else "")
    return Lost(file, graph, origin, when, count, records[count][0], len(records) - 1 - count)


def _last_good(document: Any, changes: list[Any]) -> tuple[int, Graph]:
    """The latest state that opens, and after how many changes it stands. One bad change must not cost the others."""
    for count in range(len(changes), -1, -1):
        try:
            replay = Replay(document)
            for change in changes[:count]:
                replay.play(change)
            return count, loads(json.dumps(replay.content), name="The journal").graph
        except DocumentError:
            if count == 0 or len(changes) - count > PATIENCE:
                raise
    raise DocumentError("It holds no state that opens.")


def give_up(one: Lost) -> Path | None:
    """The author does not want it: it is put away, and deleted after a month. None where another window has it now."""
    taken = take(one.file)
    if taken is None:
        return None
    try:
        return _rename(one.file, GIVEN_UP)
    finally:
        DISK.close(taken[0])


def _records(data: bytes) -> Iterator[tuple[int, Any]]:
    """Every good record with the place where it ends; nothing behind the first that is torn."""
    start = 0
    while (end := data.find(b"\n", start)) >= 0:
        check, _, rest = data[start:end].partition(b" ")
        length, _, text = rest.partition(b" ")
        if not length.isdigit() or int(length[:12]) != len(text) or check != b"%08x" % zlib.crc32(text):
            return
        start = end + 1
        try:
            yield start, parse(text)
        except DocumentError:
            return


def _rename(file: Path, suffix: str) -> Path:
    aside = file.with_suffix(suffix)
    file.replace(aside)
    return aside


def _sweep(folder: Path) -> None:
    for suffix in (BAD, GIVEN_UP):
        for file in folder.glob(f"*{suffix}"):
            if time() - file.stat().st_mtime > DAYS * 86_400:
                file.unlink(missing_ok=True)
