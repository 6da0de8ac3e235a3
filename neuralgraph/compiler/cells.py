"""What a node costs and gives that runs a drawn module over time: from its inside, which is inferred once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from neuralgraph.compiler.shapes import Outcome, Unsound
from neuralgraph.spec import Call, Misfit, Network, Node, Spec
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
    try:
        exits = _exits(network, inside)
        count = len(exits) - len(settings["states"])
        for spec, (name, _, shape), id in zip(exits[count:], settings["states"], network.exits[count:], strict=True):
            _same_size(spec, name, shape, id)
    except Unsound as unsound:
        return Outcome(call, problems=unsound.problems)
    except Misfit as misfit:
        return Outcome(call, misfit=misfit)
    length, both = x.size(1), settings["back"] is not None
    specs = [_doubled(one) if both else one for one in exits]
    if not settings["last"]:
        specs[:count] = [Spec((one.shape[0], length, *one.shape[1:]), one.dtype) for one in specs[:count]]
    ways = 2 if both else 1
    learned = sum(_numel(shape) for _, start, shape in settings["states"] if start == "learned")
    inner = inside.figures.values()
    return Outcome(
        call, tuple(specs), ways * (learned + sum(one.parameters for one in inner)),
        ways * (4 * learned + sum(one.parameter_bytes for one in inner)),
        ways * length * sum(one.activation_bytes for one in inner))


def _exits(network: Network, inside: Inference) -> list[Spec]:
    errors = tuple(one for one in inside.problems if one.severity == "error")
    if errors:
        raise Unsound(errors)
    found = []
    for id in network.exits:
        spec = inside.specs.get(id, {}).get("out")
        if spec is None:
            raise Misfit("every wire inside laid", hint=f"Enter it: {id} waits for a value.")
        if not spec.batched:
            raise Misfit(f"one value for each sample at {id}", hint="Enter it: its first axis is not the batch.")
        found.append(spec)
    return found


def _same_size(spec: Spec, name: str, shape: tuple[int, ...], id: str) -> None:
    if spec.shape[1:] == shape and spec.dtype.startswith("float"):
        return
    wanted = " × ".join(("N", *map(str, shape)))
    raise Unsound((Problem(
        "state_size", "error", f"The state {name} holds {wanted}, but {id} sets it to {spec}.", id, "x",
        f"The state {name} changes its size", f"Give the State {name} that shape, or wire a value of {wanted} here.",
        wanted, str(spec)),))


def _doubled(one: Spec) -> Spec:
    last = one.size(-1)
    return Spec((*one.shape[:-1], 2 * last), one.dtype)


def _numel(shape: tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def entries(network: Network) -> Mapping[str, Mapping[str, Spec]]:
    """What the doors of the drawn module deliver, as sources do."""
    return {id: {"out": spec} for id, spec in network.entries}


def runs(node: Node) -> bool:
    """The node runs a drawn module by itself."""
    return bool(getattr(node, "runs", False))
