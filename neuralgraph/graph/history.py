"""Undo and redo: the only one who applies edits to a document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from neuralgraph.errors import EditError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import Edit

DEPTH = 10_000


@dataclass(frozen=True, slots=True)
class Change:
    """What listeners hear: the document before and after, the edit that was applied, and why."""

    before: Graph
    after: Graph
    edit: Edit
    label: str
    kind: Literal["do", "undo", "redo"]


Listener = Callable[[Change], None]


@dataclass(slots=True)
class _Entry:
    label: str
    redo: Edit
    undo: Edit
    merge: object = None


class History:
    """Holds the document. `do`, `undo` and `redo` tell every listener, in the order they subscribed.

    `merge`: edits in a row with an equal merge key become one step (typing in one field, one drag of a slider).
    A listener that edits raises `EditError`: data goes one way.
    """

    def __init__(self, graph: Graph | None = None) -> None:
        self._graph = graph if graph is not None else Graph()
        self._done: list[_Entry] = []
        self._undone: list[_Entry] = []
        self._listeners: list[Listener] = []
        self._telling = False
        self._sealed = True

    @property
    def graph(self) -> Graph:
        return self._graph

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the steps, oldest first, done and undone; `position` of them are done."""
        return (*(one.label for one in self._done), *(one.label for one in reversed(self._undone)))

    @property
    def position(self) -> int:
        return len(self._done)

    @property
    def undo_label(self) -> str | None:
        return self._done[-1].label if self._done else None

    @property
    def redo_label(self) -> str | None:
        return self._undone[-1].label if self._undone else None

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear every change; the returned function ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def do(self, edit: Edit, *, merge: object = None) -> None:
        """Apply an edit as one undo step, or as a part of the last one where `merge` equals its key."""
        self._refuse_listeners()
        before = self._graph
        after, inverse = edit.apply(before)
        last = self._done[-1] if self._done and not self._sealed else None
        if last is not None and merge is not None and last.merge == merge:
            last.redo = last.redo.followed_by(edit)
            last.undo = inverse.followed_by(last.undo)
        else:
            self._done.append(_Entry(edit.label, edit, inverse, merge))
            del self._done[:-DEPTH]
        self._undone.clear()
        self._sealed = False
        self._move(Change(before, after, edit, edit.label, "do"))

    def seal(self) -> None:
        """End the gesture: the next edit starts a new step whatever its merge key."""
        self._sealed = True

    def undo(self) -> str | None:
        """Take the last step back; its label, or None where there is none."""
        self._refuse_listeners()
        if not self._done:
            return None
        entry = self._done.pop()
        before = self._graph
        after, _ = entry.undo.apply(before)
        self._undone.append(entry)
        self._sealed = True
        self._move(Change(before, after, entry.undo, entry.label, "undo"))
        return entry.label

    def redo(self) -> str | None:
        """Do the last undone step again; its label, or None where there is none."""
        self._refuse_listeners()
        if not self._undone:
            return None
        entry = self._undone.pop()
        before = self._graph
        after, _ = entry.redo.apply(before)
        self._done.append(entry)
        self._sealed = True
        self._move(Change(before, after, entry.redo, entry.label, "redo"))
        return entry.label

    def jump(self, position: int) -> None:
        """Undo or redo until `position` steps are done."""
        while self.position > max(0, position) and self.undo() is not None:
            pass
        while self.position < position and self.redo() is not None:
            pass

    def _refuse_listeners(self) -> None:
        if self._telling:
            raise EditError("A listener tried to edit the document. Listeners only look.")

    def _move(self, change: Change) -> None:
        self._graph = change.after
        self._telling = True
        try:
            for listener in tuple(self._listeners):
                listener(change)
        finally:
            self._telling = False
