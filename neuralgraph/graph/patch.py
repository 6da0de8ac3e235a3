"""What differs between two documents, as plain JSON: what a journal writes down after an edit, and plays back.

It compares the documents, not the edits, so that undo, redo and every edit there will ever be are covered. Values are
shared between a document and the next: what is the same object is the same without a look.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from neuralgraph.errors import DocumentError
from neuralgraph.graph.document import Graph
from neuralgraph.graph.file import LISTS, entry, graph_entry, node_entry, plan_entry

GONE, INSIDE = "_gone", "modules_inside"
_ENTRY: Mapping[str, Callable[[Any], dict[str, Any]]] = dict.fromkeys(LISTS, entry) | {"nodes": node_entry}


def patch(before: Graph, after: Graph) -> dict[str, Any]:
    """What turns `before` into `after`; empty where they are the same. `DocumentError` for values no file can hold."""
    found: dict[str, Any] = {}
    for name in LISTS:
        old, new = getattr(before, name), getattr(after, name)
        if old is new:
            continue
        put = [_ENTRY[name](one) for key, one in new.items() if _differs(_ENTRY[name], old.get(key), one)]
        gone = [list(key) if isinstance(key, tuple) else key for key in old if key not in new]
        found |= {key: value for key, value in ((name, put), (name + GONE, gone)) if value}
    if before.modules is not after.modules:
        found |= _modules(before.modules, after.modules)
    for name in ("title", "about"):
        if getattr(before, name) != getattr(after, name):
            found[name] = getattr(after, name)
    if before.exposed is not after.exposed and before.exposed != after.exposed:
        found["exposed"] = {name: list(some) for name, some in after.exposed.items()}
    if _differs(plan_entry, before.plan, after.plan):
        found["plan"] = plan_entry(after.plan)
    counters = {key: value for key, value in after.counters.items() if before.counters.get(key) != value}
    return {**found, "counters": counters} if counters else found


def _differs(entry: Callable[[Any], dict[str, Any]], old: Any, new: Any) -> bool:
    """They are written differently: for Python 1, 1.0 and True are equal, in a file they are not."""
    if old is new:
        return False
    return old is None or json.dumps(entry(old), sort_keys=True) != json.dumps(entry(new), sort_keys=True)


def _modules(before: Mapping[str, Graph], after: Mapping[str, Graph]) -> dict[str, Any]:
    """A definition that is new as a whole; of one that changed, what changed: a drag inside a big one writes little."""
    changed = {key: one for key, one in after.items() if before.get(key) is not one}
    put = {key: graph_entry(one) for key, one in changed.items() if _anew(before.get(key), one)}
    inside = {key: change for key, one in changed.items() if key not in put and (change := patch(before[key], one))}
    gone = [key for key in before if key not in after]
    return {key: value for key, value in (("modules", put), (INSIDE, inside), ("modules" + GONE, gone)) if value}


def _anew(old: Graph | None, new: Graph) -> bool:
    """It is another definition, as far as counters tell: in one that is edited they only grow."""
    return old is None or not old.counters.keys() <= new.counters.keys()


class Replay:
    """A document as plain JSON on which patches are played. It trusts nothing: what comes out is checked by `loads`."""

    def __init__(self, content: Any) -> None:
        """`content` is a document as a file holds it."""
        try:
            self._plain = {key: value for key, value in content.items() if key not in LISTS}
            self._lists = {name: {_key(name, one): one for one in content.get(name, ())} for name in LISTS}
            self._open: dict[str, Replay] = {}
        except (AttributeError, KeyError, TypeError):
            raise DocumentError("It does not begin with a document.") from None

    def play(self, change: Any) -> None:
        """Take one patch."""
        try:
            self._play(change)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise DocumentError("It holds something that is no change of a document.") from None

    def _play(self, change: Mapping[str, Any]) -> None:
        for name in LISTS:
            for gone in change.get(name + GONE, ()):
                self._lists[name].pop(tuple(gone) if isinstance(gone, list) else gone, None)
            for one in change.get(name, ()):
                self._lists[name][_key(name, one)] = one
        self._play_modules(change)
        self._plain.setdefault("counters", {}).update(change.get("counters", {}))
        self._plain.update({key: change[key] for key in ("title", "about", "plan", "exposed") if key in change})

    def _play_modules(self, change: Mapping[str, Any]) -> None:
        """Definitions that change stay taken apart, so that the next change of them costs nothing more."""
        modules = self._plain.setdefault("modules", {})
        for gone in change.get("modules" + GONE, ()):
            modules.pop(gone, None)
            self._open.pop(gone, None)
        put = change.get("modules", {})
        modules.update(put)
        for name in put:
            self._open.pop(name, None)
        for name, inside in change.get(INSIDE, {}).items():
            if name not in self._open:
                self._open[name] = Replay(modules[name])
            self._open[name].play(inside)

    @property
    def content(self) -> dict[str, Any]:
        """The document as a file would hold it."""
        found = {**self._plain, **{name: list(one.values()) for name, one in self._lists.items()}}
        if self._open:
            found["modules"] = {**found["modules"], **{name: one.content for name, one in self._open.items()}}
        return found


def _key(name: str, one: Mapping[str, Any]) -> Any:
    return (one["target"], one["input"]) if name == "edges" else one["id"]
