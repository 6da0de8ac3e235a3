"""What changed between two documents, in plain words: for earlier versions, recovery and the comparison of runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from neuralgraph.graph.document import Frame, Graph, Note, Placed
from neuralgraph.graph.file import plan_entry
from neuralgraph.graph.levers import CALLED

WORDS = 60
"""A value is cut after so many letters."""


def difference(before: Graph, after: Graph) -> tuple[str, ...]:
    """One sentence for every change, in a fixed order: nodes, wires, notes, frames, modules, plan, title.

    Empty exactly where both have the same content.
    """
    return tuple(_sentences(before, after))


def shortened(sentences: Iterable[str], most: int = 6) -> tuple[str, ...]:
    """The first of them, and how many more there are."""
    every = tuple(sentences)
    return every if len(every) <= most else (*every[: most - 1], f"and {len(every) - most + 1} more")


def _sentences(before: Graph, after: Graph) -> Iterator[str]:
    renamed = _renamed(before, after)
    yield from (f"{old} is now called {new}" for old, new in renamed.items())
    gone = [id for id in before.nodes if id not in after.nodes and id not in renamed]
    new = [id for id in after.nodes if id not in before.nodes and id not in renamed.values()]
    yield from (f"{after.nodes[id].type} {after.nodes[id].name} added" for id in new)
    yield from (f"{before.nodes[id].type} {before.nodes[id].name} removed" for id in gone)
    pairs = [(one, after.nodes[id]) for id, one in before.nodes.items() if id in after.nodes]
    for old, now in pairs:
        if old is not now:
            yield from _node(old, now)
    yield from _moved(pairs)
    yield from _wires(before, after, renamed, {*gone, *new})
    yield from _items("note", before.notes, after.notes)
    yield from _items("frame", before.frames, after.frames)
    yield from _modules(before.modules, after.modules)
    yield from _exposed(before.exposed, after.exposed)
    yield from _values(plan_entry(before.plan), plan_entry(after.plan))
    for name in ("title", "about"):
        yield from _values({name: getattr(before, name)}, {name: getattr(after, name)})


def _renamed(before: Graph, after: Graph) -> dict[str, str]:
    """Nodes that differ in nothing but their id, old to new."""
    gone = {id: one for id, one in before.nodes.items() if id not in after.nodes}
    new = {id: one for id, one in after.nodes.items() if id not in before.nodes}
    if not gone or not new or len(gone) * len(new) > 10_000:
        return {}
    found: dict[str, str] = {}
    for old, one in gone.items():
        same = next((id for id, now in new.items() if id not in found.values() and replace(one, id=id) == now), None)
        if same is not None:
            found[old] = same
    return found


def _node(old: Placed, now: Placed) -> Iterator[str]:
    name = now.name
    if old.type != now.type:
        yield f"{name}: {old.type} became {now.type}"
    yield from _values(old.params, now.params, f"{name}: ")
    for field, on, off in (("frozen", "frozen", "free to learn"), ("bypassed", "bypassed", "no longer bypassed")):
        if getattr(old, field) != getattr(now, field):
            yield f"{name} is {on if getattr(now, field) else off}"
    if old.title != now.title:
        yield f"{old.name} is now titled {_say(now.title)}" if now.title else f"{old.name} has no title any more"
    if old.shares != now.shares:
        yield f"{name} shares the weights of {now.shares}" if now.shares else f"{name} has weights of its own"
    if old.note != now.note:
        yield f"{name}: another note"
    if old.initialiser != now.initialiser:
        yield f"{name}: another start of its weights"
    if old.weights != now.weights:
        yield f"{name}: other typed-in weights"
    yield from _values(old.learning, now.learning, f"{name} learns with ")
    yield from _values(old.search, now.search, f"{name} searches ")


def _moved(pairs: Iterable[tuple[Placed, Placed]]) -> Iterator[str]:
    moved = [now.name for old, now in pairs if (old.x, old.y) != (now.x, now.y)]
    if moved:
        yield f"{moved[0]} moved" if len(moved) == 1 else f"{len(moved)} nodes moved"


def _wires(before: Graph, after: Graph, renamed: Mapping[str, str], silent: set[str]) -> Iterator[str]:
    """Wires of nodes that came or went are part of that; what only follows a new name is nothing new."""
    def known(id: str) -> str:
        return renamed.get(id, id)

    old = {(known(one.source), one.output, known(one.target), one.input) for one in before.edges.values()}
    now = {(one.source, one.output, one.target, one.input) for one in after.edges.values()}
    for verb, some in (("laid", now - old), ("taken away", old - now)):
        for source, _, target, input in sorted(some):
            if source not in silent and target not in silent:
                yield f"wire {source} → {target} ({input}) {verb}"


def _items(kind: str, before: Mapping[str, Note | Frame], after: Mapping[str, Note | Frame]) -> Iterator[str]:
    def called(one: Note | Frame) -> str:
        words = one.title if isinstance(one, Frame) else one.text
        return f"{kind} {_say(words)}" if words.strip() else f"{kind} {one.id}"

    yield from (f"{called(one)} added" for id, one in after.items() if id not in before)
    yield from (f"{called(one)} removed" for id, one in before.items() if id not in after)
    for id, one in after.items():
        old = before.get(id)
        if old is not None and old != one:
            same = replace(old, x=one.x, y=one.y) == one
            yield f"{called(one)} {'moved' if same else 'changed'}"


def _modules(before: Mapping[str, Graph], after: Mapping[str, Graph]) -> Iterator[str]:
    gone = {id(one): name for name, one in before.items() if name not in after}
    called = {name: gone.pop(id(one)) for name, one in after.items() if name not in before and id(one) in gone}
    yield from (f"module {old} is now called {new}" for new, old in called.items())
    yield from (f"module {name} added" for name in after if name not in before and name not in called)
    yield from (f"module {name} removed" for name in gone.values())
    for name, one in after.items():
        if name in before and before[name] is not one:
            yield from (f"in {name}: {sentence}" for sentence in difference(before[name], one))


def _exposed(before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for name in dict.fromkeys((*before, *after)):
        old, now = before.get(name), after.get(name)
        if now is None:
            yield f"{name} is no longer shown outside"
        elif old != now:
            yield f"{name}, which sets {', '.join(now) or 'nothing'}, is shown outside"


def _values(before: Mapping[str, Any], after: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """Changes of named values, looking into those that have parts (stages of a plan, an optimiser)."""
    for name in dict.fromkeys((*before, *after)):
        old, now = before.get(name), after.get(name)
        if old == now and (name in before) == (name in after):
            continue
        inner = _parts(old), _parts(now)
        if inner[0] is not None and inner[1] is not None:
            yield from _values(inner[0], inner[1], where)
        else:
            a, b = (_say(one[name]) if name in one else "default" for one in (before, after))
            yield f"{where}{CALLED.get(name, name).replace('_', ' ')} {a} → {b}"


def _parts(value: Any) -> Mapping[str, Any] | None:
    """A mapping, or a list of mappings by number: «stage 2»."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(one, Mapping) for one in value):
        return value[0] if len(value) == 1 else {f"part {n}": one for n, one in enumerate(value, start=1)}
    return None


def _say(value: Any) -> str:
    match value:
        case str():
            text = f"«{' '.join(value.split())}»" if value else "empty"
        case bool():
            text = "on" if value else "off"
        case None:
            text = "none"
        case list() | tuple():
            text = " × ".join(_say(one) for one in value) or "empty"
        case float():
            text = f"{value:g}"
        case _:
            text = str(value)
    return text if len(text) <= WORDS else text[: WORDS - 1] + "…"
