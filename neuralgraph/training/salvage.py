"""A damaged run store: set aside, and what can still be read of it taken over into a fresh one."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from neuralgraph.graph.lock import hold

ENDS = ("", "-wal", "-shm")
LOCK = "damaged.lock"


def set_aside(folder: Path, file: Path, opened: Callable[[], sqlite3.Connection], tables: Sequence[str]) -> str:
    """Move the database away under another name and begin a fresh one; a note on what became of it.

    One process does it; another that found the same damage waits and takes the fresh one.
    """
    (folder / LOCK).touch()
    with (folder / LOCK).open("r+b") as lock:
        while not hold(lock.fileno()):
            time.sleep(0.05)
        if _whole(file):
            return "Another process has just replaced the damaged run store."
        stem = f"damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.sqlite"
        for end in ENDS:
            with contextlib.suppress(FileNotFoundError):
                Path(f"{file}{end}").replace(folder / f"{stem}{end}")
        fresh = opened()
        try:
            count = _taken_over(folder / stem, fresh, ("runs", *tables))
        finally:
            fresh.close()
    return (f"The run store was damaged. It was set aside as {stem}; "
            f"{count or 'none'} of its runs could be read and taken over.")


def _whole(file: Path) -> bool:
    try:
        db = sqlite3.connect(file, timeout=5)
        try:
            return bool(db.execute("PRAGMA quick_check").fetchone()[0] == "ok")
        finally:
            db.close()
    except sqlite3.Error:
        return False


def _taken_over(old: Path, fresh: sqlite3.Connection, tables: Sequence[str]) -> int:
    """Row by row, until it cannot be read on; how many runs."""
    runs = 0
    try:
        db = sqlite3.connect(old, timeout=5)
    except sqlite3.Error:
        return 0
    try:
        fresh.execute("BEGIN IMMEDIATE")
        for table in tables:
            with contextlib.suppress(sqlite3.Error):
                for row in db.execute(f"SELECT * FROM {table}"):  # noqa: S608  (our own names)
                    marks = ", ".join("?" * len(row))
                    fresh.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)  # noqa: S608
                    runs += table == "runs"
        fresh.execute("COMMIT")
    finally:
        db.close()
    return runs
