"""What was done since the last save, on disk within a second, so that a crash costs nobody an afternoon.

One file for one open document, in the user's state folder: a first record with the whole document, then one for every
change. A record is a line: CRC-32, the number of bytes, JSON. The file is locked while its window lives; a file that
nobody locks was left behind by a crash, and `lost` finds it.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import Any

from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.file import content_of
from neuralgraph.graph.lock import hold
from neuralgraph.graph.patch import patch
from neuralgraph.graph.save import DISK, Disk

SUFFIX = ".journal"
PAUSE = 0.25
"""Seconds between two writings: what is done in between goes into one record."""
RETRY = 2.0
"""Seconds before what could not be written is tried again."""
ROOM = 4_000_000
"""Bytes of changes after which a journal begins anew with the whole document."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a journal belongs to: the file, if there is one, and what the window calls the document."""

    path: Path | None = None
    title: str = ""


def record(value: Any) -> bytes:
    """A line of a journal."""
    data = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()
    return b"%08x %d %s\n" % (zlib.crc32(data), len(data), data)


class Journal:
    """Follows one document. `follow` only notes what is wanted; a thread writes it.

    The thread alone writes, under `_writing`; `_edge` guards what is wanted and is never held over a wait for the disk.
    `told` hears, in that thread, why something could not be written; the program goes on without.
    """

    def __init__(self, folder: Path, start: Graph, origin: Origin, *, told: Callable[[str], None] = lambda text: None,
                 disk: Disk = DISK) -> None:
        self.folder, self.origin = folder, origin
        self.file: Path | None = None
        """Where it is written; None while there is nothing to write."""
        self._told, self._disk = told, disk
        self._edge, self._writing = Condition(), Lock()
        self._wanted = self._written = start
        self._handle = -1
        self._room = 0
        self._broken = self._closing = False
        self._thread: Thread | None = None

    def follow(self, graph: Graph) -> None:
        """The document is now `graph`; on disk within a second."""
        with self._edge:
            self._wanted = graph
            if self._thread is None and not self._closing:
                self._thread = Thread(target=self._work, name="journal", daemon=True)
                self._thread.start()
            self._edge.notify_all()

    def adopt(self, file: Path, handle: int, length: int) -> None:
        """Go on in a journal that was left behind and is locked here; `length` bytes of it are good."""
        self._disk.cut(handle, length)
        self.file, self._handle, self._room = file, handle, length

    def rest(self, graph: Graph, origin: Origin) -> None:
        """`graph` is safe elsewhere: saved, or given up by its author. The journal goes; the next edit begins another.

        Where the document has already changed again, the journal begins anew with what is not safe.
        """
        with self._writing:
            self.origin = origin
            self._drop()
            with self._edge:
                self._written = graph
                self._edge.notify_all()

    def flush(self, seconds: float = 10.0) -> bool:
        """Wait until everything is on disk; whether it is."""
        with self._edge:
            self._edge.wait_for(lambda: self._broken or self._written is self._wanted, seconds)
            return self._written is self._wanted and not self._broken

    def close(self, *, keep: bool = False) -> None:
        """End the thread. `keep` leaves the journal behind, as a crash would."""
        if keep and self._thread is not None:
            self.flush()
        with self._edge:
            self._closing = True
            self._edge.notify_all()
        if self._thread is not None:
            self._thread.join(20)
        if not keep:
            self._drop()
        elif self._handle >= 0:
            self._disk.close(self._handle)
            self._handle = -1

    # -- the thread -------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self._edge:
                self._edge.wait_for(lambda: self._closing or self._written is not self._wanted)
                if self._closing:
                    return
            with self._writing:
                with self._edge:
                    wanted = self._wanted
                if wanted is not self._written:
                    self._write(wanted)
            with self._edge:
                self._edge.notify_all()
                self._edge.wait_for(lambda: self._closing, RETRY if self._broken else PAUSE)

    def _write(self, graph: Graph) -> None:
        """Bring the file to `graph`. What fails is told once, and tried again as a whole."""
        try:
            if self._handle < 0 or self._broken or self._room > ROOM:
                self._begin(graph)
            elif change := patch(self._written, graph):
                self._append(self._handle, record(change))
            self._broken = False
        except (OSError, DocumentError, RecursionError) as error:
            if not self._broken:
                self._told(f"Edits are not kept for a crash at the moment: {_why(error)} Save the document.")
            self._broken = True
        else:
            self._written = graph

    def _begin(self, graph: Graph) -> None:
        """A new file with the whole document; the old one goes when that is safe."""
        data = record({
            "journal": 1, "path": str(self.origin.path) if self.origin.path else None, "title": self.origin.title,
            "began": time.time(), "document": content_of(graph),
        })  # fmt: skip
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self.folder / f"{time.time_ns():x}-{secrets.token_hex(4)}{SUFFIX}"
        handle = self._disk.create(file)
        try:
            if not hold(handle):  # a window that starts right now looks at it
                raise OSError("another window looked at it")
            self._append(handle, data)
            self._disk.sync_folder(self.folder)
        except BaseException:
            self._forget(handle, file)
            raise
        self._drop()
        self._handle, self.file, self._room = handle, file, 0

    def _append(self, handle: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            taken = self._disk.write(handle, rest)
            if taken <= 0:
                raise OSError("the disk takes no more bytes")
            rest = rest[taken:]
        self._disk.sync(handle)
        self._room += len(data)

    def _drop(self) -> None:
        if self.file is not None:
            self._forget(self._handle, self.file)
        self._handle, self.file, self._broken = -1, None, False

    def _forget(self, handle: int, file: Path) -> None:
        with contextlib.suppress(OSError):
            self._disk.close(handle)
        with contextlib.suppress(OSError):
            self._disk.remove(file)


def _why(error: Exception) -> str:
    return f"{error.strerror or error}." if isinstance(error, OSError) else str(error)
