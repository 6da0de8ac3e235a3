"""A graph computed node by node, each on inputs of its own, so that every wire has a derivative of its own.

What torch does in one sweep for the whole graph is done here for one node at a time; the sums are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from neuralgraph.compiler.program import Program
from neuralgraph.compiler.resolve import resolve
from neuralgraph.compiler.shapes import invoke, pick, plain
from neuralgraph.errors import RunError
from neuralgraph.graph.document import Edge
from neuralgraph.graph.reading import arguments
from neuralgraph.spec import Call

Place = tuple[str, str]
"""Node path and output."""


FIXED = ("SoftMarginLoss",)
"""Losses by whose target torch does not derive."""
SINGLE = "compares samples while training, so one is not enough: take two or more."


@dataclass(eq=False)
class Played:
    """One node as it was computed. `inputs` by port are leaves of its own; `weights`, by full name, those it used."""

    id: str
    wires: Mapping[str, Edge]
    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]
    weights: Mapping[str, nn.Parameter]

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


def record(program: Program, tensors: Mapping[str, Tensor], ids: Iterable[str], *, targets: bool = True) -> Tape:
    """Compute the nodes `ids`, given in topological order, from what the sources deliver by key.

    Runs in the mode that the modules are in, and draws random numbers in the order that the program does. Without
    `targets` nothing is derived by what data nodes bring to a loss as its target.
    """
    tape, names = Tape(program), {id(one): name for name, one in program.root.named_parameters()}
    for key, (source, output, _) in program.sources.items():
        if key in tensors:
            tape.values[source, output] = tensors[key].detach()
    with torch.enable_grad():
        for node in ids:
            if program.node(node).role in ("source", "metric"):
                continue
            try:
                tape.nodes[node] = played = play(program, node, tape.values, names, targets=targets)
            except (RuntimeError, ValueError, TypeError) as error:  # torch's own sentence, at its node
                why = SINGLE if "more than 1 value" in str(error) else f"cannot be computed on this: {plain(error)}."
                raise RunError(f"{node} {why}") from error
            tape.values.update({(node, name): one.detach() for name, one in played.outputs.items()})
    return tape


def play(program: Program, path: str, values: Mapping[Place, Tensor], names: Mapping[int, str], *,
         targets: bool = True) -> Played:
    """Compute one node from the values that its wires bring. `names` are those of all weights, by `id`."""
    node = program.node(path)
    positional, optional = arguments(node, program.inference.wires[path])
    wires = {name: edge for name, edge in (*positional, *optional.items()) if edge is not None}
    inputs = {name: leaf(values[edge.start]) for name, edge in wires.items()}
    goal = wires.get("target") if node.role == "loss" else None
    if goal is not None and (node.type in FIXED or (not targets and program.node(goal.source).role == "source")):
        inputs["target"] = inputs["target"].detach()
    call = program.inference.calls.get(path)
    if call is None:  # bypassed, or a bead on the wire
        only = next(iter(inputs.values()))
        return Played(path, wires, inputs, {node.outputs()[0]: only.view_as(only)}, {})
    outputs = computed(program, path, call, [inputs[name] for name, edge in positional if edge is not None],
                       {name: inputs[name] for name in optional})
    module = program.part(program.graph.nodes[path].shares or path)
    weights = {names[id(one)]: one for one in module.parameters() if id(one) in names} if module is not None else {}
    return Played(path, wires, inputs, dict(zip(node.outputs(), outputs, strict=True)), weights)


def leaf(value: Tensor) -> Tensor:
    """The same numbers as a leaf of its own."""
    return value.detach().requires_grad_(value.is_floating_point() or value.is_complex())


def computed(program: Program, id: str, call: Call, given: list[Tensor], optional: Mapping[str, Tensor],
             module: nn.Module | None = None) -> list[Tensor]:
    """What a node gives, by the order of its outputs; `module` stands in for its own."""
    target: Any = resolve(call.target)
    if call.kind == "module":
        target = module if module is not None else program.part(program.graph.nodes[id].shares or id)
    result = invoke(call, target, list(given), dict(optional))
    return [pick(result, path) for path in call.picks] if call.picks is not None else [result]


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
