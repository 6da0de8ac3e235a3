"""What differs between kept runs: graph, plan with its seed, data, device, versions; and their figures side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neuralgraph.graph.difference import difference
from neuralgraph.training.kept import Kept
from neuralgraph.training.store import Store

KINDS = ("graph", "plan", "facts")
FACTS = ("device", "threads", "data")


def differences(store: Store, one: Kept, other: Kept) -> dict[str, list[str]]:
    """Sentences by kind: "graph", "plan", "facts" (device, threads, data, processes, versions)."""
    a, b = store.graph(one.id), store.graph(other.id)
    pairs = {name: (getattr(one, name), getattr(other, name)) for name in FACTS}
    pairs["processes"] = (one.begun.get("processes", 1), other.begun.get("processes", 1))
    pairs |= {name: (one.versions.get(name), other.versions.get(name))
              for name in dict.fromkeys((*one.versions, *other.versions))}
    return {"graph": list(difference(a.having(plan=b.plan), b)), "plan": list(difference(a, a.having(plan=b.plan))),
            "facts": [f"{name} {old} → {now}" for name, (old, now) in pairs.items() if old != now]}


def side_by_side(runs: Sequence[Kept]) -> dict[str, list[Any]]:
    """The final figures by name: one of each run, None where it has none."""
    names = dict.fromkeys(name for one in runs for name in one.final)
    return {name: [one.final.get(name) for one in runs] for name in names}
