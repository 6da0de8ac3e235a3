"""What can be put onto the canvas: the node types, the ready modules, one's own, and those of the document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from neuralgraph import library
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.edits import Edit, Group
from neuralgraph.graph.frozen import FrozenDict
from neuralgraph.room import Room
from neuralgraph.spec import Catalog, Node
from neuralgraph.spec.drawn import Drawn

SIGN = "module:"
"""What stands before the name of a module that is wanted, where else the name of a node type stands."""
READY, OWN, HERE = "Ready modules", "Your modules", "In this document"


class _OnShelf(Drawn):
    """A module on the shelf: only to be listed, searched and chosen."""

    wanted = ""


def shelf(catalog: Catalog, here: Iterable[str] = ()) -> Catalog:
    """The node types and every module that can be taken, those of the document first."""
    return Catalog((*catalog.values(), *_modules(catalog, tuple(here))), catalog.left_out)


def wanted(kind: type[Node]) -> str:
    """What to ask for to get this one: the name of a node type, or `module:` and a name."""
    return str(getattr(kind, "wanted", "") or kind.__name__)


def called(name: str) -> str:
    """What is wanted, as people call it."""
    return name.removeprefix(SIGN)


def taken(room: Room, name: str, id: str, x: float, y: float) -> tuple[tuple[Edit, ...], Placed]:
    """A node for what is wanted, and what has to come into the document before it."""
    if not name.startswith(SIGN):
        return (), Placed(id, name, x=x, y=y)
    module, graph = name.removeprefix(SIGN), room.graph
    edits: tuple[Edit, ...] = ()
    if module not in graph.modules:
        edits, module = library.edits(graph, module)
    after = applied(graph, edits)
    loops = any(one.type == "State" for one in after.modules[module].nodes.values())
    return edits, Placed(id, "Recurrent" if loops else "Module", FrozenDict(definition=module), x, y)


def applied(graph: Graph, edits: Iterable[Edit]) -> Graph:
    """The graph after these edits."""
    for edit in edits:
        graph, _ = edit.apply(graph)
    return graph


def together(before: tuple[Edit, ...], edit: Edit) -> Edit:
    """One step of what has to come first and what was wanted."""
    if not before:
        return edit
    return Group(edit.label, (*before, *(edit.edits if isinstance(edit, Group) else (edit,))))


def stem_of(name: str) -> str:
    """The word that the id of what is wanted begins with."""
    return "Module" if name.startswith(SIGN) else name


def _modules(catalog: Catalog, here: tuple[str, ...]) -> Iterator[type[Node]]:
    told = set(here)
    for name in here:
        yield _kind(name, "A module of this document: one more copy of it.", HERE)
    for one in library.listed():
        if one.name not in told and not one.trouble:
            told.add(one.name)
            yield _kind(one.name, one.about, OWN if one.own else READY)


def _kind(name: str, about: str, group: str) -> type[Node]:
    return type(name, (_OnShelf,), {
        "__doc__": about, "group": group, "synonyms": ("block", "module"), "wanted": f"{SIGN}{name}"})
