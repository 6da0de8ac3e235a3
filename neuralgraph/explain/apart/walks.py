"""A graph walked without training it: a forward sweep, a reverse sweep, and the order in which it is computed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor

from neuralgraph.compiler.program import Program
from neuralgraph.errors import RunError
from neuralgraph.explain.apart.clones import cloned
from neuralgraph.explain.apart.doors import drawn_wires
from neuralgraph.explain.apart.moment import Apart, Array, Mode, Moment, Place
from neuralgraph.explain.apart.schedule import Schedule, schedule
from neuralgraph.explain.apart.step import bounded
from neuralgraph.explain.apart.sweeps import place_of, start_of, tangents
from neuralgraph.explain.apart.tape import Tape, record, total
from neuralgraph.explain.apart.telling import Teller, array, formulas, given, number
from neuralgraph.training.randomness import undisturbed

Cell = tuple[int, ...] | None


def walk(program: Program, arrays: Mapping[str, Any], mode: Mode, *, of: str = "", by: str = "", cell: Cell = None,
         double: bool = False, rows: tuple[int, ...] = (), inside: Collection[str] = ()) -> Apart:
    """All nodes in use, on `arrays` by source key.

    "forward" carries the derivative by `by` along, "reverse" goes back from `of`: of one number (`cell`), or of all
    added. By default the first thing that can be derived by, and the first loss or else output. "static" computes what
    the losses or outputs need, level by level; "dynamic" everything in the order in which it was drawn. Sweeps go
    through the Recurrents of the paths `inside` step by step of time.
    """
    copy = cloned(program, double=double)
    with undisturbed(program.device), copy.quiet():
        torch.manual_seed(program.seed)
        plan = schedule(copy, (of.partition(".")[0],) if of and mode == "static" else ())
        path = _path(copy, mode, of, plan)
        keys = [*copy.needed(path), *(key for key in copy.sources if mode in ("static", "dynamic"))]
        tensors = {key: copy.tensor(key, arrays[key]) for key in keys if key in arrays}
        inside = inside if mode in ("forward", "reverse") else ()
        bounded(copy, path if inside else [], tensors, inside)
        tape = record(copy, tensors, path, inside=inside)
        found = _Walk(copy, tape, mode, plan, rows, "float64" if copy.dtype == torch.float64 else "float32")
        match mode:
            case "forward":
                return found.forward(by, cell)
            case "reverse":
                return found.reverse(of or _end(copy), cell)
            case "static" | "dynamic":
                return found.ordered()
    raise RunError(f"A graph is walked forward, reverse, static or dynamic, not {mode!r}.")


def _path(program: Program, mode: Mode, of: str, plan: Schedule) -> list[str]:
    if mode == "reverse":
        return program.path((place_of(program, of or _end(program))[0],))
    if mode in ("static", "dynamic"):
        place = {id: at for at, id in enumerate(plan.dynamic if mode == "dynamic" else plan.static)}
        held = [id for id in program.inference.order if id in place or program.node(id).passes]
        return sorted(held, key=lambda id: place.get(id, -1)) if not any(
            program.node(id).passes for id in held) else held
    return program.path([id for id, _ in program.outputs.values()] + list(program.losses))


def _end(program: Program) -> str:
    """What is derived where nobody says."""
    if program.losses:
        return program.losses[0]
    return next((program.output_name(*place) for place in program.outputs.values()), "")


class _Walk:
    """Makes the moments of one walk."""

    def __init__(self, program: Program, tape: Tape, mode: Mode, plan: Schedule, rows: tuple[int, ...],
                 precision: str) -> None:
        self.program, self.tape, self.mode, self.plan, self.rows = program, tape, mode, plan, rows
        self.precision = precision
        self.teller = Teller(program, tape, tuple(id for id in program.losses if id in tape.nodes))

    def forward(self, by: str, cell: Cell) -> Apart:
        """Values with, beside them, how they move when one number moves."""
        name = by or self._first()
        start = start_of(self.program, self.tape, name)
        source = dict(self.program.root.named_parameters())[start] if isinstance(start, str) else \
            self.tape.values[start]
        direction, of = _unit(source.detach(), cell, name)
        known: dict[Place, Array] = {start: array(direction)} if isinstance(start, tuple) else {}
        for id, outputs in tangents(self.tape, start, direction):
            known.update({(id, output): array(one) for output, one in outputs.items()})
        self.teller.forward()
        moments = [self._with_tangent(one, known, of) for one in self.teller.moments]
        sweeps = _sweeps(source.numel(), sum(self.tape.values[place].numel()
                                             for place in self.program.outputs.values() if place in self.tape.values))
        return self._apart(moments, tangents=known, sweeps=sweeps)

    def _with_tangent(self, one: Moment, known: Mapping[Place, Array], of: str) -> Moment:
        from dataclasses import replace

        found = {name: known[one.node, name] for name in one.outputs if (one.node, name) in known}
        if not found:
            return replace(one, says=f"{one.says} It does not move with {of}.")
        single = [number(float(value.reshape(()))) for value in found.values() if value.size == 1]
        told = f" Derived by {of}: {', '.join(single)}." if single else ""
        return replace(one, tangents=found, says=one.says + told)

    def reverse(self, of: str, cell: Cell) -> Apart:
        """Forward, then back from `of`."""
        end = place_of(self.program, of)
        value = self.tape.values[end]
        if not value.is_floating_point():
            raise RunError(f"{of} gives whole numbers, which have no derivative. Choose decimal numbers.")
        seed, _ = _unit(value, cell, of) if cell is not None else (torch.ones_like(value), of)
        self.teller.goal = of
        self.teller.forward()
        gradients, held = self.teller.backward({end: seed})
        starts = sum(one.numel() for place, one in self.tape.values.items()
                     if self._begins(place)
                     if one.is_floating_point())
        return self._apart(self.teller.moments, sweeps=_sweeps(starts, value.numel()),
                           adjoints={place: array(total(some)) for place, some in held.items()},
                           gradients={name: array(one) for name, one in gradients.items()})

    def ordered(self) -> Apart:
        """One moment a node, in the order in which it is computed."""
        plan, static = self.plan, self.mode == "static"
        order = [id for level in plan.levels for id in level] if static else list(plan.dynamic)
        level = {id: (at, some) for at, some in enumerate(plan.levels) for id in some}
        moments: list[Moment] = []
        for id in order:
            outputs = {name: array(one) for (node, name), one in self.tape.values.items() if node == id}
            name = self.teller.name(id)
            if static:
                at, some = level[id]
                beside = [self.teller.name(one) for one in some if one != id]
                says = f"Step {at + 1} of {len(plan.levels)}: {name} gives {given(outputs)}." + (
                    f" {', '.join(beside[:3])}{' …' if len(beside) > 3 else ''} could run at the same time."
                    if beside else "")
            elif not outputs:
                says = f"{name} is made; it only watches."
            else:
                says = f"{name} is made and gives {given(outputs)} at once." + (
                    " Nothing that is asked for needs it." if id in plan.dead else "")
            for output in outputs:
                self.teller.seen.setdefault((id, output), len(moments))
            kind, played = self.program.node(id), self.tape.nodes.get(id)
            inputs = {port: array(one) for port, one in played.inputs.items()} if played is not None else {}
            weights = {name: array(one) for name, one in played.weights.items()} if played is not None else {}
            moments.append(Moment("data" if kind.role == "source" else "forward", id, says, inputs, outputs, weights,
                                  formulas=formulas(kind)))
        return self._apart(moments, order=tuple(order))

    def _begins(self, place: Place) -> bool:
        """A value that nothing in the graph makes: one to derive by."""
        played = self.tape.nodes.get(place[0])
        return played is None or not (played.wires or played.seat.scope.time)

    def _first(self) -> str:
        """The first thing that can be derived by: what comes in, else what is fixed in the graph."""
        starts = [place for place, one in self.tape.values.items() if one.is_floating_point() and self._begins(place)]
        if not starts:
            raise RunError("There is no decimal number in the graph to derive by.")
        return self.program.output_name(*starts[0])

    def _apart(self, moments: list[Moment], *, tangents: Mapping[Place, Array] | None = None, sweeps: str = "",
               adjoints: Mapping[Place, Array] | None = None, gradients: Mapping[str, Array] | None = None,
               order: tuple[str, ...] = ()) -> Apart:
        teller, known = self.teller, set(self.tape.nodes)
        unused = tuple(id for id in self.program.inference.order
                       if id not in known and self.program.node(id).role not in ("source", "metric")
                       and not self.program.node(id).passes)
        return Apart(
            tuple(moments), order or teller.order, {place: array(one) for place, one in self.tape.values.items()},
            adjoints or {}, dict(teller.wires), gradients or {}, teller.losses, 0.0, dict(teller.seen),
            dict(teller.pulled), self.rows, self.plan.dead if self.mode in ("static", "dynamic") else unused,
            mode=self.mode, tangents=tangents or {}, schedule=self.plan, sweeps=sweeps, precision=self.precision,
            drawn=drawn_wires(self.program, self.tape))


def _unit(like: Tensor, cell: Cell, name: str) -> tuple[Tensor, str]:
    """The number that moves: one of them, or all alike; and what it is called."""
    if cell is None:
        return torch.ones_like(like), name
    if len(cell) != like.ndim or any(not 0 <= at < size for at, size in zip(cell, like.shape, strict=True)):
        size = " × ".join(map(str, like.shape)) or "a single number"
        raise RunError(f"{name} is {size}; there is no number at {list(cell)}.")
    found = torch.zeros_like(like)
    found[cell] = 1.0
    return found, f"{name}[{', '.join(map(str, cell))}]" if cell else name


def _sweeps(starts: int, ends: int) -> str:
    fewer = "either" if starts == ends else "forward mode" if starts < ends else "reverse mode"
    return (f"All derivatives of {ends:,} number{'s' if ends != 1 else ''} by {starts:,}: {starts:,} forward "
            f"sweep{'s' if starts != 1 else ''} or {ends:,} reverse. Here {fewer} takes fewer." if starts != ends else
            f"All derivatives of {ends:,} number{'s' if ends != 1 else ''} by as many: {starts:,} "
            f"sweep{'s' if starts != 1 else ''} by either mode.")
