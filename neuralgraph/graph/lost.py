"""Work that a crash left behind: journals whose window is gone, read like files from a stranger."""

from __future__ import annotations

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

    @property
    def title(self) -> str:
        return self.origin.title or (self.origin.path.name if self.origin.path else "untitled")


def lost(folder: Path) -> tuple[list[Lost], list[str]]:
    """The journals that nobody has open, the latest first, and what had to be set aside, in plain words.

    Nothing is deleted, save what was given up or set aside more than a month ago.
    """
    found: list[Lost] = []
    notes: list[str] = []
    _sweep(folder)
    for file in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            one = read(file)
        except DocumentError as error:
            aside = _rename(file, BAD)
            notes.append(f"A journal of unsaved work could not be read and was set aside as {aside.name}. {error}")
            continue
        except OSError as error:
            notes.append(f"The journal {file.name} could not be read: {error.strerror or error}.")
            continue
        if one is not None:
            found.append(one)
    return sorted(found, key=lambda one: one.when, reverse=True), notes


def read(file: Path) -> Lost | None:
    """What a journal holds; None while its window lives. `DocumentError` where not even its beginning can be read."""
    handle = DISK.reopen(file)
    try:
        if not hold(handle):
            return None
        when = datetime.fromtimestamp(file.stat().st_mtime)
        if file.stat().st_size > MOST * LIMITS["bytes"].most:
            raise DocumentError("It is larger than a journal can be.")
        data = file.read_bytes()
    finally:
        DISK.close(handle)
    records = _records(data)
    length, head = next(records, (0, None))
    if not isinstance(head, dict) or head.get("journal") != 1:
        raise DocumentError("It does not begin as a journal does.")
    replay = Replay(head.get("document"))
    edits = 0
    for end, change in records:
        replay.play(change)
        length, edits = end, edits + 1
    graph = loads(json.dumps(replay.content), name="The journal").graph
    path, title = head.get("path"), head.get("title")
    origin = Origin(Path(path) if isinstance(path, str) else None, title if isinstance(title, str) else "")
    return Lost(file, graph, origin, when, edits, length)


def give_up(one: Lost) -> Path:
    """The author does not want it: it is put away, and deleted after a month."""
    return _rename(one.file, GIVEN_UP)


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
