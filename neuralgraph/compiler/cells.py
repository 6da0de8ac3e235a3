"""What a node costs and gives that runs a drawn module over time: from its inside, which is inferred once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from neuralgraph.compiler.shapes import Outcome, Unsound
from neuralgraph.graph.module_edits import Within
from neuralgraph.graph.reading import Failure, arguments
from neuralgraph.spec import Call, Misfit, Network, Node, Spec
from neuralgraph.spec.initial import files
from neuralgraph.validation.lens import digraph, upstream
from neuralgraph.validation.problem import Problem

if TYPE_CHECKING:
    from neuralgraph.compiler.infer import Inference


def network_of(call: Call) -> Network | None:
    """The drawn module that a call runs."""
    return next((raw for _, raw in call.kwargs if isinstance(raw, Network)), None)


def looped(call: Call, x: Spec, inside: Inference) -> Outcome:
    """What the loop gives for sequences like `x`; the `Outcome` of its node."""
    settings = dict(call.kwargs)
    network = network_of(call)
    assert network is not None
    length, ways = settings.get("steps") or x.size(1), 1 if settings["back"] is None else 2
    try:
        exits = _exits(network, inside, settings["states"])
        specs = [_doubled(one, id) if ways == 2 else one for one, id in zip(exits, network.exits, strict=True)]
    except Unsound as unsound:
        return Outcome(call, problems=tuple(_told(one, network.name) for one in unsound.problems))
    except Misfit as misfit:
        return Outcome(call, misfit=misfit)
    if not settings["last"]:
        count = len(exits) - len(settings["states"])
        specs[:count] = [Spec((one.shape[0], length, *one.shape[1:]), one.dtype) for one in specs[:count]]
    learned = sum(prod(shape) for _, start, shape in settings["states"] if start == "learned")
    used = upstream(digraph(inside.graph), network.exits)
    inner = [one for id, one in inside.figures.items() if id in used]
    return Outcome(
        call, tuple(specs), ways * (learned + sum(one.parameters for one in inner)),
        ways * (4 * learned + sum(one.parameter_bytes for one in inner)),
        ways * length * sum(one.activation_bytes for one in inner))


def _exits(network: Network, inside: Inference, states: Sequence[tuple[str, str, tuple[int, ...]]]) -> list[Spec]:
    """What every exit gives at one step."""
    errors = tuple(one for one in inside.problems if one.severity == "error")
    if errors or _waits(inside):
        raise Unsound(errors)
    if "" in network.exits:
        raise Unsound((_lonely(network, states),))
    found = []
    for id in network.exits:
        spec = inside.specs.get(id, {}).get("out")
        if spec is None:
            raise Misfit("every wire inside laid", hint=f"Enter it: {id} waits for a value.")
        if not spec.batched:
            raise _wrong(id, spec, "one value for each sample", "N × …",
                         "Wire something here that comes from an Input or a State.")
        found.append(spec)
    first = len(found) - len(states)
    for spec, (name, _, shape), id in zip(found[first:], states, network.exits[first:], strict=True):
        _same_size(spec, name, shape, id)
    return found


def _waits(inside: Inference) -> bool:
    """Something inside is not there, wrong by itself, called as another, or in a circle: rules say so at its place."""
    if len(inside.order) < len(inside.nodes):
        return True
    return any(
        isinstance(node, Failure) or any(edge is None for _, edge in arguments(node, inside.wires[id])[0])
        or (node.role == "source" and not inside.specs.get(id))
        for id, node in inside.nodes.items())


def _lonely(network: Network, states: Sequence[tuple[str, str, tuple[int, ...]]]) -> Problem:
    at = network.exits.index("") - len(network.exits)
    name, id = states[at][0], network.entries[at][0]
    return Problem(
        "lonely_state", "error", f"{id} remembers {name}, but nothing says what it becomes.", id, None,
        f"The state {name} never changes", f"Add a NextState with the name {name} and wire its next value into it.")


def _told(problem: Problem, name: str) -> Problem:
    """A problem inside as the node that runs it tells it: the module's name, fixes that go inside."""
    if "/" in (problem.node or ""):  # it lies deeper, and says where
        return problem
    fixes = tuple(replace(fix, edit=Within(name, fix.edit)) if fix.edit is not None else fix for fix in problem.fixes)
    return replace(problem, message=f"In {name}: {problem.message}", fixes=fixes)


def _same_size(spec: Spec, name: str, shape: tuple[int, ...], id: str) -> None:
    if spec.shape[1:] == shape and spec.dtype.startswith("float"):
        return
    wanted = " × ".join(("N", *map(str, shape)))
    raise Unsound((Problem(
        "state_size", "error", f"{id} sets the state {name} to {spec}, but it holds {wanted}.", id, "x",
        f"The state {name} changes its size", f"Give the State {name} that shape, or wire a value of {wanted} here.",
        wanted, str(spec)),))


def _doubled(one: Spec, id: str) -> Spec:
    if one.rank < 2:
        raise _wrong(id, one, "features beside the batch axis, to lie side by side from both directions",
                     "N × features", "Put an Unsqueeze before it, or read in one direction.")
    return Spec((*one.shape[:-1], 2 * one.size(-1)), one.dtype)


def _wrong(id: str, spec: Spec, expected: str, axes: str, hint: str) -> Unsound:
    return Unsound((Problem(
        "shape_mismatch", "error", f"{id} expects {expected}, but gets {spec}.", id, "x", f"It expects {expected}",
        hint, axes, str(spec)),))


def unread(found: Inference) -> Iterator[Problem]:
    """Nodes inside a loop over time whose weights are to start from a file: that is not read there."""
    for path, inside in found.within.items():
        for id, placed in inside.graph.nodes.items():
            if files(placed.initialiser):
                yield Problem(
                    "initial", "warning",
                    f"{id} starts from a file, which a loop over time cannot read for its inside.",
                    f"{path}/{id}", None, "Its weights cannot start from a file here",
                    "Choose another way to start, or type the weights in.")


def entries(network: Network) -> Mapping[str, Mapping[str, Spec]]:
    """What the doors of the drawn module deliver, as sources do."""
    return {id: {"out": spec} for id, spec in network.entries}


def runs(node: Node) -> bool:
    """The node runs a drawn module by itself."""
    return bool(getattr(node, "runs", False))
