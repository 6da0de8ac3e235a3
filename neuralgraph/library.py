"""Modules that are ready to use: those that come with the program, and the user's own.

Each is a document whose graph is the definition; its own `modules` hold what it needs. They are read as strictly as any
file, and a document that uses one holds a copy of it: it opens anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from neuralgraph import places, resources
from neuralgraph.errors import DocumentError
from neuralgraph.graph.bringing import brought, needed
from neuralgraph.graph.document import Graph
from neuralgraph.graph.edits import Edit
from neuralgraph.graph.file import SUFFIX, read, write

LONGEST = 200
"""Characters that a name may have."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A module in the library. `own` is one of the user's; `trouble` says why its file cannot be opened."""

    name: str
    about: str
    path: Path
    own: bool = False
    trouble: str = ""


def listed() -> tuple[Ready, ...]:
    """Every module by name: those of the program, then the user's own."""
    return (*_in(resources.resources() / "modules", own=False), *_in(places.modules(), own=True))


def find(name: str) -> Ready | None:
    """The module of that name that can be opened; None where there is none."""
    return next((one for one in listed() if one.name == name and not one.trouble), None)


def load(name: str) -> Graph:
    """The definition, with those that it uses in its `modules`; a `DocumentError` where it is not there."""
    found = next((one for one in listed() if one.name == name), None)
    if found is None:
        raise DocumentError(f"There is no ready module {name!r}. There are: {', '.join(o.name for o in listed())}.")
    return _titled(read(found.path).graph, name)


def edits(graph: Graph, name: str) -> tuple[tuple[Edit, ...], str]:
    """What puts a ready module and those that it uses into a document, and what it is called there.

    A definition that is there already and computes the same is used as it is; another one of the same name is left
    alone, and the new one is put under a free name.
    """
    whole = load(name)
    table = {**whole.modules, name: whole.having(modules={})}
    definitions, called = brought(graph, table)
    return definitions, called[name]


def save(definition: Graph, name: str) -> Path:
    """Put a definition into the user's own library, with the definitions that it uses in its `modules`: all or nothing.

    One of the user's of the same name is replaced. `DocumentError` for a name that cannot be, or is one of the
    program's.
    """
    name = name.strip()
    if not name or len(name) > LONGEST or not name.isprintable():
        raise DocumentError(f"A module needs a name of 1 to {LONGEST} characters on one line.")
    folder, known = places.modules(), listed()
    if any(one.name == name and not one.own for one in known):
        raise DocumentError(f"{name} is a module that comes with the program. Choose another name.")
    used = needed(definition.nodes.values(), definition.modules)
    path = next((one.path for one in known if one.own and one.name == name), None) or _free(folder, name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DocumentError(f"{name} was not saved. {error.strerror or error}: {folder}.") from None
    write(path, _titled(definition, name).having(modules=used))
    return path


def _in(folder: Path, own: bool) -> Iterator[Ready]:
    try:
        paths = sorted(one for one in folder.iterdir() if one.suffix == SUFFIX)
    except OSError:
        return
    found = []
    for path in paths:
        try:
            state = path.stat()
            title, about, trouble = _words(path, state.st_mtime_ns, state.st_size)
        except OSError as error:
            title, about, trouble = path.stem, "", f"{path.name} cannot be opened. {error.strerror or error}."
        found.append(Ready(title or path.stem, about, path, own, trouble))
    yield from sorted(found, key=lambda one: (one.name.casefold(), one.name))


@lru_cache(maxsize=1024)
def _words(path: Path, changed: int, size: int) -> tuple[str, str, str]:
    """Title and description of a file as it was then, or why it cannot be opened."""
    try:
        graph = read(path).graph
    except DocumentError as error:
        return path.stem, "", str(error)
    return graph.title, graph.about, ""


def _titled(graph: Graph, title: str) -> Graph:
    return graph if graph.title == title else graph.having(title=title)


def _free(folder: Path, name: str) -> Path:
    """A file for a module of that name; what not every system has in file names is left out."""
    stem = re.sub(r"[^\w]+", "-", name.casefold()).strip("-_")[:60] or "module"
    path, number = folder / f"{stem}{SUFFIX}", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}{SUFFIX}"
    return path
