"""Typed-in weights that the document keeps: do they fit their node, and which are newer than a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from neuralgraph.compiler.resolve import resolve, value
from neuralgraph.graph.document import Graph, Placed
from neuralgraph.graph.edits import ChangeNode
from neuralgraph.graph.flatten import Flat
from neuralgraph.graph.frozen import thaw
from neuralgraph.spec import Call, Network
from neuralgraph.validation.levels import placed_in
from neuralgraph.validation.problem import Fix, Problem, Severity

LARGEST = torch.finfo(torch.float32).max


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why numbers are no weights of a node; shapes where it is about those."""

    why: str
    expected: str = ""
    received: str = ""
    hint: str = "Unpin it, or type it in anew."


def unfit(name: str, numbers: Any, shapes: Mapping[str, tuple[int, ...]]) -> Unfit | None:
    """What keeps `numbers` from being the weights `name` of a node that has these; None where they fit."""
    if name not in shapes:
        return Unfit(f"it has no weights called {name!r}; it has: {', '.join(shapes) or 'none'}")
    try:
        given = torch.tensor(thaw(numbers), dtype=torch.float64)
    except (ValueError, TypeError, OverflowError, RuntimeError):
        return Unfit(f"the typed-in {name} has rows of different lengths, or numbers that are too large")
    if tuple(given.shape) != shapes[name]:
        said = f"the typed-in {name} has shape {tuple(given.shape)}, not {shapes[name]}"
        return Unfit(said, _sizes(shapes[name]), _sizes(given.shape))
    if given.numel() and float(given.abs().max()) > LARGEST:
        return Unfit(f"the typed-in {name} holds {float(given.abs().max()):.3g}, which float32 has not")
    return None


def misfitting(graph: Graph, flat: Flat, calls: Mapping[str, Call]) -> Iterator[Problem]:
    """Typed-in weights that their node cannot take any more, or does not use, told where they were drawn.

    Nodes still unknown are passed over.
    """
    told: set[tuple[str, str]] = set()
    for id, laid in flat.graph.nodes.items():
        room, own = flat.origin(id)
        name = flat.rooms.get(room, "")
        if not laid.weights or (name, own) in told:
            continue
        placed = graph.modules[name].nodes[own] if name else laid
        found = [placed_in(one, room, name) for one in _wrong(id, placed, calls)]
        told |= {(name, own)} if found else set()
        yield from found


def _wrong(id: str, placed: Placed, calls: Mapping[str, Call]) -> Iterator[Problem]:
    """What is wrong with the weights typed into a node, which is called `id` where all is laid out."""
    if placed.weights:
        if placed.shares is not None:
            unused = Unfit(f"its typed-in weights are not used, for it has those of {placed.shares}",
                          hint=f"Type them into {placed.shares}.")
            yield _problem(placed, None, unused, "warning")
        elif id in calls:
            shapes = shapes_of(calls[id])
            for name, numbers in placed.weights.items():
                wrong = unfit(name, numbers, shapes)
                if wrong is not None:
                    yield _problem(placed, name, wrong, "error")


def shapes_of(call: Call) -> dict[str, tuple[int, ...]]:
    """The shape of every weight of a node, by name; nothing is allocated."""
    if call.kind != "module" or any(isinstance(raw, Network) for _, raw in call.kwargs):
        return {}
    with torch.device("meta"):
        built = resolve(call.target)(**{name: value(raw) for name, raw in call.kwargs})
    return {name: tuple(one.shape) for name, one in built.named_parameters()}


def pin(placed: Placed, weights: Mapping[str, Tensor]) -> str:
    """Put what was typed in into the weights of a node; why that cannot be, or ""."""
    shapes = {name: tuple(one.shape) for name, one in weights.items()}
    for name, numbers in placed.weights.items():
        if (wrong := unfit(name, numbers, shapes)) is not None:
            return wrong.why
        with torch.no_grad():
            weights[name].copy_(torch.tensor(thaw(numbers), dtype=weights[name].dtype))
    return ""


def retyped(old: Graph, new: Graph) -> frozenset[str]:
    """The weights typed in since: they hold, whatever a run on `old` has learnt."""
    before = old.nodes
    return frozenset(
        f"{id}.{name}".replace("/", ".") for id, placed in new.nodes.items() for name, numbers in placed.weights.items()
        if id not in before or before[id].weights.get(name) != numbers)


def _problem(placed: Placed, name: str | None, wrong: Unfit, severity: Severity) -> Problem:
    left = placed.weights.without(name) if name is not None else placed.weights.without(*placed.weights)
    label = f"Unpin {name}" if name is not None else "Unpin"
    fix = Fix(label, ChangeNode(replace(placed, weights=left), f"{label} of {placed.name}"))
    return Problem("pinned", severity, f"{placed.id}: {wrong.why}.", placed.id, None, "Its typed-in weights do not fit"
                   if severity == "error" else "Typed-in weights without use", wrong.hint, wrong.expected,
                   wrong.received, fixes=(fix,))


def _sizes(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "one number"
