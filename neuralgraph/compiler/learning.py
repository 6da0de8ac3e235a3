"""Which weights learn in which way: what the nodes say beside the plan, sorted for an optimiser."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from neuralgraph.errors import RunError
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.spec.learning import knob, still

_PLAIN = Placed("plain", "")


@dataclass(frozen=True, slots=True)
class Group:
    """Weights, by name, with a factor on the plan's rate and a decay on top of the plan's."""

    rate: float
    l2: float
    names: tuple[str, ...]


def learns(placed: Placed) -> bool:
    """Its weights change in a run."""
    return not placed.frozen and not still(placed.learning)


def groups(graph: Graph, names: Iterable[str]) -> tuple[Group, ...]:
    """These weights by how they learn: those of the plan first, even where there are none; alone where all are."""
    found: dict[tuple[float, float], list[str]] = {(1.0, 0.0): []}
    for name in names:
        learning = _owner(graph, name).learning
        decay = knob(learning, "l2") if is_weight(name) else 0.0
        found.setdefault((knob(learning, "rate"), decay), []).append(name)
    return tuple(Group(rate, decay, tuple(some)) for (rate, decay), some in found.items())


def drawn(graph: Graph, names: Iterable[str]) -> dict[float, tuple[str, ...]]:
    """The weights that nodes want drawn to 0, by how strongly."""
    found: dict[float, tuple[str, ...]] = {}
    for name in names:
        pull = knob(_owner(graph, name).learning, "l1")
        if pull and is_weight(name):
            found[pull] = (*found.get(pull, ()), name)
    return found


def _owner(graph: Graph, name: str) -> Placed:
    """The node that a weight belongs to, by its path."""
    path = name.replace(".", "/")
    while path and path not in graph.nodes:
        path = path.rpartition("/")[0]
    return graph.nodes.get(path, _PLAIN)


def is_weight(name: str) -> bool:
    """Not an offset: `lstm_1.bias_hh_l0` and `attention_1.in_proj_bias` are such."""
    last = name.rpartition(".")[2]
    return not (last.startswith("bias") or last.endswith("_bias"))


def chosen(patterns: Sequence[str], names: Sequence[str], what: str, *, strict: bool = True) -> tuple[str, ...]:
    """The names that match any pattern, in their own order; a `RunError` for a pattern that matches none.

    A pattern that matches a module matches all that lies in it.
    """
    for pattern in patterns:
        if strict and not any(_under(name, pattern) for name in names):
            known = ", ".join(names) or "none"
            raise RunError(f"The plan names the {what} {pattern!r}, which the graph has not. It has: {known}.")
    return tuple(name for name in names if any(_under(name, pattern) for pattern in patterns))


def _under(name: str, pattern: str) -> bool:
    """The pattern matches the path of a node, or that of a module around it."""
    while name:
        if fnmatch.fnmatchcase(name, pattern):
            return True
        name = name.rpartition("/")[0]
    return False
