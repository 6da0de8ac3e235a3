"""The moments of a step in words, in the order in which they happen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from neuralgraph.compiler.program import Program
from neuralgraph.explain.apart.equations import FORMULAS, SAYS, Layers, layers
from neuralgraph.explain.apart.moment import Array, Contribution, End, Moment, Place
from neuralgraph.explain.apart.optimising import Moved
from neuralgraph.explain.apart.tape import Back, Played, Tape, backwards, total
from neuralgraph.spec.help import help_of
from neuralgraph.training.learner import Learner

WITHOUT = " No activation lies between: a is z, or the loss holds the activation itself."
PULL = "pull to zero"
"""Where a gradient comes from that no node gave: the plan's l1, or a node's."""


class Teller:
    """Makes the moments of one step. `seen` and `pulled` say at which moment a value, a derivative is first there."""

    def __init__(self, program: Program, tape: Tape, losses: tuple[str, ...]) -> None:
        self.program, self.tape, self.chosen = program, tape, losses
        self.moments: list[Moment] = []
        self.seen: dict[Place, int] = {}
        self.pulled: dict[End, int] = {}
        self.wires: dict[End, Array] = {}
        self.losses: dict[str, float] = {}
        self.order: tuple[str, ...] = ()
        self.goal = "the loss"
        """What is derived, in words."""
        self._equations: Layers = layers(program)
        self._arrays: dict[int, tuple[Tensor, Array]] = {}

    # -- forward ----------------------------------------------------------------------------------------------------

    def forward(self) -> None:
        """Data, then every node; losses have a phase of their own at the end."""
        sources: dict[str, dict[str, Array]] = {}
        for (id, output), value in self.tape.values.items():
            if id not in self.tape.nodes:
                sources.setdefault(id, {})[output] = self.array(value)
        for id, outputs in sources.items():
            rows = max((len(one) for one in outputs.values() if one.ndim), default=1)
            says = f"{self.name(id)} delivers {rows} sample{'s' if rows != 1 else ''}: {shapes(outputs)}."
            self._add(Moment("data", id, says, outputs=outputs), outputs)
        fed = {edge.source for played in self.tape.nodes.values() for edge in played.wires.values()}
        last = [id for id in self.chosen if id not in fed]  # a loss that something else looks at keeps its place
        self.order = (*(one for one in self.tape.nodes if one not in last), *last)
        for id in self.order:
            self._node(id, self.tape.nodes[id])

    def _node(self, id: str, played: Played) -> None:
        inputs = {port: self.array(one) for port, one in played.inputs.items()}
        outputs = {name: self.array(self.tape.values[id, name]) for name in played.outputs}
        weights = {name: self.array(one) for name, one in played.weights.items()}
        seat, notes = played.seat, self._notes(id)
        kind = seat.kind
        if id in self.chosen:
            value = float(outputs["loss"].sum())
            self.losses[id] = value
            share = self.program.shares[id]
            says = f"{self.name(id)} measures how wrong it is: {number(value)}."
            if len(self.chosen) > 1 or share != 1.0:
                says += f" In the total it counts {number(share)} times."
            self._add(Moment("loss", id, says, inputs, outputs, weights, formulas=formulas(kind), notes=notes), outputs)
            return
        if seat.joint is not None:
            says = f"{self.name(id, when=False)}: {seat.says}" if not seat.scope.time else seat.says
        elif seat.passes:
            says = f"{self.name(id)} passes on what comes in."
        else:
            came = f" takes {shapes(inputs)} and" if inputs else ""
            says = f"{self.name(id)}{came} gives {given(outputs)}."
        told = formulas(kind) if seat.joint is None else ()
        self._add(Moment("forward", id, says, inputs, outputs, weights, formulas=told, notes=notes), outputs)

    def _notes(self, id: str) -> tuple[str, ...]:
        seat, found = self.tape.nodes[id].seat, list[str]()
        placed = seat.placed
        if placed.frozen:
            found.append("Frozen: its weights stay; derivatives pass through it.")
        if placed.bypassed:
            found.append("Bypassed: it is left out.")
        if placed.shares:
            found.append(f"It uses the weights of {placed.shares}.")
        if seat.id in seat.scope.inference.within and seat.joint is None:
            found.append("It runs a drawn module over time; here all its time steps are one moment.")
        module = seat.module
        if module is not None and type(module).__name__.startswith(("Dropout", "AlphaDropout", "RReLU")):
            found.append("It draws by chance while training; the step shows one draw.")
        return tuple(found)

    # -- backward ---------------------------------------------------------------------------------------------------

    def backward(self, seeds: Mapping[Place, Tensor], learner: Learner | None = None
                 ) -> tuple[dict[str, Tensor], dict[Place, list[Tensor]]]:
        """Every wire in reverse; the gradient of every weight, and all contributions by place."""
        backs, held = backwards(self.tape, seeds)
        uses = Counter(name for back in backs for name in back.weights)
        answers = Counter({place: len(some) for place, some in held.items()})
        gradients: dict[str, list[Tensor]] = {}
        arrived = {place: [one] for place, one in seeds.items()}
        for place, seed in seeds.items():
            self._start(place, seed)
        for back in backs:
            self._weights(back, gradients, uses)
            for port, value in back.inputs.items():
                some = arrived.setdefault(self.tape.nodes[back.node].wires[port].start, [])
                some.append(value)
                self._wire(back, port, some, answers)
        if learner is not None:
            self._pulls(learner, gradients)
        return {name: total(some) for name, some in gradients.items()}, held

    def _start(self, place: Place, seed: Tensor) -> None:
        id, of = place[0], self.called(place)
        if id in self.losses:
            share = float(seed.reshape(-1)[0])
            says = f"Backward from {self.name(id)}: the total loss changes {number(share)} times as much as it does."
        elif seed.numel() == 1:
            says = f"Backward from {self.name(id)}: derived by itself it is 1."
        else:
            ones = int((seed != 0).sum())
            says = f"Backward from {self.name(id)}: " + (
                f"{ones:,} numbers added, each counts once." if ones > 1 else "one of its numbers, derived by itself.")
        one = Contribution(of, "the start", self.array(seed), self.array(seed))
        self._add(Moment("backward", id, says, contributions=(one,)))

    def _weights(self, back: Back, gradients: dict[str, list[Tensor]], uses: Mapping[str, int]) -> None:
        """The gradients of the weights of one node, before the derivative goes on to its inputs."""
        parts = []
        for name, value in back.weights.items():
            some = gradients.setdefault(name, [])
            some.append(value)
            parts.append(Contribution(name, back.node, self.array(value), self.array(total(some)), len(some),
                                      uses[name]))
        if not parts:
            return
        added = [one for one in parts if one.count > 1]
        says = f"{self.name(back.node)}: how {self.goal} changes with its weights."
        if added:
            whose = "every time step uses" if self.tape.nodes[back.node].seat.scope.time else "are shared"
            says += f" Contribution {added[0].number} of {added[0].count} to weights that {whose}."
        linear = back.node in self._equations.linear
        which = "BP3 BP4" if linear and any(name.endswith("bias") for name in back.weights) else "BP4" if linear else ""
        told = tuple(FORMULAS[one] for one in which.split())
        self._add(Moment("backward", back.node, says, contributions=tuple(parts), equation=which, formulas=told,
                         notes=tuple(f"{one}: {SAYS[one]}." for one in which.split())))

    def _wire(self, back: Back, port: str, some: list[Tensor], answers: Mapping[Place, int]) -> None:
        """The derivative that comes down one wire; `some` is all that has come to its source so far."""
        edge, end = self.tape.nodes[back.node].wires[port], (back.node, port)
        at, count = len(some), answers[edge.start]
        of = self.called(edge.start)
        one = Contribution(of, back.node, self.array(some[-1]), self.array(total(some)), at, count)
        self.wires[end] = one.value
        says = f"{self.name(back.node)} tells {self.name(edge.source)} how {self.goal} changes with {of}."
        if count > 1:
            says += f" Contribution {at} of {count}" + (": together they are its derivative." if one.last else ".")
        which = self._equations.deltas.get(back.node, "") if edge.source in self._equations.linear else ""
        self.pulled[end] = len(self.moments)
        self._add(Moment("backward", back.node, says, wire=end, contributions=(one,), equation=which,
                         formulas=(FORMULAS[which],) if which else (),
                         notes=(f"{which}: {SAYS[which]}.{WITHOUT if back.node in self.chosen else ''}",) if which
                         else ()))

    def _pulls(self, learner: Learner, gradients: dict[str, list[Tensor]]) -> None:
        """What the plan, or a node, pulls its weights to zero with (l1) is a part of what is made smaller."""
        goal = learner.goal(torch.zeros((), dtype=self.program.dtype, device=self.program.device))
        if not goal.requires_grad:
            return
        found = torch.autograd.grad(goal, learner.parameters, allow_unused=True)
        parts = []
        for name, value in zip(learner.names, found, strict=True):
            if value is not None:
                some = gradients.setdefault(name, [])
                some.append(value)
                parts.append(Contribution(name, PULL, self.array(value), self.array(total(some)), len(some), len(some)))
        self._add(Moment("backward", "", "The plan pulls weights to zero (l1): the sign of each is added to its "
                         "gradient.", contributions=tuple(parts)))

    # -- optimiser --------------------------------------------------------------------------------------------------

    def optimiser(self, done: Moved) -> None:
        """A moment for every node whose weights were moved."""
        said = ", ".join(f"{name} {number(value)}" for name, value in list(done.settings.items())[:1])
        for owner in dict.fromkeys(self.program.owner(one.weight) for one in done.changes):
            mine = tuple(one for one in done.changes if self.program.owner(one.weight) == owner)
            says = f"{done.kind} ({said}) moves the weights of {self.name(owner)}."
            self._add(Moment("optimiser", owner, says, changes=mine, formulas=done.formulas, notes=done.notes))
        if not done.changes:
            self._add(Moment("optimiser", "", "Nothing is moved.", notes=done.notes))

    # -- words ------------------------------------------------------------------------------------------------------

    def name(self, id: str, *, when: bool = True) -> str:
        """A node as the sentences call it, with the time step that it is in."""
        played = self.tape.nodes.get(id)
        seat = played.seat if played is not None else None
        placed = seat.placed if seat is not None else self.program.graph.nodes.get(id)
        own = seat.drawn if seat is not None else id
        last = own.rpartition("/")[2].lower() if seat is not None and seat.scope.time else own.lower()
        said = placed is None or last.startswith(placed.type.lower())
        return (own if said or placed is None else f"{placed.type} {own}") + (
            seat.when if seat is not None and when else "")

    def called(self, place: Place) -> str:
        """What a value is called: `node`, or `node.output` where it has several."""
        id, output = place
        if id not in self.tape.nodes:
            return self.program.output_name(id, output)
        seat = self.tape.nodes[id].seat
        return id if len(seat.kind.outputs()) == 1 else f"{id}.{output}"

    def array(self, tensor: Tensor) -> Array:
        """A numpy copy; one for a tensor, however often it is shown."""
        if id(tensor) not in self._arrays:
            self._arrays[id(tensor)] = tensor, array(tensor)  # held, so that its id stays its own
        return self._arrays[id(tensor)][1]

    def _add(self, moment: Moment, outputs: Mapping[str, Any] | None = None) -> None:
        played = self.tape.nodes.get(moment.node)
        if played is not None and played.seat.scope.time:
            moment = replace(moment, time=played.seat.scope.time, drawn=played.seat.drawn)
        for name in outputs or ():
            self.seen.setdefault((moment.node, name), len(self.moments))
        self.moments.append(moment)


def array(tensor: Tensor) -> Array:
    """A numpy copy on the processor."""
    return np.array(tensor.detach().cpu().numpy())


def formulas(node: Any) -> tuple[str, ...]:
    """Those of its help."""
    return help_of(type(node)).formulas


def shapes(named: Mapping[str, Array]) -> str:
    """«x (1 × 3), y = 2»."""
    return ", ".join(f"{name} = {number(float(one))}" if not one.ndim else f"{name} ({' × '.join(map(str, one.shape))})"
                     for name, one in named.items())


def given(outputs: Mapping[str, Array]) -> str:
    """What comes out: a single output goes without its name."""
    if len(outputs) != 1:
        return shapes(outputs)
    one = next(iter(outputs.values()))
    return " × ".join(map(str, one.shape)) if one.ndim else number(float(one))


def number(value: float) -> str:
    """In about four figures, with a real minus."""
    return f"{value:.4g}".replace("-", "−")
