"""The run store: every run that was kept, in one SQLite file of this user, weights beside it. Loads no torch.

Several processes may write at once: every change is one short transaction of the database (WAL). A run belongs to the
process that holds the lock in its folder; one that says "running" while nobody holds it was interrupted.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from neuralgraph import places
from neuralgraph.errors import RunError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.file import loads
from neuralgraph.graph.lock import hold
from neuralgraph.training import salvage
from neuralgraph.training.kept import INTERRUPTED, RUNNING, Kept

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
FILE = "runs.sqlite"
LOCK = "running.lock"
WAIT = 10.0
"""Seconds to wait for another process that writes."""
JSON = ("versions", "begun", "final", "best")
SCHEMA = """
CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
  pinned INTEGER NOT NULL DEFAULT 0, document TEXT NOT NULL DEFAULT '', title TEXT NOT NULL DEFAULT '', parent INTEGER,
  state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', started REAL NOT NULL, ended REAL,
  seconds REAL NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0, epochs INTEGER NOT NULL DEFAULT 0,
  step INTEGER NOT NULL DEFAULT 0, steps_per_epoch INTEGER NOT NULL DEFAULT 0, seed INTEGER NOT NULL DEFAULT 0,
  device TEXT NOT NULL DEFAULT 'cpu', threads INTEGER NOT NULL DEFAULT 0, data TEXT NOT NULL DEFAULT '',
  thinned INTEGER NOT NULL DEFAULT 0, begun TEXT NOT NULL DEFAULT '{}',
  versions TEXT NOT NULL DEFAULT '{}', final TEXT NOT NULL DEFAULT '{}',
  best TEXT NOT NULL DEFAULT '{}', graph TEXT NOT NULL DEFAULT '');
CREATE INDEX by_document ON runs (document, id);
CREATE TABLE epochs (run INTEGER, epoch INTEGER, step INTEGER, seconds REAL, figures TEXT, PRIMARY KEY (run, epoch))
  WITHOUT ROWID;
CREATE TABLE events (run INTEGER, step INTEGER, epoch REAL, at REAL, kind TEXT, text TEXT, data TEXT);
CREATE INDEX events_of ON events (run);
CREATE TABLE curves (run INTEGER, name TEXT, number INTEGER, stride INTEGER, steps BLOB, numbers BLOB,
  PRIMARY KEY (run, name, number)) WITHOUT ROWID;
