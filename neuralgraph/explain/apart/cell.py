"""One number of one node: which inputs times which weights made it. Computed in float64 on copies."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import torch

from neuralgraph.compiler.program import Program
from neuralgraph.errors import RunError, UnknownNodeError
from neuralgraph.explain.apart.cells.asked import Asked
from neuralgraph.explain.apart.cells.attention import attention
from neuralgraph.explain.apart.cells.joints import joined
from neuralgraph.explain.apart.cells.means import means
from neuralgraph.explain.apart.cells.products import products
from neuralgraph.explain.apart.cells.scales import scales
from neuralgraph.explain.apart.cells.sequences import sequences
from neuralgraph.explain.apart.cells.slopes import drawn, function, slopes
from neuralgraph.explain.apart.cells.windows import windows
from neuralgraph.explain.apart.clones import in_double
from neuralgraph.explain.apart.seats import Seat, around, gathering, seat_of
from neuralgraph.explain.apart.tape import record
from neuralgraph.explain.apart.terms import Spot, Terms
from neuralgraph.training.randomness import undisturbed

WAYS = (products, windows, scales, sequences, attention, means, function)
"""Asked one after the other; the last word have derivatives."""
NEAR = 1e-7
"""A way that does not come to the value, as far as float64 and its own sums go, has not understood the node."""


def cell(
    program: Program, node: str, inputs: Mapping[str, Any], output: str, index: Spot, *,
    weights: Mapping[str, Any] | None = None, shown: float | None = None, training: bool = False,
) -> Terms:
    """What made the number at `index` of an output, from arrays `inputs` by port.

    `weights` by full name stand in for the program's; `shown` is what the node gave, for those that draw by chance;
    `training` computes as in training. `UnknownNodeError`, `RunError` where there is no such number.
    """
    asked = _asked(program, node, inputs, output, weights, shown, training)
    if asked.seat is not None and asked.seat.joint is not None:
        return joined(asked, index)
    with undisturbed(program.device, program.seed):
        shape = tuple(asked.run().shape) if shown is None else None
        asked.index = _checked(asked, tuple(int(one) for one in index), shape)
        if (made := drawn(asked)) is not None:
            return made
        asked.shown = None
        for way in WAYS:
            found = way(asked)
            if found is not None and _agrees(found):
                return found
        return slopes(asked)


def inputs_of(program: Program, node: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """What comes in at a node, by port, for these arrays by source key: in use, not in training."""
    seat = _seat(program, node)
    inside = around(program, node)
    before = program.path([node.partition("/")[0]] if inside else [edge.source for edge in seat.wires.values()])
    tensors = {key: program.tensor(key, arrays[key]) for key in program.needed(before)}
    with undisturbed(program.device, program.seed), program.quiet():
        values = record(program, tensors, before, inside=inside).values
    return {port: values[edge.start].detach().cpu().numpy() for port, edge in seat.wires.items()}


def _seat(program: Program, node: str, given: Collection[str] = ()) -> Seat:
    """The seat of a path; of a Recurrent whose steps are `given` one by one, the one that gathers them."""
    found = seat_of(program, node)
    if found is not None and found.id in found.scope.inference.within and not set(given) <= set(found.wires):
        found = gathering(program, node)
    if found is None:
        raise UnknownNodeError(f"There is no node {node!r} whose numbers could be looked at.")
    return found


def _agrees(found: Terms) -> bool:
    total = found.total
    if math.isnan(total) and math.isnan(found.value):
        return True
    return total == found.value or abs(total - found.value) <= NEAR * max(1.0, abs(found.value))


def _asked(program: Program, node: str, inputs: Mapping[str, Any], output: str, weights: Mapping[str, Any] | None,
           shown: float | None, training: bool) -> Asked:
    seat = _seat(program, node, inputs)
    kind = seat.kind
    outputs = kind.outputs() or (("out",) if seat.joint is not None else ())
    if not outputs or (kind.role == "source" and seat.joint is None):
        raise RunError(f"{node} computes nothing: its numbers come from the data." if outputs else
                       f"{node} has no outputs.")
    if output and output not in outputs:
        raise UnknownNodeError(f"{node} has no output {output!r}. It has: {', '.join(outputs)}.")
    original = seat.module if seat.call is not None and seat.call.kind == "module" else None
    module = in_double(original)
    names: dict[str, str] = {}
    if module is not None and original is not None:
        module.train(training)
        module.requires_grad_(False)
        full = {id(one): name for name, one in program.root.named_parameters()}
        names = {name: full.get(id(one), f"{seat.path}.{name}") for name, one in original.named_parameters()}
        given = weights or {}
        with torch.no_grad():
            for name, one in module.named_parameters():
                if names[name] in given:
                    one.copy_(torch.as_tensor(given[names[name]]))
    wires = seat.wires
    tensors = {port: torch.as_tensor(one).detach().clone().cpu() for port, one in inputs.items() if port in wires}
    missing = next((port.name for port in kind.ports if not port.optional and not port.many
                    and port.name not in tensors), None) if seat.joint is None else None
    if missing is not None:
        raise RunError(f"{node} was not given its input «{missing}», so nothing can be said of its numbers.")
    doubled = {port: one.double() if one.is_floating_point() else one for port, one in tensors.items()}
    optional = frozenset(port.name for port in kind.ports if port.optional)
    return Asked(node, kind, seat.call, doubled, optional, module, names, output or outputs[0], (), shown, seat)


def _checked(asked: Asked, index: Spot, shape: Spot | None) -> Spot:
    """The place, counted from the start; `RunError` where there is none."""
    shape = tuple(asked.run().shape) if shape is None else shape
    if len(index) != len(shape) or any(not -size <= at < size for at, size in zip(index, shape, strict=True)):
        size = " × ".join(map(str, shape)) or "a single number"
        raise RunError(f"{asked.node} gives {size} here; there is no number at {list(index)}.")
    return tuple(at % size for at, size in zip(index, shape, strict=True))
