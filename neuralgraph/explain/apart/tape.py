"""A graph computed node by node, each on inputs of its own, so that every wire has a derivative of its own.

What torch does in one sweep for the whole graph is done here for one node at a time; the sums are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from neuralgraph.compiler.program import Program
from neuralgraph.compiler.shapes import plain
from neuralgraph.errors import RunError
from neuralgraph.explain.apart.seats import Seat, seats
from neuralgraph.graph.document import Edge
from neuralgraph.spec import Node

Place = tuple[str, str]
"""Node path and output."""


FIXED = ("SoftMarginLoss",)
"""Losses by whose target torch does not derive."""
SINGLE = "compares samples while training, so one is not enough: take two or more."


@dataclass(eq=False)
class Played:
    """One node as it was computed. `inputs` by port are leaves of its own; `weights`, by full name, those it used."""

    seat: Seat
    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]
    weights: Mapping[str, nn.Parameter]

    @property
    def id(self) -> str:
        return self.seat.path

    @property
    def wires(self) -> Mapping[str, Edge]:
        return self.seat.wires

    @property
    def grows(self) -> bool:
        """Something that goes in can move something that comes out."""
        return any(one.requires_grad for one in self.outputs.values())

    def pull(self, adjoints: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """What the adjoints of its outputs come to at its inputs, by port, and at its weights, by full name."""
        known = [name for name, one in self.outputs.items() if one.requires_grad and name in adjoints]
        ports = [name for name, one in self.inputs.items() if one.requires_grad]
        names = [name for name, one in self.weights.items() if one.requires_grad]
        if not known or not (ports or names):
            return {}, {}
        wanted = [*(self.inputs[name] for name in ports), *(self.weights[name] for name in names)]
        found = torch.autograd.grad([self.outputs[name] for name in known], wanted,
                                    [adjoints[name].to(self.outputs[name]) for name in known],
                                    allow_unused=True, retain_graph=True)
        pulled = list(zip([*ports, *names], found, strict=True))
        return ({name: one for name, one in pulled[:len(ports)] if one is not None},
                {name: one for name, one in pulled[len(ports):] if one is not None})


@dataclass(eq=False)
class Tape:
    """All nodes that were computed, in topological order; `values` by place, detached."""

    program: Program
    nodes: dict[str, Played] = field(default_factory=dict)
    values: dict[Place, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Back:
    """What one node passes back, by port and by full name of weight."""

    node: str
    inputs: Mapping[str, Tensor]
    weights: Mapping[str, Tensor]


def record(program: Program, tensors: Mapping[str, Tensor], ids: Iterable[str], *, targets: bool = True,
           inside: Collection[str] = ()) -> Tape:
    """Compute the nodes `ids`, given in topological order, from what the sources deliver by key.

    Runs in the mode that the modules are in, and draws random numbers in the order that the program does. Without
    `targets` nothing is derived by what data nodes bring to a loss as its target. The Recurrents of the paths `inside`
    are laid out, step by step.
    """
    tape, names = Tape(program), {id(one): name for name, one in program.root.named_parameters()}
    leaves: dict[Place, Tensor] = {}
    for key, (source, output, _) in program.sources.items():
        if key in tensors:
            tape.values[source, output] = tensors[key].detach()
    with torch.enable_grad():
        for seat in seats(program, ids, inside):
            try:
                tape.nodes[seat.path] = played = play(seat, tape.values, names, targets=targets, leaves=leaves)
            except (RuntimeError, ValueError, TypeError) as error:  # torch's own sentence, at its node
                why = SINGLE if "more than 1 value" in str(error) else f"cannot be computed on this: {plain(error)}."
                raise RunError(f"{seat.drawn} {why}") from error
            tape.values.update({(seat.path, name): one.detach() for name, one in played.outputs.items()})
    return tape


def play(seat: Seat, values: Mapping[Place, Tensor], names: Mapping[int, str], *, targets: bool = True,
         leaves: dict[Place, Tensor] | None = None) -> Played:
    """Compute one node from the values that its wires bring. `names` are those of all weights, by `id`.

    `leaves` holds what several steps of a Recurrent look at: it is one and the same for all of them.
    """
    node, wires = seat.kind, seat.wires
    if seat.outside is not None and leaves is not None:
        inputs = {name: leaves.setdefault(edge.start, leaf(values[edge.start])) for name, edge in wires.items()}
    else:
        inputs = {name: leaf(values[edge.start]) for name, edge in wires.items()}
    goal = wires.get("target") if node.role == "loss" else None
    if goal is not None and (node.type in FIXED or (not targets and _delivered(seat, goal))):
        inputs["target"] = inputs["target"].detach()
    outputs = seat.compute(inputs, rows=values[seat.rows] if seat.rows is not None else None)
    if seat.passes:
        outputs = [outputs[0].view_as(outputs[0])]
    kept = {names[id(one)]: one for one in seat.named_weights if id(one) in names}
    return Played(seat, inputs, dict(zip(node.outputs(), outputs, strict=False)), kept)


def _delivered(seat: Seat, edge: Edge) -> bool:
    """The value comes from a data node."""
    inference, id = seat.scope.inference, edge.source.removeprefix(seat.scope.prefix)
    kind = inference.nodes.get(id)
    return isinstance(kind, Node) and kind.role == "source"


def leaf(value: Tensor) -> Tensor:
    """The same numbers as a leaf of its own."""
    return value.detach().requires_grad_(value.is_floating_point() or value.is_complex())


def backwards(tape: Tape, seeds: Mapping[Place, Tensor]) -> tuple[list[Back], dict[Place, list[Tensor]]]:
    """One sweep from the last node to the first: what each passes back, and all contributions by place.

    `seeds` are the adjoints to begin with: 1 at what is derived. Contributions are in the order in which they arrive.
    """
    held: dict[Place, list[Tensor]] = {place: [one] for place, one in seeds.items()}
    found = []
    for id, played in reversed(tape.nodes.items()):
        known = {name: total(held[id, name]) for name in played.outputs if held.get((id, name))}
        if not known or not played.grows:
            continue
        inputs, weights = played.pull(known)
        for port, one in inputs.items():
            held.setdefault(played.wires[port].start, []).append(one)
        if inputs or weights:
            found.append(Back(id, inputs, weights))
    return found, held


def total(contributions: list[Tensor]) -> Tensor:
    """Contributions to one value, added."""
    found = contributions[0]
    for one in contributions[1:]:
        found = found + one
    return found