"""
COLUMNS = ("id, name, note, pinned, document, title, parent, state, reason, started, ended, seconds, epoch, epochs, "
           "step, steps_per_epoch, seed, device, threads, data, thinned, begun, versions, final, best")
"""All but the document itself, which may be large."""
CHANGING = "id, state, step, epoch, name, note, pinned, document, ended, thinned"
TABLES = ("epochs", "events", "curves")
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
Curve: TypeAlias = "tuple[NDArray[np.int64], NDArray[np.float64]]"
"""The number of batches learned, and the value there."""


class Store:
    """The runs of this user, or those in another folder. Every method opens the database, acts and closes it."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None else places.runs()
        self.file = self.folder / FILE
        self.notes: list[str] = []
        """What the store did by itself, in words; whoever shows them empties the list."""

    # -- the database -----------------------------------------------------------------------------------------------

    def connect(self) -> sqlite3.Connection:
        """The database, made if it is not there; one that is damaged is set aside first, with a note."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                return self._opened()
            except sqlite3.DatabaseError as error:
                if not damaged(error):
                    raise
                self.notes.append(salvage.set_aside(self.folder, self.file, self._opened, TABLES))
                return self._opened()
        except (sqlite3.Error, OSError) as error:
            raise RunError(f"The run store cannot be used: {why(error)} (folder: {self.folder})") from None

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.file, timeout=WAIT, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            version = int(db.execute("PRAGMA user_version").fetchone()[0])
            if version < VERSION:
                self._make(db)
            elif version > VERSION:
                raise RunError(f"{self.file} was written by a newer NeuralGraph. Its runs cannot be shown here.")
        except BaseException:
            db.close()
            raise
        return db

    def _make(self, db: sqlite3.Connection) -> None:
        with transaction(db):
            if db.execute("PRAGMA user_version").fetchone()[0]:  # another process was faster
                return
            for statement in SCHEMA.split(";\n"):
                if statement.strip():
                    db.execute(statement)
            # no id is ever given twice, also after a damaged database was set aside
            taken = max((int(one.name) for one in self.folder.iterdir() if one.name.isdigit()), default=0)
            db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('runs', ?)", (taken,))
            db.execute(f"PRAGMA user_version = {VERSION}")

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; `RunError` says why it could not be."""
        db = self.connect()
        try:
            with transaction(db):
                yield db
        except sqlite3.Error as error:
            if damaged(error):
                db.close()
                self.notes.append(salvage.set_aside(self.folder, self.file, self._opened, TABLES))
            raise RunError(f"The run store was not changed: {why(error)} (folder: {self.folder})") from None
        finally:
            db.close()

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """What a question brings; nothing where there is no store yet. A damaged one is set aside, and asked again."""
        if not self.file.exists():
            return []
        for last in (False, True):
            db = self.connect()
            db.row_factory = sqlite3.Row
            try:
                return db.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                db.close()
                if last or not damaged(error):
                    raise RunError(f"The run store cannot be read: {why(error)} (folder: {self.folder})") from None
                self.notes.append(salvage.set_aside(self.folder, self.file, self._opened, TABLES))
            finally:
                db.close()
        return []

    # -- looking ----------------------------------------------------------------------------------------------------

    def runs(self, document: str | None = None, most: int = -1) -> list[Kept]:
        """Every run, the newest first; of one document, if asked. Those that never ended are marked interrupted."""
        where, values = ("", ()) if document is None else (" WHERE document = ?", (document,))
        statement = f"SELECT {COLUMNS} FROM runs{where} ORDER BY id DESC LIMIT ?"  # noqa: S608  (no words of others)
        rows = self._rows(statement, (*values, most))
        return [self._kept(row) for row in rows]

    def glance(self) -> dict[int, tuple[Any, ...]]:
        """What may change of every run, by its number: quick, to find out which are to be read anew."""
        return {row[0]: tuple(row) for row in self._rows(f"SELECT {CHANGING} FROM runs")}  # noqa: S608

    def some(self, ids: Iterable[int]) -> list[Kept]:
        """These runs, as far as they are there, in the order of their numbers."""
        wanted = sorted(set(ids))
        rows = [row for first in range(0, len(wanted), 500) for row in self._some(wanted[first : first + 500])]
        return [self._kept(row) for row in rows]

    def _some(self, ids: list[int]) -> list[sqlite3.Row]:
        marks = ", ".join("?" * len(ids))
        return self._rows(f"SELECT {COLUMNS} FROM runs WHERE id IN ({marks}) ORDER BY id", tuple(ids))  # noqa: S608

    def get(self, id: int) -> Kept:
        """One run; `RunError` where there is none of that number."""
        rows = self._rows(f"SELECT {COLUMNS} FROM runs WHERE id = ?", (id,))  # noqa: S608
        if not rows:
            raise RunError(f"There is no run {id} in the run store. «neuralgraph runs list» shows those there are.")
        return self._kept(rows[0])

    def graph(self, id: int) -> Graph:
        """The document that was learned, with the plan of that run."""
        rows = self._rows("SELECT graph FROM runs WHERE id = ?", (id,))
        if not rows:
            self.get(id)
        return loads(rows[0]["graph"], name=f"The document of run {id}").graph

    def epochs(self, id: int) -> list[dict[str, Any]]:
        """`epoch`, `step`, `seconds` and `figures` by name of every epoch that was finished."""
        rows = self._rows("SELECT * FROM epochs WHERE run = ? ORDER BY epoch", (id,))
        return [{"epoch": row["epoch"], "step": row["step"], "seconds": row["seconds"],
                 "figures": numbers(row["figures"])} for row in rows]

    def events(self, id: int) -> list[dict[str, Any]]:
        """Notes, changes of levers, pauses and the end, in order."""
        rows = self._rows("SELECT * FROM events WHERE run = ? ORDER BY rowid", (id,))
        return [{**{name: row[name] for name in ("step", "epoch", "at", "kind", "text")},
                 **json.loads(row["data"] or "{}")} for row in rows]

    def curves(self, id: int) -> dict[str, Curve]:
        """What is plotted, by name, at most some thousand numbers each: `loss`, every loss of several, rate, norm."""
        return {name: curve for name, (curve, _) in self.strides(id).items()}

    def strides(self, id: int) -> dict[str, tuple[Curve, int]]:
        """The curves, and that one number in so many was kept."""
        import numpy as np

        rows = self._rows("SELECT * FROM curves WHERE run = ? ORDER BY name, number", (id,))
        parts: dict[str, list[sqlite3.Row]] = {}
        for row in rows:
            parts.setdefault(row["name"], []).append(row)
        return {name: ((np.concatenate([np.frombuffer(one["steps"], np.int64) for one in some]),
                        np.concatenate([np.frombuffer(one["numbers"], np.float64) for one in some])),
                       int(some[0]["stride"])) for name, some in parts.items()}

    def _kept(self, row: sqlite3.Row) -> Kept:
        found = dict(zip(row.keys(), row, strict=True))
        found |= {name: numbers(found[name]) for name in JSON}
        found |= {"pinned": bool(row["pinned"]), "thinned": bool(row["thinned"]), "folder": self.folder_of(row["id"])}
        if row["state"] == RUNNING and not self.alive(row["id"]):
            found |= self._interrupted(row["id"])
        return Kept(**found)

    def _interrupted(self, id: int) -> dict[str, Any]:
        """It never said that it ended, and the process that it belonged to is gone."""
        changed = {"state": INTERRUPTED, "reason": "the program ended while it was training"}
        with contextlib.suppress(RunError):  # a disk that is full: then it is said again the next time
            self.change(id, unless=RUNNING, **changed)
        return changed

    # -- changing ---------------------------------------------------------------------------------------------------

    def change(self, id: int, unless: str = "", **values: Any) -> None:
        """Set columns of a run: `name`, `note`, `pinned`, `document`. With `unless`, only where that is its state."""
        names = ", ".join(f"{name} = ?" for name in values)
        where, extra = (" AND state = ?", (unless,)) if unless else ("", ())
        with self.writing() as db:
            db.execute(f"UPDATE runs SET {names} WHERE id = ?{where}", (*values.values(), id, *extra))  # noqa: S608

    def delete(self, id: int) -> None:
        """Throw a run away, with its weights. `RunError` while it is under way."""
        if self.get(id).state == RUNNING:
            raise RunError(f"Run {id} is under way. Stop it first.")
        with self.writing() as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table} WHERE run = ?", (id,))  # noqa: S608
            db.execute("DELETE FROM runs WHERE id = ?", (id,))
        shutil.rmtree(self.folder_of(id), ignore_errors=True)

    # -- files ------------------------------------------------------------------------------------------------------

    def folder_of(self, id: int) -> Path:
        return self.folder / str(id)

    def claim(self, id: int) -> IO[bytes] | None:
        """Take the lock of a run for this process: an open file, to be closed at its end. None where another has it."""
        home = self.folder_of(id)
        home.mkdir(parents=True, exist_ok=True)
        (home / LOCK).touch()
        file = (home / LOCK).open("r+b")
        if hold(file.fileno()):
            return file
        file.close()
        return None

    def alive(self, id: int) -> bool:
        """Whether a process holds the lock of this run."""
        return held(self.folder_of(id))


