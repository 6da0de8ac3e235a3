"""One level of an open document: the document itself, or the inside of a module. What canvas and forms work on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import Edit
from neuralgraph.graph.flatten import scope
from neuralgraph.graph.history import Change
from neuralgraph.graph.module_edits import Within
from neuralgraph.graph.places import paths_of
from neuralgraph.graph.reading import node_in, ports_in
from neuralgraph.session import Session
from neuralgraph.spec import Catalog, Drawn, Node
from neuralgraph.validation.analysis import Analysis
from neuralgraph.validation.problem import Problem


class Past(Protocol):
    """What forms need of a history."""

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Hear every change; the returned function ends that."""

    def seal(self) -> None:
        """End the gesture."""


class Room(Protocol):
    """A graph to look at and to edit, with what is known about it. A `Session` is the outermost one."""

    catalog: Catalog

    @property
    def graph(self) -> Graph:
        """The graph as it is now, with the definitions that its modules refer to."""

    @property
    def history(self) -> Past:
        """Changes of this graph."""

    @property
    def analysis(self) -> Analysis | None:
        """What is known, by the ids that nodes have here."""

    @property
    def document(self) -> Session:
        """The document that it is a room of."""

    def edit(self, edit: Edit, *, merge: object = None) -> None:
        """Change the graph: one undo step of the document."""

    def node(self, id: str) -> Node | None:
        """The node's type with its parameters; None where there is none."""

    def ports_of(self, id: str) -> tuple[list[str], list[str]]:
        """The names of its inputs and outputs."""

    def preview(self, edit: Edit) -> tuple[Problem, ...]:
        """The problems that an edit would bring."""

    def cannot_share(self, id: str, owner: str) -> str:
        """Why a node cannot use the weights of another one; "" where it can."""

    def path_of(self, id: str) -> str:
        """What a node here is called in the whole document."""


def way_in(room: Room, id: str) -> tuple[str, str] | None:
    """The path of the inside of a module here, of its first turn, and the name of its definition."""
    node = room.node(id)
    if not isinstance(node, Drawn) or node.interface is None:
        return None
    turn = "/0" if getattr(node, "repeat", 1) > 1 else ""
    return room.path_of(id) + turn, node.interface.name


class Inside:
    """The inside of a module, as one of its copies sees it. An edit here changes all copies."""

    def __init__(self, session: Session, path: str, module: str) -> None:
        self.session, self.path, self.module = session, path, module
        self.catalog = session.catalog
        self._of: Graph | None = None
        self._graph = Graph()
        self._known: tuple[Analysis | None, Analysis | None] = (None, None)

    @property
    def document(self) -> Session:
        return self.session

    @property
    def there(self) -> bool:
        """The module is still in the document."""
        return self.module in self.session.graph.modules

    @property
    def graph(self) -> Graph:
        document = self.session.graph
        if document is not self._of and self.there:
            self._graph = self._scope(document)
            self._of = document
        return self._graph

    def _scope(self, document: Graph) -> Graph:
        """The definition; the same object as long as nothing of it changed."""
        found, known = scope(document, self.module), self._graph
        same = self._of is not None and self._of.modules is document.modules
        return known if same else found

    @property
    def history(self) -> Inside:
        return self

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        return self.session.history.subscribe(_Each(self, listener))

    def seal(self) -> None:
        self.session.history.seal()

    @property
    def analysis(self) -> Analysis | None:
        whole = self.session.analysis
        if self._known[0] is not whole:
            self._known = whole, whole.inside(self.path) if whole is not None else None
        return self._known[1]

    def edit(self, edit: Edit, *, merge: object = None) -> None:
        copies = paths_of(self.session.graph, self.catalog, self.module) if edit.moves else ()
        self.session.edit(Within(self.module, edit, copies), merge=(self.module, merge) if merge is not None else None)

    def node(self, id: str) -> Node | None:
        return node_in(self.graph, id, self.catalog)

    def ports_of(self, id: str) -> tuple[list[str], list[str]]:
        return ports_in(self.graph, id, self.catalog)

    def preview(self, edit: Edit) -> tuple[Problem, ...]:
        found = self.session.preview(Within(self.module, edit))
        rooms = self.session.analysis.rooms if self.session.analysis is not None else {}
        return Analysis(self.session.graph, found, rooms=rooms).inside(self.path).problems

    def cannot_share(self, id: str, owner: str) -> str:
        return self.session.cannot_share(self.path_of(id), self.path_of(owner))

    def path_of(self, id: str) -> str:
        return f"{self.path}/{id}"


class _Each:
    """Tells a listener of a room what changed in it."""

    def __init__(self, room: Inside, listener: Callable[[Change], None]) -> None:
        self._room, self._listener, self._last = room, listener, room.graph

    def __call__(self, change: Change) -> None:
        before, after = self._last, self._room.graph
        if self._room.there and after is not before:
            self._last = after
            self._listener(Change(before, after, change.edit, change.label, change.kind))
