"""The part of a session that knows files: where the document lives, what is saved, what it may read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from neuralgraph.errors import ChangedOutside, DataError, DocumentError, RunError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import Edit, Replace
from neuralgraph.graph.outside import Seen, compared, seen
from neuralgraph.spec import Catalog

if TYPE_CHECKING:
    from neuralgraph.data.reach import Reach
    from neuralgraph.data.transport import Download
    from neuralgraph.spec import Node

SUFFIX = ".ngraph"


class Filing:
    """Saves all or nothing, keeps versions, notices other programs, keeps paths to data in reach."""

    catalog: Catalog
    held: Mapping[Any, Any]

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._saved = Graph()
        self._suggested = ""
        self._home: Path | None = None
        self.guarded = False
        """It reads nothing outside its own folder before its user has agreed."""
        self.agreed: frozenset[str] = frozenset()
        self._seen: Seen | None = None
        self.shelves: Path | None = None
        """Where earlier versions of documents are kept; None keeps none."""
        self.notes: tuple[str, ...] = ()
        """What opening the file did by itself, in plain words."""

    @property
    @abstractmethod
    def graph(self) -> Graph:
        """The document as it is now."""

    @abstractmethod
    def edit(self, edit: Edit, *, merge: object = None) -> None:
        """Change the document."""

    left_behind: tuple[str, ...]

    @abstractmethod
    def model(self, *, untrained: bool = False) -> dict[str, bytes]:
        """The members of a file with all that was learnt."""

    @abstractmethod
    def _reread(self, path: Path) -> None:
        """Take what a model file holds now beside the document."""

    @property
    def folder(self) -> Path | None:
        """Where relative data paths start: the document's folder."""
        return self.path.parent if self.path is not None else self._home

    @property
    def reach(self) -> Reach:
        """What the document may read."""
        from neuralgraph.data.reach import Reach

        return Reach(self.folder, self.guarded, self.agreed, self.held)

    def agree(self, path: str) -> None:
        """The user has chosen this path, or allowed it: it may be read."""
        if path:
            self.agreed |= {self.reach.name(path)}

    def chosen(self, before: str, path: str) -> str:
        """The user has put `path` where `before` stood, and so agrees to it; as the document keeps it."""
        if before and path != before and (path.startswith(before) or before.startswith(path)):
            self.agreed -= {self.reach.name(before)}  # a piece of what is being typed
        self.agree(path)
        return self.reach.short(path)

    @staticmethod
    def may_be_data(path: Path) -> bool:
        """Whether a file or folder could be data rather than a document, by its name."""
        if path.suffix.lower() in (SUFFIX, ".ngz") and not path.is_dir():
            return False
        from neuralgraph.data.guess import could_be_data

        return could_be_data(path)

    def data_node(self, path: Path) -> tuple[str, dict[str, Any]]:
        """Type and parameters of a data node for a file or folder that the user has chosen; `DataError` where none."""
        from neuralgraph.data.starter import source

        found = source(path.absolute(), self.catalog)
        return found.type, {**found.params, "path": self.chosen("", str(found.place))}

    @staticmethod
    def download() -> Download:
        """What is seen of a fetch to come: how much has come; it can be given up."""
        from neuralgraph.data.transport import Download

        return Download()

    def fetch(self, node: Node, download: Download | None = None) -> str:
        """Fetch what a node reads over the network, now that its user has asked; what came, in a sentence.

        `DataError` says why it did not. Reads nothing of the document: it may run in a thread of its own.
        """
        from neuralgraph.data.sources import KINDS

        kind = KINDS.get(node.type)
        if kind is None or kind.fetch is None:
            raise DataError(f"{node.type} reads nothing over the network.")
        return kind.fetch(node, download or self.download())

    @property
    def modified(self) -> bool:
        """The document differs from what is on disk."""
        return self.graph is not self._saved and self.graph != self._saved

    @property
    def title(self) -> str:
        return self.path.name if self.path else (self._suggested or "untitled") + SUFFIX

    @property
    def outside(self) -> Literal["same", "changed", "gone"]:
        """What has become of the file since it was read or written here."""
        return compared(self.path, self._seen) if self.path is not None and self._seen is not None else "same"

    def save(self, path: str | Path | None = None, *, overwrite: bool = False) -> Path:
        """Write the document, all or nothing; `DocumentError` says why not. As `.ngz` with all that it has learnt.

        `ChangedOutside` where another program has written the file in the meantime; `overwrite` writes all the same.
        """
        from neuralgraph.graph.file import dumps, write
        from neuralgraph.graph.packed import is_packed, write_packed

        where = Path(path) if path is not None else self.path
        if where is None:
            raise RunError("This document has no file yet. Give a path.")
        where = where if where.suffix else where.with_suffix(SUFFIX)
        if where == self.path and not overwrite and self.outside == "changed":
            raise ChangedOutside(
                f"{where.name} was not saved: another program has changed it since it was opened here. "
                "Save under another name, or save over it on purpose.")
        self._relocate(where.parent)
        graph = self.graph
        notes = self._shelve(where)
        if is_packed(where):
            write_packed(where, self.model(untrained=True))
            notes = (*notes, *self.left_behind)
            data = dumps(graph).encode()
        else:
            data = write(where, graph)
        self.path, self._saved, self._seen = where, graph, seen(where)
        self.notes = (*notes, *self._shelve(where, data))
        return where

    def _relocate(self, folder: Path) -> None:
        """Paths to data go on meaning the same files: one undoable step where any has to change."""
        from neuralgraph.data.relocation import paths, relocated

        edit = relocated(self.graph, self.catalog, self.folder, folder.absolute())
        if edit is None:
            return
        for raw in paths(self.graph, self.catalog):
            try:
                self.reach.to(raw)
            except DataError:
                continue
            self.agree(raw)  # what could be read stays readable, wherever the document goes
        self.edit(edit)

    def reload(self) -> None:
        """Take the file as it is on disk now: one step that can be undone. `DocumentError` leaves all as it was."""
        from neuralgraph.graph.file import read
        from neuralgraph.graph.packed import is_packed

        if self.path is None:
            raise RunError("This document has no file yet.")
        known, loaded = seen(self.path), read(self.path)
        self.edit(Replace(loaded.graph, "Reload"))
        if is_packed(self.path):
            self._reread(self.path)
        self._saved, self._seen, self.notes = self.graph, known, loaded.notes

    def _shelve(self, path: Path, data: bytes | None = None) -> tuple[str, ...]:
        """Keep a version: `data`, or what is about to be written over. Why it could not, as a note: saving goes on."""
        from neuralgraph.graph.packed import GRAPH, is_packed, opened
        from neuralgraph.graph.versions import keep

        if self.shelves is None or (data is None and not path.is_file()):
            return ()
        try:
            if data is None:
                data = opened(path).take(GRAPH) if is_packed(path) else path.read_bytes()
            keep(self.shelves, path, data)
        except (DocumentError, OSError) as error:
            return (f"No earlier version of {path.name} was kept: {error}",)
        return ()