def held(home: Path) -> bool:
    """Whether a process of this machine holds the lock of the run in this folder."""
    try:
        with (home / LOCK).open("r+b") as file:
            return not hold(file.fileno())
    except OSError:
        return False


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; waits for its turn."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def damaged(error: BaseException) -> bool:
    """The file is not what SQLite wrote."""
    return str(getattr(error, "sqlite_errorname", "")).startswith(_DAMAGED)


def why(error: BaseException) -> str:
    """The reason in words, with what to do."""
    name, text = str(getattr(error, "sqlite_errorname", "")), str(error)
    if name.startswith("SQLITE_FULL") or getattr(error, "errno", 0) == 28:
        return "The disk is full: free some space."
    if name.startswith("SQLITE_BUSY"):
        return "Another process keeps it locked: try again."
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return "You may not write there: change the permissions of the folder."
    if name.startswith(_DAMAGED):
        return "It was damaged, and has been set aside."
    return f"{text.rstrip('.')}."


def text(values: Mapping[str, Any]) -> str:
    """Figures as JSON: null stands for what is no number."""
    return json.dumps({name: None if isinstance(one, float) and one - one != 0 else one
                       for name, one in values.items()})


def numbers(source: str) -> dict[str, Any]:
    """The figures in a text; none where that is no JSON object."""
    try:
        found = json.loads(source or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def now() -> float:
    return time.time()
