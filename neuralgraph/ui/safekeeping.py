"""What guards the open document: its journal, its claim on the file, its earlier versions, an eye on other programs."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QFileSystemWatcher, QObject, Signal
from PySide6.QtWidgets import QWidget

from neuralgraph import places
from neuralgraph.errors import DocumentError, NeuralGraphError
from neuralgraph.graph.claim import Claim, claim
from neuralgraph.graph.difference import difference
from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import Replace
from neuralgraph.graph.history import Change
from neuralgraph.graph.journal import Journal, Origin
from neuralgraph.graph.lost import Lost, give_up, lost, take
from neuralgraph.graph.versions import versions
from neuralgraph.session import Session
from neuralgraph.ui.bridge import later
from neuralgraph.ui.past import Choice, Past, PastDialog, moment
from neuralgraph.ui.theme import Theme

PAUSE = 300
"""Milliseconds after a word from the file system before the file is looked at: programs write in several steps."""


class Safekeeping(QObject):
    """Follows one session at a time. `said` brings level, text and more for the log; `changed` a file changed outside.

    `recovered` brings a session made from what a crash left behind, `left` how many of them are still there.
    """

    said = Signal(str, str, str)
    changed = Signal()
    recovered = Signal(object)
    left = Signal(int)
    _troubled = Signal(str)

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._window, self._theme = window, theme
        self._session: Session | None = None
        self._journal: Journal | None = None
        self._claim: Claim | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._told = False
        self.lost: list[Lost] = []
        self._troubled.connect(lambda text: self.said.emit("warning", text, ""))
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(lambda _path: later(PAUSE, self.look, self))
        window.installEventFilter(self)

    # -- the open document ------------------------------------------------------------------------------------------

    def follow(self, session: Session) -> None:
        """Another document is open: its author has decided about the one before."""
        self._end()
        self._session, self._told = session, False
        session.shelves = places.versions()
        taken, session.taken = session.taken, None
        origin = taken[1].origin if taken is not None else _origin(session)
        self._journal = Journal(places.journals(), session.graph, origin, told=self._troubled.emit)
        if taken is not None:
            self._journal.adopt(taken[1].file, taken[0], taken[1].length)
        self._unsubscribe = session.history.subscribe(self._edited)
        self._hold(session.path)
        self._watch()

    def saved(self) -> None:
        """The document is on disk as it is now."""
        if self._session is not None and self._journal is not None:
            self._journal.rest(self._session.graph, _origin(self._session))
            self._hold(self._session.path)
            self._watch()
            self._told = False
            for note in self._session.notes:
                self.said.emit("warning", note, "")

    def elsewhere(self, path: Path) -> datetime | None:
        """Since when another window has this file open."""
        own = self._session.path if self._session is not None else None
        if own is not None and own.resolve() == path.resolve():
            return None
        found = claim(places.claims(), path)
        if isinstance(found, Claim):
            found.release()
            return None
        return found

    def _hold(self, path: Path | None) -> None:
        """Claim a file for this window, and let the one before go."""
        if self._claim is not None:
            self._claim.release()
        found = claim(places.claims(), path) if path is not None else None
        self._claim = found if isinstance(found, Claim) else None

    def look(self) -> None:
        """Has another program changed the file? Told once."""
        if self._session is not None and not self._told and self._session.outside == "changed":
            self._told = True
            self.changed.emit()
        self._watch()

    def reload(self) -> None:
        """Take what another program wrote: one step that can be undone."""
        session = self._session
        if session is None:
            return
        try:
            session.reload()
        except (NeuralGraphError, OSError) as error:
            self.said.emit("error", str(error), "")
        self._told = False

    def close(self) -> None:
        self._window.removeEventFilter(self)
        self._end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate:
            self.look()
        return False

    def _edited(self, change: Change) -> None:
        if self._journal is not None:
            self._journal.follow(change.after)

    def _end(self) -> None:
        self._unsubscribe()
        self._unsubscribe = lambda: None
        if self._journal is not None:
            self._journal.close()
        self._journal = None
        self._hold(None)
        self._session = None

    def _watch(self) -> None:
        """A file that is replaced is forgotten by the watcher: name it again."""
        path = self._session.path if self._session is not None else None
        wanted = [str(path)] if path is not None and path.is_file() else []
        if self._watcher.files() != wanted:
            if self._watcher.files():
                self._watcher.removePaths(self._watcher.files())
            if wanted:
                self._watcher.addPaths(wanted)

    # -- earlier versions -------------------------------------------------------------------------------------------

    def earlier(self) -> PastDialog | None:
        """Earlier saves of the open file, to look at and to bring back."""
        session = self._session
        if session is None or session.path is None:
            self.said.emit("note", "There are no earlier versions yet: the document was never saved.", "")
            return None
        kept = versions(places.versions(), session.path)
        pasts = [
            Past(moment(one.when), f"{one.size / 1000:.1f} kB", lambda one=one: one.read().graph,  # type: ignore[misc]
                 lambda graph: difference(graph, session.graph))
            for one in kept]
        dialog = PastDialog(
            self._window, self._theme, f"Earlier versions of {session.path.name}",
            "The last ten saves, and one for every hour of the last month. Listed is what has changed since then.",
            pasts, [
                Choice("Open as a copy", lambda row: self._copy(kept[row].read().graph, session)),
                Choice("Bring back", lambda row: session.edit(
                    Replace(kept[row].read().graph, f"Bring back {moment(kept[row].when)}")), primary=True)])
        dialog.show()
        return dialog

    def _copy(self, graph: Graph, session: Session) -> None:
        self.recovered.emit(Session.copy_of(graph, f"{Path(session.title).stem} (earlier)", session.folder))

    # -- recovery ---------------------------------------------------------------------------------------------------

    def search(self) -> int:
        """Look for what crashes left behind; how many documents there are."""
        self.lost, notes = lost(places.journals())
        for note in notes:
            self.said.emit("warning", note, "")
        return len(self.lost)

    def recover(self) -> PastDialog | None:
        """Offer what crashes left behind."""
        if not self.search():
            self.said.emit("note", "There is nothing to recover: no unsaved work was left behind.", "")
            return None
        found = list(self.lost)

        def compare(one: Lost) -> Callable[[Graph], tuple[str, ...]]:
            def said(graph: Graph) -> tuple[str, ...]:
                return difference(_on_disk(one.origin.path), graph)

            return said

        pasts = [
            Past(one.title, f"{moment(one.when)}, {len(one.graph.nodes)} nodes", lambda one=one: one.graph,  # type: ignore[misc]
                 compare(one))
            for one in found]
        dialog = PastDialog(
            self._window, self._theme, "Recover unsaved work",
            "NeuralGraph ended before this was saved. Recovering opens it as a new document; your files stay as they "
            "are. Listed is how it differs from the file.",
            pasts, [Choice("Discard", lambda row: self._discard(found.pop(row)), last=False),
                    Choice("Recover", lambda row: self._recover(found[row]), primary=True)])
        dialog.show()
        return dialog

    def _recover(self, one: Lost) -> None:
        """Open what the journal holds now: another window may have had it in between."""
        try:
            taken = take(one.file)
        except (DocumentError, OSError):
            taken = None
        if taken is None:
            self.said.emit("warning", f"{one.title} is gone from here: another window has recovered it.", "")
            return
        now = taken[1]
        if now.unread:
            self.said.emit("warning", f"{now.unread} changes of {now.title} could not be read and are missing.", "")
        session = Session.recovered(now)
        session.taken = taken  # whoever shows it goes on in this journal
        self.recovered.emit(session)
        if session.taken is not None:  # its author stayed with the document that is open
            os.close(taken[0])
            session.taken = None
        self._count()

    def _discard(self, one: Lost) -> None:
        try:
            if give_up(one) is None:
                self.said.emit("warning", f"{one.title} is open in another window, so it was not discarded.", "")
        except (DocumentError, OSError):
            self.said.emit("warning", f"{one.title} was gone already.", "")
        self._count()

    def _count(self) -> None:
        self.search()
        self.left.emit(len(self.lost))


def _origin(session: Session) -> Origin:
    return Origin(session.path.absolute() if session.path is not None else None, session.title)


def _on_disk(path: Path | None) -> Graph:
    from neuralgraph.graph.file import read

    try:
        return read(path).graph if path is not None else Graph()
    except NeuralGraphError:
        return Graph()
